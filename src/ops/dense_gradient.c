/* Gradients of dense layers as matrix products, for up to 512 rows: a batch. The kernel, which may be much larger than
 * all else, is read or written once, in its order.
 *
 *   by x       dx' [c][rows] = kernel [c][out_c] times dy' [out_c][rows]
 *              dy is turned into panels once; rows of the kernel are the left side as they lie; a block of dx' is
 *              turned back into dx. Up to four rows, which would leave panels almost empty, are multiplied with each
 * row of the kernel as they are by kernel  dK [c][out_c] = x' [c][rows] times dy [rows][out_c] dy is copied with rows
 * that do not fall on each other in the cache; x is read as it lies
 *
 * More rows go the ways of convolution with a window of one pixel.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/conv.h"
#include "ops/dense.h"
#include "ops/dense_gradient.h"

enum {
  MOST_ROWS = 512,
  DOT_ROWS = 4,
  STRETCH = 512, /* of out_c, multiplied before the next */
  TILES = 8,     /* of a block of the kernel's rows */
  MOST_BLOCK = TILES * 16,
  LINE = 16,
  PACKED = 64 /* outputs per piece while turning */
};

static const char *why_not(const fv__op *op) {
  return fv__dense_rows(op) <= MOST_ROWS ? NULL : "there are more than 512 rows";
}

/* ---- by the input ---- */

static int64_t panels_of(const fv__op *op) {
  const int64_t width = op->kernels->gemm->panel_width;
  return (fv__dense_rows(op) + width - 1) / width;
}

static int64_t packed_floats(const fv__op *op) {
  return panels_of(op) * op->kernels->gemm->panel_width * fv__round_up(op->window.out_c, LINE);
}

/* Rows of the kernel in a block, and floats of the block's dx'. */
static int64_t block_rows(const fv__op *op) { return (int64_t)op->kernels->gemm->tile_rows * TILES; }
static int64_t block_row(const fv__op *op) { return fv__round_up(fv__dense_rows(op), LINE) + LINE; }

static size_t input_scratch(const fv__op *op, int threads) {
  return (size_t)(packed_floats(op) + threads * block_rows(op) * block_row(op)) * sizeof(float);
}

/* Where the panels of a stretch of out_c begin. */
static float *stretch_panels(const fv__backward_call *call, int64_t first) {
  return (float *)call->scratch + first * panels_of(call->op) * call->op->kernels->gemm->panel_width;
}

/* Outputs [first, end) of dy, which lie in one stretch, into [stretch][panel][output][row]. */
static void turn(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__op *op = call->op;
  const int64_t width = op->kernels->gemm->panel_width, rows = fv__dense_rows(op);
  const int64_t start = first / STRETCH * STRETCH, depth = fv__min(STRETCH, op->window.out_c - start);
  for (int64_t row = 0; row < panels_of(op) * width; row++) {
    float *to = stretch_panels(call, start) + (row / width * depth + first - start) * width + row % width;
    const float *dy = row < rows ? fv__view_at_pixel(&call->dy, row) : NULL;
    for (int64_t o = first; o < end; o++, to += width) *to = dy ? dy[o] : 0;
  }
}

/* dx' of rows [k, k + count) of the kernel. */
static void multiply(const fv__backward_call *call, int64_t k, int64_t count, float *block) {
  const fv__op *op = call->op;
  const int64_t out_c = op->window.out_c,
                tiles = (count + op->kernels->gemm->tile_rows - 1) / op->kernels->gemm->tile_rows;
  const float *a[MOST_BLOCK];
  float *y[MOST_BLOCK];
  int32_t starts[TILES + 1] = {0};
  for (int64_t i = 0; i < count; i++) {
    a[i] = call->kernel + (k + i) * out_c;
    y[i] = block + i * block_row(op);
  }
  for (int64_t t = 0; t < tiles; t++) starts[t + 1] = (int32_t)((t + 1) * count / tiles);
  for (int64_t first = 0; first < out_c; first += STRETCH) {
    const fv__gemm_block product = {.taps = 1,
                                    .depth = fv__min(STRETCH, out_c - first),
                                    .tiles = (int32_t)tiles,
                                    .tile_starts = starts,
                                    .a = a,
                                    .a_offset = first,
                                    .panels = stretch_panels(call, first),
                                    .columns = fv__dense_rows(op),
                                    .y = y,
                                    .add = first > 0};
    op->kernels->gemm->multiply(&product);
  }
}

