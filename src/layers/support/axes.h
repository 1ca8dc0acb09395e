/* Lists of axes in options, and weights that have one number per element along some axes. */
#ifndef FOVEA_LAYERS_SUPPORT_AXES_H
#define FOVEA_LAYERS_SUPPORT_AXES_H

#include "layers/support/common.h"

/* Turns a list (ended by 0) of axes, counted from the end when negative, into marks, one per axis of `rank`. Each must
 * exist, must not be the batch, and must not be listed twice. */
fv_status fv__expect_axes(const int32_t *list, int32_t rank, bool marks[FV_MAX_RANK]) FV_CHECK;

/* Exactly the last axis. */
fv_status fv__expect_last_axis(const int32_t *list, int32_t rank) FV_CHECK;

/* Where element (h, w, c) finds its number in a weight of the extents `along` (batch left out, 1 where shared); values
 * of fewer axes are stored as fv__stored_axis says. */
fv__steps fv__weight_steps(const fv_shape *along);

/* A standardise op with the statistics over the marked axes; no weights yet. */
fv__op fv__standardise_make(fv__standardise_kind kind, const bool marks[FV_MAX_RANK], int32_t rank, double epsilon,
                            int32_t input, int32_t output);

#endif
