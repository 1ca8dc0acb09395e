/* Binary crossentropy of each channel by itself, the mean over channels:
 *
 *   probabilities   -t log p - (1 - t) log(1 - p), p kept between 1e-7 and 1 - 1e-7
 *   logits          max(x, 0) - x t + log(1 + e^-|x|)
 */
#include <math.h>

#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double prediction, double *slope) {
  const double t = target * (1 - options->label_smoothing) + options->label_smoothing / 2;
  if (options->from_logits) {
    *slope = 1 / (1 + exp(-prediction)) - t;
    return fmax(prediction, 0) - prediction * t + log1p(exp(-fabs(prediction)));
  }
  const double p = fmin(fmax(prediction, fv__loss_least), fv__loss_most);
  *slope = p == prediction ? (1 - t) / (1 - p) - t / p : 0;
  return isnan(prediction) ? prediction : -t * log(p) - (1 - t) * log(1 - p);
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  return fv__loss_mean(element, options, targets, predictions, count, gradient);
}

static const fv_option table[] = {FV__LOSS_REDUCTION, FV__LOSS_FROM_LOGITS, FV__LOSS_SMOOTHING, {.name = NULL}};

const fv__loss_type fv__loss_binary_crossentropy = {
    .name = "BinaryCrossentropy",
    .short_name = "bce",
    .help = "of yes or no in each channel, from its probability",
    .table = table,
    .row = row,
    .joins = FV__JOINED_SIGMOID,
};
