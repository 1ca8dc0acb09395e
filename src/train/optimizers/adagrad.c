/* Adagrad:  sum += g^2;  w -= rate g / sqrt(sum + epsilon). Duchi et al. 2011. */
#include <math.h>

#include "train/optimizer.h"

static unsigned slots(const fv_optimizer_options *o) {
  (void)o;
  return FV__SLOT_0;
}

static double initial(const fv_optimizer_options *o) { return o->initial_accumulator_value; }

static void prepare(const fv_optimizer_options *o, double rate, int64_t step, double *product, float *constants) {
  (void)step;
  (void)product;
  constants[0] = (float)rate;
  constants[1] = (float)o->epsilon;
}

static void update(const fv_optimizer_options *o, const fv__update *u) {
  (void)o;
  float *w = u->weights;
  const float *g = u->gradient;
  float *sum = u->slots[0];
  const float rate = u->constants[0], epsilon = u->constants[1];
  for (int64_t i = 0; i < u->count; i++) {
    sum[i] += g[i] * g[i];
    w[i] -= rate * g[i] / sqrtf(sum[i] + epsilon);
  }
}

static const fv_option table[] = {
    FV__OPTIMIZER_RATE("0.001"),
    FV__OPTIMIZER_NUMBER(initial_accumulator_value, "0.1", 0, 1e30, "what sums of squares start with"),
    FV__OPTIMIZER_NUMBER(epsilon, "1e-07", 0, 1e30, "keeps divisors from zero"), FV__OPTIMIZER_SHARED("0")};

const fv__optimizer_type fv__optimizer_adagrad = {
    .name = "Adagrad",
    .help = "divides by the root of the sum of all squares",
    .table = table,
    .slots = slots,
    .slot_names = {"accumulator"},
    .together = 1,
    .initial = initial,
    .prepare = prepare,
    .update = update,
};
