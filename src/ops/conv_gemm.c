/* Convolution as implicit GEMM: a matrix product whose left rows are the windows of the input, never copied but found
 * through pointers.
 *
 *   M = n * out_h * out_w rows, K = kernel_h * kernel_w * c / groups, N = out_c / groups columns per group
 *
 *   block (about 4 or 8 tiles of rows)  pointers [tile][tap][row] built once per block and used by all panels;
 *     panel (two vectors of columns)    a pixel outside the image points to a row of zeros
 *       tile (6 rows on AVX2)           sums of the whole K in registers
 *
 * An image of few channels would spend its time on pointers: one row of the window (kernel_w * c numbers in a row)
 * becomes one tap there, copied where it reaches over the image's left or right border. The order of k is the same.
 *
 * Packed: panels [group][panel][K][panel_width] scaled by the normalisation | shift [out_c] | zeros [c].
 * Work is cut into blocks of rows and, where there are few, ranges of panels. Neither changes any sum.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/conv.h"
#include "ops/estimate.h"
#include "ops/way.h"

enum {
  TILES = 8, /* of a block, about */
  MAX_TILES = TILES + TILES / 2,
  MAX_BLOCK_ROWS = MAX_TILES * 16,
  LONG_K = 2048, /* from here on a block's input and a panel share the cache better with fewer tiles */
  WANTED_PIECES = 16,
  LEAST_PIECE = 200000, /* multiply-adds worth a piece of their own */
  FEW_CHANNELS = 16,
  MAX_JOINED = 4096,  /* numbers of a window: a block's copies then take 1.4 MB at most */
  MAX_TAPS = 1 << 16, /* of a window: a block's pointers then take 60 MB at most */
  LINE = 16           /* floats per cache line */
};

/* Sizes that follow from the op. */
typedef struct sizes {
  int64_t depth, length; /* channels per group, K */
  int64_t group_columns, group_panels, panels;
  int64_t shift_offset, zeros_offset, floats; /* in packed */
  bool joined;                                /* a window row is one tap, where pixels lie side by side */
} sizes;

static sizes sizes_of(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  const fv__window *window = &p->window;
  const int64_t width = op->kernels->gemm->panel_width;
  sizes s;
  s.depth = p->c / p->groups;
  s.length = (int64_t)window->kernel_h * window->kernel_w * s.depth;
  s.group_columns = p->out_c / p->groups;
  s.group_panels = (s.group_columns + width - 1) / width;
  s.panels = s.group_panels * p->groups;
  s.shift_offset = s.panels * s.length * width;
  s.zeros_offset = s.shift_offset + fv__round_up(p->out_c, LINE);
  s.joined = p->groups == 1 && p->c < FEW_CHANNELS && window->kernel_w > 1 && window->dilation_w == 1 &&
             s.length <= MAX_JOINED;
  s.floats = s.zeros_offset + fv__round_up(s.joined ? window->kernel_w * p->c : p->c, LINE);
  return s;
}

static const char *why_not(const fv__op *op) {
  const int64_t taps = (int64_t)op->window.window.kernel_h * op->window.window.kernel_w;
  return taps <= MAX_TAPS ? NULL : "the window has more than 65536 pixels";
}

static double estimate(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  const sizes s = sizes_of(op);
  return (double)p->groups * fv__estimate_gemm(op, p->n * p->out_h * p->out_w, s.length, s.group_columns);
}

static size_t packed_bytes(const fv__op *op) { return (size_t)sizes_of(op).floats * sizeof(float); }

/* Rows and columns packed at a time: so few rows that the processor foresees the reading of each, so many columns that
 * each is read by the page; a multiple of every panel width. (Panel after panel down the rows, every line of the kernel
 * would be waited for.) */
enum { PACK_ROWS = 8, PACK_COLUMNS = 1024, PIECE_ROWS = 64 };

typedef struct packing {
  const fv__op *op;
  const fv__op_weights *weights;
  const sizes *s;
  float *to;
} packing;

/* Rows [first, end) of one panel. */
static void pack_panel(const float *kernel, int64_t stride, const double *scale, int64_t columns, int64_t first,
                       int64_t end, float *panel, int64_t width) {
  for (int64_t k = first; k < end; k++) {
    for (int64_t i = 0; i < columns; i++) panel[k * width + i] = (float)((double)kernel[k * stride + i] * scale[i]);
    for (int64_t i = columns; i < width; i++) panel[k * width + i] = 0;
  }
}

/* Rows [first, end) of `columns` of a group's columns, a multiple of the panels' width but for the group's last, to
 * panels from `to` on. */
