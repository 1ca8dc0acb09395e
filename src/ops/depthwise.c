/* Depthwise convolution: every input channel has its own out_c / c kernels. The descriptor and the list of its ways. */
#include "ops/depthwise.h"

#include "ops/gradients.h"

static int64_t kernel_count(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  return (int64_t)p->window.kernel_h * p->window.kernel_w * p->out_c;
}

size_t fv__depthwise_packed_bytes(const fv__op *op) { return fv__folded_bytes(op, kernel_count(op)); }

void fv__depthwise_pack(const fv__op *op, const fv__op_weights *weights, void *packed) {
  fv__fold(op, weights, kernel_count(op), packed);
}

static const fv__way *const WAYS[] = {&fv__depthwise_vector, &fv__depthwise_reference, NULL};

const fv__op_type fv__op_depthwise = {.name = "depthwise",
                                      .counts_images = true,
                                      .takes_normalisation = true,
                                      .takes_clamp = true,
                                      .takes_residual = true,
                                      .takes_padding = true,
                                      .ways = WAYS,
                                      .input_gradient = fv__depthwise_input_gradient,
                                      .weight_gradient = fv__depthwise_weight_gradient};
