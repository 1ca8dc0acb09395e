/* Medians of windows swept over one channel, without selecting afresh in every window. */
#ifndef FOVEA_IMAGE_MEDIAN_H
#define FOVEA_IMAGE_MEDIAN_H

#include "image/sweep.h"

/* The median of windows of channel `channel` into out [rows->out][columns->out][channels]; windows are cut off at the
 * edges, NaN within one is its median, that of an even number of pixels is the mean of the middle two. Errors:
 * FV_ERROR_MEMORY. */
fv_status fv__median_sweep(float *out, const float *in, const fv__picture *picture, const fv__sweep *rows,
                           const fv__sweep *columns, int64_t channel) FV_CHECK;

#endif
