/* Depthwise convolution on vectors over channels.
 *
 *   four output pixels     common windows keep one row of weights in registers and load every input once
 *     all channels         a whole cache line at a time: inputs of 256 or 512 channels share few sets of the cache, so
 *                          that half a line would be gone before its other half is wanted
 *
 * Uncommon windows that reach outside the row are done pixel by pixel. When the channels do not fill the last vector,
 * it starts earlier and repeats some: the same numbers are written twice.
 *
 * Common windows have functions of their own, small enough that addresses stay in registers: together in one function
 * they take a fifth longer.
 */
#include "kernels/depthwise.h"

#include <stdbool.h>

#include "kernels/kernels.h"
#include "kernels/simd.h"

enum { OUTPUTS = 4, SIDE_BY_SIDE = 4, MAX_SIZE = 5 /* of common windows */, ALL = -1 /* columns, as bits */ };

/* Vectors of channels that leave all sums and weights in registers. */
#if FV__REGISTERS == 32
enum { VECTORS_OF_3 = 2, VECTORS_OF_5 = 2 };
#elif FV__WIDTH == 8
enum { VECTORS_OF_3 = 2, VECTORS_OF_5 = 1 };
#else
enum { VECTORS_OF_3 = 1, VECTORS_OF_5 = 1 };
#endif

/* In these functions `count` lanes are in use; it is the constant FV__WIDTH wherever speed matters. */
V_INLINE void finish(const fv__depthwise_row *r, int64_t j, int64_t c, vfloat sum, int64_t count) {
  if (r->residual) sum += v_load_some(r->residual + j * r->residual_pixel + c, count);
  sum = v_clamp(sum, v_set(r->low), v_set(r->high));
  v_store_some(r->y + j * r->y_pixel + c, sum, count);
}

/* `vectors` vectors of channels of any pixel, the taps [first, end) of every row of the window. */
V_INLINE void taps_of_pixel(const fv__depthwise_row *r, int64_t j, int64_t c, int32_t first, int32_t end,
                            const int vectors, int64_t count) {
  vfloat sums[SIDE_BY_SIDE];
  V_UNROLL for (int v = 0; v < vectors; v++) sums[v] = v_load_some(r->shift + c + v * FV__WIDTH, count);
  for (int32_t kh = 0; kh < r->kernel_h; kh++) {
    if (!r->rows[kh]) continue;
    const float *x = r->rows[kh] + (j * r->stride - r->left + (int64_t)first * r->dilation) * r->pixel + c;
    const float *kernel = r->kernel + ((int64_t)kh * r->kernel_w + first) * r->channels + c;
    for (int32_t kw = first; kw < end; kw++, kernel += r->channels, x += r->dilation * r->pixel) {
      V_UNROLL for (int v = 0; v < vectors; v++) sums[v] +=
          v_load_some(x + v * FV__WIDTH, count) * v_load_some(kernel + v * FV__WIDTH, count);
    }
  }
  V_UNROLL for (int v = 0; v < vectors; v++) finish(r, j, c + v * FV__WIDTH, sums[v], count);
}

/* All channels of any pixel: taps outside are left out. */
static void one_pixel(const fv__depthwise_row *r, int64_t j) {
  const int64_t start = j * r->stride - r->left;
  int32_t first = 0, end = r->kernel_w;
  while (first < end && start + (int64_t)first * r->dilation < 0) first++;
  while (end > first && start + (int64_t)(end - 1) * r->dilation >= r->width) end--;
  if (r->channels < FV__WIDTH) {
    taps_of_pixel(r, j, 0, first, end, 1, r->channels);
    return;
  }
  int64_t c = 0;
  for (; c + SIDE_BY_SIDE * FV__WIDTH <= r->channels; c += SIDE_BY_SIDE * FV__WIDTH)
    taps_of_pixel(r, j, c, first, end, SIDE_BY_SIDE, FV__WIDTH);
  for (; c + FV__WIDTH <= r->channels; c += FV__WIDTH) taps_of_pixel(r, j, c, first, end, 1, FV__WIDTH);
  if (c < r->channels) taps_of_pixel(r, j, r->channels - FV__WIDTH, first, end, 1, FV__WIDTH);
}

