/* The cosine of the angle between targets and predictions. (The loss of that name is its negative.) */
#include "train/metric.h"

extern const fv__loss_type fv__loss_cosine_similarity;

static double value(const fv_metric *metric, const float *targets, const float *predictions) {
  return -fv__loss_cosine_similarity.row(&metric->loss_options, targets, predictions, metric->channels, NULL);
}

static const fv_option table[] = {{.name = NULL}};

const fv__metric_type fv__metric_cosine_similarity = {
    .name = "CosineSimilarity",
    .help = "cosine between targets and predictions",
    .table = table,
    .grows = true,
    .value = value,
};
