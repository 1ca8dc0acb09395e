/* Copies of a model's layers up to one value, on which more may be built. */
#ifndef FOVEA_MODEL_PART_H
#define FOVEA_MODEL_PART_H

#include "model/model.h"

/* Adds layers after `end` and says where they end now. */
typedef fv_status fv__model_growth(fv_value *end, fv_graph *graph, const void *context);

/* The layers that lead to `output`, with copies of their weights and the model's preprocessing, and those that `grow`
 * adds (NULL: none), whose weights are filled by `rule` of fv_model_initialize (NULL: zeros). */
fv_status fv__model_copy(fv_model **part, const fv_model *model, fv_value output, fv__model_growth *grow,
                         const void *context, const char *rule) FV_CHECK;

/* The same network for pictures of other extents, feeding in the same way; weights are copies. Errors: FV_ERROR_SHAPE
 * where layers do not take them. */
fv_status fv__model_with_extents(fv_model **made, const fv_model *model, int32_t height, int32_t width) FV_CHECK;

#endif
