/* One sample prepared, and a batch made ready: what is broken left out, targets and weights filled in. */
#include <stdlib.h>
#include <string.h>

#include "data/augment.h"
#include "data/loader.h"
#include "data/prepare.h"

enum { BROKEN_FREE = 10, BROKEN_PART = 100 }; /* more than 10 and more than one in 100 are too many */

/* ---- a sample: on any thread */

static fv_status with_name(fv_status status, const fv_loader *l, int64_t sample) {
  char name[256];
  return status ? note(status, "%s", fv_dataset_name(name, sizeof name, l->dataset, sample)) : FV_OK;
}

/* A sample of the right size, of the cache or read. */
static fv_status take_sample(fv_sample *sample, bool *is_lent, fv_loader *l, int64_t index) {
  *is_lent = fv__cache_find(sample, &l->cache, index);
  if (*is_lent) return FV_OK;
  TRY(fv_dataset_read(sample, l->dataset, index));
  fv_status status = fv__prepare_size(sample, &l->preprocessing, l->channels);
  if (status) {
    fv_sample_destroy(sample);
    return with_name(status, l, index);
  }
  fv__cache_keep(&l->cache, index, sample);
  return FV_OK;
}

static void copy_pixels(float *pixels, const fv_sample *sample, int64_t count) {
  if (sample->image.pixels)
    for (int64_t i = 0; i < count; i++) pixels[i] = sample->image.pixels[i];
  else
    memcpy(pixels, sample->numbers.data, (size_t)count * sizeof *pixels);
}

static fv_status augment(float *numbers, const fv_loader *l, float *pixels, const fv_transform *transform) {
  const fv_tensor in = {l->input_shape, pixels}, out = {l->input_shape, numbers};
  const int64_t count = l->input_shape.dims[0] * l->input_shape.dims[1];
  TRY(fv_transform_apply(&out, &in, transform, &l->augment));
  fv__prepare_scale_floats(numbers, numbers, count, l->channels, &l->preprocessing);
  return FV_OK;
}

/* The transform of a sample, and the targets that somebody else makes. */
static fv_status draw(fv_transform *transform, const fv_loader *l, const fv__slot *slot, int32_t item) {
  fv_target_place place = {.sample = slot->batch.samples[item],
                           .height = (int32_t)l->input_shape.dims[0],
                           .width = (int32_t)l->input_shape.dims[1]};
  if (l->options.augment) {
    TRY(fv_transform_draw(transform, &l->augment, place.height, place.width, l->options.seed, slot->passes[item],
                          (uint64_t)place.sample));
    place.transform = transform;
    place.how = &l->augment;
  }
  return l->targets.make ? l->targets.make(l->targets.context, slot->batch.targets + item * l->target_numbers, &place)
                         : FV_OK;
}

static fv_status prepare(fv_loader *l, const fv__slot *slot, int32_t item, fv__scratch *scratch) {
  const int64_t index = slot->batch.samples[item];
  float *numbers = slot->batch.inputs + item * l->input_numbers;
  fv_sample sample;
  fv_transform transform;
  bool is_lent;
  TRY(take_sample(&sample, &is_lent, l, index));
  fv_status status = with_name(draw(&transform, l, slot, item), l, index);
  if (!status && l->options.augment) {
    copy_pixels(scratch->pixels, &sample, l->input_numbers);
    status = with_name(augment(numbers, l, scratch->pixels, &transform), l, index);
  } else if (!status) {
    fv__prepare_scale(numbers, &sample, &l->preprocessing);
  }
  if (!is_lent) fv_sample_destroy(&sample);
  if (status || !l->options.standardise) return status;
  return with_name(fv_standardisation_apply(&(fv_tensor){l->input_shape, numbers}, l->options.standardise), l, index);
}

void fv__loader_prepare(void *loader, int32_t number, int32_t item, int thread) {
  fv_loader *l = loader;
  fv__slot *slot = &l->slots[number];
  slot->statuses[item] = prepare(l, slot, item, &l->scratch[thread]);
  if (slot->statuses[item]) fv__error_save(slot->messages[item]);
}

/* ---- what is broken: on the caller's thread */

