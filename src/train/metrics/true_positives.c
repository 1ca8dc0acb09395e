/* How many numbers are above the threshold and should be. */
#include "train/metric.h"

static fv_status prepare(fv_metric *metric) {
  metric->options.class_id = -1;
  return fv__metric_counts_prepare(metric);
}

static void result(const fv_metric *metric, double *numbers) {
  fv__metric_counts_result(metric, FV__TRUE_POSITIVES, numbers);
}

static const fv_option table[] = {FV__METRIC_COUNTS, {.name = NULL}};

const fv__metric_type fv__metric_true_positives = {
    .name = "TruePositives",
    .help = "how many yes that are right",
    .table = table,
    .grows = true,
    .prepare = prepare,
    .add = fv__metric_counts_add,
    .results = fv__metric_counts_results,
    .result = result,
};
