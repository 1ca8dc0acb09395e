/* Standardisation, for the files of this room. */
#ifndef FOVEA_DATA_STANDARDISE_H
#define FOVEA_DATA_STANDARDISE_H

#include <fovea/standardise.h>

/* Explicit values, and what options switch on by themselves. Errors: FV_ERROR_INVALID. */
fv_status fv__standardise_settle(fv_standardise_options *options) FV_CHECK;

/* Whether options change anything; whether they need a set. */
bool fv__standardise_is_asked(const fv_standardise_options *options);
bool fv__standardise_needs_set(const fv_standardise_options *options);

/* What is learnt of a set, batch by batch: of each channel the mean, and the sum of squares of what is left. */
typedef struct fv__moments {
  int32_t channels;
  int64_t pixels; /* so far */
  double *means, *squares;
} fv__moments;

/* Takes `count` more pixels into account, before rescale. `spare` has room for two numbers a channel. */
void fv__moments_add(fv__moments *moments, const float *pixels, int64_t count, double *spare);

/* fv_standardisation_fit of the set that these are of. Not for ZCA. */
fv_status fv__standardisation_of_moments(fv_standardisation **fitted, const fv__moments *moments,
                                         const fv_standardise_options *options) FV_CHECK;

/* Channels of the set that it was fitted to, 0: none; options, explicit. */
int32_t fv__standardisation_channels(const fv_standardisation *fitted);
const fv_standardise_options *fv__standardisation_options(const fv_standardisation *fitted);

#endif
