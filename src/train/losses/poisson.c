/* Poisson loss: prediction - target log(prediction + 1e-7), the mean over channels. */
#include <math.h>

#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double prediction, double *slope) {
  (void)options;
  *slope = 1 - target / (prediction + fv__loss_least);
  return prediction - target * log(prediction + fv__loss_least);
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  return fv__loss_mean(element, options, targets, predictions, count, gradient);
}

const fv__loss_type fv__loss_poisson = {
    .name = "Poisson",
    .short_name = NULL,
    .help = "of counts and their expected numbers",
    .table = fv__loss_plain_table,
    .row = row,
};
