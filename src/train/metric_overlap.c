/* Overlap of areas, intersection over union: of each class what is both true and predicted, over what is either.
 *
 *   sums[true class][predicted class];   IoU = diagonal / (row + column - diagonal), 0 for a class that nobody has
 *   the mean is over the classes that somebody has; 1e-7 keeps its divisors from zero, as in Keras
 */
#include "train/metric.h"

#include <inttypes.h>
#include <math.h>

#include "base/size.h"

const char *const fv__metric_compats[] = {"none", "keras3", NULL};

static const double least = 1e-7;

/* Class numbers out of the options, held against num_classes. */
static fv_status prepare_classes(fv_metric *metric) {
  const fv_metric_options *o = &metric->options;
  TRY(fv__metric_list(metric, &metric->thresholds, &metric->threshold_count, o->target_class_ids, "target_class_ids"));
  for (int32_t i = 0; i < metric->threshold_count; i++)
    if (fv__metric_label((float)metric->thresholds[i]) < 0 || metric->thresholds[i] >= o->num_classes)
      return fail(FV_ERROR_INVALID, "target_class_ids must be classes from 0 to %" PRId32, o->num_classes - 1);
  return fv__size_multiply(&metric->sum_count, o->num_classes, o->num_classes)
             ? FV_OK
             : fail(FV_ERROR_INVALID, "too many classes");
}

fv_status fv__metric_overlap_prepare(fv_metric *metric) {
  metric->is_sparse = !metric->options.dense_y_true;
  if (!metric->options.dense_y_pred && metric->channels != 1)
    return fail(FV_ERROR_INVALID,
                "predictions are class numbers with sparse_y_pred: expected 1 channel, found %" PRId64,
                metric->channels);
  return prepare_classes(metric);
}

fv_status fv__metric_overlap_prepare_one_hot(fv_metric *metric) {
  metric->options.dense_y_true = true;
  metric->options.dense_y_pred = !metric->options.sparse_y_pred;
  return fv__metric_overlap_prepare(metric);
}

fv_status fv__metric_overlap_prepare_binary(fv_metric *metric) {
  metric->options.num_classes = 2;
  metric->options.ignore_class = -1;
  if (metric->channels != 1)
    return fail(FV_ERROR_INVALID, "expected predictions of 1 channel, found %" PRId64, metric->channels);
  return prepare_classes(metric);
}

void fv__metric_overlap_add(fv_metric *metric, const float *targets, const float *predictions, double weight) {
  const fv_metric_options *o = &metric->options;
  const int64_t count = metric->channels;
  const int64_t label = o->dense_y_true ? fv__metric_largest(targets, count) : fv__metric_label(*targets);
  const int64_t found = o->dense_y_pred ? fv__metric_largest(predictions, count) : fv__metric_label(*predictions);
  if (label < 0 || label >= o->num_classes || found < 0 || found >= o->num_classes || label == o->ignore_class) return;
  metric->sums[label * o->num_classes + found] += o->compat == FV_METRIC_KERAS3 ? trunc(weight) : weight;
}

/* Of a class; whether somebody has it. */
static bool overlap(const fv_metric *metric, int64_t class_number, double *value) {
  const int64_t n = metric->options.num_classes;
  const double both = metric->sums[class_number * n + class_number];
  double either = -both;
  for (int64_t i = 0; i < n; i++) either += metric->sums[class_number * n + i] + metric->sums[i * n + class_number];
  *value = both / (either + least);
  return either > 1e-9;
}

void fv__metric_overlap_result(const fv_metric *metric, double *numbers) {
  const int32_t count = metric->threshold_count ? metric->threshold_count : metric->options.num_classes;
  double sum = 0, classes = 0, value;
  for (int32_t i = 0; i < count; i++) {
    if (!overlap(metric, metric->threshold_count ? (int64_t)metric->thresholds[i] : i, &value)) continue;
    sum += value;
    classes += 1;
  }
  numbers[0] = sum / (classes + least);
}
