/* Nadam: Adam with Nesterov's look ahead, whose momentum u_t = beta_1 (1 - 0.96^t / 2) warms up. Dozat 2016.
 *
 *   w -= rate (u_t+1 m / (1 - u_1 .. u_t+1) + (1 - u_t) g / (1 - u_1 .. u_t)) / (sqrt(v / (1 - beta_2^t)) + epsilon)
 */
#include <math.h>

#include "train/optimizer.h"

static unsigned slots(const fv_optimizer_options *o) {
  (void)o;
  return FV__SLOT_0 | FV__SLOT_1;
}

static void prepare(const fv_optimizer_options *o, double rate, int64_t step, double *product, float *constants) {
  const double now = o->beta_1 * (1 - 0.5 * pow(0.96, (double)step));
  const double next = o->beta_1 * (1 - 0.5 * pow(0.96, (double)step + 1));
  *product *= now;
  constants[0] = (float)rate;
  constants[1] = 1 - (float)o->beta_1;
  constants[2] = 1 - (float)o->beta_2;
  constants[3] = (float)o->epsilon;
  constants[4] = (float)(next / (1 - *product * next));
  constants[5] = (float)((1 - now) / (1 - *product));
  constants[6] = (float)(1 - pow((float)o->beta_2, (double)step));
}

static void update(const fv_optimizer_options *o, const fv__update *u) {
  (void)o;
  float *w = u->weights;
  const float *g = u->gradient;
  float *m = u->slots[0], *v = u->slots[1];
  const float *c = u->constants;
  for (int64_t i = 0; i < u->count; i++) {
    m[i] += (g[i] - m[i]) * c[1];
    v[i] += (g[i] * g[i] - v[i]) * c[2];
    w[i] -= (c[4] * m[i] + c[5] * g[i]) * c[0] / (sqrtf(v[i] / c[6]) + c[3]);
  }
}

static const fv_option table[] = {
    FV__OPTIMIZER_RATE("0.001"),
    FV__OPTIMIZER_NUMBER(beta_1, "0.9", 0, 1, "what the mean of gradients keeps each step"),
    FV__OPTIMIZER_NUMBER(beta_2, "0.999", 0, 1, "what the mean of squares keeps each step"),
    FV__OPTIMIZER_NUMBER(epsilon, "1e-07", 0, 1e30, "keeps divisors from zero"), FV__OPTIMIZER_SHARED("0")};

const fv__optimizer_type fv__optimizer_nadam = {
    .name = "Nadam",
    .help = "Adam with Nesterov momentum",
    .table = table,
    .slots = slots,
    .slot_names = {"m", "v"},
    .together = 2,
    .keeps_product = true,
    .prepare = prepare,
    .update = update,
};
