/* Convolution by Winograd's minimal filtering (kernels/winograd.h): tiles of outputs from sums of fewer products.
 *
 *   block (some tiles)    V [product][tile][c]               left sides: every tile of the input, transformed
 *     product             S [tile][panel][product][width]    S = V U, one matrix product per product of the tile
 *                         y                                  S transformed back, shift, residual, clamp
 *
 * Many blocks: each is done whole by one thread, in memory of its own; while it multiplies, the rows of y that it is
 * about to write and the rows of x that it will want next are brought nearer. Few blocks (small maps): the panels of a
 * block are cut into ranges, and every thread that takes one makes V for itself, unless it has it already. So threads
 * never wait for each other, every weight is read by one thread, and no cut changes a sum.
 *
 * A stride larger than 1 is folded into the channels: of x, a square of stride x stride pixels becomes one pixel of so
 * many times the channels (fv__fold_squares), and a kernel of 7x7 with stride 2 one of 4x4 with stride 1, its missing
 * row and column zeros. Each strip of tiles is folded into the thread's memory before it is transformed.
 *
 * Packed: U [product][panel][c][panel_width], the kernel scaled by the normalisation and transformed in double |
 * shift [out_c] | zeros up to whole panels.
 *
 * One way per shape of tile; their estimated times decide (ops/estimate.h).
 */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/conv.h"
#include "ops/estimate.h"
#include "ops/fold.h"
#include "ops/way.h"

enum {
  LEAST_CHANNELS = 16, /* the widest vector */
  LEAST_FOLDED = 12,   /* that make up for what folding and short sums take */
  SHORT_SUMS = 6,      /* channels: as long as a tile's beginning and end */
  MANY_CHANNELS = 64,
  MANY_PIXELS = 4096,
  LINE = 16,          /* floats per cache line */
  USUAL_TILES = 28,   /* of a block, rounded down to whole tiles of rows */
  FEW_CHANNELS = 128, /* in and out */
  EVEN_BLOCKS = 4,    /* their number is a multiple of this, for threads to have equally many */
  WANTED_PIECES = 8,  /* of few blocks */
  LEAST_PANELS = 2,   /* of a piece */
  MOST_RUNS = 64,
  PACKED_CHANNELS = 64, /* by one piece of packing */
  POOLED_CHANNELS = 64, /* at a time: whole panels of every level */
  MOST_OUTPUTS = 36,    /* of a tile */
  MOST_FOLDED = 25      /* pixels of a folded kernel */
};

/* Sizes that follow from the op and the tile. */
typedef struct sizes {
  fv__winograd_shape shape;
  int32_t points_h, points_w;
  int32_t stride;
  int64_t channels, transformed;                    /* of the folded x; the transforms go through 16 at least */
  int64_t products, across, down, tiles;            /* tiles of outputs: per row, per column, of all images */
  int64_t block_tiles, blocks;                      /* tiles per block at most */
  int64_t ranges;                                   /* of panels: a piece of work is one of a block */
  int64_t panels, v_row, v_product, s_panel, s_row; /* floats */
  int64_t folded_columns, folded_floats;            /* of the longest strip; 0: x is not folded */
  int64_t product_floats, shift_offset, floats;     /* in packed */
} sizes;

/* Rows an odd number of cache lines apart do not fall on each other in the cache. */
static int64_t odd_lines(int64_t floats) {
  const int64_t lines = (floats + LINE - 1) / LINE;
  return (lines | 1) * LINE;
}

/* Blocks of about the usual tiles, half of them where that lets V and S stay in the second cache. */
static void cut_work(sizes *s, const fv__window_problem *p, int32_t tile_rows) {
  const int64_t usual = (s->channels + p->out_c > FEW_CHANNELS ? USUAL_TILES : USUAL_TILES / 2) / tile_rows * tile_rows;
  s->blocks = (s->tiles + usual / 2) / usual;
  s->ranges = 1;
  if (s->blocks > EVEN_BLOCKS / 2) {
    s->blocks = (s->blocks + EVEN_BLOCKS / 2) / EVEN_BLOCKS * EVEN_BLOCKS;
  } else if (s->tiles > 0) {
    s->blocks = fv__max(1, s->blocks);
    s->ranges = fv__max(1, fv__min(WANTED_PIECES / s->blocks, s->panels / LEAST_PANELS));
  }
  if (s->blocks > 0) s->block_tiles = (s->tiles + s->blocks - 1) / s->blocks;
}

