/* How often predictions are on the right side of a threshold, the mean over channels. */
#include "train/metric.h"

static double value(const fv_metric *metric, const float *targets, const float *predictions) {
  double right = 0;
  for (int64_t i = 0; i < metric->channels; i++)
    right += (predictions[i] > (float)metric->options.threshold) == (targets[i] > 0.5f);
  return right / (double)metric->channels;
}

static const fv_option table[] = {FV__METRIC_LINE(threshold, FV_OPTION_FLOAT, "0.5", 0, 1, NULL, "above it is a yes"),
                                  {.name = NULL}};

const fv__metric_type fv__metric_binary_accuracy = {
    .name = "BinaryAccuracy",
    .help = "how often yes and no are right",
    .table = table,
    .grows = true,
    .value = value,
};
