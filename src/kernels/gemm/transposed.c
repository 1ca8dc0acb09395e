/* The micro-kernel of products over the long side: a tile of rows by two vectors of columns, its sums in registers for
 * a whole block of k. One vector of columns has two sums instead, for even and odd k, to hide the latency.
 *
 * panel > rows: a panel of b stays in the first cache while all rows pass by.
 */
#include "kernels/transposed.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

enum { TILE_ROWS = FV__TILE_ROWS, PANEL = 2 * FV__WIDTH, LINE = 16 /* floats per cache line */ };

/* Products of so many rows make the ends of tiles cheap and let the blocks of 512 rows and columns stay in the second
 * cache. */
enum { USUAL_COUNT = FV__WIDTH == 16 ? 192 : 96 };

typedef struct place {
  int64_t a_offset, column;
  float *to;
} place;

/* `rows` and `vectors` are constants where these are expanded. */
V_INLINE void sum_one(const int rows, const fv__transposed_block *block, const place *at, vfloat sums[][2]) {
  const float *const *a = block->a, *b = block->b + at->column;
  const int64_t count = block->count, offset = at->a_offset, step = block->b_row;
  int64_t k = 0;
  for (; k + 2 <= count; k += 2, b += 2 * step) {
    const float *even = a[k] + offset, *odd = a[k + 1] + offset;
    const vfloat b0 = v_load(b), b1 = v_load(b + step);
    V_UNROLL for (int i = 0; i < rows; i++) {
      sums[i][0] += v_set(even[i]) * b0;
      sums[i][1] += v_set(odd[i]) * b1;
    }
  }
  if (k < count) {
    const float *even = a[k] + offset;
    const vfloat b0 = v_load(b);
    V_UNROLL for (int i = 0; i < rows; i++) sums[i][0] += v_set(even[i]) * b0;
  }
}

/* The same where a row and the one behind it share all numbers but one: each is loaded once for both. */
V_INLINE void sum_neighbours(const int rows, const fv__transposed_block *block, const place *at, vfloat sums[][2]) {
  const float *const *a = block->a, *b = block->b + at->column;
  const int64_t count = block->count, offset = at->a_offset, step = block->b_row;
  for (int64_t k = 0; k < count; k += 2, b += 2 * step) {
    const float *row = a[k] + offset;
    vfloat b0 = v_load(b), b1 = v_load(b + step);
    V_HOLD(b0);
    V_HOLD(b1);
    vfloat value = v_set(row[0]);
    V_UNROLL for (int i = 0; i < rows; i++) {
      sums[i][0] += value * b0;
      value = v_set(row[i + 1]);
      V_HOLD(value);
      sums[i][1] += value * b1;
    }
  }
}

V_INLINE void sum_two(const int rows, const fv__transposed_block *block, const place *at, vfloat sums[][2]) {
  const float *const *a = block->a, *b = block->b + at->column;
  const int64_t count = block->count, offset = at->a_offset, step = block->b_row;
  for (int64_t k = 0; k < count; k++, b += step) {
    const float *row = a[k] + offset;
    const vfloat b0 = v_load(b), b1 = v_load(b + FV__WIDTH);
    V_UNROLL for (int i = 0; i < rows; i++) {
      const vfloat value = v_set(row[i]);
      sums[i][0] += value * b0;
      sums[i][1] += value * b1;
    }
  }
}

/* The end of a tile that has more columns than are wanted. */
static __attribute__((noinline)) void store_some(int rows, int vectors, const fv__transposed_block *block,
                                                 const place *at, const float *sums) {
  for (int i = 0; i < rows; i++)
    for (int v = 0; v < vectors; v++, sums += FV__WIDTH) {
      const int64_t left = block->columns - at->column - v * FV__WIDTH;
      float *to = at->to + i * block->to_row + v * FV__WIDTH;
      v_store_some(to, block->add ? v_load(sums) + v_load_some(to, left) : v_load(sums), left);
    }
}

