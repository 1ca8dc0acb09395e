/* Binary focal crossentropy: binary crossentropy times (1 - q)^gamma, q = t p + (1 - t)(1 - p) being the probability of
 * what is right; balanced, also times t alpha + (1 - t)(1 - alpha). Lin et al. 2017.
 */
#include <math.h>

#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double prediction, double *slope) {
  const double t = target * (1 - options->label_smoothing) + options->label_smoothing / 2;
  const double p = options->from_logits ? 1 / (1 + exp(-prediction)) : prediction;
  const double kept = fmin(fmax(p, fv__loss_least), fv__loss_most), wrong = 1 - (t * p + (1 - t) * (1 - p));
  const double weight = options->apply_class_balancing ? t * options->alpha + (1 - t) * (1 - options->alpha) : 1;
  const double entropy = -t * log(kept) - (1 - t) * log(1 - kept), focus = pow(wrong, options->gamma);
  *slope = kept == p ? focus * ((1 - t) / (1 - p) - t / p) : 0;
  if (options->gamma != 0) *slope += options->gamma * pow(wrong, options->gamma - 1) * (1 - 2 * t) * entropy;
  *slope *= options->from_logits ? weight * p * (1 - p) : weight;
  return isnan(prediction) ? prediction : weight * focus * entropy;
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  return fv__loss_mean(element, options, targets, predictions, count, gradient);
}

static const fv_option table[] = {FV__LOSS_REDUCTION,
                                  FV__LOSS_FROM_LOGITS,
                                  FV__LOSS_SMOOTHING,
                                  {"apply_class_balancing", FV_OPTION_BOOL,
                                   offsetof(fv_loss_options, apply_class_balancing), "false", 0, 0, NULL,
                                   "weigh yes with alpha and no with 1 - alpha"},
                                  FV__LOSS_NUMBER(alpha, "0.25", 1, "the weight of yes"),
                                  FV__LOSS_NUMBER(gamma, "2", 100, "how much what is nearly right is played down"),
                                  {.name = NULL}};

const fv__loss_type fv__loss_binary_focal_crossentropy = {
    .name = "BinaryFocalCrossentropy",
    .short_name = NULL,
    .help = "binary crossentropy that looks at what is still wrong",
    .table = table,
    .row = row,
};
