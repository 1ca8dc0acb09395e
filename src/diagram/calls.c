/* The calls of a model and who reads whom. */
#include <stdlib.h>

#include "base/fail.h"
#include "diagram/diagram.h"

fv_status fv__diagram_no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for a diagram"); }

/* Marks the nodes that layers list as theirs: others lead to no output. */
static int32_t mark_used(int32_t *index, const fv_model *model) {
  int32_t count = 0;
  for (int32_t l = 0; l < fv_model_layer_count(model); l++) {
    fv_layer_info layer = fv_model_layer(model, l);
    for (int32_t i = 0; i < layer.node_count; i++, count++) index[layer.nodes[i]] = 1;
  }
  return count;
}

/* Every source of a node once, as calls; answers how many. */
static int32_t sources_of(int32_t *to, const fv_node_info *node, const int32_t *index) {
  int32_t count = 0;
  for (int32_t i = 0; i < node->input_count; i++) {
    int32_t source = index[node->inputs[i].node], known = 0;
    while (known < count && to[known] != source) known++;
    if (known == count) to[count++] = source;
  }
  return count;
}

static void link_readers(fv__calls *calls) {
  const fv__links *sources = &calls->sources;
  fv__links *readers = &calls->readers;
  int32_t links = sources->start[calls->count];
  for (int32_t i = 0; i < links; i++) readers->start[sources->list[i] + 1]++;
  for (int32_t c = 0; c < calls->count; c++) readers->start[c + 1] += readers->start[c];
  /* start[c] moves on while its list fills, and ends where the next one's began */
  for (int32_t c = 0; c < calls->count; c++)
    for (int32_t i = sources->start[c]; i < sources->start[c + 1]; i++)
      readers->list[readers->start[sources->list[i]]++] = c;
  for (int32_t c = calls->count; c > 0; c--) readers->start[c] = readers->start[c - 1];
  readers->start[0] = 0;
}

fv_status fv__calls_list(fv__calls *calls, fv__arena *arena, const fv_model *model) {
  int32_t nodes = fv_model_node_count(model), links = 0;
  int32_t *index = FV__TAKE(arena, nodes + 1, int32_t);
  if (!index) return fv__diagram_no_memory();
  *calls = (fv__calls){.model = model, .count = mark_used(index, model)};
  for (int32_t n = 1; n <= nodes; n++)
    if (index[n]) links += fv_model_node(model, n).input_count;
  size_t count = (size_t)calls->count;
  calls->node = FV__TAKE(arena, count, int32_t);
  calls->layer = FV__TAKE(arena, count, int32_t);
  calls->family = FV__TAKE(arena, count, fv_diagram_family);
  calls->sources = (fv__links){FV__TAKE(arena, count + 1, int32_t), FV__TAKE(arena, links, int32_t)};
  calls->readers = (fv__links){FV__TAKE(arena, count + 1, int32_t), FV__TAKE(arena, links, int32_t)};
  if (!calls->node || !calls->layer || !calls->family || !calls->sources.start || !calls->sources.list ||
      !calls->readers.start || !calls->readers.list)
    return fv__diagram_no_memory();
  int32_t c = 0;
  for (int32_t n = 1; n <= nodes; n++) {
    if (!index[n]) continue;
    fv_node_info node = fv_model_node(model, n);
    calls->node[c] = n;
    calls->layer[c] = node.layer;
    int32_t start = calls->sources.start[c];
    calls->sources.start[c + 1] = start + sources_of(calls->sources.list + start, &node, index);
    calls->family[c] = fv__diagram_family(fv_model_layer(model, node.layer).kind, node.input_count);
    index[n] = c++;
  }
  link_readers(calls);
  return FV_OK;
}

int32_t fv__call_number(const fv__calls *calls, int32_t call) {
  fv_layer_info layer = fv_model_layer(calls->model, calls->layer[call]);
  int32_t number = 0;
  while (layer.nodes[number] != calls->node[call]) number++;
  return number + 1;
}
