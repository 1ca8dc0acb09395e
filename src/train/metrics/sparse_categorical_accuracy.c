/* How often the largest prediction is that of the class number. */
#include "train/metric.h"

static double value(const fv_metric_options *options, const float *targets, const float *predictions, int64_t count) {
  (void)options;
  return (float)fv__metric_largest(predictions, count) == targets[0];
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
