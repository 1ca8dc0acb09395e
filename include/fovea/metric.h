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

/* Which curve AUC measures, and how the area between two thresholds is taken. */
typedef enum fv_auc_curve { FV_CURVE_ROC = 1, FV_CURVE_PR, FV_CURVE_PRGAIN } fv_auc_curve;
typedef enum fv_auc_summation {
  FV_SUMMATION_INTERPOLATION = 1, /* by the middle; PR as Davis and Goadrich 2006 */
  FV_SUMMATION_MINORING,          /* the lower end */
  FV_SUMMATION_MAJORING           /* the higher end */
} fv_auc_summation;

/* Keras 3 cuts the sample weights of IoU to whole numbers: 0.9 counts as 0. */
typedef enum fv_metric_compat { FV_METRIC_DOCUMENTED = 1, FV_METRIC_KERAS3 } fv_metric_compat;

typedef enum fv_class_aggregation {
  FV_AGGREGATION_UNIFORM_AVERAGE = 1,
  FV_AGGREGATION_VARIANCE_WEIGHTED_AVERAGE,
  FV_AGGREGATION_NONE /* a number each */
} fv_class_aggregation;

/* What metrics may be told; each reads those that its table has (fv_metric_table). Texts are copied; lists are numbers
 * with commas between. */
typedef struct fv_metric_options {
  int32_t k;        /* of how many best classes */
  double threshold; /* from which on a probability is a yes */
  int32_t average;  /* fv_averaging */
  double beta;      /* how much more recall counts than precision */

  const char *thresholds; /* Precision, Recall, counts: a number of the result each; AUC: those of its curve */
  int32_t top_k;          /* only the k best of a row can be a yes */
  int32_t class_id;       /* the only class that counts; class 0 is FV_ZERO */

  int32_t num_thresholds;                             /* of curves */
  double recall, precision, sensitivity, specificity; /* what must be reached */
  int32_t curve, summation_method;                    /* AUC: fv_auc_curve, fv_auc_summation */
  bool multi_label;                                   /* a curve for each channel, and the mean of their areas */
  int32_t num_labels;                                 /* the number of channels, for those who want it checked */
  const char *label_weights;                          /* a weight a channel */
  bool from_logits;                                   /* predictions are logits instead of probabilities */
  double label_smoothing;                             /* crossentropies */

  int32_t num_classes, ignore_class; /* IoU; class 0 is FV_ZERO */
  const char *target_class_ids;      /* classes whose mean is taken; default: all */
  bool dense_y_true, dense_y_pred;   /* the largest channel is the class, instead of class numbers */
  bool sparse_y_pred;                /* OneHotIoU: predictions are class numbers */
  int32_t compat;                    /* fv_metric_compat */

  int32_t class_aggregation, num_regressors; /* R2Score: fv_class_aggregation; for the adjusted score */
} fv_metric_options;

/* `name` is Keras's class or its snake case, or a loss with a value a row, whose mean it is; `channels` how many
 * numbers a prediction has. `options` may be NULL. The caller destroys *metric. Errors: FV_ERROR_NOT_FOUND;
 * FV_ERROR_INVALID for an option out of range. */
FV_API FV_CHECK fv_status fv_metric_create(fv_metric **metric, const char *name, int64_t channels,
                                           const fv_metric_options *options);
FV_API void fv_metric_destroy(fv_metric *metric);

/* Whether targets are class numbers, one a row. */
FV_API bool fv_metric_is_sparse(const fv_metric *metric);

/* Takes a batch in; sample weights count. Errors: FV_ERROR_INVALID for other channels than the metric's. */
FV_API FV_CHECK fv_status fv_metric_update(fv_metric *metric, const fv_loss_batch *batch);
FV_API void fv_metric_reset(fv_metric *metric);

/* How many numbers the result has, and the result. */
FV_API int64_t fv_metric_result_count(const fv_metric *metric);
FV_API void fv_metric_result(const fv_metric *metric, double *numbers);

/* The metric that a general word means for predictions of `channels` numbers and targets that are class numbers or not,
 * as in Keras's compile(): "accuracy" (or "acc") and "crossentropy" (or "ce") of one class out of many, or of yes and
 * no where there is one channel. Other words are answered as they are. */
FV_API const char *fv_metric_resolve(const char *name, int64_t channels, bool is_sparse);

/* Class names of the metrics there are, index from 0; NULL after the last. */
FV_API const char *fv_metric_name(int32_t index);
/* One lower-case sentence, and the options that a metric reads; NULL for an unknown name. Lent for ever. */
FV_API const char *fv_metric_help(const char *name);
FV_API const fv_option *fv_metric_table(const char *name);

FV_END_DECLARATIONS

#endif
