/* A row of outputs of few channels: tiles of pixels side by side, their sums in registers for the whole window. */
#include <stdbool.h>
#include <stddef.h>

#include "kernels/kernels.h"
#include "kernels/simd.h"
#include "kernels/window.h"

enum { TILE_ONE = 10, TILE_TWO = 6 };

/* The end of a tile from its sums in memory: of the first `whole` pixels of the row all lanes, of others those that are
 * channels. */
static __attribute__((noinline)) void finish(const fv__window_row *r, int64_t at, int pixels, int vectors,
                                             const float *sums, int64_t whole) {
  const vfloat low = v_set(r->low), high = v_set(r->high);
  for (int64_t j = at; j < at + pixels; j++)
    for (int v = 0; v < vectors; v++, sums += FV__WIDTH) {
      const int64_t channel = v * FV__WIDTH;
      const vfloat sum = v_load(sums) + v_load(r->shift + channel);
      float *y = r->y + j * r->pixel + channel;
      if (j < whole) {
        v_store(y, v_clamp(sum, low, high));
        continue;
      }
      const int64_t left = r->channels - channel;
      const vfloat rest = r->residual ? v_load_some(r->residual + j * r->residual_pixel + channel, left) : v_set(-0.0f);
      v_store_some(y, v_clamp(sum + rest, low, high), left);
    }
}

/* The number of pixel j, a constant, `step` bytes from pixel to pixel; x0, x1 and x6 are those of pixels 0, 1 and 6. An
 * address adds 1, 2, 4 or 8 steps to one of them: ten pixels in four registers. */
V_INLINE float number_of(const char *x0, const char *x1, const char *x6, int64_t step, const int j) {
  const char *from = j == 6 || j == 7             ? x6 + (j - 6) * step
                     : j == 3 || j == 5 || j == 9 ? x1 + (j - 1) * step
                                                  : x0 + j * step;
  return *(const float *)(const void *)from;
}

/* `pixels` and `vectors` are constants where this is expanded. Pixels from `at` on; of the first `whole` of the row,
 * whole vectors are written. */
V_INLINE void tile(const int pixels, const int vectors, const fv__window_row *r, int64_t at, int64_t whole) {
  vfloat sums[TILE_ONE][2];
  V_UNROLL for (int j = 0; j < pixels; j++) sums[j][0] = sums[j][1] = (vfloat){0};
  const float *panel = r->panel;
  const int64_t length = r->length, step = r->step * (int64_t)sizeof(float);
  for (int64_t i = 0; i < r->rows; i++) {
    const char *x0 = (const char *)(r->x + i * r->row + at * r->step), *x1 = x0 + step, *x6 = x0 + 6 * step;
    for (int64_t k = 0; k < length; k++, panel += vectors * FV__WIDTH) {
      V_ADDRESS(x0);
      V_ADDRESS(x1);
      V_ADDRESS(x6);
      vfloat b[2];
      V_UNROLL for (int v = 0; v < vectors; v++) b[v] = v_load(panel + v * FV__WIDTH);
      V_UNROLL for (int j = 0; j < pixels; j++) {
        const vfloat value = v_set(number_of(x0, x1, x6, step, j));
        V_UNROLL for (int v = 0; v < vectors; v++) sums[j][v] += value * b[v];
      }
      x0 += sizeof(float);
      x1 += sizeof(float);
      x6 += sizeof(float);
    }
  }
  if (at + pixels <= whole) {
    const vfloat low = v_set(r->low), high = v_set(r->high);
    float *y = r->y + at * r->pixel;
    V_UNROLL for (int j = 0; j < pixels; j++, y += r->pixel) {
      V_UNROLL for (int v = 0; v < vectors; v++)
          v_store(y + v * FV__WIDTH, v_clamp(sums[j][v] + v_load(r->shift + v * FV__WIDTH), low, high));
    }
    return;
  }
  float memory[TILE_ONE * 2 * FV__WIDTH];
  V_UNROLL for (int j = 0; j < pixels; j++) {
    V_UNROLL for (int v = 0; v < vectors; v++) v_store(memory + (j * vectors + v) * FV__WIDTH, sums[j][v]);
  }
  finish(r, at, pixels, vectors, memory, whole);
}

/* One function per number of pixels, so that all sums are registers. */
#define TILE(name, pixels, vectors)                                                                                    \
  static __attribute__((noinline)) void name##_##pixels(const fv__window_row *r, int64_t at, int64_t whole) {          \
    tile(pixels, vectors, r, at, whole);                                                                               \
  }
#define ONE(pixels) TILE(one, pixels, 1)
#define TWO(pixels) TILE(two, pixels, 2)
ONE(1)
ONE(2)
ONE(3)
ONE(4)
ONE(5)
ONE(6)
ONE(7)
ONE(8)
ONE(9)
ONE(10)
TWO(1)
TWO(2)
TWO(3)
TWO(4)
TWO(5)
TWO(6)

typedef void tile_function(const fv__window_row *r, int64_t at, int64_t whole);

static tile_function *const ONES[TILE_ONE] = {one_1, one_2, one_3, one_4, one_5, one_6, one_7, one_8, one_9, one_10};
static tile_function *const TWOS[TILE_TWO] = {two_1, two_2, two_3, two_4, two_5, two_6};

/* Pixels of which whole vectors may be written: lanes without a channel reach into pixels that are written later. */
static int64_t whole_pixels(const fv__window_row *r, int64_t lanes) {
  if (r->residual) return 0;
  if (r->channels == lanes) return r->pixels;
  const int64_t reached = (lanes + r->channels - 1) / r->channels;
  return r->pixel == r->channels && r->pixels >= reached ? r->pixels - reached + 1 : 0;
}

static void row(const fv__window_row *r) {
  const bool one = r->channels <= FV__WIDTH;
  const int64_t whole = whole_pixels(r, one ? FV__WIDTH : 2 * FV__WIDTH);
  const int64_t most = one ? TILE_ONE : TILE_TWO, tiles = (r->pixels + most - 1) / most;
  for (int64_t t = 0; t < tiles; t++) {
    const int64_t at = t * r->pixels / tiles, pixels = (t + 1) * r->pixels / tiles - at;
    (one ? ONES : TWOS)[pixels - 1](r, at, whole);
  }
}

const fv__window_kernels FV__LEVEL_NAME(fv__kernels_window) = {
    .vector = FV__WIDTH, .tile_one = TILE_ONE, .tile_two = TILE_TWO, .row = row};
