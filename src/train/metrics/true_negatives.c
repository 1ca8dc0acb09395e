/* How many numbers are not above the threshold and should not be. */
#include "train/metric.h"

static fv_status prepare(fv_metric *metric) {
  metric->options.class_id = -1;
  return fv__metric_counts_prepare(metric);
}

static void result(const fv_metric *metric, double *numbers) {
  fv__metric_counts_result(metric, FV__TRUE_NEGATIVES, numbers);
}

static const fv_option table[] = {FV__METRIC_COUNTS, {.name = NULL}};

const fv__metric_type fv__metric_true_negatives = {
    .name = "TrueNegatives",
    .help = "how many no that are right",
    .table = table,
    .grows = true,
    .prepare = prepare,
    .add = fv__metric_counts_add,
    .results = fv__metric_counts_results,
    .result = result,
};
