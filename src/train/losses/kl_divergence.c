/* Kullback-Leibler divergence: sum of target log(target / prediction), both kept between 1e-7 and 1. */
#include <math.h>

#include "train/loss.h"

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  (void)options;
  double value = 0;
  for (int64_t i = 0; i < count; i++) {
    const double target = fmin(fmax(targets[i], fv__loss_least), 1), p = fmin(fmax(predictions[i], fv__loss_least), 1);
    value += isnan(predictions[i]) ? predictions[i] : target * log(target / p);
    if (gradient) gradient[i] = p == predictions[i] ? (float)(-target / p) : 0;
  }
  return value;
}

const fv__loss_type fv__loss_kl_divergence = {
    .name = "KLDivergence",
    .short_name = "kld",
    .help = "how far one distribution is from another",
    .table = fv__loss_plain_table,
    .row = row,
};
