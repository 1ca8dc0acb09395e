/* Convolution by Winograd's minimal filtering (kernels/winograd.h): tiles of outputs from sums of fewer products.
 *
 *   block (24 to 56 tiles)    V [product][tile][c]        left sides: every tile of the input, transformed
 *     product                 S [product][tile][out_c]    S = V U, one matrix product per product of the tile
 *                             y                            S transformed back, shift, residual, clamp
 *
 * Many blocks: each is done whole by one thread, in memory of its own. Few blocks (small maps): the three steps are cut
 * among threads one after the other, over memory they share. Which of the two depends on the problem only, and no cut
 * changes a sum.
 *
 * Packed: U [product][panel][c][panel_width], the kernel scaled by the normalisation and transformed in double |
 * shift [out_c] | zeros [c], what a tile sees outside the image.
 *
 * One way per shape of tile; their estimated times decide (ops/estimate.h).
 */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/conv.h"
#include "ops/estimate.h"
#include "ops/way.h"

enum {
  LEAST_CHANNELS = 16, /* the widest vector */
  LINE = 16,           /* floats per cache line */
  WANTED_PIECES = 16,
  MOST_TILES = 56, /* of a block */
  MOST_ROWS = 14,  /* of the product's tiles of rows, at any level */
  MOST_ROW_TILES = MOST_TILES
};

/* Sizes that follow from the op and the tile. */
typedef struct sizes {
  fv__winograd_shape shape;
  int64_t products, across, down, tiles;                      /* tiles of outputs: per row, per column, of all images */
  int64_t block_tiles, blocks;                                /* tiles per block at most */
  bool together;                                              /* threads share each block */
  int64_t panels, v_row, v_product, s_row, s_product;         /* floats */
  int64_t product_floats, shift_offset, zeros_offset, floats; /* in packed */
} sizes;

/* Rows an odd number of cache lines apart do not fall on each other in the cache. */
static int64_t odd_lines(int64_t floats) {
  const int64_t lines = (floats + LINE - 1) / LINE;
  return (lines | 1) * LINE;
}

static sizes sizes_of(const fv__op *op, fv__winograd_kind kind) {
  const fv__window_problem *p = &op->window;
  const fv__gemm_kernels *gemm = op->kernels->gemm;
  sizes s = {.shape = op->kernels->winograd->transforms[kind].shape};
  s.products = (int64_t)fv__winograd_points_h(&s.shape) * fv__winograd_points_w(&s.shape);
  s.across = (p->out_w + s.shape.outputs_w - 1) / s.shape.outputs_w;
  s.down = (p->out_h + s.shape.outputs_h - 1) / s.shape.outputs_h;
  s.tiles = p->n * s.across * s.down;
  const int64_t usual = gemm->tile_rows * (28 / gemm->tile_rows); /* 28, 24, 28 */
  s.together = s.tiles < usual * WANTED_PIECES;
  s.block_tiles = s.together ? 2 * usual : usual;
  s.blocks = (s.tiles + s.block_tiles - 1) / s.block_tiles;
  if (s.blocks > 0) s.block_tiles = (s.tiles + s.blocks - 1) / s.blocks;
  s.panels = (p->out_c + gemm->panel_width - 1) / gemm->panel_width;
  s.v_row = odd_lines(p->c);
  s.s_row = odd_lines(p->out_c);
  s.v_product = odd_lines(s.block_tiles * s.v_row);
  s.s_product = odd_lines(s.block_tiles * s.s_row);
  s.product_floats = s.panels * p->c * gemm->panel_width;
  s.shift_offset = s.products * s.product_floats;
  s.zeros_offset = s.shift_offset + fv__round_up(p->out_c, LINE);
  s.floats = s.zeros_offset + fv__round_up(p->c, LINE);
  return s;
}

static const char *why_not(const fv__op *op, fv__winograd_kind kind) {
  const fv__window_problem *p = &op->window;
  const fv__window *w = &p->window;
  const fv__winograd_shape *shape = &op->kernels->winograd->transforms[kind].shape;
  if (op->accuracy == FV_ACCURACY_EXACT) return "asked to be exact";
  if (kind == FV__WINOGRAD_6X6_3X3 && op->accuracy != FV_ACCURACY_FAST) return "not asked to be fast";
  if (w->kernel_h != shape->filter_h || w->kernel_w != shape->filter_w) return "the kernel has another size";
  if (w->stride_h != 1 || w->stride_w != 1) return "the stride is not 1";
  if (w->dilation_h != 1 || w->dilation_w != 1) return "the kernel is dilated";
  if (p->groups != 1) return "channels are in groups";
  if (p->c < LEAST_CHANNELS || p->out_c < LEAST_CHANNELS) return "fewer than 16 channels";
  return NULL;
}

