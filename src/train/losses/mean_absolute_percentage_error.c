/* Mean absolute percentage error: 100 |target - prediction| / max(|target|, 1e-7), the mean over channels. */
#include <math.h>

#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double prediction, double *slope) {
  (void)options;
  const double error = prediction - target, size = fmax(fabs(target), fv__loss_least);
  *slope = 100 * ((error > 0) - (error < 0)) / size;
  return 100 * fabs(error) / size;
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  return fv__loss_mean(element, options, targets, predictions, count, gradient);
}

const fv__loss_type fv__loss_mean_absolute_percentage_error = {
    .name = "MeanAbsolutePercentageError",
    .short_name = "mape",
    .help = "the mean size of the difference in percent of the target",
    .table = fv__loss_plain_table,
    .row = row,
};
