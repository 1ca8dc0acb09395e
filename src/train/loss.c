/* Losses by name, and the loss of a batch: rows, weights, reduction.
 *
 *   value of a row    v[r] = row(targets, predictions)
 *   of the batch      sum(weight[r] * v[r]) / divisor          divisor: 1, how many values, or the sum of the weights
 *   rows of an ignored class have value 0 and are not among how many there are
 *   gradient          weight[r] / divisor * d v[r] / d prediction
 */
#include "train/loss.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "train/part.h"

struct fv_loss {
  const fv__loss_type *type;
  fv_loss_options options;
};

const char *const fv__loss_reductions[] = {"sum_over_batch_size", "sum", "mean_with_sample_weight", "none", NULL};
const fv_option fv__loss_plain_table[] = {FV__LOSS_REDUCTION, {.name = NULL}};

static const fv__loss_type *find(const char *name) {
  for (const fv__loss_type *const *type = fv__loss_table; *type; type++)
    if (fv__part_is_called(name, (*type)->name, (*type)->short_name)) return *type;
  return NULL;
}

fv_status fv_loss_create(fv_loss **loss, const char *name, const fv_loss_options *options) {
  *loss = NULL;
  const fv__loss_type *type = find(name);
  if (!type) return fail(FV_ERROR_NOT_FOUND, "no loss is called '%s'", name);
  fv_loss made = {type, {0}};
  if (options) made.options = *options;
  fv_status status = fv_options_complete(&made.options, type->table);
  if (status) return note(status, "%s", type->name);
  *loss = malloc(sizeof **loss);
  if (!*loss) return fail(FV_ERROR_MEMORY, "no memory for a loss");
  **loss = made;
  return FV_OK;
}

void fv_loss_destroy(fv_loss *loss) { free(loss); }

bool fv_loss_is_sparse(const fv_loss *loss) { return loss->type->is_sparse; }

fv__joined fv__loss_joins(const fv_loss *loss) {
  return loss->options.from_logits ? FV__JOINED_NONE : loss->type->joins;
}

void fv__loss_take_logits(fv_loss *loss) { loss->options.from_logits = true; }

int64_t fv_loss_value_count(const fv_loss *loss, const fv_loss_batch *batch) {
  if (loss->type->batch) return 1;
  if (!loss->type->whole) return batch->samples * batch->positions;
  return loss->options.per_sample ? batch->samples : 1;
}

static bool is_ignored(const fv_loss *loss, const fv_loss_batch *batch, int64_t row) {
  const double ignored = loss->options.ignore_class;
  return loss->type->is_sparse && isfinite(ignored) && batch->targets[row] == (float)ignored;
}

/* Whether a value is a row's, and that row does not count. A loss of batches passes over such rows itself. */
static bool is_left_out(const fv_loss *loss, const fv_loss_batch *batch, int64_t value) {
  return !loss->type->batch && is_ignored(loss, batch, value);
}

static fv_status check(const fv_loss *loss, const fv_loss_batch *batch) {
  if (batch->samples <= 0 || batch->positions <= 0 || batch->channels <= 0)
    return fail(FV_ERROR_INVALID, "a batch of %" PRId64 " samples, %" PRId64 " positions, %" PRId64 " channels",
                batch->samples, batch->positions, batch->channels);
  for (int64_t row = 0; loss->type->is_sparse && row < batch->samples * batch->positions; row++) {
    const float label = batch->targets[row];
    if (is_ignored(loss, batch, row)) continue;
    if (!(label >= 0 && label < (float)batch->channels) || label != (float)(int64_t)label)
      return fail(FV_ERROR_INVALID, "class %g of row %" PRId64 ": expected a whole number from 0 to %" PRId64,
                  (double)label, row, batch->channels - 1);
  }
  return FV_OK;
}

/* What a value of the batch counts: its sample's weight; a value of the whole batch counts once. */
static double weight_of(const fv_loss_batch *batch, int64_t values, int64_t value) {
  if (!batch->sample_weights || values < batch->samples) return 1;
  return batch->sample_weights[value / (values / batch->samples)];
}

static double divisor_of(const fv_loss *loss, const fv_loss_batch *batch, int64_t values) {
  const int32_t reduction = loss->options.reduction;
  if (reduction != FV_REDUCTION_SUM_OVER_BATCH_SIZE && reduction != FV_REDUCTION_MEAN_WITH_SAMPLE_WEIGHT) return 1;
  double sum = 0;
  for (int64_t value = 0; value < values; value++)
    if (!is_left_out(loss, batch, value))
      sum += reduction == FV_REDUCTION_SUM_OVER_BATCH_SIZE ? 1 : weight_of(batch, values, value);
  return sum;
}

fv_status fv_loss_compute(const fv_loss *loss, const fv_loss_batch *batch, double *value, float *values,
                          float *gradient) {
  TRY(check(loss, batch));
  const int64_t rows = fv_loss_value_count(loss, batch);
  const int64_t count = batch->samples * batch->positions * batch->channels / rows;
  const int64_t targets = loss->type->is_sparse ? 1 : count;
  const double divisor = divisor_of(loss, batch, rows), part = divisor == 0 ? 0 : 1 / divisor;
  double sum = 0;
  for (int64_t row = 0; row < rows; row++) {
    float *slopes = gradient ? gradient + row * count : NULL;
    if (is_left_out(loss, batch, row)) {
      if (values) values[row] = 0;
      if (slopes) memset(slopes, 0, (size_t)count * sizeof *slopes);
      continue;
    }
    const double weight = weight_of(batch, rows, row);
    double found;
    if (loss->type->batch)
      TRY(loss->type->batch(&found, &loss->options, batch, slopes));
    else
      found = loss->type->row(&loss->options, batch->targets + row * targets, batch->predictions + row * count, count,
                              slopes);
    if (values) values[row] = (float)found;
    sum += weight * found;
    for (int64_t i = 0; slopes && i < count; i++) slopes[i] = (float)(weight * part * slopes[i]);
  }
  *value = sum * part;
  return FV_OK;
}

const char *fv_loss_name(int32_t index) {
  for (int32_t i = 0; fv__loss_table[i]; i++)
    if (i == index) return fv__loss_table[i]->name;
  return NULL;
}

const char *fv_loss_help(const char *name) {
  const fv__loss_type *type = find(name);
  return type ? type->help : NULL;
}

const fv_option *fv_loss_table(const char *name) {
  const fv__loss_type *type = find(name);
  return type ? type->table : NULL;
}
