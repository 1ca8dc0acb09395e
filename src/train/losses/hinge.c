/* Hinge loss: max(1 - target prediction, 0) for targets -1 and 1; a target 0 counts as -1. */
#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double prediction, double *slope) {
  (void)options;
  const double side = target == 0 ? -1 : target, miss = 1 - side * prediction;
  *slope = miss > 0 ? -side : 0;
  return miss < 0 ? 0 : miss; /* NaN stays */
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  return fv__loss_mean(element, options, targets, predictions, count, gradient);
}

const fv__loss_type fv__loss_hinge = {
    .name = "Hinge",
    .short_name = NULL,
    .help = "how far predictions are on the wrong side of 1 or -1",
    .table = fv__loss_plain_table,
    .row = row,
};