static void input_block(void *context, int64_t piece, int thread) {
  const fv__backward_call *call = context;
  const fv__op *op = call->op;
  const int64_t k = piece * block_rows(op), count = fv__min(block_rows(op), op->window.c - k), step = block_row(op);
  float *block = (float *)call->scratch + packed_floats(op) + thread * block_rows(op) * step;
  multiply(call, k, count, block);
  for (int64_t row = 0; row < fv__dense_rows(op); row++) {
    float *dx = fv__view_at_pixel(&call->dx[0], row) + k;
    if (call->overwrite)
      for (int64_t i = 0; i < count; i++) dx[i] = block[i * step + row];
    else
      for (int64_t i = 0; i < count; i++) dx[i] += block[i * step + row];
  }
}

/* Rows [first, end) of the kernel, each with every dy. */
static void dot_rows(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__op *op = call->op;
  const int64_t out_c = op->window.out_c, rows = fv__dense_rows(op);
  for (int64_t k = first; k < end; k++)
    for (int64_t row = 0; row < rows; row++) {
      float *dx = fv__view_at_pixel(&call->dx[0], row) + k;
      const float sum = op->kernels->vec->dot(call->kernel + k * out_c, fv__view_at_pixel(&call->dy, row), out_c);
      *dx = call->overwrite ? sum : *dx + sum;
    }
}

static void input_backward(const fv__backward_call *call) {
  const fv__op *op = call->op;
  if (fv__dense_rows(op) <= DOT_ROWS) {
    fv__gradient_ranges(call, op->window.c, block_rows(op), dot_rows);
    return;
  }
  fv__gradient_ranges(call, op->window.out_c, PACKED, turn);
  fv__parallel_for(call->pool, (op->window.c + block_rows(op) - 1) / block_rows(op), input_block, (void *)call);
}

/* ---- by the weights ---- */

/* Rows an odd number of cache lines apart do not fall on each other in the cache. */
static int64_t copied_row(const fv__op *op) {
  return ((op->window.out_c + FV__TRANSPOSED_MARGIN + LINE - 1) / LINE | 1) * LINE;
}

static int64_t copied_floats(const fv__op *op) { return fv__dense_rows(op) * copied_row(op); }

static size_t weight_scratch(const fv__op *op, int threads) {
  (void)threads;
  return (size_t)copied_floats(op) * sizeof(float) + fv__conv_bias_bytes(op);
}

static void copy_rows(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__op *op = call->op;
  for (int64_t row = first; row < end; row++)
    memcpy((float *)call->scratch + row * copied_row(op), fv__view_at_pixel(&call->dy, row),
           (size_t)op->window.out_c * sizeof(float));
}

static void weight_rows(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__op *op = call->op;
  const fv__transposed_kernels *kernels = op->kernels->transposed;
  const int64_t rows = fv__dense_rows(op), out_c = op->window.out_c;
  const float *a[MOST_ROWS];
  for (int64_t row = 0; row < rows; row++) a[row] = fv__view_at_pixel(&call->x[0], row);
  for (int64_t row = 0; row < rows; row += kernels->usual_count) {
    const fv__transposed_block block = {.count = fv__min(kernels->usual_count, rows - row),
                                        .a = a + row,
                                        .a_offset = first,
                                        .runs = 1,
                                        .depth = end - first,
                                        .b = (const float *)call->scratch + row * copied_row(op),
                                        .b_row = copied_row(op),
                                        .columns = out_c,
                                        .to = call->dkernel + first * out_c,
                                        .to_row = out_c,
                                        .add = row > 0 || !call->overwrite};
    kernels->multiply(&block);
  }
}

