/* The micro-kernel of implicit GEMM: a tile of rows by two vectors of columns, its sums in registers for the whole of
 * k. A last panel of one vector goes with the panel before it: three vectors by half as many rows.
 *
 *   level      tile     sums   b   a     of registers      three vectors
 *   avx512     14 x 32    28   2   1     32                7 x 48
 *   avx2        6 x 16    12   2   1     16                3 x 24
 *   neon       10 x 8     20   2   6     32                5 x 12
 *   baseline    4 x 8      8   2   1+1   16                2 x 12
 *
 * While a panel is used, the next one is brought nearer: each tile asks for its share of it, evenly spread over k, so
 * that the requests hide behind the arithmetic.
 *
 * With a short k the ends of tiles count, some 25 cycles of what k = 64 makes 384: they are kept short, and rows of one
 * tap walk over all panels with their pointers in registers.
 */
#include "kernels/gemm.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

enum { TILE_ROWS = FV__TILE_ROWS, PANEL = 2 * FV__WIDTH, LINE = 16 /* floats per cache line */ };

/* Up to this k, tile after tile walks over all panels when they have up to so many floats: the second cache keeps them.
 */
enum { SHORT = 64, RESIDENT = 16384 };

/* Some tiles of equal height by some panels. */
typedef struct patch {
  const float *const *a; /* [tile][taps][height] */
  int32_t height;        /* of the tiles; `rows` of them are computed */
  int32_t first_row, tiles;
  const float *panel;
  int64_t column, panels;
  const float *prefetch; /* what every tile brings a part of, and how many floats of it with each k */
  int64_t prefetch_step;
} patch;

V_INLINE void prefetch(const float *from) {
  for (int i = 0; i < PANEL; i += LINE) __builtin_prefetch(from + i, 0, 2);
}

/* sums = a * panel. `rows` and `vectors` are constants where this is expanded; the third vector of columns is the first
 * of the next panel. Returns where the prefetching stopped. */
V_INLINE const float *sum_products(const int rows, const int vectors, const fv__gemm_block *block,
                                   const float *const *pointers, const patch *p, const float *panel, const float *ahead,
                                   vfloat sums[][3]) {
  V_UNROLL for (int i = 0; i < rows; i++) { V_UNROLL for (int v = 0; v < vectors; v++) sums[i][v] = (vfloat){0}; }
  const int64_t depth = block->depth, step = p->prefetch_step, next = block->taps * depth * PANEL;
  for (int64_t tap = 0; tap < block->taps; tap++, pointers += p->height) {
    const float *a[TILE_ROWS];
    V_UNROLL for (int i = 0; i < rows; i++) a[i] = pointers[i] + block->a_offset;
    V_UNROLL_TWICE for (int64_t k = 0; k < depth; k++, panel += PANEL, ahead += step) {
      vfloat b[3];
      V_UNROLL for (int v = 0; v < vectors; v++) b[v] = v_load(v < 2 ? panel + v * FV__WIDTH : panel + next);
      prefetch(ahead);
      V_UNROLL for (int i = 0; i < rows; i++) {
        const vfloat value = v_set(a[i][k]);
        V_UNROLL for (int v = 0; v < vectors; v++) sums[i][v] += value * b[v];
      }
    }
  }
  return ahead;
}

/* The end of a tile whose columns are all in use and whose sums are complete. */
V_INLINE void store_whole(const int rows, const int vectors, const fv__gemm_block *block, int32_t row, int64_t column,
                          vfloat sums[][3]) {
  if (!block->finish) {
    V_UNROLL for (int i = 0; i < rows; i++) {
      float *to = block->y[row + i] + block->y_offset + column;
      V_UNROLL for (int v = 0; v < vectors; v++) v_store(to + v * FV__WIDTH, sums[i][v]);
    }
    return;
  }
  const vfloat low = v_set(block->low), high = v_set(block->high);
  vfloat shift[3];
  V_UNROLL for (int v = 0; v < vectors; v++) shift[v] = v_load(block->shift + column + v * FV__WIDTH);
  column += block->y_offset;
  if (block->residual) { /* all loads before the first store: y may lie a multiple of 4 KB away */
    const float *const *residual = block->residual + row;
    V_UNROLL for (int i = 0; i < rows; i++) {
      V_UNROLL for (int v = 0; v < vectors; v++) sums[i][v] =
          sums[i][v] + shift[v] + v_load(residual[i] + column + v * FV__WIDTH);
    }
    V_UNROLL for (int v = 0; v < vectors; v++) shift[v] = v_set(-0.0f);
  }
  V_UNROLL for (int i = 0; i < rows; i++) {
    float *to = block->y[row + i] + column;
    V_UNROLL for (int v = 0; v < vectors; v++) v_store(to + v * FV__WIDTH, v_clamp(sums[i][v] + shift[v], low, high));
  }
}

