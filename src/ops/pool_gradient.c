/* Gradients of pooling on vectors, window by window. Windows that touch no other are pieces of their own, by rows, and
 * may overwrite what they cover: then pixels that no window covers become 0. Others are added image by image.
 *
 * Where the pooling alone reads an activation whose result is enough for its derivative, both go back at once: the rows
 * under a row of windows lie in scratch, a line each, and are multiplied from there. The gradient between the two, as
 * large as the map, is neither written nor read.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/gradients.h"
#include "ops/pool.h"

enum {
  PIECE = 100000, /* numbers looked at per piece of work */
  THROUGH_PIECE = 32768,
  ROWS_AT_ONCE = 4,
  LINE = 16 /* floats per cache line */
};

/* Taps [first, first + count) of a window along one axis that lie inside, and the pixel that the first one reads. */
typedef struct span {
  int64_t pixel, count;
} span;

static span span_of(int64_t i, int32_t stride, int32_t before, int32_t kernel, int32_t dilation, int64_t extent) {
  int64_t pixel = i * stride - before, taps = kernel;
  for (; pixel < 0 && taps > 0; pixel += dilation) taps--;
  const int64_t room = pixel < extent ? (extent - 1 - pixel) / dilation + 1 : 0;
  return (span){pixel, fv__min(taps, room)};
}

/* Where the gradient of an image goes: its rows from `row` on, as image `image` of a view. */
typedef struct target {
  const fv__view *dx;
  int64_t image, row;
  bool overwrite;
} target;

/* `count` windows from j on, which lie inside along the width if they are more than one. */
static void windows(const fv__backward_call *call, const target *to, int64_t n, int64_t i, int64_t j, int64_t count) {
  const fv__window_problem *p = &call->op->window;
  const fv__window *w = &p->window;
  const fv__pool_gradient_kernels *kernels = call->op->kernels->pool_gradient;
  const fv__view *x = &call->x[0], *dx = to->dx;
  const span rows = span_of(i, w->stride_h, w->top, w->kernel_h, w->dilation_h, p->h);
  const span columns = span_of(j, w->stride_w, w->left, w->kernel_w, w->dilation_w, p->w);
  if (rows.count < 1 || columns.count < 1) return;
  const fv__window_gradient at = {.x = p->average ? NULL : fv__view_at(x, n, rows.pixel, columns.pixel),
                                  .dy = fv__view_at(&call->dy, n, i, j),
                                  .dx = fv__view_at(dx, to->image, rows.pixel - to->row, columns.pixel),
                                  .height = rows.count,
                                  .width = columns.count,
                                  .x_row = x->row * w->dilation_h,
                                  .x_pixel = x->pixel * w->dilation_w,
                                  .x_step = x->pixel * w->stride_w,
                                  .dx_row = dx->row * w->dilation_h,
                                  .dx_pixel = dx->pixel * w->dilation_w,
                                  .dx_step = dx->pixel * w->stride_w,
                                  .windows = count,
                                  .channels = p->c,
                                  .dy_pixel = call->dy.pixel,
                                  .overwrite = to->overwrite};
  if (p->average)
    kernels->average(&at);
  else
    kernels->maximum(&at);
}

/* Rows of windows [first, end), counted through all images. */
static void window_rows(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  for (int64_t row = first; row < end; row++) {
    const target to = {&call->dx[0], row / p->out_h, 0, call->overwrite};
    for (int64_t j = 0; j < p->out_w; j++) windows(call, &to, to.image, row % p->out_h, j, 1);
  }
}

/* A row of windows that are apart and begin at the edge: all but the last lie inside. */
static void apart_row(const fv__backward_call *call, const target *to, int64_t n, int64_t i) {
  const fv__window_problem *p = &call->op->window;
  const int64_t inside = fv__min(p->out_w, p->w / p->window.stride_w);
  if (inside > 0) windows(call, to, n, i, 0, inside);
  for (int64_t j = inside; j < p->out_w; j++) windows(call, to, n, i, j, 1);
}

static void apart_rows(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const int64_t rows = call->op->window.out_h;
  for (int64_t row = first; row < end; row++)
    apart_row(call, &(target){&call->dx[0], row / rows, 0, call->overwrite}, row / rows, row % rows);
}

static void images(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  const int64_t rows = call->op->window.out_h;
  window_rows(call, first * rows, end * rows, thread);
}

static const char *adaptive_why_not(const fv__op *op) {
  return op->window.adaptive ? "the windows cover the image whatever its size" : NULL;
}

static void images_backward(const fv__backward_call *call) { fv__gradient_ranges(call, call->op->window.n, 1, images); }

static const char *apart_why_not(const fv__op *op) {
  const fv__window *w = &op->window.window;
  if (adaptive_why_not(op)) return adaptive_why_not(op);
  if (w->dilation_h != 1 || w->dilation_w != 1) return "dilation is not 1";
  if (w->kernel_h != w->stride_h || w->kernel_w != w->stride_w) return "windows overlap or leave gaps";
  return w->top || w->left ? "the first windows reach over the edge" : NULL;
}

/* 0 where no window is: beside and below the last ones. Row `row` of all images'. */
static void clear_rows(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  const fv__view *dx = &call->dx[0];
  for (int64_t row = first; row < end; row++) {
    const bool covered = row % p->h < p->out_h * p->window.stride_h;
    for (int64_t j = covered ? p->out_w * p->window.stride_w : 0; j < p->w; j++)
      memset(fv__view_at(dx, row / p->h, row % p->h, j), 0, (size_t)p->c * sizeof(float));
  }
}

