/* Recall: the part of what is a yes that was called one. */
#include "train/metric.h"

static void result(const fv_metric *metric, double *numbers) {
  fv__metric_counts_parts(metric, FV__TRUE_POSITIVES, FV__FALSE_NEGATIVES, numbers);
}

static const fv_option table[] = {FV__METRIC_RATES, {.name = NULL}};

const fv__metric_type fv__metric_recall = {
    .name = "Recall",
    .help = "part of what is a yes that was found",
    .table = table,
    .grows = true,
    .prepare = fv__metric_counts_prepare,
    .add = fv__metric_counts_add,
    .results = fv__metric_counts_results,
    .result = result,
};
