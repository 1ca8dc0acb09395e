/* How often the right class is one of the k best. */
#include "train/metric.h"

static double value(const fv_metric *metric, const float *targets, const float *predictions) {
  return fv__metric_in_top(predictions, metric->channels, fv__metric_largest(targets, metric->channels),
                           metric->options.k);
}

static const fv_option table[] = {FV__METRIC_LINE(k, FV_OPTION_INT, "5", 1, 1e9, NULL, "of how many best classes"),
                                  {.name = NULL}};

const fv__metric_type fv__metric_top_k_categorical_accuracy = {
    .name = "TopKCategoricalAccuracy",
    .help = "how often the right class is one of the k best",
    .table = table,
    .grows = true,
    .value = value,
};
