/* Mean squared error: (prediction - target)^2, the mean over channels. */
#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double prediction, double *slope) {
  (void)options;
  const double error = prediction - target;
  *slope = 2 * error;
  return error * error;
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  return fv__loss_mean(element, options, targets, predictions, count, gradient);
}

const fv__loss_type fv__loss_mean_squared_error = {
    .name = "MeanSquaredError",
    .short_name = "mse",
    .help = "the mean square of the difference",
    .table = fv__loss_plain_table,
    .row = row,
};
