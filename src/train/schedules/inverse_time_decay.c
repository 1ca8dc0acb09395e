/* Inverse time decay: initial / (1 + decay_rate * step / decay_steps), in whole steps as a staircase. */
#include <math.h>

#include "train/schedule.h"

static double rate(const fv_schedule_options *o, double step) {
  const double part = step / o->decay_steps;
  return o->initial_learning_rate / (1 + o->decay_rate * (o->staircase ? floor(part) : part));
}

static const fv_option table[] = {
    FV__SCHEDULE_NUMBER(initial_learning_rate, NULL, 0, 1e30, "the rate of step 0"),
    FV__SCHEDULE_NUMBER(decay_steps, NULL, 1e-30, 1e30, "steps"),
    FV__SCHEDULE_NUMBER(decay_rate, NULL, 0, 1e30, "how much is added to the divisor after decay_steps"),
    FV__SCHEDULE_BOOL(staircase, "change every decay_steps only"),
    {.name = NULL}};

const fv__schedule_type fv__schedule_inverse_time_decay = {
    .name = "InverseTimeDecay",
    .help = "the rate is divided by a number that grows with the steps",
    .table = table,
    .rate = rate,
};
