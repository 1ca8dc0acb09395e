/* y = clamp(x * scale + shift + residual): a normalisation that could not be folded or constants, per channel, or a
 * rescaling by two numbers. Packed are scale[channels] and shift[channels], or nothing.
 */
#include "kernels/kernels.h"
#include "ops/gradients.h"

enum { PIECE = 16384 };

static bool per_channel(const fv__op *op) { return op->normalisation.present || op->bias >= 0 || op->affine.scales; }

static size_t packed_bytes(const fv__op *op) {
  return per_channel(op) ? 2 * (size_t)op->affine.channels * sizeof(float) : 0;
}

static void pack(const fv__op *op, const fv__op_weights *weights, void *packed) {
  if (!per_channel(op)) return;
  float *scales = packed, *shifts = scales + op->affine.channels;
  for (int64_t channel = 0; channel < op->affine.channels; channel++) {
    double scale, shift;
    if (op->affine.scales)
      scale = (double)op->affine.scales[channel], shift = (double)op->affine.shifts[channel];
    else
      fv__op_scale_shift(op, weights, channel, &scale, &shift);
    scales[channel] = (float)scale;
    shifts[channel] = (float)shift;
  }
}

static void pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__op *op = call->op;
  const int64_t c = call->y.c;
  const int64_t step = per_channel(op) ? 1 : 0;
  const float *scale = step ? call->packed : &op->affine.scale;
  const float *shift = step ? scale + c : &op->affine.shift;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const float *x = fv__view_at_pixel(&call->x[0], pixel);
    const float *residual = call->residual.data ? fv__view_at_pixel(&call->residual, pixel) : NULL;
    float *y = fv__view_at_pixel(&call->y, pixel);
    for (int64_t k = 0; k < c; k++) {
      const double sum = (double)x[k] * (double)scale[k * step] + (double)shift[k * step];
      y[k] = fv__clamp((float)(sum + (residual ? (double)residual[k] : 0)), op->low, op->high);
    }
  }
}

static void forward(const fv__op_call *call) {
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(call->y.c, PIECE), pixels);
}

static const fv__way REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .packed_bytes = packed_bytes, .pack = pack, .forward = forward};

static void vector_pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__op *op = call->op;
  const fv__vec_kernels *vec = op->kernels->vec;
  const int64_t c = call->y.c;
  const float *scale = call->packed;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const float *x = fv__view_at_pixel(&call->x[0], pixel);
    const float *residual = call->residual.data ? fv__view_at_pixel(&call->residual, pixel) : NULL;
    float *y = fv__view_at_pixel(&call->y, pixel);
    if (per_channel(op))
      vec->affine(x, scale, scale + c, residual, y, c, op->low, op->high);
    else
      vec->rescale(x, op->affine.scale, op->affine.shift, residual, y, c, op->low, op->high);
  }
}

/* Two numbers for everything: dense values are one long row. */
static void vector_row(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__op *op = call->op;
  const float *residual = call->residual.data ? call->residual.data + first : NULL;
  op->kernels->vec->rescale(call->x[0].data + first, op->affine.scale, op->affine.shift, residual, call->y.data + first,
                            end - first, op->low, op->high);
}

static void vector_forward(const fv__op_call *call) {
  const bool dense = fv__view_is_dense(&call->x[0]) && fv__view_is_dense(&call->y) &&
                     (!call->residual.data || fv__view_is_dense(&call->residual));
  if (dense && !per_channel(call->op))
    fv__for_ranges(call, fv__view_pixels(&call->y) * call->y.c, PIECE, vector_row);
  else
    fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(call->y.c, PIECE), vector_pixels);
}

static const fv__way VECTOR = {
    .name = "vector", .why_not = fv__way_fits, .packed_bytes = packed_bytes, .pack = pack, .forward = vector_forward};

static const fv__way *const WAYS[] = {&VECTOR, &REFERENCE, NULL};

const fv__op_type fv__op_affine = {.name = "affine",
                                   .takes_clamp = true,
                                   .takes_residual = true,
                                   .in_place = true,
                                   .ways = WAYS,
                                   .input_gradient = fv__affine_input_gradient,
                                   .weight_gradient = fv__affine_weight_gradient};
