/* S cells: excited by a convolution, x0, inhibited by all that happens in the same window of the layer before, x1.
 *
 *   y[k] = r max((1 + x0[k]) / (1 + 2 r / (1 + r) b[k] v) - 1, 0)        v = sqrt(sum c x1^2)
 *
 * b is the op's bias. Fukushima 1980, equations 1 to 3.
 */
#include "ops/cells.h"
#include "ops/gradients.h"

enum { PIECE = 20000 };

static size_t scratch_bytes(const fv__op *op, int threads) {
  (void)threads;
  return fv__cells_synapses_bytes(&op->cells);
}

static void pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__cells_problem *cells = &call->op->cells;
  const double r = cells->strength, share = 2 * r / (1 + r);
  for (int64_t pixel = first; pixel < end; pixel++) {
    const int64_t row = pixel / call->y.w;
    const double v = fv__cells_root_mean_square(cells, call->scratch, &call->x[1], row / call->y.h, row % call->y.h,
                                                pixel % call->y.w);
    const float *excitation = fv__view_at_pixel(&call->x[0], pixel);
    float *y = fv__view_at_pixel(&call->y, pixel);
    for (int64_t k = 0; k < call->y.c; k++) {
      const double output = r * ((1 + (double)excitation[k]) / (1 + share * (double)call->bias[k] * v) - 1);
      y[k] = output < 0 ? 0 : (float)output;
    }
  }
}

static void forward(const fv__op_call *call) {
  const fv__window *w = &call->op->cells.window;
  fv__cells_synapses(&call->op->cells, call->scratch);
  const int64_t cost = w->kernel_h * w->kernel_w * call->x[1].c + call->y.c;
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(cost, PIECE), pixels);
}

static const fv__way REFERENCE = {.name = "reference",
                                  .why_not = fv__way_fits,
                                  .scratch_bytes = scratch_bytes,
                                  .forward = forward,
                                  .keeps_natural = true};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_simple_cells = {
    .name = "S cells", .ways = WAYS, .input_gradient = fv__simple_cells_input_gradient};
