/* A model's core: the finished graph and its weights in one block.
 *
 * Weights are numbered by layer in Keras's order, within a layer trainable ones first. Every tensor starts on a 64-byte
 * boundary of one block, whose pages stay untouched until they are written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "graph/graph.h"
#include "graph/packed.h"

enum { ALIGN_FLOATS = 16 };

static fv_status number_weights(fv__core *core) {
  fv_graph *graph = core->graph;
  for (int32_t i = 0; i < graph->order_count; i++)
    core->weight_count += graph->layers[graph->order[i] - 1].weight_count;
  core->weights = calloc((size_t)core->weight_count + 1, sizeof *core->weights);
  if (!core->weights) return fail(FV_ERROR_MEMORY, "no memory for weights");
  int32_t number = 0;
  for (int32_t i = 0; i < graph->order_count; i++) {
    fv__layer *layer = &graph->layers[graph->order[i] - 1];
    layer->weight_numbers = fv__arena_take(&graph->arena, sizeof(int32_t) * FV__LAYER_WEIGHTS);
    if (!layer->weight_numbers) return fail(FV_ERROR_MEMORY, "no memory for weights");
    for (int32_t w = 0; w < layer->weight_count; w++) {
      fv__weight *weight = &core->weights[number];
      size_t bytes = strlen(layer->name) + strlen(layer->weights[w].name) + 2;
      char *path = fv__arena_take(&graph->arena, bytes);
      if (!path) return fail(FV_ERROR_MEMORY, "no memory for weights");
      snprintf(path, bytes, "%s/%s", layer->name, layer->weights[w].name);
      *weight = (fv__weight){.path = path, .layer = i, .spec = w};
      TRY(fv_shape_elements(&weight->elements, &layer->weights[w].shape));
      layer->weight_numbers[w] = number++;
    }
  }
  return FV_OK;
}

static fv_status take_block(fv__core *core) {
  int64_t floats = 0;
  for (int32_t i = 0; i < core->weight_count; i++) {
    int64_t rounded = (core->weights[i].elements + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
    if (!fv__size_add(&floats, floats, rounded)) return fail(FV_ERROR_SHAPE, "the weights are too large");
  }
  if (!fv__size_bytes(&core->block_bytes, floats, sizeof(float)))
    return fail(FV_ERROR_SHAPE, "the weights are too large");
  core->block = fv__block_take(core->block_bytes);
  if (!core->block) return fail(FV_ERROR_MEMORY, "no memory for %zu bytes of weights", core->block_bytes);
  float *next = core->block;
  for (int32_t i = 0; i < core->weight_count; i++) {
    core->weights[i].data = next;
    next += (core->weights[i].elements + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
  }
  return FV_OK;
}

fv_status fv__core_create(fv__core **out, fv_graph *graph) {
  *out = NULL;
  fv__core *core = calloc(1, sizeof *core);
  if (!core) {
    fv_graph_destroy(graph);
    return fail(FV_ERROR_MEMORY, "no memory for a model");
  }
  atomic_init(&core->references, 1);
  atomic_init(&core->version, 1);
  pthread_mutex_init(&core->lock, NULL);
  core->graph = graph;
  fv_status status = number_weights(core);
  if (!status) status = take_block(core);
  if (status) {
    fv__core_release(core);
    return status;
  }
  *out = core;
  return FV_OK;
}

fv__core *fv__core_share(fv__core *core) {
  atomic_fetch_add(&core->references, 1);
  return core;
}

void fv__core_release(fv__core *core) {
  if (!core || atomic_fetch_sub(&core->references, 1) != 1) return;
  fv_graph_destroy(core->graph);
  free(core->weights);
  fv__block_free(core->block, core->block_bytes);
  pthread_mutex_destroy(&core->lock);
  free(core);
}
