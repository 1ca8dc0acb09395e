/* Running by rows.
 *
 * A depthwise convolution computes little for what it reads and writes. Where its maps are too large for a core's
 * second cache, it takes its rows from the convolution before it as they are made, and the 1x1 convolution behind it
 * takes them from there. That gains nothing on small maps, where several threads would make many rows twice; with many
 * weights; and without a convolution before.
 *
 * Nothing here depends on the processor found.
 */
#include "graph/by_rows.h"

#include "graph/passes.h"
#include "ops/by_rows.h"

enum {
  LARGE_BYTES = 512 << 10, /* of one image of a map: as much as a second cache of today */
  WEIGHT_BYTES = 80 << 10  /* of convolutions: each piece of rows reads them all, and they share the cache with rows */
};

/* Whether op i + 1 may take the rows of op i, and nobody else needs them. */
static bool links(const fv__program *program, int32_t i) {
  if (i < 0 || i + 1 >= program->op_count) return false;
  const fv__op *from = &program->ops[i].op, *to = &program->ops[i + 1].op;
  if (from->output != to->inputs[0] || to->residual == from->output || to->inputs[1] >= 0) return false;
  if (!fv__by_rows_may_follow(to) || !fv__value_is_passing(program, from->output)) return false;
  const fv__program_value *v = &program->values[from->output];
  const fv__window_problem *p = &to->window, *q = &from->window;
  return p->n == v->n && p->h == v->h && p->w == v->w && p->c == v->c && q->n == v->n && q->out_h == v->h &&
         q->out_w == v->w && q->out_c == v->c;
}

static bool is_large(const fv__program *program, int32_t value) {
  const fv__program_value *v = &program->values[value];
  return v->h * v->w * v->c >= LARGE_BYTES / (int64_t)sizeof(float);
}

/* Whether it pays that the ops from `first` to `last` run together. */
static bool pays(const fv__program *program, int32_t first, int32_t last) {
  int64_t weights = 0;
  bool large = false;
  for (int32_t i = first; i <= last; i++) {
    const fv__op *op = &program->ops[i].op;
    const fv__window *w = &op->window.window;
    large = large || (i < last && is_large(program, op->output));
    if (op->type == &fv__op_conv)
      weights += (int64_t)w->kernel_h * w->kernel_w * op->window.c * op->window.out_c * (int64_t)sizeof(float);
  }
  return large && weights <= WEIGHT_BYTES;
}

void fv__run_by_rows(fv__program *program) {
  int32_t taken = -1; /* the last op that runs with others already */
  for (int32_t i = 1; i < program->op_count; i++) {
    if (program->ops[i].op.type != &fv__op_depthwise || i - 1 <= taken || !links(program, i - 1) ||
        program->ops[i - 1].op.type != &fv__op_conv || !fv__by_rows_may_start(&program->ops[i - 1].op))
      continue;
    const int32_t last = links(program, i) && program->ops[i + 1].op.type == &fv__op_conv ? i + 1 : i;
    if (!pays(program, i - 1, last)) continue;
    for (int32_t k = i - 1; k < last; k++)
      program->ops[k].by_rows = program->values[program->ops[k].op.output].by_rows = true;
    taken = last;
  }
}

int32_t fv__by_rows_count(const fv__program *program, int32_t first) {
  int32_t count = 1;
  while (program->ops[first + count - 1].by_rows) count++;
  return count;
}
