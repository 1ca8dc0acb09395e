/* Backward of dense layers in plain C: x [rows, c], kernel [c, out_c], y [rows, out_c].
 *
 *   dx[r, k]   += sum over o of dy[r, o] kernel[k, o]
 *   dK[k, o]   += sum over r of x[r, k] dy[r, o]
 *   dbias[o]   += sum over r of dy[r, o]
 */
#include "ops/dense.h"
#include "ops/dense_gradient.h"
#include "ops/gradients.h"

enum { BLOCK = 64 /* outputs summed together */, PIECE = 65536 };

static void input_rows(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const int64_t c = call->op->window.c, out_c = call->op->window.out_c;
  for (int64_t i = first; i < end; i++) {
    const float *dy = fv__view_at_pixel(&call->dy, i / c), *kernel = call->kernel + i % c * out_c;
    float *dx = fv__view_at_pixel(&call->dx[0], i / c) + i % c;
    double sum = 0;
    for (int64_t o = 0; o < out_c; o++) sum += (double)dy[o] * (double)kernel[o];
    *dx = (float)((double)*dx + sum);
  }
}

static void input_backward(const fv__backward_call *call) {
  const fv__window_problem *p = &call->op->window;
  fv__gradient_ranges(call, fv__dense_rows(call->op) * p->c, fv__range_step(p->out_c, PIECE), input_rows);
}

/* A block of outputs of kernel row k; row c is the bias. */
static void weight_block(const fv__backward_call *call, int64_t k, int64_t o, int64_t count) {
  const fv__window_problem *p = &call->op->window;
  float *to = k < p->c ? call->dkernel + k * p->out_c + o : call->dbias + o;
  double sums[BLOCK] = {0};
  for (int64_t r = 0; r < fv__dense_rows(call->op); r++) {
    const double x = k < p->c ? (double)fv__view_at_pixel(&call->x[0], r)[k] : 1;
    const float *dy = fv__view_at_pixel(&call->dy, r) + o;
    for (int64_t i = 0; i < count; i++) sums[i] += x * (double)dy[i];
  }
  for (int64_t i = 0; i < count; i++) to[i] = (float)((double)to[i] + sums[i]);
}

static void weight_blocks(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  const int64_t per_row = (p->out_c + BLOCK - 1) / BLOCK;
  for (int64_t i = first; i < end; i++) {
    const int64_t k = i / per_row, o = i % per_row * BLOCK;
    if (k < p->c ? call->dkernel != NULL : call->dbias != NULL) weight_block(call, k, o, fv__min(BLOCK, p->out_c - o));
  }
}

static void weight_backward(const fv__backward_call *call) {
  const fv__window_problem *p = &call->op->window;
  const int64_t per_row = (p->out_c + BLOCK - 1) / BLOCK;
  fv__gradient_ranges(call, (p->c + 1) * per_row, fv__range_step(fv__dense_rows(call->op) * BLOCK, PIECE),
                      weight_blocks);
}

const fv__gradient_way fv__dense_input_reference = {
    .name = "reference", .why_not = fv__way_fits, .backward = input_backward};
const fv__gradient_way fv__dense_weight_reference = {
    .name = "reference", .why_not = fv__way_fits, .backward = weight_backward, .reads_x = true};

fv__gradient_list fv__dense_input_gradient = {&fv__dense_input_rows, &fv__dense_input_convolution,
                                              &fv__dense_input_reference, NULL};
fv__gradient_list fv__dense_weight_gradient = {&fv__dense_weight_rows, &fv__dense_weight_convolution,
                                               &fv__dense_weight_reference, NULL};