static void pack_columns(const packing *p, int64_t column, int64_t columns, int64_t first, int64_t end, float *to) {
  const int64_t width = p->op->kernels->gemm->panel_width;
  double scale[PACK_COLUMNS], shift;
  for (int64_t i = 0; i < columns; i++) fv__op_scale_shift(p->op, p->weights, column + i, &scale[i], &shift);
  for (int64_t row = first; row < end; row += PACK_ROWS)
    for (int64_t i = 0; i < columns; i += width)
      pack_panel(p->weights->kernel + column + i, p->op->window.out_c, scale + i, fv__min(width, columns - i), row,
                 fv__min(end, row + PACK_ROWS), to + i * p->s->length, width);
}

static void pack_rows(void *context, int64_t piece, int thread) {
  (void)thread;
  const packing *p = context;
  const sizes *s = p->s;
  const int64_t width = p->op->kernels->gemm->panel_width, first = piece * PIECE_ROWS;
  for (int64_t group = 0; group < p->op->window.groups; group++)
    for (int64_t i = 0; i < s->group_columns; i += PACK_COLUMNS)
      pack_columns(p, group * s->group_columns + i, fv__min(PACK_COLUMNS, s->group_columns - i), first,
                   fv__min(s->length, first + PIECE_ROWS), p->to + (group * s->group_panels * width + i) * s->length);
}

static void repack(const fv__op *op, const fv__op_weights *weights, void *packed, fv__pool *pool) {
  const sizes s = sizes_of(op);
  packing p = {op, weights, &s, packed};
  memset(p.to + s.shift_offset, 0, (size_t)(s.floats - s.shift_offset) * sizeof *p.to);
  for (int64_t o = 0; o < op->window.out_c; o++) {
    double scale, shift;
    fv__op_scale_shift(op, weights, o, &scale, &shift);
    p.to[s.shift_offset + o] = (float)shift;
  }
  fv__parallel_for(pool, (s.length + PIECE_ROWS - 1) / PIECE_ROWS, pack_rows, &p);
}

static void pack(const fv__op *op, const fv__op_weights *weights, void *packed) { repack(op, weights, packed, NULL); }

/* One run of the product over the images of x. */
typedef struct job {
  const fv__op_call *call;
  const sizes *s;
  fv__view x, y, residual;
  fv__window window;
  bool joined;
  int64_t row_taps, depth; /* taps of a window row, numbers per tap */
  int64_t rows, tiles, blocks, ranges;
} job;

static size_t table_bytes(const fv__op *op) {
  const sizes s = sizes_of(op);
  const int64_t taps = (int64_t)op->window.window.kernel_h * op->window.window.kernel_w;
  const int64_t copied = s.joined ? s.length * (int64_t)sizeof(float) : 0;
  const int64_t rows = (int64_t)op->kernels->gemm->tile_rows * MAX_TILES;
  return (size_t)fv__round_up(rows * (taps * (int64_t)sizeof(float *) + copied), 64);
}

static size_t scratch_bytes(const fv__op *op, int threads) { return table_bytes(op) * (size_t)threads; }

/* A block being prepared. */
typedef struct block_rows {
  const float **table;
  float *copies; /* of windows at the borders, where window rows are taps */
  float *y[MAX_BLOCK_ROWS];
  const float *residual[MAX_BLOCK_ROWS];
  int32_t starts[MAX_TILES + 1];
  int32_t tiles;
} block_rows;

/* Where a walk over output pixels is: image, row, column, and the pixel's place in y and residual. */
typedef struct walk {
  int64_t n, i, k;
  float *y;
  const float *residual;
} walk;

static void walk_to(const job *j, walk *w, int64_t n, int64_t i, int64_t k) {
  *w = (walk){.n = n, .i = i, .k = k, .y = fv__view_at(&j->y, n, i, k)};
  if (j->residual.data) w->residual = fv__view_at(&j->residual, n, i, k);
}

/* `count` pixels on, at most those that are left of the row. */
static void walk_on(const job *j, walk *w, int64_t count) {
  w->k += count;
  if (w->k < j->y.w) {
    w->y += count * j->y.pixel;
    if (w->residual) w->residual += count * j->residual.pixel;
    return;
  }
  const bool last_row = w->i + 1 == j->y.h;
  if (last_row && w->n + 1 == j->y.n) return;
  walk_to(j, w, w->n + last_row, last_row ? 0 : w->i + 1, 0);
}

