/* Backward of the neocognitron's cells, by their inputs; synapses and inhibition learn by another rule.
 *
 * S cells, where y > 0, with D = 1 + share b v, share = 2 r / (1 + r):
 *   dx0[k] += dy[k] r / D[k]          dv = -sum over k of dy[k] r (1 + x0[k]) share b[k] / D[k]^2
 *   dx1[p] += x1[p] / planes * sum over the windows that p lies in of dv c / v
 *
 * C cells, where y > 0, with e / (alpha + e) = y, M = 1 + mean of E, g = dy alpha / (alpha + e)^2, e = alpha y / (1 -
 * y): dE[k] = g[k] / M - sum over j of g[j] (1 + E[j]) / M^2 / planes, and (1 + E[j]) / M is 1 + e[j] dx[p, k] += sum
 * over the windows that p lies in of d(v) dE[k]
 *
 * Scratch: the synapses | one number a pixel of y (S: dv / v) or one a number of y (C: dE).
 */
#include <math.h>
#include <string.h>

#include "ops/cells.h"
#include "ops/gradients.h"

enum { PIECE = 4096 };

static double *numbers_of(const fv__backward_call *call) {
  return (double *)((char *)call->scratch + fv__cells_synapses_bytes(&call->op->cells));
}

/* ---- S cells ---- */

static void inhibition_pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__cells_problem *cells = &call->op->cells;
  const double r = cells->strength, share = 2 * r / (1 + r);
  for (int64_t pixel = first; pixel < end; pixel++) {
    const int64_t line = pixel / call->dy.w;
    const double v = fv__cells_root_mean_square(cells, call->scratch, &call->x[1], line / call->dy.h, line % call->dy.h,
                                                pixel % call->dy.w);
    const float *x = fv__view_at_pixel(&call->x[0], pixel), *dy = fv__view_at_pixel(&call->dy, pixel);
    float *dx = call->dx[0].data ? fv__view_at_pixel(&call->dx[0], pixel) : NULL;
    double dv = 0;
    for (int64_t k = 0; k < call->dy.c; k++) {
      const double b = (double)call->bias[k], d = 1 + share * b * v, e = 1 + (double)x[k];
      if (!(e > d)) continue;
      if (dx) dx[k] = (float)((double)dx[k] + (double)dy[k] * r / d);
      dv -= (double)dy[k] * r * e * share * b / (d * d);
    }
    numbers_of(call)[pixel] = v > 0 ? dv / v : 0;
  }
}

static void before_pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window *w = &call->op->cells.window;
  const fv__view *u = &call->x[1];
  const double *synapses = call->scratch, *dv = numbers_of(call);
  for (int64_t pixel = first; pixel < end; pixel++) {
    const int64_t line = pixel / u->w, image = line / u->h, row = line % u->h, column = pixel % u->w;
    double sum = 0;
    for (int32_t a = 0; a < w->kernel_h; a++)
      for (int32_t b = 0; b < w->kernel_w; b++) {
        const int64_t i = row - a + w->top, j = column - b + w->left;
        if (i < 0 || i >= u->h || j < 0 || j >= u->w) continue;
        sum += synapses[a * w->kernel_w + b] * dv[(image * u->h + i) * u->w + j];
      }
    const float *x = fv__view_at_pixel(u, pixel);
    float *dx = fv__view_at_pixel(&call->dx[1], pixel);
    for (int64_t c = 0; c < u->c; c++) dx[c] = (float)((double)dx[c] + (double)x[c] * sum / (double)u->c);
  }
}

static void simple_backward(const fv__backward_call *call) {
  const int64_t count = fv__view_pixels(&call->dy),
                taps = call->op->cells.window.kernel_h * call->op->cells.window.kernel_w;
  fv__cells_synapses(&call->op->cells, call->scratch);
  fv__gradient_ranges(call, count, fv__range_step(taps * call->x[1].c + call->dy.c, PIECE), inhibition_pixels);
  if (call->dx[1].data) fv__gradient_ranges(call, count, fv__range_step(taps + call->x[1].c, PIECE), before_pixels);
}

/* ---- C cells ---- */

static double excitation(const fv__cells_problem *cells, float y) {
  return cells->strength * (double)y / (1 - (double)y);
}

