/* Running by rows.
 *
 * A depthwise convolution computes little for what it reads and writes. Where its maps are too large for a core's
 * second cache, it takes its rows from the convolution before it as they are made, and the 1x1 convolution behind it
 * takes them from there. On small maps that gains nothing, and several threads would make many rows twice.
 *
 * Nothing here depends on the processor found.
 */
#include "graph/by_rows.h"

#include "graph/passes.h"
#include "ops/by_rows.h"

enum { LARGE_BYTES = 512 << 10 /* of one image of a map: as much as a second cache of today */ };

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

void fv__run_by_rows(fv__program *program) {
  int32_t taken = -1; /* the last op that is in a chain already */
  for (int32_t i = 0; i < program->op_count; i++) {
    if (program->ops[i].op.type != &fv__op_depthwise || !fv__by_rows_may_start(&program->ops[i].op)) continue;
    int32_t first = i, last = i;
    if (i - 1 > taken && links(program, i - 1) && fv__by_rows_may_start(&program->ops[i - 1].op)) first = i - 1;
    if (links(program, i) && program->ops[i + 1].op.type == &fv__op_conv) last = i + 1;
    bool pays = false;
    for (int32_t k = first; k < last; k++) pays = pays || is_large(program, program->ops[k].op.output);
    if (!pays) continue;
    for (int32_t k = first; k < last; k++)
      program->ops[k].by_rows = program->values[program->ops[k].op.output].by_rows = true;
    taken = last;
  }
}

int32_t fv__by_rows_count(const fv__program *program, int32_t first) {
  int32_t count = 1;
  while (program->ops[first + count - 1].by_rows) count++;
  return count;
}
