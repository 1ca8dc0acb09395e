/* The best precision of all thresholds that reach a recall. */
#include "train/metric.h"

static void result(const fv_metric *metric, double *numbers) {
  numbers[0] = fv__metric_curve_most(metric, fv__curve_precision, fv__curve_recall, metric->options.recall);
}

static const fv_option table[] = {FV__METRIC_LINE(recall, FV_OPTION_FLOAT, NULL, 0, 1, NULL, "what must be reached"),
                                  FV__METRIC_CURVE,
                                  {.name = NULL}};

const fv__metric_type fv__metric_precision_at_recall = {
    .name = "PrecisionAtRecall",
    .help = "best precision where recall is reached",
    .table = table,
    .grows = true,
    .prepare = fv__metric_curve_prepare,
    .add = fv__metric_curve_add,
    .result = result,
};