/* Transforming, the products, and the weights' way through memory, whichever of the two takes longer. */
static double estimate(const fv__op *op, fv__winograd_kind kind) {
  const fv__window_problem *p = &op->window;
  const sizes s = sizes_of(op, kind);
  const double products = (double)s.tiles * (double)s.products;
  return fv__estimate_transforms(op, products * (double)(p->c + p->out_c)) +
         fv__estimate_gemm(op, s.tiles, p->c * s.products, p->out_c);
}

static size_t packed_bytes(const fv__op *op, fv__winograd_kind kind) {
  return (size_t)sizes_of(op, kind).floats * sizeof(float);
}

/* G for n points and a filter of k pixels, as the header of kernels/winograd.h defines it. */
static void filter_matrix(int32_t outputs, int32_t filter, double to[][FV__WINOGRAD_MOST_FILTER]) {
  static const double POINTS[4][4] = {
      {FV__WINOGRAD_POINTS_4}, {FV__WINOGRAD_POINTS_6}, {FV__WINOGRAD_POINTS_8}, {FV__WINOGRAD_POINTS_10}};
  const int32_t points = outputs + filter - 1, finite = points - 1;
  if (points == 1) {
    to[0][0] = 1;
    return;
  }
  double point[FV__WINOGRAD_MOST_POINTS] = {0};
  for (int32_t i = 1; i < finite; i++) {
    const double p = POINTS[points / 2 - 2][(i - 1) / 2];
    point[i] = i % 2 ? p : -p;
  }
  for (int32_t i = 0; i < finite; i++) {
    double divisor = 1, power = 1;
    for (int32_t other = 0; other < finite; other++)
      if (other != i) divisor *= point[i] - point[other];
    for (int32_t k = 0; k < filter; k++, power *= point[i]) to[i][k] = power / divisor;
  }
  for (int32_t k = 0; k < filter; k++) to[finite][k] = k == filter - 1;
}

/* Whole panels are written; what is left of the last one is zeros. */
static void pack(const fv__op *op, const fv__op_weights *weights, void *packed, fv__winograd_kind kind) {
  const sizes s = sizes_of(op, kind);
  const fv__winograd_transform *transform = &op->kernels->winograd->transforms[kind];
  const int64_t width = op->kernels->gemm->panel_width, c = op->window.c, out_c = op->window.out_c;
  double g_h[FV__WINOGRAD_MOST_POINTS][FV__WINOGRAD_MOST_FILTER] = {{0}};
  double g_w[FV__WINOGRAD_MOST_POINTS][FV__WINOGRAD_MOST_FILTER] = {{0}};
  double scale[FV__PANEL_LIMIT], shift;
  filter_matrix(s.shape.outputs_h, s.shape.filter_h, g_h);
  filter_matrix(s.shape.outputs_w, s.shape.filter_w, g_w);
  float *to = packed;
  memset(to + s.shift_offset, 0, (size_t)(s.floats - s.shift_offset) * sizeof *to);
  for (int64_t panel = 0; panel < s.panels; panel++) {
    const int64_t column = panel * width, columns = fv__min(width, out_c - column);
    float *first = to + panel * c * width;
    for (int64_t o = 0; o < columns; o++) {
      fv__op_scale_shift(op, weights, column + o, &scale[o], &shift);
      to[s.shift_offset + column + o] = (float)shift;
    }
    for (int64_t i = 0; columns < width && i < s.products; i++)
      memset(first + i * s.product_floats, 0, (size_t)(c * width) * sizeof *to);
    for (int64_t channel = 0; channel < c; channel++)
      transform->filter(&(fv__winograd_filter){.kernel = weights->kernel + channel * out_c + column,
                                               .pixel = c * out_c,
                                               .channels = columns,
                                               .scale = scale,
                                               .g_h = (const double(*)[FV__WINOGRAD_MOST_FILTER])g_h,
                                               .g_w = (const double(*)[FV__WINOGRAD_MOST_FILTER])g_w,
                                               .u = first + channel * width,
                                               .product = s.product_floats});
  }
}

/* Memory for one block: V, then S. */
static size_t block_bytes(const sizes *s) {
  return (size_t)(s->products * (s->v_product + s->s_product)) * sizeof(float);
}

static size_t scratch_bytes(const fv__op *op, int threads, fv__winograd_kind kind) {
  const sizes s = sizes_of(op, kind);
  return block_bytes(&s) * (size_t)(s.together ? 1 : threads);
}