static bool is_files_fault(fv_status status) {
  return status == FV_ERROR_IO || status == FV_ERROR_FORMAT || status == FV_ERROR_NOT_FOUND ||
         status == FV_ERROR_UNSUPPORTED;
}

/* Lists a sample once. */
static fv_status list_broken(fv_loader *l, int64_t sample, const char *message) {
  if (l->broken_marks[sample]) return FV_OK;
  if (l->broken_count == l->broken_capacity) {
    const int64_t capacity = l->broken_capacity ? 2 * l->broken_capacity : 16;
    fv_broken_file *more = realloc(l->broken, (size_t)capacity * sizeof *more);
    if (!more) return fail(FV_ERROR_MEMORY, "no memory for a list of broken files");
    l->broken = more;
    l->broken_capacity = capacity;
  }
  char name[4096];
  const fv_broken_file entry = {strdup(fv_dataset_name(name, sizeof name, l->dataset, sample)), strdup(message)};
  if (!entry.name || !entry.message) {
    free((void *)(uintptr_t)entry.name);
    free((void *)(uintptr_t)entry.message);
    return fail(FV_ERROR_MEMORY, "no memory for a list of broken files");
  }
  l->broken[l->broken_count++] = entry;
  l->broken_marks[sample] = true;
  return FV_OK;
}

static fv_status judge(fv_loader *l, const fv__slot *slot, int32_t item) {
  const fv_status status = slot->statuses[item];
  if (!l->options.skip_broken || !is_files_fault(status)) return fv__error_raise(status, slot->messages[item]);
  TRY(list_broken(l, slot->batch.samples[item], slot->messages[item]));
  const int64_t count = fv_dataset_count(l->dataset);
  const bool are_many = l->broken_count > BROKEN_FREE && l->broken_count > count / BROKEN_PART;
  if (are_many || l->broken_count == count)
    return fail(FV_ERROR_FORMAT, "%lld of %lld samples cannot be read; the last: %s", (long long)l->broken_count,
                (long long)count, slot->messages[item]);
  return FV_OK;
}

/* Moves the samples that are whole together. */
static fv_status leave_out(fv_loader *l, fv__slot *slot) {
  fv_batch *b = &slot->batch;
  b->count = 0;
  for (int32_t i = 0; i < slot->wanted; i++) {
    if (slot->statuses[i]) {
      TRY(judge(l, slot, i));
      continue;
    }
    if (b->count != i) {
      memcpy(b->inputs + b->count * l->input_numbers, b->inputs + i * l->input_numbers,
             (size_t)l->input_numbers * sizeof *b->inputs);
      memcpy(b->targets + b->count * l->target_numbers, b->targets + i * l->target_numbers,
             (size_t)l->target_numbers * sizeof *b->targets);
      b->samples[b->count] = b->samples[i];
    }
    b->count++;
  }
  return FV_OK;
}

/* ---- the rest of a batch */

static void fill_targets(const fv_loader *l, fv_batch *b) {
  const bool are_classes = !l->targets.make;
  if (are_classes && !l->options.class_numbers)
    memset(b->targets, 0, (size_t)b->count * (size_t)l->classes * sizeof *b->targets);
  for (int32_t i = 0; i < b->count; i++) {
    const int32_t label = fv_dataset_label(l->dataset, b->samples[i]);
    if (are_classes && l->options.class_numbers)
      b->targets[i] = (float)label;
    else if (are_classes)
      b->targets[(int64_t)i * l->classes + label] = 1;
    if (b->weights) b->weights[i] = l->class_weights[label];
  }
}

static void exchange(float **a, float **b) {
  float *kept = *a;
  *a = *b;
  *b = kept;
}

static void mix(fv_loader *l, fv_batch *b) {
  fv__mix_batch(l->mixed.inputs, l->mixed.targets, l->mixed.weights, l->mix_order, b, &l->mix);
  exchange(&b->inputs, &l->mixed.inputs);
  exchange(&b->targets, &l->mixed.targets);
  exchange(&b->weights, &l->mixed.weights);
}

fv_status fv__loader_settle(fv_loader *l, fv__slot *slot) {
  TRY(leave_out(l, slot));
  fill_targets(l, &slot->batch);
  if (l->mixes) mix(l, &slot->batch);
  return FV_OK;
}
