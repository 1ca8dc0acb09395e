/* Which instruction set: asked once, masked by FOVEA_CPU. */
#include <fovea/cpu.h>

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/fail.h"

#if defined(__aarch64__)
#define BASELINE "neon"
#else
#define BASELINE "baseline"
#endif

static const char *const NAMES[FV_CPU_LEVELS] = {BASELINE, "avx2", "avx512"};

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

#if defined(__x86_64__)
/* Family and model: the base ones, and where these have no room left the extended ones. */
static void read_kind(unsigned signature, unsigned *family, unsigned *model) {
  *family = (signature >> 8) & 15;
  *model = (signature >> 4) & 15;
  if (*family == 6 || *family == 15) *model += ((signature >> 16) & 15) << 4;
  if (*family == 15) *family += (signature >> 20) & 255;
}

char *fv_cpu_processor(char *text, size_t size) {
  enum { LEAVES = 3 };
  static const unsigned FIRST_LEAF = 0x80000002u;
  unsigned name[4 * LEAVES + 1] = {0}, signature = 0, family, model, b, c, d;
  for (unsigned i = 0; i < LEAVES; i++)
    if (!__get_cpuid(FIRST_LEAF + i, &name[4 * i], &name[4 * i + 1], &name[4 * i + 2], &name[4 * i + 3])) name[0] = 0;
  const char *start = (const char *)name + strspn((const char *)name, " ");
  size_t length = strlen(start);
  while (length && start[length - 1] == ' ') length--;
  if (!length || !__get_cpuid(1, &signature, &b, &c, &d)) {
    snprintf(text, size, "unknown");
    return text;
  }
  read_kind(signature, &family, &model);
  snprintf(text, size, "%.*s (family %u, model %u)", (int)length, start, family, model);
  return text;
}
#else
char *fv_cpu_processor(char *text, size_t size) {
  snprintf(text, size, "unknown");
  return text;
}
#endif
