/* Intersection over union of some classes, targets one-hot. */
#include "train/metric.h"

static const fv_option table[] = {
    FV__METRIC_OVERLAP,
    FV__METRIC_TEXT(target_class_ids, "classes whose mean is taken; default: all"),
    FV__METRIC_LINE(sparse_y_pred, FV_OPTION_BOOL, "false", 0, 0, NULL, "predictions are class numbers"),
    {.name = NULL}};

const fv__metric_type fv__metric_one_hot_iou = {
    .name = "OneHotIoU",
    .short_name = "one_hot_iou",
    .help = "overlap of areas, of some classes, targets one-hot",
    .table = table,
    .grows = true,
    .prepare = fv__metric_overlap_prepare_one_hot,
    .add = fv__metric_overlap_add,
    .result = fv__metric_overlap_result,
};
