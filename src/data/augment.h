/* What the files of augmentation share. */
#ifndef FOVEA_DATA_AUGMENT_H
#define FOVEA_DATA_AUGMENT_H

#include <fovea/augment.h>

/* Explicit values for what was left out, ranges checked. Errors: FV_ERROR_INVALID. */
fv_status fv__augment_settle(fv_augment_options *options) FV_CHECK;

/* Whether a word of options says how a transform is applied, as against what may change. */
bool fv__augment_says_how(const char *name);

/* Reads one word of options. Errors: FV_ERROR_INVALID. */
fv_status fv__augment_set(fv_augment_options *options, const char *name, const char *value) FV_CHECK;

/* Errors: FV_ERROR_INVALID for a number out of range. */
fv_status fv__transform_check(const fv_transform *transform) FV_CHECK;

/* A shift as the generator says it, in pixels of a side: below 1 it is a part of it. */
double fv__augment_pixels(double shift, int32_t side);

/* Puts the generator's shifts, in pixels, where `compat` has them: Keras takes its height for x. */
void fv__transform_shift(fv_transform *transform, int32_t compat, double height_shift, double width_shift);

#endif
