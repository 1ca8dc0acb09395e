/* What a metric is: one file in src/train/metrics ending in one constant `const fv__metric_type fv__metric_FILENAME`.
 *
 * Its state is a few sums. A row is one position of a sample; the result is a function of the sums alone. Losses with a
 * value a row are metrics too, their mean, without a file here (metric_of_loss.c).
 */
#ifndef FOVEA_TRAIN_METRIC_H
#define FOVEA_TRAIN_METRIC_H

#include <stddef.h>

#include <fovea/metric.h>

#include "base/arena.h"
#include "base/fail.h"
#include "train/loss.h"

struct fv_metric {
  const struct fv__metric_type *type;
  fv_metric_options options; /* complete */
  int64_t channels;          /* of a row of predictions */
  bool is_sparse;            /* a row of targets is one class number */
  int64_t sum_count;
  double *sums;
  /* Lists of the options as numbers: how many, and they. */
  int32_t threshold_count, label_weight_count;
  double *thresholds, *label_weights;
  fv__arena arena; /* texts and lists */
  const fv__loss_type *loss;
  fv_loss_options loss_options;
};

typedef struct fv__metric_type {
  const char *name;       /* "CategoricalAccuracy" */
  const char *short_name; /* another word, where the class in snake case is none: "mean_iou"; else NULL */
  const char *help;       /* one lower-case sentence */
  const fv_option *table;
  bool is_sparse; /* targets are class numbers */
  bool grows;     /* larger is better */
  /* Options beyond the table; also sets sum_count and is_sparse where they depend on these. NULL: two sums, of weighted
   * values and of weights. */
  fv_status (*prepare)(fv_metric *metric);
  double (*value)(const fv_metric *metric, const float *targets, const float *predictions); /* of a row */
  /* In place of value: adds a row to the sums. */
  void (*add)(fv_metric *metric, const float *targets, const float *predictions, double weight);
  int64_t (*results)(const fv_metric *metric);              /* how many numbers; NULL: 1 */
  void (*result)(const fv_metric *metric, double *numbers); /* NULL: the quotient of the two sums */
} fv__metric_type;

extern const fv__metric_type *const fv__metric_table[];

/* Whether larger is better; false for an unknown name too. */
bool fv__metric_grows(const char *name);

/* The metric of a loss called `name`, or NULL; the options that it reads; and its options into those of the loss. */
const fv__loss_type *fv__metric_find_loss(const char *name);
const fv_option *fv__metric_loss_table(const fv__loss_type *loss);
extern const fv__metric_type fv__metric_of_loss;

/* a / b, 0 for b = 0. */
double fv__metric_quotient(double a, double b);

/* Place of the largest number, the first of equals. */
int64_t fv__metric_largest(const float *numbers, int64_t count);

/* A class number, -1 for what is none. */
int64_t fv__metric_label(float number);

/* 1 when fewer than k classes are above `label`, else 0. */
double fv__metric_in_top(const float *predictions, int64_t count, int64_t label, int32_t k);

/* Numbers with commas between into the arena. Errors: FV_ERROR_INVALID names `option`. */
fv_status fv__metric_list(fv_metric *metric, double **list, int32_t *count, const char *text,
                          const char *option) FV_CHECK;

/* ---- F score of classes, by the sums of hits, wrong finds and misses of each */

fv_status fv__metric_f_prepare(fv_metric *metric) FV_CHECK;
void fv__metric_f_add(fv_metric *metric, const float *targets, const float *predictions, double weight);
int64_t fv__metric_f_results(const fv_metric *metric);
void fv__metric_f_result(const fv_metric *metric, double *numbers);
extern const char *const fv__metric_averages[];

/* ---- counts at thresholds (metric_counts.c): four sums a threshold */

typedef enum fv__count { FV__TRUE_POSITIVES, FV__FALSE_POSITIVES, FV__TRUE_NEGATIVES, FV__FALSE_NEGATIVES } fv__count;

fv_status fv__metric_counts_prepare(fv_metric *metric) FV_CHECK;
void fv__metric_counts_add(fv_metric *metric, const float *targets, const float *predictions, double weight);
int64_t fv__metric_counts_results(const fv_metric *metric);
/* The number of a threshold is a count, or its part of the sum with another one. */
void fv__metric_counts_result(const fv_metric *metric, fv__count which, double *numbers);
void fv__metric_counts_parts(const fv_metric *metric, fv__count which, fv__count other, double *numbers);

