/* A part of a model: the layers that lead to one value, as a model of its own, perhaps with new layers after them. */
#include <stdlib.h>
#include <string.h>

#include <fovea/layers/input_layer.h>
#include <fovea/preprocessing.h>
#include <fovea/regularizer.h>

#include "model/part.h"

/* What the copy of a graph needs to know of the old one: what leads to the output, and the new numbers. */
typedef struct copy {
  const fv_graph *from;
  fv_graph *to;
  bool *needed;    /* by node, from 1 */
  int32_t *nodes;  /* new number by old one, from 1 */
  int32_t *layers; /* likewise, 0 until it is added */
  fv_pair extents; /* of inputs, instead of their own; 0: those */
} copy;

/* Nodes read nodes of lower numbers. */
static void mark_needed(copy *c, int32_t output) {
  c->needed[output] = true;
  for (int32_t number = output; number > 0; number--) {
    const fv__node *node = &c->from->nodes[number - 1];
    for (int32_t i = 0; c->needed[number] && i < node->input_count; i++) c->needed[node->inputs[i].node] = true;
  }
}

/* The layer under its whole name, modules and all. */
static fv_status copy_layer(copy *c, int32_t number) {
  const fv__layer *layer = &c->from->layers[number - 1];
  const fv__layer_type *type = layer->type;
  char *options = malloc(type->kind.options_size);
  if (!options) return fail(FV_ERROR_MEMORY, "no memory for options");
  memcpy(options, layer->options, type->kind.options_size);
  memcpy(options + type->name_offset, &layer->name, sizeof layer->name);
  memcpy(options + type->frozen_offset, &layer->frozen, sizeof layer->frozen);
  if (c->extents.height && type->kind.name && !strcmp(type->kind.name, "InputLayer")) {
    fv_input_layer_options *input = (fv_input_layer_options *)(void *)options;
    input->shape[0] = c->extents.height;
    input->shape[1] = c->extents.width;
  }
  c->layers[number] = fv_graph_add(c->to, type->kind.name ? type->kind.name : type->kind.function, options);
  free(options);
  return fv_graph_status(c->to);
}

static fv_status copy_node(copy *c, int32_t number) {
  const fv__node *node = &c->from->nodes[number - 1];
  if (!c->layers[node->layer]) TRY(copy_layer(c, node->layer));
  fv_value *inputs = calloc((size_t)node->input_count + 1, sizeof *inputs);
  if (!inputs) return fail(FV_ERROR_MEMORY, "no memory for nodes");
  for (int32_t i = 0; i < node->input_count; i++)
    inputs[i] = (fv_value){c->nodes[node->inputs[i].node], node->inputs[i].output};
  c->nodes[number] = fv_graph_call(c->to, c->layers[node->layer], inputs, node->input_count).node;
  free(inputs);
  return fv_graph_status(c->to);
}

static fv_status copy_graph(copy *c, const char *name, int32_t output) {
  c->to = fv_graph_create();
  c->needed = calloc((size_t)c->from->node_count + 1, sizeof *c->needed);
  c->nodes = calloc((size_t)c->from->node_count + 1, sizeof *c->nodes);
  c->layers = calloc((size_t)c->from->layer_count + 1, sizeof *c->layers);
  if (!c->to || !c->needed || !c->nodes || !c->layers) return fail(FV_ERROR_MEMORY, "no memory for a graph");
  fv_graph_set_name(c->to, name);
  mark_needed(c, output);
  for (int32_t number = 1; number <= output; number++)
    if (c->needed[number]) TRY(copy_node(c, number));
  return FV_OK;
}

/* Layers keep their names and a layer its weights in one order. */
static fv_status copy_weights(const copy *c, fv_model *part, const fv_model *model) {
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    if (!c->layers[c->from->order[i]]) continue;
    fv_layer_info theirs = fv_model_layer(model, i);
    if (!theirs.weight_count) continue;
    fv_layer_info ours = fv_model_layer(part, fv_model_find_layer(part, theirs.name));
    for (int32_t w = 0; w < ours.weight_count; w++) {
      const fv__weight *to = &part->core->weights[ours.weights[w]], *from = &model->core->weights[theirs.weights[w]];
      if (to->elements != from->elements)
        return fail(FV_ERROR_SHAPE, "%s has weights for its own extents alone", theirs.name);
      memcpy(to->data, from->data, (size_t)to->elements * sizeof *to->data);
      const fv_regularizer regularizer = fv_model_regularizer(model, theirs.weights[w]);
      TRY(fv_model_set_regularizer(part, ours.weights[w], &regularizer));
    }
  }
  return FV_OK;
}

static fv_status copy_feeding(fv_model *part, const fv_model *model) {
  fv_preprocessing preprocessing = fv_model_preprocessing(model);
  return preprocessing.mode == FV_PREPROCESSING_UNSET ? FV_OK : fv_model_set_preprocessing(part, &preprocessing);
}

/* The new model from the new graph, which it consumes. */
static fv_status create(fv_model **part, copy *c, const fv_model *model, fv_value output, const char *rule) {
  fv_status status = fv_model_create(part, c->to, output);
  if (!status && rule) status = fv_model_initialize(*part, rule);
  if (!status) status = copy_weights(c, *part, model);
  if (!status) status = copy_feeding(*part, model);
  if (!status) return FV_OK;
  fv_model_destroy(*part);
  *part = NULL;
  return status;
}

static fv_status copy_model(fv_model **part, const fv_model *model, fv_value output, fv_pair extents,
                            fv__model_growth *grow, const void *context, const char *rule) {
  *part = NULL;
  const fv_graph *from = model->core->graph;
  if (output.node < 1 || output.node > from->node_count || output.output != 0 || !from->nodes[output.node - 1].used)
    return fail(FV_ERROR_INVALID, "the model has no such value");
  copy c = {.from = from, .extents = extents};
  fv_status status = copy_graph(&c, fv_model_name(model), output.node);
  if (status) {
    fv_graph_destroy(c.to);
  } else {
    fv_value end = {c.nodes[output.node], 0};
    if (grow) status = grow(&end, c.to, context);
    if (status)
      fv_graph_destroy(c.to);
    else
      status = create(part, &c, model, end, rule);
  }
  free(c.needed);
  free(c.nodes);
  free(c.layers);
  return status;
}

fv_status fv__model_copy(fv_model **part, const fv_model *model, fv_value output, fv__model_growth *grow,
                         const void *context, const char *rule) {
  return copy_model(part, model, output, (fv_pair){0, 0}, grow, context, rule);
}

fv_status fv__model_with_extents(fv_model **made, const fv_model *model, int32_t height, int32_t width) {
  TRY(copy_model(made, model, model->core->graph->outputs[0], (fv_pair){height, width}, NULL, NULL, NULL));
  fv_preprocessing preprocessing = fv_model_preprocessing(*made);
  if (preprocessing.mode == FV_PREPROCESSING_UNSET) return FV_OK;
  preprocessing.size = (fv_pair){height, width};
  fv_status status = fv_model_set_preprocessing(*made, &preprocessing);
  if (!status) return FV_OK;
  fv_model_destroy(*made);
  *made = NULL;
  return status;
}

fv_status fv_model_cut(fv_model **part, const fv_model *model, fv_value output) {
  return fv__model_copy(part, model, output, NULL, NULL, NULL);
}
