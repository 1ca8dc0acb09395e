/* Profiles: how long each step of a network takes on this machine, and what it weighs. */
#ifndef FOVEA_PROFILE_H
#define FOVEA_PROFILE_H

#include <fovea/plan.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_profile_options {
  int32_t warm_up;        /* passes before those that count; 0: 2, -1: none */
  int32_t repeat;         /* passes that count; 0: 10 */
  bool inspect;           /* every layer by itself, as in inspect mode; else merged as for prediction */
  int32_t batch, threads; /* as in fv_plan_options, and what follows */
  const fv_shape *input_shapes;
  int64_t memory_limit;
  bool (*goes_on)(void *context, int64_t done,
                  int64_t of); /* asked between steps; false: FV_ERROR_STOPPED. NULL: none */
  void *context;
} fv_profile_options;

/* One step. */
typedef struct fv_profile_row {
  fv_step_info step;   /* lent as long as the profile */
  int32_t layer;       /* index of the layer that it stands for, the first of its nodes with weights, else the first */
  int64_t nanoseconds; /* median of the passes; of even numbers the smaller middle */
  int64_t fastest;
} fv_profile_row;

typedef struct fv_profile {
  int32_t count;
  fv_profile_row *rows; /* in running order */
  int64_t nanoseconds;  /* median of whole passes, all steps and what lies between them */
  int64_t fastest;
  int32_t passes;
  fv_plan_memory memory;
  fv_plan *plan; /* that was measured */
} fv_profile;

/* Runs the model on numbers between -1 and 1 and measures. Ends with fv_profile_destroy. `options` may be NULL. Errors:
 * FV_ERROR_INVALID for options out of range; FV_ERROR_STOPPED; those of fv_plan_create; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_profile_create(fv_profile **profile, fv_model *model, const fv_profile_options *options);
FV_API void fv_profile_destroy(fv_profile *profile); /* NULL is fine */

FV_END_DECLARATIONS

#endif
