/* Random changes of a value in training. Every element draws its own number (fv__noise_problem), so nothing is saved:
 * backward draws the same ones again. All kinds are y = x a + b with a and b of the draw alone:
 *
 *   dropout, spatial     a = 0 or 1 / (1 - rate)                    b = 0
 *   alpha dropout        a = 0 or A                                 b = A limit or 0, plus B
 *                          limit = -alpha scale of SELU, A = 1 / sqrt((1 - rate) (1 + rate limit^2)), B = -A limit rate
 *   gaussian             a = 1                                      b = rate normal
 *   gaussian dropout     a = 1 + sqrt(rate / (1 - rate)) normal     b = 0
 *
 * An element is dropped where its uniform number is below the rate. Normal numbers are Box's and Muller's, of two
 * 24-bit uniform ones. Sources: Srivastava et al. 2014; Klambauer et al. 2017 (alpha); Keras.
 */
#include <math.h>

#include "base/rng.h"
#include "ops/gradients.h"

enum { PIECE = 4096 };

/* What all elements of a step share. */
typedef struct step {
  uint64_t state, threshold; /* of the 24-bit numbers */
  double kept, dropped, always, deviation;
} step;

static step step_of(const fv__noise_problem *p, const fv__draw *draw) {
  static const double limit = -1.6732632423543772848 * 1.0507009873554804934;
  const double rest = fmax(1 - p->rate, 0x1p-24); /* a rate of 1 drops everything */
  step s = {.state = fv__rng_bits(fv__rng_bits(p->layer, draw->seed), draw->step),
            .threshold = (uint64_t)ceil(fmin(p->rate, 1) * 0x1p24),
            .kept = 1 / rest,
            .deviation = p->kind == FV__NOISE_GAUSSIAN ? p->rate : sqrt(p->rate / rest)};
  if (p->kind != FV__NOISE_ALPHA_DROPOUT) return s;
  s.kept = 1 / sqrt(rest * (1 + p->rate * limit * limit));
  s.always = -s.kept * limit * p->rate;
  s.dropped = s.kept * limit;
  return s;
}

static double normal(uint64_t bits) {
  const double first = (double)(bits >> 40) * 0x1p-24, second = (double)((bits >> 16) & 0xffffff) * 0x1p-24;
  return sqrt(-2 * log(1 - first)) * cos(6.28318530717958647692 * second);
}

/* a and b of one element. */
static void factor(fv__noise_kind kind, const step *s, uint64_t index, double *a, double *b) {
  const uint64_t bits = fv__rng_bits(s->state, index);
  const bool drop = bits >> 40 < s->threshold;
  *a = drop ? 0 : s->kept;
  *b = drop ? s->dropped + s->always : s->always;
  if (kind != FV__NOISE_GAUSSIAN && kind != FV__NOISE_GAUSSIAN_DROPOUT) return;
  const double moved = s->deviation * normal(bits);
  *a = kind == FV__NOISE_GAUSSIAN ? 1 : 1 + moved;
  *b = kind == FV__NOISE_GAUSSIAN ? moved : 0;
}

/* The number of the draw of the first channel of a pixel. */
static uint64_t first_draw(const fv__noise_problem *p, const fv__draw *draw, const fv__view *view, int64_t pixel) {
  const int64_t per_image = view->h * view->w, image = draw->first_image + pixel / per_image;
  if (p->kind == FV__NOISE_SPATIAL_DROPOUT) return (uint64_t)(image * view->c);
  return (uint64_t)((image * per_image + pixel % per_image) * view->c);
}

static void pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__noise_problem *p = &call->op->noise;
  const step s = step_of(p, call->draw);
  for (int64_t pixel = first; pixel < end; pixel++) {
    const float *x = fv__view_at_pixel(&call->x[0], pixel);
    float *y = fv__view_at_pixel(&call->y, pixel);
    const uint64_t draw = first_draw(p, call->draw, &call->y, pixel);
    for (int64_t c = 0; c < call->y.c; c++) {
      double a, b;
      factor(p->kind, &s, draw + (uint64_t)c, &a, &b);
      y[c] = a == 0 ? (float)b : (float)((double)x[c] * a + b);
    }
  }
}

static void forward(const fv__op_call *call) {
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(call->y.c, PIECE), pixels);
}

static void gradient_pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__noise_problem *p = &call->op->noise;
  const step s = step_of(p, call->draw);
  for (int64_t pixel = first; pixel < end; pixel++) {
    const float *dy = fv__view_at_pixel(&call->dy, pixel);
    float *dx = fv__view_at_pixel(&call->dx[0], pixel);
    const uint64_t draw = first_draw(p, call->draw, &call->dy, pixel);
    for (int64_t c = 0; c < call->dy.c; c++) {
      double a, b;
      factor(p->kind, &s, draw + (uint64_t)c, &a, &b);
      dx[c] = (float)((call->overwrite ? 0 : (double)dx[c]) + (double)dy[c] * a);
    }
  }
}

static void backward(const fv__backward_call *call) {
  fv__gradient_ranges(call, fv__view_pixels(&call->dy), fv__range_step(call->dy.c, PIECE), gradient_pixels);
}

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};
static const fv__gradient_way INPUT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = backward, .overwrites = true};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};
static const fv__gradient_way *const INPUT_GRADIENT[] = {&INPUT_REFERENCE, NULL};

const fv__op_type fv__op_noise = {.name = "noise", .in_place = true, .ways = WAYS, .input_gradient = INPUT_GRADIENT};
