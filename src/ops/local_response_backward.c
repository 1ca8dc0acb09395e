/* Backward of local response normalisation, y[c] = x[c] S[c]^-beta with S[c] = bias + alpha * sum of x[k]^2 around c:
 *
 *   dx[c] += dy[c] S[c]^-beta - 2 alpha beta x[c] * sum over k around c of dy[k] x[k] S[k]^(-beta - 1)
 */
#include <math.h>

#include "ops/gradients.h"

enum { PIECE = 512 };

static double activity(const fv__local_response_problem *p, const float *x, int64_t count, int64_t c) {
  const int64_t last = fv__min(count - 1, c + p->radius);
  double sum = 0;
  for (int64_t k = fv__max(0, c - p->radius); k <= last; k++) sum += (double)x[k] * (double)x[k];
  return p->bias + p->alpha * sum;
}

static void pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__local_response_problem *p = &call->op->local_response;
  const int64_t count = call->dy.c;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const float *x = fv__view_at_pixel(&call->x[0], pixel), *dy = fv__view_at_pixel(&call->dy, pixel);
    float *dx = fv__view_at_pixel(&call->dx[0], pixel);
    for (int64_t c = 0; c < count; c++) {
      const int64_t last = fv__min(count - 1, c + p->radius);
      double sum = 0;
      for (int64_t k = fv__max(0, c - p->radius); k <= last; k++)
        sum += (double)dy[k] * (double)x[k] * pow(activity(p, x, count, k), -p->beta - 1);
      dx[c] = (float)((double)dx[c] + (double)dy[c] * pow(activity(p, x, count, c), -p->beta) -
                      2 * p->alpha * p->beta * (double)x[c] * sum);
    }
  }
}

static void backward(const fv__backward_call *call) {
  fv__gradient_ranges(call, fv__view_pixels(&call->dy), fv__range_step(call->dy.c, PIECE), pixels);
}

static const fv__gradient_way REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = backward, .reads_x = true};

fv__gradient_list fv__local_response_input_gradient = {&REFERENCE, NULL};
