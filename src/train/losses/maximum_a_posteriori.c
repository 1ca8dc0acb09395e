/* Maximum a posteriori: the squared distance y[D] to the right class's point, and a competition that keeps those to all
 * others from being small too; a class "rubbish" at the fixed distance j competes as well, so that classes that are far
 * already are not pushed farther.
 *
 *   y[D] + log(e^-j + sum over classes of e^-y[i])
 *
 * LeNet-5's loss: LeCun, Bottou, Bengio, Haffner 1998, equation 9. Logits are minus distances; where a model ends in
 * their softmax the loss takes what is before it. Where only probabilities are known, logarithms stand for logits.
 */
#include <math.h>

#include "train/loss.h"

/* NaN stays. */
static double kept(float probability) {
  return (double)probability < fv__loss_least ? fv__loss_least : (double)probability;
}

static double logit(const fv_loss_options *options, float prediction) {
  return options->from_logits ? (double)prediction : log(kept(prediction));
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  double largest = -options->rubbish, value = 0, all = 0;
  for (int64_t i = 0; i < count; i++) largest = fmax(largest, logit(options, predictions[i]));
  double sum = exp(-options->rubbish - largest);
  for (int64_t i = 0; i < count; i++) {
    const double z = logit(options, predictions[i]);
    sum += exp(z - largest);
    value -= (double)targets[i] * z;
    all += (double)targets[i];
  }
  for (int64_t i = 0; gradient && i < count; i++) {
    const double slope = all * exp(logit(options, predictions[i]) - largest) / sum - (double)targets[i];
    gradient[i] = (float)(options->from_logits ? slope : slope / kept(predictions[i]));
  }
  return value + all * (largest + log(sum));
}

static const fv_option table[] = {FV__LOSS_REDUCTION,
                                  FV__LOSS_FROM_LOGITS,
                                  FV__LOSS_NUMBER(rubbish, "10", 1e6, "distance of what is no class: the paper's j"),
                                  {.name = NULL}};

const fv__loss_type fv__loss_maximum_a_posteriori = {
    .name = "MaximumAPosteriori",
    .short_name = "map",
    .help = "of classes with a point each, by squared distances: LeNet-5's of 1998",
    .table = table,
    .row = row,
    .joins = FV__JOINED_SOFTMAX,
};
