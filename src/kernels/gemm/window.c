/* A row of outputs of few channels: tiles of pixels side by side, their sums in registers for the whole window. */
#include <stdbool.h>
#include <stddef.h>

#include "kernels/kernels.h"
#include "kernels/simd.h"
#include "kernels/window.h"

enum { TILE_ONE = 10, TILE_TWO = 6 };

/* The end of a vector of sums: channels from `channel` on of one pixel. */
static __attribute__((noinline)) void finish(const fv__window_row *r, int64_t pixel, int64_t channel,
                                             const float *sums) {
  const int64_t left = r->channels - channel;
  vfloat sum = v_load(sums) + v_load(r->shift + channel);
  if (r->residual) sum += v_load_some(r->residual + pixel * r->residual_pixel + channel, left);
  v_store_some(r->y + pixel * r->pixel + channel, v_clamp(sum, v_set(r->low), v_set(r->high)), left);
}

/* `pixels` and `vectors` are constants where this is expanded. Pixels from `at` on. */
V_INLINE void tile(const int pixels, const int vectors, const fv__window_row *r, int64_t at) {
  vfloat sums[TILE_ONE][2];
  V_UNROLL for (int j = 0; j < pixels; j++) sums[j][0] = sums[j][1] = (vfloat){0};
  const float *panel = r->panel;
  const int64_t length = r->length;
  for (int64_t i = 0; i < r->rows; i++) {
    const float *x[TILE_ONE];
    V_UNROLL for (int j = 0; j < pixels; j++) x[j] = r->x + i * r->row + (at + j) * r->step;
    for (int64_t k = 0; k < length; k++, panel += vectors * FV__WIDTH) {
      vfloat b[2];
      V_UNROLL for (int v = 0; v < vectors; v++) b[v] = v_load(panel + v * FV__WIDTH);
      V_UNROLL for (int j = 0; j < pixels; j++) {
        const vfloat value = v_set(x[j][k]);
        V_UNROLL for (int v = 0; v < vectors; v++) sums[j][v] += value * b[v];
      }
    }
  }
  float memory[TILE_ONE * 2 * FV__WIDTH];
  V_UNROLL for (int j = 0; j < pixels; j++) {
    V_UNROLL for (int v = 0; v < vectors; v++) v_store(memory + (j * vectors + v) * FV__WIDTH, sums[j][v]);
  }
  for (int j = 0; j < pixels; j++)
    for (int v = 0; v < vectors; v++) finish(r, at + j, v * FV__WIDTH, memory + (j * vectors + v) * FV__WIDTH);
}

/* One function per number of pixels, so that all sums are registers. */
#define ONE(pixels)                                                                                                    \
  static __attribute__((noinline)) void one_##pixels(const fv__window_row *r, int64_t at) { tile(pixels, 1, r, at); }
#define TWO(pixels)                                                                                                    \
  static __attribute__((noinline)) void two_##pixels(const fv__window_row *r, int64_t at) { tile(pixels, 2, r, at); }
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

typedef void tile_function(const fv__window_row *r, int64_t at);

static tile_function *const ONES[TILE_ONE] = {one_1, one_2, one_3, one_4, one_5, one_6, one_7, one_8, one_9, one_10};
static tile_function *const TWOS[TILE_TWO] = {two_1, two_2, two_3, two_4, two_5, two_6};

static void row(const fv__window_row *r) {
  const bool one = r->channels <= FV__WIDTH;
  const int64_t most = one ? TILE_ONE : TILE_TWO, tiles = (r->pixels + most - 1) / most;
  for (int64_t t = 0; t < tiles; t++) {
    const int64_t at = t * r->pixels / tiles, pixels = (t + 1) * r->pixels / tiles - at;
    (one ? ONES : TWOS)[pixels - 1](r, at);
  }
}

const fv__window_kernels FV__LEVEL_NAME(fv__kernels_window) = {
    .vector = FV__WIDTH, .tile_one = TILE_ONE, .tile_two = TILE_TWO, .row = row};
