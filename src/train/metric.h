/* What a metric is: one file in src/train/metrics ending in one constant `const fv__metric_type fv__metric_FILENAME`.
 *
 * Its state is a few sums. A row is one position of a sample; the result is a function of the sums alone. */
#ifndef FOVEA_TRAIN_METRIC_H
#define FOVEA_TRAIN_METRIC_H

#include <stddef.h>

#include <fovea/metric.h>

typedef struct fv__metric_type {
  const char *name; /* "CategoricalAccuracy" */
  const char *help; /* one lower-case sentence */
  const fv_option *table;
  bool is_sparse;         /* targets are class numbers */
  bool grows;             /* larger is better */
  int64_t sums_per_class; /* 0: two sums, weighted values and weights, whose quotient is the result */
  double (*value)(const fv_metric_options *options, const float *targets, const float *predictions, int64_t count);
  /* With sums per class: adds a row; and the result of them all. */
  void (*add)(const fv_metric_options *options, const float *targets, const float *predictions, int64_t count,
              double weight, double *sums);
  int64_t (*results)(const fv_metric_options *options, int64_t channels);
  void (*result)(const fv_metric_options *options, const double *sums, int64_t channels, double *numbers);
} fv__metric_type;

extern const fv__metric_type *const fv__metric_table[];

/* Whether larger is better; false for an unknown name too. */
bool fv__metric_grows(const char *name);

/* Place of the largest number, the first of equals. */
int64_t fv__metric_largest(const float *numbers, int64_t count);

/* 1 when fewer than k classes are above `label`, else 0. */
double fv__metric_in_top(const float *predictions, int64_t count, int64_t label, int32_t k);

/* F score of classes, by the sums of hits, wrong finds and misses of each; and its option table's lines. */
void fv__metric_f_add(const fv_metric_options *options, const float *targets, const float *predictions, int64_t count,
                      double weight, double *sums);
int64_t fv__metric_f_results(const fv_metric_options *options, int64_t channels);
void fv__metric_f_result(const fv_metric_options *options, const double *sums, int64_t channels, double *numbers);
extern const char *const fv__metric_averages[];

#define FV__METRIC_LINE(field, kind, value, low, high, names, help)                                                    \
  { #field, kind, offsetof(fv_metric_options, field), value, low, high, names, help }

#endif
