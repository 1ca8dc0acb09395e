/* AdamW: Adam whose weights also shrink each step, by weight_decay times the rate. Loshchilov and Hutter 2017.
 *
 *   m += (g - m)(1 - beta_1);  v += (g^2 - v)(1 - beta_2);
 *   w -= m rate sqrt(1 - beta_2^t) / (1 - beta_1^t) / (sqrt(v) + epsilon)          amsgrad: the largest v so far
 *
 * Kingma and Ba 2014; Reddi et al. 2018. Betas are rounded to float32 as Keras does.
 */
#include <math.h>

#include "train/optimizer.h"

static int32_t slots(const fv_optimizer_options *o) { return 2 + o->amsgrad; }

static void prepare(const fv_optimizer_options *o, double rate, int64_t step, double *product, float *constants) {
  (void)product;
  const double one = 1 - pow((float)o->beta_1, (double)step), two = 1 - pow((float)o->beta_2, (double)step);
  constants[0] = (float)(rate * sqrt(two) / one);
  constants[1] = 1 - (float)o->beta_1;
  constants[2] = 1 - (float)o->beta_2;
  constants[3] = (float)o->epsilon;
}

static void update(const fv_optimizer_options *o, const fv__update *u) {
  (void)o;
  float *w = u->weights;
  const float *g = u->gradient;
  float *m = u->slots[0], *v = u->slots[1], *largest = u->slots[2];
  const float rate = u->constants[0], one = u->constants[1], two = u->constants[2], epsilon = u->constants[3];
  for (int64_t i = 0; i < u->count; i++) {
    m[i] += (g[i] - m[i]) * one;
    v[i] += (g[i] * g[i] - v[i]) * two;
    if (largest) largest[i] = largest[i] > v[i] ? largest[i] : v[i];
    w[i] -= m[i] * rate / (sqrtf(largest ? largest[i] : v[i]) + epsilon);
  }
}

static const fv_option table[] = {
    FV__OPTIMIZER_RATE("0.001"),
    FV__OPTIMIZER_NUMBER(beta_1, "0.9", 0, 1, "what the mean of gradients keeps each step"),
    FV__OPTIMIZER_NUMBER(beta_2, "0.999", 0, 1, "what the mean of squares keeps each step"),
    FV__OPTIMIZER_NUMBER(epsilon, "1e-07", 0, 1e30, "keeps divisors from zero"),
    FV__OPTIMIZER_BOOL(amsgrad, "divide by the largest mean of squares so far"),
    FV__OPTIMIZER_SHARED("0.004")};

const fv__optimizer_type fv__optimizer_adam_w = {
    .name = "AdamW",
    .help = "Adam with weight decay",
    .table = table,
    .slots = slots,
    .prepare = prepare,
    .update = update,
};
