/* Adam:
 *
 *   m += (g - m)(1 - beta_1);  v += (g^2 - v)(1 - beta_2);
 *   w -= m rate sqrt(1 - beta_2^t) / (1 - beta_1^t) / (sqrt(v) + epsilon)          amsgrad: the largest v so far
 *
 * Kingma and Ba 2014; Reddi et al. 2018. Betas are rounded to float32 in the powers alone, as Keras does.
 */
#include <math.h>

#include "train/optimizer.h"

unsigned fv__adam_slots(const fv_optimizer_options *o) {
  return FV__SLOT_0 | FV__SLOT_1 | (o->amsgrad ? FV__SLOT_2 : 0);
}

void fv__adam_prepare(const fv_optimizer_options *o, double rate, int64_t step, double *product, float *constants) {
  (void)product;
  const double one = 1 - pow((float)o->beta_1, (double)step), two = 1 - pow((float)o->beta_2, (double)step);
  constants[0] = (float)(rate * sqrt(two) / one);
  constants[1] = (float)(1 - o->beta_1);
  constants[2] = (float)(1 - o->beta_2);
  constants[3] = (float)o->epsilon;
}

void fv__adam_update(const fv_optimizer_options *o, const fv__update *u) {
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

static const fv_option table[] = {FV__ADAM_OPTIONS("0")};

const fv__optimizer_type fv__optimizer_adam = {
    .name = "Adam",
    .help = "mean of gradients over root of mean squares",
    .table = table,
    .slots = fv__adam_slots,
    .slot_names = {"m", "v", "vhat"},
    .together = 2,
    .prepare = fv__adam_prepare,
    .update = fv__adam_update,
};
