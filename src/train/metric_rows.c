/* What metrics share: ranks of classes; F scores from hits, wrong finds and misses.
 *
 *   F = (1 + beta^2) precision recall / (beta^2 precision + recall + 1e-7), precision and recall with 1e-7 below too
 */
#include "train/metric.h"

const char *const fv__metric_averages[] = {"none", "micro", "macro", "weighted", NULL};

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

/* A threshold of 0 stands for none: the largest prediction is the yes. */
void fv__metric_f_add(const fv_metric_options *options, const float *targets, const float *predictions, int64_t count,
                      double weight, double *sums) {
  const int64_t largest = fv__metric_largest(predictions, count);
  for (int64_t i = 0; i < count; i++) {
    const double yes = options->threshold > 0 ? predictions[i] > (float)options->threshold : i == largest;
    sums[3 * i] += weight * yes * targets[i];
    sums[3 * i + 1] += weight * yes * (1 - targets[i]);
    sums[3 * i + 2] += weight * (1 - yes) * targets[i];
  }
}

int64_t fv__metric_f_results(const fv_metric_options *options, int64_t channels) {
  return options->average == FV_AVERAGING_NONE ? channels : 1;
}

static double score(const fv_metric_options *options, double hits, double wrong, double missed) {
  const double least = 1e-7, square = options->beta * options->beta;
  const double precision = hits / (hits + wrong + least), recall = hits / (hits + missed + least);
  return (1 + square) * precision * recall / (square * precision + recall + least);
}

void fv__metric_f_result(const fv_metric_options *options, const double *sums, int64_t channels, double *numbers) {
  double hits = 0, wrong = 0, missed = 0, macro = 0, weighted = 0;
  for (int64_t i = 0; i < channels; i++) {
    const double *s = sums + 3 * i, found = score(options, s[0], s[1], s[2]);
    if (options->average == FV_AVERAGING_NONE) numbers[i] = found;
    hits += s[0];
    wrong += s[1];
    missed += s[2];
    macro += found;
    weighted += found * (s[0] + s[2]);
  }
  if (options->average == FV_AVERAGING_MICRO) numbers[0] = score(options, hits, wrong, missed);
  if (options->average == FV_AVERAGING_MACRO) numbers[0] = macro / (double)channels;
  if (options->average == FV_AVERAGING_WEIGHTED) numbers[0] = weighted / (hits + missed + 1e-7);
}
