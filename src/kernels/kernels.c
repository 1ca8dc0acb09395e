/* The kernel table of every CPU level, and the peak of one. */
#include "kernels/kernels.h"

#include <time.h>

#define TABLE(level_number, level_name)                                                                                \
  {                                                                                                                    \
    .level = level_number, .gemm = &fv__kernels_gemm_##level_name, .depthwise = &fv__kernels_depthwise_##level_name,   \
    .pool = &fv__kernels_pool_##level_name, .vec = &fv__kernels_vec_##level_name,                                      \
    .functions = &fv__kernels_functions_##level_name, .winograd = &fv__kernels_winograd_##level_name,                  \
    .winograd_product = &fv__kernels_winograd_product_##level_name, .peak = &fv__kernels_peak_##level_name,            \
    .filter = &fv__kernels_filter_##level_name, .resize = &fv__kernels_resize_##level_name,                            \
    .pool_gradient = &fv__kernels_pool_gradient_##level_name, .channels = &fv__kernels_channels_##level_name,          \
    .transposed = &fv__kernels_transposed_##level_name, .window = &fv__kernels_window_##level_name,                    \
    .maps = &fv__kernels_maps_##level_name, .spread = &fv__kernels_spread_##level_name                                 \
  }

static const fv__kernels TABLES[] = {
    TABLE(FV_CPU_BASELINE, baseline),
#if defined(__x86_64__)
    TABLE(FV_CPU_AVX2, avx2),
    TABLE(FV_CPU_AVX512, avx512),
#endif
};

const fv__kernels *fv__kernels_for(fv_cpu_level level) { return &TABLES[level]; }

double fv_cpu_peak(void) {
  const fv__kernels *kernels = fv__kernels_for(fv_cpu());
  float result[FV__PANEL_LIMIT];
  struct timespec start, end;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
  const double operations = kernels->peak->multiply_add(result);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
  const double nanoseconds = 1e9 * (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec);
  return nanoseconds > 0 ? operations / nanoseconds : 0;
}