/* How many of the next `count` windows of a row, from column k of y on, have all of their columns inside the image. */
static int64_t count_inside(const job *j, int64_t k, int64_t count) {
  const fv__window *window = &j->window;
  const int64_t left = k * window->stride_w - window->left;
  const int64_t room = j->x.w - left - (int64_t)(window->kernel_w - 1) * window->dilation_w - 1;
  if (left < 0 || room < 0) return 0;
  return (count - 1) * window->stride_w <= room ? count : room / window->stride_w + 1;
}

/* The image's row under row kh of the windows, from `column` on; NULL: outside. */
static const float *row_under(const job *j, const walk *w, int32_t kh, int64_t column) {
  const int64_t row = w->i * j->window.stride_h - j->window.top + (int64_t)kh * j->window.dilation_h;
  return row >= 0 && row < j->x.h ? fv__view_at(&j->x, w->n, row, column) : NULL;
}

static const float *zeros_of(const job *j) { return (const float *)j->call->packed + j->s->zeros_offset; }

/* The pointers [tap][row] of `count` windows side by side whose columns lie inside the image; taps are `height` apart.
 */
static void point_inside(const job *j, const walk *w, int64_t count, const float **to, int64_t height) {
  const int64_t left = w->k * j->window.stride_w - j->window.left;
  for (int32_t kh = 0; kh < j->window.kernel_h; kh++) {
    const float *line = row_under(j, w, kh, left), *from = line ? line : zeros_of(j);
    const int64_t right = line ? j->window.dilation_w * j->x.pixel : 0;
    const int64_t step = line ? j->window.stride_w * j->x.pixel : 0;
    for (int64_t kw = 0; kw < j->row_taps; kw++, from += right, to += height)
      for (int64_t r = 0; r < count; r++) to[r] = from + r * step;
  }
}

/* The columns from `left` on of an image's row as a tap. */
static void copy_tap(const job *j, const float *line, int64_t left, float *to) {
  const int64_t c = j->x.c, first = fv__max(0, -left), end = fv__min(j->window.kernel_w, j->x.w - left);
  memset(to, 0, (size_t)j->depth * sizeof *to);
  if (first < end) memcpy(to + first * c, line + (left + first) * c, (size_t)((end - first) * c) * sizeof *to);
}

/* The pointers of one window anywhere. */
static void point_anywhere(const job *j, const walk *w, const float **to, int64_t height, float *copy) {
  const int64_t left = w->k * j->window.stride_w - j->window.left;
  for (int32_t kh = 0; kh < j->window.kernel_h; kh++) {
    const float *line = row_under(j, w, kh, 0);
    for (int64_t kw = 0; kw < j->row_taps; kw++, to += height, copy += j->depth) {
      const int64_t column = left + kw * j->window.dilation_w;
      *to = zeros_of(j);
      if (line && j->joined) {
        copy_tap(j, line, left, copy);
        *to = copy;
      } else if (line && column >= 0 && column < j->x.w) {
        *to = line + column * j->x.pixel;
      }
    }
  }
}

/* With one tap the tiles' pointers follow each other row by row: then all tiles are pointed at once. */
static void prepare(const job *shared, int64_t block, block_rows *to) {
  const job job_copy = *shared, *j = &job_copy; /* so that no store below can change it */
  const int64_t first_tile = block * j->tiles / j->blocks, end_tile = (block + 1) * j->tiles / j->blocks;
  const int64_t taps = j->window.kernel_h * j->row_taps;
  const int64_t first_row = first_tile * j->rows / j->tiles;
  const float **table = to->table;
  int64_t row = 0;
  walk w;
  walk_to(j, &w, first_row / (j->y.h * j->y.w), first_row / j->y.w % j->y.h, first_row % j->y.w);
  to->tiles = (int32_t)(end_tile - first_tile);
  for (int32_t t = 0; t <= to->tiles; t++) to->starts[t] = (int32_t)((first_tile + t) * j->rows / j->tiles - first_row);
  const int32_t at_once = taps == 1 ? to->tiles : 1;
  for (int32_t t = 0; t < to->tiles; t += at_once) {
    const int64_t height = to->starts[t + at_once] - row;
    for (int64_t r = 0, count; r < height; r += count, row += count, walk_on(j, &w, count)) {
      count = count_inside(j, w.k, fv__min(height - r, j->y.w - w.k));
      if (count > 0)
        point_inside(j, &w, count, table + r, height);
      else
        point_anywhere(j, &w, table + r, height, to->copies + row * taps * j->depth);
      count = fv__max(1, count);
      for (int64_t p = 0; p < count; p++) to->y[row + p] = w.y + p * j->y.pixel;
      for (int64_t p = 0; p < count && w.residual; p++) to->residual[row + p] = w.residual + p * j->residual.pixel;
    }
    table += height * taps;
  }
}

