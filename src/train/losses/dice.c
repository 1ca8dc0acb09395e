/* Dice loss: 1 - 2 sum(t p) / (sum(t) + sum(p) + 1e-7), over the batch or each sample. Milletari et al. 2016. */
#include "train/loss.h"

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  (void)options;
  double both = 0, sum = fv__loss_least;
  for (int64_t i = 0; i < count; i++) {
    both += (double)targets[i] * predictions[i];
    sum += (double)targets[i] + predictions[i];
  }
  for (int64_t i = 0; gradient && i < count; i++) gradient[i] = (float)(2 * (both / sum - targets[i]) / sum);
  return 1 - 2 * both / sum;
}

static const fv_option table[] = {FV__LOSS_REDUCTION, FV__LOSS_PER_SAMPLE, {.name = NULL}};

const fv__loss_type fv__loss_dice = {
    .name = "Dice",
    .short_name = NULL,
    .help = "how little two areas overlap",
    .table = table,
    .row = row,
    .whole = true,
};