static sizes sizes_of(const fv__op *op, fv__winograd_kind kind) {
  const fv__window_problem *p = &op->window;
  const fv__winograd_product_kernels *kernels = op->kernels->winograd_product;
  sizes s = {.shape = op->kernels->winograd->transforms[kind].shape};
  s.points_h = fv__winograd_points_h(&s.shape);
  s.points_w = fv__winograd_points_w(&s.shape);
  s.products = (int64_t)s.points_h * s.points_w;
  s.stride = p->window.stride_h;
  s.channels = p->c * s.stride * s.stride;
  s.transformed = fv__max(s.channels, LEAST_CHANNELS);
  s.across = (p->out_w + s.shape.outputs_w - 1) / s.shape.outputs_w;
  s.down = (p->out_h + s.shape.outputs_h - 1) / s.shape.outputs_h;
  s.tiles = p->n * s.across * s.down;
  s.panels = (p->out_c + kernels->panel_width - 1) / kernels->panel_width;
  cut_work(&s, p, kernels->tile_rows);
  if (s.stride > 1) {
    s.folded_columns = fv__min(s.block_tiles, s.across) * s.shape.outputs_w + s.shape.filter_w - 1;
    s.folded_floats = fv__round_up(s.points_h * s.folded_columns * s.transformed + FV__FOLD_SLACK, LINE);
  }
  s.v_row = odd_lines(s.transformed);
  s.v_product = odd_lines(s.block_tiles * s.v_row);
  s.s_panel = (s.products | 1) * kernels->panel_width;
  s.s_row = odd_lines((s.panels + s.ranges - 1) / s.ranges * s.s_panel);
  s.product_floats = s.panels * s.channels * kernels->panel_width;
  s.shift_offset = s.products * s.product_floats;
  s.floats = s.shift_offset + fv__round_up(p->out_c, FV__WINOGRAD_WIDEST_PANEL);
  return s;
}

/* Tiles of 6x6 outputs round more than twice as much as those of 4x4: taken unasked where they multiply a sixth less,
 * on maps large enough to gain by it, and where sums are long enough for the errors to average out. */
static bool is_worth_rounding(const fv__window_problem *p) {
  const int64_t tiles_6x6 = ((p->out_h + 5) / 6) * ((p->out_w + 5) / 6) * 64;
  const int64_t tiles_4x4 = ((p->out_h + 3) / 4) * ((p->out_w + 3) / 4) * 36;
  return p->c >= MANY_CHANNELS && p->out_h * p->out_w >= MANY_PIXELS && tiles_6x6 * 6 <= tiles_4x4 * 5;
}

static const char *why_not(const fv__op *op, fv__winograd_kind kind) {
  const fv__window_problem *p = &op->window;
  const fv__window *w = &p->window;
  const fv__winograd_shape *shape = &op->kernels->winograd->transforms[kind].shape;
  if (op->accuracy == FV_ACCURACY_EXACT) return "asked to be exact";
  if (w->stride_h != w->stride_w) return "the strides differ";
  const int64_t stride = w->stride_h;
  if ((w->kernel_h + stride - 1) / stride != shape->filter_h || (w->kernel_w + stride - 1) / stride != shape->filter_w)
    return "the kernel has another size";
  if (w->dilation_h != 1 || w->dilation_w != 1) return "the kernel is dilated";
  if (p->groups != 1) return "channels are in groups";
  if (stride > FV__FOLD_SIDE) return "the stride is larger than 8";
  if (stride > 1 && stride * stride * p->c < LEAST_FOLDED) return "fewer than 12 channels";
  if ((stride == 1 && p->c < LEAST_CHANNELS) || p->out_c < LEAST_CHANNELS) return "fewer than 16 channels";
  if (kind == FV__WINOGRAD_6X6_3X3 && op->accuracy != FV_ACCURACY_FAST && !is_worth_rounding(p))
    return "not asked to be fast, and no large gain";
  return NULL;
}

