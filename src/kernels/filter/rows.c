/* Sums of shifted rows. A block of up to LONG vectors of one or two rows of results stays in registers while all taps
 * pass; a vector that was loaded serves both rows, so that loads do not bound the multiply-adds:
 *
 *   input row      t = 0      1 .. height - 1      height
 *   weighs into    y[0]       y[0] and y[1]        y[1]
 */
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/simd.h"

enum { LONG = 4 };

/* One element of the kernel: `count` vectors from `at` on into the results of rows `from` up to `to`; weight[0] is that
 * of y[0], weight[-width] that of y[1]. */
V_INLINE void add_element(vfloat sums[2][LONG], const float *at, const float *weight, int64_t width, const int from,
                          const int to, const int count) {
  V_ADDRESS(at);
  vfloat x[LONG];
  V_UNROLL
  for (int v = 0; v < count; v++) x[v] = v_load(at + v * FV__WIDTH);
  V_UNROLL
  for (int r = from; r < to; r++) {
    const vfloat scale = v_set(weight[-r * width]);
    V_UNROLL
    for (int v = 0; v < count; v++) sums[r][v] += scale * x[v];
  }
}

/* One row of it; `fixed` is its width where the loop is to be unrolled, else 0. */
V_INLINE void add_row(vfloat sums[2][LONG], const float *row, const fv__filter_taps *taps, const float *weights,
                      const int from, const int to, const int count, const int fixed) {
  const int64_t width = fixed ? fixed : taps->width;
  if (fixed) {
    V_UNROLL
    for (int b = 0; b < fixed; b++) add_element(sums, row + taps->offsets[b], weights + b, fixed, from, to, count);
  } else {
    for (int64_t b = 0; b < width; b++) add_element(sums, row + taps->offsets[b], weights + b, width, from, to, count);
  }
}

/* `count` vectors at i of `rows_out` rows; the last vector has `left` numbers or more. */
V_INLINE void block(float *const *y, const float *const *rows, const fv__filter_taps *taps, int64_t i, bool add,
                    const int rows_out, const int count, int64_t left, const int fixed) {
  vfloat sums[2][LONG];
  V_UNROLL
  for (int r = 0; r < rows_out; r++) {
    V_UNROLL
    for (int v = 0; v < count; v++)
      sums[r][v] = add ? v_load_some(y[r] + i + v * FV__WIDTH, left - v * FV__WIDTH) : (vfloat){0};
  }
  const int64_t height = taps->height, width = taps->width;
  if (rows_out == 1) {
    for (int64_t a = 0; a < height; a++)
      add_row(sums, rows[a] + i, taps, taps->weights + a * width, 0, 1, count, fixed);
  } else {
    add_row(sums, rows[0] + i, taps, taps->weights, 0, 1, count, fixed);
    for (int64_t a = 1; a < height; a++)
      add_row(sums, rows[a] + i, taps, taps->weights + a * width, 0, 2, count, fixed);
    add_row(sums, rows[height] + i, taps, taps->weights + height * width, 1, 2, count, fixed);
  }
  V_UNROLL
  for (int r = 0; r < rows_out; r++) {
    V_UNROLL
    for (int v = 0; v < count; v++) v_store_some(y[r] + i + v * FV__WIDTH, sums[r][v], left - v * FV__WIDTH);
  }
}

V_INLINE void sweep_fixed(float *const *y, const float *const *rows, const fv__filter_taps *taps, int64_t count,
                          bool add, const int rows_out, const int fixed) {
  int64_t i = 0;
  for (; i + LONG * FV__WIDTH <= count; i += LONG * FV__WIDTH)
    block(y, rows, taps, i, add, rows_out, LONG, LONG * FV__WIDTH, fixed);
  for (; i < count; i += FV__WIDTH) block(y, rows, taps, i, add, rows_out, 1, count - i, fixed);
}

V_INLINE void sweep(float *const *y, const float *const *rows, const fv__filter_taps *taps, int64_t count, bool add,
                    const int rows_out) {
  if (taps->width == 3)
    sweep_fixed(y, rows, taps, count, add, rows_out, 3);
  else
    sweep_fixed(y, rows, taps, count, add, rows_out, 0);
}

static void one(float *y, const float *const *rows, const fv__filter_taps *taps, int64_t count, bool add) {
  sweep(&y, rows, taps, count, add, 1);
}

static void two(float *const y[2], const float *const *rows, const fv__filter_taps *taps, int64_t count, bool add) {
  sweep(y, rows, taps, count, add, 2);
}

static void widen(float *y, const uint8_t *x, int64_t count) {
  int64_t i = 0;
  for (; i + FV__WIDTH <= count; i += FV__WIDTH) v_store(y + i, v_load_bytes(x + i));
  for (; i < count; i++) y[i] = (float)x[i];
}

static void narrow(uint8_t *y, const float *x, int64_t count) {
  int64_t i = 0;
  for (; i + FV__WIDTH <= count; i += FV__WIDTH) v_store_bytes(y + i, v_clamp(v_load(x + i), v_set(0), v_set(255)));
  if (i == count) return;
  uint8_t last[FV__WIDTH];
  v_store_bytes(last, v_clamp(v_load_part(x + i, count - i), v_set(0), v_set(255)));
  memcpy(y + i, last, (size_t)(count - i));
}

const fv__filter_kernels FV__LEVEL_NAME(fv__kernels_filter) = {
    .one = one, .two = two, .widen = widen, .narrow = narrow};
