/* The passes.
 *
 *   fold normalisation   conv -> batch normalisation        becomes conv with scaled kernel and shifted bias
 *   fuse residual        conv -> add <- other               becomes conv with a residual in its epilogue
 *   fuse clamp           op -> relu, relu6                   becomes op with bounds in its epilogue
 *   absorb padding       zeros around x -> conv              becomes conv with more padding
 *   write in place       x -> copy into a slice of y         x is made in that slice at once (concatenation)
 *   compute in place     x -> activation -> y                y takes the memory of x, which nobody else reads
 *   run by rows          conv -> depthwise -> conv 1x1       run together, some rows at a time (by_rows.h)
 *   add in place         conv 1x1 -> y <- residual           y takes the memory of the residual, which nobody reads
 * later slice batch          ops run on some images at a time (slices.h)
 *       fuse pooling         conv -> maxima of 2x2 windows    becomes a conv that stores those only, where its way can
 *
 * An op that is dropped has its type set to NULL and is swept out at the end of the pass; the op that takes over its
 * work also takes over its nodes.
 */
#include "graph/passes.h"
#include "graph/by_rows.h"
#include "graph/slices.h"
#include "graph/tuning.h"

#include <math.h>
#include <string.h>

#include <fovea/plan.h>

#include "kernels/kernels.h"

static bool reads(const fv__op *op, int32_t value) {
  return op->inputs[0] == value || op->inputs[1] == value || op->residual == value;
}

static int32_t count_readers(const fv__program *program, int32_t value) {
  int32_t readers = 0;
  for (int32_t i = 0; i < program->op_count; i++)
    readers += program->ops[i].op.type && reads(&program->ops[i].op, value);
  return readers;
}

/* The op that writes exactly this value, if there is just one; NULL otherwise. */
static fv__program_op *producer_of(fv__program *program, int32_t value) {
  fv__program_op *found = NULL;
  for (int32_t i = 0; i < program->op_count; i++) {
    if (!program->ops[i].op.type || program->ops[i].op.output != value) continue;
    if (found) return NULL;
    found = &program->ops[i];
  }
  return found;
}

static bool has_children(const fv__program *program, int32_t value) {
  for (int32_t v = 0; v < program->value_count; v++)
    if (program->values[v].parent == value) return true;
  return false;
}

bool fv__value_is_passing(const fv__program *program, int32_t value) {
  const fv__program_value *v = &program->values[value];
  return !v->keep && !v->is_input && v->parent < 0 && !has_children(program, value) &&
         count_readers(program, value) == 1;
}

static bool unclamped(const fv__op *op) { return op->low == -INFINITY && op->high == INFINITY; }

static void take_nodes(fv__program *program, fv__program_op *into, const fv__program_op *from) {
  int32_t count = into->node_count + from->node_count;
  int32_t *nodes = fv__arena_take(&program->arena, (size_t)count * sizeof *nodes);
  if (!nodes) {
    program->out_of_memory = true;
    return;
  }
  memcpy(nodes, into->nodes, (size_t)into->node_count * sizeof *nodes);
  memcpy(nodes + into->node_count, from->nodes, (size_t)from->node_count * sizeof *nodes);
  into->nodes = nodes;
  into->node_count = count;
}

/* `into` now makes what `dropped` made. */
static void replace(fv__program *program, fv__program_op *into, fv__program_op *dropped) {
  take_nodes(program, into, dropped);
  into->op.output = dropped->op.output;
  into->trained = into->trained || dropped->trained;
  dropped->op.type = NULL;
}

static void sweep(fv__program *program) {
  int32_t kept = 0;
  for (int32_t i = 0; i < program->op_count; i++)
    if (program->ops[i].op.type) program->ops[kept++] = program->ops[i];
  program->op_count = kept;
}

/* The op whose output `follower` reads as its only input, when that value may disappear. */
static fv__program_op *merge_candidate(fv__program *program, const fv__program_op *follower) {
  int32_t value = follower->op.inputs[0];
  return fv__value_is_passing(program, value) ? producer_of(program, value) : NULL;
}

