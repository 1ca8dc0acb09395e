/* Dense layers in plain C: the definition that faster ways are measured against. Sums are made in double. */
#include "ops/dense.h"
#include "ops/way.h"

enum { BLOCK = 64 }; /* outputs summed together */

static void block_of_row(const fv__op_call *call, int64_t row, int64_t first, int64_t count) {
  const fv__op *op = call->op;
  const int64_t c = op->window.c, out_c = op->window.out_c;
  const float *x = fv__view_at_pixel(&call->x[0], row), *scale = call->packed, *shift = scale + out_c;
  const float *residual = call->residual.data ? fv__view_at_pixel(&call->residual, row) : NULL;
  float *y = fv__view_at_pixel(&call->y, row);
  double sums[BLOCK] = {0};
  for (int64_t k = 0; k < c; k++)
    for (int64_t o = 0; o < count; o++) sums[o] += (double)x[k] * (double)call->kernel[k * out_c + first + o];
  for (int64_t o = first; o < first + count; o++) {
    const double sum = sums[o - first] * (double)scale[o] + (double)shift[o] + (residual ? (double)residual[o] : 0);
    y[o] = fv__clamp((float)sum, op->low, op->high);
  }
}

static void blocks(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const int64_t out_c = call->op->window.out_c, per_row = (out_c + BLOCK - 1) / BLOCK;
  for (int64_t i = first; i < end; i++) {
    const int64_t o = i % per_row * BLOCK;
    block_of_row(call, i / per_row, o, fv__min(BLOCK, out_c - o));
  }
}

static void forward(const fv__op_call *call) {
  const int64_t per_row = (call->op->window.out_c + BLOCK - 1) / BLOCK;
  fv__for_ranges(call, fv__view_pixels(&call->x[0]) * per_row, 1, blocks);
}

const fv__way fv__dense_reference = {.name = "reference",
                                     .why_not = fv__way_fits,
                                     .packed_bytes = fv__dense_packed_bytes,
                                     .pack = fv__dense_pack,
                                     .forward = forward,
                                     .keeps_natural = true};
