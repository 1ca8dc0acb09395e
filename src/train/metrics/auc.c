/* AUC: the area under a curve over thresholds, by a sum of strips between neighbours.
 *
 *   ROC     recall over false positives / negatives      PR      precision over recall
 *   PRGAIN  Flach and Kull 2015, precision gain over recall gain
 *
 * Between two thresholds of PR true and predicted positives are straight lines, so precision is not (Davis and Goadrich
 * 2006): with slope s = dTP / dP the strip is  s (dTP + (TP - s P) log(P_A / P_B)) / all positives.
 */
#include <math.h>

#include "train/metric.h"

/* ---- points of a curve */

typedef struct point {
  double x, y;
} point;

static point gain_of(const fv__curve_point *p) {
  if (p->true_positives == 0) return (point){0, 1};
  const double scale =
      fv__metric_quotient(p->true_positives + p->false_negatives, p->true_negatives + p->false_positives);
  return (point){fmax(1 - scale * p->false_negatives / p->true_positives, 0),
                 1 - scale * p->false_positives / p->true_positives};
}

static point point_of(int32_t curve, const fv__curve_point *p) {
  if (curve == FV_CURVE_PRGAIN) return gain_of(p);
  if (curve == FV_CURVE_PR) return (point){fv__curve_recall(p), fv__curve_precision(p)};
  return (point){fv__metric_quotient(p->false_positives, p->false_positives + p->true_negatives), fv__curve_recall(p)};
}

/* ---- strips between a threshold and the next lower one */

static double strip(const fv_metric_options *o, const fv__curve_point *high, const fv__curve_point *low) {
  const point a = point_of(o->curve, low), b = point_of(o->curve, high);
  double height = (a.y + b.y) / 2;
  if (o->summation_method == FV_SUMMATION_MINORING) height = fmin(a.y, b.y);
  if (o->summation_method == FV_SUMMATION_MAJORING) height = fmax(a.y, b.y);
  return (a.x - b.x) * height;
}

static double interpolated_strip(const fv__curve_point *high, const fv__curve_point *low) {
  const double rise = low->true_positives - high->true_positives;
  const double wide = low->true_positives + low->false_positives, narrow = high->true_positives + high->false_positives;
  const double slope = fv__metric_quotient(rise, fmax(wide - narrow, 0));
  const double start = high->true_positives - slope * narrow;
  const double ratio = wide > 0 && narrow > 0 ? wide / narrow : 1;
  return fv__metric_quotient(slope * (rise + start * log(ratio)), high->true_positives + high->false_negatives);
}

static double area(const fv_metric *metric, int32_t label) {
  const fv_metric_options *o = &metric->options;
  const bool is_interpolated = o->curve == FV_CURVE_PR && o->summation_method == FV_SUMMATION_INTERPOLATION;
  fv__curve curve = fv__metric_curve(metric, label);
  double sum = 0;
  (void)fv__metric_curve_next(&curve);
  for (fv__curve_point before = curve.point; fv__metric_curve_next(&curve); before = curve.point)
    sum += is_interpolated ? interpolated_strip(&before, &curve.point) : strip(o, &before, &curve.point);
  return sum;
}

static void result(const fv_metric *metric, double *numbers) {
  double sum = 0, weights = 0;
  const int64_t labels = metric->options.multi_label ? metric->channels : 1;
  for (int32_t label = 0; label < labels; label++) {
    const double weight = labels > 1 && metric->label_weight_count ? metric->label_weights[label] : 1;
    sum += weight * area(metric, label);
    weights += weight;
  }
  numbers[0] = fv__metric_quotient(sum, weights);
}

static const char *const curves[] = {"ROC", "PR", "PRGAIN", NULL};
static const char *const methods[] = {"interpolation", "minoring", "majoring", NULL};
static const fv_option table[] = {
    FV__METRIC_LINE(num_thresholds, FV_OPTION_INT, "200", 2, 1e6, NULL, "thresholds from 0 to 1"),
    FV__METRIC_LINE(curve, FV_OPTION_NAME, "ROC", 0, 0, curves, "the curve"),
    FV__METRIC_LINE(summation_method, FV_OPTION_NAME, "interpolation", 0, 0, methods, "the height of a strip"),
    FV__METRIC_TEXT(thresholds, "in place of num_thresholds: those between 0 and 1"),
    FV__METRIC_LINE(multi_label, FV_OPTION_BOOL, "false", 0, 0, NULL, "a curve for each channel, the mean of areas"),
    FV__METRIC_LINE(num_labels, FV_OPTION_INT, "0", 0, 1e9, NULL, "channels, to be checked"),
    FV__METRIC_TEXT(label_weights, "a weight for each channel"),
    FV__METRIC_LINE(from_logits, FV_OPTION_BOOL, "false", 0, 0, NULL, "predictions are logits"),
    {.name = NULL}};

const fv__metric_type fv__metric_auc = {
    .name = "AUC",
    .help = "area under a curve over thresholds",
    .table = table,
    .grows = true,
    .prepare = fv__metric_curve_prepare_labels,
    .add = fv__metric_curve_add,
    .result = result,
};