/* Any other end: the same arithmetic, from memory. */
static __attribute__((noinline)) void store_any(int rows, int vectors, const fv__gemm_block *block, int32_t row,
                                                int64_t first_column, const float *sums) {
  const vfloat low = v_set(block->low), high = v_set(block->high);
  for (int i = 0; i < rows; i++, row++)
    for (int v = 0; v < vectors; v++, sums += FV__WIDTH) {
      const int64_t column = first_column + v * FV__WIDTH, left = block->columns - column;
      if (left <= 0) continue;
      float *y = block->y[row] + block->y_offset + column;
      vfloat sum = v_load(sums);
      if (block->add) sum += v_load_some(y, left);
      if (block->finish) {
        const vfloat shift = v_load_some(block->shift + column, left);
        sum = block->scale ? sum * v_load_some(block->scale + column, left) + shift : sum + shift;
        if (block->residual) sum += v_load_some(block->residual[row] + block->y_offset + column, left);
        sum = v_clamp(sum, low, high);
      }
      v_store_some(y, sum, left);
    }
}

/* The end of a tile, whichever it needs. */
V_INLINE void store(const int rows, const int vectors, const fv__gemm_block *block, bool whole, int32_t row,
                    int64_t column, vfloat sums[][3]) {
  if (whole) {
    store_whole(rows, vectors, block, row, column, sums);
    return;
  }
  float memory[TILE_ROWS * 3 * FV__WIDTH];
  V_UNROLL for (int i = 0; i < rows; i++) {
    V_UNROLL for (int v = 0; v < vectors; v++) v_store(memory + (i * vectors + v) * FV__WIDTH, sums[i][v]);
  }
  store_any(rows, vectors, block, row, column, memory);
}

/* All tiles by all panels of a patch. */
V_INLINE void run_patch(const int rows, const int vectors, const fv__gemm_block *caller_block,
                        const patch *caller_patch) {
  const fv__gemm_block block_copy = *caller_block, *block = &block_copy; /* so that no store can change them */
  const patch patch_copy = *caller_patch, *p = &patch_copy;
  const int64_t length = block->taps * block->depth;
  const bool simple = !block->add && !block->scale;
  const float *panel = p->panel, *ahead = p->prefetch;
  int64_t column = p->column;
  for (int64_t n = 0; n < p->panels; n++, panel += length * PANEL, column += PANEL) {
    const float *const *a = p->a;
    int32_t row = p->first_row;
    const bool whole = simple && column + vectors * FV__WIDTH <= block->columns;
    for (int32_t t = 0; t < p->tiles; t++, a += block->taps * p->height, row += p->height) {
      vfloat sums[TILE_ROWS][3];
      ahead = sum_products(rows, vectors, block, a, p, panel, ahead, sums);
      store(rows, vectors, block, whole, row, column, sums);
    }
  }
}

/* The same with tiles outside and panels inside, for rows of one tap: their pointers are loaded once. */
V_INLINE void walk_patch(const int rows, const fv__gemm_block *caller_block, const patch *p) {
  const fv__gemm_block copy = *caller_block, *block = &copy;
  const bool simple = !block->add && !block->scale;
  const int64_t depth = block->depth, end = p->column + p->panels * PANEL, step = p->prefetch_step;
  const float *ahead = p->prefetch;
  const float *const *pointers = p->a;
  int32_t row = p->first_row;
  for (int32_t t = 0; t < p->tiles; t++, pointers += rows, row += rows) {
    const float *panel = p->panel, *a[TILE_ROWS];
    V_UNROLL for (int i = 0; i < rows; i++) a[i] = pointers[i] + block->a_offset;
    for (int64_t column = p->column; column < end; column += PANEL) {
      vfloat sums[TILE_ROWS][3];
      V_UNROLL for (int i = 0; i < rows; i++) sums[i][0] = sums[i][1] = (vfloat){0};
      for (int64_t k = 0; k < depth; k++, panel += PANEL, ahead += step) {
        const vfloat b0 = v_load(panel), b1 = v_load(panel + FV__WIDTH);
        prefetch(ahead);
        V_UNROLL for (int i = 0; i < rows; i++) {
          const vfloat value = v_set(a[i][k]);
          sums[i][0] += value * b0;
          sums[i][1] += value * b1;
        }
      }
      store(rows, 2, block, simple && column + PANEL <= block->columns, row, column, sums);
    }
  }
}

