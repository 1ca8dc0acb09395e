/* Pixels of dy spread over their windows: a few pixels at a time, so that multiply-adds hide each other's latency, and
 * all rows of their windows that fall on this row of dx, so that sums are added once. They are as far apart as they can
 * be: a sum is not added to numbers that were written just before.
 */
#include "kernels/spread.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

enum { MOST_PIXELS = 8 };

/* The first pixel of a tile, how far apart its pixels are, and ones for lanes of the last vector that are in use. */
typedef struct place {
  int64_t at, apart;
  float in_use[FV__WIDTH];
} place;

/* `vectors` and `pixels` are constants where this is expanded. */
V_INLINE void spread(const int vectors, const int pixels, const fv__spread_row *r, const place *to) {
  const int64_t at = to->at, apart = to->apart, channels = r->channels, step = apart * r->pixel;
  const vint in_use = (vint)v_load(to->in_use);
  vfloat sums[MOST_PIXELS][FV__SPREAD_VECTORS];
  V_UNROLL for (int p = 0; p < pixels; p++) { V_UNROLL for (int v = 0; v < vectors; v++) sums[p][v] = (vfloat){0}; }
  for (int64_t i = 0; i < r->rows; i++) {
    const float *dy = r->dy + at * r->pixel - i * r->row, *panel = r->panel + i * r->panel_step;
    for (int64_t o = 0; o < channels; o++, dy++, panel += vectors * FV__WIDTH) {
      vfloat b[FV__SPREAD_VECTORS];
      V_UNROLL for (int v = 0; v < vectors; v++) {
        b[v] = v_load(panel + v * FV__WIDTH);
        V_HOLD(b[v]);
      }
      V_UNROLL for (int p = 0; p < pixels; p++) {
        const vfloat value = v_set(dy[p * step]);
        V_UNROLL for (int v = 0; v < vectors; v++) sums[p][v] += value * b[v];
      }
    }
  }
  float *dx = r->dx + at * r->step;
  V_UNROLL for (int p = 0; p < pixels; p++, dx += apart * r->step) {
    sums[p][vectors - 1] = (vfloat)((vint)sums[p][vectors - 1] & in_use); /* what is not finite stays in its window */
    V_UNROLL for (int v = 0; v < vectors; v++) v_store(dx + v * FV__WIDTH, v_load(dx + v * FV__WIDTH) + sums[p][v]);
  }
}

typedef void spread_function(const fv__spread_row *r, const place *to);

/* Several pixels and one, by vectors. */
#define SPREAD(vectors, pixels)                                                                                        \
  static __attribute__((noinline)) void many_##vectors(const fv__spread_row *r, const place *to) {                     \
    spread(vectors, pixels, r, to);                                                                                    \
  }                                                                                                                    \
  static __attribute__((noinline)) void one_##vectors(const fv__spread_row *r, const place *to) {                      \
    spread(vectors, 1, r, to);                                                                                         \
  }
SPREAD(1, 8)
SPREAD(2, 4)
SPREAD(3, 3)
SPREAD(4, 2)

static const struct {
  int pixels;
  spread_function *many, *one;
} FUNCTIONS[] = {{8, many_1, one_1}, {4, many_2, one_2}, {3, many_3, one_3}, {2, many_4, one_4}};

static void row(const fv__spread_row *r) {
  const int64_t vectors = (r->length + FV__WIDTH - 1) / FV__WIDTH, pixels = FUNCTIONS[vectors - 1].pixels;
  place to = {.apart = r->pixels / pixels};
  const int32_t all_ones = -1;
  for (int64_t k = 0; k < r->length - (vectors - 1) * FV__WIDTH; k++)
    __builtin_memcpy(&to.in_use[k], &all_ones, sizeof all_ones);
  for (; to.at < to.apart; to.at++) FUNCTIONS[vectors - 1].many(r, &to);
  for (to.at *= pixels; to.at < r->pixels; to.at++) FUNCTIONS[vectors - 1].one(r, &to);
}

const fv__spread_kernels FV__LEVEL_NAME(fv__kernels_spread) = {.vector = FV__WIDTH, .row = row};
