/* The micro-kernel of implicit GEMM: a tile of rows by two vectors of columns, its sums in registers for the whole of
 * k.
 *
 *   level      tile     sums   b   a     of registers
 *   avx512     14 x 32    28   2   1     32
 *   avx2        6 x 16    12   2   1     16
 *   baseline    4 x 8      8   2   1+1   16
 *
 * While a panel is used, the next one is brought nearer: each tile asks for its share of it, evenly spread over k, so
 * that the requests hide behind the arithmetic.
 */
#include "kernels/gemm.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

#if FV__WIDTH == 16
enum { TILE_ROWS = 14 };
#elif FV__WIDTH == 8
enum { TILE_ROWS = 6 };
#else
enum { TILE_ROWS = 4 };
#endif

enum { PANEL = 2 * FV__WIDTH, LINE = 16 /* floats per cache line */ };

/* A tile's place in its block. */
typedef struct tile {
  const float *const *a; /* [taps][rows] */
  const float *panel;
  int32_t first_row;
  int64_t column;
  const float *prefetch;
  int64_t prefetch_step;
} tile;

V_INLINE vfloat finish(const fv__gemm_block *block, vfloat sum, vfloat scale, vfloat shift) {
  return block->scale ? sum * scale + shift : sum + shift;
}

V_INLINE void prefetch(const float *from) {
  for (int i = 0; i < PANEL; i += LINE) __builtin_prefetch(from + i, 0, 2);
}

/* sums = a * panel. `rows` is a constant where this is expanded. */
V_INLINE void sum_products(const int rows, const fv__gemm_block *block, const tile *place, vfloat sums[][2]) {
  V_UNROLL for (int i = 0; i < rows; i++) sums[i][0] = sums[i][1] = (vfloat){0};
  const float *const *pointers = place->a, *panel = place->panel, *ahead = place->prefetch;
  const int64_t depth = block->depth, step = place->prefetch_step;
  for (int64_t tap = 0; tap < block->taps; tap++, pointers += rows) {
    const float *a[TILE_ROWS];
    V_UNROLL for (int i = 0; i < rows; i++) a[i] = pointers[i] + block->a_offset;
    for (int64_t k = 0; k < depth; k++, panel += PANEL, ahead += step) {
      const vfloat b0 = v_load(panel), b1 = v_load(panel + FV__WIDTH);
      prefetch(ahead);
      V_UNROLL for (int i = 0; i < rows; i++) {
        const vfloat value = v_set(a[i][k]);
        sums[i][0] += value * b0;
        sums[i][1] += value * b1;
      }
    }
  }
}

/* The end of a tile whose columns are all in use. */
V_INLINE void store_whole(const int rows, const fv__gemm_block *block, const tile *place, vfloat sums[][2]) {
  const int64_t column = block->y_offset + place->column;
  float *const *y = block->y + place->first_row;
  if (block->add) {
    V_UNROLL for (int i = 0; i < rows; i++) {
      sums[i][0] += v_load(y[i] + column);
      sums[i][1] += v_load(y[i] + column + FV__WIDTH);
    }
  }
  if (block->finish) {
    const vfloat low = v_set(block->low), high = v_set(block->high), one = v_set(1);
    const vfloat scale0 = block->scale ? v_load(block->scale + place->column) : one;
    const vfloat scale1 = block->scale ? v_load(block->scale + place->column + FV__WIDTH) : one;
    const vfloat shift0 = v_load(block->shift + place->column);
    const vfloat shift1 = v_load(block->shift + place->column + FV__WIDTH);
    V_UNROLL for (int i = 0; i < rows; i++) {
      sums[i][0] = finish(block, sums[i][0], scale0, shift0);
      sums[i][1] = finish(block, sums[i][1], scale1, shift1);
    }
    if (block->residual) {
      const float *const *residual = block->residual + place->first_row;
      V_UNROLL for (int i = 0; i < rows; i++) {
        sums[i][0] += v_load(residual[i] + column);
        sums[i][1] += v_load(residual[i] + column + FV__WIDTH);
      }
    }
    V_UNROLL for (int i = 0; i < rows; i++) {
      sums[i][0] = v_clamp(sums[i][0], low, high);
      sums[i][1] = v_clamp(sums[i][1], low, high);
    }
  }
  V_UNROLL for (int i = 0; i < rows; i++) {
    v_store(y[i] + column, sums[i][0]);
    v_store(y[i] + column + FV__WIDTH, sums[i][1]);
  }
}

/* The end of a tile of the last panel when only some of its columns are in use: the same arithmetic, from memory. */
static void store_part(int rows, const fv__gemm_block *block, const tile *place, const float *sums) {
  for (int i = 0; i < rows; i++)
    for (int64_t part = 0; part < PANEL; part += FV__WIDTH) {
      const int64_t column = place->column + part, left = block->columns - column;
      const int64_t count = left < FV__WIDTH ? left : FV__WIDTH;
      if (count <= 0) break;
      float *y = block->y[place->first_row + i] + block->y_offset + column;
      vfloat sum = v_load(sums + i * PANEL + part);
      if (block->add) sum += v_load_part(y, count);
      if (block->finish) {
        const vfloat scale = block->scale ? v_load_part(block->scale + column, count) : v_set(1);
        sum = finish(block, sum, scale, v_load_part(block->shift + column, count));
        if (block->residual)
          sum += v_load_part(block->residual[place->first_row + i] + block->y_offset + column, count);
        sum = v_clamp(sum, v_set(block->low), v_set(block->high));
      }
      v_store_part(y, sum, count);
    }
}

