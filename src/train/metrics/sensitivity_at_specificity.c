/* The best sensitivity (recall) of all thresholds that reach a specificity. */
#include "train/metric.h"

static void result(const fv_metric *metric, double *numbers) {
  numbers[0] = fv__metric_curve_most(metric, fv__curve_recall, fv__curve_specificity, metric->options.specificity);
}

static const fv_option table[] = {
    FV__METRIC_LINE(specificity, FV_OPTION_FLOAT, NULL, 0, 1, NULL, "what must be reached"),
    FV__METRIC_CURVE,
    {.name = NULL}};

const fv__metric_type fv__metric_sensitivity_at_specificity = {
    .name = "SensitivityAtSpecificity",
    .help = "best sensitivity where specificity is reached",
    .table = table,
    .grows = true,
    .prepare = fv__metric_curve_prepare,
    .add = fv__metric_curve_add,
    .result = result,
};
