/* Arithmetic over rows of numbers: activation functions, scale and shift, two operands, softmax. Arrays may be the same
 * but not overlap otherwise. The bits of a number depend on its value only, not on its place in the row.
 */
#ifndef FOVEA_KERNELS_VEC_H
#define FOVEA_KERNELS_VEC_H

#include <stdbool.h>
#include <stdint.h>

/* Activation functions that have a place for a vector version: unary_problem.kernel. */
typedef enum fv__unary_slot {
  FV__UNARY_NONE = -1,
  FV__UNARY_RELU, /* parameters: negative slope, threshold, maximum */
  FV__UNARY_SIGMOID,
  FV__UNARY_TANH,
  FV__UNARY_EXPONENTIAL,
  FV__UNARY_ELU, /* alpha */
  FV__UNARY_SELU,
  FV__UNARY_SILU,
  FV__UNARY_GELU,         /* no vector version */
  FV__UNARY_HARD_SIGMOID, /* slope, shift: clamp(slope x + shift, 0, 1) */
  FV__UNARY_HARD_SILU,    /* x clamp(x / 6 + 0.5, 0, 1) */
  FV__UNARY_SOFTPLUS,
  FV__UNARY_SOFTSIGN,
  FV__UNARY_SLOTS
} fv__unary_slot;

enum { FV__VEC_BINARIES = 5 }; /* add, subtract, multiply, maximum, minimum */

typedef void fv__vec_unary(const float *x, float *y, int64_t count, const float parameters[4]);
typedef void fv__vec_gradient(const float *from, const float *dy, float *dx, int64_t count, const float parameters[4],
                              bool overwrite);
typedef void fv__vec_binary(const float *a, const float *b, float *y, int64_t count, float low, float high);

typedef struct fv__vec_kernels {
  /* y = clamp(a op b). */
  fv__vec_binary *binary[FV__VEC_BINARIES];

  /* y = clamp(x * scale + shift + residual), every operand of `count` numbers; residual may be NULL. */
  void (*affine)(const float *x, const float *scale, const float *shift, const float *residual, float *y, int64_t count,
                 float low, float high);

  /* The same with one scale and one shift. */
  void (*rescale)(const float *x, float scale, float shift, const float *residual, float *y, int64_t count, float low,
                  float high);

  /* to = 0 where `from` is not above low and below high. */
  void (*mask)(const float *from, float *to, int64_t count, float low, float high);

  /* The sum of a[i] b[i]. */
  float (*dot)(const float *a, const float *b, int64_t count);
} fv__vec_kernels;

/* Powers of local response normalisation that need square roots only. */
typedef enum fv__root_power { FV__POWER_HALF, FV__POWER_THREE_QUARTERS, FV__POWER_ONE } fv__root_power;
enum { FV__NEIGHBOURS_MAX = 16 };

typedef struct fv__function_kernels {
  fv__vec_unary *unary[FV__UNARY_SLOTS]; /* NULL: none */

  /* dx += dy f'(x), or = with `overwrite`, from x, or from f(x): relu's only where threshold is 0, slope not below 0
   * and the maximum above 0.
   */
  fv__vec_gradient *gradient[FV__UNARY_SLOTS], *gradient_by_result[FV__UNARY_SLOTS];

  /* y = exp(x - max) / sum of exp(x - max) over one row. */
  void (*softmax)(const float *x, float *y, int64_t count);

  /* dx += y (dy - sum of y dy). */
  void (*softmax_gradient)(const float *y, const float *dy, float *dx, int64_t count);

  /* y = x / (bias + alpha * sum of the squares of `radius` (up to FV__NEIGHBOURS_MAX) numbers on either side and of the
   * number itself)^power over one row; x is 0 outside. */
  void (*local_response)(const float *x, float *y, int64_t count, int32_t radius, float bias, float alpha,
                         fv__root_power power);
} fv__function_kernels;

#endif