static void fold_normalisation(fv__program *program) {
  for (int32_t i = 0; i < program->op_count; i++) {
    fv__program_op *affine = &program->ops[i];
    if (affine->op.type != &fv__op_affine || !affine->op.normalisation.present || affine->op.residual >= 0) continue;
    if (affine->trained) continue; /* the convolution's gradients would need the scale apart */
    fv__program_op *into = merge_candidate(program, affine);
    if (!into || !into->op.type->takes_normalisation || into->op.normalisation.present || into->op.residual >= 0 ||
        !unclamped(&into->op))
      continue;
    into->op.normalisation = affine->op.normalisation;
    into->op.low = affine->op.low;
    into->op.high = affine->op.high;
    replace(program, into, affine);
  }
  sweep(program);
}

static bool same_extents(const fv__program_value *a, const fv__program_value *b) {
  return a->n == b->n && a->h == b->h && a->w == b->w && a->c == b->c;
}

/* Where a value is complete: after the last op that writes it or a part of it; -1 for inputs. */
static int32_t made_at(const fv__program *program, int32_t value) {
  int32_t root = fv__program_root(program, value), last = -1;
  for (int32_t i = 0; i < program->op_count; i++)
    if (program->ops[i].op.type && fv__program_root(program, program->ops[i].op.output) == root) last = i;
  return last;
}

/* Moves the sum into the op that makes input `which`, when the other input is ready by then. */
static bool fuse_one_residual(fv__program *program, fv__program_op *sum, int which) {
  int32_t value = sum->op.inputs[which], other = sum->op.inputs[1 - which];
  const fv__program_value *result = &program->values[sum->op.output];
  if (value == other || !fv__value_is_passing(program, value)) return false;
  fv__program_op *into = producer_of(program, value);
  if (!into || !into->op.type->takes_residual || into->op.residual >= 0 || !unclamped(&into->op)) return false;
  if (!same_extents(&program->values[value], result) || !same_extents(&program->values[other], result)) return false;
  if (made_at(program, other) >= into - program->ops) return false;
  into->op.residual = other;
  into->op.low = sum->op.low;
  into->op.high = sum->op.high;
  replace(program, into, sum);
  return true;
}

static void fuse_residual(fv__program *program) {
  for (int32_t i = 0; i < program->op_count; i++) {
    fv__program_op *sum = &program->ops[i];
    if (sum->op.type != &fv__op_binary || sum->op.binary != FV__BINARY_ADD || sum->op.residual >= 0) continue;
    if (!fuse_one_residual(program, sum, 1)) (void)fuse_one_residual(program, sum, 0);
  }
  sweep(program);
}

/* relu and relu6, as the unary op with slot FV__UNARY_RELU: slope, threshold, maximum. */
static bool is_clamp(const fv__op *op, float *high) {
  if (op->type != &fv__op_unary || op->unary.kernel != FV__UNARY_RELU) return false;
  *high = op->unary.parameters[2];
  return op->unary.parameters[0] == 0 && op->unary.parameters[1] == 0 && op->unary.parameters[2] >= 0;
}

static void fuse_clamp(fv__program *program) {
  for (int32_t i = 0; i < program->op_count; i++) {
    fv__program_op *clamp = &program->ops[i];
    float high;
    if (!is_clamp(&clamp->op, &high)) continue;
    fv__program_op *into = merge_candidate(program, clamp);
    if (!into || !into->op.type->takes_clamp || !unclamped(&into->op)) continue;
    into->op.low = 0;
    into->op.high = high;
    replace(program, into, clamp);
  }
  sweep(program);
}