/* One run. */
typedef struct job {
  const fv__op_call *call;
  const sizes *s;
  const fv__winograd_transform *transform;
  int64_t block; /* the one that threads share */
} job;

/* The block's place and its memory. */
typedef struct block {
  int64_t first, count; /* tiles */
  float *v, *sums;
} block;

static block block_of(const job *j, int64_t number, int thread) {
  const sizes *s = j->s;
  block b = {.first = number * s->tiles / s->blocks};
  b.count = (number + 1) * s->tiles / s->blocks - b.first;
  b.v = (float *)((char *)j->call->scratch + (s->together ? 0 : (size_t)thread * block_bytes(s)));
  b.sums = b.v + s->products * s->v_product;
  return b;
}

/* A tile that reaches outside the image is found through pointers, some to zeros. */
static void point_pixels(const job *j, int64_t n, int64_t top, int64_t left, const float **to) {
  const sizes *s = j->s;
  const fv__view *x = &j->call->x[0];
  const float *zeros = (const float *)j->call->packed + s->zeros_offset;
  const int32_t points_h = fv__winograd_points_h(&s->shape), points_w = fv__winograd_points_w(&s->shape);
  for (int32_t i = 0; i < points_h; i++)
    for (int32_t k = 0; k < points_w; k++) {
      const int64_t row = top + i, column = left + k;
      const bool inside = row >= 0 && row < x->h && column >= 0 && column < x->w;
      *to++ = inside ? fv__view_at(x, n, row, column) : zeros;
    }
}

static void transform_input(const job *j, const block *b, int64_t in_block) {
  const sizes *s = j->s;
  const fv__view *x = &j->call->x[0];
  const fv__window *w = &j->call->op->window.window;
  const int64_t tile = b->first + in_block, row = tile / s->across;
  const int64_t n = row / s->down, top = row % s->down * s->shape.outputs_h - w->top;
  const int64_t left = tile % s->across * s->shape.outputs_w - w->left;
  fv__winograd_input input = {
      .row = x->row, .pixel = x->pixel, .channels = x->c, .v = b->v + in_block * s->v_row, .product = s->v_product};
  const float *pixels[FV__WINOGRAD_MOST_PRODUCTS];
  if (top >= 0 && left >= 0 && top + fv__winograd_points_h(&s->shape) <= x->h &&
      left + fv__winograd_points_w(&s->shape) <= x->w) {
    input.x = fv__view_at(x, n, top, left);
  } else {
    point_pixels(j, n, top, left, pixels);
    input.pixels = pixels;
    input.x = x->data;
  }
  j->transform->input(&input);
}

static void transform_output(const job *j, const block *b, int64_t in_block) {
  const sizes *s = j->s;
  const fv__op_call *call = j->call;
  const int64_t tile = b->first + in_block, row = tile / s->across;
  const int64_t n = row / s->down, top = row % s->down * s->shape.outputs_h;
  const int64_t left = tile % s->across * s->shape.outputs_w;
  const bool residual = call->residual.data != NULL;
  j->transform->output(&(fv__winograd_output){
      .sums = b->sums + in_block * s->s_row,
      .product = s->s_product,
      .channels = call->y.c,
      .y = fv__view_at(&call->y, n, top, left),
      .row = call->y.row,
      .pixel = call->y.pixel,
      .rows = (int32_t)fv__min(s->shape.outputs_h, call->y.h - top),
      .columns = (int32_t)fv__min(s->shape.outputs_w, call->y.w - left),
      .residual = residual ? fv__view_at(&call->residual, n, top, left) : NULL,
      .residual_row = call->residual.row,
      .residual_pixel = call->residual.pixel,
      .shift = (const float *)call->packed + s->shift_offset,
      .low = call->op->low,
      .high = call->op->high,
  });
}

