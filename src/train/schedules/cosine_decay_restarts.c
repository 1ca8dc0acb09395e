/* Cosine decay with warm restarts: half waves, each t_mul times as long and m_mul times as high as the one before.
 * Loshchilov and Hutter 2016.
 */
#include <math.h>

#include "train/schedule.h"

static double rate(const fv_schedule_options *o, double step) {
  double part = step / o->first_decay_steps, restart;
  if (o->t_mul == 1) {
    restart = floor(part);
    part -= restart;
  } else {
    restart = floor(log(1 - part * (1 - o->t_mul)) / log(o->t_mul));
    const double longer = pow(o->t_mul, restart);
    part = (part - (1 - longer) / (1 - o->t_mul)) / longer;
  }
  const double wave = 0.5 * pow(o->m_mul, restart) * (1 + cos(fv__schedule_pi * part));
  return o->initial_learning_rate * ((1 - o->alpha) * wave + o->alpha);
}

static const fv_option table[] = {FV__SCHEDULE_NUMBER(initial_learning_rate, NULL, 0, 1e30, "the rate of step 0"),
                                  FV__SCHEDULE_NUMBER(first_decay_steps, NULL, 1e-30, 1e30, "steps of the first wave"),
                                  FV__SCHEDULE_NUMBER(t_mul, "2", 1, 1e30, "how much longer each wave is"),
                                  FV__SCHEDULE_NUMBER(m_mul, "1", 0, 1e30, "how much higher each wave is"),
                                  FV__SCHEDULE_NUMBER(alpha, "0", 0, 1, "the last rate as a part of the first"),
                                  {.name = NULL}};

const fv__schedule_type fv__schedule_cosine_decay_restarts = {
    .name = "CosineDecayRestarts",
    .help = "the rate falls along half waves that begin again",
    .table = table,
    .rate = rate,
};