/* Four pixels whose windows lie inside the row, any window. */
V_INLINE void four_pixels(const fv__depthwise_row *r, int64_t j, int64_t c) {
  vfloat sums[OUTPUTS];
  V_UNROLL for (int o = 0; o < OUTPUTS; o++) sums[o] = v_load(r->shift + c);
  const int64_t between = r->stride * r->pixel;
  for (int32_t kh = 0; kh < r->kernel_h; kh++) {
    if (!r->rows[kh]) continue;
    const float *x = r->rows[kh] + (j * r->stride - r->left) * r->pixel + c;
    const float *kernel = r->kernel + (int64_t)kh * r->kernel_w * r->channels + c;
    for (int32_t kw = 0; kw < r->kernel_w; kw++, kernel += r->channels, x += r->dilation * r->pixel) {
      const vfloat weight = v_load(kernel);
      V_UNROLL for (int o = 0; o < OUTPUTS; o++) sums[o] += v_load(x + o * between) * weight;
    }
  }
  V_UNROLL for (int o = 0; o < OUTPUTS; o++) finish(r, j + o, c, sums[o], FV__WIDTH);
}

static void channels(const fv__depthwise_row *r, int64_t j) {
  int64_t c = 0;
  for (; c + FV__WIDTH <= r->channels; c += FV__WIDTH) four_pixels(r, j, c);
  if (c < r->channels) four_pixels(r, j, r->channels - FV__WIDTH);
}

/* The rows of a common window that lie inside the image, and the weights for them. */
typedef struct lines {
  int32_t count;
  const float *x[MAX_SIZE], *kernel[MAX_SIZE];
} lines;

static void find_lines(const fv__depthwise_row *r, lines *l) {
  l->count = 0;
  for (int32_t kh = 0; kh < r->kernel_h; kh++) {
    if (!r->rows[kh]) continue;
    l->x[l->count] = r->rows[kh];
    l->kernel[l->count++] = r->kernel + (int64_t)kh * r->kernel_w * r->channels;
  }
}

/* Four pixels of a common window: the weights of one row are in registers while every pixel of the row is loaded once.
 * `inside` has a bit for each of the columns that the four windows cover and the row has. */
V_INLINE void four_pixels_of(const fv__depthwise_row *r, const lines *l, int64_t j, int64_t c, const int size,
                             const int stride, const int vectors, const int inside) {
  const int64_t pixel = r->pixel, channels = r->channels;
  const int64_t start = (j * stride - r->left) * pixel + c;
  vfloat sums[OUTPUTS][2];
  V_UNROLL for (int o = 0; o < OUTPUTS; o++) {
    V_UNROLL for (int v = 0; v < vectors; v++) sums[o][v] = v_load(r->shift + c + v * FV__WIDTH);
  }
  for (int32_t kh = 0; kh < l->count; kh++) {
    const float *x = l->x[kh] + start, *kernel = l->kernel[kh] + c;
    vfloat weights[MAX_SIZE][2];
    V_ADDRESS(kernel);
    V_UNROLL for (int kw = 0; kw < size; kw++) {
      V_UNROLL for (int v = 0; v < vectors; v++) weights[kw][v] = v_load(kernel + kw * channels + v * FV__WIDTH);
    }
    V_UNROLL for (int i = 0; i < (OUTPUTS - 1) * stride + size; i++) {
      if (i % 3 == 0) { /* two more columns are reached from here with one stride in a register */
        x += i ? 3 * pixel : 0;
        V_ADDRESS(x);
      }
      if (!(inside >> i & 1)) continue;
      V_UNROLL for (int v = 0; v < vectors; v++) {
        vfloat value = v_load(x + i % 3 * pixel + v * FV__WIDTH);
        V_HOLD(value);
        V_UNROLL for (int o = 0; o < OUTPUTS; o++) {
          const int kw = i - o * stride;
          if (kw >= 0 && kw < size) sums[o][v] += value * weights[kw][v];
        }
      }
    }
  }
  const vfloat low = v_set(r->low), high = v_set(r->high);
  float *y = r->y + j * r->y_pixel + c;
  const float *residual = r->residual ? r->residual + j * r->residual_pixel + c : NULL;
  V_UNROLL for (int o = 0; o < OUTPUTS; o++, y += r->y_pixel) {
    V_ADDRESS(y);
    V_UNROLL for (int v = 0; v < vectors; v++) {
      vfloat sum = sums[o][v];
      if (residual) sum += v_load(residual + o * r->residual_pixel + v * FV__WIDTH);
      v_store(y + v * FV__WIDTH, v_clamp(sum, low, high));
    }
  }
}

/* All channels of four pixels. */
V_INLINE void channels_of(const fv__depthwise_row *r, const lines *l, int64_t j, const int size, const int stride,
                          const int vectors, const int inside) {
  const int64_t channels = r->channels;
  int64_t c = 0;
  for (; c + vectors * FV__WIDTH <= channels; c += vectors * FV__WIDTH)
    four_pixels_of(r, l, j, c, size, stride, vectors, inside);
  for (; c < channels; c += FV__WIDTH)
    four_pixels_of(r, l, j, c + FV__WIDTH <= channels ? c : channels - FV__WIDTH, size, stride, 1, inside);
}

