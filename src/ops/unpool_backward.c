/* Backward of unpooling: each number of x0 gets the gradient of the pixel that it went to. Where that is does not
 * change with a small change of x1, whose gradient is 0.
 */
#include <math.h>

#include "ops/gradients.h"

enum { PIECE = 100000, CHANNELS = 64 };

/* `count` channels from `c` on of one window, side by side. */
static void take(const fv__backward_call *call, int64_t n, int64_t i, int64_t j, int64_t c, int64_t count) {
  const fv__window *w = &call->op->window.window;
  float best[CHANNELS], found[CHANNELS];
  for (int64_t a = 0; a < w->kernel_h; a++)
    for (int64_t b = 0; b < w->kernel_w; b++) {
      const int64_t row = i * w->stride_h + a, column = j * w->stride_w + b;
      const float *x = fv__view_at(&call->x[1], n, row, column) + c, *dy = fv__view_at(&call->dy, n, row, column) + c;
      const bool is_first = a == 0 && b == 0;
      for (int64_t k = 0; k < count; k++) {
        const bool is_better = is_first || x[k] > best[k] || (isnan(x[k]) && !isnan(best[k]));
        best[k] = is_better ? x[k] : best[k];
        found[k] = is_better ? dy[k] : found[k];
      }
    }
  float *dx = fv__view_at(&call->dx[0], n, i, j) + c;
  for (int64_t k = 0; k < count; k++) dx[k] += found[k];
}

static void window_rows(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  for (int64_t item = first; item < end; item++)
    for (int64_t j = 0; j < p->out_w; j++)
      for (int64_t c = 0; c < p->c; c += CHANNELS)
        take(call, item / p->out_h, item % p->out_h, j, c, fv__min(CHANNELS, p->c - c));
}

static void backward(const fv__backward_call *call) {
  const fv__window_problem *p = &call->op->window;
  const int64_t cost = p->out_w * p->c * p->window.kernel_h * p->window.kernel_w;
  if (call->dx[0].data) fv__gradient_ranges(call, p->n * p->out_h, fv__range_step(cost, PIECE), window_rows);
}

static const fv__gradient_way REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = backward, .reads_x = true};

fv__gradient_list fv__unpool_input_gradient = {&REFERENCE, NULL};
