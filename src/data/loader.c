/* Loaders: which samples a batch has, and a ring of batches that a crew prepares.
 *
 *   number of a sample in the run  n = epoch * samples_per_epoch + step * batch_size + i
 *   pass = n / count, sample = order(pass)[n mod count]
 *
 * The ring holds the batch that is handed out and those ahead. Which samples they have is decided here, on the caller's
 * thread; threads fill in inputs alone.
 */
#include "data/loader.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/cpu.h>

#include "base/arena.h"
#include "base/rng.h"
#include "base/size.h"
#include "data/augment.h"
#include "data/dataset.h"
#include "data/prepare.h"
#include "data/standardise.h"
#include "image/resize.h"

enum { BATCH_DEFAULT = 32, BATCH_MAX = 65536, AHEAD_DEFAULT = 2, AHEAD_MAX = 64, THREADS_MAX = 256 };

/* ---- options */

static fv_status settle_numbers(fv_loader *l) {
  fv_loader_options *o = &l->options;
  const int64_t count = fv_dataset_count(l->dataset);
  if (!o->batch_size) o->batch_size = BATCH_DEFAULT;
  if (!o->ahead) o->ahead = AHEAD_DEFAULT;
  if (!o->samples_per_epoch) o->samples_per_epoch = count;
  if (!o->threads) o->threads = fv_cpu_threads();
  if (o->batch_size < 1 || o->batch_size > BATCH_MAX)
    return fail(FV_ERROR_INVALID, "batch_size must be 1 to %d, not %d", BATCH_MAX, (int)o->batch_size);
  if (o->ahead < 1 || o->ahead > AHEAD_MAX)
    return fail(FV_ERROR_INVALID, "ahead must be 1 to %d batches, not %d", AHEAD_MAX, (int)o->ahead);
  if (o->threads < 1 || o->threads > THREADS_MAX)
    return fail(FV_ERROR_INVALID, "threads must be 1 to %d, not %d", THREADS_MAX, (int)o->threads);
  if (o->samples_per_epoch < 1 || o->samples_per_epoch > INT64_MAX - BATCH_MAX)
    return fail(FV_ERROR_INVALID, "samples_per_epoch must be above 0, not %lld", (long long)o->samples_per_epoch);
  if (o->cache_limit < 0)
    return fail(FV_ERROR_INVALID, "cache_limit must not be below 0, as %lld", (long long)o->cache_limit);
  l->steps = (o->samples_per_epoch + o->batch_size - 1) / o->batch_size;
  return FV_OK;
}

static fv_status settle_preprocessing(fv_loader *l, const fv_preprocessing *given) {
  static const fv_preprocessing as_stored = {.mode = FV_PREPROCESSING_NONE, .scale = 1, .std = {1, 1, 1}};
  const fv_shape shape = fv_dataset_shape(l->dataset);
  l->preprocessing = given ? *given : as_stored;
  fv_preprocessing *p = &l->preprocessing;
  TRY(fv__preprocessing_check(p));
  if (p->mode == FV_PREPROCESSING_UNSET)
    return fail(FV_ERROR_INVALID, "the preprocessing has no mode: set it, for example to none");
  if (!p->size.width) p->size.width = p->size.height;
  if (!p->size.height && shape.rank) p->size = (fv_pair){(int32_t)shape.dims[0], (int32_t)shape.dims[1]};
  if (!p->size.height)
    return fail(FV_ERROR_SHAPE, "the pictures have sizes of their own: give the preprocessing a size");
  if (p->size.height > FV_IMAGE_MAX_SIDE || p->size.width > FV_IMAGE_MAX_SIDE)
    return fail(FV_ERROR_INVALID, "size must be at most %d, not %d x %d", FV_IMAGE_MAX_SIDE, (int)p->size.height,
                (int)p->size.width);
  l->channels = p->channels == FV_CHANNELS_GRAY ? 1 : p->channels || !shape.rank ? 3 : (int32_t)shape.dims[2];
  l->input_shape = (fv_shape){3, {p->size.height, p->size.width, l->channels}};
  return fv_shape_elements(&l->input_numbers, &l->input_shape);
}

