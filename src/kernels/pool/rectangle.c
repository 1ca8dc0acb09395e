/* Pooling on vectors over channels, four vectors at a time while there are as many. When the channels do not fill the
 * last vector, it starts earlier and repeats some.
 */
#include "kernels/kernels.h"
#include "kernels/pool.h"
#include "kernels/simd.h"

/* The last argument but one of the functions below: vectors side by side, a constant. With fewer channels than one
 * vector has, `count` lanes are in use; otherwise it is FV__WIDTH. */
enum { SIDE_BY_SIDE = 4 };

typedef struct rectangle {
  const float *x;
  int64_t height, width, row, pixel;
} rectangle;

V_INLINE void maximum_of(const rectangle *r, int64_t c, float *y, const int vectors, int64_t count) {
  vfloat best[SIDE_BY_SIDE];
  vint unordered[SIDE_BY_SIDE]; /* lanes that met NaN */
  V_UNROLL for (int v = 0; v < vectors; v++) {
    best[v] = v_load_some(r->x + c + v * FV__WIDTH, count);
    unordered[v] = (vint){0};
  }
  for (int64_t i = 0; i < r->height; i++) {
    const float *x = r->x + i * r->row + c;
    for (int64_t j = 0; j < r->width; j++, x += r->pixel) {
      V_UNROLL for (int v = 0; v < vectors; v++) {
        const vfloat value = v_load_some(x + v * FV__WIDTH, count);
        unordered[v] |= value != value;
        best[v] = v_at_least(value, best[v]);
      }
    }
  }
  V_UNROLL for (int v = 0; v < vectors; v++)
      v_store_some(y + c + v * FV__WIDTH, v_select(unordered[v], v_set(__builtin_nanf("")), best[v]), count);
}

V_INLINE void average_of(const rectangle *r, int64_t c, float *y, const int vectors, int64_t count) {
  vfloat sums[SIDE_BY_SIDE];
  V_UNROLL for (int v = 0; v < vectors; v++) sums[v] = (vfloat){0};
  for (int64_t i = 0; i < r->height; i++) {
    const float *x = r->x + i * r->row + c;
    vfloat line[SIDE_BY_SIDE];
    V_UNROLL for (int v = 0; v < vectors; v++) line[v] = (vfloat){0};
    for (int64_t j = 0; j < r->width; j++, x += r->pixel) {
      V_UNROLL for (int v = 0; v < vectors; v++) line[v] += v_load_some(x + v * FV__WIDTH, count);
    }
    V_UNROLL for (int v = 0; v < vectors; v++) sums[v] += line[v];
  }
  const vfloat pixels = v_set((float)(r->height * r->width));
  V_UNROLL for (int v = 0; v < vectors; v++) v_store_some(y + c + v * FV__WIDTH, sums[v] / pixels, count);
}

/* All channels by one of the two functions above. */
#define OVER_CHANNELS(name)                                                                                            \
  static void name(const float *x, int64_t height, int64_t width, int64_t row, int64_t pixel, int64_t channels,        \
                   float *y) {                                                                                         \
    const rectangle r = {x, height, width, row, pixel};                                                                \
    int64_t c = 0;                                                                                                     \
    if (channels < FV__WIDTH) {                                                                                        \
      name##_of(&r, 0, y, 1, channels);                                                                                \
      return;                                                                                                          \
    }                                                                                                                  \
    for (; c + SIDE_BY_SIDE * FV__WIDTH <= channels; c += SIDE_BY_SIDE * FV__WIDTH)                                    \
      name##_of(&r, c, y, SIDE_BY_SIDE, FV__WIDTH);                                                                    \
    for (; c + FV__WIDTH <= channels; c += FV__WIDTH) name##_of(&r, c, y, 1, FV__WIDTH);                               \
    if (c < channels) name##_of(&r, channels - FV__WIDTH, y, 1, FV__WIDTH);                                            \
  }
OVER_CHANNELS(maximum)
OVER_CHANNELS(average)

/* `rows` is a constant where there are few. v_at_least gives its first operand where either is NaN: only NaNs of the
 * second have to be remembered, for two rows by one comparison. */
V_INLINE void largest(const float *x, int64_t rows, int64_t row, int64_t count, float *y) {
  for (int64_t i = 0; i < count; i += FV__WIDTH) {
    const int64_t left = count - i;
    vfloat best = v_load_some(x + i, left);
    vint unordered = {0};
    for (int64_t r = 1; r < rows; r++) {
      const vfloat value = v_load_some(x + r * row + i, left);
      if (r % 2) unordered |= v_unordered(best, value);
      best = v_at_least(value, best);
    }
    v_store_some(y + i, (vfloat)((vint)best | unordered), left); /* all ones are NaN */
  }
}

static void maximum_of_rows(const float *x, int64_t rows, int64_t row, int64_t count, float *y) {
  if (rows == 3)
    largest(x, 3, row, count, y);
  else if (rows == 2)
    largest(x, 2, row, count, y);
  else
    largest(x, rows, row, count, y);
}

const fv__pool_kernels FV__LEVEL_NAME(fv__kernels_pool) = {
    .maximum = maximum, .average = average, .maximum_of_rows = maximum_of_rows};
