/* Categorical crossentropy with class numbers as targets. */
#include <math.h>

#include "train/loss.h"

static double element(const fv_loss_options *options, double target, double probability, double *slope) {
  (void)options;
  *slope = -target / probability;
  return -target * log(probability);
}

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  const int64_t label = (int64_t)targets[0];
  if (options->from_logits) return fv__loss_of_logits(options, NULL, label, predictions, count, gradient);
  return fv__loss_classes(element, options, NULL, label, predictions, count, gradient);
}

static const fv_option table[] = {FV__LOSS_REDUCTION,
                                  FV__LOSS_FROM_LOGITS,
                                  {"ignore_class", FV_OPTION_FLOAT, offsetof(fv_loss_options, ignore_class), "none",
                                   -1e9, INFINITY, NULL, "targets that do not count"},
                                  {.name = NULL}};

const fv__loss_type fv__loss_sparse_categorical_crossentropy = {
    .name = "SparseCategoricalCrossentropy",
    .short_name = NULL,
    .help = "of one class out of many, targets class numbers",
    .table = table,
    .row = row,
    .joins = FV__JOINED_SOFTMAX,
    .is_sparse = true,
};
