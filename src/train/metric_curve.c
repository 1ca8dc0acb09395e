/* Curves over thresholds without looking at every threshold for every number: each prediction falls into the bucket of
 * the highest threshold that it is above, and counts above a threshold are sums of buckets.
 *
 *   sums of a label: [positives in n buckets][negatives in n buckets][all positives][all negatives]
 *
 * Thresholds are 0, 1 / (n - 1) ... 1, and buckets are found in float32 as Keras finds them: ceil(p (n - 1)) - 1, so a
 * number that is exactly a threshold is not above it. With AUC the first threshold lies below 0 and the last above 1:
 * everything is above the first.
 */
#include "train/metric.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/size.h"

static int64_t label_sums(const fv_metric *metric) { return 2 * (int64_t)metric->options.num_thresholds + 2; }

/* Labels that have a curve of their own. */
static int64_t labels_of(const fv_metric *metric) { return metric->options.multi_label ? metric->channels : 1; }

static fv_status take_sums(fv_metric *metric) {
  if (!fv__size_multiply(&metric->sum_count, label_sums(metric), labels_of(metric)))
    return fail(FV_ERROR_INVALID, "%" PRId64 " channels are too many", metric->channels);
  return FV_OK;
}

fv_status fv__metric_curve_prepare(fv_metric *metric) {
  if (metric->options.class_id >= metric->channels)
    return fail(FV_ERROR_INVALID, "class_id must be below %" PRId64 ", the number of classes", metric->channels);
  return take_sums(metric);
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

fv_status fv__metric_curve_prepare_labels(fv_metric *metric) {
  fv_metric_options *o = &metric->options;
  o->class_id = -1;
  TRY(fv__metric_list(metric, &metric->thresholds, &metric->threshold_count, o->thresholds, "thresholds"));
  TRY(fv__metric_list(metric, &metric->label_weights, &metric->label_weight_count, o->label_weights, "label_weights"));
  if (metric->label_weight_count && metric->label_weight_count != metric->channels)
    return fail(FV_ERROR_INVALID, "label_weights must be %" PRId64 " numbers, one a label", metric->channels);
  if (o->num_labels && o->num_labels != metric->channels)
    return fail(FV_ERROR_INVALID, "num_labels must be %" PRId64, metric->channels);
  if (metric->threshold_count) {
    qsort(metric->thresholds, (size_t)metric->threshold_count, sizeof *metric->thresholds, by_size);
    o->num_thresholds = metric->threshold_count + 2;
  }
  return take_sums(metric);
}

/* -1: above no threshold. */
static int32_t bucket_of(const fv_metric *metric, float prediction) {
  if (isnan(prediction)) return -1;
  const int32_t last = metric->options.num_thresholds - 1;
  const bool has_lowest = metric->options.curve > 0; /* AUC */
  int32_t bucket = 0;
  if (metric->threshold_count) {
    while (bucket < metric->threshold_count && prediction > (float)metric->thresholds[bucket]) bucket++;
    return bucket;
  }
  const float kept = prediction < 0 ? 0 : prediction > 1 ? 1 : prediction;
  bucket = (int32_t)ceilf(kept * (float)last) - 1;
  return bucket < 0 && has_lowest ? 0 : bucket;
}

void fv__metric_curve_add(fv_metric *metric, const float *targets, const float *predictions, double weight) {
  const fv_metric_options *o = &metric->options;
  for (int64_t i = 0; i < metric->channels; i++) {
    if (o->class_id >= 0 && i != o->class_id) continue;
    double *sums = metric->sums + (o->multi_label ? i * label_sums(metric) : 0);
    const double counted = metric->label_weight_count && !o->multi_label ? weight * metric->label_weights[i] : weight;
    const float score = o->from_logits ? 1 / (1 + expf(-predictions[i])) : predictions[i];
    const int32_t bucket = bucket_of(metric, score), n = o->num_thresholds, side = targets[i] != 0 ? 0 : 1;
    if (bucket >= 0) sums[side * n + bucket] += counted;
    sums[2 * n + side] += counted;
  }
}

fv__curve fv__metric_curve(const fv_metric *metric, int32_t label) {
  const int32_t n = metric->options.num_thresholds;
  const double *sums = metric->sums + label * label_sums(metric);
  return (fv__curve){.positives = sums,
                     .negatives = sums + n,
                     .all_positives = sums[2 * n],
                     .all_negatives = sums[2 * n + 1],
                     .index = n};
}

bool fv__metric_curve_next(fv__curve *curve) {
  if (curve->index == 0) return false;
  curve->index--;
  fv__curve_point *p = &curve->point;
  p->true_positives += curve->positives[curve->index];
  p->false_positives += curve->negatives[curve->index];
  p->false_negatives = curve->all_positives - p->true_positives;
  p->true_negatives = curve->all_negatives - p->false_positives;
  return true;
}

double fv__curve_recall(const fv__curve_point *p) {
  return fv__metric_quotient(p->true_positives, p->true_positives + p->false_negatives);
}

double fv__curve_precision(const fv__curve_point *p) {
  return fv__metric_quotient(p->true_positives, p->true_positives + p->false_positives);
}

double fv__curve_specificity(const fv__curve_point *p) {
  return fv__metric_quotient(p->true_negatives, p->true_negatives + p->false_positives);
}

double fv__metric_curve_most(const fv_metric *metric, fv__curve_number *wanted, fv__curve_number *limited,
                             double limit) {
  double most = 0;
  for (fv__curve curve = fv__metric_curve(metric, 0); fv__metric_curve_next(&curve);)
    if ((float)limited(&curve.point) >= (float)limit) most = fmax(most, wanted(&curve.point));
  return most;
}
