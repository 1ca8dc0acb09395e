/* Normalisation by statistics of the value itself: layer, group, instance and unit normalisation.
 *
 * An image is cut into parts: along each axis of `over` a part has all of it, along the others one position (and along
 * channels one group). Every part has its own mean and deviation:
 *
 *   deviation   y = (x - mean) / sqrt(variance + epsilon) * gamma + beta      variance = mean of (x - mean)^2
 *   scale       y = x / sqrt(variance + epsilon) * gamma + beta
 *   length      y = x / max(sqrt(sum of x^2), epsilon) * gamma + beta
 *
 * Sums are made in double, in row-major order; parts are independent.
 * Sources: Ba, Kiros, Hinton 2016 (layer); Wu, He 2018 (group); Keras (scale: rms_scaling).
 */
#include "ops/standardise.h"
#include "ops/gradients.h"

#include <math.h>

enum { PIECE = 16384 };

int64_t fv__standardise_parts(const fv__standardise_problem *p, const fv__view *y) {
  return (p->over_h ? 1 : y->h) * (p->over_w ? 1 : y->w) * (p->over_c ? p->groups : y->c);
}

fv__standardise_part fv__standardise_part_at(const fv__standardise_problem *p, const fv__view *y, int64_t index) {
  fv__standardise_part at = {.h_end = y->h, .w_end = y->w};
  const int64_t pieces = p->over_c ? p->groups : y->c, channels = y->c / pieces;
  at.c = index % pieces * channels;
  at.c_end = at.c + channels;
  index /= pieces;
  if (!p->over_w) {
    at.w = index % y->w;
    at.w_end = at.w + 1;
    index /= y->w;
  }
  if (!p->over_h) {
    at.h = index % y->h;
    at.h_end = at.h + 1;
    index /= y->h;
  }
  at.n = index;
  return at;
}

/* The sum of (x - center)^power, power 1 or 2. */
static double sum_of(const fv__view *x, const fv__standardise_part *at, double center, int power) {
  double sum = 0;
  for (int64_t i = at->h; i < at->h_end; i++)
    for (int64_t j = at->w; j < at->w_end; j++) {
      const float *pixel = fv__view_at(x, at->n, i, j);
      for (int64_t c = at->c; c < at->c_end; c++) {
        const double distance = (double)pixel[c] - center;
        sum += power == 1 ? distance : distance * distance;
      }
    }
  return sum;
}

void fv__standardise_statistics(const fv__standardise_problem *p, const fv__view *x, const fv__standardise_part *at,
                                double *shift, double *factor) {
  const double count = (double)((at->h_end - at->h) * (at->w_end - at->w) * (at->c_end - at->c));
  if (p->kind == FV__STANDARDISE_LENGTH) {
    const double length = sqrt(sum_of(x, at, 0, 2));
    *shift = 0;
    *factor = 1 / (length < p->epsilon ? p->epsilon : length);
    return;
  }
  const double mean = sum_of(x, at, 0, 1) / count;
  *shift = p->kind == FV__STANDARDISE_DEVIATION ? mean : 0;
  *factor = 1 / sqrt(sum_of(x, at, mean, 2) / count + p->epsilon);
}

static void write_part(const fv__op_call *call, const fv__standardise_part *at, double shift, double factor) {
  const fv__steps *steps = &call->op->standardise.steps;
  for (int64_t i = at->h; i < at->h_end; i++)
    for (int64_t j = at->w; j < at->w_end; j++) {
      const float *x = fv__view_at(&call->x[0], at->n, i, j);
      float *y = fv__view_at(&call->y, at->n, i, j);
      const int64_t weight = i * steps->h + j * steps->w;
      for (int64_t c = at->c; c < at->c_end; c++) {
        double value = ((double)x[c] - shift) * factor;
        if (call->kernel) value *= (double)call->kernel[weight + c * steps->c];
        if (call->bias) value += (double)call->bias[weight + c * steps->c];
        y[c] = (float)value;
      }
    }
}

static void parts(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__standardise_problem *p = &call->op->standardise;
  for (int64_t index = first; index < end; index++) {
    const fv__standardise_part at = fv__standardise_part_at(p, &call->y, index);
    double shift, factor;
    fv__standardise_statistics(p, &call->x[0], &at, &shift, &factor);
    write_part(call, &at, shift, factor);
  }
}

static void forward(const fv__op_call *call) {
  const fv__view *y = &call->y;
  const int64_t each = fv__standardise_parts(&call->op->standardise, y);
  fv__for_ranges(call, y->n * each, fv__range_step(y->h * y->w * y->c / each, PIECE), parts);
}

static const fv__way REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .forward = forward, .keeps_natural = true};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_standardise = {.name = "standardise",
                                        .in_place = true,
                                        .ways = WAYS,
                                        .input_gradient = fv__standardise_input_gradient,
                                        .weight_gradient = fv__standardise_weight_gradient};
