/* R2 score: how much of the targets' variance is explained, 1 - sum (t - p)^2 / sum (t - mean t)^2, for each channel.
 *
 *   adjusted for `num_regressors`:  1 - (1 - R2) (n - 1) / (n - num_regressors - 1), n rows. (Keras counts numbers
 * instead of rows where there are several channels.) */
#include <math.h>

#include "base/size.h"
#include "train/metric.h"

/* Sums of a channel; behind all of them the number of rows. */
enum { TARGETS, SQUARES, ERRORS, WEIGHTS, SUMS };

static fv_status prepare(fv_metric *metric) {
  if (fv__size_multiply(&metric->sum_count, metric->channels, SUMS) &&
      fv__size_add(&metric->sum_count, metric->sum_count, 1))
    return FV_OK;
  return fail(FV_ERROR_INVALID, "too many channels");
}

static void add(fv_metric *metric, const float *targets, const float *predictions, double weight) {
  for (int64_t i = 0; i < metric->channels; i++) {
    double *sums = metric->sums + SUMS * i;
    const double target = targets[i], error = target - predictions[i];
    sums[TARGETS] += weight * target;
    sums[SQUARES] += weight * target * target;
    sums[ERRORS] += weight * error * error;
    sums[WEIGHTS] += weight;
  }
  metric->sums[SUMS * metric->channels] += 1;
}

static int64_t results(const fv_metric *metric) {
  return metric->options.class_aggregation == FV_AGGREGATION_NONE ? metric->channels : 1;
}

static double adjusted(const fv_metric *metric, double score) {
  const double rows = metric->sums[SUMS * metric->channels], regressors = metric->options.num_regressors;
  if (regressors == 0 || regressors >= rows - 1) return score;
  return 1 - (1 - score) * (rows - 1) / (rows - regressors - 1);
}

static void result(const fv_metric *metric, double *numbers) {
  const int32_t aggregation = metric->options.class_aggregation;
  double sum = 0, weighted = 0, variances = 0;
  for (int64_t i = 0; i < metric->channels; i++) {
    const double *sums = metric->sums + SUMS * i;
    const double variance = sums[SQUARES] - sums[TARGETS] * fv__metric_quotient(sums[TARGETS], sums[WEIGHTS]);
    const double score = 1 - sums[ERRORS] / variance, kept = isinf(score) ? 0 : score;
    if (aggregation == FV_AGGREGATION_NONE) numbers[i] = adjusted(metric, kept);
    sum += kept;
    weighted += kept * variance;
    variances += variance;
  }
  if (aggregation == FV_AGGREGATION_UNIFORM_AVERAGE) numbers[0] = adjusted(metric, sum / (double)metric->channels);
  if (aggregation == FV_AGGREGATION_VARIANCE_WEIGHTED_AVERAGE) numbers[0] = adjusted(metric, weighted / variances);
}

static const char *const aggregations[] = {"uniform_average", "variance_weighted_average", "none", NULL};
static const fv_option table[] = {
    FV__METRIC_LINE(class_aggregation, FV_OPTION_NAME, "uniform_average", 0, 0, aggregations,
                    "how channels become one number"),
    FV__METRIC_LINE(num_regressors, FV_OPTION_INT, "0", 0, 1e9, NULL, "independent variables, for the adjusted score"),
    {.name = NULL}};

const fv__metric_type fv__metric_r2_score = {
    .name = "R2Score",
    .help = "part of the targets' variance that is explained",
    .table = table,
    .grows = true,
    .prepare = prepare,
    .add = add,
    .results = results,
    .result = result,
};
