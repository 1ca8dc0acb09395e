/* Boxes from groups of calls, in running order, and the lines between them. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/size.h"
#include "diagram/diagram.h"

enum { WIDTH = 150, HEIGHT = 48 };

/* Members of each group as one list, and the box of each call. Groups come by their first member. */
typedef struct groups {
  int32_t count;
  int32_t *box;     /* of a call */
  fv__links inside; /* of a box: its calls */
} groups;

static fv_status gather(groups *g, const fv__calls *calls, const int32_t *group, fv__arena *arena) {
  size_t count = (size_t)calls->count;
  int32_t *number = FV__TAKE(arena, count, int32_t);
  *g = (groups){
      0, FV__TAKE(arena, count, int32_t), {FV__TAKE(arena, count + 2, int32_t), FV__TAKE(arena, count, int32_t)}};
  if (!number || !g->box || !g->inside.start || !g->inside.list) return fv__diagram_no_memory();
  for (int32_t c = 0; c < calls->count; c++) {
    if (!number[group[c]]) number[group[c]] = ++g->count;
    g->box[c] = number[group[c]] - 1;
    g->inside.start[g->box[c] + 2]++;
  }
  for (int32_t b = 0; b < g->count; b++) g->inside.start[b + 2] += g->inside.start[b + 1];
  for (int32_t c = 0; c < calls->count; c++) g->inside.list[g->inside.start[g->box[c] + 1]++] = c;
  return FV_OK;
}

/* Sums over the calls of a box; a layer called again inside or elsewhere keeps its parameters to its first call. */
static void add_up(fv_diagram_box *box, const fv__calls *calls, const int32_t *members, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    fv_layer_info layer = fv_model_layer(calls->model, calls->layer[members[i]]);
    int32_t earlier = 0;
    while (earlier < i && calls->layer[members[earlier]] != calls->layer[members[i]]) earlier++;
    box->layer_count += earlier == i;
    if (fv__call_number(calls, members[i]) == 1) box->parameters += layer.parameters;
    if (!fv__size_add(&box->multiply_adds, box->multiply_adds, layer.multiply_adds)) box->multiply_adds = INT64_MAX;
  }
}

static fv_status fill(fv_diagram *diagram, int32_t index, const fv__calls *calls, const groups *g, const char *block,
                      bool folded) {
  const char *name = folded ? block : NULL;
  const int32_t *members = g->inside.list + g->inside.start[index];
  int32_t count = g->inside.start[index + 1] - g->inside.start[index];
  int32_t *nodes = FV__TAKE(&diagram->arena, count, int32_t), head = fv__chain_head(calls, members, count);
  if (!nodes) return fv__diagram_no_memory();
  for (int32_t i = 0; i < count; i++) nodes[i] = calls->node[members[i]];
  fv_layer_info layer = fv_model_layer(calls->model, calls->layer[head]);
  fv_diagram_box *box = &diagram->boxes[index];
  *box = (fv_diagram_box){.name = name ? name : layer.name,
                          .block = block,
                          .family = name ? FV_FAMILY_BLOCK : calls->family[head],
                          .layer = calls->layer[head],
                          .node_count = count,
                          .nodes = nodes,
                          .call = fv__call_number(calls, head),
                          .calls = layer.node_count,
                          .output = fv_model_node(calls->model, nodes[count - 1]).output,
                          .width = WIDTH,
                          .height = HEIGHT};
  add_up(box, calls, members, count);
  box->detail = name ? fv__describe_block(&diagram->arena, calls, members, count)
                     : fv__describe_chain(&diagram->arena, calls, members, count, head);
  return box->detail ? FV_OK : fv__diagram_no_memory();
}

/* A line from each box that `index` reads, once. `seen` remembers for which reader a box was last met. */
static void add_edges(fv_diagram *diagram, int32_t index, const fv__calls *calls, const groups *g, int32_t *seen) {
  for (int32_t i = g->inside.start[index]; i < g->inside.start[index + 1]; i++) {
    int32_t call = g->inside.list[i];
    for (int32_t k = calls->sources.start[call]; k < calls->sources.start[call + 1]; k++) {
      int32_t from = g->box[calls->sources.list[k]];
      if (from == index || seen[from] == index + 1) continue;
      seen[from] = index + 1;
      diagram->edges[diagram->edge_count++] = (fv_diagram_edge){.from = from, .to = index};
    }
  }
}

fv_status fv__diagram_boxes(fv_diagram *diagram, const fv__calls *calls, const int32_t *group, const char *const *names,
                            bool folded) {
  groups g;
  TRY(gather(&g, calls, group, &diagram->arena));
  int32_t *seen = FV__TAKE(&diagram->arena, g.count, int32_t);
  diagram->boxes = FV__TAKE(&diagram->arena, g.count, fv_diagram_box);
  diagram->edges = FV__TAKE(&diagram->arena, calls->sources.start[calls->count], fv_diagram_edge);
  if (!seen || !diagram->boxes || !diagram->edges) return fv__diagram_no_memory();
  diagram->box_count = g.count;
  for (int32_t b = 0; b < g.count; b++) {
    TRY(fill(diagram, b, calls, &g, names[g.inside.list[g.inside.start[b]]], folded));
    add_edges(diagram, b, calls, &g, seen);
  }
  return FV_OK;
}

fv_status fv_diagram_add_box(fv_diagram *diagram, const char *name, const char *detail, const int32_t *reads,
                             int32_t count) {
  const size_t before = (size_t)diagram->box_count, lines = (size_t)diagram->edge_count;
  fv_diagram_box *boxes = FV__TAKE(&diagram->arena, before + 1, fv_diagram_box);
  fv_diagram_edge *edges = FV__TAKE(&diagram->arena, lines + (size_t)count, fv_diagram_edge);
  name = fv__arena_text(&diagram->arena, name);
  detail = fv__arena_text(&diagram->arena, detail);
  if (!boxes || !edges || !name || !detail) return fv__diagram_no_memory();
  memcpy(boxes, diagram->boxes, before * sizeof *boxes);
  memcpy(edges, diagram->edges, lines * sizeof *edges);
  boxes[before] = (fv_diagram_box){
      .name = name, .detail = detail, .layer = -1, .call = 1, .calls = 1, .width = WIDTH, .height = HEIGHT};
  for (int32_t i = 0; i < count; i++)
    edges[diagram->edge_count++] = (fv_diagram_edge){.from = reads[i], .to = diagram->box_count};
  diagram->box_count++;
  diagram->boxes = boxes;
  diagram->edges = edges;
  return FV_OK;
}
