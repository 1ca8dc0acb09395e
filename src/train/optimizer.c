/* Optimizers by name, and a step: accumulate, clip, decay, update, average.
 *
 *   accumulation  nothing moves for n - 1 steps; on the n-th the mean of the n gradients is the gradient
 *   clipping      value, norm of each variable, or norm of all variables (sums in double, in the order of variables)
 *   decay         w -= w * weight_decay * rate
 *   update        the optimizer's own
 *   average       a = m a + (1 - m) w, m being 0 in the first step
 */
#include "train/optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/size.h"
#include "train/part.h"

struct fv_optimizer {
  const fv__optimizer_type *type;
  fv_optimizer_options options;
  fv__variable *variables;
  int32_t variable_count;
  int64_t length;
  float *slots[FV__SLOTS], *accumulated, *average; /* long arrays in the block */
  void *block;
  size_t block_bytes;
  int64_t calls; /* of apply */
  double product;
};

static const fv__optimizer_type *find(const char *name) {
  for (const fv__optimizer_type *const *type = fv__optimizer_table; *type; type++)
    if (fv__part_is_called(name, (*type)->name, NULL)) return *type;
  return NULL;
}

fv_status fv_optimizer_create(fv_optimizer **optimizer, const char *name, const fv_optimizer_options *options) {
  *optimizer = NULL;
  const fv__optimizer_type *type = find(name);
  if (!type) return fail(FV_ERROR_NOT_FOUND, "no optimizer is called '%s'", name);
  fv_optimizer_options complete = {0};
  if (options) complete = *options;
  fv_status status = fv_options_complete(&complete, type->table);
  if (status) return note(status, "%s", type->name);
  if ((complete.clipnorm > 0) + (complete.clipvalue > 0) + (complete.global_clipnorm > 0) > 1)
    return fail(FV_ERROR_INVALID, "%s: clipnorm, global_clipnorm and clipvalue exclude each other", type->name);
  fv_optimizer *made = calloc(1, sizeof *made);
  if (!made) return fail(FV_ERROR_MEMORY, "no memory for an optimizer");
  made->type = type;
  made->options = complete;
  made->product = 1;
  *optimizer = made;
  return FV_OK;
}

void fv_optimizer_destroy(fv_optimizer *optimizer) {
  if (!optimizer) return;
  fv__block_free(optimizer->block, optimizer->block_bytes);
  free(optimizer->variables);
  free(optimizer);
}

/* Long arrays one after another; what the options do not need stays NULL. */
static void share_block(fv_optimizer *optimizer) {
  const unsigned slots = optimizer->type->slots(&optimizer->options);
  float *next = optimizer->block;
  for (int32_t i = 0; i < FV__SLOTS; i++) {
    if (!(slots >> i & 1)) continue;
    optimizer->slots[i] = next;
    next += optimizer->length;
  }
  if (optimizer->options.gradient_accumulation_steps > 1) {
    optimizer->accumulated = next;
    next += optimizer->length;
  }
  if (optimizer->options.use_ema) optimizer->average = next;
  const double initial = optimizer->type->initial ? optimizer->type->initial(&optimizer->options) : 0;
  for (int64_t i = 0; initial != 0 && i < optimizer->length; i++) optimizer->slots[0][i] = (float)initial;
}

int64_t fv__optimizer_arrays(const fv_optimizer *optimizer) {
  const fv_optimizer_options *o = &optimizer->options;
  const unsigned slots = optimizer->type->slots(o);
  return (slots & 1) + (slots >> 1 & 1) + (slots >> 2 & 1) + (o->gradient_accumulation_steps > 1) + o->use_ema;
}

fv_status fv__optimizer_build(fv_optimizer *optimizer, const fv__variable *variables, int32_t count, int64_t length) {
  int64_t numbers;
  if (!fv__size_multiply(&numbers, length, fv__optimizer_arrays(optimizer)) ||
      !fv__size_bytes(&optimizer->block_bytes, numbers, sizeof(float)))
    return fail(FV_ERROR_SHAPE, "the state of the optimizer is too large");
  optimizer->variables = malloc(((size_t)count + 1) * sizeof *variables);
  optimizer->block = fv__block_take(optimizer->block_bytes);
  if (!optimizer->variables || !optimizer->block)
    return fail(FV_ERROR_MEMORY, "no memory for the state of the optimizer, %zu bytes", optimizer->block_bytes);
  memcpy(optimizer->variables, variables, (size_t)count * sizeof *variables);
  optimizer->variable_count = count;
  optimizer->length = length;
  share_block(optimizer);
  return FV_OK;
}

/* Updates so far. */
static int64_t updates(const fv_optimizer *optimizer) {
  const int32_t every = optimizer->options.gradient_accumulation_steps;
  return every > 1 ? optimizer->calls / every : optimizer->calls;
}

double fv__optimizer_rate(const fv_optimizer *optimizer) {
  const fv_schedule *schedule = optimizer->options.schedule;
  return (float)(schedule ? fv_schedule_rate(schedule, updates(optimizer)) : optimizer->options.learning_rate);
}

const float *fv__optimizer_average(const fv_optimizer *optimizer) { return optimizer->average; }

bool fv__optimizer_has_schedule(const fv_optimizer *optimizer) { return optimizer->options.schedule != NULL; }
void fv__optimizer_set_rate(fv_optimizer *optimizer, double rate) { optimizer->options.learning_rate = rate; }
const fv__optimizer_type *fv__optimizer_type_of(const fv_optimizer *optimizer) { return optimizer->type; }
const fv_optimizer_options *fv__optimizer_options_of(const fv_optimizer *optimizer) { return &optimizer->options; }
size_t fv__optimizer_bytes(const fv_optimizer *optimizer) { return optimizer->block_bytes; }

