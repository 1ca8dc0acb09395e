/* What one core can do at most: multiply-adds on registers, nothing else. Compiled once per CPU level. */
#include "kernels/simd.h"
#include "measure.h"

#if FV__WIDTH == 16
enum { SUMS = 24 };
#else
enum { SUMS = 12 }; /* enough to hide the latency, few enough for 16 registers */
#endif

/* FLOPs done. The result is stored so that nothing can be left out. */
static double multiply_add(float *result) {
  enum { TURNS = 30000 };
  vfloat sums[SUMS];
  for (int i = 0; i < SUMS; i++) sums[i] = v_set((float)i);
  const vfloat factor = v_set(0.999f), term = v_set(0.5f);
  for (int turn = 0; turn < TURNS; turn++) V_UNROLL for (int i = 0; i < SUMS; i++) sums[i] = sums[i] * factor + term;
  for (int i = 1; i < SUMS; i++) sums[0] += sums[i];
  v_store(result, sums[0]);
  return 2.0 * TURNS * SUMS * FV__WIDTH;
}

const measure_peak FV__LEVEL_NAME(measure_peak) = {multiply_add};
