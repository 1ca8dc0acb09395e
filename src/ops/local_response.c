/* Local response normalisation: every number is divided by the activity of the channels around it.
 *
 *   y[c] = x[c] / (bias + alpha * sum over k from c - radius to c + radius of x[k]^2)^beta      x is 0 outside
 *
 * Source: Krizhevsky, Sutskever, Hinton 2012, section 3.3.
 */
#include "ops/way.h"

#include <math.h>

enum { PIECE = 2048 };

static void pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__local_response_problem *p = &call->op->local_response;
  const int64_t count = call->y.c;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const float *x = fv__view_at_pixel(&call->x[0], pixel);
    float *y = fv__view_at_pixel(&call->y, pixel);
    for (int64_t c = 0; c < count; c++) {
      const int64_t last = fv__min(count - 1, c + p->radius);
      double sum = 0;
      for (int64_t k = fv__max(0, c - p->radius); k <= last; k++) sum += (double)x[k] * (double)x[k];
      y[c] = (float)((double)x[c] / pow(p->bias + p->alpha * sum, p->beta));
    }
  }
}

static void forward(const fv__op_call *call) {
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(call->y.c, PIECE), pixels);
}

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_local_response = {.name = "local response", .ways = WAYS};
