/* Backward of the rectifier with a learned slope: dx += dy where x > 0, alpha dy elsewhere; dalpha += dy x where x is
 * not above 0, summed over what shares the slope. */
#include "ops/gradients.h"
#include "ops/shared_weights.h"

enum { PIECE = 16384 };

static void pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__steps *steps = &call->op->prelu;
  const fv__view *view = &call->dy;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const int64_t i = pixel / view->w % view->h, j = pixel % view->w;
    const float *x = fv__view_at_pixel(&call->x[0], pixel), *dy = fv__view_at_pixel(view, pixel);
    const float *alpha = call->kernel + i * steps->h + j * steps->w;
    float *dx = fv__view_at_pixel(&call->dx[0], pixel);
    for (int64_t c = 0; c < view->c; c++) dx[c] += x[c] > 0 ? dy[c] : alpha[c * steps->c] * dy[c];
  }
}

static void input_backward(const fv__backward_call *call) {
  fv__gradient_ranges(call, fv__view_pixels(&call->dy), fv__range_step(call->dy.c, PIECE), pixels);
}

static void add_block(const fv__backward_call *call, const fv__shared *s, double *sums) {
  for (int64_t n = 0; n < call->dy.n; n++)
    for (int64_t i = s->h0; i < s->h1; i++)
      for (int64_t j = s->w0; j < s->w1; j++) {
        const float *x = fv__view_at(&call->x[0], n, i, j), *dy = fv__view_at(&call->dy, n, i, j);
        for (int64_t c = s->c0; c < s->c1; c++)
          if (!(x[c] > 0)) sums[s->count == 1 ? 0 : c - s->c0] += (double)dy[c] * (double)x[c];
      }
}

static void blocks(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t index = first; index < end; index++) {
    const fv__shared s = fv__shared_at(&call->op->prelu, &call->dy, index);
    double sums[FV__SHARED_BLOCK] = {0};
    add_block(call, &s, sums);
    for (int64_t i = 0; i < s.count; i++)
      call->dkernel[s.first + i] = (float)((double)call->dkernel[s.first + i] + sums[i]);
  }
}

static void weight_backward(const fv__backward_call *call) {
  if (call->dkernel) fv__gradient_ranges(call, fv__shared_count(&call->op->prelu, &call->dy), 1, blocks);
}

static const fv__gradient_way INPUT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = input_backward, .reads_x = true};
static const fv__gradient_way WEIGHT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = weight_backward, .reads_x = true};

fv__gradient_list fv__prelu_input_gradient = {&INPUT_REFERENCE, NULL};
fv__gradient_list fv__prelu_weight_gradient = {&WEIGHT_REFERENCE, NULL};
