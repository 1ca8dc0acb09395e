/* What an overlay does to nodes, for runs and for gradients. */
#ifndef FOVEA_EXPLAIN_OVERLAY_H
#define FOVEA_EXPLAIN_OVERLAY_H

#include <fovea/overlay.h>

#include "graph/plan.h"

/* The changes of an overlay (NULL: none), one for each call of a changed layer; freed with free(). Errors:
 * FV_ERROR_MEMORY. */
fv_status fv__overlay_changes(fv__change **changes, int32_t *count, const fv_overlay *overlay) FV_CHECK;

/* Changes one channel of one image. */
void fv__overlay_change(const fv__view *value, int64_t image, int64_t channel, fv_overlay_kind kind, double by);

const fv_model *fv__overlay_model(const fv_overlay *overlay);

#endif
