/* The mean of predictions; targets are not looked at. */
#include "train/metric.h"

static double value(const fv_metric *metric, const float *targets, const float *predictions) {
  (void)targets;
  double sum = 0;
  for (int64_t i = 0; i < metric->channels; i++) sum += predictions[i];
  return sum / (double)metric->channels;
}

static const fv_option table[] = {{.name = NULL}};

const fv__metric_type fv__metric_mean = {
    .name = "Mean",
    .help = "mean of the predictions",
    .table = table,
    .value = value,
};