/* A block of rows by a range of panels, group by group. */
static void run_piece(void *context, int64_t piece, int thread) {
  const job *j = context;
  const sizes *s = j->s;
  const fv__op *op = j->call->op;
  const float *packed = j->call->packed;
  const fv__gemm_kernels *gemm = op->kernels->gemm;
  const int64_t range = piece % j->ranges;
  const int64_t first = range * s->panels / j->ranges, end = (range + 1) * s->panels / j->ranges;
  block_rows rows;
  rows.table = (const float **)((char *)j->call->scratch + (size_t)thread * table_bytes(op));
  rows.copies = (float *)(rows.table + (int64_t)gemm->tile_rows * MAX_TILES * op->window.window.kernel_h *
                                           op->window.window.kernel_w);
  prepare(j, piece / j->ranges, &rows);
  for (int64_t panel = first, next; panel < end; panel = next) {
    const int64_t group = panel / s->group_panels;
    next = fv__min(end, (group + 1) * s->group_panels);
    const int64_t column = panel % s->group_panels * gemm->panel_width;
    const int64_t columns = (next - panel) * gemm->panel_width;
    const fv__gemm_block block = {
        .taps = j->window.kernel_h * j->row_taps,
        .depth = j->depth,
        .tiles = rows.tiles,
        .tile_starts = rows.starts,
        .a = rows.table,
        .a_offset = group * s->depth,
        .panels = packed + panel * s->length * gemm->panel_width,
        .next_panel = packed + next % s->panels * s->length * gemm->panel_width,
        .columns = fv__min(columns, s->group_columns - column),
        .y = rows.y,
        .residual = j->residual.data ? rows.residual : NULL,
        .y_offset = group * s->group_columns + column,
        .shift = packed + s->shift_offset + group * s->group_columns + column,
        .low = op->low,
        .high = op->high,
        .finish = true,
    };
    gemm->multiply(&block);
  }
}

/* All pixels in one row, where they follow each other at one distance. */
static void flatten(fv__view *view) {
  view->w *= view->n * view->h;
  view->n = view->h = 1;
}

/* How the work is cut: by the problem alone. */
static void cut(job *j) {
  const sizes *s = j->s;
  const int64_t height = j->call->op->kernels->gemm->tile_rows;
  const int64_t block_tiles = s->length > LONG_K ? TILES / 2 : TILES;
  const fv__window *w = &j->window;
  const bool pixels = w->kernel_h == 1 && w->kernel_w == 1 && w->stride_h == 1 && w->stride_w == 1 && !w->top &&
                      !w->left && j->x.h == j->y.h && j->x.w == j->y.w;
  if (pixels && fv__view_is_matrix(&j->x) && fv__view_is_matrix(&j->y) &&
      (!j->residual.data || fv__view_is_matrix(&j->residual))) {
    flatten(&j->x);
    flatten(&j->y);
    flatten(&j->residual);
  }
  j->rows = fv__view_pixels(&j->y);
  j->tiles = (j->rows + height - 1) / height;
  j->blocks = fv__max(j->tiles > 0, (j->tiles + block_tiles / 2) / block_tiles);
  j->ranges = 1;
  if (j->blocks == 0 || j->blocks >= WANTED_PIECES) return;
  const int64_t work = j->rows * s->length * j->call->op->window.out_c / j->blocks;
  const int64_t wanted = fv__min((WANTED_PIECES + j->blocks - 1) / j->blocks, work / LEAST_PIECE);
  j->ranges = fv__max(1, fv__min(wanted, s->panels));
}

static void forward(const fv__op_call *call) {
  const sizes s = sizes_of(call->op);
  const fv__window_problem *p = &call->op->window;
  job j = {.call = call,
           .s = &s,
           .x = call->x[0],
           .y = call->y,
           .residual = call->residual,
           .window = p->window,
           .joined = s.joined && call->x[0].pixel == p->c};
  j.row_taps = j.joined ? 1 : p->window.kernel_w;
  j.depth = j.joined ? p->window.kernel_w * p->c : s.depth;
  cut(&j);
  fv__parallel_for(call->pool, j.blocks * j.ranges, run_piece, &j);
}

const fv__way fv__conv_gemm = {.name = "implicit gemm",
                               .why_not = why_not,
                               .estimate = estimate,
                               .packed_bytes = packed_bytes,
                               .pack = pack,
                               .repack = repack,
                               .scratch_bytes = scratch_bytes,
                               .forward = forward};
