/* Intersection over union of some classes, their mean. */
#include "train/metric.h"

static const fv_option table[] = {FV__METRIC_OVERLAP,
                                  FV__METRIC_TEXT(target_class_ids, "classes whose mean is taken; default: all"),
                                  {"sparse_y_true", FV_OPTION_NOT_BOOL, offsetof(fv_metric_options, dense_y_true),
                                   "true", 0, 0, NULL, "targets are class numbers"},
                                  {"sparse_y_pred", FV_OPTION_NOT_BOOL, offsetof(fv_metric_options, dense_y_pred),
                                   "true", 0, 0, NULL, "predictions are class numbers"},
                                  {.name = NULL}};

const fv__metric_type fv__metric_iou = {
    .name = "IoU",
    .short_name = "iou",
    .help = "overlap of areas, of some classes",
    .table = table,
    .grows = true,
    .prepare = fv__metric_overlap_prepare,
    .add = fv__metric_overlap_add,
    .result = fv__metric_overlap_result,
};
