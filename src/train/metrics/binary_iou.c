/* Intersection over union of yes and no, the mean of both or one of them. */
#include "train/metric.h"

static void add(fv_metric *metric, const float *targets, const float *predictions, double weight) {
  const float found = *predictions >= (float)metric->options.threshold;
  fv__metric_overlap_add(metric, targets, &found, weight);
}

static const fv_option table[] = {FV__METRIC_TEXT(target_class_ids, "classes whose mean is taken; default: all"),
                                  FV__METRIC_LINE(threshold, FV_OPTION_FLOAT, "0.5", 0, 1, NULL, "from it on is a yes"),
                                  FV__METRIC_COMPAT,
                                  {.name = NULL}};

const fv__metric_type fv__metric_binary_iou = {
    .name = "BinaryIoU",
    .short_name = "binary_iou",
    .help = "overlap of areas of yes and no",
    .table = table,
    .grows = true,
    .prepare = fv__metric_overlap_prepare_binary,
    .add = add,
    .result = fv__metric_overlap_result,
};
