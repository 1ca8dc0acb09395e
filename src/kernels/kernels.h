/* The kernel table: one per CPU level, all made from the same sources.
 *
 * src/kernels/FAMILY/NAME.c is compiled once per level with FV__LEVEL set to baseline, avx2 or avx512 and holds kernels
 * and one constant table, fv__kernels_FAMILY_LEVEL; this header joins the families. Kernels take raw pointers, extents
 * and strides, never allocate, never fail, and touch no memory outside their operands.
 */
#ifndef FOVEA_KERNELS_KERNELS_H
#define FOVEA_KERNELS_KERNELS_H

#include <stdint.h>

#include <fovea/cpu.h>

#include "kernels/gemm.h"

/* Activation functions with a vector version: unary_problem.kernel. */
typedef enum fv__unary_slot {
  FV__UNARY_NONE = -1,
  FV__UNARY_RELU, /* parameters: negative slope, threshold, maximum */
  FV__UNARY_SIGMOID,
  FV__UNARY_TANH,
  FV__UNARY_EXPONENTIAL,
  FV__UNARY_ELU, /* alpha */
  FV__UNARY_SELU,
  FV__UNARY_SILU,
  FV__UNARY_GELU,
  FV__UNARY_HARD_SIGMOID, /* slope, shift: clamp(slope x + shift, 0, 1) */
  FV__UNARY_HARD_SILU,
  FV__UNARY_SOFTPLUS,
  FV__UNARY_SOFTSIGN,
  FV__UNARY_SLOTS
} fv__unary_slot;

/* Arithmetic over rows of numbers. Arrays may be the same but not overlap otherwise. */
typedef struct fv__vec_kernels {
  /* y = clamp(x * scale + shift + residual), every operand of `count` numbers; residual may be NULL. */
  void (*affine)(const float *x, const float *scale, const float *shift, const float *residual, float *y, int64_t count,
                 float low, float high);
} fv__vec_kernels;

typedef struct fv__kernels {
  fv_cpu_level level;
  const fv__gemm_kernels *gemm;
  const fv__vec_kernels *vec;
} fv__kernels;

extern const fv__gemm_kernels fv__kernels_gemm_baseline, fv__kernels_gemm_avx2, fv__kernels_gemm_avx512;
extern const fv__vec_kernels fv__kernels_vec_baseline, fv__kernels_vec_avx2, fv__kernels_vec_avx512;

/* The table of a level that this build and processor have. */
const fv__kernels *fv__kernels_for(fv_cpu_level level);

#endif