static fv_status settle_augment(fv_loader *l, const fv_augment_options *given) {
  if (!given) return FV_OK;
  fv_augment_options checked = l->augment = *given;
  l->options.augment = &l->augment;
  TRY(fv__augment_settle(&checked));
  l->mixes = given->mix_up > 0 || given->cut_mix > 0;
  if (l->mixes && l->options.class_numbers)
    return fail(FV_ERROR_INVALID, "mix_up and cut_mix need one-hot targets, not class numbers");
  if (!l->options.standardise && fv__standardise_is_asked(&given->standardise))
    return fail(FV_ERROR_INVALID,
                "the augmentation asks for standardisation, which is for validation and prediction too: "
                "learn one (fv_standardisation_learn), and give it to the loader, or to the model "
                "(fv_preprocessing_standardise) and take it out of the augmentation");
  if (l->mixes && l->targets.make) return fail(FV_ERROR_INVALID, "mix_up and cut_mix are for targets that are classes");
  l->mix = (fv__mix){given->mix_up, given->cut_mix, l->options.seed, l->input_shape, l->classes};
  return FV_OK;
}

static fv_status copy_weights(fv_loader *l, const float *given) {
  if (!given) return FV_OK;
  l->class_weights = malloc((size_t)l->classes * sizeof *given);
  if (!l->class_weights) return fail(FV_ERROR_MEMORY, "no memory for the weights of %d classes", (int)l->classes);
  memcpy(l->class_weights, given, (size_t)l->classes * sizeof *given);
  l->options.class_weights = l->class_weights;
  return FV_OK;
}

static fv_status settle_targets(fv_loader *l, const fv_target_maker *given) {
  l->target_numbers = l->options.class_numbers ? 1 : l->classes;
  if (!given) return FV_OK;
  size_t bytes;
  l->targets = *given;
  l->options.targets = &l->targets;
  l->target_numbers = given->numbers;
  if (given->numbers < 1 || !fv__size_bytes(&bytes, given->numbers, sizeof(float)))
    return fail(FV_ERROR_INVALID, "targets of %lld numbers", (long long)given->numbers);
  return FV_OK;
}

/* ---- memory */

static fv_status create_slot(fv_loader *l, fv__slot *slot) {
  const size_t batch = (size_t)l->options.batch_size;
  slot->batch.inputs = fv__block_take(l->inputs_bytes);
  slot->batch.targets = calloc(batch * (size_t)l->target_numbers, sizeof(float));
  slot->batch.samples = calloc(batch, sizeof *slot->batch.samples);
  slot->passes = calloc(batch, sizeof *slot->passes);
  slot->statuses = calloc(batch, sizeof *slot->statuses);
  slot->messages = calloc(batch, sizeof *slot->messages);
  if (l->class_weights) slot->batch.weights = calloc(batch, sizeof(float));
  if (slot->batch.inputs && slot->batch.targets && slot->batch.samples && slot->passes && slot->statuses &&
      slot->messages && (slot->batch.weights || !l->class_weights))
    return FV_OK;
  return fail(FV_ERROR_MEMORY, "no memory for a batch of %zu samples, %zu bytes", batch, l->inputs_bytes);
}

static void destroy_slot(fv_loader *l, fv__slot *slot) {
  if (slot->batch.inputs) fv__block_free(slot->batch.inputs, l->inputs_bytes);
  free(slot->batch.targets);
  free(slot->batch.samples);
  free(slot->batch.weights);
  free(slot->passes);
  free(slot->statuses);
  free(slot->messages);
}

static fv_status create_slots(fv_loader *l) {
  int64_t numbers;
  if (!fv__size_multiply(&numbers, l->input_numbers, l->options.batch_size) ||
      !fv__size_bytes(&l->inputs_bytes, numbers, sizeof(float)))
    return fail(FV_ERROR_MEMORY, "a batch of %d samples is too large", (int)l->options.batch_size);
  l->slots = calloc((size_t)l->options.ahead + 1, sizeof *l->slots);
  if (!l->slots) return fail(FV_ERROR_MEMORY, "no memory for %d batches", (int)l->options.ahead + 1);
  while (l->slot_count <= l->options.ahead) TRY(create_slot(l, &l->slots[l->slot_count++]));
  return FV_OK;
}