/* The copy that fills the interior of a bordered value, when zeros and that copy are all that writes it. */
static fv__program_op *interior_copy(fv__program *program, const fv__program_op *border) {
  fv__program_op *copy = NULL;
  for (int32_t i = 0; i < program->op_count; i++) {
    fv__program_op *op = &program->ops[i];
    if (!op->op.type || op == border) continue;
    int32_t parent = program->values[op->op.output].parent;
    if (op->op.output == border->op.output || parent != border->op.output) continue;
    if (copy || op->op.type != &fv__op_copy) return NULL;
    copy = op;
  }
  return copy;
}

/* Only ops with a window may read a padded value for its padding to go into theirs; nothing may read it through another
 * value (a reshape, a crop) than the interior, which is written only. */
static bool all_readers_take_padding(const fv__program *program, int32_t value) {
  int32_t children = 0;
  for (int32_t v = 0; v < program->value_count; v++) children += program->values[v].parent == value;
  if (children != 1) return false;
  for (int32_t i = 0; i < program->op_count; i++) {
    const fv__op *op = &program->ops[i].op;
    if (!op->type || !reads(op, value)) continue;
    if (!op->type->takes_padding || op->residual == value || op->inputs[0] != value) return false;
  }
  return true;
}

static void absorb_padding(fv__program *program) {
  for (int32_t i = 0; i < program->op_count; i++) {
    fv__program_op *border = &program->ops[i];
    if (border->op.type != &fv__op_zero_border) continue;
    int32_t padded = border->op.output;
    if (program->values[padded].keep || !all_readers_take_padding(program, padded)) continue;
    fv__program_op *copy = interior_copy(program, border);
    if (!copy) continue;
    const fv__window frame = border->op.window.window;
    for (int32_t r = 0; r < program->op_count; r++) {
      fv__program_op *reader = &program->ops[r];
      if (!reader->op.type || !reads(&reader->op, padded)) continue;
      fv__window_problem *problem = &reader->op.window;
      problem->window.top += frame.top;
      problem->window.bottom += frame.bottom;
      problem->window.left += frame.left;
      problem->window.right += frame.right;
      problem->h -= frame.top + frame.bottom;
      problem->w -= frame.left + frame.right;
      reader->op.inputs[0] = copy->op.inputs[0];
      take_nodes(program, reader, border);
    }
    border->op.type = copy->op.type = NULL;
  }
  sweep(program);
}

/* A value may move into a slice when it has memory of its own that nobody needs as one dense piece. */
static bool may_move(const fv__program *program, int32_t value) {
  const fv__program_value *v = &program->values[value];
  return v->parent < 0 && !v->is_input && !v->must_be_dense;
}

static void write_in_place(fv__program *program) {
  for (int32_t i = 0; i < program->op_count; i++) {
    fv__program_op *copy = &program->ops[i];
    if (copy->op.type != &fv__op_copy) continue;
    int32_t from = copy->op.inputs[0], to = copy->op.output;
    fv__program_value *value = &program->values[from];
    if (!may_move(program, from) || program->values[to].reshaped || program->values[to].parent < 0 ||
        !same_extents(value, &program->values[to]))
      continue;
    value->parent = to; /* at its start: offsets are zero */
    copy->op.type = NULL;
  }
  sweep(program);
}

static void compute_in_place(fv__program *program) {
  for (int32_t i = 0; i < program->op_count; i++) {
    const fv__op *op = &program->ops[i].op;
    if (!op->type->in_place || op->residual >= 0 || op->inputs[1] >= 0) continue;
    int32_t from = op->inputs[0], to = op->output;
    if (!fv__value_is_passing(program, from) || program->values[from].must_be_dense || program->values[to].reshaped ||
        !same_extents(&program->values[from], &program->values[to]))
      continue;
    program->values[from].parent = to; /* at its start: `from` is dense only if `to` is, and need not be */
  }
}

