/* Losses as metrics: the mean of a loss over rows. Keras has a metric of the same name for nearly every loss. */
#include "train/metric.h"
#include "train/part.h"

static const fv_option plain[] = {{.name = NULL}};
#define FROM_LOGITS                                                                                                    \
  FV__METRIC_LINE(from_logits, FV_OPTION_BOOL, "false", 0, 0, NULL, "predictions are logits instead of probabilities")
static const fv_option with_logits[] = {FROM_LOGITS, {.name = NULL}};
static const fv_option with_smoothing[] = {FROM_LOGITS,
                                           FV__METRIC_LINE(label_smoothing, FV_OPTION_FLOAT, "0", 0, 1, NULL,
                                                           "part of the targets that is spread over all classes"),
                                           {.name = NULL}};

const fv__loss_type *fv__metric_find_loss(const char *name) {
  for (const fv__loss_type *const *type = fv__loss_table; *type; type++)
    if (!(*type)->whole && fv__part_is_called(name, (*type)->name, (*type)->short_name)) return *type;
  return NULL;
}

const fv_option *fv__metric_loss_table(const fv__loss_type *loss) {
  if (fv_option_find(loss->table, "label_smoothing")) return with_smoothing;
  return fv_option_find(loss->table, "from_logits") ? with_logits : plain;
}

static fv_status prepare(fv_metric *metric) {
  metric->loss_options =
      (fv_loss_options){.from_logits = metric->options.from_logits, .label_smoothing = metric->options.label_smoothing};
  return fv_options_complete(&metric->loss_options, metric->loss->table);
}

static double value(const fv_metric *metric, const float *targets, const float *predictions) {
  if (metric->is_sparse && (fv__metric_label(*targets) < 0 || *targets >= (float)metric->channels)) return 0;
  return metric->loss->row(&metric->loss_options, targets, predictions, metric->channels, NULL);
}

const fv__metric_type fv__metric_of_loss = {.name = "loss", .prepare = prepare, .value = value};