static fv_status create_mixed(fv_loader *l) {
  const size_t batch = (size_t)l->options.batch_size;
  if (!l->mixes) return FV_OK;
  l->mixed.inputs = fv__block_take(l->inputs_bytes);
  l->mixed.targets = calloc(batch * (size_t)l->classes, sizeof(float));
  l->mix_order = calloc(batch, sizeof *l->mix_order);
  if (l->class_weights) l->mixed.weights = calloc(batch, sizeof(float));
  return l->mixed.inputs && l->mixed.targets && l->mix_order && (l->mixed.weights || !l->class_weights)
             ? FV_OK
             : fail(FV_ERROR_MEMORY, "no memory to mix a batch of %zu samples", batch);
}

static fv_status create_scratch(fv_loader *l) {
  l->seats = fv__crew_seats(l->options.threads);
  l->scratch = calloc((size_t)l->seats, sizeof *l->scratch);
  bool done = l->scratch != NULL;
  for (int i = 0; done && l->options.augment && i < l->seats; i++)
    done = (l->scratch[i].pixels = malloc((size_t)l->input_numbers * sizeof(float))) != NULL;
  return done ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for %d threads that work ahead", l->seats - 1);
}

static fv_status create_order(fv_loader *l) {
  const int64_t count = fv_dataset_count(l->dataset);
  l->order_pass = -1;
  l->broken_marks = calloc((size_t)count, sizeof *l->broken_marks);
  if (!l->options.no_shuffle) l->order = malloc((size_t)count * sizeof *l->order);
  return l->broken_marks && (l->order || l->options.no_shuffle)
             ? FV_OK
             : fail(FV_ERROR_MEMORY, "no memory for the order of %lld samples", (long long)count);
}

/* Whether samples of the right size have fractions. */
static bool makes_floats(const fv_loader *l) {
  const char *method = l->preprocessing.resize;
  return l->dataset->store->gives_numbers || (method[0] && fv__resize_gives_fractions(method));
}

static fv_status build(fv_loader *l, const fv_loader_options *given) {
  l->classes = fv_dataset_class_count(l->dataset);
  TRY(settle_numbers(l));
  TRY(settle_preprocessing(l, given->preprocessing));
  l->options.preprocessing = &l->preprocessing;
  TRY(settle_targets(l, given->targets));
  TRY(settle_augment(l, given->augment));
  TRY(copy_weights(l, given->class_weights));
  TRY(create_order(l));
  TRY(create_slots(l));
  TRY(create_mixed(l));
  TRY(create_scratch(l));
  TRY(fv__cache_create(&l->cache, l->options.cache_limit, fv_dataset_count(l->dataset), &l->input_shape,
                       makes_floats(l)));
  return fv__crew_create(&l->crew, l->options.threads, l->slot_count, fv__loader_prepare, l);
}

fv_status fv_loader_create(fv_loader **loader, const fv_dataset *dataset, const fv_loader_options *options) {
  const fv_loader_options given = options ? *options : (fv_loader_options){0};
  *loader = NULL;
  fv_loader *l = calloc(1, sizeof *l);
  if (!l) return fail(FV_ERROR_MEMORY, "no memory for a loader");
  l->dataset = dataset;
  l->options = given;
  fv_status status = build(l, &given);
  if (status)
    fv_loader_destroy(l);
  else
    *loader = l;
  return status;
}

void fv_loader_destroy(fv_loader *l) {
  if (!l) return;
  fv__crew_destroy(l->crew);
  fv__cache_destroy(&l->cache);
  for (int32_t i = 0; i < l->slot_count; i++) destroy_slot(l, &l->slots[i]);
  for (int i = 0; l->scratch && i < l->seats; i++) free(l->scratch[i].pixels);
  for (int64_t i = 0; i < l->broken_count; i++) {
    free((void *)(uintptr_t)l->broken[i].name);
    free((void *)(uintptr_t)l->broken[i].message);
  }
  if (l->mixed.inputs) fv__block_free(l->mixed.inputs, l->inputs_bytes);
  free(l->mixed.targets);
  free(l->mixed.weights);
  free(l->mix_order);
  free(l->broken);
  free(l->broken_marks);
  free(l->slots);
  free(l->scratch);
  free(l->order);
  free(l->class_weights);
  free(l);
}