/* Whether a value or a part of it is wanted after op i, or by the caller. */
static bool is_wanted_after(const fv__program *program, int32_t value, int32_t i) {
  for (int32_t v = 0; v < program->value_count; v++)
    if ((program->values[v].keep || program->values[v].is_input) && fv__program_root(program, v) == value) return true;
  for (i++; i < program->op_count; i++) {
    const fv__op *op = &program->ops[i].op;
    const int32_t used[] = {op->inputs[0], op->inputs[1], op->residual};
    for (int k = 0; k < 3; k++)
      if (used[k] >= 0 && fv__program_root(program, used[k]) == value) return true;
  }
  return false;
}

/* Lines that are read to be written anyway are then read once. Not by rows: rows above would be made again from what
 * has been written over. */
static void add_in_place(fv__program *program) {
  for (int32_t i = 0; i < program->op_count; i++) {
    const fv__op *op = &program->ops[i].op;
    const int32_t from = op->residual, to = op->output;
    if (from < 0 || !fv__op_adds_in_place(op) || (i > 0 && program->ops[i - 1].by_rows) || program->ops[i].by_rows)
      continue;
    const fv__program_value *residual = &program->values[from], *y = &program->values[to];
    if (residual->parent >= 0 || y->parent >= 0 || residual->must_be_dense || y->must_be_dense ||
        !same_extents(residual, y) || fv__program_root(program, op->inputs[0]) == from ||
        is_wanted_after(program, from, i))
      continue;
    program->values[from].parent = to;
  }
}

/* Windows that cover rows and columns by twos; the last one of an odd number is left out. */
static bool is_pooling_by_twos(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  const fv__window *w = &p->window;
  return op->type == &fv__op_pool && !p->average && !p->adaptive && w->kernel_h == 2 && w->kernel_w == 2 &&
         w->stride_h == 2 && w->stride_w == 2 && w->dilation_h == 1 && w->dilation_w == 1 &&
         !(w->top | w->bottom | w->left | w->right);
}

/* The way that the plan will take when all passes are done. */
static const fv__way *way_to_be(const fv__program *program, const fv__op *op) {
  char reasons[1000];
  return fv__op_choose(op, fv__tuning_way(program->tuning, op), reasons, sizeof reasons);
}

/* After slices of the batch, since ways depend on their size. */
static void fuse_pooling(fv__program *program) {
  for (int32_t i = 1; i < program->op_count; i++) {
    fv__program_op *into = &program->ops[i - 1], *pooling = &program->ops[i];
    if (!is_pooling_by_twos(&pooling->op) || merge_candidate(program, pooling) != into || into->op.pooled) continue;
    if (pooling->images && !into->images) continue;
    const fv__way *way = way_to_be(program, &into->op);
    if (!way || !way->pools) continue;
    into->op.pooled = true;
    if (into->images == pooling->images)
      into->goes_on = pooling->goes_on;
    else /* y is made in slices smaller than those it is read in */
      program->values[fv__program_root(program, pooling->op.output)].held = 0;
    replace(program, into, pooling);
  }
  sweep(program);
}

const fv__pass fv__passes[] = {
    {"fold-normalisation", fold_normalisation, true},
    {"fuse-residual", fuse_residual, true},
    {"fuse-clamp", fuse_clamp, true},
    {"absorb-padding", absorb_padding, true},
    {"write-in-place", write_in_place, true},
    {"compute-in-place", compute_in_place, false},
    {"run-by-rows", fv__run_by_rows, false},
    {"add-in-place", add_in_place, false},
    {"slice-batch", fv__slice_batch, false},
    {"fuse-pooling", fuse_pooling, false},
    {NULL, NULL, false},
};

const char *fv_plan_pass_name(int32_t index) {
  for (int32_t i = 0; fv__passes[i].name; i++)
    if (i == index) return fv__passes[i].name;
  return NULL;
}

bool fv__pass_left_out(const char *without, const char *name) {
  if (!without) return false;
  if (!strcmp(without, "all")) return true;
  size_t length = strlen(name);
  for (const char *at = without; (at = strstr(at, name)); at += length)
    if ((at == without || at[-1] == ',') && (at[length] == '\0' || at[length] == ',')) return true;
  return false;
}
