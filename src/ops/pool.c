/* Pooling: the maximum or the average of a window, per channel. Padding never counts: a maximum ignores it, an average
 * divides by the pixels of the image that the window covers. NaN anywhere in a window gives NaN. Adaptive windows cover
 * the image: window i of out along n pixels is [floor(i n / out), ceil((i + 1) n / out)).
 */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/pool.h"

enum { PIECE = 100000 }; /* numbers looked at per piece of work */

/* The part of a window that lies inside the image along one axis: taps [first, end). */
static void clip(int64_t start, int32_t kernel, int32_t dilation, int64_t extent, int32_t *first, int32_t *end) {
  *first = 0;
  while (*first < kernel && start + (int64_t)*first * dilation < 0) ++*first;
  *end = kernel;
  while (*end > *first && start + (int64_t)(*end - 1) * dilation >= extent) --*end;
}

/* What of a window lies inside the image: `height` rows by `width` pixels from x on. */
typedef struct rectangle {
  const float *x;
  int64_t height, width, row, pixel;
} rectangle;

static rectangle adaptive_rectangle(const fv__op_call *call, int64_t n, int64_t i, int64_t j) {
  const fv__window_problem *p = &call->op->window;
  const int64_t top = i * p->h / p->out_h, bottom = ((i + 1) * p->h + p->out_h - 1) / p->out_h;
  const int64_t left = j * p->w / p->out_w, right = ((j + 1) * p->w + p->out_w - 1) / p->out_w;
  return (rectangle){.x = fv__view_at(&call->x[0], n, top, left),
                     .height = bottom - top,
                     .width = right - left,
                     .row = call->x[0].row,
                     .pixel = call->x[0].pixel};
}

static rectangle rectangle_of(const fv__op_call *call, int64_t n, int64_t i, int64_t j) {
  const fv__window_problem *p = &call->op->window;
  const fv__window *window = &p->window;
  if (p->adaptive) return adaptive_rectangle(call, n, i, j);
  const int64_t row = i * window->stride_h - window->top, column = j * window->stride_w - window->left;
  int32_t kh0, kh1, kw0, kw1;
  clip(row, window->kernel_h, window->dilation_h, p->h, &kh0, &kh1);
  clip(column, window->kernel_w, window->dilation_w, p->w, &kw0, &kw1);
  const int64_t first_row = row + (int64_t)kh0 * window->dilation_h;
  const int64_t first_column = column + (int64_t)kw0 * window->dilation_w;
  return (rectangle){.x = fv__view_at(&call->x[0], n, first_row, first_column),
                     .height = kh1 - kh0,
                     .width = kw1 - kw0,
                     .row = call->x[0].row * window->dilation_h,
                     .pixel = call->x[0].pixel * window->dilation_w};
}

static void output_pixel(const fv__op_call *call, int64_t n, int64_t i, int64_t j) {
  const fv__window_problem *p = &call->op->window;
  const rectangle r = rectangle_of(call, n, i, j);
  float *y = fv__view_at(&call->y, n, i, j);
  for (int64_t c = 0; c < p->c; c++) {
    double sum = 0;
    float best = -INFINITY;
    for (int64_t row = 0; row < r.height; row++)
      for (int64_t column = 0; column < r.width; column++) {
        const float value = r.x[row * r.row + column * r.pixel + c];
        sum += (double)value;
        if (value > best || isnan(value)) best = value;
      }
    y[c] = p->average ? (float)(sum / (double)(r.height * r.width)) : best;
  }
}

static void output_rows(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  for (int64_t row = first; row < end; row++)
    for (int64_t j = 0; j < p->out_w; j++) output_pixel(call, row / p->out_h, row % p->out_h, j);
}

static void forward(const fv__op_call *call) {
  const fv__window_problem *p = &call->op->window;
  fv__for_ranges(call, p->n * p->out_h, 1, output_rows);
}

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};

/* Windows [first, end) along the width lie inside the image. */
typedef struct inside {
  int64_t first, end;
} inside;

static inside inside_of(const fv__window_problem *p) {
  const fv__window *w = &p->window;
  const int64_t first = fv__min(p->out_w, (w->left + w->stride_w - 1) / w->stride_w);
  const int64_t room = p->w + w->left - ((int64_t)(w->kernel_w - 1) * w->dilation_w + 1); /* where the last may start */
  return (inside){first, room < 0 ? first : fv__max(first, fv__min(p->out_w, room / w->stride_w + 1))};
}

/* `count` windows of one size from j on. */
static void vector_windows(const fv__op_call *call, int64_t row, int64_t j, int64_t count) {
  const fv__window_problem *p = &call->op->window;
  const fv__pool_kernels *kernels = call->op->kernels->pool;
  const int64_t n = row / p->out_h, i = row % p->out_h;
  const rectangle r = rectangle_of(call, n, i, j);
  const fv__pool_row windows = {.x = r.x,
                                .height = r.height,
                                .width = r.width,
                                .row = r.row,
                                .pixel = r.pixel,
                                .step = p->window.stride_w * call->x[0].pixel,
                                .windows = count,
                                .channels = p->c,
                                .y = fv__view_at(&call->y, n, i, j),
                                .y_pixel = call->y.pixel};
  if (p->average)
    kernels->average(&windows);
  else
    kernels->maximum(&windows);
}

static void vector_rows(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  const inside in = p->adaptive ? (inside){p->out_w, p->out_w} : inside_of(p);
  for (int64_t row = first; row < end; row++) {
    for (int64_t j = 0; j < in.first; j++) vector_windows(call, row, j, 1);
    if (in.end > in.first) vector_windows(call, row, in.first, in.end - in.first);
    for (int64_t j = in.end; j < p->out_w; j++) vector_windows(call, row, j, 1);
  }
}