/* ---- curves (metric_curve.c): positives and negatives in buckets between thresholds, for each label or for all */

fv_status fv__metric_curve_prepare(fv_metric *metric) FV_CHECK;        /* with class_id, thresholds 0 to 1 */
fv_status fv__metric_curve_prepare_labels(fv_metric *metric) FV_CHECK; /* AUC's */
void fv__metric_curve_add(fv_metric *metric, const float *targets, const float *predictions, double weight);

/* Counts above a threshold. */
typedef struct fv__curve_point {
  double true_positives, false_positives, true_negatives, false_negatives;
} fv__curve_point;

/* Walks the thresholds of a label from the highest down; index counts down to 0. */
typedef struct fv__curve {
  const double *positives, *negatives; /* buckets */
  double all_positives, all_negatives;
  int32_t index;
  fv__curve_point point;
} fv__curve;

fv__curve fv__metric_curve(const fv_metric *metric, int32_t label);
bool fv__metric_curve_next(fv__curve *curve);

double fv__curve_recall(const fv__curve_point *p); /* also called sensitivity */
double fv__curve_precision(const fv__curve_point *p);
double fv__curve_specificity(const fv__curve_point *p);

/* The most of `wanted` where `limited` is at least `limit`. */
typedef double fv__curve_number(const fv__curve_point *p);
double fv__metric_curve_most(const fv_metric *metric, fv__curve_number *wanted, fv__curve_number *limited,
                             double limit);

/* ---- overlap of areas (metric_overlap.c): a sum for each pair of classes, true and predicted */

fv_status fv__metric_overlap_prepare(fv_metric *metric) FV_CHECK;
fv_status fv__metric_overlap_prepare_one_hot(fv_metric *metric) FV_CHECK;
fv_status fv__metric_overlap_prepare_binary(fv_metric *metric) FV_CHECK;
extern const char *const fv__metric_compats[];
void fv__metric_overlap_add(fv_metric *metric, const float *targets, const float *predictions, double weight);
void fv__metric_overlap_result(const fv_metric *metric, double *numbers); /* mean over target_class_ids, or all */

/* ---- lines of option tables */

#define FV__METRIC_LINE(field, kind, value, low, high, names, help)                                                    \
  { #field, kind, offsetof(fv_metric_options, field), value, low, high, names, help }
#define FV__METRIC_TEXT(field, help) FV__METRIC_LINE(field, FV_OPTION_TEXT, NULL, 0, 0, NULL, help)
#define FV__METRIC_CLASS(field, help) FV__METRIC_LINE(field, FV_OPTION_INT, "-1", -1, 1e9, NULL, help)
#define FV__METRIC_COUNTS FV__METRIC_TEXT(thresholds, "above it is a yes; several give a number each; default: 0.5")
#define FV__METRIC_RATES                                                                                               \
  FV__METRIC_COUNTS, FV__METRIC_LINE(top_k, FV_OPTION_INT, "0", 0, 1e9, NULL, "only the k best can be a yes; 0: all"), \
      FV__METRIC_CLASS(class_id, "the only class that counts; -1: all")
#define FV__METRIC_CURVE                                                                                               \
  FV__METRIC_LINE(num_thresholds, FV_OPTION_INT, "200", 2, 1e6, NULL, "thresholds from 0 to 1"),                       \
      FV__METRIC_CLASS(class_id, "the only class that counts; -1: all")
#define FV__METRIC_COMPAT                                                                                              \
  FV__METRIC_LINE(compat, FV_OPTION_NAME, "none", 0, 0, fv__metric_compats, "keras3: weights are cut to whole numbers")
#define FV__METRIC_OVERLAP                                                                                             \
  FV__METRIC_LINE(num_classes, FV_OPTION_INT, NULL, 1, 30000, NULL, "classes there are"),                              \
      FV__METRIC_CLASS(ignore_class, "a class of targets that does not count; -1: all do"), FV__METRIC_COMPAT

#endif