/* `count` tiles of equal height, one after the other. */
V_INLINE void run_tiles(const int rows, const fv__gemm_block *caller_block, const tile *first, int32_t count) {
  const fv__gemm_block copy = *caller_block, *block = &copy; /* so that no store can change it */
  const int64_t length = block->taps * block->depth;
  tile place = *first;
  for (int32_t t = 0; t < count; t++) {
    vfloat sums[TILE_ROWS][2];
    sum_products(rows, block, &place, sums);
    if (block->columns - place.column >= PANEL) {
      store_whole(rows, block, &place, sums);
    } else {
      float memory[TILE_ROWS * PANEL];
      V_UNROLL for (int i = 0; i < rows; i++) {
        v_store(memory + i * PANEL, sums[i][0]);
        v_store(memory + i * PANEL + FV__WIDTH, sums[i][1]);
      }
      store_part(rows, block, &place, memory);
    }
    place.a += block->taps * rows;
    place.first_row += rows;
    place.prefetch += place.prefetch_step * length;
  }
}

/* One function per number of rows, so that all sums are registers. */
#define TILE(rows)                                                                                                     \
  static __attribute__((noinline)) void tile_##rows(const fv__gemm_block *block, const tile *first, int32_t count) {   \
    run_tiles(rows, block, first, count);                                                                              \
  }
TILE(1)
TILE(2)
TILE(3)
TILE(4)
#if FV__WIDTH >= 8
TILE(5)
TILE(6)
#endif
#if FV__WIDTH >= 16
TILE(7)
TILE(8)
TILE(9)
TILE(10)
TILE(11)
TILE(12)
TILE(13)
TILE(14)
#endif

static void call_tiles(int32_t rows, const fv__gemm_block *block, const tile *first, int32_t count) {
  switch (rows) {
  case 1: tile_1(block, first, count); break;
  case 2: tile_2(block, first, count); break;
  case 3: tile_3(block, first, count); break;
  case 4: tile_4(block, first, count); break;
#if FV__WIDTH >= 8
  case 5: tile_5(block, first, count); break;
  case 6: tile_6(block, first, count); break;
#endif
#if FV__WIDTH >= 16
  case 7: tile_7(block, first, count); break;
  case 8: tile_8(block, first, count); break;
  case 9: tile_9(block, first, count); break;
  case 10: tile_10(block, first, count); break;
  case 11: tile_11(block, first, count); break;
  case 12: tile_12(block, first, count); break;
  case 13: tile_13(block, first, count); break;
  case 14: tile_14(block, first, count); break;
#endif
  default: break;
  }
}

/* How many tiles from t on have the height of tile t. */
static int32_t equal_tiles(const fv__gemm_block *block, int32_t t) {
  const int32_t *starts = block->tile_starts, height = starts[t + 1] - starts[t];
  int32_t end = t + 1;
  while (end < block->tiles && starts[end + 1] - starts[end] == height) end++;
  return end - t;
}

/* Panels outside, tiles inside: a panel stays in the cache while all tiles of the block use it. */
static void multiply(const fv__gemm_block *block) {
  const int64_t length = block->taps * block->depth, panel_size = length * PANEL;
  const float *panel = block->panels;
  for (int64_t column = 0; column < block->columns; column += PANEL, panel += panel_size) {
    const bool last = column + PANEL >= block->columns;
    const float *next = last ? block->next_panel : panel + panel_size;
    const int64_t step = next ? PANEL / block->tiles : 0;
    tile place = {block->a, panel, 0, column, next ? next : panel, step};
    for (int32_t t = 0, count; t < block->tiles; t += count) {
      const int32_t rows = block->tile_starts[t + 1] - block->tile_starts[t];
      count = equal_tiles(block, t);
      call_tiles(rows, block, &place, count);
      place.a += block->taps * rows * count;
      place.first_row += rows * count;
      place.prefetch += step * length * count;
    }
  }
}

/* Eight rows of b at a time: eight streams hide the memory's latency without prefetching, and `to` is loaded and stored
 * once for all eight. */
V_INLINE vfloat add_column(const int rows, const float *x, const float *b, int64_t columns, vfloat sum) {
  vfloat even = sum, odd = {0};
  V_UNROLL for (int i = 0; i < rows; i += 2) {
    even += v_set(x[i]) * v_load(b + i * columns);
    if (i + 1 < rows) odd += v_set(x[i + 1]) * v_load(b + (i + 1) * columns);
  }
  return even + odd;
}

V_INLINE void add_some_rows(const int rows, const float *x, const float *b, int64_t columns, float *to) {
  int64_t j = 0;
  for (; j + FV__WIDTH <= columns; j += FV__WIDTH) v_store(to + j, add_column(rows, x, b + j, columns, v_load(to + j)));
  const int64_t rest = columns - j;
  if (rest == 0) return;
  float tail[8 * FV__WIDTH] = {0};
  for (int i = 0; i < rows; i++)
    for (int64_t k = 0; k < rest; k++) tail[i * FV__WIDTH + k] = b[i * columns + j + k];
  v_store_part(to + j, add_column(rows, x, tail, FV__WIDTH, v_load_part(to + j, rest)), rest);
}

static void add_rows(const float *x, const float *b, int64_t rows, int64_t columns, float *to) {
  int64_t k = 0;
  for (; k + 8 <= rows; k += 8) add_some_rows(8, x + k, b + k * columns, columns, to);
  for (; k < rows; k++) add_some_rows(1, x + k, b + k * columns, columns, to);
}

const fv__gemm_kernels FV__LEVEL_NAME(fv__kernels_gemm) = {
    .tile_rows = TILE_ROWS, .panel_width = PANEL, .multiply = multiply, .add_rows = add_rows};
