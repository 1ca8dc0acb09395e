/* Convolution with few output channels: windows are read where they lie, all weights from the first cache
 * (kernels/window.h).
 *
 *   piece (image, some rows of y)    the rows of x that it needs, with zeros on both sides, in memory of the thread's
 * own row of y                       rows of windows that lie above or below the image are left out
 *
 * Where nothing is to be added on the sides and pixels of x lie side by side, rows are read in place.
 *
 * Packed: panel [kernel_h][kernel_w * c][one vector or two] scaled by the normalisation | shift, likewise.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/conv.h"
#include "ops/estimate.h"
#include "ops/way.h"

enum {
  LINE = 16,           /* floats per cache line */
  PIECE_FLOATS = 8192, /* of x with its sides: they stay in the first cache until the piece is done */
  MOST_WEIGHTS = 1 << 15,
  MOST_FLOATS = 1 << 16
};

typedef struct sizes {
  int64_t width, length; /* of the panel; numbers of a window's row */
  int64_t shift_offset, floats;
  int64_t frame_w, row; /* pixels and floats of a row with its sides */
  int64_t rows, pieces; /* of y per piece; per image */
  int64_t thread_floats;
} sizes;

static sizes sizes_of(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  const fv__window *w = &p->window;
  const int64_t vector = op->kernels->window->vector;
  sizes s = {.width = p->out_c <= vector ? vector : 2 * vector, .length = w->kernel_w * p->c};
  s.shift_offset = w->kernel_h * s.length * s.width;
  s.floats = s.shift_offset + s.width;
  s.frame_w = (p->out_w - 1) * w->stride_w + w->kernel_w;
  s.row = s.frame_w * p->c;
  const int64_t reach = (int64_t)(w->kernel_h - 1) * w->dilation_h + 1;
  s.rows = fv__max(1, fv__min(p->out_h, (PIECE_FLOATS / fv__max(1, s.row) - reach) / w->stride_h + 1));
  s.pieces = (p->out_h + s.rows - 1) / s.rows;
  s.thread_floats = fv__round_up(((s.rows - 1) * w->stride_h + reach) * s.row, LINE);
  return s;
}

static const char *why_not(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  const fv__window *w = &p->window;
  if (p->groups != 1) return "channels are in groups";
  if (w->dilation_h != 1 || w->dilation_w != 1) return "the kernel is dilated";
  if (p->out_c > 2 * op->kernels->window->vector) return "more output channels than two vectors hold";
  if (w->kernel_h * w->kernel_w == 1) return "the kernel is one pixel";
  if (w->kernel_h > MOST_WEIGHTS || sizes_of(op).floats > MOST_WEIGHTS)
    return "more weights than the first cache holds";
  if (sizes_of(op).thread_floats > MOST_FLOATS) return "rows are too long for the second cache";
  return NULL;
}

/* Sums as long as a product's, in tiles of a row each. */
static double estimate(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  const sizes s = sizes_of(op);
  const double part = (double)s.width / op->kernels->gemm->panel_width;
  return part * fv__estimate_gemm(op, p->n * p->out_h * p->out_w, p->window.kernel_h * s.length,
                                  op->kernels->gemm->panel_width);
}

static size_t packed_bytes(const fv__op *op) { return (size_t)sizes_of(op).floats * sizeof(float); }

static void pack(const fv__op *op, const fv__op_weights *weights, void *packed) {
  const sizes s = sizes_of(op);
  const int64_t out_c = op->window.out_c, rows = op->window.window.kernel_h * s.length;
  float *to = packed;
  memset(to, 0, (size_t)s.floats * sizeof *to);
  for (int64_t o = 0; o < out_c; o++) {
    double scale, shift;
    fv__op_scale_shift(op, weights, o, &scale, &shift);
    to[s.shift_offset + o] = (float)shift;
    for (int64_t k = 0; k < rows; k++) to[k * s.width + o] = (float)((double)weights->kernel[k * out_c + o] * scale);
  }
}

static size_t scratch_bytes(const fv__op *op, int threads) {
  return (size_t)(sizes_of(op).thread_floats * threads) * sizeof(float);
}