/* One function per number of rows and of vectors (0: the walk), so that all sums are registers. */
#define PATCH(rows, vectors)                                                                                           \
  static __attribute__((noinline)) void patch_##rows##_##vectors(const fv__gemm_block *block, const patch *p) {        \
    run_patch(rows, vectors, block, p);                                                                                \
  }
#define WALK(rows)                                                                                                     \
  static __attribute__((noinline)) void walk_##rows(const fv__gemm_block *block, const patch *p) {                     \
    walk_patch(rows, block, p);                                                                                        \
  }
#define PATCHES(rows) PATCH(rows, 1) PATCH(rows, 2) PATCH(rows, 3) WALK(rows)
#define NAMES(rows)                                                                                                    \
  { walk_##rows, patch_##rows##_1, patch_##rows##_2, patch_##rows##_3 }
#define TALL(rows) PATCH(rows, 1) PATCH(rows, 2) WALK(rows)
#define TALL_NAMES(rows)                                                                                               \
  { walk_##rows, patch_##rows##_1, patch_##rows##_2, NULL }

typedef void patch_function(const fv__gemm_block *block, const patch *p);

#if FV__WIDTH == 16
enum { MOST_OF_3 = 9 }; /* rows that three vectors leave registers for */
PATCHES(1)
PATCHES(2)
PATCHES(3)
PATCHES(4)
PATCHES(5)
PATCHES(6)
PATCHES(7)
PATCHES(8)
PATCHES(9)
TALL(10)
TALL(11)
TALL(12)
TALL(13)
TALL(14)
static patch_function *const FUNCTIONS[TILE_ROWS][4] = {
    NAMES(1), NAMES(2), NAMES(3),       NAMES(4),       NAMES(5),       NAMES(6),       NAMES(7),
    NAMES(8), NAMES(9), TALL_NAMES(10), TALL_NAMES(11), TALL_NAMES(12), TALL_NAMES(13), TALL_NAMES(14)};
#elif FV__REGISTERS == 32
enum { MOST_OF_3 = 7 };
PATCHES(1)
PATCHES(2)
PATCHES(3)
PATCHES(4)
PATCHES(5)
PATCHES(6)
PATCHES(7)
TALL(8)
TALL(9)
TALL(10)
static patch_function *const FUNCTIONS[TILE_ROWS][4] = {
    NAMES(1), NAMES(2), NAMES(3), NAMES(4), NAMES(5), NAMES(6), NAMES(7), TALL_NAMES(8), TALL_NAMES(9), TALL_NAMES(10)};
#elif FV__WIDTH == 8
enum { MOST_OF_3 = 4 };
PATCHES(1)
PATCHES(2)
PATCHES(3)
PATCHES(4)
TALL(5)
TALL(6)
static patch_function *const FUNCTIONS[TILE_ROWS][4] = {NAMES(1), NAMES(2),      NAMES(3),
                                                        NAMES(4), TALL_NAMES(5), TALL_NAMES(6)};
#else
enum { MOST_OF_3 = 3 };
PATCHES(1)
PATCHES(2)
PATCHES(3)
TALL(4)
static patch_function *const FUNCTIONS[TILE_ROWS][4] = {NAMES(1), NAMES(2), NAMES(3), TALL_NAMES(4)};
#endif

/* Tiles too high for three vectors are done in two halves. */
static void call_patch(int vectors, const fv__gemm_block *block, const patch *p) {
  const int32_t rows = p->height;
  if (vectors < 3 || rows <= MOST_OF_3) {
    FUNCTIONS[rows - 1][vectors](block, p);
    return;
  }
  patch half = *p;
  FUNCTIONS[(rows + 1) / 2 - 1][3](block, &half);
  half.a += (rows + 1) / 2;
  half.first_row += (rows + 1) / 2;
  FUNCTIONS[rows / 2 - 1][3](block, &half);
}

/* How many tiles from t on have the height of tile t. */
static int32_t equal_tiles(const fv__gemm_block *block, int32_t t) {
  const int32_t *starts = block->tile_starts, height = starts[t + 1] - starts[t];
  int32_t end = t + 1;
  while (end < block->tiles && starts[end + 1] - starts[end] == height) end++;
  return end - t;
}

/* All tiles of the block by the panels of p; `vectors` as in FUNCTIONS. */
static void run_tiles(int vectors, const fv__gemm_block *block, patch p) {
  const int64_t length = block->taps * block->depth;
  for (int32_t t = 0; t < block->tiles; t += p.tiles) {
    p.tiles = equal_tiles(block, t);
    p.height = block->tile_starts[t + 1] - block->tile_starts[t];
    call_patch(vectors, block, &p);
    p.a += block->taps * p.height * p.tiles;
    p.first_row += p.height * p.tiles;
    p.prefetch += p.prefetch_step * length * p.panels * p.tiles;
  }
}

/* Has the tiles of the block bring `next` into the cache, each its part, the last perhaps a little more. */
static void bring(const fv__gemm_block *block, const float *next, patch *p) {
  p->prefetch = next ? next : block->panels;
  p->prefetch_step = next ? (PANEL + block->tiles - 1) / block->tiles : 0;
}

/* A last panel of one vector is done together with the panel before it. When all panels together are small, every tile
 * walks over them: its rows are read and its results written in order. Otherwise panels are outside, tiles inside: a
 * panel stays in the cache while all tiles of the block use it. */
static void multiply(const fv__gemm_block *block) {
  const int64_t panel_size = block->taps * block->depth * PANEL;
  const int64_t all = (block->columns + PANEL - 1) / PANEL;
  const bool odd = block->columns - (all - 1) * PANEL <= FV__WIDTH;
  const int64_t pairs = !odd ? all : all >= 2 ? all - 2 : 0;
  const bool walk = block->taps == 1 && block->depth <= SHORT && panel_size * all <= RESIDENT;
  patch p = {.a = block->a, .panel = block->panels, .panels = walk ? pairs : 1};
  for (int64_t n = 0; n < pairs; n += p.panels) {
    bring(block, n + p.panels < all ? p.panel + panel_size * p.panels : block->next_panel, &p);
    run_tiles(walk ? 0 : 2, block, p);
    p.panel += panel_size * p.panels;
    p.column += PANEL * p.panels;
  }
  p.panels = 1;
  bring(block, block->next_panel, &p);
  if (odd) run_tiles(all >= 2 ? 3 : 1, block, p);
}

/* Some rows of b side by side: so many streams hide the memory's latency without prefetching, and `to` is loaded and
 * stored once for all of them. */
V_INLINE void add_some_rows(const int rows, const float *x, const float *const *from, int64_t columns, float *to) {
  const float *b[FV__ROWS_ADDED];
  V_UNROLL for (int i = 0; i < rows; i++) b[i] = from[i];
  int64_t j = 0;
  for (; j + 2 * FV__WIDTH <= columns; j += 2 * FV__WIDTH) {
    vfloat left = v_load(to + j), right = v_load(to + j + FV__WIDTH);
    V_UNROLL for (int i = 0; i < rows; i++) {
      const vfloat value = v_set(x[i]);
      left += value * v_load(b[i] + j);
      right += value * v_load(b[i] + j + FV__WIDTH);
    }
    v_store(to + j, left);
    v_store(to + j + FV__WIDTH, right);
  }
  for (; j < columns; j += FV__WIDTH) {
    vfloat sum = v_load_some(to + j, columns - j);
    V_UNROLL for (int i = 0; i < rows; i++) sum += v_set(x[i]) * v_load_some(b[i] + j, columns - j);
    v_store_some(to + j, sum, columns - j);
  }
}

static void add_rows(const float *x, const float *const *b, int64_t rows, int64_t columns, float *to) {
  if (rows == FV__ROWS_ADDED)
    add_some_rows(FV__ROWS_ADDED, x, b, columns, to);
  else
    for (int64_t i = 0; i < rows; i++) add_some_rows(1, x + i, b + i, columns, to);
}

const fv__gemm_kernels FV__LEVEL_NAME(fv__kernels_gemm) = {
    .tile_rows = TILE_ROWS, .panel_width = PANEL, .multiply = multiply, .add_rows = add_rows};
