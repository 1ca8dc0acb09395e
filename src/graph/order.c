/* Finishing a graph: which nodes the outputs need, and the layers in Keras's order.
 *
 * Keras: the depth of a node is its longest distance to an output, the depth of a layer the largest of its nodes';
 * layers are sorted by depth, deepest first, ties by the order in which a walk from the outputs along the inputs, in
 * order, first meets them. Both the files and `layers[:5]` rest on this order. The walk keeps a stack of its own: a
 * file may hold a chain of any length.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"

typedef struct rank {
  int32_t layer, depth, met;
} rank;

static int deeper_first(const void *a, const void *b) {
  const rank *x = a, *y = b;
  if (x->depth != y->depth) return x->depth > y->depth ? -1 : 1;
  return (x->met > y->met) - (x->met < y->met);
}

typedef struct frame {
  int32_t node, next_input;
} frame;

/* Marks the nodes the outputs need and numbers layers in the order they are first met. */
static void walk(fv_graph *graph, frame *stack, rank *ranks, int32_t *met) {
  for (int32_t i = 0; i < graph->output_count; i++) {
    int32_t depth = 0;
    stack[0] = (frame){graph->outputs[i].node, 0};
    while (depth >= 0) {
      frame *top = &stack[depth];
      fv__node *node = &graph->nodes[top->node - 1];
      if (top->next_input == 0) {
        if (node->used) {
          depth--;
          continue;
        }
        node->used = true;
        rank *layer = &ranks[node->layer - 1];
        if (layer->met < 0) layer->met = (*met)++;
      }
      if (top->next_input == node->input_count) {
        depth--;
      } else {
        int32_t child = node->inputs[top->next_input++].node;
        if (!graph->nodes[child - 1].used) stack[++depth] = (frame){child, 0};
      }
    }
  }
}

/* Depths, from the last node to the first: a node's readers all have larger numbers. */
static void measure(const fv_graph *graph, int32_t *depths, rank *ranks) {
  for (int32_t n = graph->node_count; n >= 1; n--) {
    const fv__node *node = &graph->nodes[n - 1];
    if (!node->used) continue;
    rank *layer = &ranks[node->layer - 1];
    if (depths[n - 1] > layer->depth) layer->depth = depths[n - 1];
    for (int32_t i = 0; i < node->input_count; i++) {
      int32_t *below = &depths[node->inputs[i].node - 1];
      if (*below < depths[n - 1] + 1) *below = depths[n - 1] + 1;
    }
  }
}

static fv_status list_nodes(fv_graph *graph) {
  for (int32_t n = 0; n < graph->node_count; n++)
    if (graph->nodes[n].used) graph->layers[graph->nodes[n].layer - 1].node_count++;
  for (int32_t l = 0; l < graph->layer_count; l++) {
    fv__layer *layer = &graph->layers[l];
    layer->nodes = fv__arena_take(&graph->arena, (size_t)layer->node_count * sizeof *layer->nodes);
    if (!layer->nodes) return fail(FV_ERROR_MEMORY, "no memory for nodes");
    layer->node_count = 0;
  }
  for (int32_t n = 0; n < graph->node_count; n++) {
    if (!graph->nodes[n].used) continue;
    fv__layer *layer = &graph->layers[graph->nodes[n].layer - 1];
    layer->nodes[layer->node_count++] = n + 1;
  }
  return FV_OK;
}

static fv_status sort_layers(fv_graph *graph) {
  size_t layers = (size_t)graph->layer_count, nodes = (size_t)graph->node_count;
  rank *ranks = calloc(layers + 1, sizeof *ranks);
  frame *stack = calloc(nodes + 2, sizeof *stack);
  int32_t *depths = calloc(nodes + 1, sizeof *depths);
  graph->order = fv__arena_take(&graph->arena, layers * sizeof *graph->order);
  fv_status status = FV_OK;
  if (ranks && stack && depths && graph->order) {
    for (size_t l = 0; l < layers; l++) ranks[l] = (rank){(int32_t)l + 1, -1, -1};
    int32_t met = 0;
    walk(graph, stack, ranks, &met);
    measure(graph, depths, ranks);
    qsort(ranks, layers, sizeof *ranks, deeper_first);
    for (size_t l = 0; l < layers; l++)
      if (ranks[l].met >= 0) graph->order[graph->order_count++] = ranks[l].layer;
    status = list_nodes(graph);
  } else {
    status = fail(FV_ERROR_MEMORY, "no memory to sort %zu layers", layers);
  }
  free(ranks);
  free(stack);
  free(depths);
  return status;
}

