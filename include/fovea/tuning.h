/* Tuning: ways of computing, chosen by measuring on one machine instead of by constants.
 *
 *   fv_tuning *tuning;
 *   if (fv_tuning_measure(&tuning, model, &(fv_plan_options){.threads = 2}, NULL)) ...
 *   if (fv_tuning_save(tuning, "vgg16.tuning.json")) ...
 *   fv_plan_create(&plan, model, &(fv_plan_options){.tuning = tuning});
 *
 * A plan takes its ways from constants of the CPU level, so that every run on every machine of that level gives the
 * same bits. With a tuning it takes those that were fastest when it was made: other bits perhaps, within the accuracy
 * asked for, but again the same in every run and for any number of threads that uses this tuning.
 *
 * A tuning knows operations by their extents and windows, not by the layers' names. What it does not know is computed
 * as without it, and so is an operation whose tuned way the plan's accuracy excludes; fv_step_info.tuned tells which
 * ways are its own. One made for another CPU level or by another version of fovea is refused; one made on another
 * processor of the same level, for another model, or with other threads is taken: fv_tuning_about says what it was.
 */
#ifndef FOVEA_TUNING_H
#define FOVEA_TUNING_H

#include <fovea/plan.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_tuning_options {
  int32_t rounds; /* how many times each way is taken up; in each it runs for a while. 0: 3 */
} fv_tuning_options;

/* Measures every way that an operation of the plan could take, inside runs of the whole model on made-up inputs. A way
 * other than the usual one is chosen when it is at least 3 % faster. Takes seconds, and the memory of one plan at a
 * time. `plan` (its tuning is ignored) and `options` may be NULL. The caller destroys *tuning. Errors: those of
 * fv_plan_create and fv_run. */
FV_API FV_CHECK fv_status fv_tuning_measure(fv_tuning **tuning, fv_model *model, const fv_plan_options *plan,
                                            const fv_tuning_options *options);

/* Reads what fv_tuning_save wrote. Errors: FV_ERROR_NOT_FOUND, FV_ERROR_IO; FV_ERROR_FORMAT for anything else than a
 * tuning; FV_ERROR_UNSUPPORTED for one by another version of fovea. */
FV_API FV_CHECK fv_status fv_tuning_load(fv_tuning **tuning, const char *path);

/* Writes JSON; a file that is there is replaced as a whole or not at all. Errors: FV_ERROR_IO, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_tuning_save(const fv_tuning *tuning, const char *path);

FV_API void fv_tuning_destroy(fv_tuning *tuning);

/* Where a tuning comes from. Text is lent until it ends. */
typedef struct fv_tuning_info {
  const char *processor; /* as fv_cpu_processor says it */
  const char *level;     /* "avx2" */
  const char *model;     /* its name */
  const char *inputs;    /* their shapes, batch first: "(1, 224, 224, 3)" */
  int32_t threads;
  int32_t choices; /* operations it knows */
} fv_tuning_info;

FV_API fv_tuning_info fv_tuning_about(const fv_tuning *tuning);

FV_END_DECLARATIONS

#endif
