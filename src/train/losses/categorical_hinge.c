/* Categorical hinge loss: max(largest of (1 - target) prediction - sum of target * prediction + 1, 0). */
#include "train/loss.h"

static double row(const fv_loss_options *options, const float *targets, const float *predictions, int64_t count,
                  float *gradient) {
  (void)options;
  double right = 0, wrong = (1.0 - targets[0]) * predictions[0];
  int64_t at = 0;
  for (int64_t i = 0; i < count; i++) {
    const double other = (1.0 - targets[i]) * predictions[i];
    right += (double)targets[i] * predictions[i];
    if (other > wrong) at = i;
    if (other > wrong) wrong = other;
  }
  const double miss = wrong - right + 1;
  for (int64_t i = 0; gradient && i < count; i++)
    gradient[i] = miss > 0 ? (i == at ? 1 - 2 * targets[i] : -targets[i]) : 0;
  return miss < 0 ? 0 : miss; /* NaN stays */
}

const fv__loss_type fv__loss_categorical_hinge = {
    .name = "CategoricalHinge",
    .short_name = NULL,
    .help = "how far the right class is from leading by 1",
    .table = fv__loss_plain_table,
    .row = row,
};
