/* Dense layers: the descriptor and the list of its ways. */
#include "ops/dense.h"
#include "ops/gradients.h"

int64_t fv__dense_rows(const fv__op *op) { return op->window.n * op->window.h * op->window.w; }

size_t fv__dense_packed_bytes(const fv__op *op) { return 2 * (size_t)op->window.out_c * sizeof(float); }

void fv__dense_pack(const fv__op *op, const fv__op_weights *weights, void *packed) {
  float *scales = packed, *shifts = scales + op->window.out_c;
  for (int64_t o = 0; o < op->window.out_c; o++) {
    double scale, shift;
    fv__op_scale_shift(op, weights, o, &scale, &shift);
    scales[o] = (float)scale;
    shifts[o] = (float)shift;
  }
}

static const fv__way *const WAYS[] = {&fv__dense_few_rows, &fv__dense_gemm, &fv__dense_reference, NULL};

const fv__op_type fv__op_dense = {.name = "dense",
                                  .takes_normalisation = true,
                                  .takes_clamp = true,
                                  .takes_residual = true,
                                  .ways = WAYS,
                                  .input_gradient = fv__dense_input_gradient,
                                  .weight_gradient = fv__dense_weight_gradient};
