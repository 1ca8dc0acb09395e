/* Ops as problems. */
#include "ops/problem.h"

#include <inttypes.h>
#include <stdio.h>

const fv__way *fv__op_candidate(const fv__op *op, int32_t index) {
  for (const fv__way *const *way = op->type->ways; *way; way++)
    if ((*way)->estimate && !(*way)->why_not(op) && index-- == 0) return *way;
  return NULL;
}

/* Rare parts of a problem are named only where they are there, so that the usual text stays short. The epilogue is left
 * out: ways differ little in it, and plans that merge less into their ops are to take the same ways. */
void fv__op_problem(const fv__op *op, char text[FV__PROBLEM_SIZE]) {
  const fv__window_problem *p = &op->window;
  const fv__window *w = &p->window;
  char rare[80] = "";
  int used = 0;
  if (w->dilation_h > 1 || w->dilation_w > 1)
    used = snprintf(rare, sizeof rare, ", dilation %" PRId32 "x%" PRId32, w->dilation_h, w->dilation_w);
  if (p->groups > 1) snprintf(rare + used, sizeof rare - (size_t)used, ", groups %" PRId32, p->groups);
  snprintf(text, FV__PROBLEM_SIZE,
           "%s %" PRId64 "x%" PRId64 "x%" PRId64 "x%" PRId64 " to %" PRId64 "x%" PRId64 "x%" PRId64 ", window %" PRId32
           "x%" PRId32 ", stride %" PRId32 "x%" PRId32 ", padding %" PRId32 " %" PRId32 " %" PRId32 " %" PRId32 "%s",
           op->type->name, p->n, p->h, p->w, p->c, p->out_h, p->out_w, p->out_c, w->kernel_h, w->kernel_w, w->stride_h,
           w->stride_w, w->top, w->bottom, w->left, w->right, rare);
}
