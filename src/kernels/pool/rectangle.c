/* Pooling on vectors over channels, four vectors at a time while there are as many. When the channels do not fill the
 * last vector, it starts earlier and repeats some; when they do not fill one, vectors reach over neighbours.
 */
#include <stdbool.h>

#include "kernels/kernels.h"
#include "kernels/pool.h"
#include "kernels/simd.h"

/* The last argument but one of the functions below: vectors side by side, a constant. With fewer channels than one
 * vector has, `count` lanes are in use; otherwise it is FV__WIDTH. */
enum { SIDE_BY_SIDE = 4 };

V_INLINE void maximum_of(const float *x, const fv__pool_row *r, float *y, const int vectors, int64_t count) {
  vfloat best[SIDE_BY_SIDE];
  vint unordered[SIDE_BY_SIDE]; /* lanes that met NaN */
  V_UNROLL for (int v = 0; v < vectors; v++) {
    best[v] = v_load_some(x + v * FV__WIDTH, count);
    unordered[v] = (vint){0};
  }
  for (int64_t i = 0; i < r->height; i++) {
    const float *pixel = x + i * r->row;
    for (int64_t j = 0; j < r->width; j++, pixel += r->pixel) {
      V_UNROLL for (int v = 0; v < vectors; v++) {
        const vfloat value = v_load_some(pixel + v * FV__WIDTH, count);
        unordered[v] |= value != value;
        best[v] = v_at_least(value, best[v]);
      }
    }
  }
  V_UNROLL for (int v = 0; v < vectors; v++)
      v_store_some(y + v * FV__WIDTH, v_select(unordered[v], v_set(__builtin_nanf("")), best[v]), count);
}

/* Loops over pixels vanish where height and width are constants. */
V_INLINE void average_over(const float *x, const int64_t height, const int64_t width, const fv__pool_row *r, float *y,
                           const int vectors, int64_t count) {
  vfloat sums[SIDE_BY_SIDE];
  V_UNROLL for (int v = 0; v < vectors; v++) sums[v] = (vfloat){0};
  for (int64_t i = 0; i < height; i++) {
    const float *pixel = x + i * r->row;
    vfloat line[SIDE_BY_SIDE];
    V_UNROLL for (int v = 0; v < vectors; v++) line[v] = (vfloat){0};
    for (int64_t j = 0; j < width; j++, pixel += r->pixel) {
      V_UNROLL for (int v = 0; v < vectors; v++) line[v] += v_load_some(pixel + v * FV__WIDTH, count);
    }
    V_UNROLL for (int v = 0; v < vectors; v++) sums[v] += line[v];
  }
  const vfloat pixels = v_set((float)(height * width));
  V_UNROLL for (int v = 0; v < vectors; v++) v_store_some(y + v * FV__WIDTH, sums[v] / pixels, count);
}

V_INLINE void average_of(const float *x, const fv__pool_row *r, float *y, const int vectors, int64_t count) {
  if (vectors == 1 && r->height == 2 && r->width == 2)
    average_over(x, 2, 2, r, y, vectors, count);
  else
    average_over(x, r->height, r->width, r, y, vectors, count);
}

/* Windows of which a whole vector may be read and written although it has more lanes than there are channels: pixels
 * lie side by side, and what is written too much belongs to windows that follow. */
static int64_t whole_windows(const fv__pool_row *r) {
  const bool dense = r->pixel == r->channels && r->y_pixel == r->channels && r->step >= r->channels;
  const int64_t reached = (FV__WIDTH + r->channels - 1) / r->channels;
  return dense && r->windows >= reached ? r->windows - reached + 1 : 0;
}

/* All windows and channels by one of the two functions above. */
#define OVER_CHANNELS(name)                                                                                            \
  static void name(const fv__pool_row *caller) {                                                                       \
    const fv__pool_row copy = *caller, *r = &copy; /* so that no store can change it */                                \
    const int64_t channels = r->channels, whole = channels < FV__WIDTH ? whole_windows(r) : 0;                         \
    for (int64_t i = 0; i < whole; i++) name##_of(r->x + i * r->step, r, r->y + i * r->y_pixel, 1, FV__WIDTH);         \
    for (int64_t i = whole; i < r->windows; i++) {                                                                     \
      const float *x = r->x + i * r->step;                                                                             \
      float *y = r->y + i * r->y_pixel;                                                                                \
      int64_t c = 0;                                                                                                   \
      if (channels < FV__WIDTH) {                                                                                      \
        name##_of(x, r, y, 1, channels);                                                                               \
        continue;                                                                                                      \
      }                                                                                                                \
      for (; c + SIDE_BY_SIDE * FV__WIDTH <= channels; c += SIDE_BY_SIDE * FV__WIDTH)                                  \
        name##_of(x + c, r, y + c, SIDE_BY_SIDE, FV__WIDTH);                                                           \
      for (; c + FV__WIDTH <= channels; c += FV__WIDTH) name##_of(x + c, r, y + c, 1, FV__WIDTH);                      \
      if (c < channels) name##_of(x + channels - FV__WIDTH, r, y + channels - FV__WIDTH, 1, FV__WIDTH);                \
    }                                                                                                                  \
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