/* The time of a number transformed, of products or sums, as a part of that for tiles of 4x4 (bench_winograd). */
static const double TRANSFORM_COSTS[FV__WINOGRAD_KINDS] = {
    [FV__WINOGRAD_2X2_3X3] = 0.5, [FV__WINOGRAD_4X2_3X3] = 0.65, [FV__WINOGRAD_4X4_3X3] = 1,
    [FV__WINOGRAD_6X6_3X3] = 1.4, [FV__WINOGRAD_4X4_5X5] = 1,    [FV__WINOGRAD_5X5_4X4] = 1.2,
    [FV__WINOGRAD_1X4_1X7] = 0.6, [FV__WINOGRAD_4X1_7X1] = 0.6,  [FV__WINOGRAD_1X4_1X3] = 0.6,
    [FV__WINOGRAD_4X1_3X1] = 0.6};

/* The same for the baseline, where large transforms are loops (kernels/winograd/transform.c). */
static const double BASELINE_COSTS[FV__WINOGRAD_KINDS] = {
    [FV__WINOGRAD_2X2_3X3] = 0.8,  [FV__WINOGRAD_4X2_3X3] = 0.95, [FV__WINOGRAD_4X4_3X3] = 1,
    [FV__WINOGRAD_6X6_3X3] = 1.75, [FV__WINOGRAD_4X4_5X5] = 0.9,  [FV__WINOGRAD_5X5_4X4] = 1.1,
    [FV__WINOGRAD_1X4_1X7] = 1.2,  [FV__WINOGRAD_4X1_7X1] = 1.2,  [FV__WINOGRAD_1X4_1X3] = 0.9,
    [FV__WINOGRAD_4X1_3X1] = 0.9};

/* Transforming, the products, and the weights' way through memory, whichever of the two takes longer. */
static double estimate(const fv__op *op, fv__winograd_kind kind) {
  const fv__window_problem *p = &op->window;
  const sizes s = sizes_of(op, kind);
  const double products = (double)s.tiles * (double)s.products;
  const double *costs = op->kernels->level == FV_CPU_BASELINE ? BASELINE_COSTS : TRANSFORM_COSTS;
  const int64_t length = s.channels + (s.stride > 1 ? SHORT_SUMS : 0);
  return fv__estimate_transforms(op, products * (double)(s.transformed + p->out_c) * costs[kind]) +
         fv__estimate_gemm(op, s.tiles, length * s.products, p->out_c);
}

static size_t packed_bytes(const fv__op *op, fv__winograd_kind kind) {
  return (size_t)sizes_of(op, kind).floats * sizeof(float);
}

