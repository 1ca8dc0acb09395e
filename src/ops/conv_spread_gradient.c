/* The gradient of convolution by its input where a row of the kernel is a short stretch of the input: every pixel of dy
 * is spread over its window (kernels/spread.h). A convolution of dy would make as many numbers as a vector has for each
 * pixel of dx, however few its channels are, and multiply the zeros around dy.
 *
 *   piece (image)
 *     row of dx      with its sides, from 0, in memory of the thread's own: the rows of dy whose windows reach it are
 *                    spread over it, then what lies inside is copied or added to dx
 *
 * Scratch: panels [kernel_h][out_c][vectors] | per thread a row of dx.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/conv.h"
#include "ops/estimate.h"
#include "ops/way.h"

enum {
  LINE = 16, /* floats per cache line */
  LEAST_IMAGES = 4,
  MOST_WEIGHTS = 1 << 13,
  MOST_FLOATS = 1 << 16,
  ADDING = 4 /* channels of dy in whose time a sum is added to dx */
};

typedef struct sizes {
  int64_t length, vectors, width; /* numbers of a kernel's row, vectors of them, floats of those */
  int64_t panel_floats;
  int64_t row_floats; /* of dx with its sides */
} sizes;

static sizes sizes_of(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  const fv__window *w = &p->window;
  const int64_t vector = op->kernels->spread->vector;
  sizes s = {.length = w->kernel_w * p->c};
  s.vectors = (s.length + vector - 1) / vector;
  s.width = s.vectors * vector;
  s.panel_floats = fv__round_up(w->kernel_h * p->out_c * s.width, LINE);
  const int64_t row = fv__max((p->out_w - 1) * w->stride_w + w->kernel_w, p->w + w->left) * p->c;
  s.row_floats = fv__round_up(row + s.width, LINE); /* the last stretch may reach over the end */
  return s;
}

static const char *why_not(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  const fv__window *w = &p->window;
  if (p->groups != 1) return "channels are in groups";
  if (w->dilation_h != 1 || w->dilation_w != 1) return "the kernel is dilated";
  if (w->kernel_h * w->kernel_w == 1) return "the kernel is one pixel";
  if (p->n < LEAST_IMAGES) return "there are few images";
  const sizes s = sizes_of(op);
  if (s.vectors > FV__SPREAD_VECTORS) return "a row of the kernel is longer than four vectors";
  if (s.panel_floats > MOST_WEIGHTS) return "more weights than the first cache holds";
  return s.row_floats > MOST_FLOATS ? "a row is too long for the second cache" : NULL;
}

static double estimate(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  const int64_t panel = op->kernels->gemm->panel_width;
  const double part = (double)sizes_of(op).width / (double)panel;
  return part * fv__estimate_gemm(op, p->n * p->out_h * p->out_w, p->window.kernel_h * (p->out_c + ADDING), panel);
}

static size_t scratch_bytes(const fv__op *op, int threads) {
  const sizes s = sizes_of(op);
  return (size_t)(s.panel_floats + threads * s.row_floats) * sizeof(float);
}

typedef struct job {
  const fv__backward_call *call;
  const sizes *s;
  float *panels, *rows;
} job;

static void fill_panels(const job *j) {
  const fv__window_problem *p = &j->call->op->window;
  const sizes *s = j->s;
  memset(j->panels, 0, (size_t)s->panel_floats * sizeof(float));
  for (int64_t i = 0; i < p->window.kernel_h; i++)
    for (int64_t k = 0; k < s->length; k++)
      for (int64_t o = 0; o < p->out_c; o++)
        j->panels[(i * p->out_c + o) * s->width + k] = j->call->kernel[(i * s->length + k) * p->out_c + o];
}

static void put(float *to, const float *from, int64_t count, bool overwrite) {
  if (overwrite)
    memcpy(to, from, (size_t)count * sizeof *to);
  else
    for (int64_t i = 0; i < count; i++) to[i] += from[i];
}

/* Row `row` of dx with its sides, counted from its first side. */
static void spread_row(const job *j, int64_t n, int64_t row, float *to) {
  const sizes *s = j->s;
  const fv__backward_call *call = j->call;
  const fv__window_problem *p = &call->op->window;
  const int64_t stride = p->window.stride_h, last = row / stride; /* of the rows of windows that may reach it */
  const int64_t skipped = fv__max(0, last - (p->out_h - 1)), first = row % stride + skipped * stride;
  const int64_t rows = first < p->window.kernel_h ? (p->window.kernel_h - first + stride - 1) / stride : 0;
  memset(to, 0, (size_t)s->row_floats * sizeof *to);
  if (rows < 1 || last < skipped) return;
  call->op->kernels->spread->row(&(fv__spread_row){.dy = fv__view_at(&call->dy, n, last - skipped, 0),
                                                   .pixels = p->out_w,
                                                   .pixel = call->dy.pixel,
                                                   .row = call->dy.row,
                                                   .channels = p->out_c,
                                                   .panel = j->panels + first * p->out_c * s->width,
                                                   .panel_step = stride * p->out_c * s->width,
                                                   .rows = fv__min(rows, last - skipped + 1),
                                                   .length = s->length,
                                                   .dx = to,
                                                   .step = p->window.stride_w * p->c});
}

static void run_image(void *context, int64_t n, int thread) {
  const job *j = context;
  const fv__backward_call *call = j->call;
  const fv__window_problem *p = &call->op->window;
  const fv__view *dx = &call->dx[0];
  float *row = j->rows + thread * j->s->row_floats;
  const float *from = row + p->window.left * p->c;
  for (int64_t i = 0; i < p->h; i++) {
    spread_row(j, n, i + p->window.top, row);
    if (dx->pixel == p->c)
      put(fv__view_at(dx, n, i, 0), from, p->w * p->c, call->overwrite);
    else
      for (int64_t k = 0; k < p->w; k++) put(fv__view_at(dx, n, i, k), from + k * p->c, p->c, call->overwrite);
  }
}

static void backward(const fv__backward_call *call) {
  const sizes s = sizes_of(call->op);
  job j = {.call = call, .s = &s, .panels = call->scratch};
  j.rows = j.panels + s.panel_floats;
  fill_panels(&j);
  fv__parallel_for(call->pool, call->op->window.n, run_image, &j);
}

const fv__gradient_way fv__conv_input_spread = {.name = "spread over windows",
                                                .why_not = why_not,
                                                .estimate = estimate,
                                                .scratch_bytes = scratch_bytes,
                                                .backward = backward,
                                                .overwrites = true};
