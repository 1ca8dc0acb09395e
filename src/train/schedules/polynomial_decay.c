/* Polynomial decay: (initial - end) * (1 - step / decay_steps)^power + end; in cycles decay_steps is the next multiple
 * of itself.
 */
#include <math.h>

#include "train/schedule.h"

static double rate(const fv_schedule_options *o, double step) {
  double steps = o->decay_steps;
  if (o->cycle && step > 0) steps *= ceil(step / steps);
  const double part = fmin(step, steps) / steps;
  return (o->initial_learning_rate - o->end_learning_rate) * pow(1 - part, o->power) + o->end_learning_rate;
}

static const fv_option table[] = {FV__SCHEDULE_NUMBER(initial_learning_rate, NULL, 0, 1e30, "the rate of step 0"),
                                  FV__SCHEDULE_NUMBER(decay_steps, NULL, 1e-30, 1e30, "steps"),
                                  FV__SCHEDULE_NUMBER(end_learning_rate, "0.0001", 0, 1e30, "the rate at the end"),
                                  FV__SCHEDULE_NUMBER(power, "1", 0, 1e30, "1 is a straight line"),
                                  FV__SCHEDULE_BOOL(cycle, "begin again, from a lower rate each time"),
                                  {.name = NULL}};

const fv__schedule_type fv__schedule_polynomial_decay = {
    .name = "PolynomialDecay",
    .help = "the rate falls to its end along a power of the time left",
    .table = table,
    .rate = rate,
};
