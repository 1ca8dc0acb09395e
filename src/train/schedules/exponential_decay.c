/* Exponential decay: initial * decay_rate^(step / decay_steps), in whole steps of the exponent as a staircase. */
#include <math.h>

#include "train/schedule.h"

static double rate(const fv_schedule_options *o, double step) {
  const double part = step / o->decay_steps;
  return o->initial_learning_rate * pow(o->decay_rate, o->staircase ? floor(part) : part);
}

static const fv_option table[] = {FV__SCHEDULE_NUMBER(initial_learning_rate, NULL, 0, 1e30, "the rate of step 0"),
                                  FV__SCHEDULE_NUMBER(decay_steps, NULL, 1e-30, 1e30, "steps"),
                                  FV__SCHEDULE_NUMBER(decay_rate, NULL, 0, 1e30, "the factor after decay_steps"),
                                  FV__SCHEDULE_BOOL(staircase, "change every decay_steps only"),
                                  {.name = NULL}};

const fv__schedule_type fv__schedule_exponential_decay = {
    .name = "ExponentialDecay",
    .help = "the rate is multiplied by a factor every so many steps",
    .table = table,
    .rate = rate,
};
