/* Depthwise convolution on vectors over channels.
 *
 *   four output pixels     common windows keep one row of weights in registers and load every input once
 *     all channels         a whole cache line at a time: inputs of 256 or 512 channels share few sets of the cache, so
 *                          that half a line would be gone before its other half is wanted
 *
 * Pixels whose window reaches outside the row are done one by one. When the channels do not fill the last vector, it
 * starts earlier and repeats some: the same numbers are written twice.
 */
#include "kernels/depthwise.h"

#include <stdbool.h>

#include "kernels/kernels.h"
#include "kernels/simd.h"

enum { OUTPUTS = 4, SIDE_BY_SIDE = 4, ALL = 64 /* more pixels than four windows cover */ };

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

/* The same with constants: a window `size` wide without dilation, whose weights of one row are in registers while every
 * pixel of the row is loaded once. Of the pixels that the four windows cover, [first, end) lie inside the row. */
V_INLINE void four_pixels_of(const fv__depthwise_row *r, int64_t j, int64_t c, const int size, const int stride,
                             const int vectors, const int64_t first, const int64_t end) {
  const int columns = (OUTPUTS - 1) * stride + size;
  vfloat sums[OUTPUTS][2];
  V_UNROLL for (int o = 0; o < OUTPUTS; o++) {
    V_UNROLL for (int v = 0; v < vectors; v++) sums[o][v] = v_load(r->shift + c + v * FV__WIDTH);
  }
  for (int32_t kh = 0; kh < r->kernel_h; kh++) {
    if (!r->rows[kh]) continue;
    const float *x = r->rows[kh] + (j * stride - r->left) * r->pixel + c;
    const float *kernel = r->kernel + (int64_t)kh * size * r->channels + c;
    vfloat weights[5][2];
    V_UNROLL for (int kw = 0; kw < size; kw++) {
      V_UNROLL for (int v = 0; v < vectors; v++) weights[kw][v] = v_load(kernel + kw * r->channels + v * FV__WIDTH);
    }
    V_UNROLL for (int i = 0; i < columns; i++) {
      if (i < first || i >= end) continue;
      V_UNROLL for (int v = 0; v < vectors; v++) {
        const vfloat value = v_load(x + i * r->pixel + v * FV__WIDTH);
        V_UNROLL for (int o = 0; o < OUTPUTS; o++) {
          const int kw = i - o * stride;
          if (kw >= 0 && kw < size) sums[o][v] += value * weights[kw][v];
        }
      }
    }
  }
  V_UNROLL for (int o = 0; o < OUTPUTS; o++) {
    V_UNROLL for (int v = 0; v < vectors; v++) finish(r, j + o, c + v * FV__WIDTH, sums[o][v], FV__WIDTH);
  }
}

/* All channels of four pixels. */
V_INLINE void channels_of(const fv__depthwise_row *r, int64_t j, const int size, const int stride, const int vectors,
                          const int64_t first, const int64_t end) {
  int64_t c = 0;
  for (; c + vectors * FV__WIDTH <= r->channels; c += vectors * FV__WIDTH)
    four_pixels_of(r, j, c, size, stride, vectors, first, end);
  for (; c + FV__WIDTH <= r->channels; c += FV__WIDTH) four_pixels_of(r, j, c, size, stride, 1, first, end);
  if (c < r->channels) four_pixels_of(r, j, r->channels - FV__WIDTH, size, stride, 1, first, end);
}

/* Four pixels anywhere: windows may reach outside the row. */
V_INLINE void clipped_of(const fv__depthwise_row *r, int64_t j, const int size, const int stride, const int vectors) {
  const int64_t start = j * stride - r->left;
  channels_of(r, j, size, stride, vectors, start < 0 ? -start : 0, r->width - start);
}

static void channels(const fv__depthwise_row *r, int64_t j) {
  int64_t c = 0;
  for (; c + FV__WIDTH <= r->channels; c += FV__WIDTH) four_pixels(r, j, c);
  if (c < r->channels) four_pixels(r, j, r->channels - FV__WIDTH);
}

