/* Meters: metrics by the words of a training, and targets in the form that each wants. */
#include "train/meter.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/text.h"
#include "train/metric.h"

/* "accuracy" is the one that fits, as Keras chooses by loss and shape. */
static const char *name_of(const fv__meter *meter, const char *name) {
  if (!fv__text_equal_ignoring_case(name, "accuracy") && !fv__text_equal_ignoring_case(name, "acc")) return name;
  if (meter->sparse) return "sparse_categorical_accuracy";
  return meter->channels == 1 ? "binary_accuracy" : "categorical_accuracy";
}

static fv_status add_metric(fv__meter *meter, const fv_fit_metric *wanted) {
  if (!wanted->name) return fail(FV_ERROR_INVALID, "a metric needs a name");
  const char *name = name_of(meter, wanted->name);
  fv_metric **metric = &meter->metrics[meter->count];
  char *log = meter->names[meter->count];
  TRY(fv_metric_create(metric, name, meter->channels, wanted->options));
  meter->count++;
  if (fv_metric_result_count(*metric) != 1)
    return fail(FV_ERROR_INVALID, "the metric %s has %" PRId64 " numbers: a log takes one", name,
                fv_metric_result_count(*metric));
  if (wanted->log)
    snprintf(log, FV__METER_NAME, "%s", wanted->log);
  else if (name != wanted->name)
    snprintf(log, FV__METER_NAME, "accuracy");
  else
    fv__snake_case(log, FV__METER_NAME, name);
  for (int32_t i = 0; i + 1 < meter->count; i++)
    if (!strcmp(meter->names[i], log)) return fail(FV_ERROR_INVALID, "two metrics are called %s", log);
  return FV_OK;
}

/* Whether a metric takes the other form of targets. Of one channel both forms are one number. */
static bool converts(const fv__meter *meter, int32_t metric) {
  return meter->channels > 1 && fv_metric_is_sparse(meter->metrics[metric]) != meter->sparse;
}

static fv_status take_room(fv__meter *meter) {
  bool any = false;
  int64_t numbers;
  size_t bytes;
  for (int32_t i = 0; i < meter->count; i++) any = any || converts(meter, i);
  if (!any) return FV_OK;
  if (!fv__size_multiply(&numbers, meter->batch_size, meter->positions * meter->channels) ||
      !fv__size_bytes(&bytes, numbers, sizeof(float)) || !(meter->converted = malloc(bytes)))
    return fail(FV_ERROR_MEMORY, "no memory for the targets of a batch");
  return FV_OK;
}

fv_status fv__meter_open(fv__meter *meter, const fv_model *model, const fv_fit_options *options, bool sparse,
                         int32_t batch_size) {
  *meter = (fv__meter){.sparse = sparse, .batch_size = batch_size};
  const fv_shape shape = fv_model_output_shape(model, 0);
  meter->channels = shape.rank > 1 ? shape.dims[shape.rank - 1] : 1;
  meter->positions = 1;
  for (int axis = 1; axis < shape.rank - 1; axis++) meter->positions *= shape.dims[axis];
  if (options->metric_count < 0 || options->metric_count > FV__METERS)
    return fail(FV_ERROR_INVALID, "at most %d metrics, not %" PRId32, FV__METERS, options->metric_count);
  for (int32_t i = 0; i < options->metric_count; i++) TRY(add_metric(meter, &options->metrics[i]));
  return take_room(meter);
}

void fv__meter_close(fv__meter *meter) {
  for (int32_t i = 0; i < meter->count; i++) fv_metric_destroy(meter->metrics[i]);
  free(meter->converted);
  *meter = (fv__meter){.count = 0};
}

void fv__meter_reset(fv__meter *meter) {
  meter->loss_sum = meter->samples = 0;
  for (int32_t i = 0; i < meter->count; i++) fv_metric_reset(meter->metrics[i]);
}

/* Class numbers of rows as rows with a one, or the other way round. */
static void convert(const fv__meter *meter, const float *targets, int64_t rows) {
  const int64_t channels = meter->channels;
  if (meter->sparse) memset(meter->converted, 0, (size_t)(rows * channels) * sizeof(float));
  for (int64_t row = 0; row < rows; row++) {
    const int64_t label =
        meter->sparse ? fv__metric_label(targets[row]) : fv__metric_largest(targets + row * channels, channels);
    if (!meter->sparse)
      meter->converted[row] = (float)label;
    else if (label >= 0 && label < channels)
      meter->converted[row * channels + label] = 1;
  }
}

fv_status fv__meter_add(fv__meter *meter, double loss, int32_t samples, const float *targets, const float *predictions,
                        const float *sample_weights) {
  meter->loss_sum += loss * samples;
  meter->samples += samples;
  if (meter->converted) convert(meter, targets, samples * meter->positions);
  for (int32_t i = 0; i < meter->count; i++)
    TRY(fv_metric_update(meter->metrics[i], &(fv_loss_batch){.samples = samples,
                                                             .positions = meter->positions,
                                                             .channels = meter->channels,
                                                             .targets = converts(meter, i) ? meter->converted : targets,
                                                             .predictions = predictions,
                                                             .sample_weights = sample_weights}));
  return FV_OK;
}

void fv__meter_values(const fv__meter *meter, double *values) {
  values[0] = meter->samples > 0 ? meter->loss_sum / meter->samples : (double)NAN;
  for (int32_t i = 0; i < meter->count; i++) {
    values[1 + i] = (double)NAN;
    if (meter->samples > 0) fv_metric_result(meter->metrics[i], &values[1 + i]);
  }
}

double *fv__meter_sum(fv__meter *meter, int64_t index) {
  if (index == 0) return &meter->loss_sum;
  if (index == 1) return &meter->samples;
  index -= 2;
  for (int32_t i = 0; i < meter->count; index -= meter->metrics[i++]->sum_count)
    if (index < meter->metrics[i]->sum_count) return &meter->metrics[i]->sums[index];
  return NULL;
}
