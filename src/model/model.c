/* Models: made from graphs; what they tell about layers, nodes and weights. */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "graph/plan.h"
#include "model/flaws.h"
#include "model/outline.h"
#include "model/training.h"

static bool is_known(const fv_shape *shape) {
  for (int axis = 1; axis < shape->rank; axis++)
    if (shape->dims[axis] < 0) return false;
  return true;
}

static int64_t multiply_adds(const fv_graph *graph, const fv__node *node) {
  const fv__layer *layer = &graph->layers[node->layer - 1];
  if (!layer->type->multiply_adds || !node->input_count || !is_known(&node->output)) return 0;
  return layer->type->multiply_adds(layer->options, &graph->nodes[node->inputs[0].node - 1].output, &node->output);
}

static int64_t activation_bytes(const fv_shape *shape) {
  int64_t bytes = is_known(shape) ? (int64_t)sizeof(float) : 0;
  for (int axis = 1; axis < shape->rank; axis++) bytes = fv__size_product(bytes, shape->dims[axis]);
  return bytes;
}

static void describe(fv_model *model) {
  const fv__core *core = model->core;
  for (int32_t i = 0; i < core->graph->order_count; i++) {
    const fv__layer *layer = &core->graph->layers[core->graph->order[i] - 1];
    fv_layer_info *info = &model->layers[i];
    const fv__node *node = &core->graph->nodes[layer->nodes[0] - 1];
    *info = (fv_layer_info){.name = layer->name,
                            .kind = layer->type->kind.name ? layer->type->kind.name : layer->type->kind.function,
                            .options = layer->options,
                            .table = layer->type->kind.table,
                            .output = node->output,
                            .node_count = layer->node_count,
                            .nodes = layer->nodes,
                            .weight_count = layer->weight_count,
                            .weights = layer->weight_numbers,
                            .frozen = layer->frozen};
    for (int32_t w = 0; w < layer->weight_count; w++) {
      int64_t elements = core->weights[layer->weight_numbers[w]].elements;
      info->parameters += elements;
      if (layer->weights[w].trainable) info->trainable_parameters += elements;
    }
    info->multiply_adds = multiply_adds(core->graph, node);
  }
}

static fv_status create(fv_model **out, fv_graph *graph) {
  fv_model *model = calloc(1, sizeof *model);
  if (!model) {
    fv_graph_destroy(graph);
    return fail(FV_ERROR_MEMORY, "no memory for a model");
  }
  fv_status status = fv__core_create(&model->core, graph);
  if (!status) {
    model->name = strdup(model->core->graph->name);
    model->layers = calloc((size_t)model->core->graph->order_count + 1, sizeof *model->layers);
    if (!model->name || !model->layers) status = fail(FV_ERROR_MEMORY, "no memory for a model");
  }
  if (status) {
    fv_model_destroy(model);
    return status;
  }
  describe(model);
  *out = model;
  return FV_OK;
}

fv_status fv_model_create_with(fv_model **model, fv_graph *graph, const fv_value *inputs, int32_t input_count,
                               const fv_value *outputs, int32_t output_count) {
  *model = NULL;
  if (!graph) return fail(FV_ERROR_MEMORY, "no memory for a graph");
  fv_status status = fv__graph_finish(graph, inputs, input_count, outputs, output_count);
  if (status) {
    fv_graph_destroy(graph);
    return status;
  }
  return create(model, graph);
}

fv_status fv_model_create(fv_model **model, fv_graph *graph, fv_value output) {
  return fv_model_create_with(model, graph, NULL, 0, &output, 1);
}

void fv_model_destroy(fv_model *model) {
  if (!model) return;
  if (model->feeding_destroy) model->feeding_destroy(model->feeding);
  fv__training_destroy(model->training);
  fv__outline_destroy(model->outline);
  fv__flaws_destroy(model->flaws);
  fv__core_release(model->core);
  free(model->name);
  free(model->nesting);
  free(model->regularizers);
  free(model->ignored_regularizers);
  free(model->layers);
  free(model);
}

const char *fv_model_name(const fv_model *model) { return model->name; }