/* Whether four pixels anywhere can be done at once. */
static bool takes_clipped(const fv__depthwise_row *r) {
  return r->dilation == 1 && (r->kernel_w == 3 || r->kernel_w == 5) && r->stride <= 2 && r->channels >= FV__WIDTH;
}

static void clipped_pixels(const fv__depthwise_row *caller_row, int64_t j) {
  const fv__depthwise_row row_copy = *caller_row, *r = &row_copy; /* no store can change it: it stays in registers */
  if (r->kernel_w == 3 && r->stride == 1)
    clipped_of(r, j, 3, 1, VECTORS_OF_3);
  else if (r->kernel_w == 3)
    clipped_of(r, j, 3, 2, VECTORS_OF_3);
  else if (r->stride == 1)
    clipped_of(r, j, 5, 1, VECTORS_OF_5);
  else
    clipped_of(r, j, 5, 2, VECTORS_OF_5);
}

/* Pixels [j, end), a multiple of four, inside the row. */
static void inner_pixels(const fv__depthwise_row *caller_row, int64_t j, int64_t end) {
  const fv__depthwise_row row_copy = *caller_row, *r = &row_copy;
  const int32_t size = r->dilation == 1 ? r->kernel_w : 0, stride = r->stride;
  for (; j < end; j += OUTPUTS) {
    if (size == 3 && stride == 1)
      channels_of(r, j, 3, 1, VECTORS_OF_3, 0, ALL);
    else if (size == 3 && stride == 2)
      channels_of(r, j, 3, 2, VECTORS_OF_3, 0, ALL);
    else if (size == 5 && stride == 1)
      channels_of(r, j, 5, 1, VECTORS_OF_5, 0, ALL);
    else if (size == 5 && stride == 2)
      channels_of(r, j, 5, 2, VECTORS_OF_5, 0, ALL);
    else
      channels(r, j);
  }
}

/* The output pixels whose windows lie inside the row: [*first, *end). */
static void inner_range(const fv__depthwise_row *r, int64_t *first, int64_t *end) {
  const int64_t reach = (int64_t)(r->kernel_w - 1) * r->dilation;
  const int64_t last = r->width - 1 - reach + r->left; /* of j * stride */
  *first = (r->left + r->stride - 1) / r->stride;
  *end = last < 0 ? 0 : last / r->stride + 1;
}

/* By fours where windows lie inside the row, the rest by fours too where that is possible, else one by one. The last
 * four may begin with pixels that are done already. */
static void row(const fv__depthwise_row *r) {
  int64_t inner, end;
  inner_range(r, &inner, &end);
  if (end > r->out_width) end = r->out_width;
  const bool fours = r->channels >= FV__WIDTH && end - inner >= OUTPUTS;
  if (takes_clipped(r) && r->out_width >= OUTPUTS) {
    inner = (inner + OUTPUTS - 1) / OUTPUTS * OUTPUTS;
    end = fours && end > inner ? inner + (end - inner) / OUTPUTS * OUTPUTS : inner;
    for (int64_t j = 0; j < inner && j < r->out_width; j += OUTPUTS)
      clipped_pixels(r, j + OUTPUTS <= r->out_width ? j : r->out_width - OUTPUTS);
    inner_pixels(r, inner, end);
    for (int64_t j = end; j < r->out_width; j += OUTPUTS)
      clipped_pixels(r, j + OUTPUTS <= r->out_width ? j : r->out_width - OUTPUTS);
    return;
  }
  end = fours ? inner + (end - inner) / OUTPUTS * OUTPUTS : inner;
  for (int64_t j = 0; j < r->out_width; j++)
    if (j < inner || j >= end) one_pixel(r, j);
  inner_pixels(r, inner, end);
}

const fv__depthwise_kernels FV__LEVEL_NAME(fv__kernels_depthwise) = {.row = row};
