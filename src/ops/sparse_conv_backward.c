/* Backward of sparse convolution by that of ordinary convolution: the kernel is spread with zeros, and of the ordinary
 * kernel's gradient the numbers are taken that belong to connections.
 *
 * Scratch: the ordinary kernel or its gradient | what the way of convolution needs.
 */
#include <string.h>

#include "ops/gradients.h"
#include "ops/sparse_conv.h"

static fv__op ordinary(const fv__op *op) {
  fv__op conv = *op;
  conv.type = &fv__op_conv;
  return conv;
}

static size_t kernel_bytes(const fv__op *op) {
  return (size_t)fv__round_up((int64_t)fv__sparse_conv_spread_bytes(op), 64);
}

static size_t scratch_by(const fv__op *op, const fv__gradient_way *const *ways, int threads) {
  const fv__op conv = ordinary(op);
  const fv__gradient_way *way = fv__gradient_choose(&conv, ways);
  return kernel_bytes(op) + (way->scratch_bytes ? way->scratch_bytes(&conv, threads) : 0);
}

static size_t input_scratch(const fv__op *op, int threads) {
  return scratch_by(op, fv__op_conv.input_gradient, threads);
}

static size_t weight_scratch(const fv__op *op, int threads) {
  return scratch_by(op, fv__op_conv.weight_gradient, threads);
}

static void input_backward(const fv__backward_call *call) {
  const fv__op conv = ordinary(call->op);
  fv__backward_call inner = *call;
  fv__sparse_conv_spread(call->op, call->kernel, call->scratch);
  inner.op = &conv;
  inner.kernel = call->scratch;
  inner.packed = NULL;
  inner.scratch = (char *)call->scratch + kernel_bytes(call->op);
  fv__gradient_choose(&conv, fv__op_conv.input_gradient)->backward(&inner);
}

static void weight_backward(const fv__backward_call *call) {
  const fv__op conv = ordinary(call->op);
  fv__backward_call inner = *call;
  memset(call->scratch, 0, kernel_bytes(call->op));
  inner.op = &conv;
  inner.dkernel = call->dkernel ? call->scratch : NULL;
  inner.packed = NULL;
  inner.scratch = (char *)call->scratch + kernel_bytes(call->op);
  fv__gradient_choose(&conv, fv__op_conv.weight_gradient)->backward(&inner);
  if (call->dkernel) fv__sparse_conv_gather(call->op, call->scratch, call->dkernel);
}

static const fv__gradient_way INPUT = {
    .name = "convolution", .why_not = fv__way_fits, .scratch_bytes = input_scratch, .backward = input_backward};
static const fv__gradient_way WEIGHT = {.name = "convolution",
                                        .why_not = fv__way_fits,
                                        .scratch_bytes = weight_scratch,
                                        .backward = weight_backward,
                                        .reads_x = true};

fv__gradient_list fv__sparse_conv_input_gradient = {&INPUT, NULL};
fv__gradient_list fv__sparse_conv_weight_gradient = {&WEIGHT, NULL};