/* Pixels [j, end), a multiple of four, inside the row; or four pixels anywhere. */
#define COMMON(size, stride, vectors)                                                                                  \
  static __attribute__((noinline)) void inner_##size##_##stride(const fv__depthwise_row *caller_row, const lines *l,   \
                                                                int64_t j, int64_t end) {                              \
    const fv__depthwise_row row_copy = *caller_row, *r = &row_copy; /* no store can change it */                       \
    for (; j < end; j += OUTPUTS) channels_of(r, l, j, size, stride, vectors, ALL);                                    \
  }                                                                                                                    \
  static __attribute__((noinline)) void clipped_##size##_##stride(const fv__depthwise_row *caller_row, const lines *l, \
                                                                  int64_t j, int inside) {                             \
    const fv__depthwise_row row_copy = *caller_row, *r = &row_copy;                                                    \
    channels_of(r, l, j, size, stride, vectors, inside);                                                               \
  }

COMMON(3, 1, VECTORS_OF_3)
COMMON(3, 2, VECTORS_OF_3)
COMMON(5, 1, VECTORS_OF_5)
COMMON(5, 2, VECTORS_OF_5)

typedef struct common {
  void (*inner)(const fv__depthwise_row *r, const lines *l, int64_t j, int64_t end);
  void (*clipped)(const fv__depthwise_row *r, const lines *l, int64_t j, int inside);
} common;

/* Whether the window is a common one: it can do four pixels anywhere at once. */
static bool is_common(const fv__depthwise_row *r) {
  return r->dilation == 1 && (r->kernel_w == 3 || r->kernel_w == 5) && r->kernel_h <= MAX_SIZE && r->stride <= 2 &&
         r->channels >= FV__WIDTH && r->out_width >= OUTPUTS;
}

/* Four pixels of a common window from j on, of which the last may lie beyond the row's end: then the last four. */
static void four_anywhere(const fv__depthwise_row *r, const common *way, const lines *l, int64_t j) {
  if (j + OUTPUTS > r->out_width) j = r->out_width - OUTPUTS;
  const int64_t start = j * r->stride - r->left;
  int inside = 0;
  for (int i = 0; i < (OUTPUTS - 1) * r->stride + r->kernel_w; i++)
    if (start + i >= 0 && start + i < r->width) inside |= 1 << i;
  way->clipped(r, l, j, inside);
}

/* The output pixels whose windows lie inside the row: [*first, *end). */
static void inner_range(const fv__depthwise_row *r, int64_t *first, int64_t *end) {
  const int64_t reach = (int64_t)(r->kernel_w - 1) * r->dilation;
  const int64_t last = r->width - 1 - reach + r->left; /* of j * stride */
  *first = (r->left + r->stride - 1) / r->stride;
  *end = last < 0 ? 0 : last / r->stride + 1;
}

/* All pixels of a common window by fours. The last four may begin with pixels that are done already. */
static void common_row(const fv__depthwise_row *r, int64_t inner, int64_t end) {
  static const common WAYS[2][2] = {{{inner_3_1, clipped_3_1}, {inner_3_2, clipped_3_2}},
                                    {{inner_5_1, clipped_5_1}, {inner_5_2, clipped_5_2}}};
  const common *way = &WAYS[r->kernel_w == 5][r->stride == 2];
  lines l;
  find_lines(r, &l);
  inner = (inner + OUTPUTS - 1) / OUTPUTS * OUTPUTS;
  end = end > inner ? inner + (end - inner) / OUTPUTS * OUTPUTS : inner;
  for (int64_t j = 0; j < inner && j < r->out_width; j += OUTPUTS) four_anywhere(r, way, &l, j);
  way->inner(r, &l, inner, end);
  for (int64_t j = end; j < r->out_width; j += OUTPUTS) four_anywhere(r, way, &l, j);
}

/* Uncommon windows by fours where they lie inside the row, the rest pixel by pixel. */
static void row(const fv__depthwise_row *r) {
  int64_t inner, end;
  inner_range(r, &inner, &end);
  if (end > r->out_width) end = r->out_width;
  if (is_common(r)) {
    common_row(r, inner, end);
    return;
  }
  end = r->channels >= FV__WIDTH && end - inner >= OUTPUTS ? inner + (end - inner) / OUTPUTS * OUTPUTS : inner;
  for (int64_t j = 0; j < r->out_width; j++)
    if (j < inner || j >= end) one_pixel(r, j);
  for (int64_t j = inner; j < end; j += OUTPUTS) channels(r, j);
}

const fv__depthwise_kernels FV__LEVEL_NAME(fv__kernels_depthwise) = {.row = row};
