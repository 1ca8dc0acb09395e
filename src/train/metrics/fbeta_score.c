/* F score: harmonic mean of precision and recall, recall counting beta times as much. */
#include "train/metric.h"

static const fv_option table[] = {
    FV__METRIC_LINE(average, FV_OPTION_NAME, "none", 0, 0, fv__metric_averages, "how classes become one number"),
    FV__METRIC_LINE(threshold, FV_OPTION_FLOAT, "0", 0, 1, NULL, "above it is a yes; 0: the best class is"),
    FV__METRIC_LINE(beta, FV_OPTION_FLOAT, "1", 1e-30, 1e30, NULL, "how much more recall counts"),
    {.name = NULL}};

const fv__metric_type fv__metric_fbeta_score = {
    .name = "FBetaScore",
    .short_name = "fbeta_score",
    .help = "harmonic mean of precision and recall",
    .table = table,
    .grows = true,
    .prepare = fv__metric_f_prepare,
    .add = fv__metric_f_add,
    .results = fv__metric_f_results,
    .result = fv__metric_f_result,
};
