/* RMSprop:  v = rho v + (1 - rho) g^2;  step = rate g / sqrt(v + epsilon);  w -= step.  Centered: v - mean^2 in place
 * of v; with momentum  m = momentum m + step;  w -= m.  Hinton 2012, epsilon inside the root as in Keras 3.
 */
#include <math.h>

#include "train/optimizer.h"

static unsigned slots(const fv_optimizer_options *o) {
  return FV__SLOT_0 | (o->momentum > 0 ? FV__SLOT_1 : 0) | (o->centered ? FV__SLOT_2 : 0);
}

static void prepare(const fv_optimizer_options *o, double rate, int64_t step, double *product, float *constants) {
  (void)step;
  (void)product;
  constants[0] = (float)rate;
  constants[1] = (float)o->rho;
  constants[2] = (float)o->epsilon;
  constants[3] = (float)o->momentum;
}

static void update(const fv_optimizer_options *o, const fv__update *u) {
  (void)o;
  float *w = u->weights;
  const float *g = u->gradient;
  float *v = u->slots[0], *moved = u->slots[1], *mean = u->slots[2];
  const float rate = u->constants[0], rho = u->constants[1], epsilon = u->constants[2], momentum = u->constants[3];
  for (int64_t i = 0; i < u->count; i++) {
    v[i] = rho * v[i] + (1 - rho) * (g[i] * g[i]);
    if (mean) mean[i] = rho * mean[i] + (1 - rho) * g[i];
    const float step = rate * g[i] / sqrtf(v[i] - (mean ? mean[i] * mean[i] : 0) + epsilon);
    if (moved) moved[i] = momentum * moved[i] + step;
    w[i] -= moved ? moved[i] : step;
  }
}

static const fv_option table[] = {FV__OPTIMIZER_RATE("0.001"),
                                  FV__OPTIMIZER_NUMBER(rho, "0.9", 0, 1, "what an average keeps each step"),
                                  FV__OPTIMIZER_NUMBER(momentum, "0", 0, 1, "what a step keeps of the one before"),
                                  FV__OPTIMIZER_NUMBER(epsilon, "1e-07", 0, 1e30, "keeps divisors from zero"),
                                  FV__OPTIMIZER_BOOL(centered, "divide by the deviation instead of the size"),
                                  FV__OPTIMIZER_SHARED("0")};

const fv__optimizer_type fv__optimizer_rmsprop = {
    .name = "RMSprop",
    .help = "divides by the recent size of gradients",
    .table = table,
    .slots = slots,
    .slot_names = {"velocity", "momentum", "average_gradient"},
    .together = 1,
    .prepare = prepare,
    .update = update,
};
