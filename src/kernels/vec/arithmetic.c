/* Element for element over one row of numbers: scale, shift, residual, clamp. Tails run through the same code in a
 * partly filled vector, so that a number's bits do not depend on its place.
 */
#include "kernels/kernels.h"
#include "kernels/simd.h"

V_INLINE vfloat load(const float *from, int64_t count) {
  return count >= FV__WIDTH ? v_load(from) : v_load_part(from, count);
}

V_INLINE void store(float *to, vfloat value, int64_t count) {
  if (count >= FV__WIDTH)
    v_store(to, value);
  else
    v_store_part(to, value, count);
}

static void affine(const float *x, const float *scale, const float *shift, const float *residual, float *y,
                   int64_t count, float low, float high) {
  for (int64_t i = 0; i < count; i += FV__WIDTH) {
    const int64_t rest = count - i;
    vfloat value = load(x + i, rest) * load(scale + i, rest) + load(shift + i, rest);
    if (residual) value += load(residual + i, rest);
    store(y + i, v_clamp(value, v_set(low), v_set(high)), rest);
  }
}

const fv__vec_kernels FV__LEVEL_NAME(fv__kernels_vec) = {.affine = affine};
