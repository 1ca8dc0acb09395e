/* Mean absolute error: |prediction - target|, the mean over channels. */
#include <math.h>

#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double prediction, double *slope) {
  (void)options;
  const double error = prediction - target;
  *slope = (error > 0) - (error < 0);
  return fabs(error);
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  return fv__loss_mean(element, options, targets, predictions, count, gradient);
}

const fv__loss_type fv__loss_mean_absolute_error = {
    .name = "MeanAbsoluteError",
    .short_name = "mae",
    .help = "the mean size of the difference",
    .table = fv__loss_plain_table,
    .row = row,
};