static void apart_backward(const fv__backward_call *call) {
  const fv__window_problem *p = &call->op->window;
  const int64_t cost = p->out_w * p->c * p->window.kernel_h * p->window.kernel_w;
  const bool rest = p->out_h * p->window.stride_h < p->h || p->out_w * p->window.stride_w < p->w;
  if (call->overwrite && rest) fv__gradient_ranges(call, p->n * p->h, 16, clear_rows);
  fv__gradient_ranges(call, p->n * p->out_h, fv__range_step(cost, PIECE), apart_rows);
}

/* ---- through the activation before it */

/* Of a row of windows: their rows, of averages just one, as all are alike. */
static int64_t lines_of(const fv__op *op) { return op->window.average ? 1 : op->window.window.kernel_h; }

static int64_t lines_floats(const fv__op *op) {
  return fv__round_up(ROWS_AT_ONCE * lines_of(op) * op->window.w * op->window.c, LINE);
}

static size_t lines_bytes(const fv__op *op, int threads) {
  return (size_t)(threads * lines_floats(op)) * sizeof(float);
}

/* Row i of image n of the activation: dx from its result and the gradient of that. */
static void through_row(const fv__backward_call *call, int64_t n, int64_t i, const float *dy) {
  const fv__unary_problem *p = &call->before->unary;
  const fv__view *y = &call->x[0], *dx = &call->dx[0];
  fv__vec_gradient *gradient = call->op->kernels->functions->gradient_by_result[p->kernel];
  const bool dense = y->pixel == y->c && dx->pixel == y->c;
  const int64_t count = dense ? y->w * y->c : y->c;
  for (int64_t k = 0; k < (dense ? 1 : y->w); k++, dy += count)
    gradient(fv__view_at(y, n, i, k), dy, fv__view_at(dx, n, i, k), count, p->parameters, call->overwrite);
}

/* Some rows of windows of one image, all spread before the first is multiplied: what has just been written in pieces is
 * slow to read whole. */
static void through_some(const fv__backward_call *call, int64_t first, int64_t end, float *memory) {
  const fv__window_problem *p = &call->op->window;
  const int64_t height = p->window.kernel_h, row = p->w * p->c, lines = lines_of(call->op), n = first / p->out_h;
  for (int64_t r = first; r < end; r++) {
    const fv__view to = {memory + (r - first) * lines * row, 1, height, p->w, p->c, 0, lines == 1 ? 0 : row, p->c};
    apart_row(call, &(target){&to, 0, r % p->out_h * height, true}, n, r % p->out_h);
  }
  for (int64_t r = first; r < end; r++, memory += lines * row) {
    const int64_t top = r % p->out_h * height, bottom = fv__min(p->h, top + height);
    for (int64_t k = top; k < bottom; k++) through_row(call, n, k, memory + (lines == 1 ? 0 : k - top) * row);
  }
}

static void through_rows(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  const int64_t rows = call->op->window.out_h, floats = lines_floats(call->op);
  float *memory = (float *)call->scratch + thread * floats;
  memset(memory, 0, (size_t)floats * sizeof *memory); /* what no window covers stays so */
  for (int64_t r = first, next; r < end; r = next) {
    next = fv__min(fv__min(end, r + ROWS_AT_ONCE), (r / rows + 1) * rows);
    through_some(call, r, next, memory);
  }
}

/* Rows below the last windows. */
static void through_rest(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  const fv__view *dx = &call->dx[0];
  for (int64_t n = first; n < end; n++)
    for (int64_t i = p->out_h * p->window.kernel_h; i < p->h; i++)
      for (int64_t k = 0; k < p->w; k++) memset(fv__view_at(dx, n, i, k), 0, (size_t)p->c * sizeof(float));
}

static void through_backward(const fv__backward_call *call) {
  const fv__window_problem *p = &call->op->window;
  const int64_t cost = p->out_w * p->c * p->window.kernel_h * p->window.kernel_w;
  if (call->overwrite) fv__gradient_ranges(call, p->n, 16, through_rest);
  fv__gradient_ranges(call, p->n * p->out_h, fv__range_step(cost, THROUGH_PIECE), through_rows);
}

static const char *apart_average_why_not(const fv__op *op) {
  return op->window.average ? apart_why_not(op) : "it is the maximum";
}
static const char *average_why_not(const fv__op *op) {
  return op->window.average ? adaptive_why_not(op) : "it is the maximum";
}

const fv__gradient_way fv__pool_input_apart_average = {
    .name = "windows apart", .why_not = apart_average_why_not, .backward = apart_backward, .overwrites = true};
const fv__gradient_way fv__pool_input_average = {
    .name = "images", .why_not = average_why_not, .backward = images_backward};
const fv__gradient_way fv__pool_input_apart = {
    .name = "windows apart", .why_not = apart_why_not, .backward = apart_backward, .reads_x = true, .overwrites = true};
const fv__gradient_way fv__pool_input_images = {
    .name = "images", .why_not = adaptive_why_not, .backward = images_backward, .reads_x = true};
const fv__gradient_way fv__pool_input_through = {.name = "windows apart, through the activation",
                                                 .why_not = apart_why_not,
                                                 .scratch_bytes = lines_bytes,
                                                 .backward = through_backward,
                                                 .reads_x = true,
                                                 .overwrites = true};
