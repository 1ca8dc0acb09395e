/* Lowering a model for looking up numbers, and finding the op that makes one. */
#include "explain/lowered.h"

#include <stdlib.h>
#include <string.h>

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory to look into the model"); }

static fv_status fill_shapes(fv__lowered *l, const fv_shape *shapes, const fv_shape *inputs) {
  const fv_graph *graph = l->core->graph;
  if (shapes) {
    memcpy(l->shapes, shapes, (size_t)graph->node_count * sizeof *shapes);
    for (int32_t n = 0; n < graph->node_count; n++)
      if (l->shapes[n].rank) l->shapes[n].dims[0] = 1;
    l->batch = 1;
    return FV_OK;
  }
  fv_shape *own = calloc((size_t)graph->input_count, sizeof *own);
  if (!own) return no_memory();
  for (int32_t i = 0; i < graph->input_count; i++) {
    own[i] = inputs ? inputs[i] : graph->nodes[graph->inputs[i].node - 1].output;
    if (own[i].rank && own[i].dims[0] < 0) own[i].dims[0] = 1;
  }
  l->batch = own[0].dims[0];
  const fv_status status = fv__graph_infer(graph, own, l->shapes);
  free(own);
  return status;
}

fv_status fv__lowered_make(fv__lowered *lowered, const fv_model *model, const fv_shape *shapes,
                           const fv_shape *inputs) {
  const fv_graph *graph = model->core->graph;
  const size_t nodes = (size_t)graph->node_count;
  *lowered = (fv__lowered){.core = model->core};
  lowered->shapes = calloc(nodes, sizeof *lowered->shapes);
  lowered->values = calloc(nodes, sizeof *lowered->values);
  if (!lowered->shapes || !lowered->values) return no_memory();
  TRY(fill_shapes(lowered, shapes, inputs));
  TRY(fv__graph_lower(graph, lowered->shapes, true, false, &lowered->program, lowered->values));
  lowered->nodes = calloc((size_t)lowered->program.value_count, sizeof *lowered->nodes);
  if (!lowered->nodes) return no_memory();
  for (int32_t n = 0; n < graph->node_count; n++)
    if (lowered->values[n] >= 0) lowered->nodes[lowered->values[n]] = n + 1;
  return FV_OK;
}

void fv__lowered_end(fv__lowered *lowered) {
  fv__program_clear(&lowered->program);
  free(lowered->shapes);
  free(lowered->values);
  free(lowered->nodes);
  *lowered = (fv__lowered){0};
}

bool fv__place_is_there(const fv__lowered *lowered, const fv__place *place) {
  const fv__program_value *v = &lowered->program.values[place->value];
  return place->row >= 0 && place->row < v->h && place->column >= 0 && place->column < v->w && place->channel >= 0 &&
         place->channel < v->c;
}

/* The number of the same rank in the order of memory, in a value of other extents. */
static fv__place in_extents(const fv__program *program, fv__place place, int32_t other) {
  const fv__program_value *from = &program->values[place.value], *to = &program->values[other];
  const int64_t at = (place.row * from->w + place.column) * from->c + place.channel;
  return (fv__place){other, at / (to->w * to->c), at / to->c % to->w, at % to->c};
}

static fv__place one_up(const fv__program *program, fv__place place) {
  const fv__program_value *v = &program->values[place.value];
  if (v->reshaped) return in_extents(program, place, v->parent);
  return (fv__place){v->parent, place.row + v->offset_row, place.column + v->offset_column,
                     place.channel + v->offset_channel};
}

fv__place fv__place_settle(const fv__lowered *lowered, fv__place place) {
  while (!lowered->nodes[place.value] && lowered->program.values[place.value].parent >= 0)
    place = one_up(&lowered->program, place);
  return place;
}

/* The place in `part`, a value that lies somewhere in the root of `place`, which is a place of that root. */
static bool go_down(const fv__program *program, fv__place root, int32_t part, fv__place *at) {
  const fv__program_value *v = &program->values[part];
  if (v->parent < 0) {
    *at = root;
    return part == root.value;
  }
  fv__place above;
  if (!go_down(program, root, v->parent, &above)) return false;
  if (v->reshaped) {
    *at = in_extents(program, above, part);
    return true;
  }
  *at =
      (fv__place){part, above.row - v->offset_row, above.column - v->offset_column, above.channel - v->offset_channel};
  return at->row >= 0 && at->row < v->h && at->column >= 0 && at->column < v->w && at->channel >= 0 &&
         at->channel < v->c;
}

const fv__op *fv__place_maker(const fv__lowered *lowered, fv__place place, fv__place *at) {
  const fv__program *program = &lowered->program;
  while (program->values[place.value].parent >= 0) place = one_up(program, place);
  for (int32_t i = program->op_count - 1; i >= 0; i--) {
    const fv__op *op = &program->ops[i].op;
    if (op->type == &fv__op_zero_border) continue; /* the frame: other ops write what lies inside */
    if (fv__program_root(program, op->output) == place.value && go_down(program, place, op->output, at)) return op;
  }
  return NULL;
}
