/* The matrix products of Winograd's tiles: a few rows by two vectors of columns, their sums in registers for all
 * channels.
 *
 *   level      tile     sums   u   v     of registers
 *   avx512     14 x 32    28   2   1     32
 *   avx2        6 x 16    12   2   1     16
 *   neon       10 x 8     20   2   6     32
 *   baseline    4 x 8      8   2   1+1   16
 *
 * product > panel > rows: the rows of a product stay in the cache while its panels pass by. Three things are brought
 * nearer meanwhile: the next panel, evenly spread over the channels, and the memory in `runs`, which the output
 * transform of this block will write and the input transform of the next will read, a few lines for every tile of rows.
 */
#include "kernels/kernels.h"
#include "kernels/simd.h"
#include "kernels/winograd.h"

enum { TILE_ROWS = FV__TILE_ROWS, PANEL = 2 * FV__WIDTH, LINE = 16 /* floats per cache line */ };

/* One tile of rows by one panel. */
typedef struct place {
  const float *v, *u;
  float *sums;
  const float *ahead;
  int64_t ahead_step;
} place;

/* `rows` is a constant where this is expanded. */
V_INLINE void multiply_rows(const int rows, const fv__winograd_product *p, const place *at) {
  vfloat sums[TILE_ROWS][2];
  const float *v[TILE_ROWS], *u = at->u, *ahead = at->ahead;
  const int64_t channels = p->channels, step = at->ahead_step;
  V_UNROLL for (int i = 0; i < rows; i++) {
    sums[i][0] = sums[i][1] = (vfloat){0};
    v[i] = at->v + i * p->v_tile;
  }
  for (int64_t k = 0; k < channels; k++, u += PANEL, ahead += step) {
    const vfloat u0 = v_load(u), u1 = v_load(u + FV__WIDTH);
    V_UNROLL for (int i = 0; i < PANEL; i += LINE) __builtin_prefetch(ahead + i, 0, 2);
    V_UNROLL for (int i = 0; i < rows; i++) {
      const vfloat value = v_set(v[i][k]);
      sums[i][0] += value * u0;
      sums[i][1] += value * u1;
    }
  }
  float *to = at->sums;
  V_UNROLL for (int i = 0; i < rows; i++, to += p->sums_tile) {
    v_store(to, sums[i][0]);
    v_store(to + FV__WIDTH, sums[i][1]);
  }
}

/* One function per number of rows, so that all sums are registers. */
#define ROWS(rows)                                                                                                     \
  static __attribute__((noinline)) void multiply_##rows(const fv__winograd_product *p, const place *at) {              \
    multiply_rows(rows, p, at);                                                                                        \
  }
ROWS(1)
ROWS(2)
ROWS(3)
ROWS(4)
#if FV__REGISTERS == 32 || FV__WIDTH == 8
ROWS(5)
ROWS(6)
#endif
#if FV__REGISTERS == 32
ROWS(7)
ROWS(8)
ROWS(9)
ROWS(10)
#endif
#if FV__WIDTH == 16
ROWS(11)
ROWS(12)
ROWS(13)
ROWS(14)
#endif

static void call_rows(int64_t rows, const fv__winograd_product *p, const place *at) {
  switch (rows) {
  case 1: multiply_1(p, at); break;
  case 2: multiply_2(p, at); break;
  case 3: multiply_3(p, at); break;
  case 4: multiply_4(p, at); break;
#if FV__REGISTERS == 32 || FV__WIDTH == 8
  case 5: multiply_5(p, at); break;
  case 6: multiply_6(p, at); break;
#endif
#if FV__REGISTERS == 32
  case 7: multiply_7(p, at); break;
  case 8: multiply_8(p, at); break;
  case 9: multiply_9(p, at); break;
  case 10: multiply_10(p, at); break;
#endif
#if FV__WIDTH == 16
  case 11: multiply_11(p, at); break;
  case 12: multiply_12(p, at); break;
  case 13: multiply_13(p, at); break;
  case 14: multiply_14(p, at); break;
#endif
  default: break;
  }
}

/* Where the walk through the runs is. */
typedef struct walk {
  int64_t run, line;
} walk;

static void bring_nearer(const fv__winograd_product *p, walk *w) {
  for (int64_t i = 0; i < p->lines && w->run < p->run_count; i++) {
    const fv__winograd_run *run = &p->runs[w->run];
    const float *line = run->from + w->line * LINE;
    if (run->write)
      __builtin_prefetch(line, 1, 2);
    else
      __builtin_prefetch(line, 0, 2);
    if (++w->line < run->lines) continue;
    w->line = 0;
    w->run++;
  }
}

static void multiply(const fv__winograd_product *p) {
  const int64_t row_tiles = (p->tiles + TILE_ROWS - 1) / TILE_ROWS, panel_size = p->channels * PANEL;
  const int64_t step = (PANEL + row_tiles - 1) / row_tiles;
  walk w = {0, 0};
  for (int64_t product = 0; product < p->products; product++)
    for (int64_t panel = 0; panel < p->panels; panel++) {
      const float *u = p->u + product * p->u_product + panel * panel_size;
      const float *next = panel + 1 < p->panels ? u + panel_size : p->u + (product + 1) % p->products * p->u_product;
      for (int64_t t = 0; t < row_tiles; t++) {
        const int64_t row = t * p->tiles / row_tiles, end = (t + 1) * p->tiles / row_tiles;
        const place at = {.v = p->v + product * p->v_product + row * p->v_tile,
                          .u = u,
                          .sums = p->sums + row * p->sums_tile + panel * p->sums_panel + product * PANEL,
                          .ahead = next + step * p->channels * t,
                          .ahead_step = step};
        bring_nearer(p, &w);
        call_rows(end - row, p, &at);
      }
    }
}

const fv__winograd_product_kernels FV__LEVEL_NAME(fv__kernels_winograd_product) = {
    .tile_rows = TILE_ROWS, .panel_width = PANEL, .multiply = multiply};
