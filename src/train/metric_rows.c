/* What metrics share: ranks of classes; F scores from hits, wrong finds and misses.
 *
 *   F = (1 + beta^2) precision recall / (beta^2 precision + recall + 1e-7), precision and recall with 1e-7 below too
 */
#include "train/metric.h"

#include <inttypes.h>

#include "base/size.h"

const char *const fv__metric_averages[] = {"none", "micro", "macro", "weighted", NULL};

double fv__metric_quotient(double a, double b) { return b == 0 ? 0 : a / b; }

int64_t fv__metric_label(float number) {
  return number >= 0 && number < 1e9f && number == (float)(int64_t)number ? (int64_t)number : -1;
}

int64_t fv__metric_largest(const float *numbers, int64_t count) {
  int64_t best = 0;
  for (int64_t i = 1; i < count; i++)
    if (numbers[i] > numbers[best]) best = i;
  return best;
}

double fv__metric_in_top(const float *predictions, int64_t count, int64_t label, int32_t k) {
  if (label < 0 || label >= count || predictions[label] != predictions[label]) return 0;
  int64_t above = 0;
  for (int64_t i = 0; i < count; i++) above += predictions[i] > predictions[label];
  return above < k;
}

fv_status fv__metric_f_prepare(fv_metric *metric) {
  return fv__size_multiply(&metric->sum_count, metric->channels, 3)
             ? FV_OK
             : fail(FV_ERROR_INVALID, "%" PRId64 " channels are too many", metric->channels);
}

/* A threshold of 0 stands for none: the largest prediction is the yes. */
void fv__metric_f_add(fv_metric *metric, const float *targets, const float *predictions, double weight) {
  const double threshold = metric->options.threshold;
  const int64_t largest = fv__metric_largest(predictions, metric->channels);
  for (int64_t i = 0; i < metric->channels; i++) {
    const double yes = threshold > 0 ? predictions[i] > (float)threshold : i == largest;
    metric->sums[3 * i] += weight * yes * targets[i];
    metric->sums[3 * i + 1] += weight * yes * (1 - targets[i]);
    metric->sums[3 * i + 2] += weight * (1 - yes) * targets[i];
  }
}

int64_t fv__metric_f_results(const fv_metric *metric) {
  return metric->options.average == FV_AVERAGING_NONE ? metric->channels : 1;
}

static double score(const fv_metric_options *options, double hits, double wrong, double missed) {
  const double least = 1e-7, square = options->beta * options->beta;
  const double precision = hits / (hits + wrong + least), recall = hits / (hits + missed + least);
  return (1 + square) * precision * recall / (square * precision + recall + least);
}

void fv__metric_f_result(const fv_metric *metric, double *numbers) {
  const fv_metric_options *options = &metric->options;
  double hits = 0, wrong = 0, missed = 0, macro = 0, weighted = 0;
  for (int64_t i = 0; i < metric->channels; i++) {
    const double *s = metric->sums + 3 * i, found = score(options, s[0], s[1], s[2]);
    if (options->average == FV_AVERAGING_NONE) numbers[i] = found;
    hits += s[0];
    wrong += s[1];
    missed += s[2];
    macro += found;
    weighted += found * (s[0] + s[2]);
  }
  if (options->average == FV_AVERAGING_MICRO) numbers[0] = score(options, hits, wrong, missed);
  if (options->average == FV_AVERAGING_MACRO) numbers[0] = macro / (double)metric->channels;
  if (options->average == FV_AVERAGING_WEIGHTED) numbers[0] = weighted / (hits + missed + 1e-7);
}
