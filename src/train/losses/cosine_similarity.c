/* Cosine similarity, negative so that less is better: -sum of target * prediction / (|target| |prediction|). */
#include <math.h>

#include "train/loss.h"

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  (void)options;
  double target_square = 0, square = 0, product = 0;
  for (int64_t i = 0; i < count; i++) {
    target_square += (double)targets[i] * targets[i];
    square += (double)predictions[i] * predictions[i];
    product += (double)targets[i] * predictions[i];
  }
  const double target_length = fmax(sqrt(target_square), 1e-12), length = fmax(sqrt(square), 1e-12);
  const double cosine = product / (target_length * length);
  for (int64_t i = 0; gradient && i < count; i++)
    gradient[i] = (float)((cosine * predictions[i] / length - targets[i] / target_length) / length);
  return -cosine;
}

const fv__loss_type fv__loss_cosine_similarity = {
    .name = "CosineSimilarity",
    .short_name = NULL,
    .help = "the negative cosine of the angle between target and prediction",
    .table = fv__loss_plain_table,
    .row = row,
};
