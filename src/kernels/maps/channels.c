/* Statistics and pooling on vectors of channels, two side by side while there are as many. A run is read twice: the
 * second time, for the squares, it is in the cache.
 */
#include "kernels/kernels.h"
#include "kernels/maps.h"
#include "kernels/simd.h"

enum { SIDE_BY_SIDE = 2 };

/* In the functions below `vectors` is a constant; `lanes` are in use, FV__WIDTH where there are several vectors. */

V_INLINE void measure_of(fv__pixels x, int64_t count, int64_t c, fv__map_run *run, const int vectors, int64_t lanes) {
  vfloat min[SIDE_BY_SIDE], max[SIDE_BY_SIDE], sum[SIDE_BY_SIDE], poison[SIDE_BY_SIDE];
  vint zeros[SIDE_BY_SIDE], largest[SIDE_BY_SIDE];
  V_UNROLL for (int v = 0; v < vectors; v++) {
    min[v] = max[v] = v_load_some(x.data + c + v * FV__WIDTH, lanes);
    sum[v] = poison[v] = (vfloat){0};
    zeros[v] = largest[v] = (vint){0};
  }
  for (int64_t i = 0; i < count; i++) {
    const float *pixel = x.data + i * x.step + c;
    const vint number = v_set_int((int32_t)i);
    V_UNROLL for (int v = 0; v < vectors; v++) {
      const vfloat value = v_load_some(pixel + v * FV__WIDTH, lanes);
      const vint larger = value > max[v];
      max[v] = v_select(larger, value, max[v]);
      largest[v] = (larger & number) | (~larger & largest[v]);
      min[v] = v_at_most(min[v], value);
      zeros[v] -= value == (vfloat){0};
      sum[v] += value;
      poison[v] += value * (vfloat){0};
    }
  }
  vfloat mean[SIDE_BY_SIDE], rest[SIDE_BY_SIDE], squares[SIDE_BY_SIDE];
  V_UNROLL for (int v = 0; v < vectors; v++) {
    mean[v] = sum[v] / v_set((float)count);
    rest[v] = squares[v] = (vfloat){0};
  }
  for (int64_t i = 0; i < count; i++) {
    V_UNROLL for (int v = 0; v < vectors; v++) {
      const vfloat distance = v_load_some(x.data + i * x.step + c + v * FV__WIDTH, lanes) - mean[v];
      rest[v] += distance;
      squares[v] += distance * distance;
    }
  }
  V_UNROLL for (int v = 0; v < vectors; v++) {
    const int64_t at = c + v * FV__WIDTH;
    v_store(run->min + at, min[v]);
    v_store(run->max + at, max[v]);
    v_store(run->mean + at, mean[v]);
    v_store(run->rest + at, rest[v]);
    v_store(run->squares + at, squares[v]);
    v_store(run->poison + at, poison[v]);
    v_store((float *)(void *)(run->zeros + at), (vfloat)zeros[v]);
    v_store((float *)(void *)(run->largest + at), (vfloat)largest[v]);
  }
}

V_INLINE void mean_of(const fv__map_cell *cell, int64_t c, vfloat *y, const int vectors, int64_t lanes) {
  V_UNROLL for (int v = 0; v < vectors; v++) y[v] = (vfloat){0};
  for (int64_t i = 0; i < cell->height; i++) {
    const float *pixel = cell->data + i * cell->row + c;
    vfloat line[SIDE_BY_SIDE];
    V_UNROLL for (int v = 0; v < vectors; v++) line[v] = (vfloat){0};
    for (int64_t j = 0; j < cell->width; j++, pixel += cell->pixel) {
      V_UNROLL for (int v = 0; v < vectors; v++) line[v] += v_load_some(pixel + v * FV__WIDTH, lanes);
    }
    V_UNROLL for (int v = 0; v < vectors; v++) y[v] += line[v];
  }
  const vfloat pixels = v_set((float)(cell->height * cell->width));
  V_UNROLL for (int v = 0; v < vectors; v++) y[v] /= pixels;
}

