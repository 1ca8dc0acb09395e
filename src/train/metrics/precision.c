/* Precision: the part of what was called a yes that is one. */
#include "train/metric.h"

static void result(const fv_metric *metric, double *numbers) {
  fv__metric_counts_parts(metric, FV__TRUE_POSITIVES, FV__FALSE_POSITIVES, numbers);
}

static const fv_option table[] = {FV__METRIC_RATES, {.name = NULL}};

const fv__metric_type fv__metric_precision = {
    .name = "Precision",
    .help = "part of the yes that is right",
    .table = table,
    .grows = true,
    .prepare = fv__metric_counts_prepare,
    .add = fv__metric_counts_add,
    .results = fv__metric_counts_results,
    .result = result,
};
