/* Huber loss: e^2 / 2 for |e| up to delta, delta |e| - delta^2 / 2 beyond. Huber 1964. */
#include <math.h>

#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double prediction, double *slope) {
  const double error = prediction - target, delta = options->delta;
  if (fabs(error) <= delta) {
    *slope = error;
    return error * error / 2;
  }
  *slope = error > 0 ? delta : -delta;
  return delta * fabs(error) - delta * delta / 2;
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  return fv__loss_mean(element, options, targets, predictions, count, gradient);
}

static const fv_option table[] = {FV__LOSS_REDUCTION,
                                  FV__LOSS_NUMBER(delta, "1", 1e30, "the difference at which squares become lines"),
                                  {.name = NULL}};

const fv__loss_type fv__loss_huber = {
    .name = "Huber",
    .short_name = NULL,
    .help = "squares of small differences, sizes of large ones",
    .table = table,
    .row = row,
};