fv_status fv_model_set_name(fv_model *model, const char *name) {
  char *copy = strdup(name);
  if (!copy) return fail(FV_ERROR_MEMORY, "no memory for a name");
  free(model->name);
  model->name = copy;
  return FV_OK;
}

int32_t fv_model_input_count(const fv_model *model) { return model->core->graph->input_count; }
int32_t fv_model_output_count(const fv_model *model) { return model->core->graph->output_count; }

static const fv__node *node_of(const fv_model *model, const fv_value *values, int32_t count, int32_t index) {
  return index >= 0 && index < count ? &model->core->graph->nodes[values[index].node - 1] : NULL;
}

static const fv__node *input_node(const fv_model *model, int32_t index) {
  return node_of(model, model->core->graph->inputs, model->core->graph->input_count, index);
}

static const fv__node *output_node(const fv_model *model, int32_t index) {
  return node_of(model, model->core->graph->outputs, model->core->graph->output_count, index);
}

static fv_shape shape_of(const fv__node *node) { return node ? node->output : (fv_shape){0}; }

static const char *name_of(const fv_model *model, const fv__node *node) {
  return node ? model->core->graph->layers[node->layer - 1].name : "";
}

fv_shape fv_model_input_shape(const fv_model *model, int32_t index) { return shape_of(input_node(model, index)); }
fv_shape fv_model_output_shape(const fv_model *model, int32_t index) { return shape_of(output_node(model, index)); }
const char *fv_model_input_name(const fv_model *model, int32_t index) {
  return name_of(model, input_node(model, index));
}
const char *fv_model_output_name(const fv_model *model, int32_t index) {
  return name_of(model, output_node(model, index));
}

int32_t fv_model_layer_count(const fv_model *model) { return model->core->graph->order_count; }

fv_layer_info fv_model_layer(const fv_model *model, int32_t index) {
  return index >= 0 && index < fv_model_layer_count(model) ? model->layers[index] : (fv_layer_info){0};
}

int32_t fv_model_find_layer(const fv_model *model, const char *name) {
  for (int32_t i = 0; i < fv_model_layer_count(model); i++)
    if (!strcmp(model->layers[i].name, name)) return i;
  return -1;
}

int32_t fv_model_node_count(const fv_model *model) { return model->core->graph->node_count; }

fv_node_info fv_model_node(const fv_model *model, int32_t number) {
  const fv_graph *graph = model->core->graph;
  fv_node_info info = {.layer = -1};
  if (number < 1 || number > graph->node_count || !graph->nodes[number - 1].used) return info;
  const fv__node *node = &graph->nodes[number - 1];
  for (int32_t i = 0; i < graph->order_count; i++)
    if (graph->order[i] == node->layer) info.layer = i;
  info.input_count = node->input_count;
  info.inputs = node->inputs;
  info.output_count = 1;
  info.output = node->output;
  info.multiply_adds = multiply_adds(graph, node);
  info.activation_bytes = activation_bytes(&node->output);
  return info;
}

int32_t fv_model_weight_count(const fv_model *model) { return model->core->weight_count; }

fv_weight_info fv_model_weight(const fv_model *model, int32_t index) {
  if (index < 0 || index >= model->core->weight_count) return (fv_weight_info){0};
  const fv__weight *weight = &model->core->weights[index];
  const fv_graph *graph = model->core->graph;
  const fv__weight_spec *spec = &graph->layers[graph->order[weight->layer] - 1].weights[weight->spec];
  return (fv_weight_info){spec->name, weight->path, weight->layer, spec->shape, spec->trainable};
}

float *fv_model_weight_data(fv_model *model, int32_t index) {
  return index >= 0 && index < model->core->weight_count ? model->core->weights[index].data : NULL;
}

void fv_model_weights_changed(fv_model *model) { atomic_fetch_add(&model->core->version, 1); }

int64_t fv_model_parameters(const fv_model *model) {
  int64_t sum = 0;
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) sum += model->layers[i].parameters;
  return sum;
}

int64_t fv_model_trainable_parameters(const fv_model *model) {
  int64_t sum = 0;
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) sum += model->layers[i].trainable_parameters;
  return sum;
}

fv_status fv_plan_create(fv_plan **plan, fv_model *model, const fv_plan_options *options) {
  return fv__plan_create(plan, model->core, options);
}