static void weight_backward(const fv__backward_call *call) {
  const fv__op *op = call->op;
  fv__gradient_ranges(call, fv__dense_rows(op), LINE, copy_rows);
  if (call->dkernel) fv__gradient_ranges(call, op->window.c, op->kernels->gemm->tile_rows, weight_rows);
  fv__backward_call of_copy = *call;
  of_copy.dy = (fv__view){call->scratch, 1, 1, fv__dense_rows(op), op->window.out_c, 0, 0, copied_row(op)};
  if (call->dbias) fv__conv_bias_gradient(&of_copy, (float *)call->scratch + copied_floats(op));
}

const fv__gradient_way fv__dense_input_rows = {.name = "few rows",
                                               .why_not = why_not,
                                               .scratch_bytes = input_scratch,
                                               .backward = input_backward,
                                               .overwrites = true};
const fv__gradient_way fv__dense_weight_rows = {.name = "few rows",
                                                .why_not = why_not,
                                                .scratch_bytes = weight_scratch,
                                                .backward = weight_backward,
                                                .reads_x = true,
                                                .overwrites = true};

/* ---- as convolutions ---- */

static fv__op convolution(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  fv__op conv = *op;
  conv.type = &fv__op_conv;
  conv.window = (fv__window_problem){.n = 1,
                                     .h = 1,
                                     .w = fv__dense_rows(op),
                                     .c = p->c,
                                     .out_h = 1,
                                     .out_w = fv__dense_rows(op),
                                     .out_c = p->out_c,
                                     .window = {1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
                                     .groups = 1};
  return conv;
}

static const char *many_why_not(const fv__op *op) {
  return fv__dense_rows(op) > MOST_ROWS ? NULL : "there are no more than 512 rows";
}

static size_t scratch_by(const fv__op *op, const fv__gradient_way *way, int threads) {
  const fv__op conv = convolution(op);
  return way->scratch_bytes ? way->scratch_bytes(&conv, threads) : 0;
}

static size_t many_input_scratch(const fv__op *op, int threads) {
  return scratch_by(op, &fv__conv_input_phases, threads);
}
static size_t many_weight_scratch(const fv__op *op, int threads) {
  return scratch_by(op, &fv__conv_weight_gemm, threads);
}

/* The same numbers as one row of pixels; views that are no matrix stay as they are, images of as many pixels. */
static fv__view line(const fv__view *view) {
  const int64_t pixels = fv__view_pixels(view);
  return (fv__view){view->data, 1, 1, pixels, view->c, pixels * view->pixel, pixels * view->pixel, view->pixel};
}

static void by_convolution(const fv__backward_call *call, const fv__gradient_way *way, const fv__gradient_way *plain) {
  const fv__op conv = convolution(call->op);
  const bool matrices = fv__view_is_matrix(&call->dy) && fv__view_is_matrix(&call->x[0]) &&
                        (!call->dx[0].data || fv__view_is_matrix(&call->dx[0]));
  if (!matrices) {
    plain->backward(call);
    return;
  }
  fv__backward_call inner = *call;
  inner.op = &conv;
  inner.packed = NULL;
  inner.x[0] = line(&call->x[0]);
  inner.dy = line(&call->dy);
  inner.dx[0] = line(&call->dx[0]);
  inner.overwrite = false;
  way->backward(&inner);
}

static void many_input(const fv__backward_call *call) {
  by_convolution(call, &fv__conv_input_phases, &fv__dense_input_reference);
}

static void many_weight(const fv__backward_call *call) {
  by_convolution(call, &fv__conv_weight_gemm, &fv__dense_weight_reference);
}

const fv__gradient_way fv__dense_input_convolution = {
    .name = "convolution", .why_not = many_why_not, .scratch_bytes = many_input_scratch, .backward = many_input};
const fv__gradient_way fv__dense_weight_convolution = {.name = "convolution",
                                                       .why_not = many_why_not,
                                                       .scratch_bytes = many_weight_scratch,
                                                       .backward = many_weight,
                                                       .reads_x = true};
