/* Metrics by name, and the sums of one. */
#include "train/metric.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/size.h"
#include "train/part.h"

struct fv_metric {
  const fv__metric_type *type;
  fv_metric_options options;
  int64_t channels, sum_count;
  double *sums;
};

static const fv__metric_type *find(const char *name) {
  for (const fv__metric_type *const *type = fv__metric_table; *type; type++)
    if (fv__part_is_called(name, (*type)->name, NULL)) return *type;
  return NULL;
}

bool fv__metric_grows(const char *name) {
  const fv__metric_type *type = find(name);
  return type && type->grows;
}

fv_status fv_metric_create(fv_metric **metric, const char *name, int64_t channels, const fv_metric_options *options) {
  *metric = NULL;
  const fv__metric_type *type = find(name);
  if (!type) return fail(FV_ERROR_NOT_FOUND, "no metric is called '%s'", name);
  fv_metric made = {.type = type, .channels = channels, .sum_count = 2};
  if (options) made.options = *options;
  fv_status status = fv_options_complete(&made.options, type->table);
  if (status) return note(status, "%s", type->name);
  if (channels <= 0) return fail(FV_ERROR_INVALID, "%s: %" PRId64 " channels", type->name, channels);
  size_t bytes;
  if (type->sums_per_class && !fv__size_multiply(&made.sum_count, channels, type->sums_per_class))
    return fail(FV_ERROR_INVALID, "%s: %" PRId64 " channels are too many", type->name, channels);
  if (!fv__size_bytes(&bytes, made.sum_count, sizeof(double)) || !(made.sums = calloc(1, bytes)))
    return fail(FV_ERROR_MEMORY, "no memory for a metric");
  if (!(*metric = malloc(sizeof made))) {
    free(made.sums);
    return fail(FV_ERROR_MEMORY, "no memory for a metric");
  }
  **metric = made;
  return FV_OK;
}

void fv_metric_destroy(fv_metric *metric) {
  if (!metric) return;
  free(metric->sums);
  free(metric);
}

void fv_metric_reset(fv_metric *metric) { memset(metric->sums, 0, (size_t)metric->sum_count * sizeof(double)); }

fv_status fv_metric_update(fv_metric *metric, const fv_loss_batch *batch) {
  const fv__metric_type *type = metric->type;
  const int64_t count = metric->channels;
  if (batch->channels != count)
    return fail(FV_ERROR_INVALID, "%s: expected predictions of %" PRId64 " channels, found %" PRId64, type->name, count,
                batch->channels);
  for (int64_t row = 0; row < batch->samples * batch->positions; row++) {
    const double weight = batch->sample_weights ? batch->sample_weights[row / batch->positions] : 1;
    const float *targets = batch->targets + row * (type->is_sparse ? 1 : count);
    const float *predictions = batch->predictions + row * count;
    if (type->add) {
      type->add(&metric->options, targets, predictions, count, weight, metric->sums);
    } else {
      metric->sums[0] += weight * type->value(&metric->options, targets, predictions, count);
      metric->sums[1] += weight;
    }
  }
  return FV_OK;
}

int64_t fv_metric_result_count(const fv_metric *metric) {
  return metric->type->results ? metric->type->results(&metric->options, metric->channels) : 1;
}

void fv_metric_result(const fv_metric *metric, double *numbers) {
  if (metric->type->result)
    metric->type->result(&metric->options, metric->sums, metric->channels, numbers);
  else
    numbers[0] = metric->sums[1] == 0 ? 0 : metric->sums[0] / metric->sums[1];
}

const char *fv_metric_name(int32_t index) {
  for (int32_t i = 0; fv__metric_table[i]; i++)
    if (i == index) return fv__metric_table[i]->name;
  return NULL;
}

const char *fv_metric_help(const char *name) {
  const fv__metric_type *type = find(name);
  return type ? type->help : NULL;
}

const fv_option *fv_metric_table(const char *name) {
  const fv__metric_type *type = find(name);
  return type ? type->table : NULL;
}
