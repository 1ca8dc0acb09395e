/* Stages of a model: for each size of image, the last layer through which everything goes. */
#include <fovea/explain.h>

#include "model/model.h"

/* Brings *last_use, the greatest node that reads a value from before, up to date for this node's value. All paths lead
 * through a node when nothing from before it is read behind it. */
static void note_uses(const fv_graph *graph, int32_t node, int32_t *last_use) {
  for (int32_t n = node; n <= graph->node_count; n++)
    for (int32_t i = 0; graph->nodes[n - 1].used && i < graph->nodes[n - 1].input_count; i++)
      if (graph->nodes[n - 1].inputs[i].node == node && n > *last_use) *last_use = n;
  for (int32_t i = 0; i < graph->output_count; i++)
    if (graph->outputs[i].node == node) *last_use = INT32_MAX;
}

/* A layer whose numbers stand in the places of its input's, or that has weights: no pooling, padding, resizing. */
static bool keeps_places(const fv_graph *graph, const fv__node *node) {
  const fv__layer *layer = &graph->layers[node->layer - 1];
  if (node->input_count == 0) return false;
  if (layer->weight_count) return true;
  if (layer->type->geometry) return false;
  fv__sight sight = {.whole = false};
  if (layer->type->sight)
    layer->type->sight(layer->options, &graph->nodes[node->inputs[0].node - 1].output, &node->output, &sight);
  return !sight.whole && !sight.scatters && !sight.exchanges && !sight.resamples;
}

static bool is_image(const fv_shape *shape) {
  if (shape->rank == 3) return shape->dims[1] != 1;
  return shape->rank == 4 && (shape->dims[1] != 1 || shape->dims[2] != 1);
}

/* Rows and columns. */
static bool is_same_size(const fv_shape *a, const fv_shape *b) {
  return a->rank == b->rank && a->dims[1] == b->dims[1] && (a->rank == 3 || a->dims[2] == b->dims[2]);
}

/* `everywhere`: also layers that some paths pass by. */
static int32_t find_stages(fv_value *values, int32_t room, const fv_graph *graph, bool everywhere) {
  int32_t count = 0, last_use = 0;
  const fv_shape *learned = NULL; /* the output of the last layer with weights: a size without any is no stage */
  for (int32_t n = 1; n <= graph->node_count; n++) {
    const fv__node *node = &graph->nodes[n - 1];
    if (!node->used) continue;
    const bool passed_by = last_use > n && !everywhere;
    note_uses(graph, n, &last_use);
    if (graph->layers[node->layer - 1].weight_count) learned = &node->output;
    if (passed_by || !learned || !is_image(&node->output) || !keeps_places(graph, node)) continue;
    if (!is_same_size(learned, &node->output)) continue;
    if (count && is_same_size(&graph->nodes[values[count - 1].node - 1].output, &node->output)) count--;
    if (count == room) break;
    values[count++] = (fv_value){n, 0};
  }
  return count;
}

int32_t fv_model_stages(fv_value *values, int32_t room, const fv_model *model) {
  const fv_graph *graph = model->core->graph;
  const int32_t count = find_stages(values, room, graph, false);
  return count ? count : find_stages(values, room, graph, true);
}
