/* Categorical crossentropy: -sum of target * log probability. Probabilities are divided by their sum and kept between
 * 1e-7 and 1 - 1e-7; from logits they are a softmax and have no limits.
 */
#include <math.h>

#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double probability, double *slope) {
  (void)options;
  *slope = -target / probability;
  return -target * log(probability);
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  if (options->from_logits) return fv__loss_of_logits(options, targets, -1, predictions, count, gradient);
  return fv__loss_classes(element, options, targets, -1, predictions, count, gradient);
}

static const fv_option table[] = {FV__LOSS_REDUCTION, FV__LOSS_FROM_LOGITS, FV__LOSS_SMOOTHING, {.name = NULL}};

const fv__loss_type fv__loss_categorical_crossentropy = {
    .name = "CategoricalCrossentropy",
    .short_name = NULL,
    .help = "of one class out of many, targets one-hot",
    .table = table,
    .row = row,
    .joins = FV__JOINED_SOFTMAX,
};
