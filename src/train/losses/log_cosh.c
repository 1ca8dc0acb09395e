/* Logarithm of the hyperbolic cosine of the difference e: e + softplus(-2 e) - log 2. */
#include <math.h>

#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double prediction, double *slope) {
  (void)options;
  const double error = prediction - target, size = fabs(error);
  *slope = tanh(error);
  return size + log1p(exp(-2 * size)) - 0.6931471805599453;
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  return fv__loss_mean(element, options, targets, predictions, count, gradient);
}

const fv__loss_type fv__loss_log_cosh = {
    .name = "LogCosh",
    .short_name = NULL,
    .help = "like squares near zero and like sizes far from it",
    .table = fv__loss_plain_table,
    .row = row,
};
