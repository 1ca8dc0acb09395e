/* Where a classifier's description of a picture is: the input of its head. */
#include <fovea/predict.h>

#include <string.h>

#include "base/fail.h"
#include "model/model.h"
#include "model/scores.h"

static bool is_one_of(const char *kind, const char *const *kinds) {
  while (*kinds && strcmp(kind, *kinds)) kinds++;
  return *kinds != NULL;
}

/* Back from the output over layers of these kinds, as long as each reads one value. */
static fv_value skip_back(const fv_model *model, fv_value value, const char *const *kinds, bool *has_softmax) {
  for (*has_softmax = false;;) {
    fv_node_info node = fv_model_node(model, value.node);
    fv_layer_info layer = fv_model_layer(model, node.layer);
    *has_softmax = *has_softmax || fv__layer_ends_in(&layer, "softmax");
    if (node.input_count != 1 || !is_one_of(layer.kind, kinds)) return value;
    value = node.inputs[0];
  }
}

static const char *kind_of(const fv_model *model, fv_value value) {
  return fv_model_layer(model, fv_model_node(model, value.node).layer).kind;
}

/* Behind a Dense layer only what keeps its numbers apart from each other may stand, else it is no head; a head that is
 * a convolution is averaged over the picture and ends in softmax. */
static fv_value head_input(const fv_model *model) {
  static const char *const after_dense[] = {"Activation", "Softmax", "Reshape", "Dropout", NULL};
  static const char *const after_conv[] = {
      "Activation", "Softmax", "Reshape", "Dropout", "Flatten", "ReLU", "GlobalAveragePooling2D", NULL};
  const fv_value output = model->core->graph->outputs[0];
  bool has_softmax;
  fv_value value = skip_back(model, output, after_dense, &has_softmax);
  if (!strcmp(kind_of(model, value), "Dense")) return fv_model_node(model, value.node).inputs[0];
  value = skip_back(model, output, after_conv, &has_softmax);
  if (has_softmax && !strcmp(kind_of(model, value), "Conv2D")) return fv_model_node(model, value.node).inputs[0];
  return output;
}

fv_status fv_model_features(fv_value *value, const fv_model *model, const char *layer) {
  *value = (fv_value){0, 0};
  if (!layer) {
    *value = head_input(model);
    return FV_OK;
  }
  const int32_t index = fv_model_find_layer(model, layer);
  if (index < 0) return fail(FV_ERROR_NOT_FOUND, "%s has no layer '%.200s'", fv_model_name(model), layer);
  fv_layer_info info = fv_model_layer(model, index);
  *value = (fv_value){info.nodes[0], 0};
  return FV_OK;
}
