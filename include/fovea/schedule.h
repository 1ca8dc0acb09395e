/* Schedules: learning rates as functions of the step.
 *
 *   fv_schedule *schedule;
 *   fv_schedule_create(&schedule, "cosine_decay",
 *                      &(fv_schedule_options){.initial_learning_rate = 0.05, .decay_steps = 11250});
 *
 * Names and options are those of keras.optimizers.schedules. A step is one update of the weights, from 0.
 */
#ifndef FOVEA_SCHEDULE_H
#define FOVEA_SCHEDULE_H

#include <fovea/option.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_schedule fv_schedule;

/* What schedules may be told; each reads those that its table has (fv_schedule_table). */
typedef struct fv_schedule_options {
  double initial_learning_rate, end_learning_rate, warmup_target;
  double decay_steps, warmup_steps, first_decay_steps; /* steps */
  double decay_rate, power, alpha, t_mul, m_mul;
  bool staircase, cycle;
  const char *boundaries, *values; /* numbers with commas between, "100,200" and "0.1,0.05,0.01"; copied */
} fv_schedule_options;

/* `name` is Keras's class or its snake case: "CosineDecay", "cosine_decay". The caller destroys *schedule. Errors:
 * FV_ERROR_NOT_FOUND; FV_ERROR_INVALID for an option that is missing or out of range. */
FV_API FV_CHECK fv_status fv_schedule_create(fv_schedule **schedule, const char *name,
                                             const fv_schedule_options *options);
FV_API void fv_schedule_destroy(fv_schedule *schedule);

/* The rate of a step, from 0. */
FV_API double fv_schedule_rate(const fv_schedule *schedule, int64_t step);

/* Class names of the schedules there are, index from 0; NULL after the last. */
FV_API const char *fv_schedule_name(int32_t index);
/* One lower-case sentence, and the options that a schedule reads; NULL for an unknown name. Lent for ever. */
FV_API const char *fv_schedule_help(const char *name);
FV_API const fv_option *fv_schedule_table(const char *name);

FV_END_DECLARATIONS

#endif