/* G for n points and a filter of k pixels, as the header of kernels/winograd.h defines it. */
void fv__winograd_filter_matrix(int32_t outputs, int32_t filter, double to[][FV__WINOGRAD_MOST_FILTER]) {
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

typedef double filter_points[FV__WINOGRAD_MOST_POINTS][FV__WINOGRAD_MOST_FILTER];

typedef struct packing {
  const fv__op *op;
  const fv__op_weights *weights;
  const sizes *s;
  const fv__winograd_transform *transform;
  filter_points g_h, g_w;
  float *to;
} packing;

/* The pixels of the folded kernel's `channel`, some columns from `column` on: zeros where the kernel has none. */
static void fold_kernel(const packing *p, int64_t channel, int64_t column, int64_t columns, float *to) {
  const fv__window_problem *problem = &p->op->window;
  const fv__window *w = &problem->window;
  const sizes *s = p->s;
  const int64_t place = channel / problem->c, c = channel % problem->c;
  const int64_t below = place / s->stride, beside = place % s->stride;
  for (int64_t i = below; i < s->shape.filter_h * s->stride; i += s->stride)
    for (int64_t j = beside; j < s->shape.filter_w * s->stride; j += s->stride, to += FV__WINOGRAD_WIDEST_PANEL) {
      memset(to, 0, FV__WINOGRAD_WIDEST_PANEL * sizeof *to);
      if (i < w->kernel_h && j < w->kernel_w)
        memcpy(to, p->weights->kernel + ((i * w->kernel_w + j) * problem->c + c) * problem->out_c + column,
               (size_t)columns * sizeof *to);
    }
}

/* Some input channels of one panel, written whole: what is left of the last one is zeros. */
static void pack_piece(void *context, int64_t piece, int thread) {
  (void)thread;
  const packing *p = context;
  const sizes *s = p->s;
  const int64_t width = p->op->kernels->winograd_product->panel_width, c = s->channels, out_c = p->op->window.out_c;
  const int64_t pieces = (c + PACKED_CHANNELS - 1) / PACKED_CHANNELS, panel = piece / pieces;
  const int64_t first = piece % pieces * PACKED_CHANNELS, end = fv__min(c, first + PACKED_CHANNELS);
  const int64_t column = panel * width, columns = fv__min(width, out_c - column);
  float *to = p->to + panel * c * width;
  double scale[FV__WINOGRAD_WIDEST_PANEL], shift;
  for (int64_t o = 0; o < columns; o++) fv__op_scale_shift(p->op, p->weights, column + o, &scale[o], &shift);
  for (int64_t i = 0; columns < width && i < s->products; i++)
    memset(to + i * s->product_floats + first * width, 0, (size_t)((end - first) * width) * sizeof *to);
  fv__winograd_filter filter = {.pixel = c * out_c,
                                .channels = columns,
                                .scale = scale,
                                .g_h = (const double(*)[FV__WINOGRAD_MOST_FILTER])p->g_h,
                                .g_w = (const double(*)[FV__WINOGRAD_MOST_FILTER])p->g_w,
                                .product = s->product_floats};
  float folded[MOST_FOLDED * FV__WINOGRAD_WIDEST_PANEL];
  for (int64_t channel = first; channel < end; channel++) {
    filter.kernel = p->weights->kernel + channel * out_c + column;
    filter.u = to + channel * width;
    if (s->stride > 1) {
      fold_kernel(p, channel, column, columns, folded);
      filter.kernel = folded;
      filter.pixel = FV__WINOGRAD_WIDEST_PANEL;
    }
    p->transform->filter(&filter);
  }
}

static void repack(const fv__op *op, const fv__op_weights *weights, void *packed, fv__pool *pool,
                   fv__winograd_kind kind) {
  const sizes s = sizes_of(op, kind);
  packing p = {
      .op = op, .weights = weights, .s = &s, .transform = &op->kernels->winograd->transforms[kind], .to = packed};
  fv__winograd_filter_matrix(s.shape.outputs_h, s.shape.filter_h, p.g_h);
  fv__winograd_filter_matrix(s.shape.outputs_w, s.shape.filter_w, p.g_w);
  memset(p.to + s.shift_offset, 0, (size_t)(s.floats - s.shift_offset) * sizeof *p.to);
  for (int64_t o = 0; o < op->window.out_c; o++) {
    double scale, shift;
    fv__op_scale_shift(op, weights, o, &scale, &shift);
    p.to[s.shift_offset + o] = (float)shift;
  }
  fv__parallel_for(pool, s.panels * ((s.channels + PACKED_CHANNELS - 1) / PACKED_CHANNELS), pack_piece, &p);
}

/* Memory of one thread: the number of the block whose V it holds | V | S | a folded strip. */
static int64_t v_floats(const sizes *s) { return s->products * s->v_product; }

static size_t thread_bytes(const sizes *s) {
  return (size_t)(LINE + v_floats(s) + s->block_tiles * s->s_row + s->folded_floats) * sizeof(float);
}

static size_t scratch_bytes(const fv__op *op, int threads, fv__winograd_kind kind) {
  const sizes s = sizes_of(op, kind);
  return thread_bytes(&s) * (size_t)threads;
}

/* One run. */
typedef struct job {
  const fv__op_call *call;
  const sizes *s;
  const fv__winograd_transform *transform;
} job;

/* A range of a block's panels, and the memory for it. */
typedef struct block {
  int64_t number, first, count; /* tiles */
  int64_t panel, panels;
  int64_t *holds;
  float *v, *sums, *folded;
} block;

static int64_t *holds(const job *j, int thread) {
  return (int64_t *)(void *)((char *)j->call->scratch + (size_t)thread * thread_bytes(j->s));
}

static block block_of(const job *j, int64_t piece, int thread) {
  const sizes *s = j->s;
  const int64_t number = piece / s->ranges, range = piece % s->ranges;
  block b = {.number = number, .first = number * s->tiles / s->blocks, .panel = range * s->panels / s->ranges};
  b.count = (number + 1) * s->tiles / s->blocks - b.first;
  b.panels = (range + 1) * s->panels / s->ranges - b.panel;
  b.holds = holds(j, thread);
  b.v = (float *)b.holds + LINE;
  b.sums = b.v + v_floats(s);
  b.folded = b.sums + s->block_tiles * s->s_row;
  return b;
}

/* Tiles side by side in one row of tiles of an image. */
typedef struct strip {
  int64_t n, row, column; /* image, and the first tile's place in it */
  int64_t count;
} strip;

/* The strip that begins at tile `first` and ends before `end` or at the end of the row. */
static strip strip_of(const sizes *s, int64_t first, int64_t end) {
  const int64_t row = first / s->across, column = first % s->across;
  return (strip){row / s->down, row % s->down, column, fv__min(end - first, s->across - column)};
}

/* The rows of x that a strip reads. */
static void find_rows(const job *j, const strip *at, fv__winograd_input *input) {
  const sizes *s = j->s;
  const fv__view *x = &j->call->x[0];
  const fv__window *w = &j->call->op->window.window;
  const int64_t top = at->row * s->shape.outputs_h - w->top;
  for (int64_t i = 0; i < s->points_h; i++)
    input->rows[i] = top + i >= 0 && top + i < x->h ? fv__view_at(x, at->n, top + i, 0) : NULL;
  input->pixel = x->pixel;
  input->left = at->column * s->shape.outputs_w - w->left;
  input->width = x->w;
}

/* The same of x folded into `to`. */
static void fold_rows(const job *j, const strip *at, float *to, fv__winograd_input *input) {
  const sizes *s = j->s;
  const fv__window *w = &j->call->op->window.window;
  const int64_t columns = at->count * s->shape.outputs_w + s->shape.filter_w - 1, row = columns * s->transformed;
  fv__fold_squares(&(fv__squares){.x = &j->call->x[0],
                                  .n = at->n,
                                  .top = at->row * s->shape.outputs_h * s->stride - w->top,
                                  .left = at->column * s->shape.outputs_w * s->stride - w->left,
                                  .side = s->stride,
                                  .rows = s->points_h,
                                  .columns = columns,
                                  .pixel = s->transformed},
                   to);
  for (int64_t i = 0; i < s->points_h; i++) input->rows[i] = to + i * row;
  input->pixel = s->transformed;
  input->left = 0;
  input->width = columns;
}

static void transform_input(const job *j, const block *b) {
  const sizes *s = j->s;
  if (*b->holds == b->number) return;
  *b->holds = b->number;
  fv__winograd_input input = {
      .step = s->shape.outputs_w, .channels = s->transformed, .v_tile = s->v_row, .v_product = s->v_product};
  for (int64_t t = 0; t < b->count; t += input.tiles) {
    const strip at = strip_of(s, b->first + t, b->first + b->count);
    if (s->stride > 1)
      fold_rows(j, &at, b->folded, &input);
    else
      find_rows(j, &at, &input);
    input.tiles = at.count;
    input.v = b->v + t * s->v_row;
    j->transform->input(&input);
  }
}

/* The maxima of a tile's 2x2 windows, of which it has whole ones only: some channels at a time, by way of near memory.
 */
static void pool_output(const job *j, const fv__winograd_output *tile) {
  const fv__kernels *kernels = j->call->op->kernels;
  float outputs[MOST_OUTPUTS * POOLED_CHANNELS];
  const int64_t row = (int64_t)j->s->shape.outputs_w * POOLED_CHANNELS;
  for (int64_t c = 0; c < tile->channels; c += POOLED_CHANNELS) {
    fv__winograd_output part = *tile;
    part.sums += c / kernels->winograd_product->panel_width * tile->panel;
    part.channels = fv__min(POOLED_CHANNELS, tile->channels - c);
    part.y = outputs;
    part.row = row;
    part.pixel = POOLED_CHANNELS;
    part.rows = 2 * tile->rows;
    part.columns = 2 * tile->columns;
    if (part.residual) part.residual += c;
    part.shift += c;
    j->transform->output(&part);
    for (int64_t i = 0; i < tile->rows; i++)
      kernels->pool->maximum(&(fv__pool_row){.x = outputs + 2 * i * row,
                                             .height = 2,
                                             .width = 2,
                                             .row = row,
                                             .pixel = POOLED_CHANNELS,
                                             .step = 2 * POOLED_CHANNELS,
                                             .windows = tile->columns,
                                             .channels = part.channels,
                                             .y = tile->y + i * tile->row + c,
                                             .y_pixel = tile->pixel});
  }
}

static void transform_output(const job *j, const block *b, int64_t in_block) {
  const sizes *s = j->s;
  const fv__op_call *call = j->call;
  const strip at = strip_of(s, b->first + in_block, b->first + in_block + 1);
  const int64_t top = at.row * s->shape.outputs_h, left = at.column * s->shape.outputs_w;
  const int64_t width = call->op->kernels->winograd_product->panel_width, channel = b->panel * width;
  const int32_t side = call->op->pooled ? 2 : 1;
  const fv__winograd_output tile = {
      .sums = b->sums + in_block * s->s_row,
      .panel = s->s_panel,
      .channels = fv__min(b->panels * width, call->y.c - channel),
      .y = fv__view_at(&call->y, at.n, top / side, left / side) + channel,
      .row = call->y.row,
      .pixel = call->y.pixel,
      .rows = (int32_t)fv__min(s->shape.outputs_h / side, call->y.h - top / side),
      .columns = (int32_t)fv__min(s->shape.outputs_w / side, call->y.w - left / side),
      .residual = call->residual.data ? fv__view_at(&call->residual, at.n, top, left) + channel : NULL,
      .residual_row = call->residual.row,
      .residual_pixel = call->residual.pixel,
      .shift = (const float *)call->packed + s->shift_offset + channel,
      .low = call->op->low,
      .high = call->op->high,
  };
  if (call->op->pooled)
    pool_output(j, &tile);
  else
    j->transform->output(&tile);
}

/* Memory to bring nearer while a block is multiplied. */
typedef struct wishes {
  fv__winograd_run runs[MOST_RUNS];
  int64_t count, lines;
} wishes;

/* The part of a view that tiles cover: `h` rows and `w` columns each, the first tile's from (top, left) on. */
typedef struct cover {
  const fv__view *view;
  int64_t h, w, top, left;
  bool write;
} cover;

static void wish(const sizes *s, const cover *of, int64_t first, int64_t end, wishes *to) {
  const fv__view *view = of->view;
  if (!view->data || view->pixel != view->c) return;
  strip at;
  for (int64_t t = first; t < end; t += at.count) {
    at = strip_of(s, t, end);
    const int64_t column = fv__max(0, at.column * of->w + of->left);
    const int64_t last = fv__min(view->w, (at.column + at.count) * of->w + of->left);
    for (int64_t i = 0; i < of->h && to->count < MOST_RUNS; i++) {
      const int64_t row = at.row * of->h + of->top + i, lines = (last - column) * view->c / LINE;
      if (row < 0 || row >= view->h || lines <= 0) continue;
      to->runs[to->count++] = (fv__winograd_run){fv__view_at(view, at.n, row, column), lines, of->write};
      to->lines += lines;
    }
  }
}

/* What a block will write, and what the one that this thread takes next will read that this one has not. Ranges of
 * panels have small maps, which are near already. */
static void make_wishes(const job *j, const block *b, wishes *to) {
  const sizes *s = j->s;
  const fv__op_call *call = j->call;
  const fv__window *w = &call->op->window.window;
  const int64_t h = s->shape.outputs_h, width = s->shape.outputs_w, side = call->op->pooled ? 2 : 1;
  const int64_t end = b->first + b->count, after = b->number + 1; /* shares are contiguous */
  to->count = to->lines = 0;
  if (s->ranges > 1) return;
  wish(s, &(cover){&call->y, h / side, width / side, 0, 0, true}, b->first, end, to);
  wish(s, &(cover){&call->residual, h, width, 0, 0, false}, b->first, end, to);
  if (after >= s->blocks) return;
  const int64_t below = (s->shape.filter_h - 1) * s->stride - w->top;
  const int64_t right = (s->shape.filter_w - 1) * s->stride - w->left;
  wish(s, &(cover){&call->x[0], h * s->stride, width * s->stride, below, right, false}, after * s->tiles / s->blocks,
       (after + 1) * s->tiles / s->blocks, to);
}

static void multiply(const job *j, const block *b) {
  const sizes *s = j->s;
  const fv__winograd_product_kernels *kernels = j->call->op->kernels->winograd_product;
  const int64_t row_tiles = (b->count + kernels->tile_rows - 1) / kernels->tile_rows;
  const int64_t calls = s->products * b->panels * row_tiles;
  wishes soon;
  make_wishes(j, b, &soon);
  kernels->multiply(&(fv__winograd_product){
      .v = b->v,
      .v_tile = s->v_row,
      .v_product = s->v_product,
      .u = (const float *)j->call->packed + b->panel * s->channels * kernels->panel_width,
      .u_product = s->product_floats,
      .sums = b->sums,
      .sums_tile = s->s_row,
      .sums_panel = s->s_panel,
      .tiles = b->count,
      .channels = s->channels,
      .panels = b->panels,
      .products = s->products,
      .runs = soon.runs,
      .run_count = soon.count,
      .lines = (soon.lines + calls - 1) / calls,
  });
}

static void run_piece(void *context, int64_t piece, int thread) {
  const job *j = context;
  const block b = block_of(j, piece, thread);
  transform_input(j, &b);
  multiply(j, &b);
  for (int64_t t = 0; t < b.count; t++) transform_output(j, &b, t);
}

static void forward(const fv__op_call *call, fv__winograd_kind kind) {
  const sizes s = sizes_of(call->op, kind);
  job j = {.call = call, .s = &s, .transform = &call->op->kernels->winograd->transforms[kind]};
  for (int thread = 0; thread < fv__pool_threads(call->pool); thread++) *holds(&j, thread) = -1;
  fv__parallel_for(call->pool, s.blocks * s.ranges, run_piece, &j);
}

/* One way per tile: the functions above with the tile filled in. */
#define WAY(id, label, kind, can_pool, tile_error)                                                                     \
  static const char *why_not_##id(const fv__op *op) { return why_not(op, kind); }                                      \
  static double estimate_##id(const fv__op *op) { return estimate(op, kind); }                                         \
  static size_t packed_bytes_##id(const fv__op *op) { return packed_bytes(op, kind); }                                 \
  static void pack_##id(const fv__op *op, const fv__op_weights *weights, void *packed) {                               \
    repack(op, weights, packed, NULL, kind);                                                                           \
  }                                                                                                                    \
  static void repack_##id(const fv__op *op, const fv__op_weights *weights, void *packed, fv__pool *pool) {             \
    repack(op, weights, packed, pool, kind);                                                                           \
  }                                                                                                                    \
  static size_t scratch_bytes_##id(const fv__op *op, int threads) { return scratch_bytes(op, threads, kind); }         \
  static void forward_##id(const fv__op_call *call) { forward(call, kind); }                                           \
  const fv__way fv__conv_winograd_##id = {.name = label,                                                               \
                                          .why_not = why_not_##id,                                                     \
                                          .estimate = estimate_##id,                                                   \
                                          .packed_bytes = packed_bytes_##id,                                           \
                                          .pack = pack_##id,                                                           \
                                          .repack = repack_##id,                                                       \
                                          .scratch_bytes = scratch_bytes_##id,                                         \
                                          .forward = forward_##id,                                                     \
                                          .pools = can_pool,                                                           \
                                          .error = tile_error};
WAY(2x2, "winograd 2x2", FV__WINOGRAD_2X2_3X3, true, 2)
WAY(4x2, "winograd 4x2", FV__WINOGRAD_4X2_3X3, true, 4)
WAY(4x4, "winograd 4x4", FV__WINOGRAD_4X4_3X3, true, 8)
WAY(6x6, "winograd 6x6", FV__WINOGRAD_6X6_3X3, true, 16)
WAY(5x5, "winograd 4x4 of 5x5", FV__WINOGRAD_4X4_5X5, true, 16)
WAY(4x4_filter, "winograd 5x5 of 4x4", FV__WINOGRAD_5X5_4X4, false, 16)
WAY(1x7, "winograd 1x4 of 1x7", FV__WINOGRAD_1X4_1X7, false, 16)
WAY(7x1, "winograd 4x1 of 7x1", FV__WINOGRAD_4X1_7X1, false, 16)
WAY(1x3, "winograd 1x4 of 1x3", FV__WINOGRAD_1X4_1X3, false, 4)
WAY(3x1, "winograd 4x1 of 3x1", FV__WINOGRAD_4X1_3X1, false, 4)