bool fv__optimizer_array_at(const fv_optimizer *optimizer, int32_t index, fv__optimizer_array *array) {
  const fv__optimizer_type *type = optimizer->type;
  fv__optimizer_array all[FV__SLOTS + 2] = {{"average", optimizer->average, 0, false}};
  for (int32_t i = 0; i < FV__SLOTS; i++)
    all[1 + i] = (fv__optimizer_array){type->slot_names[i], optimizer->slots[i], i < type->together ? 1 : 1 + i, false};
  all[FV__SLOTS + 1] = (fv__optimizer_array){"accumulated", optimizer->accumulated, FV__SLOTS + 1, true};
  for (int32_t i = 0; i < FV__SLOTS + 2; i++) {
    if (!all[i].numbers || index-- > 0) continue;
    *array = all[i];
    return true;
  }
  return false;
}

void fv__optimizer_counters(const fv_optimizer *optimizer, int64_t *calls, double *product) {
  *calls = optimizer->calls;
  *product = optimizer->product;
}

void fv__optimizer_set_counters(fv_optimizer *optimizer, int64_t calls, double product) {
  optimizer->calls = calls;
  optimizer->product = product;
}

/* Adds the gradients to those before; whether it is time to update with their mean. */
static bool accumulate(fv_optimizer *optimizer, float *gradients) {
  const int32_t every = optimizer->options.gradient_accumulation_steps;
  if (every <= 1) return true;
  float *sum = optimizer->accumulated;
  const bool is_time = (optimizer->calls + 1) % every == 0;
  for (int64_t i = 0; i < optimizer->length; i++) {
    const float all = gradients[i] + sum[i];
    sum[i] = is_time ? 0 : all;
    gradients[i] = all / (float)every;
  }
  return is_time;
}

static double squares(const float *numbers, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)numbers[i] * numbers[i];
  return sum;
}

static void shorten(float *numbers, int64_t count, double length, double limit) {
  const double factor = length > limit ? limit / length : 1;
  for (int64_t i = 0; factor < 1 && i < count; i++) numbers[i] = (float)(numbers[i] * factor);
}

static void clip(const fv_optimizer *optimizer, float *gradients) {
  const fv_optimizer_options *o = &optimizer->options;
  const float limit = (float)o->clipvalue;
  double all = 0;
  for (int32_t v = 0; v < optimizer->variable_count; v++) {
    float *g = gradients + optimizer->variables[v].offset;
    const int64_t count = optimizer->variables[v].count;
    if (o->clipnorm > 0) shorten(g, count, sqrt(squares(g, count)), o->clipnorm);
    if (o->global_clipnorm > 0) all += squares(g, count);
    for (int64_t i = 0; limit > 0 && i < count; i++) g[i] = g[i] > limit ? limit : g[i] < -limit ? -limit : g[i];
  }
  if (o->global_clipnorm > 0) shorten(gradients, optimizer->length, sqrt(all), o->global_clipnorm);
}

static void decay(float *weights, int64_t count, float part) {
  for (int64_t i = 0; i < count; i++) weights[i] -= weights[i] * part;
}

static void move(fv_optimizer *optimizer, const float *gradients) {
  const fv_optimizer_options *o = &optimizer->options;
  const double rate = fv__optimizer_rate(optimizer);
  fv__update update = {0};
  optimizer->type->prepare(o, rate, updates(optimizer) + 1, &optimizer->product, update.constants);
  for (int32_t v = 0; v < optimizer->variable_count; v++) {
    const fv__variable *variable = &optimizer->variables[v];
    update.weights = variable->weights;
    update.gradient = gradients + variable->offset;
    update.count = variable->count;
    for (int32_t i = 0; i < FV__SLOTS; i++)
      update.slots[i] = optimizer->slots[i] ? optimizer->slots[i] + variable->offset : NULL;
    if (o->weight_decay > 0) decay(variable->weights, variable->count, (float)(o->weight_decay * rate));
    optimizer->type->update(o, &update);
  }
}

static void take_average(fv_optimizer *optimizer) {
  const fv_optimizer_options *o = &optimizer->options;
  const int64_t done = updates(optimizer);
  const bool overwrite = o->ema_overwrite_frequency > 0 && (done + 1) % o->ema_overwrite_frequency == 0;
  const float keep = done == 0 ? 0 : (float)o->ema_momentum;
  for (int32_t v = 0; v < optimizer->variable_count; v++) {
    const fv__variable *variable = &optimizer->variables[v];
    float *average = optimizer->average + variable->offset;
    for (int64_t i = 0; i < variable->count; i++) {
      average[i] = keep * average[i] + (1 - keep) * variable->weights[i];
      if (overwrite) variable->weights[i] = average[i];
    }
  }
}

void fv__optimizer_apply(fv_optimizer *optimizer, float *gradients) {
  if (accumulate(optimizer, gradients)) {
    clip(optimizer, gradients);
    move(optimizer, gradients);
  }
  if (optimizer->average) take_average(optimizer);
  optimizer->calls++;
}

const char *fv_optimizer_name(int32_t index) {
  for (int32_t i = 0; fv__optimizer_table[i]; i++)
    if (i == index) return fv__optimizer_table[i]->name;
  return NULL;
}

const char *fv_optimizer_help(const char *name) {
  const fv__optimizer_type *type = find(name);
  return type ? type->help : NULL;
}

const fv_option *fv_optimizer_table(const char *name) {
  const fv__optimizer_type *type = find(name);
  return type ? type->table : NULL;
}
