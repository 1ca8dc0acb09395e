/* What weights cost in training, kept with the model. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/regularizer.h>

#include "base/fail.h"
#include "model/model.h"

fv_regularizer fv_model_regularizer(const fv_model *model, int32_t weight) {
  const bool is_there = model->regularizers && weight >= 0 && weight < fv_model_weight_count(model);
  return is_there ? model->regularizers[weight] : (fv_regularizer){0, 0};
}

fv_status fv_model_set_regularizer(fv_model *model, int32_t weight, const fv_regularizer *regularizer) {
  const int32_t count = fv_model_weight_count(model);
  if (weight < 0 || weight >= count)
    return fail(FV_ERROR_INVALID, "there is no weight %" PRId32 "; the model has %" PRId32, weight, count);
  if (!model->regularizers && regularizer->l1 == 0 && regularizer->l2 == 0) return FV_OK;
  if (!model->regularizers) model->regularizers = calloc((size_t)count, sizeof *model->regularizers);
  if (!model->regularizers) return fail(FV_ERROR_MEMORY, "no memory for regularizers");
  model->regularizers[weight] = *regularizer;
  return FV_OK;
}

const char *fv_model_ignored_regularizers(const fv_model *model) { return model->ignored_regularizers; }
