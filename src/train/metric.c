/* Metrics by name, and the sums of one. */
#include "train/metric.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/text.h"
#include "train/part.h"

static const fv__metric_type *find(const char *name) {
  for (const fv__metric_type *const *type = fv__metric_table; *type; type++)
    if (fv__part_is_called(name, (*type)->name, (*type)->short_name)) return *type;
  return NULL;
}

bool fv__metric_grows(const char *name) {
  const fv__metric_type *type = find(name);
  return type && type->grows;
}

/* ---- making */

static fv_status copy_texts(fv_metric *metric, const fv_option *table) {
  for (const fv_option *option = table; option->name; option++) {
    if (option->kind != FV_OPTION_TEXT) continue;
    const char **text = (const char **)((char *)&metric->options + option->offset);
    const char *copy = fv__arena_text(&metric->arena, *text);
    if (*text && !copy) return fail(FV_ERROR_MEMORY, "no memory for a metric");
    *text = copy;
  }
  return FV_OK;
}

fv_status fv__metric_list(fv_metric *metric, double **list, int32_t *count, const char *text, const char *option) {
  *list = NULL;
  *count = 0;
  if (!text || !*text) return FV_OK;
  int32_t most = 1;
  for (const char *c = text; *c; c++) most += *c == ',';
  size_t bytes;
  if (!fv__size_bytes(&bytes, most, sizeof **list) || !(*list = fv__arena_take(&metric->arena, bytes)))
    return fail(FV_ERROR_MEMORY, "no memory for a metric");
  while (*count < most) {
    char number[64];
    const size_t length = strcspn(text, ",");
    const size_t kept = length < sizeof number ? length : sizeof number - 1;
    memcpy(number, text, kept);
    number[kept] = 0;
    if (!fv__text_to_double(number, *list + *count))
      return fail(FV_ERROR_INVALID, "%s must be numbers with commas between, not '%s'", option, number);
    ++*count;
    text += length + (text[length] == ',');
  }
  return FV_OK;
}

static fv_status fill(fv_metric *metric, const fv_metric_options *options) {
  const fv_option *table = metric->loss ? fv__metric_loss_table(metric->loss) : metric->type->table;
  if (options) metric->options = *options;
  TRY(fv_options_complete(&metric->options, table));
  TRY(copy_texts(metric, table));
  if (metric->channels <= 0) return fail(FV_ERROR_INVALID, "%" PRId64 " channels", metric->channels);
  metric->sum_count = 2;
  if (metric->type->prepare) TRY(metric->type->prepare(metric));
  size_t bytes;
  if (!fv__size_bytes(&bytes, metric->sum_count, sizeof(double)) || !(metric->sums = calloc(1, bytes)))
    return fail(FV_ERROR_MEMORY, "no memory for a metric");
  return FV_OK;
}

fv_status fv_metric_create(fv_metric **metric, const char *name, int64_t channels, const fv_metric_options *options) {
  *metric = NULL;
  const fv__metric_type *type = find(name);
  const fv__loss_type *loss = type ? NULL : fv__metric_find_loss(name);
  if (!type && !loss) return fail(FV_ERROR_NOT_FOUND, "no metric is called '%s'", name);
  fv_metric *made = calloc(1, sizeof *made);
  if (!made) return fail(FV_ERROR_MEMORY, "no memory for a metric");
  made->type = loss ? &fv__metric_of_loss : type;
  made->loss = loss;
  made->channels = channels;
  made->is_sparse = loss ? loss->is_sparse : type->is_sparse;
  fv_status status = fill(made, options);
  if (status) {
    fv_metric_destroy(made);
    return note(status, "%s", loss ? loss->name : type->name);
  }
  *metric = made;
  return FV_OK;
}

void fv_metric_destroy(fv_metric *metric) {
  if (!metric) return;
  fv__arena_clear(&metric->arena);
  free(metric->sums);
  free(metric);
}

/* ---- use */

bool fv_metric_is_sparse(const fv_metric *metric) { return metric->is_sparse; }

void fv_metric_reset(fv_metric *metric) { memset(metric->sums, 0, (size_t)metric->sum_count * sizeof(double)); }

fv_status fv_metric_update(fv_metric *metric, const fv_loss_batch *batch) {
  const fv__metric_type *type = metric->type;
  const int64_t channels = metric->channels, target_channels = metric->is_sparse ? 1 : channels;
  if (batch->channels != channels)
    return fail(FV_ERROR_INVALID, "%s: expected predictions of %" PRId64 " channels, found %" PRId64,
                metric->loss ? metric->loss->name : type->name, channels, batch->channels);
  for (int64_t row = 0; row < batch->samples * batch->positions; row++) {
    const double weight = batch->sample_weights ? batch->sample_weights[row / batch->positions] : 1;
    const float *targets = batch->targets + row * target_channels, *predictions = batch->predictions + row * channels;
    if (type->add) {
      type->add(metric, targets, predictions, weight);
    } else {
      metric->sums[0] += weight * type->value(metric, targets, predictions);
      metric->sums[1] += weight;
    }
  }
  return FV_OK;
}

int64_t fv_metric_result_count(const fv_metric *metric) {
  return metric->type->results ? metric->type->results(metric) : 1;
}

void fv_metric_result(const fv_metric *metric, double *numbers) {
  if (metric->type->result)
    metric->type->result(metric, numbers);
  else
    numbers[0] = fv__metric_quotient(metric->sums[0], metric->sums[1]);
}

/* ---- what there is: parts, then losses */

const char *fv_metric_resolve(const char *name, int64_t channels, bool is_sparse) {
  static const char *const meant[][3] = {
      {"BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy"},
      {"BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy"}};
  const int kind = channels == 1 ? 0 : is_sparse ? 2 : 1;
  if (fv__part_is_called(name, "accuracy", "acc")) return meant[0][kind];
  if (fv__part_is_called(name, "crossentropy", "ce")) return meant[1][kind];
  return name;
}

const char *fv_metric_name(int32_t index) {
  int32_t i = 0;
  for (; fv__metric_table[i]; i++)
    if (i == index) return fv__metric_table[i]->name;
  for (int32_t loss = 0; fv__loss_table[loss]; loss++) {
    const char *name = fv__loss_table[loss]->name;
    if (!find(name) && fv__metric_find_loss(name) && i++ == index) return name;
  }
  return NULL;
}

const char *fv_metric_help(const char *name) {
  const fv__metric_type *type = find(name);
  const fv__loss_type *loss = type ? NULL : fv__metric_find_loss(name);
  return type ? type->help : loss ? loss->help : NULL;
}

const fv_option *fv_metric_table(const char *name) {
  const fv__metric_type *type = find(name);
  const fv__loss_type *loss = type ? NULL : fv__metric_find_loss(name);
  return type ? type->table : loss ? fv__metric_loss_table(loss) : NULL;
}
