/* Adadelta:  a = rho a + (1 - rho) g^2;  d = g sqrt(b + epsilon) / sqrt(a + epsilon);  b = rho b + (1 - rho) d^2;
 * w -= rate d. Zeiler 2012.
 */
#include <math.h>

#include "train/optimizer.h"

static unsigned slots(const fv_optimizer_options *o) {
  (void)o;
  return FV__SLOT_0 | FV__SLOT_1;
}

static void prepare(const fv_optimizer_options *o, double rate, int64_t step, double *product, float *constants) {
  (void)step;
  (void)product;
  constants[0] = (float)rate;
  constants[1] = (float)o->rho;
  constants[2] = (float)o->epsilon;
}

static void update(const fv_optimizer_options *o, const fv__update *u) {
  (void)o;
  float *w = u->weights;
  const float *g = u->gradient;
  float *squares = u->slots[0], *steps = u->slots[1];
  const float rate = u->constants[0], rho = u->constants[1], epsilon = u->constants[2];
  for (int64_t i = 0; i < u->count; i++) {
    squares[i] = rho * squares[i] + (1 - rho) * (g[i] * g[i]);
    const float step = g[i] * sqrtf(steps[i] + epsilon) / sqrtf(squares[i] + epsilon);
    steps[i] = rho * steps[i] + (1 - rho) * (step * step);
    w[i] -= rate * step;
  }
}

static const fv_option table[] = {
    FV__OPTIMIZER_RATE("0.001"), FV__OPTIMIZER_NUMBER(rho, "0.95", 0, 1, "what an average keeps each step"),
    FV__OPTIMIZER_NUMBER(epsilon, "1e-07", 0, 1e30, "keeps divisors from zero"), FV__OPTIMIZER_SHARED("0")};

const fv__optimizer_type fv__optimizer_adadelta = {
    .name = "Adadelta",
    .help = "steps as long as recent steps, by recent gradients",
    .table = table,
    .slots = slots,
    .slot_names = {"accumulated_grad", "accumulated_delta_var"},
    .together = 2,
    .prepare = prepare,
    .update = update,
};
