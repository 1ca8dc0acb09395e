/* Element for element over one row of numbers. The last, partly filled vector runs through the same code as the others,
 * so that a number's bits do not depend on its place.
 */
#include "kernels/kernels.h"
#include "kernels/simd.h"

static void affine(const float *x, const float *scale, const float *shift, const float *residual, float *y,
                   int64_t count, float low, float high) {
  for (int64_t i = 0; i < count; i += FV__WIDTH) {
    const int64_t rest = count - i;
    vfloat value = v_load_some(x + i, rest) * v_load_some(scale + i, rest) + v_load_some(shift + i, rest);
    if (residual) value += v_load_some(residual + i, rest);
    v_store_some(y + i, v_clamp(value, v_set(low), v_set(high)), rest);
  }
}

static void rescale(const float *x, float scale, float shift, const float *residual, float *y, int64_t count, float low,
                    float high) {
  for (int64_t i = 0; i < count; i += FV__WIDTH) {
    const int64_t rest = count - i;
    vfloat value = v_load_some(x + i, rest) * v_set(scale) + v_set(shift);
    if (residual) value += v_load_some(residual + i, rest);
    v_store_some(y + i, v_clamp(value, v_set(low), v_set(high)), rest);
  }
}

static void mask(const float *from, float *to, int64_t count, float low, float high) {
  for (int64_t i = 0; i < count; i += FV__WIDTH) {
    const int64_t rest = count - i;
    const vfloat value = v_load_some(from + i, rest);
    const vint inside = (value > v_set(low)) & (value < v_set(high));
    v_store_some(to + i, v_select(inside, v_load_some(to + i, rest), (vfloat){0}), rest);
  }
}

/* Four sums, so that none waits for itself. */
static float dot(const float *a, const float *b, int64_t count) {
  vfloat sums[4] = {{0}};
  int64_t i = 0;
  for (; i + 4 * FV__WIDTH <= count; i += 4 * FV__WIDTH) {
    V_UNROLL for (int v = 0; v < 4; v++) sums[v] += v_load(a + i + v * FV__WIDTH) * v_load(b + i + v * FV__WIDTH);
  }
  for (; i < count; i += FV__WIDTH) sums[0] += v_load_some(a + i, count - i) * v_load_some(b + i, count - i);
  const vfloat all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  float total = 0;
  for (int lane = 0; lane < FV__WIDTH; lane++) total += all[lane];
  return total;
}

V_INLINE vfloat sum(vfloat a, vfloat b) { return a + b; }
V_INLINE vfloat difference(vfloat a, vfloat b) { return a - b; }
V_INLINE vfloat product(vfloat a, vfloat b) { return a * b; }
V_INLINE vfloat larger(vfloat a, vfloat b) { return v_select(b != b, b, v_at_least(a, b)); }
V_INLINE vfloat smaller(vfloat a, vfloat b) { return v_select(b != b, b, v_at_most(a, b)); }

#define OVER_ROWS(name, operation)                                                                                     \
  static void name(const float *a, const float *b, float *y, int64_t count, float low, float high) {                   \
    for (int64_t i = 0; i < count; i += FV__WIDTH) {                                                                   \
      const int64_t rest = count - i;                                                                                  \
      const vfloat value = operation(v_load_some(a + i, rest), v_load_some(b + i, rest));                              \
      v_store_some(y + i, v_clamp(value, v_set(low), v_set(high)), rest);                                              \
    }                                                                                                                  \
  }
OVER_ROWS(add, sum)
OVER_ROWS(subtract, difference)
OVER_ROWS(multiply, product)
OVER_ROWS(maximum, larger)
OVER_ROWS(minimum, smaller)

const fv__vec_kernels FV__LEVEL_NAME(fv__kernels_vec) = {.binary = {add, subtract, multiply, maximum, minimum},
                                                         .affine = affine,
                                                         .rescale = rescale,
                                                         .mask = mask,
                                                         .dot = dot};
