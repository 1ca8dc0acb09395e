/* Dense layers on many rows: a matrix product whose right side is packed on the fly.
 *
 *   piece: 128 columns by up to 512 rows; fewer columns where that would leave few pieces
 *     504 of k: packed into panels in scratch [panel][k][panel_width], then used by all rows of the piece
 *
 * The sums of one stretch of k start at zero and are added to those before it, which wait in y. The stretches are
 * constants, so the bits depend on nothing else.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/dense.h"
#include "ops/way.h"

enum {
  COLUMNS = 128,
  STRETCH = 504, /* not a power of two: panels would share the same sets of the cache */
  PIECE_ROWS = 512,
  WANTED_PIECES = 4,
  LEAST_COLUMNS = 32, /* a multiple of every panel width */
  MAX_TILES = 8,
  MAX_BLOCK_ROWS = MAX_TILES * 16,
  ROWS_AHEAD = 4,
  LINE = 16, /* floats per cache line */
  STEP = 8
};

static int64_t row_blocks(const fv__op *op) { return (fv__dense_rows(op) + PIECE_ROWS - 1) / PIECE_ROWS; }

/* Of a piece. */
static int64_t columns_of(const fv__op *op) {
  int64_t columns = COLUMNS;
  while (columns > LEAST_COLUMNS && (op->window.out_c + columns - 1) / columns * row_blocks(op) < WANTED_PIECES)
    columns /= 2;
  return columns;
}

/* Floats of one thread's panels. */
static int64_t panel_floats(const fv__op *op) {
  const int64_t columns = fv__min(columns_of(op), op->window.out_c), depth = fv__min(STRETCH, op->window.c);
  return fv__round_up(columns, op->kernels->gemm->panel_width) * depth;
}

static size_t scratch_bytes(const fv__op *op, int threads) {
  return (size_t)(threads * panel_floats(op)) * sizeof(float);
}

/* Copies of a constant size need no call. Panels are a multiple of STEP wide at every level. */
static void copy_panel_row(float *to, const float *from, int64_t width) {
  for (int64_t i = 0; i < width; i += STEP) memcpy(to + i, from + i, STEP * sizeof *to);
}

/* kernel [k .. k + depth)[column .. column + columns) into panels; unused columns are 0. The rows lie far apart, so
 * that the processor does not see which comes next: it is told some rows ahead. */
static void pack_stretch(const fv__op_call *call, int64_t k, int64_t depth, int64_t column, int64_t columns,
                         float *panels) {
  const int64_t width = call->op->kernels->gemm->panel_width, out_c = call->op->window.out_c;
  for (int64_t i = 0; i < depth; i++) {
    const float *from = call->kernel + (k + i) * out_c + column;
    float *to = panels + i * width;
    for (int64_t o = 0; i + ROWS_AHEAD < depth && o < columns; o += LINE)
      __builtin_prefetch(from + ROWS_AHEAD * out_c + o);
    int64_t done = 0;
    for (; done + width <= columns; done += width, to += width * depth) copy_panel_row(to, from + done, width);
    if (done == columns) continue;
    memset(to, 0, (size_t)width * sizeof *to);
    memcpy(to, from + done, (size_t)(columns - done) * sizeof *to);
  }
}

/* Rows [first, end) of the piece times one packed stretch. */
static void multiply(const fv__op_call *call, int64_t first, int64_t end, fv__gemm_block *block) {
  const fv__op *op = call->op;
  const int64_t height = op->kernels->gemm->tile_rows;
  const float *x[MAX_BLOCK_ROWS], *residual[MAX_BLOCK_ROWS];
  float *y[MAX_BLOCK_ROWS];
  int32_t starts[MAX_TILES + 1] = {0};
  const int64_t tiles = (end - first + height - 1) / height;
  for (int64_t row = first; row < end; row++) {
    x[row - first] = fv__view_at_pixel(&call->x[0], row);
    y[row - first] = fv__view_at_pixel(&call->y, row);
    if (call->residual.data) residual[row - first] = fv__view_at_pixel(&call->residual, row);
  }
  for (int64_t t = 0; t < tiles; t++) starts[t + 1] = (int32_t)((t + 1) * (end - first) / tiles);
  block->tiles = (int32_t)tiles;
  block->tile_starts = starts;
  block->a = x;
  block->y = y;
  block->residual = call->residual.data ? residual : NULL;
  op->kernels->gemm->multiply(block);
}

static void run_piece(void *context, int64_t piece, int thread) {
  const fv__op_call *call = context;
  const fv__op *op = call->op;
  const int64_t rows = fv__dense_rows(op), c = op->window.c, out_c = op->window.out_c;
  const int64_t width = columns_of(op), column_blocks = (out_c + width - 1) / width;
  const int64_t column = piece % column_blocks * width, columns = fv__min(width, out_c - column);
  const int64_t first = piece / column_blocks * PIECE_ROWS, end = fv__min(rows, first + PIECE_ROWS);
  const int64_t block_rows = (int64_t)op->kernels->gemm->tile_rows * MAX_TILES;
  float *panels = (float *)call->scratch + thread * panel_floats(op);
  for (int64_t k = 0; k < c; k += STRETCH) {
    const int64_t depth = fv__min(STRETCH, c - k);
    fv__gemm_block block = {.taps = 1,
                            .depth = depth,
                            .a_offset = k,
                            .panels = panels,
                            .next_panel = panels,
                            .columns = columns,
                            .y_offset = column,
                            .scale = (const float *)call->packed + column,
                            .shift = (const float *)call->packed + out_c + column,
                            .low = op->low,
                            .high = op->high,
                            .add = k > 0,
                            .finish = k + depth == c};
    pack_stretch(call, k, depth, column, columns, panels);
    for (int64_t row = first; row < end; row += block_rows) multiply(call, row, fv__min(end, row + block_rows), &block);
  }
}

static void forward(const fv__op_call *call) {
  const int64_t columns = columns_of(call->op), blocks = (call->op->window.out_c + columns - 1) / columns;
  fv__parallel_for(call->pool, blocks * row_blocks(call->op), run_piece, (void *)call);
}

const fv__way fv__dense_gemm = {.name = "gemm",
                                .why_not = fv__way_fits,
                                .packed_bytes = fv__dense_packed_bytes,
                                .pack = fv__dense_pack,
                                .scratch_bytes = scratch_bytes,
                                .forward = forward,
                                .keeps_natural = true};