/* The matrix products [first, end) of a block. */
static void multiply(const job *j, const block *b, int64_t first, int64_t end) {
  const sizes *s = j->s;
  const fv__gemm_kernels *gemm = j->call->op->kernels->gemm;
  const float *packed = j->call->packed;
  const float *rows[MOST_TILES];
  float *sums[MOST_TILES];
  int32_t starts[MOST_ROW_TILES + 1] = {0};
  const int64_t row_tiles = (b->count + gemm->tile_rows - 1) / gemm->tile_rows;
  for (int64_t i = 0; i < b->count; i++) {
    rows[i] = b->v + i * s->v_row;
    sums[i] = b->sums + i * s->s_row;
  }
  for (int64_t t = 0; t <= row_tiles; t++) starts[t] = (int32_t)(t * b->count / row_tiles);
  for (int64_t product = first; product < end; product++)
    gemm->multiply(&(fv__gemm_block){
        .taps = 1,
        .depth = j->call->x[0].c,
        .tiles = (int32_t)row_tiles,
        .tile_starts = starts,
        .a = rows,
        .a_offset = product * s->v_product,
        .panels = packed + product * s->product_floats,
        .next_panel = packed + (product + 1 < end ? product + 1 : first) * s->product_floats,
        .columns = j->call->y.c,
        .y = sums,
        .y_offset = product * s->s_product,
    });
}

static void run_block(void *context, int64_t piece, int thread) {
  const job *j = context;
  const block b = block_of(j, piece, thread);
  for (int64_t t = 0; t < b.count; t++) transform_input(j, &b, t);
  multiply(j, &b, 0, j->s->products);
  for (int64_t t = 0; t < b.count; t++) transform_output(j, &b, t);
}

/* The three steps of a shared block, a tile or a product at a time. */
static void run_input(void *context, int64_t piece, int thread) {
  const job *j = context;
  const block b = block_of(j, j->block, thread);
  transform_input(j, &b, piece);
}

static void run_product(void *context, int64_t piece, int thread) {
  const job *j = context;
  const block b = block_of(j, j->block, thread);
  multiply(j, &b, piece, piece + 1);
}

static void run_output(void *context, int64_t piece, int thread) {
  const job *j = context;
  const block b = block_of(j, j->block, thread);
  transform_output(j, &b, piece);
}

static void forward(const fv__op_call *call, fv__winograd_kind kind) {
  const sizes s = sizes_of(call->op, kind);
  job j = {.call = call, .s = &s, .transform = &call->op->kernels->winograd->transforms[kind]};
  if (!s.together) {
    fv__parallel_for(call->pool, s.blocks, run_block, &j);
    return;
  }
  for (j.block = 0; j.block < s.blocks; j.block++) {
    const int64_t tiles = block_of(&j, j.block, 0).count;
    fv__parallel_for(call->pool, tiles, run_input, &j);
    fv__parallel_for(call->pool, s.products, run_product, &j);
    fv__parallel_for(call->pool, tiles, run_output, &j);
  }
}

/* One way per tile: the functions above with the tile filled in. */
#define WAY(id, label, kind, tile_error)                                                                               \
  static const char *why_not_##id(const fv__op *op) { return why_not(op, kind); }                                      \
  static double estimate_##id(const fv__op *op) { return estimate(op, kind); }                                         \
  static size_t packed_bytes_##id(const fv__op *op) { return packed_bytes(op, kind); }                                 \
  static void pack_##id(const fv__op *op, const fv__op_weights *weights, void *packed) {                               \
    pack(op, weights, packed, kind);                                                                                   \
  }                                                                                                                    \
  static size_t scratch_bytes_##id(const fv__op *op, int threads) { return scratch_bytes(op, threads, kind); }         \
  static void forward_##id(const fv__op_call *call) { forward(call, kind); }                                           \
  const fv__way fv__conv_winograd_##id = {.name = label,                                                               \
                                          .why_not = why_not_##id,                                                     \
                                          .estimate = estimate_##id,                                                   \
                                          .packed_bytes = packed_bytes_##id,                                           \
                                          .pack = pack_##id,                                                           \
                                          .scratch_bytes = scratch_bytes_##id,                                         \
                                          .forward = forward_##id,                                                     \
                                          .error = tile_error};
WAY(2x2, "winograd 2x2", FV__WINOGRAD_2X2_3X3, 2)
WAY(4x2, "winograd 4x2", FV__WINOGRAD_4X2_3X3, 4)
WAY(4x4, "winograd 4x4", FV__WINOGRAD_4X4_3X3, 8)
WAY(6x6, "winograd 6x6", FV__WINOGRAD_6X6_3X3, 16)
WAY(5x5, "winograd 4x4 of 5x5", FV__WINOGRAD_4X4_5X5, 16)
WAY(1x7, "winograd 1x4 of 1x7", FV__WINOGRAD_1X4_1X7, 16)
WAY(7x1, "winograd 4x1 of 7x1", FV__WINOGRAD_4X1_7X1, 16)
WAY(1x3, "winograd 1x4 of 1x3", FV__WINOGRAD_1X4_1X3, 4)
WAY(3x1, "winograd 4x1 of 3x1", FV__WINOGRAD_4X1_3X1, 4)
