/* Which instruction set: asked once, masked by FOVEA_CPU. */
#include <fovea/cpu.h>

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

static const char *const NAMES[FV_CPU_LEVELS] = {"baseline", "avx2", "avx512"};

const char *fv_cpu_name(fv_cpu_level level) {
  return (int)level >= 0 && level < FV_CPU_LEVELS ? NAMES[level] : "unknown";
}

fv_cpu_level fv_cpu_best(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2 && __builtin_cpu_supports("avx512f")) return FV_CPU_AVX512;
  if (avx2) return FV_CPU_AVX2;
#endif
  return FV_CPU_BASELINE;
}

static fv_cpu_level masked_level(void) {
  fv_cpu_level best = fv_cpu_best();
  const char *mask = getenv("FOVEA_CPU");
  for (int level = 0; mask && level < (int)best; level++)
    if (strcmp(mask, NAMES[level]) == 0) return (fv_cpu_level)level;
  return best;
}

/* -1: not asked yet. */
static atomic_int current = -1;

fv_cpu_level fv_cpu(void) {
  int level = atomic_load_explicit(&current, memory_order_relaxed);
  if (level >= 0) return (fv_cpu_level)level;
  const int found = (int)masked_level(); /* unless another thread has set a level meanwhile */
  return (fv_cpu_level)(atomic_compare_exchange_strong(&current, &level, found) ? found : level);
}

fv_status fv_cpu_set_level(fv_cpu_level level) {
  if ((int)level < 0 || level > fv_cpu_best())
    return fail(FV_ERROR_UNSUPPORTED, "this processor has no %s, only up to %s", fv_cpu_name(level),
                fv_cpu_name(fv_cpu_best()));
  atomic_store_explicit(&current, (int)level, memory_order_relaxed);
  return FV_OK;
}

int fv_cpu_threads(void) {
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask)) return 1;
  int count = CPU_COUNT(&mask);
  return count > 0 ? count : 1;
}
