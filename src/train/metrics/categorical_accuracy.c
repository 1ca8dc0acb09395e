/* How often the largest prediction is the largest target. */
#include "train/metric.h"

static double value(const fv_metric *metric, const float *targets, const float *predictions) {
  return fv__metric_largest(predictions, metric->channels) == fv__metric_largest(targets, metric->channels);
}

static const fv_option table[] = {{.name = NULL}};

const fv__metric_type fv__metric_categorical_accuracy = {
    .name = "CategoricalAccuracy",
    .help = "how often the best class is the right one",
    .table = table,
    .grows = true,
    .value = value,
};
