/* The gradient of convolution by its weights as a matrix product over pixels.
 *
 *   dK[tap, k][o] += sum over pixels p of y of x[p * stride - padding + tap * dilation][k] dy[p][o]
 *
 *   M = kernel_h * kernel_w * c / groups rows, N = out_c / groups columns per group, K = n * out_h * out_w to sum over
 *
 *   piece (part of K, group, range of rows, range of columns)
 *     block of K      rows of x, copied window by window: [pixel][rows]; those of dy: [pixel][columns]
 *       the product   starts from 0 and is added once: sums of a million pixels keep their accuracy
 *
 * An image of few channels is copied once into a frame of zeros instead; then a row of the window is a stretch of the
 * left matrix where it lies. Where there are few rows and columns, K is cut into parts that have sums of their own,
 * added up in their order at the end. All cuts depend on the problem and the CPU level alone.
 *
 * Scratch: frame | sums of the parts | per thread: pointers to the left rows, left rows, right rows | sums of dy.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/conv.h"
#include "ops/estimate.h"
#include "ops/way.h"

enum {
  MOST_ROWS = 384,    /* of a piece: with as many columns as follow, a block stays in the second cache */
  MOST_COLUMNS = 512, /* likewise */
  IN_PLACE = 64,      /* columns, up to which lines of dy do not fall on each other in the first cache */
  WANTED_PIECES = 16,
  MOST_SUMS = 1 << 22, /* floats of the parts' sums */
  FEW_CHANNELS = 16,
  LONGER = 4, /* blocks where windows are not copied: the ends of small tiles count, and the first cache has room */
  LINE = 16,  /* floats per cache line */
  SUM_STEP = 4096,
  POINTER = sizeof(float *) / 4 /* floats */
};

typedef struct sizes {
  int64_t depth, rows, width;    /* channels per group, M, N */
  int64_t pixels, blocks, count; /* K, its blocks, the longest of them */
  int64_t row_ranges, column_ranges, parts;
  bool framed, paired; /* paired: windows of two pixels side by side are a number apart, and blocks of whole pairs */
  int64_t frame_h, frame_w, frame_floats, sums_floats, a_row, b_row, thread_floats, bias_offset;
} sizes;

/* Rows an odd number of cache lines apart do not fall on each other in the cache. */
static int64_t odd_lines(int64_t floats) { return (((floats + LINE - 1) / LINE) | 1) * LINE; }

static int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

static void cut_work(sizes *s, const fv__op *op) {
  const fv__window_problem *p = &op->window;
  const int64_t longer = s->framed ? LONGER : 1;
  s->blocks = divide_up(s->pixels, longer * op->kernels->transposed->usual_count);
  s->count = divide_up(s->pixels, fv__max(1, s->blocks)) + s->paired;
  s->row_ranges = s->framed ? 1 : divide_up(s->rows, MOST_ROWS);
  s->column_ranges = divide_up(s->width, MOST_COLUMNS);
  const int64_t pieces = p->groups * s->row_ranges * s->column_ranges;
  s->parts = fv__min(divide_up(WANTED_PIECES, pieces), s->blocks / 2);
  s->parts = fv__max(1, fv__min(s->parts, MOST_SUMS / (s->rows * p->out_c)));
}

static sizes sizes_of(const fv__op *op, int threads) {
  const fv__window_problem *p = &op->window;
  const fv__window *w = &p->window;
  sizes s = {.depth = p->c / p->groups, .width = p->out_c / p->groups, .pixels = p->n * p->out_h * p->out_w};
  s.rows = (int64_t)w->kernel_h * w->kernel_w * s.depth;
  s.framed = p->groups == 1 && p->c < FEW_CHANNELS && w->kernel_w > 1 && w->dilation_h == 1 && w->dilation_w == 1;
  s.paired = s.framed && p->c * w->stride_w == 1 && p->out_w % 2 == 0;
  s.frame_h = (p->out_h - 1) * w->stride_h + w->kernel_h;
  s.frame_w = (p->out_w - 1) * w->stride_w + w->kernel_w;
  cut_work(&s, op);
  s.frame_floats = s.framed ? fv__round_up(p->n * s.frame_h * s.frame_w * p->c, LINE) : 0;
  s.sums_floats = s.parts > 1 ? fv__round_up(s.parts * s.rows * p->out_c, LINE) : 0;
  s.a_row = s.framed ? 0 : odd_lines(divide_up(s.rows, s.row_ranges));
  s.b_row = odd_lines(divide_up(s.width, s.column_ranges) + FV__TRANSPOSED_MARGIN);
  const int64_t pointers = fv__round_up(s.count * POINTER, LINE);
  s.thread_floats = pointers + s.count * (s.a_row + s.b_row);
  s.bias_offset = s.frame_floats + s.sums_floats + threads * s.thread_floats;
  return s;
}

static double estimate(const fv__op *op) {
  const sizes s = sizes_of(op, 1);
  const double groups = (double)op->window.groups, copied = (double)(s.rows * s.column_ranges + s.width * s.row_ranges);
  return groups * (fv__estimate_gemm(op, s.rows, s.pixels, s.width) +
                   fv__estimate_transforms(op, (double)s.pixels * copied) / 4);
}

