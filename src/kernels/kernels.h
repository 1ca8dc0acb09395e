/* The kernel table: one per CPU level, all made from the same sources.
 *
 * src/kernels/FAMILY/NAME.c is compiled once per level with FV__LEVEL set to baseline, avx2 or avx512 and holds kernels
 * and one constant table, fv__kernels_FAMILY_LEVEL; this header joins the families. Kernels take raw pointers, extents
 * and strides, never allocate, never fail, and touch no memory outside their operands.
 */
#ifndef FOVEA_KERNELS_KERNELS_H
#define FOVEA_KERNELS_KERNELS_H

#include <fovea/cpu.h>

#include "kernels/channels.h"
#include "kernels/depthwise.h"
#include "kernels/filter.h"
#include "kernels/gemm.h"
#include "kernels/maps.h"
#include "kernels/peak.h"
#include "kernels/pool.h"
#include "kernels/resize.h"
#include "kernels/spread.h"
#include "kernels/transposed.h"
#include "kernels/vec.h"
#include "kernels/window.h"
#include "kernels/winograd.h"

typedef struct fv__kernels {
  fv_cpu_level level;
  const fv__gemm_kernels *gemm;
  const fv__depthwise_kernels *depthwise;
  const fv__pool_kernels *pool;
  const fv__pool_gradient_kernels *pool_gradient;
  const fv__filter_kernels *filter;
  const fv__resize_kernels *resize;
  const fv__vec_kernels *vec;
  const fv__function_kernels *functions;
  const fv__channel_kernels *channels;
  const fv__map_kernels *maps;
  const fv__winograd_kernels *winograd;
  const fv__winograd_product_kernels *winograd_product;
  const fv__peak_kernels *peak;
  const fv__transposed_kernels *transposed;
  const fv__window_kernels *window;
  const fv__spread_kernels *spread;
} fv__kernels;

extern const fv__gemm_kernels fv__kernels_gemm_baseline, fv__kernels_gemm_avx2, fv__kernels_gemm_avx512;
extern const fv__depthwise_kernels fv__kernels_depthwise_baseline, fv__kernels_depthwise_avx2,
    fv__kernels_depthwise_avx512;
extern const fv__pool_kernels fv__kernels_pool_baseline, fv__kernels_pool_avx2, fv__kernels_pool_avx512;
extern const fv__pool_gradient_kernels fv__kernels_pool_gradient_baseline, fv__kernels_pool_gradient_avx2,
    fv__kernels_pool_gradient_avx512;
extern const fv__filter_kernels fv__kernels_filter_baseline, fv__kernels_filter_avx2, fv__kernels_filter_avx512;
extern const fv__resize_kernels fv__kernels_resize_baseline, fv__kernels_resize_avx2, fv__kernels_resize_avx512;
extern const fv__vec_kernels fv__kernels_vec_baseline, fv__kernels_vec_avx2, fv__kernels_vec_avx512;
extern const fv__function_kernels fv__kernels_functions_baseline, fv__kernels_functions_avx2,
    fv__kernels_functions_avx512;
extern const fv__channel_kernels fv__kernels_channels_baseline, fv__kernels_channels_avx2, fv__kernels_channels_avx512;
extern const fv__map_kernels fv__kernels_maps_baseline, fv__kernels_maps_avx2, fv__kernels_maps_avx512;
extern const fv__peak_kernels fv__kernels_peak_baseline, fv__kernels_peak_avx2, fv__kernels_peak_avx512;
extern const fv__transposed_kernels fv__kernels_transposed_baseline, fv__kernels_transposed_avx2,
    fv__kernels_transposed_avx512;
extern const fv__window_kernels fv__kernels_window_baseline, fv__kernels_window_avx2, fv__kernels_window_avx512;
extern const fv__spread_kernels fv__kernels_spread_baseline, fv__kernels_spread_avx2, fv__kernels_spread_avx512;
extern const fv__winograd_kernels fv__kernels_winograd_baseline, fv__kernels_winograd_avx2, fv__kernels_winograd_avx512;
extern const fv__winograd_product_kernels fv__kernels_winograd_product_baseline, fv__kernels_winograd_product_avx2,
    fv__kernels_winograd_product_avx512;

/* The table of a level that this build and processor have. */
const fv__kernels *fv__kernels_for(fv_cpu_level level);

#endif
