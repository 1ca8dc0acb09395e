/* Counts at thresholds: of every number predicted, whether it is above the threshold and whether it should be.
 *
 *                   above            not above
 *   target 1   true positive      false negative      sums: [threshold][count]
 *   target 0   false positive     true negative
 */
#include "train/metric.h"

static const double usual = 0.5;

fv_status fv__metric_counts_prepare(fv_metric *metric) {
  const fv_metric_options *o = &metric->options;
  TRY(fv__metric_list(metric, &metric->thresholds, &metric->threshold_count, o->thresholds, "thresholds"));
  if (!metric->threshold_count) {
    metric->threshold_count = 1;
    metric->thresholds = fv__arena_copy(&metric->arena, &usual, sizeof usual);
    if (!metric->thresholds) return fail(FV_ERROR_MEMORY, "no memory for a metric");
    if (o->top_k > 0) metric->thresholds[0] = -1e10; /* being one of the best is enough */
  }
  if (o->class_id >= metric->channels)
    return fail(FV_ERROR_INVALID, "class_id must be below %d, the number of classes", (int)metric->channels);
  metric->sum_count = 4 * (int64_t)metric->threshold_count;
  return FV_OK;
}

/* Whether place i is one of the k largest, the first of equals first. */
static bool is_in_top(const float *numbers, int64_t count, int64_t i, int32_t k) {
  int64_t before = 0;
  for (int64_t j = 0; j < count; j++) before += numbers[j] > numbers[i] || (numbers[j] == numbers[i] && j < i);
  return before < k;
}

void fv__metric_counts_add(fv_metric *metric, const float *targets, const float *predictions, double weight) {
  const fv_metric_options *o = &metric->options;
  for (int64_t i = 0; i < metric->channels; i++) {
    if (o->class_id >= 0 && i != o->class_id) continue;
    const bool may_be = o->top_k <= 0 || is_in_top(predictions, metric->channels, i, o->top_k);
    const bool is_true = targets[i] != 0;
    for (int32_t t = 0; t < metric->threshold_count; t++) {
      const bool is_above = may_be && predictions[i] > (float)metric->thresholds[t];
      const fv__count which = is_true    ? is_above ? FV__TRUE_POSITIVES : FV__FALSE_NEGATIVES
                              : is_above ? FV__FALSE_POSITIVES
                                         : FV__TRUE_NEGATIVES;
      metric->sums[4 * t + (int)which] += weight;
    }
  }
}

int64_t fv__metric_counts_results(const fv_metric *metric) { return metric->threshold_count; }

void fv__metric_counts_result(const fv_metric *metric, fv__count which, double *numbers) {
  for (int32_t t = 0; t < metric->threshold_count; t++) numbers[t] = metric->sums[4 * t + (int)which];
}

void fv__metric_counts_parts(const fv_metric *metric, fv__count which, fv__count other, double *numbers) {
  for (int32_t t = 0; t < metric->threshold_count; t++) {
    const double *sums = metric->sums + 4 * t;
    numbers[t] = fv__metric_quotient(sums[which], sums[which] + sums[other]);
  }
}
