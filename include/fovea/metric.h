/* Metrics: numbers that people read, over the whole set and never averaged over batches.
 *
 *   fv_metric *metric;
 *   fv_metric_create(&metric, "top_k_categorical_accuracy", 10, &(fv_metric_options){.k = 2});
 *   for each batch: fv_metric_update(metric, &batch);
 *   fv_metric_result(metric, numbers);
 *
 * Names, options and numbers are those of Keras 3; counts and sums are kept in double precision.
 */
#ifndef FOVEA_METRIC_H
#define FOVEA_METRIC_H

#include <fovea/loss.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_metric fv_metric;

/* How scores of classes become one number. */
typedef enum fv_averaging {
  FV_AVERAGING_NONE = 1,
  FV_AVERAGING_MICRO,
  FV_AVERAGING_MACRO,
  FV_AVERAGING_WEIGHTED
} fv_averaging;

/* What metrics may be told; each reads those that its table has (fv_metric_table). */
typedef struct fv_metric_options {
  int32_t k;        /* of how many best classes */
  double threshold; /* from which on a probability is a yes */
  int32_t average;  /* fv_averaging */
  double beta;      /* how much more recall counts than precision */
} fv_metric_options;

/* `name` is Keras's class or its snake case; `channels` how many numbers a prediction has. `options` may be NULL. The
 * caller destroys *metric. Errors: FV_ERROR_NOT_FOUND; FV_ERROR_INVALID for an option out of range. */
FV_API FV_CHECK fv_status fv_metric_create(fv_metric **metric, const char *name, int64_t channels,
                                           const fv_metric_options *options);
FV_API void fv_metric_destroy(fv_metric *metric);

/* Takes a batch in; sample weights count. Errors: FV_ERROR_INVALID for other channels than the metric's. */
FV_API FV_CHECK fv_status fv_metric_update(fv_metric *metric, const fv_loss_batch *batch);
FV_API void fv_metric_reset(fv_metric *metric);

/* How many numbers the result has, and the result. */
FV_API int64_t fv_metric_result_count(const fv_metric *metric);
FV_API void fv_metric_result(const fv_metric *metric, double *numbers);

/* Class names of the metrics there are, index from 0; NULL after the last. */
FV_API const char *fv_metric_name(int32_t index);
/* One lower-case sentence, and the options that a metric reads; NULL for an unknown name. Lent for ever. */
FV_API const char *fv_metric_help(const char *name);
FV_API const fv_option *fv_metric_table(const char *name);

FV_END_DECLARATIONS

#endif
