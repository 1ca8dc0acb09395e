/* Follow the regularised leader. With n the sum of squares and p = -learning_rate_power:
 *
 *   z += g + 2 shrinkage w - (n_new^p - n^p) / rate w
 *   w = (clamp(z, -l1, l1) - z) / (n_new^p / rate + 2 l2 + beta / rate)
 *
 * McMahan et al. 2013.
 */
#include <math.h>

#include "train/optimizer.h"

static unsigned slots(const fv_optimizer_options *o) {
  (void)o;
  return FV__SLOT_0 | FV__SLOT_1;
}

static double initial(const fv_optimizer_options *o) { return o->initial_accumulator_value; }

static void prepare(const fv_optimizer_options *o, double rate, int64_t step, double *product, float *constants) {
  (void)step;
  (void)product;
  constants[0] = (float)rate;
  constants[1] = (float)-o->learning_rate_power;
  constants[2] = (float)o->l1_regularization_strength;
  constants[3] = (float)(2 * (o->l2_regularization_strength + o->beta / (2 * rate)));
  constants[4] = (float)(2 * o->l2_shrinkage_regularization_strength);
}

static void update(const fv_optimizer_options *o, const fv__update *u) {
  (void)o;
  float *w = u->weights;
  const float *g = u->gradient;
  float *sum = u->slots[0], *z = u->slots[1];
  const float rate = u->constants[0], power = u->constants[1], l1 = u->constants[2];
  for (int64_t i = 0; i < u->count; i++) {
    const float all = sum[i] + g[i] * g[i], strength = powf(all, power);
    z[i] += g[i] + u->constants[4] * w[i] - (strength - powf(sum[i], power)) / rate * w[i];
    w[i] = ((z[i] > l1 ? l1 : z[i] < -l1 ? -l1 : z[i]) - z[i]) / (strength / rate + u->constants[3]);
    sum[i] = all;
  }
}

static const fv_option table[] = {
    FV__OPTIMIZER_RATE("0.001"),
    FV__OPTIMIZER_NUMBER(learning_rate_power, "-0.5", -1e30, 0,
                         "0: the rate stays; -0.5: it falls with the root of squares"),
    FV__OPTIMIZER_NUMBER(initial_accumulator_value, "0.1", 0, 1e30, "what sums of squares start with"),
    FV__OPTIMIZER_NUMBER(l1_regularization_strength, "0", 0, 1e30, "how much sizes cost"),
    FV__OPTIMIZER_NUMBER(l2_regularization_strength, "0", 0, 1e30, "how much squares cost"),
    FV__OPTIMIZER_NUMBER(l2_shrinkage_regularization_strength, "0", 0, 1e30, "how much squares cost, by the gradient"),
    FV__OPTIMIZER_NUMBER(beta, "0", 0, 1e30, "added to the root of squares"),
    FV__OPTIMIZER_SHARED("0")};

const fv__optimizer_type fv__optimizer_ftrl = {
    .name = "Ftrl",
    .help = "follows the regularised leader",
    .table = table,
    .slots = slots,
    .slot_names = {"accumulator", "linear"},
    .together = 2,
    .initial = initial,
    .prepare = prepare,
    .update = update,
};
