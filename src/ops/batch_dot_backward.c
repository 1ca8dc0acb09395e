/* Backward of products of two values: dx0[n, a, d] += sum over b of dy[n, a, b] x1[n, b, d], and
 * dx1[n, b, d] += sum over a of dy[n, a, b] x0[n, a, d]. One operand after the other: they may be the same value. */
#include "ops/gradients.h"

enum { PIECE = 16384 };

/* Row `row` of one operand's gradient. */
static void row_of(const fv__backward_call *call, int which, int64_t row) {
  const fv__view *dx = &call->dx[which], *dy = &call->dy;
  const int64_t n = row / dx->w, at = row % dx->w, count = which == 0 ? dy->c : dy->w;
  float *to = fv__view_at(dx, n, 0, at);
  for (int64_t d = 0; d < dx->c; d++) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
      const float weight = which == 0 ? fv__view_at(dy, n, 0, at)[i] : fv__view_at(dy, n, 0, i)[at];
      sum += (double)weight * (double)fv__view_at(&call->x[1 - which], n, 0, i)[d];
    }
    to[d] = (float)((double)to[d] + sum);
  }
}

static void first_rows(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t row = first; row < end; row++) row_of(call, 0, row);
}

static void second_rows(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t row = first; row < end; row++) row_of(call, 1, row);
}

static void backward(const fv__backward_call *call) {
  for (int which = 0; which < 2; which++) {
    const fv__view *dx = &call->dx[which];
    if (!dx->data) continue;
    const int64_t cost = dx->c * (which == 0 ? call->dy.c : call->dy.w);
    fv__gradient_ranges(call, dx->n * dx->w, fv__range_step(cost, PIECE), which == 0 ? first_rows : second_rows);
  }
}

static const fv__gradient_way REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = backward, .reads_x = true};

fv__gradient_list fv__batch_dot_input_gradient = {&REFERENCE, NULL};
