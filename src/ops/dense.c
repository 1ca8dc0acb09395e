/* Matrix product over rows: every pixel of x is a row of c numbers.
 *
 *   y[r, o] = clamp((sum over k of x[r, k] * kernel[k, o]) * scale[o] + shift[o] + residual[r, o])
 *
 * The kernel is read where it lies, in its natural order [c][out_c]: in large dense layers a packed copy would double
 * the memory of the network. Packed are scale[out_c] and shift[out_c] only.
 */
#include "ops/way.h"

enum { BLOCK = 64 }; /* outputs summed together */

static size_t packed_bytes(const fv__op *op) { return 2 * (size_t)op->window.out_c * sizeof(float); }

static void pack(const fv__op *op, const fv__op_weights *weights, void *packed) {
  float *scales = packed, *shifts = scales + op->window.out_c;
  for (int64_t o = 0; o < op->window.out_c; o++) {
    double scale, shift;
    fv__op_scale_shift(op, weights, o, &scale, &shift);
    scales[o] = (float)scale;
    shifts[o] = (float)shift;
  }
}

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

static const fv__way REFERENCE = {.name = "reference",
                                  .why_not = fv__way_fits,
                                  .packed_bytes = packed_bytes,
                                  .pack = pack,
                                  .forward = forward,
                                  .keeps_natural = true};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_dense = {
    .name = "dense", .takes_normalisation = true, .takes_clamp = true, .takes_residual = true, .ways = WAYS};
