/* Stochastic gradient descent:  w -= rate g;  with momentum  v = momentum v - rate g;  w += v,  or Nesterov's
 * w += momentum v - rate g.
 */
#include <math.h>

#include "train/optimizer.h"

static unsigned slots(const fv_optimizer_options *o) { return o->momentum > 0 ? FV__SLOT_0 : 0; }

static void prepare(const fv_optimizer_options *o, double rate, int64_t step, double *product, float *constants) {
  (void)step;
  (void)product;
  constants[0] = (float)rate;
  constants[1] = (float)o->momentum;
}

static void update(const fv_optimizer_options *o, const fv__update *u) {
  float *w = u->weights;
  const float *g = u->gradient;
  float *v = u->slots[0];
  const float rate = u->constants[0], momentum = u->constants[1];
  if (!v) {
    for (int64_t i = 0; i < u->count; i++) w[i] -= rate * g[i];
    return;
  }
  for (int64_t i = 0; i < u->count; i++) {
    const float step = rate * g[i];
    v[i] = momentum * v[i] - step;
    w[i] += o->nesterov ? momentum * v[i] - step : v[i];
  }
}

static const fv_option table[] = {FV__OPTIMIZER_RATE("0.01"),
                                  FV__OPTIMIZER_NUMBER(momentum, "0", 0, 1, "what a step keeps of the one before"),
                                  FV__OPTIMIZER_BOOL(nesterov, "look one step ahead"), FV__OPTIMIZER_SHARED("0")};

const fv__optimizer_type fv__optimizer_sgd = {
    .name = "SGD",
    .help = "follows the gradient, perhaps with momentum",
    .table = table,
    .slots = slots,
    .slot_names = {"m"},
    .together = 1,
    .prepare = prepare,
    .update = update,
};
