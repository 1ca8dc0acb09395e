/* Lion:  w -= rate sign(beta_1 m + (1 - beta_1) g);  m = beta_2 m + (1 - beta_2) g. Chen et al. 2023. */
#include <math.h>

#include "train/optimizer.h"

static unsigned slots(const fv_optimizer_options *o) {
  (void)o;
  return FV__SLOT_0;
}

static void prepare(const fv_optimizer_options *o, double rate, int64_t step, double *product, float *constants) {
  (void)step;
  (void)product;
  constants[0] = (float)rate;
  constants[1] = (float)o->beta_1;
  constants[2] = (float)o->beta_2;
}

static void update(const fv_optimizer_options *o, const fv__update *u) {
  (void)o;
  float *w = u->weights;
  const float *g = u->gradient;
  float *m = u->slots[0];
  const float rate = u->constants[0], one = u->constants[1], two = u->constants[2];
  for (int64_t i = 0; i < u->count; i++) {
    const float mean = m[i] * one + g[i] * (1 - one);
    w[i] -= mean > 0 ? rate : mean < 0 ? -rate : mean;
    m[i] = m[i] * two + g[i] * (1 - two);
  }
}

static const fv_option table[] = {
    FV__OPTIMIZER_RATE("0.001"),
    FV__OPTIMIZER_NUMBER(beta_1, "0.9", 0, 1, "what the mean of gradients keeps each step"),
    FV__OPTIMIZER_NUMBER(beta_2, "0.99", 0, 1, "what the mean of squares keeps each step"), FV__OPTIMIZER_SHARED("0")};

const fv__optimizer_type fv__optimizer_lion = {
    .name = "Lion",
    .help = "steps of one size, by the sign of the mean",
    .table = table,
    .slots = slots,
    .slot_names = {"m"},
    .together = 1,
    .prepare = prepare,
    .update = update,
};