static size_t scratch_bytes(const fv__op *op, int threads) {
  return (size_t)sizes_of(op, threads).bias_offset * sizeof(float) + fv__conv_bias_bytes(op);
}

typedef struct job {
  const fv__backward_call *call;
  const sizes *s;
  fv__view x;    /* the frame where there is one */
  bool in_place; /* rows of dy are read where they lie */
  float *scratch;
} job;

/* What one piece works on. */
typedef struct piece {
  int64_t part, group;
  int64_t row, rows, column, columns; /* of the group's matrix */
  const float **a;
  float *left, *right;
} piece;

static piece piece_of(const job *j, int64_t number, int thread) {
  const sizes *s = j->s;
  const int64_t column_range = number % s->column_ranges, rest = number / s->column_ranges;
  const int64_t row_range = rest % s->row_ranges, groups = j->call->op->window.groups;
  piece p = {.part = rest / s->row_ranges / groups, .group = rest / s->row_ranges % groups};
  p.row = row_range * s->rows / s->row_ranges;
  p.rows = (row_range + 1) * s->rows / s->row_ranges - p.row;
  p.column = column_range * s->width / s->column_ranges;
  p.columns = (column_range + 1) * s->width / s->column_ranges - p.column;
  float *memory = j->scratch + s->frame_floats + s->sums_floats + thread * s->thread_floats;
  p.a = (const float **)(void *)memory;
  p.left = memory + s->thread_floats - s->count * (s->a_row + s->b_row);
  p.right = p.left + s->count * s->a_row;
  return p;
}

/* A walk over pixels of y. */
typedef struct place {
  int64_t n, i, k;
} place;

static place place_of(const fv__window_problem *p, int64_t pixel) {
  return (place){pixel / (p->out_h * p->out_w), pixel / p->out_w % p->out_h, pixel % p->out_w};
}

static void step_on(const fv__window_problem *p, place *at) {
  if (++at->k < p->out_w) return;
  at->k = 0;
  if (++at->i < p->out_h) return;
  at->i = 0;
  at->n++;
}

/* The piece's numbers of one window: rows [row, row + rows) of [tap][depth]. */
static void copy_window(const job *j, const piece *p, const place *at, float *to) {
  const fv__window *w = &j->call->op->window.window;
  const int64_t depth = j->s->depth, end = p->row + p->rows;
  const int64_t top = at->i * w->stride_h - w->top, left = at->k * w->stride_w - w->left;
  int64_t tap = p->row / depth, kh = tap / w->kernel_w, kw = tap % w->kernel_w;
  for (int64_t row = p->row, next; row < end; to += next - row, row = next) {
    next = fv__min(end, (tap + 1) * depth);
    const int64_t y = top + kh * w->dilation_h, x = left + kw * w->dilation_w;
    const size_t bytes = (size_t)(next - row) * sizeof *to;
    if (y >= 0 && y < j->x.h && x >= 0 && x < j->x.w)
      memcpy(to, fv__view_at(&j->x, at->n, y, x) + p->group * depth + row - tap * depth, bytes);
    else
      memset(to, 0, bytes);
    tap++;
    if (++kw < w->kernel_w) continue;
    kw = 0;
    kh++;
  }
}

static void prepare_left(const job *j, const piece *p, int64_t first, int64_t end) {
  const fv__window_problem *problem = &j->call->op->window;
  place at = place_of(problem, first);
  for (int64_t pixel = first; pixel < end; pixel++, step_on(problem, &at)) {
    float *to = p->left + (pixel - first) * j->s->a_row;
    p->a[pixel - first] = to;
    copy_window(j, p, &at, to);
  }
}

/* The same where windows lie in the frame. */
static void point_left(const job *j, const piece *p, int64_t first, int64_t end) {
  const fv__window_problem *problem = &j->call->op->window;
  const int64_t step = problem->window.stride_w * j->x.pixel, down = problem->window.stride_h;
  place at = place_of(problem, first);
  for (int64_t pixel = first; pixel < end;) {
    const float *x = fv__view_at(&j->x, at.n, at.i * down, 0) + at.k * step;
    const int64_t stop = fv__min(end, pixel + problem->out_w - at.k);
    for (; pixel < stop; pixel++, x += step) p->a[pixel - first] = x;
    at = place_of(problem, pixel);
  }
}

static void prepare_right(const job *j, const piece *p, int64_t first, int64_t end) {
  const fv__window_problem *problem = &j->call->op->window;
  const int64_t column = p->group * j->s->width + p->column;
  const size_t bytes = (size_t)p->columns * sizeof(float);
  place at = place_of(problem, first);
  for (int64_t pixel = first; pixel < end; pixel++, step_on(problem, &at))
    memcpy(p->right + (pixel - first) * j->s->b_row, fv__view_at(&j->call->dy, at.n, at.i, at.k) + column, bytes);
}

