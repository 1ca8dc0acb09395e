/* Mean squared logarithmic error: (log(prediction + 1) - log(target + 1))^2 of numbers not below 1e-7. */
#include <math.h>

#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double prediction, double *slope) {
  (void)options;
  const double kept = prediction < fv__loss_least ? fv__loss_least : prediction; /* NaN stays */
  const double error = log1p(kept) - log1p(fmax(target, fv__loss_least));
  *slope = prediction > fv__loss_least ? 2 * error / (1 + prediction) : 0;
  return error * error;
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  return fv__loss_mean(element, options, targets, predictions, count, gradient);
}

const fv__loss_type fv__loss_mean_squared_logarithmic_error = {
    .name = "MeanSquaredLogarithmicError",
    .short_name = "msle",
    .help = "the mean square of the difference of logarithms",
    .table = fv__loss_plain_table,
    .row = row,
};
