/* The best recall of all thresholds that reach a precision. */
#include "train/metric.h"

static void result(const fv_metric *metric, double *numbers) {
  numbers[0] = fv__metric_curve_most(metric, fv__curve_recall, fv__curve_precision, metric->options.precision);
}

static const fv_option table[] = {FV__METRIC_LINE(precision, FV_OPTION_FLOAT, NULL, 0, 1, NULL, "what must be reached"),
                                  FV__METRIC_CURVE,
                                  {.name = NULL}};

const fv__metric_type fv__metric_recall_at_precision = {
    .name = "RecallAtPrecision",
    .help = "best recall where precision is reached",
    .table = table,
    .grows = true,
    .prepare = fv__metric_curve_prepare,
    .add = fv__metric_curve_add,
    .result = result,
};