/* ---- facts */

int64_t fv_loader_steps(const fv_loader *loader) { return loader->steps; }
int64_t fv_loader_samples_per_epoch(const fv_loader *loader) { return loader->options.samples_per_epoch; }
fv_shape fv_loader_input_shape(const fv_loader *loader) { return loader->input_shape; }
bool fv_loader_is_cached(const fv_loader *loader) { return loader->cache.block != NULL; }
int64_t fv_loader_broken_count(const fv_loader *loader) { return loader->broken_count; }

fv_broken_file fv_loader_broken(const fv_loader *loader, int64_t index) {
  return index >= 0 && index < loader->broken_count ? loader->broken[index] : (fv_broken_file){NULL, NULL};
}

/* ---- which samples */

static int64_t sample_at(fv_loader *l, int64_t pass, int64_t place) {
  if (l->options.no_shuffle) return place;
  if (l->order_pass != pass) {
    const int64_t count = fv_dataset_count(l->dataset);
    for (int64_t i = 0; i < count; i++) l->order[i] = i;
    fv__shuffle(l->order, count, fv__rng_bits(fv__rng_state("shuffle", l->options.seed), (uint64_t)pass));
    l->order_pass = pass;
  }
  return l->order[place];
}

/* Gives a slot the samples of the batch that is begun next, and the batch to the crew. */
static void begin_batch(fv_loader *l, int32_t number) {
  fv__slot *slot = &l->slots[number];
  const int64_t count = fv_dataset_count(l->dataset), per_epoch = l->options.samples_per_epoch;
  const int64_t first = l->next_step * l->options.batch_size, left = per_epoch - first;
  slot->batch.epoch = l->next_epoch;
  slot->batch.step = l->next_step;
  slot->wanted = left < l->options.batch_size ? (int32_t)left : l->options.batch_size;
  for (int32_t i = 0; i < slot->wanted; i++) {
    const int64_t in_run = l->next_epoch * per_epoch + first + i;
    slot->passes[i] = (uint64_t)(in_run / count);
    slot->batch.samples[i] = sample_at(l, in_run / count, in_run % count);
  }
  if (++l->next_step == l->steps) {
    l->next_step = 0;
    l->next_epoch++;
  }
  fv__crew_start(l->crew, number, slot->wanted);
}

fv_status fv_loader_seek(fv_loader *l, int64_t epoch, int64_t step) {
  int64_t last;
  if (epoch < 0 || step < 0 || step >= l->steps)
    return fail(FV_ERROR_INVALID, "there is no step %lld of epoch %lld; an epoch has %lld steps", (long long)step,
                (long long)epoch, (long long)l->steps);
  if (epoch > INT64_MAX / 4 || !fv__size_multiply(&last, epoch + 2 + l->options.ahead, l->options.samples_per_epoch))
    return fail(FV_ERROR_INVALID, "epoch %lld is too far", (long long)epoch);
  fv__crew_cancel(l->crew);
  l->next_epoch = epoch;
  l->next_step = step;
  l->head = 0;
  l->is_started = l->is_lent = false;
  return FV_OK;
}

/* ---- handing out */

/* The batch that failed and all after it are prepared anew. */
static void begin_again(fv_loader *l, const fv__slot *slot) {
  fv__crew_cancel(l->crew);
  l->next_epoch = slot->batch.epoch;
  l->next_step = slot->batch.step;
  l->head = 0;
  l->is_started = false;
}

fv_status fv_loader_next(const fv_batch **batch, fv_loader *l) {
  *batch = NULL;
  if (!l->is_started)
    for (int32_t i = 0; i < l->slot_count; i++) begin_batch(l, i);
  if (l->is_lent) {
    begin_batch(l, l->head);
    l->head = (l->head + 1) % l->slot_count;
  }
  l->is_started = true;
  l->is_lent = false;
  fv__slot *slot = &l->slots[l->head];
  fv__crew_finish(l->crew, l->head);
  fv_status status = fv__loader_settle(l, slot);
  if (status) {
    begin_again(l, slot);
    return status;
  }
  l->is_lent = true;
  *batch = &slot->batch;
  return FV_OK;
}
