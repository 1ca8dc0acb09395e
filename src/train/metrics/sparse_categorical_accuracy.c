/* How often the largest prediction is that of the class number. */
#include "train/metric.h"

static double value(const fv_metric *metric, const float *targets, const float *predictions) {
  return (float)fv__metric_largest(predictions, metric->channels) == targets[0];
}

static const fv_option table[] = {{.name = NULL}};

const fv__metric_type fv__metric_sparse_categorical_accuracy = {
    .name = "SparseCategoricalAccuracy",
    .help = "how often the best class is the right one, targets class numbers",
    .table = table,
    .grows = true,
    .is_sparse = true,
    .value = value,
};
