/* Cosine decay: half a wave from the initial rate to alpha times it, perhaps after a straight warm-up to warmup_target.
 * Loshchilov and Hutter 2016.
 */
#include <math.h>

#include "train/schedule.h"

static double rate(const fv_schedule_options *o, double step) {
  double from = o->initial_learning_rate;
  if (o->warmup_target > 0) {
    if (step < o->warmup_steps) return from + (o->warmup_target - from) * step / o->warmup_steps;
    step -= o->warmup_steps;
    from = o->warmup_target;
  }
  const double wave = 0.5 * (1 + cos(fv__schedule_pi * fmin(step, o->decay_steps) / o->decay_steps));
  return from * ((1 - o->alpha) * wave + o->alpha);
}

static const fv_option table[] = {
    FV__SCHEDULE_NUMBER(initial_learning_rate, NULL, 0, 1e30, "the rate of step 0"),
    FV__SCHEDULE_NUMBER(decay_steps, NULL, 1e-30, 1e30, "steps"),
    FV__SCHEDULE_NUMBER(alpha, "0", 0, 1, "the last rate as a part of the first"),
    FV__SCHEDULE_NUMBER(warmup_target, "0", 0, 1e30, "the rate after the warm-up; 0: no warm-up"),
    FV__SCHEDULE_NUMBER(warmup_steps, "0", 0, 1e30, "steps of the warm-up"),
    {.name = NULL}};

const fv__schedule_type fv__schedule_cosine_decay = {
    .name = "CosineDecay",
    .help = "the rate falls along half a wave of a cosine",
    .table = table,
    .rate = rate,
};