V_INLINE void multiply_tile(const int rows, const int vectors, const fv__transposed_block *block, const place *at) {
  vfloat sums[TILE_ROWS][2];
  const int64_t left = block->columns - at->column, step = block->to_row;
  const bool add = block->add;
  float *to = at->to;
  V_UNROLL for (int i = 0; i < rows; i++) {
    sums[i][0] = sums[i][1] = (vfloat){0};
    __builtin_prefetch(to + i * step, 1, 3);
  }
  if (vectors == 2)
    sum_two(rows, block, at, sums);
  else if (block->neighbours)
    sum_neighbours(rows, block, at, sums);
  else
    sum_one(rows, block, at, sums);
  V_UNROLL for (int i = 0; vectors == 1 && i < rows; i++) sums[i][0] += sums[i][1];
  if (left >= vectors * FV__WIDTH) {
    V_UNROLL for (int i = 0; i < rows; i++, to += step) {
      V_UNROLL for (int v = 0; v < vectors; v++) {
        if (add) sums[i][v] += v_load(to + v * FV__WIDTH);
        v_store(to + v * FV__WIDTH, sums[i][v]);
      }
    }
    return;
  }
  float memory[TILE_ROWS * 2 * FV__WIDTH];
  V_UNROLL for (int i = 0; i < rows; i++) {
    V_UNROLL for (int v = 0; v < vectors; v++) v_store(memory + (i * vectors + v) * FV__WIDTH, sums[i][v]);
  }
  store_some(rows, vectors, block, at, memory);
}

/* One function per number of rows and of vectors, so that all sums are registers. */
#define TILES(rows)                                                                                                    \
  static __attribute__((noinline)) void tile_##rows##_1(const fv__transposed_block *block, const place *at) {          \
    multiply_tile(rows, 1, block, at);                                                                                 \
  }                                                                                                                    \
  static __attribute__((noinline)) void tile_##rows##_2(const fv__transposed_block *block, const place *at) {          \
    multiply_tile(rows, 2, block, at);                                                                                 \
  }
#define NAMES(rows)                                                                                                    \
  { tile_##rows##_1, tile_##rows##_2 }

typedef void tile_function(const fv__transposed_block *block, const place *at);

TILES(1)
TILES(2)
TILES(3)
TILES(4)
#if FV__TILE_ROWS >= 6
TILES(5)
TILES(6)
#endif
#if FV__TILE_ROWS >= 10
TILES(7)
TILES(8)
TILES(9)
TILES(10)
#endif
#if FV__TILE_ROWS >= 14
TILES(11)
TILES(12)
TILES(13)
TILES(14)
#endif

static tile_function *const FUNCTIONS[TILE_ROWS][2] = {
    NAMES(1),  NAMES(2),  NAMES(3),  NAMES(4),
#if FV__TILE_ROWS >= 6
    NAMES(5),  NAMES(6),
#endif
#if FV__TILE_ROWS >= 10
    NAMES(7),  NAMES(8),  NAMES(9),  NAMES(10),
#endif
#if FV__TILE_ROWS >= 14
    NAMES(11), NAMES(12), NAMES(13), NAMES(14),
#endif
};

/* The share of tile `number` of `tiles` in what is wanted soon. */
static void bring_nearer(const fv__transposed_block *block, int64_t number, int64_t tiles) {
  for (int i = 0; i < 2; i++) {
    const fv__transposed_run *run = &block->soon[i];
    const int64_t end = (number + 1) * run->lines / tiles;
    for (int64_t line = number * run->lines / tiles; line < end; line++)
      __builtin_prefetch(run->from + line * LINE, 0, 2);
  }
}

static void multiply(const fv__transposed_block *block) {
  const int64_t depth = block->depth, groups = (depth + TILE_ROWS - 1) / TILE_ROWS;
  const int64_t tiles = (block->columns + PANEL - 1) / PANEL * block->runs * groups;
  int64_t number = 0;
  for (int64_t column = 0; column < block->columns; column += PANEL) {
    const int two = block->columns - column > FV__WIDTH;
    place at = {.column = column, .to = block->to + column};
    for (int64_t run = 0; run < block->runs; run++)
      for (int64_t group = 0; group < groups; group++) {
        const int64_t row = group * depth / groups, rows = (group + 1) * depth / groups - row;
        bring_nearer(block, number++, tiles);
        at.a_offset = block->a_offset + run * block->run_step + row;
        FUNCTIONS[rows - 1][two](block, &at);
        at.to += rows * block->to_row;
      }
  }
}

const fv__transposed_kernels FV__LEVEL_NAME(fv__kernels_transposed) = {.usual_count = USUAL_COUNT,
                                                                       .multiply = multiply};