static bool is_input(const fv_graph *graph, fv_value value) {
  return graph->layers[graph->nodes[value.node - 1].layer - 1].type->inputs_in_options == 0;
}

static fv_status check_values(const fv_graph *graph, const fv_value *values, int32_t count, const char *what) {
  if (count < 1) return fail(FV_ERROR_INVALID, "a model needs at least one %s", what);
  for (int32_t i = 0; i < count; i++)
    if (values[i].node < 1 || values[i].node > graph->node_count || values[i].output != 0)
      return fail(FV_ERROR_INVALID, "%s %" PRId32 " is no value of this graph", what, i + 1);
  return FV_OK;
}

/* An input that no output needs stays one: it is shown last and ignored when run. */
static fv_status keep_unused_input(fv_graph *graph, fv_value input) {
  fv__node *node = &graph->nodes[input.node - 1];
  if (node->used) return FV_OK;
  node->used = true;
  fv__layer *layer = &graph->layers[node->layer - 1];
  layer->nodes = fv__arena_copy(&graph->arena, &input.node, sizeof input.node);
  if (!layer->nodes) return fail(FV_ERROR_MEMORY, "no memory for nodes");
  layer->node_count = 1;
  graph->order[graph->order_count++] = node->layer;
  return FV_OK;
}

/* All needed input layers must be among the inputs. */
static fv_status settle_inputs(fv_graph *graph, const fv_value *inputs, int32_t count) {
  int32_t room = inputs ? count : graph->node_count;
  graph->inputs = fv__arena_take(&graph->arena, (size_t)room * sizeof *graph->inputs);
  if (!graph->inputs) return fail(FV_ERROR_MEMORY, "no memory for inputs");
  if (inputs) {
    for (int32_t i = 0; i < count; i++) {
      if (!is_input(graph, inputs[i])) return fail(FV_ERROR_INVALID, "input %" PRId32 " is not an input layer", i + 1);
      graph->inputs[i] = inputs[i];
      TRY(keep_unused_input(graph, inputs[i]));
    }
    graph->input_count = count;
  }
  for (int32_t n = 1; n <= graph->node_count; n++) {
    fv_value value = {n, 0};
    if (!graph->nodes[n - 1].used || !is_input(graph, value)) continue;
    bool listed = false;
    for (int32_t i = 0; inputs && i < count; i++) listed |= inputs[i].node == n;
    if (inputs && !listed)
      return fail(FV_ERROR_INVALID, "the outputs need input '%s', which is not among the model's inputs",
                  graph->layers[graph->nodes[n - 1].layer - 1].name);
    if (!inputs) graph->inputs[graph->input_count++] = value;
  }
  return graph->input_count ? FV_OK : fail(FV_ERROR_INVALID, "no input reaches the output");
}

fv_status fv__graph_finish(fv_graph *graph, const fv_value *inputs, int32_t input_count, const fv_value *outputs,
                           int32_t output_count) {
  TRY(fv_graph_status(graph));
  TRY(check_values(graph, outputs, output_count, "output"));
  if (inputs) TRY(check_values(graph, inputs, input_count, "input"));
  graph->outputs = fv__arena_copy(&graph->arena, outputs, (size_t)output_count * sizeof *outputs);
  if (!graph->outputs) return fail(FV_ERROR_MEMORY, "no memory for outputs");
  graph->output_count = output_count;
  TRY(sort_layers(graph));
  return settle_inputs(graph, inputs, input_count);
}
