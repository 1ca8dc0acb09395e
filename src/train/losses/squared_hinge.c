/* Squared hinge loss: max(1 - target prediction, 0)^2 for targets -1 and 1; a target 0 counts as -1. */
#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double prediction, double *slope) {
  (void)options;
  const double side = target == 0 ? -1 : target, miss = 1 - side * prediction;
  *slope = miss > 0 ? -2 * side * miss : 0;
  return miss < 0 ? 0 : miss * miss; /* NaN stays */
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  return fv__loss_mean(element, options, targets, predictions, count, gradient);
}

const fv__loss_type fv__loss_squared_hinge = {
    .name = "SquaredHinge",
    .short_name = NULL,
    .help = "the square of the hinge loss",
    .table = fv__loss_plain_table,
    .row = row,
};
