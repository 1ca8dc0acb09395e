/* What rows of losses share: means over elements, sums over classes, crossentropy of logits. */
#include <math.h>

#include "train/loss.h"

const double fv__loss_least = 1e-7f, fv__loss_most = 1.0f - 1e-7f;

double fv__loss_mean(fv__loss_element *element, const fv_loss_options *options, const float *targets,
                     const float *predictions, int64_t count, float *gradient) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) {
    double slope;
    sum += element(options, targets[i], predictions[i], &slope);
    if (gradient) gradient[i] = (float)(slope / (double)count);
  }
  return sum / (double)count;
}

/* Probabilities of a row: x / sum, or e^(x - largest) / sum. */
typedef struct row {
  bool from_logits;
  double largest, sum;
} row;

static row row_of(bool from_logits, const float *x, int64_t count) {
  row r = {from_logits, x[0], 0};
  for (int64_t i = 1; i < count; i++) r.largest = x[i] > r.largest || isnan(x[i]) ? x[i] : r.largest;
  for (int64_t i = 0; i < count; i++) r.sum += from_logits ? exp(x[i] - r.largest) : x[i];
  return r;
}

static double probability(const row *r, double x) { return (r->from_logits ? exp(x - r->largest) : x) / r->sum; }

static double smoothed(const fv_loss_options *options, const float *targets, int64_t label, int64_t i, int64_t count) {
  const double target = targets ? targets[i] : i == label;
  return target * (1 - options->label_smoothing) + options->label_smoothing / (double)count;
}

/* With slopes s by probabilities p: from logits  p (s - sum(s p)),  from a row divided by its sum  (s - sum(s p)) /
 * sum.
 */
double fv__loss_classes(fv__loss_element *element, const fv_loss_options *options, const float *targets, int64_t label,
                        const float *predictions, int64_t count, float *gradient) {
  const row r = row_of(options->from_logits, predictions, count);
  double value = 0, mean_slope = 0;
  for (int64_t i = 0; i < count; i++) {
    const double p = probability(&r, predictions[i]);
    const double kept = p < fv__loss_least ? fv__loss_least : p > fv__loss_most ? fv__loss_most : p;
    double slope;
    value += element(options, smoothed(options, targets, label, i, count), kept, &slope);
    if (kept < p || kept > p) slope = 0;
    mean_slope += slope * p;
    if (gradient) gradient[i] = (float)slope;
  }
  for (int64_t i = 0; gradient && i < count; i++) {
    const double factor = r.from_logits ? probability(&r, predictions[i]) : 1 / r.sum;
    gradient[i] = (float)(factor * (gradient[i] - mean_slope));
  }
  return value;
}

double fv__loss_of_logits(const fv_loss_options *options, const float *targets, int64_t label, const float *logits,
                          int64_t count, float *gradient) {
  const row r = row_of(true, logits, count);
  const double logarithm = r.largest + log(r.sum);
  double value = 0, all = 0;
  for (int64_t i = 0; i < count; i++) {
    const double target = smoothed(options, targets, label, i, count);
    if (target != 0) value -= target * (logits[i] - logarithm);
    all += target;
  }
  for (int64_t i = 0; gradient && i < count; i++)
    gradient[i] = (float)(all * probability(&r, logits[i]) - smoothed(options, targets, label, i, count));
  return value;
}
