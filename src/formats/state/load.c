/* A state's tensors into a model's weights: by the model's own names, in its own layout, where the state has one of
 * them; else it is taken for PyTorch's. */
#include <inttypes.h>
#include <string.h>

#include "base/fail.h"
#include "formats/keras/keras.h"
#include "formats/state/state.h"
#include "formats/torch/torch.h"

static bool has_own_names(const fv_model *model, const fv_state *state) {
  for (int32_t i = 0; i < fv_model_weight_count(model); i++)
    if (fv_state_find(state, fv_model_weight(model, i).path) >= 0) return true;
  return false;
}

static fv_status load_weight(fv_model *model, int32_t index, const fv_state *state) {
  fv_weight_info weight = fv_model_weight(model, index);
  const fv__state_tensor *tensor = fv__state_find(state, weight.path);
  if (!tensor) return fail(FV_ERROR_NOT_FOUND, "the file has no tensor for it");
  if (!fv_shape_equal(&tensor->shape, &weight.shape)) {
    char wanted[96], found[96];
    return fail(FV_ERROR_SHAPE, "expected shape %s, found %s", fv_shape_text(wanted, sizeof wanted, &weight.shape),
                fv_shape_text(found, sizeof found, &tensor->shape));
  }
  float *values = fv_model_weight_data(model, index);
  if (!values) return fail(FV_ERROR_MEMORY, "no memory for %" PRId64 " numbers", tensor->count);
  TRY(fv__state_read(state, values, tensor));
  return fv__weights_refuse(model, index, fv__weights_check_finite(values, tensor->count));
}

fv_status fv__state_load_weights(fv_model *model, const fv_state *state, const fv_weights_options *options) {
  if (!has_own_names(model, state)) return fv__torch_load_weights(model, state, options);
  if (options->by_name || options->skip_mismatch || options->backend)
    return fail(FV_ERROR_UNSUPPORTED, "weights by the network's own names are loaded as they are: without options");
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    fv_status status = load_weight(model, i, state);
    if (status) return note(status, "%s", fv_model_weight(model, i).path);
  }
  return FV_OK;
}
