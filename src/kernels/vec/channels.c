/* Sums over pixels on vectors of channels, four side by side while there are as many: each waits for its own sum only.
 */
#include "kernels/channels.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

enum { SIDE_BY_SIDE = 4 };

/* In the functions below `vectors` is a constant; `lanes` are in use, FV__WIDTH where there are several vectors. */

V_INLINE void sum_of(fv__pixels x, int64_t count, float *sums, const int vectors, int64_t lanes) {
  vfloat sum[SIDE_BY_SIDE];
  V_UNROLL for (int v = 0; v < vectors; v++) sum[v] = v_load_some(sums + v * FV__WIDTH, lanes);
  for (int64_t i = 0; i < count; i++) {
    V_UNROLL for (int v = 0; v < vectors; v++) sum[v] += v_load_some(x.data + i * x.step + v * FV__WIDTH, lanes);
  }
  V_UNROLL for (int v = 0; v < vectors; v++) v_store_some(sums + v * FV__WIDTH, sum[v], lanes);
}

V_INLINE void sum_squares_of(fv__pixels x, int64_t count, const float *mean, float *sums, const int vectors,
                             int64_t lanes) {
  vfloat sum[SIDE_BY_SIDE], center[SIDE_BY_SIDE];
  V_UNROLL for (int v = 0; v < vectors; v++) {
    sum[v] = v_load_some(sums + v * FV__WIDTH, lanes);
    center[v] = v_load_some(mean + v * FV__WIDTH, lanes);
  }
  for (int64_t i = 0; i < count; i++) {
    V_UNROLL for (int v = 0; v < vectors; v++) {
      const vfloat distance = v_load_some(x.data + i * x.step + v * FV__WIDTH, lanes) - center[v];
      sum[v] += distance * distance;
    }
  }
  V_UNROLL for (int v = 0; v < vectors; v++) v_store_some(sums + v * FV__WIDTH, sum[v], lanes);
}

V_INLINE void sum_products_of(fv__pixels x, fv__pixels dy, int64_t count, const float *mean, float *sums,
                              float *products, const int vectors, int64_t lanes) {
  vfloat sum[SIDE_BY_SIDE], product[SIDE_BY_SIDE], center[SIDE_BY_SIDE];
  V_UNROLL for (int v = 0; v < vectors; v++) {
    sum[v] = v_load_some(sums + v * FV__WIDTH, lanes);
    product[v] = v_load_some(products + v * FV__WIDTH, lanes);
    center[v] = v_load_some(mean + v * FV__WIDTH, lanes);
  }
  for (int64_t i = 0; i < count; i++) {
    V_UNROLL for (int v = 0; v < vectors; v++) {
      const vfloat gradient = v_load_some(dy.data + i * dy.step + v * FV__WIDTH, lanes);
      sum[v] += gradient;
      product[v] += gradient * (v_load_some(x.data + i * x.step + v * FV__WIDTH, lanes) - center[v]);
    }
  }
  V_UNROLL for (int v = 0; v < vectors; v++) {
    v_store_some(sums + v * FV__WIDTH, sum[v], lanes);
    v_store_some(products + v * FV__WIDTH, product[v], lanes);
  }
}

/* Channels in groups of four vectors, then vector by vector, the last one in part: `call` with c, vectors and lanes. */
#define OVER_CHANNELS(channels, call)                                                                                  \
  int64_t c = 0;                                                                                                       \
  for (; c + SIDE_BY_SIDE * FV__WIDTH <= (channels); c += SIDE_BY_SIDE * FV__WIDTH) call(SIDE_BY_SIDE, FV__WIDTH);     \
  for (; c + FV__WIDTH <= (channels); c += FV__WIDTH) call(1, FV__WIDTH);                                              \
  if (c < (channels)) call(1, (channels)-c)

static fv__pixels from(fv__pixels pixels, int64_t c) { return (fv__pixels){pixels.data + c, pixels.step}; }

static void sum(fv__pixels x, int64_t count, int64_t channels, float *sums) {
#define SUM(vectors, lanes) sum_of(from(x, c), count, sums + c, vectors, lanes)
  OVER_CHANNELS(channels, SUM);
}

static void sum_squares(fv__pixels x, int64_t count, int64_t channels, const float *mean, float *sums) {
#define SUM_SQUARES(vectors, lanes) sum_squares_of(from(x, c), count, mean + c, sums + c, vectors, lanes)
  OVER_CHANNELS(channels, SUM_SQUARES);
}

static void sum_products(fv__pixels x, fv__pixels dy, int64_t count, int64_t channels, const float *mean, float *sums,
                         float *products) {
#define SUM_PRODUCTS(vectors, lanes)                                                                                   \
  sum_products_of(from(x, c), from(dy, c), count, mean + c, sums + c, products + c, vectors, lanes)
  OVER_CHANNELS(channels, SUM_PRODUCTS);
}

static void spread(fv__pixels x, fv__pixels dy, int64_t count, int64_t channels, const float *mean, const float *by_dy,
                   const float *by_x, const float *constant, float *dx, int64_t dx_step, bool overwrite) {
  for (int64_t i = 0; i < count; i++, x.data += x.step, dy.data += dy.step, dx += dx_step)
    for (int64_t c = 0; c < channels; c += FV__WIDTH) {
      const int64_t lanes = channels - c;
      vfloat value = v_load_some(constant + c, lanes) +
                     v_load_some(by_x + c, lanes) * (v_load_some(x.data + c, lanes) - v_load_some(mean + c, lanes)) +
                     v_load_some(by_dy + c, lanes) * v_load_some(dy.data + c, lanes);
      if (!overwrite) value += v_load_some(dx + c, lanes);
      v_store_some(dx + c, value, lanes);
    }
}

const fv__channel_kernels FV__LEVEL_NAME(fv__kernels_channels) = {
    .sum = sum, .sum_squares = sum_squares, .sum_products = sum_products, .spread = spread};
