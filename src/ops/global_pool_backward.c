/* Backward of pooling over the whole image. Average: every pixel gets dy / (h w). Maximum: dy is shared among the
 * pixels that are the maximum (as TensorFlow's reduction shares it). Pieces: channels of one image. */
#include "ops/gradients.h"

enum { CHANNELS = 128 }; /* per piece of work */

/* Channels [first, end) of image n. */
typedef struct part {
  int64_t n, first, end;
} part;

static part part_of(const fv__backward_call *call, int64_t item) {
  const int64_t per_image = (call->dy.c + CHANNELS - 1) / CHANNELS, first = item % per_image * CHANNELS;
  return (part){item / per_image, first, fv__min(first + CHANNELS, call->dy.c)};
}

static void averages(const fv__backward_call *call, int64_t item, int64_t end, int thread) {
  (void)thread;
  const fv__view *dx = &call->dx[0];
  for (; item < end; item++) {
    const part p = part_of(call, item);
    const float *dy = fv__view_at(&call->dy, p.n, 0, 0);
    float shares[CHANNELS];
    for (int64_t c = p.first; c < p.end; c++) shares[c - p.first] = dy[c] / (float)(dx->h * dx->w);
    for (int64_t i = 0; i < dx->h * dx->w; i++) {
      float *to = fv__view_at(dx, p.n, i / dx->w, i % dx->w);
      for (int64_t c = p.first; c < p.end; c++) to[c] += shares[c - p.first];
    }
  }
}

static void maxima(const fv__backward_call *call, int64_t item, int64_t end, int thread) {
  (void)thread;
  const fv__view *x = &call->x[0];
  for (; item < end; item++) {
    const part p = part_of(call, item);
    const float *y = fv__view_at(&call->y, p.n, 0, 0), *dy = fv__view_at(&call->dy, p.n, 0, 0);
    int64_t equal[CHANNELS] = {0};
    for (int64_t i = 0; i < x->h * x->w; i++) {
      const float *value = fv__view_at(x, p.n, i / x->w, i % x->w);
      for (int64_t c = p.first; c < p.end; c++) equal[c - p.first] += value[c] == y[c];
    }
    for (int64_t i = 0; i < x->h * x->w; i++) {
      const float *value = fv__view_at(x, p.n, i / x->w, i % x->w);
      float *dx = fv__view_at(&call->dx[0], p.n, i / x->w, i % x->w);
      for (int64_t c = p.first; c < p.end; c++)
        if (value[c] == y[c]) dx[c] += dy[c] / (float)equal[c - p.first];
    }
  }
}

static void average_backward(const fv__backward_call *call) {
  fv__gradient_ranges(call, call->dy.n * ((call->dy.c + CHANNELS - 1) / CHANNELS), 1, averages);
}

static void maximum_backward(const fv__backward_call *call) {
  fv__gradient_ranges(call, call->dy.n * ((call->dy.c + CHANNELS - 1) / CHANNELS), 1, maxima);
}

static const char *maximum_why_not(const fv__op *op) { return op->window.average ? "it is the average" : NULL; }
static const char *average_why_not(const fv__op *op) { return op->window.average ? NULL : "it is the maximum"; }

static const fv__gradient_way AVERAGE = {.name = "average", .why_not = average_why_not, .backward = average_backward};
static const fv__gradient_way MAXIMUM = {
    .name = "maximum", .why_not = maximum_why_not, .backward = maximum_backward, .reads_x = true, .reads_y = true};

fv__gradient_list fv__global_pool_input_gradient = {&AVERAGE, &MAXIMUM, NULL};
