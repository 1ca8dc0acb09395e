/* Multiply-adds on registers: enough sums to hide the latency, few enough for the registers there are. */
#include "kernels/kernels.h"
#include "kernels/peak.h"
#include "kernels/simd.h"

#if FV__REGISTERS == 32
enum { SUMS = 24 };
#else
enum { SUMS = 12 };
#endif

static double multiply_add(float *result) {
  enum { TURNS = 30000 };
  vfloat sums[SUMS];
  V_UNROLL for (int i = 0; i < SUMS; i++) sums[i] = v_set((float)i);
  const vfloat factor = v_set(0.999f), term = v_set(0.5f);
  for (int turn = 0; turn < TURNS; turn++) V_UNROLL for (int i = 0; i < SUMS; i++) sums[i] = sums[i] * factor + term;
  for (int i = 1; i < SUMS; i++) sums[0] += sums[i];
  v_store(result, sums[0]);
  return 2.0 * TURNS * SUMS * FV__WIDTH;
}

const fv__peak_kernels FV__LEVEL_NAME(fv__kernels_peak) = {multiply_add};
