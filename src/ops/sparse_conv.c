/* Convolution whose filters read some of the input channels. The kernel has only the connections there are,
 *
 *   kernel (kernel_h, kernel_w, connections), the connections of a tap in the order of the table's letters,
 *
 * and is spread into an ordinary one with zeros when it is packed: ordinary convolution does the rest. That costs
 * products with zero and buys every way that convolution has.
 *
 * Packed: what convolution packs | the spread kernel, needed while packing only.
 */
#include <string.h>

#include "ops/conv.h"
#include "ops/gradients.h"
#include "ops/sparse_conv.h"

enum { ALIGNMENT = 64 };

static int64_t taps_of(const fv__op *op) { return (int64_t)op->window.window.kernel_h * op->window.window.kernel_w; }

size_t fv__sparse_conv_spread_bytes(const fv__op *op) {
  return (size_t)(taps_of(op) * op->window.c * op->window.out_c) * sizeof(float);
}

/* The table's letters in their order: true and the place of the next connection among channel * filters. */
static bool next_connection(const char **table, int64_t *place) {
  for (; **table; ++*table) {
    if (**table == ',') continue;
    ++*place;
    if (**table != 'x') continue;
    ++*table;
    return true;
  }
  return false;
}

void fv__sparse_conv_spread(const fv__op *op, const float *kernel, float *to) {
  const int64_t size = op->window.c * op->window.out_c;
  memset(to, 0, fv__sparse_conv_spread_bytes(op));
  for (int64_t tap = 0; tap < taps_of(op); tap++, to += size) {
    const char *table = op->window.connections;
    for (int64_t place = -1; next_connection(&table, &place);) to[place] = *kernel++;
  }
}

void fv__sparse_conv_gather(const fv__op *op, const float *ordinary, float *to) {
  const int64_t size = op->window.c * op->window.out_c;
  for (int64_t tap = 0; tap < taps_of(op); tap++, ordinary += size) {
    const char *table = op->window.connections;
    for (int64_t place = -1; next_connection(&table, &place);) *to++ += ordinary[place];
  }
}

static size_t packed_by(const fv__way *way, const fv__op *op) {
  return (way->packed_bytes(op) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void pack_by(const fv__way *way, const fv__op *op, const fv__op_weights *weights, void *packed) {
  float *kernel = (float *)((char *)packed + packed_by(way, op));
  fv__op_weights ordinary = *weights;
  fv__sparse_conv_spread(op, weights->kernel, kernel);
  ordinary.kernel = kernel;
  way->pack(op, &ordinary, packed);
}

static size_t gemm_bytes(const fv__op *op) { return packed_by(&fv__conv_gemm, op) + fv__sparse_conv_spread_bytes(op); }
static void gemm_pack(const fv__op *op, const fv__op_weights *weights, void *packed) {
  pack_by(&fv__conv_gemm, op, weights, packed);
}
static const char *gemm_why_not(const fv__op *op) { return fv__conv_gemm.why_not(op); }
static size_t gemm_scratch(const fv__op *op, int threads) { return fv__conv_gemm.scratch_bytes(op, threads); }
static void gemm_forward(const fv__op_call *call) { fv__conv_gemm.forward(call); }

static const fv__way GEMM = {.name = "implicit gemm",
                             .why_not = gemm_why_not,
                             .packed_bytes = gemm_bytes,
                             .pack = gemm_pack,
                             .scratch_bytes = gemm_scratch,
                             .forward = gemm_forward};

static size_t reference_bytes(const fv__op *op) {
  return packed_by(&fv__conv_reference, op) + fv__sparse_conv_spread_bytes(op);
}
static void reference_pack(const fv__op *op, const fv__op_weights *weights, void *packed) {
  pack_by(&fv__conv_reference, op, weights, packed);
}
static void reference_forward(const fv__op_call *call) { fv__conv_reference.forward(call); }

static const fv__way REFERENCE = {.name = "reference",
                                  .why_not = fv__way_fits,
                                  .packed_bytes = reference_bytes,
                                  .pack = reference_pack,
                                  .forward = reference_forward};

static const fv__way *const WAYS[] = {&GEMM, &REFERENCE, NULL};

const fv__op_type fv__op_sparse_conv = {.name = "sparse conv",
                                        .counts_images = true,
                                        .takes_normalisation = true,
                                        .takes_clamp = true,
                                        .takes_residual = true,
                                        .takes_padding = true,
                                        .ways = WAYS,
                                        .input_gradient = fv__sparse_conv_input_gradient,
                                        .weight_gradient = fv__sparse_conv_weight_gradient};
