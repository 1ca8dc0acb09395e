/* What a layer's activation makes of its numbers. */
#ifndef FOVEA_MODEL_SCORES_H
#define FOVEA_MODEL_SCORES_H

#include <fovea/model.h>

/* Whether a layer ends in this activation, "softmax": as its own, or by being that function. */
bool fv__layer_ends_in(const fv_layer_info *layer, const char *activation);

#endif
