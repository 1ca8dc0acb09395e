/* The best specificity of all thresholds that reach a sensitivity (recall). */
#include "train/metric.h"

static void result(const fv_metric *metric, double *numbers) {
  numbers[0] = fv__metric_curve_most(metric, fv__curve_specificity, fv__curve_recall, metric->options.sensitivity);
}

static const fv_option table[] = {
    FV__METRIC_LINE(sensitivity, FV_OPTION_FLOAT, NULL, 0, 1, NULL, "what must be reached"),
    FV__METRIC_CURVE,
    {.name = NULL}};

const fv__metric_type fv__metric_specificity_at_sensitivity = {
    .name = "SpecificityAtSensitivity",
    .help = "best specificity where sensitivity is reached",
    .table = table,
    .grows = true,
    .prepare = fv__metric_curve_prepare,
    .add = fv__metric_curve_add,
    .result = result,
};