V_INLINE void peak_of(const fv__map_cell *cell, int64_t c, vfloat *y, const int vectors, int64_t lanes) {
  vfloat largest[SIDE_BY_SIDE];
  vint unordered[SIDE_BY_SIDE];
  const vint magnitude = v_set_int(INT32_MAX);
  V_UNROLL for (int v = 0; v < vectors; v++) {
    y[v] = v_load_some(cell->data + c + v * FV__WIDTH, lanes);
    largest[v] = (vfloat)((vint)y[v] & magnitude);
    unordered[v] = (vint){0};
  }
  for (int64_t i = 0; i < cell->height; i++) {
    const float *pixel = cell->data + i * cell->row + c;
    for (int64_t j = 0; j < cell->width; j++, pixel += cell->pixel) {
      V_UNROLL for (int v = 0; v < vectors; v++) {
        const vfloat value = v_load_some(pixel + v * FV__WIDTH, lanes), size = (vfloat)((vint)value & magnitude);
        const vint larger = size > largest[v];
        largest[v] = v_select(larger, size, largest[v]);
        y[v] = v_select(larger, value, y[v]);
        unordered[v] |= value != value;
      }
    }
  }
  V_UNROLL for (int v = 0; v < vectors; v++) y[v] = v_select(unordered[v], v_set(__builtin_nanf("")), y[v]);
}

/* Channels in groups of vectors, then vector by vector, the last one in part: `call` with c, vectors and lanes. */
#define OVER_CHANNELS(channels, call)                                                                                  \
  int64_t c = 0;                                                                                                       \
  for (; c + SIDE_BY_SIDE * FV__WIDTH <= (channels); c += SIDE_BY_SIDE * FV__WIDTH) call(SIDE_BY_SIDE, FV__WIDTH);     \
  for (; c + FV__WIDTH <= (channels); c += FV__WIDTH) call(1, FV__WIDTH);                                              \
  if (c < (channels)) call(1, (channels)-c)

static void measure(fv__pixels x, int64_t count, int64_t channels, fv__map_run *run) {
#define MEASURE(vectors, lanes) measure_of(x, count, c, run, vectors, lanes)
  OVER_CHANNELS(channels, MEASURE);
}

/* Lanes to places `plane` apart. */
V_INLINE void scatter(const vfloat *values, float *y, int64_t plane, const int vectors, int64_t lanes) {
  V_UNROLL for (int v = 0; v < vectors; v++) {
    for (int64_t k = 0; k < lanes; k++) y[(v * FV__WIDTH + k) * plane] = values[v][k];
  }
}

#define POOL(name, vectors, lanes)                                                                                     \
  do {                                                                                                                 \
    vfloat pooled[SIDE_BY_SIDE] = {{0}}; /* gcc does not see that all in use are set */                                \
    name##_of(cell, c, pooled, vectors, lanes);                                                                        \
    scatter(pooled, y + c * plane, plane, vectors, lanes);                                                             \
  } while (0)

static void mean(const fv__map_cell *cell, int64_t channels, float *y, int64_t plane) {
#define MEAN(vectors, lanes) POOL(mean, vectors, lanes)
  OVER_CHANNELS(channels, MEAN);
}

static void peak(const fv__map_cell *cell, int64_t channels, float *y, int64_t plane) {
#define PEAK(vectors, lanes) POOL(peak, vectors, lanes)
  OVER_CHANNELS(channels, PEAK);
}

static void to_bytes(const float *x, int64_t count, float low, float scale, uint8_t *bytes) {
  const vfloat zero = {0}, most = v_set(255);
  uint8_t part[FV__WIDTH];
  for (int64_t i = 0; i < count; i += FV__WIDTH) {
    const vfloat code = (v_load_some(x + i, count - i) - v_set(low)) * v_set(scale);
    const vfloat limited = v_select(v_unordered(code, code), zero, v_clamp(code, zero, most));
    if (count - i >= FV__WIDTH) {
      v_store_bytes(bytes + i, limited);
    } else {
      v_store_bytes(part, limited);
      for (int64_t k = 0; i + k < count; k++) bytes[i + k] = part[k];
    }
  }
}

const fv__map_kernels FV__LEVEL_NAME(fv__kernels_maps) = {
    .measure = measure, .mean = mean, .peak = peak, .to_bytes = to_bytes};
