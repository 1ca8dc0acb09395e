/* The kernel table of every CPU level. */
#include "kernels/kernels.h"

#define TABLE(level_number, level_name)                                                                                \
  {                                                                                                                    \
    .level = level_number, .gemm = &fv__kernels_gemm_##level_name, .depthwise = &fv__kernels_depthwise_##level_name,   \
    .pool = &fv__kernels_pool_##level_name, .vec = &fv__kernels_vec_##level_name,                                      \
    .functions = &fv__kernels_functions_##level_name, .winograd = &fv__kernels_winograd_##level_name                   \
  }

static const fv__kernels TABLES[] = {
    TABLE(FV_CPU_BASELINE, baseline),
#if defined(__x86_64__)
    TABLE(FV_CPU_AVX2, avx2),
    TABLE(FV_CPU_AVX512, avx512),
#endif
};

const fv__kernels *fv__kernels_for(fv_cpu_level level) { return &TABLES[level]; }
