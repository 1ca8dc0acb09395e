/* Depthwise convolution on vectors over channels.
 *
 *   block of 32 output pixels     so that the other half of each cache line is still near when the next vector of
 *     vector of channels          channels reads it
 *       four outputs at a time    a 3x3 window keeps its weights in registers and loads every input once
 *
 * Pixels whose window reaches outside the row are done one by one. When the channels do not fill the last vector, it
 * starts earlier and repeats some: the same numbers are written twice.
 */
#include "kernels/depthwise.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

enum { BLOCK = 32, OUTPUTS = 4 };

#define UNROLL _Pragma("GCC unroll 16")

/* In these functions `count` lanes are in use; it is the constant FV__WIDTH wherever speed matters. */
V_INLINE void finish(const fv__depthwise_row *r, int64_t j, int64_t c, vfloat sum, int64_t count) {
  if (r->residual) sum += v_load_some(r->residual + j * r->residual_pixel + c, count);
  sum = v_clamp(sum, v_set(r->low), v_set(r->high));
  v_store_some(r->y + j * r->y_pixel + c, sum, count);
}

/* Any pixel: taps outside are left out. */
V_INLINE void one_pixel(const fv__depthwise_row *r, int64_t j, int64_t c, int64_t count) {
  vfloat sum = v_load_some(r->shift + c, count);
  const float *kernel = r->kernel + c;
  for (int32_t kh = 0; kh < r->kernel_h; kh++)
    for (int32_t kw = 0; kw < r->kernel_w; kw++, kernel += r->channels) {
      const int64_t column = j * r->stride - r->left + (int64_t)kw * r->dilation;
      if (!r->rows[kh] || column < 0 || column >= r->width) continue;
      sum += v_load_some(r->rows[kh] + column * r->pixel + c, count) * v_load_some(kernel, count);
    }
  finish(r, j, c, sum, count);
}

/* Four pixels whose windows lie inside the row, any window. */
V_INLINE void four_pixels(const fv__depthwise_row *r, int64_t j, int64_t c) {
  vfloat sums[OUTPUTS];
  UNROLL for (int o = 0; o < OUTPUTS; o++) sums[o] = v_load(r->shift + c);
  const float *kernel = r->kernel + c;
  const int64_t between = r->stride * r->pixel;
  for (int32_t kh = 0; kh < r->kernel_h; kh++) {
    if (!r->rows[kh]) {
      kernel += r->kernel_w * r->channels;
      continue;
    }
    const float *x = r->rows[kh] + (j * r->stride - r->left) * r->pixel + c;
    for (int32_t kw = 0; kw < r->kernel_w; kw++, kernel += r->channels, x += r->dilation * r->pixel) {
      const vfloat weight = v_load(kernel);
      UNROLL for (int o = 0; o < OUTPUTS; o++) sums[o] += v_load(x + o * between) * weight;
    }
  }
  UNROLL for (int o = 0; o < OUTPUTS; o++) finish(r, j + o, c, sums[o], FV__WIDTH);
}

/* Pixels [j, end) by fours, 3x3 with dilation 1, rows [first, last] of the window inside the image; all constants but
 * the range. Returns where it stopped. */
V_INLINE int64_t pixels_3x3(const fv__depthwise_row *r, int64_t j, int64_t end, int64_t c, const int stride,
                            const int first, const int last) {
  enum { MAX_COLUMNS = (OUTPUTS - 1) * 2 + 3 };
  const int columns = (OUTPUTS - 1) * stride + 3;
  vfloat weights[9];
  UNROLL for (int i = 3 * first; i < 3 * last + 3; i++) weights[i] = v_load(r->kernel + i * r->channels + c);
  const vfloat shift = v_load(r->shift + c);
  for (; j + OUTPUTS <= end; j += OUTPUTS) {
    vfloat sums[OUTPUTS];
    UNROLL for (int o = 0; o < OUTPUTS; o++) sums[o] = shift;
    UNROLL for (int kh = first; kh <= last; kh++) {
      const float *x = r->rows[kh] + (j * stride - r->left) * r->pixel + c;
      UNROLL for (int i = 0; i < columns; i++) {
        const vfloat value = v_load(x + i * r->pixel);
        UNROLL for (int o = 0; o < OUTPUTS; o++) {
          const int kw = i - o * stride;
          if (kw >= 0 && kw < 3) sums[o] += value * weights[3 * kh + kw];
        }
      }
    }
    UNROLL for (int o = 0; o < OUTPUTS; o++) finish(r, j + o, c, sums[o], FV__WIDTH);
  }
  return j;
}

V_INLINE int64_t pixels_3x3_rows(const fv__depthwise_row *r, int64_t j, int64_t end, int64_t c, const int stride) {
  if (!r->rows[1]) return j;
  if (r->rows[0] && r->rows[2]) return pixels_3x3(r, j, end, c, stride, 0, 2);
  if (r->rows[0]) return pixels_3x3(r, j, end, c, stride, 0, 1);
  if (r->rows[2]) return pixels_3x3(r, j, end, c, stride, 1, 2);
  return j;
}

/* Pixels [j, end) inside the row, one vector of channels. */
static int64_t inner_pixels(const fv__depthwise_row *r, int64_t j, int64_t end, int64_t c) {
  if (r->kernel_h == 3 && r->kernel_w == 3 && r->dilation == 1) {
    if (r->stride == 1) j = pixels_3x3_rows(r, j, end, c, 1);
    if (r->stride == 2) j = pixels_3x3_rows(r, j, end, c, 2);
  }
  for (; j + OUTPUTS <= end; j += OUTPUTS) four_pixels(r, j, c);
  return j;
}

/* The output pixels whose windows lie inside the row: [*first, *end). */
static void inner_range(const fv__depthwise_row *r, int64_t *first, int64_t *end) {
  const int64_t reach = (int64_t)(r->kernel_w - 1) * r->dilation;
  const int64_t last = r->width - 1 - reach + r->left; /* of j * stride */
  *first = (r->left + r->stride - 1) / r->stride;
  *end = last < 0 ? 0 : last / r->stride + 1;
}

static void block(const fv__depthwise_row *r, int64_t begin, int64_t end, int64_t c) {
  int64_t inner, inner_end, j = begin;
  inner_range(r, &inner, &inner_end);
  if (inner_end > end) inner_end = end;
  for (; j < inner && j < end; j++) one_pixel(r, j, c, FV__WIDTH);
  if (j < inner_end) j = inner_pixels(r, j, inner_end, c);
  for (; j < end; j++) one_pixel(r, j, c, FV__WIDTH);
}

static void row(const fv__depthwise_row *r) {
  if (r->channels < FV__WIDTH) {
    for (int64_t j = 0; j < r->out_width; j++) one_pixel(r, j, 0, r->channels);
    return;
  }
  for (int64_t begin = 0; begin < r->out_width; begin += BLOCK) {
    const int64_t end = begin + BLOCK < r->out_width ? begin + BLOCK : r->out_width;
    int64_t c = 0;
    for (; c + FV__WIDTH <= r->channels; c += FV__WIDTH) block(r, begin, end, c);
    if (c < r->channels) block(r, begin, end, r->channels - FV__WIDTH);
  }
}

const fv__depthwise_kernels FV__LEVEL_NAME(fv__kernels_depthwise) = {.row = row};