/* Pixels [first, end) of a view that is dense and whose pixels are those of y. */
static void wish_for(const fv__view *view, int64_t first, int64_t end, fv__transposed_run *to) {
  *to = (fv__transposed_run){view->data + first * view->c, (end - first) * view->c / LINE};
}

/* What the next block will copy. */
static void wish(const job *j, int64_t first, int64_t end, fv__transposed_run to[2]) {
  const fv__window_problem *p = &j->call->op->window;
  to[0].lines = to[1].lines = 0;
  if (j->s->framed || p->groups > 1) return;
  if (fv__view_is_dense(&j->call->dy)) wish_for(&j->call->dy, first, end, &to[0]);
  if (j->s->rows == p->c && p->h == p->out_h && p->w == p->out_w && fv__view_is_dense(&j->x))
    wish_for(&j->x, first, end, &to[1]);
}

/* The first pixel of a block. */
static int64_t block_start(const sizes *s, int64_t block) {
  const int64_t pixel = block * s->pixels / s->blocks;
  return s->paired ? pixel / 2 * 2 : pixel;
}

static void run_piece(void *context, int64_t number, int thread) {
  const job *j = context;
  const sizes *s = j->s;
  const fv__window_problem *problem = &j->call->op->window;
  const piece p = piece_of(j, number, thread);
  const int64_t out_c = problem->out_c, first_block = p.part * s->blocks / s->parts;
  float *sums = s->parts == 1 ? j->call->dkernel : j->scratch + s->frame_floats + p.part * s->rows * out_c;
  fv__transposed_block block = {.a = p.a,
                                .neighbours = s->paired,
                                .runs = s->framed ? problem->window.kernel_h : 1,
                                .depth = s->framed ? problem->window.kernel_w * problem->c : p.rows,
                                .run_step = j->x.row,
                                .columns = p.columns,
                                .to = sums + p.row * out_c + p.group * s->width + p.column,
                                .to_row = out_c,
                                .add = s->parts == 1 && !j->call->overwrite};
  for (int64_t b = first_block; b < (p.part + 1) * s->blocks / s->parts; b++) {
    const int64_t first = block_start(s, b), end = block_start(s, b + 1);
    const bool in_place = j->in_place && end < s->pixels; /* whole vectors reach over the end of the last pixel */
    if (s->framed)
      point_left(j, &p, first, end);
    else
      prepare_left(j, &p, first, end);
    if (!in_place) prepare_right(j, &p, first, end);
    block.b = in_place ? j->call->dy.data + first * j->call->dy.pixel : p.right;
    block.b_row = in_place ? j->call->dy.pixel : s->b_row;
    wish(j, end, fv__min(end + s->count, s->pixels), block.soon);
    block.count = end - first;
    j->call->op->kernels->transposed->multiply(&block);
    block.add = true;
  }
}

/* Adds the parts up. */
static void add_parts(void *context, int64_t number, int thread) {
  (void)thread;
  const job *j = context;
  const int64_t count = j->s->rows * j->call->op->window.out_c, first = number * SUM_STEP;
  const int64_t length = fv__min(SUM_STEP, count - first);
  float *to = j->call->dkernel + first;
  const float *from = j->scratch + j->s->frame_floats + first;
  int64_t part = 0;
  if (j->call->overwrite) {
    memcpy(to, from, (size_t)length * sizeof *to);
    part = 1;
  }
  for (; part < j->s->parts; part++)
    for (int64_t i = 0; i < length; i++) to[i] += from[part * count + i];
}

static void add_products(const fv__backward_call *call, const sizes *s) {
  const fv__window_problem *p = &call->op->window;
  const fv__window *w = &p->window;
  job j = {.call = call, .s = s, .x = call->x[0], .scratch = call->scratch};
  j.in_place = p->groups == 1 && p->out_c <= IN_PLACE && fv__view_is_matrix(&call->dy);
  if (s->framed && (w->top || w->bottom || w->left || w->right || call->x[0].pixel != p->c)) {
    j.x = fv__view_dense(j.scratch, p->n, s->frame_h, s->frame_w, p->c);
    fv__frame(call->pool, w, &call->x[0], &j.x);
  }
  const int64_t pieces = s->parts * p->groups * s->row_ranges * s->column_ranges;
  fv__parallel_for(call->pool, pieces, run_piece, &j);
  if (s->parts > 1) fv__parallel_for(call->pool, divide_up(s->rows * p->out_c, SUM_STEP), add_parts, &j);
}

static void backward(const fv__backward_call *call) {
  const sizes s = sizes_of(call->op, fv__pool_threads(call->pool));
  if (call->dkernel) add_products(call, &s);
  if (call->dbias) fv__conv_bias_gradient(call, (float *)call->scratch + s.bias_offset);
}

const fv__gradient_way fv__conv_weight_gemm = {.name = "matrix product",
                                               .why_not = fv__way_fits,
                                               .estimate = estimate,
                                               .scratch_bytes = scratch_bytes,
                                               .backward = backward,
                                               .reads_x = true,
                                               .overwrites = true};
