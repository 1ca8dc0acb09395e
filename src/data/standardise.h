/* Standardisation, for the files of this room. */
#ifndef FOVEA_DATA_STANDARDISE_H
#define FOVEA_DATA_STANDARDISE_H

#include <fovea/standardise.h>

/* Explicit values, and what options switch on by themselves. Errors: FV_ERROR_INVALID. */
fv_status fv__standardise_settle(fv_standardise_options *options) FV_CHECK;

/* Whether options change anything; whether they need a set. */
bool fv__standardise_is_asked(const fv_standardise_options *options);
bool fv__standardise_needs_set(const fv_standardise_options *options);

#endif