typedef struct job {
  const fv__op_call *call;
  sizes s;
  bool in_place;
} job;

/* Rows [first, end) of image n of x with their sides, one after the other. The sides are short: all is set to 0 at
 * once.
 */
static void copy_rows(const job *j, int64_t n, int64_t first, int64_t end, float *to) {
  const fv__view *x = &j->call->x[0];
  const int64_t left = fv__min(j->call->op->window.window.left, j->s.frame_w);
  const int64_t pixels = fv__min(x->w, j->s.frame_w - left), c = x->c;
  if (end > first && pixels < j->s.frame_w) memset(to, 0, (size_t)((end - first) * j->s.row) * sizeof *to);
  to += left * c;
  for (int64_t i = first; i < end; i++, to += j->s.row) {
    const float *from = fv__view_at(x, n, i, 0);
    if (x->pixel == c)
      memcpy(to, from, (size_t)(pixels * c) * sizeof *to);
    else
      for (int64_t k = 0; k < pixels; k++) memcpy(to + k * c, from + k * x->pixel, (size_t)c * sizeof *to);
  }
}

/* Rows of a window whose first would be row `top` of x: those inside the image. */
typedef struct inside {
  int64_t first, end;
} inside;

static inside inside_of(const fv__window_problem *p, int64_t top) {
  const int64_t step = p->window.dilation_h;
  const int64_t first = top < 0 ? (-top + step - 1) / step : 0, end = p->h > top ? (p->h - top + step - 1) / step : 0;
  return (inside){first, fv__max(first, fv__min(end, p->window.kernel_h))};
}

static void run_piece(void *context, int64_t piece, int thread) {
  const job *j = context;
  const sizes *s = &j->s;
  const fv__op_call *call = j->call;
  const fv__window_problem *p = &call->op->window;
  const fv__window *w = &p->window;
  const float *packed = call->packed;
  const int64_t n = piece / s->pieces, first = piece % s->pieces * s->rows, end = fv__min(p->out_h, first + s->rows);
  const int64_t top = fv__max(0, first * w->stride_h - w->top);
  const int64_t bottom = (end - 1) * w->stride_h - w->top + (int64_t)(w->kernel_h - 1) * w->dilation_h + 1;
  float *frame = (float *)call->scratch + thread * s->thread_floats;
  if (!j->in_place) copy_rows(j, n, top, fv__min(p->h, bottom), frame);
  const int64_t row = j->in_place ? call->x[0].row : s->row;
  const float *x = j->in_place ? fv__view_at(&call->x[0], n, top, 0) : frame;
  for (int64_t i = first; i < end; i++) {
    const int64_t at = i * w->stride_h - w->top;
    const inside rows = inside_of(p, at);
    call->op->kernels->window->row(
        &(fv__window_row){.x = rows.end > rows.first ? x + (at + rows.first * w->dilation_h - top) * row : x,
                          .row = w->dilation_h * row,
                          .step = w->stride_w * p->c,
                          .rows = rows.end - rows.first,
                          .length = s->length,
                          .panel = packed + rows.first * s->length * s->width,
                          .pixels = p->out_w,
                          .channels = p->out_c,
                          .y = fv__view_at(&call->y, n, i, 0),
                          .pixel = call->y.pixel,
                          .residual = call->residual.data ? fv__view_at(&call->residual, n, i, 0) : NULL,
                          .residual_pixel = call->residual.pixel,
                          .shift = packed + s->shift_offset,
                          .low = call->op->low,
                          .high = call->op->high});
  }
}

static void forward(const fv__op_call *call) {
  const fv__window *w = &call->op->window.window;
  job j = {.call = call, .s = sizes_of(call->op)};
  j.in_place = w->left == 0 && w->right == 0 && call->x[0].pixel == call->x[0].c;
  fv__parallel_for(call->pool, call->y.n * j.s.pieces, run_piece, &j);
}

const fv__way fv__conv_window = {.name = "windows in place",
                                 .why_not = why_not,
                                 .estimate = estimate,
                                 .packed_bytes = packed_bytes,
                                 .pack = pack,
                                 .scratch_bytes = scratch_bytes,
                                 .forward = forward};
