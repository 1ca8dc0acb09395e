/* Categorical focal crossentropy: -sum of alpha (1 - p)^gamma target log p. Lin et al. 2017. */
#include <math.h>

#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double p, double *slope) {
  const double focus = pow(1 - p, options->gamma), weight = options->alpha * target;
  *slope = -weight * focus / p;
  if (options->gamma != 0) *slope += weight * options->gamma * pow(1 - p, options->gamma - 1) * log(p);
  return -weight * focus * log(p);
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  return fv__loss_classes(element, options, targets, -1, predictions, count, gradient);
}

static const fv_option table[] = {FV__LOSS_REDUCTION,
                                  FV__LOSS_FROM_LOGITS,
                                  FV__LOSS_SMOOTHING,
                                  FV__LOSS_NUMBER(alpha, "0.25", 1e30, "a factor"),
                                  FV__LOSS_NUMBER(gamma, "2", 100, "how much what is nearly right is played down"),
                                  {.name = NULL}};

const fv__loss_type fv__loss_categorical_focal_crossentropy = {
    .name = "CategoricalFocalCrossentropy",
    .short_name = NULL,
    .help = "categorical crossentropy that looks at what is still wrong",
    .table = table,
    .row = row,
};
