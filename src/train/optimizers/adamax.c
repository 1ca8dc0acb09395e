/* Adamax:  m += (g - m)(1 - beta_1);  u = max(beta_2 u, |g|);  w -= rate m / ((1 - beta_1^t)(u + epsilon)). Kingma and
 * Ba 2014.
 */
#include <math.h>

#include "train/optimizer.h"

static unsigned slots(const fv_optimizer_options *o) {
  (void)o;
  return FV__SLOT_0 | FV__SLOT_1;
}

static void prepare(const fv_optimizer_options *o, double rate, int64_t step, double *product, float *constants) {
  (void)product;
  constants[0] = (float)rate;
  constants[1] = (float)(1 - o->beta_1);
  constants[2] = (float)o->beta_2;
  constants[3] = (float)o->epsilon;
  constants[4] = (float)(1 - pow((float)o->beta_1, (double)step));
}

static void update(const fv_optimizer_options *o, const fv__update *u) {
  (void)o;
  float *w = u->weights;
  const float *g = u->gradient;
  float *m = u->slots[0], *largest = u->slots[1];
  const float rate = u->constants[0], one = u->constants[1], two = u->constants[2], epsilon = u->constants[3];
  for (int64_t i = 0; i < u->count; i++) {
    const float kept = two * largest[i], size = fabsf(g[i]);
    m[i] += (g[i] - m[i]) * one;
    largest[i] = kept > size ? kept : size;
    w[i] -= rate * m[i] / (u->constants[4] * (largest[i] + epsilon));
  }
}

static const fv_option table[] = {
    FV__OPTIMIZER_RATE("0.001"),
    FV__OPTIMIZER_NUMBER(beta_1, "0.9", 0, 1, "what the mean of gradients keeps each step"),
    FV__OPTIMIZER_NUMBER(beta_2, "0.999", 0, 1, "what the mean of squares keeps each step"),
    FV__OPTIMIZER_NUMBER(epsilon, "1e-07", 0, 1e30, "keeps divisors from zero"), FV__OPTIMIZER_SHARED("0")};

const fv__optimizer_type fv__optimizer_adamax = {
    .name = "Adamax",
    .help = "Adam by the largest gradient instead of squares",
    .table = table,
    .slots = slots,
    .slot_names = {"m", "u"},
    .together = 2,
    .prepare = prepare,
    .update = update,
};
