/* Shapes for given inputs, and lowering: nodes to ops. */
#include <stdlib.h>

#include "graph/graph.h"

static const fv__layer *layer_of(const fv_graph *graph, const fv__node *node) {
  return &graph->layers[node->layer - 1];
}

static fv_status infer_node(const fv_graph *graph, const fv__node *node, const fv_shape *shapes, fv_shape *inputs,
                            fv_shape *output) {
  const fv__layer *layer = layer_of(graph, node);
  for (int32_t i = 0; i < node->input_count; i++) inputs[i] = shapes[node->inputs[i].node - 1];
  fv_status status = layer->type->shape(layer->options, inputs, node->input_count, output);
  if (!status) {
    int64_t elements;
    status = fv_shape_elements(&elements, output);
  }
  if (!status && output->rank > 4) {
    char text[128];
    status = fail(FV_ERROR_UNSUPPORTED, "its output %s has more than 4 axes", fv_shape_text(text, sizeof text, output));
  }
  return status ? note(status, "%s", layer->name) : FV_OK;
}

static int32_t most_inputs(const fv_graph *graph) {
  int32_t most = 1;
  for (int32_t n = 0; n < graph->node_count; n++)
    if (graph->nodes[n].input_count > most) most = graph->nodes[n].input_count;
  return most;
}

/* Given extents replace only what the input layer left open. */
static fv_status check_input(const fv_graph *graph, int32_t index, const fv_shape *given) {
  const fv__node *node = &graph->nodes[graph->inputs[index].node - 1];
  bool fits = given->rank == node->output.rank;
  for (int axis = 0; fits && axis < given->rank; axis++)
    fits = given->dims[axis] >= 1 && (node->output.dims[axis] < 0 || node->output.dims[axis] == given->dims[axis]);
  if (fits) return FV_OK;
  char expected[128], found[128];
  return fail(FV_ERROR_SHAPE, "input '%s': expected %s, found %s", layer_of(graph, node)->name,
              fv_shape_text(expected, sizeof expected, &node->output), fv_shape_text(found, sizeof found, given));
}

fv_status fv__graph_infer(const fv_graph *graph, const fv_shape *inputs, fv_shape *shapes) {
  for (int32_t i = 0; i < graph->input_count; i++) {
    TRY(check_input(graph, i, &inputs[i]));
    shapes[graph->inputs[i].node - 1] = inputs[i];
  }
  fv_shape *gathered = calloc((size_t)most_inputs(graph), sizeof *gathered);
  if (!gathered) return fail(FV_ERROR_MEMORY, "no memory for shapes");
  fv_status status = FV_OK;
  for (int32_t n = 0; n < graph->node_count && !status; n++) {
    const fv__node *node = &graph->nodes[n];
    if (node->used && node->input_count) status = infer_node(graph, node, shapes, gathered, &shapes[n]);
  }
  free(gathered);
  return status;
}

/* A copy of `value` where its memory is older than the node it belongs to. */
static int32_t set_apart(fv__program *program, int32_t value, int32_t first_of_node) {
  if (program->out_of_memory || fv__program_root(program, value) >= first_of_node) return value;
  const fv_shape shape = program->values[value].shape;
  const int32_t dense = fv__program_add_value(program, &shape);
  const fv__op copy = fv__op_make(&fv__op_copy, value, dense);
  fv__program_append(program, &copy);
  return dense;
}

fv_status fv__graph_lower(const fv_graph *graph, const fv_shape *shapes, bool apart, bool training,
                          fv__program *program, int32_t *values) {
  int32_t *inputs = calloc((size_t)most_inputs(graph), sizeof *inputs);
  if (!inputs) return fail(FV_ERROR_MEMORY, "no memory for a program");
  for (int32_t n = 0; n < graph->node_count && !program->out_of_memory; n++) {
    const fv__node *node = &graph->nodes[n];
    const fv__layer *layer = layer_of(graph, node);
    values[n] = -1;
    if (!node->used) continue;
    program->current_node = n + 1;
    if (layer->type->inputs_in_options == 0) {
      values[n] = fv__program_add_value(program, &shapes[n]);
      if (!program->out_of_memory) program->values[values[n]].is_input = program->values[values[n]].keep = true;
      continue;
    }
    for (int32_t i = 0; i < node->input_count; i++) inputs[i] = values[node->inputs[i].node - 1];
    fv__lower_call call = {.options = layer->options,
                           .inputs = inputs,
                           .input_count = node->input_count,
                           .output = shapes[n],
                           .weights = layer->weight_numbers,
                           .weight_count = layer->weight_count,
                           .name = layer->name,
                           .training = training,
                           .frozen = layer->frozen};
    const int32_t first = program->value_count;
    values[n] = layer->type->lower(&call, program);
    if (apart) values[n] = set_apart(program, values[n], first);
  }
  free(inputs);
  return program->out_of_memory ? fail(FV_ERROR_MEMORY, "no memory for a program") : FV_OK;
}
