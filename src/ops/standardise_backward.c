/* Backward of normalisation by statistics of the value itself. With g = dy gamma, f the factor and means over a part of
 * m numbers:
 *
 *   deviation   dx += f (g - mean of g - (x - mean) f^2 mean of g (x - mean))
 *   scale       dx += f g - f^3 (x - mean) (sum of g x) / m
 *   length      dx += f g - f^3 x (sum of g x)                     f g alone where the length was below epsilon
 *
 *   dgamma += dy (x - shift) f     dbeta += dy                     summed over what shares the weight
 */
#include "ops/gradients.h"
#include "ops/shared_weights.h"
#include "ops/standardise.h"

enum { PIECE = 16384 };

/* Numbers of one part. */
typedef struct sums {
  double count, mean, g, gx;
} sums;

static double weighed(const fv__backward_call *call, int64_t n, int64_t i, int64_t j, int64_t c) {
  const fv__steps *steps = &call->op->standardise.steps;
  const double gamma = call->kernel ? (double)call->kernel[i * steps->h + j * steps->w + c * steps->c] : 1;
  return (double)fv__view_at(&call->dy, n, i, j)[c] * gamma;
}

/* The sums of g and of g (x - shift); the mean of x. */
static sums sums_of(const fv__backward_call *call, const fv__standardise_part *at, double shift) {
  sums s = {.count = (double)((at->h_end - at->h) * (at->w_end - at->w) * (at->c_end - at->c))};
  for (int64_t i = at->h; i < at->h_end; i++)
    for (int64_t j = at->w; j < at->w_end; j++) {
      const float *x = fv__view_at(&call->x[0], at->n, i, j);
      for (int64_t c = at->c; c < at->c_end; c++) {
        const double g = weighed(call, at->n, i, j, c);
        s.mean += (double)x[c] / s.count;
        s.g += g;
        s.gx += g * ((double)x[c] - shift);
      }
    }
  return s;
}

static void part_backward(const fv__backward_call *call, const fv__standardise_part *at) {
  const fv__standardise_problem *p = &call->op->standardise;
  double shift, factor;
  fv__standardise_statistics(p, &call->x[0], at, &shift, &factor);
  const sums s = sums_of(call, at, shift);
  const bool length = p->kind == FV__STANDARDISE_LENGTH, deviation = p->kind == FV__STANDARDISE_DEVIATION;
  const bool fixed = length && factor >= 1 / p->epsilon;
  const double by_x = fixed ? 0 : -factor * factor * factor * s.gx / (length ? 1 : s.count);
  const double constant = deviation ? -factor * s.g / s.count : 0, center = length ? 0 : s.mean;
  for (int64_t i = at->h; i < at->h_end; i++)
    for (int64_t j = at->w; j < at->w_end; j++) {
      const float *x = fv__view_at(&call->x[0], at->n, i, j);
      float *dx = fv__view_at(&call->dx[0], at->n, i, j);
      for (int64_t c = at->c; c < at->c_end; c++)
        dx[c] =
            (float)((double)dx[c] + factor * weighed(call, at->n, i, j, c) + by_x * ((double)x[c] - center) + constant);
    }
}

static void parts(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t index = first; index < end; index++) {
    const fv__standardise_part at = fv__standardise_part_at(&call->op->standardise, &call->dy, index);
    part_backward(call, &at);
  }
}

static void input_backward(const fv__backward_call *call) {
  const fv__view *dy = &call->dy;
  const int64_t each = fv__standardise_parts(&call->op->standardise, dy);
  fv__gradient_ranges(call, dy->n * each, fv__range_step(dy->h * dy->w * dy->c / each, PIECE), parts);
}

/* What one part gives to a block of weights. */
static void add_part(const fv__backward_call *call, const fv__standardise_part *at, const fv__shared *s, double *gamma,
                     double *beta) {
  const int64_t h0 = fv__max(at->h, s->h0), h1 = fv__min(at->h_end, s->h1);
  const int64_t w0 = fv__max(at->w, s->w0), w1 = fv__min(at->w_end, s->w1);
  const int64_t c0 = fv__max(at->c, s->c0), c1 = fv__min(at->c_end, s->c1);
  if (h0 >= h1 || w0 >= w1 || c0 >= c1) return;
  double shift, factor;
  fv__standardise_statistics(&call->op->standardise, &call->x[0], at, &shift, &factor);
  for (int64_t i = h0; i < h1; i++)
    for (int64_t j = w0; j < w1; j++) {
      const float *x = fv__view_at(&call->x[0], at->n, i, j), *dy = fv__view_at(&call->dy, at->n, i, j);
      for (int64_t c = c0; c < c1; c++) {
        gamma[s->count == 1 ? 0 : c - s->c0] += (double)dy[c] * ((double)x[c] - shift) * factor;
        beta[s->count == 1 ? 0 : c - s->c0] += (double)dy[c];
      }
    }
}

static void blocks(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__standardise_problem *p = &call->op->standardise;
  const int64_t count = call->dy.n * fv__standardise_parts(p, &call->dy);
  for (int64_t index = first; index < end; index++) {
    const fv__shared s = fv__shared_at(&p->steps, &call->dy, index);
    double gamma[FV__SHARED_BLOCK] = {0}, beta[FV__SHARED_BLOCK] = {0};
    for (int64_t part = 0; part < count; part++) {
      const fv__standardise_part at = fv__standardise_part_at(p, &call->dy, part);
      add_part(call, &at, &s, gamma, beta);
    }
    for (int64_t i = 0; i < s.count; i++) {
      if (call->dkernel) call->dkernel[s.first + i] = (float)((double)call->dkernel[s.first + i] + gamma[i]);
      if (call->dbias) call->dbias[s.first + i] = (float)((double)call->dbias[s.first + i] + beta[i]);
    }
  }
}

static void weight_backward(const fv__backward_call *call) {
  fv__gradient_ranges(call, fv__shared_count(&call->op->standardise.steps, &call->dy), 1, blocks);
}

static const fv__gradient_way INPUT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = input_backward, .reads_x = true};
static const fv__gradient_way WEIGHT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = weight_backward, .reads_x = true};

fv__gradient_list fv__standardise_input_gradient = {&INPUT_REFERENCE, NULL};
fv__gradient_list fv__standardise_weight_gradient = {&WEIGHT_REFERENCE, NULL};
