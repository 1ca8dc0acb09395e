/* What the numbers of a classifier are: from the output back to the function that made them. */
#include "model/scores.h"

#include <string.h>

#include <fovea/predict.h>

#include "base/text.h"
#include "model/model.h"

bool fv__layer_ends_in(const fv_layer_info *layer, const char *activation) {
  char text[40];
  const fv_option *option = fv_option_find(layer->table, "activation");
  if (fv__text_equal_ignoring_case(layer->kind, activation)) return true;
  return option && !strcmp(fv_option_text(text, sizeof text, layer->options, option), activation);
}

/* What leaves probabilities what they are: it moves numbers, or averages them over places. */
static bool is_passed_over(const fv_layer_info *layer) {
  static const char *const kinds[] = {"Reshape", "Flatten", "Dropout", "GlobalAveragePooling2D"};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (!strcmp(layer->kind, kinds[i])) return true;
  return !strcmp(layer->kind, "Activation") && fv__layer_ends_in(layer, "linear");
}

/* Along the axis of the classes, all of them together. */
static bool sums_over_classes(const fv_layer_info *layer, const fv_shape *shape, int64_t classes) {
  const fv_option *option = fv_option_find(layer->table, "axis");
  int32_t axis = -1;
  if (!strcmp(layer->kind, "Softmax") && option)
    memcpy(&axis, (const char *)layer->options + option->offset, sizeof axis);
  return (axis == -1 || axis == shape->rank - 1) && shape->dims[shape->rank - 1] == classes;
}

fv_score_kind fv_model_score_kind(const fv_model *model) {
  const fv_shape output = fv_model_output_shape(model, 0);
  fv_node_info node = fv_model_node(model, model->core->graph->outputs[0].node);
  fv_layer_info layer = fv_model_layer(model, node.layer);
  if (output.rank < 2) return FV_SCORE_PLAIN;
  while (is_passed_over(&layer) && node.input_count == 1) {
    node = fv_model_node(model, node.inputs[0].node);
    layer = fv_model_layer(model, node.layer);
  }
  if (fv__layer_ends_in(&layer, "sigmoid")) return FV_SCORE_INDEPENDENT;
  bool is_softmax =
      fv__layer_ends_in(&layer, "softmax") && sums_over_classes(&layer, &node.output, output.dims[output.rank - 1]);
  return is_softmax ? FV_SCORE_PROBABILITY : FV_SCORE_PLAIN;
}
