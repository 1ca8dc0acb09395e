/* mixup (Zhang and others, 2017) and CutMix (Yun and others, 2019), as Keras's MixUp and CutMix do them: every sample
 * of a batch gets a partner by a permutation of the batch and a part t of its own, drawn from Beta(a, a).
 *
 *   mixup    t x + (1 - t) partner, targets alike
 *   CutMix   a rectangle of the partner, its sides sqrt(1 - t) of the picture's; targets by the pixels of each
 *
 * All is drawn from (seed, epoch, step). With both each batch gets one of the two.
 */
#include "data/mix.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "data/dataset.h"

enum { TRIES_MAX = 200 };

/* ---- draws */

static double normal(uint64_t state, uint64_t index) {
  const double radius = sqrt(-2 * log(1 - fv__rng_uniform(state, 2 * index)));
  return radius * cos(2 * acos(-1.0) * fv__rng_uniform(state, 2 * index + 1));
}

/* The logarithm of a draw of Gamma(a, 1): Marsaglia and Tsang, 2000, for a + 1, times a power of a uniform number. */
static double log_gamma_draw(uint64_t state, double a) {
  const double d = a + 1 - 1.0 / 3, c = 1 / sqrt(9 * d);
  const double boost = log(1 - fv__rng_uniform(state, 0)) / a;
  for (uint64_t try = 1; try < TRIES_MAX; try++) {
    const double x = normal(state, 2 * try), v = pow(1 + c * x, 3), u = 1 - fv__rng_uniform(state, 4 * try + 2);
    if (v > 0 && log(u) < 0.5 * x * x + d - d * v + d * log(v)) return log(d * v) + boost;
  }
  return log(d) + boost; /* one in more than 10^100 */
}

double fv__draw_beta(uint64_t state, double a) {
  const double x = log_gamma_draw(fv__rng_bits(state, 0), a), y = log_gamma_draw(fv__rng_bits(state, 1), a);
  return 1 / (1 + exp(y - x));
}

/* ---- one sample */

typedef struct mixture {
  const fv_batch *batch;
  const fv__mix *mix;
  int64_t own, partner; /* places in the batch */
} mixture;

static const float *input_of(const mixture *m, int64_t place) {
  const int64_t *dims = m->mix->shape.dims;
  return m->batch->inputs + place * dims[0] * dims[1] * dims[2];
}

static void blend(float *out, const mixture *m, double part) {
  const int64_t *dims = m->mix->shape.dims;
  const float *own = input_of(m, m->own), *partner = input_of(m, m->partner), t = (float)part;
  for (int64_t i = 0; i < dims[0] * dims[1] * dims[2]; i++) out[i] = t * own[i] + (1 - t) * partner[i];
}

/* Where a length lies on a side: whole pixels from first to before end. */
static void place_on_side(int64_t *first, int64_t *end, double ratio, int64_t side, double u) {
  const double length = ratio * (double)side, start = u * ((double)side - length);
  *first = (int64_t)ceil(start);
  *end = (int64_t)ceil(start + length);
  if (*end > side) *end = side;
}

/* Returns the part of the pixels that stay. */
static double paste(float *out, const mixture *m, double part, uint64_t state) {
  const int64_t height = m->mix->shape.dims[0], width = m->mix->shape.dims[1], channels = m->mix->shape.dims[2];
  const float *own = input_of(m, m->own), *partner = input_of(m, m->partner);
  const double ratio = sqrt(1 - part);
  int64_t top, bottom, left, right;
  place_on_side(&left, &right, ratio, width, fv__rng_uniform(state, 2));
  place_on_side(&top, &bottom, ratio, height, fv__rng_uniform(state, 3));
  memcpy(out, own, (size_t)(height * width * channels) * sizeof *out);
  for (int64_t row = top; row < bottom && right > left; row++) {
    const int64_t at = (row * width + left) * channels;
    memcpy(out + at, partner + at, (size_t)((right - left) * channels) * sizeof *out);
  }
  return 1 - (double)((bottom - top) * (right - left)) / (double)(height * width);
}

static void blend_targets(float *out, const mixture *m, double part) {
  const float *own = m->batch->targets + m->own * m->mix->classes;
  const float *partner = m->batch->targets + m->partner * m->mix->classes;
  const float t = (float)part;
  for (int32_t c = 0; c < m->mix->classes; c++) out[c] = t * own[c] + (1 - t) * partner[c];
}

/* ---- a batch */

void fv__mix_batch(float *inputs, float *targets, float *weights, int64_t *order, const fv_batch *b,
                   const fv__mix *mix) {
  const uint64_t state =
      fv__rng_bits(fv__rng_bits(fv__rng_state("mix", mix->seed), (uint64_t)b->epoch), (uint64_t)b->step);
  const bool both = mix->mix_up > 0 && mix->cut_mix > 0;
  const bool cuts = both ? fv__rng_uniform(state, 0) < 0.5 : mix->cut_mix > 0;
  const int64_t numbers = mix->shape.dims[0] * mix->shape.dims[1] * mix->shape.dims[2];
  for (int32_t i = 0; i < b->count; i++) order[i] = i;
  fv__shuffle(order, b->count, fv__rng_bits(state, 1));
  for (int32_t i = 0; i < b->count; i++) {
    const mixture m = {b, mix, i, order[i]};
    const uint64_t own = fv__rng_bits(state, 2 + (uint64_t)i);
    double part = fv__draw_beta(own, cuts ? mix->cut_mix : mix->mix_up);
    if (cuts)
      part = paste(inputs + i * numbers, &m, part, own);
    else
      blend(inputs + i * numbers, &m, part);
    blend_targets(targets + (int64_t)i * mix->classes, &m, part);
    if (b->weights) weights[i] = (float)(part * (double)b->weights[i] + (1 - part) * (double)b->weights[order[i]]);
  }
}
