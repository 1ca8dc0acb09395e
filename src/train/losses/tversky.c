/* Tversky loss: 1 - b / (b + alpha f + beta m + 1e-7) with b = sum(t p), f = sum(t (1 - p)), m = sum((1 - t) p).
 * Salehi et al. 2017. alpha and beta weigh them as Keras does.
 */
#include "train/loss.h"

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  double both = 0, missed = 0, wrong = 0;
  for (int64_t i = 0; i < count; i++) {
    const double t = targets[i], p = predictions[i];
    both += t * p;
    missed += t * (1 - p);
    wrong += (1 - t) * p;
  }
  const double whole = both + options->alpha * missed + options->beta * wrong + fv__loss_least;
  for (int64_t i = 0; gradient && i < count; i++) {
    const double t = targets[i], slope = t - options->alpha * t + options->beta * (1 - t);
    gradient[i] = (float)((both / whole * slope - t) / whole);
  }
  return 1 - both / whole;
}

static const fv_option table[] = {FV__LOSS_REDUCTION,
                                  FV__LOSS_PER_SAMPLE,
                                  FV__LOSS_NUMBER(alpha, "0.5", 1e30, "the weight of what is missed"),
                                  FV__LOSS_NUMBER(beta, "0.5", 1e30, "the weight of what is wrongly found"),
                                  {.name = NULL}};

const fv__loss_type fv__loss_tversky = {
    .name = "Tversky",
    .short_name = NULL,
    .help = "how little two areas overlap, misses weighed by themselves",
    .table = table,
    .row = row,
    .whole = true,
};