/* Equation 6's mean of E, from x. */
static double mean_of(const fv__backward_call *call, int64_t image, int64_t top, int64_t left) {
  const fv__window *w = &call->op->cells.window;
  const fv__view *x = &call->x[0];
  const double *synapses = call->scratch;
  double sum = 0;
  for (int32_t a = 0; a < w->kernel_h; a++)
    for (int32_t b = 0; b < w->kernel_w; b++) {
      const int64_t i = top + a, j = left + b;
      if (i < 0 || i >= x->h || j < 0 || j >= x->w) continue;
      const float *s = fv__view_at(x, image, i, j);
      double planes = 0;
      for (int64_t k = 0; k < x->c; k++) planes += (double)s[k];
      sum += synapses[a * w->kernel_w + b] * planes;
    }
  return sum / (double)x->c;
}

static void sum_pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__cells_problem *cells = &call->op->cells;
  const fv__window *w = &cells->window;
  const int64_t planes = call->dy.c;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const int64_t line = pixel / call->dy.w, row = line % call->dy.h * w->stride_h - w->top;
    const double m = 1 + mean_of(call, line / call->dy.h, row, pixel % call->dy.w * w->stride_w - w->left);
    const float *y = fv__view_at_pixel(&call->y, pixel), *dy = fv__view_at_pixel(&call->dy, pixel);
    double *de = numbers_of(call) + pixel * planes, all = 0;
    for (int64_t k = 0; k < planes; k++) {
      const double e = excitation(cells, y[k]), far = cells->strength + e;
      de[k] = y[k] > 0 ? (double)dy[k] * cells->strength / (far * far) / m : 0;
      all += de[k] * (1 + e);
    }
    for (int64_t k = 0; k < planes; k++) de[k] -= all / (double)planes;
  }
}

static void input_pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window *w = &call->op->cells.window;
  const fv__view *x = &call->x[0];
  const double *synapses = call->scratch;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const int64_t line = pixel / x->w, image = line / x->h, row = line % x->h + w->top, column = pixel % x->w + w->left;
    float *dx = fv__view_at_pixel(&call->dx[0], pixel);
    for (int32_t a = 0; a < w->kernel_h; a++)
      for (int32_t b = 0; b < w->kernel_w; b++) {
        const int64_t i = row - a, j = column - b;
        if (i < 0 || j < 0 || i % w->stride_h || j % w->stride_w) continue;
        if (i / w->stride_h >= call->dy.h || j / w->stride_w >= call->dy.w) continue;
        const int64_t place = (image * call->dy.h + i / w->stride_h) * call->dy.w + j / w->stride_w;
        const double *de = numbers_of(call) + place * x->c, synapse = synapses[a * w->kernel_w + b];
        for (int64_t k = 0; k < x->c; k++) dx[k] = (float)((double)dx[k] + synapse * de[k]);
      }
  }
}

static void complex_backward(const fv__backward_call *call) {
  const fv__window *w = &call->op->cells.window;
  const int64_t cost = fv__max(1, (int64_t)w->kernel_h * w->kernel_w * call->dy.c);
  fv__cells_synapses(&call->op->cells, call->scratch);
  fv__gradient_ranges(call, fv__view_pixels(&call->dy), fv__range_step(cost, PIECE), sum_pixels);
  fv__gradient_ranges(call, fv__view_pixels(&call->x[0]), fv__range_step(cost, PIECE), input_pixels);
}

/* ---- scratch, for the batch that the op was made for ---- */

static size_t scratch_bytes(const fv__op *op, int threads) {
  (void)threads;
  return fv__cells_synapses_bytes(&op->cells) + (size_t)op->cells.numbers * sizeof(double);
}

static const fv__gradient_way SIMPLE = {.name = "reference",
                                        .why_not = fv__way_fits,
                                        .scratch_bytes = scratch_bytes,
                                        .backward = simple_backward,
                                        .reads_x = true};
static const fv__gradient_way COMPLEX = {.name = "reference",
                                         .why_not = fv__way_fits,
                                         .scratch_bytes = scratch_bytes,
                                         .backward = complex_backward,
                                         .reads_x = true,
                                         .reads_y = true};

fv__gradient_list fv__simple_cells_input_gradient = {&SIMPLE, NULL};
fv__gradient_list fv__complex_cells_input_gradient = {&COMPLEX, NULL};