static void vector_forward(const fv__op_call *call) {
  const fv__window_problem *p = &call->op->window;
  const int64_t cost = p->out_w * p->c * p->window.kernel_h * p->window.kernel_w;
  fv__for_ranges(call, p->n * p->out_h, fv__range_step(cost, PIECE), vector_rows);
}

/* A window of padding alone has no maximum and no average that vectors could give. */
static const char *vector_why_not(const fv__op *op) {
  const fv__window *w = &op->window.window;
  const bool some = w->top <= (w->kernel_h - 1) * w->dilation_h && w->bottom <= (w->kernel_h - 1) * w->dilation_h &&
                    w->left <= (w->kernel_w - 1) * w->dilation_w && w->right <= (w->kernel_w - 1) * w->dilation_w;
  return some ? NULL : "a window may hold nothing but padding";
}

static const fv__way VECTOR = {.name = "vector", .why_not = vector_why_not, .forward = vector_forward};

/* Maxima of windows that share most of their pixels: first down the columns of a row of windows, into a line [w][c] of
 * scratch, then across it. Both passes read rows of numbers in order, and neighbouring windows share the first. */
static int64_t line_floats(const fv__op *op) { return fv__round_up(op->window.w * op->window.c, 16); }

static size_t separable_scratch_bytes(const fv__op *op, int threads) {
  return (size_t)(threads * line_floats(op)) * sizeof(float);
}

static const char *separable_why_not(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  if (p->average) return "it is an average";
  if (p->adaptive) return "windows have different sizes";
  if (p->window.dilation_h != 1 || p->window.dilation_w != 1) return "dilation is not 1";
  if (p->window.kernel_h < 3 * p->window.stride_h || p->window.kernel_w < 3 * p->window.stride_w)
    return "windows share few pixels";
  return vector_why_not(op);
}

/* The maxima of windows [first, end) of a row, which lie inside the image. */
static void across(const fv__op_call *call, const float *line, int64_t first, int64_t end, float *y) {
  const fv__window_problem *p = &call->op->window;
  const fv__pool_kernels *kernels = call->op->kernels->pool;
  const float *x = line + (first * p->window.stride_w - p->window.left) * p->c;
  if (p->window.stride_w == 1 && call->y.pixel == p->c) {
    if (end > first)
      kernels->maximum_of_rows(x, p->window.kernel_w, p->c, (end - first) * p->c, y + first * call->y.pixel);
    return;
  }
  for (int64_t j = first; j < end; j++, x += p->window.stride_w * p->c)
    kernels->maximum_of_rows(x, p->window.kernel_w, p->c, p->c, y + j * call->y.pixel);
}

/* Those of windows [first, end) that reach over the edge. */
static void across_edge(const fv__op_call *call, const float *line, int64_t first, int64_t end, float *y) {
  const fv__window_problem *p = &call->op->window;
  for (int64_t j = first; j < end; j++) {
    const int64_t column = j * p->window.stride_w - p->window.left;
    int32_t kw0, kw1;
    clip(column, p->window.kernel_w, 1, p->w, &kw0, &kw1);
    call->op->kernels->pool->maximum_of_rows(line + (column + kw0) * p->c, kw1 - kw0, p->c, p->c,
                                             y + j * call->y.pixel);
  }
}

static void separable_rows(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  const fv__window_problem *p = &call->op->window;
  const fv__window *window = &p->window;
  const fv__view *x = &call->x[0];
  float *line = (float *)call->scratch + thread * line_floats(call->op);
  const inside in = inside_of(p);
  const bool dense = x->pixel == p->c;
  for (int64_t r = first; r < end; r++) {
    const int64_t top = r % p->out_h * window->stride_h - window->top;
    int32_t kh0, kh1;
    clip(top, window->kernel_h, 1, p->h, &kh0, &kh1);
    const float *from = fv__view_at(x, r / p->out_h, top + kh0, 0);
    for (int64_t j = 0; j < (dense ? 1 : p->w); j++)
      call->op->kernels->pool->maximum_of_rows(from + j * x->pixel, kh1 - kh0, x->row, dense ? p->w * p->c : p->c,
                                               line + j * p->c);
    float *y = fv__view_at(&call->y, r / p->out_h, r % p->out_h, 0);
    across_edge(call, line, 0, in.first, y);
    across(call, line, in.first, in.end, y);
    across_edge(call, line, in.end, p->out_w, y);
  }
}

static void separable_forward(const fv__op_call *call) {
  const fv__window_problem *p = &call->op->window;
  const int64_t cost = p->out_w * p->c * p->window.kernel_h * p->window.kernel_w;
  fv__for_ranges(call, p->n * p->out_h, fv__range_step(cost, PIECE), separable_rows);
}

static const fv__way SEPARABLE = {.name = "separable",
                                  .why_not = separable_why_not,
                                  .scratch_bytes = separable_scratch_bytes,
                                  .forward = separable_forward};

static const fv__way *const WAYS[] = {&SEPARABLE, &VECTOR, &REFERENCE, NULL};

static const fv__gradient_way *const INPUT_GRADIENT[] = {&fv__pool_input_apart_average, &fv__pool_input_average,
                                                         &fv__pool_input_apart,         &fv__pool_input_images,
                                                         &fv__pool_input_reference,     NULL};

const fv__op_type fv__op_pool = {.name = "pool", .counts_images = true, .ways = WAYS, .input_gradient = INPUT_GRADIENT};
