/* The root of the mean of squared differences. */
#include <math.h>

#include "train/metric.h"

static double value(const fv_metric *metric, const float *targets, const float *predictions) {
  double sum = 0;
  for (int64_t i = 0; i < metric->channels; i++) {
    const double difference = (double)targets[i] - predictions[i];
    sum += difference * difference;
  }
  return sum / (double)metric->channels;
}

static void result(const fv_metric *metric, double *numbers) {
  numbers[0] = sqrt(fv__metric_quotient(metric->sums[0], metric->sums[1]));
}

static const fv_option table[] = {{.name = NULL}};

const fv__metric_type fv__metric_root_mean_squared_error = {
    .name = "RootMeanSquaredError",
    .short_name = "rmse",
    .help = "root of the mean squared difference",
    .table = table,
    .value = value,
    .result = result,
};
