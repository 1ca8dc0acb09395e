/* Feeds: what fits the model, and the arrays' own order and gathering. */
#include "train/feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/size.h"
#include "data/dataset.h"

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for batches"); }

/* ---- shapes */

/* Numbers of one sample of a shape that begins with the batch. */
static fv_status row_of(int64_t *row, const fv_shape *shape, const char *name) {
  *row = 1;
  for (int axis = 1; axis < shape->rank; axis++)
    if (shape->dims[axis] < 1 || !fv__size_multiply(row, *row, shape->dims[axis])) {
      char text[128];
      return fail(FV_ERROR_SHAPE, "%s: its shape %s is not wholly known", name,
                  fv_shape_text(text, sizeof text, shape));
    }
  return FV_OK;
}

fv_status fv__output_rows(int64_t *positions, int64_t *channels, const fv_model *model, int32_t output) {
  const fv_shape shape = fv_model_output_shape(model, output);
  int64_t row;
  TRY(row_of(&row, &shape, fv_model_output_name(model, output)));
  *channels = shape.rank > 1 ? shape.dims[shape.rank - 1] : 1;
  *positions = row / *channels;
  return FV_OK;
}

fv_preprocessing fv__feed_preprocessing(const fv_model *model) {
  const fv_preprocessing own = fv_model_preprocessing(model);
  const fv_shape shape = fv_model_input_shape(model, 0);
  if (own.mode != FV_PREPROCESSING_UNSET) return own;
  fv_preprocessing stored = {.mode = FV_PREPROCESSING_NONE, .scale = 1, .std = {1, 1, 1}};
  if (shape.rank != 4) return stored;
  if (shape.dims[1] > 0 && shape.dims[2] > 0) stored.size = (fv_pair){(int32_t)shape.dims[1], (int32_t)shape.dims[2]};
  stored.channels = shape.dims[3] == 1 ? FV_CHANNELS_GRAY : FV_CHANNELS_RGB;
  return stored;
}

/* ---- sets */

static fv_status check_set(const fv__feed *feed) {
  const int32_t classes = fv_dataset_class_count(feed->options.dataset);
  const fv_shape made = fv_loader_input_shape(feed->loader), wanted = fv_model_input_shape(feed->model, 0);
  int64_t positions, channels, numbers, found;
  TRY(fv_shape_elements(&found, &made));
  TRY(row_of(&numbers, &wanted, fv_model_input_name(feed->model, 0)));
  if (numbers != found) {
    char a[128], b[128];
    return fail(FV_ERROR_SHAPE, "the model takes %s, the set's pictures are %s", fv_shape_text(a, sizeof a, &wanted),
                fv_shape_text(b, sizeof b, &made));
  }
  TRY(fv__output_rows(&positions, &channels, feed->model, 0));
  const fv_target_maker *targets = feed->options.targets;
  const int64_t wanted_targets = feed->options.sparse ? positions : positions * channels;
  if (targets && targets->numbers != wanted_targets)
    return fail(FV_ERROR_SHAPE, "targets of %" PRId64 " numbers, the loss takes %" PRId64 " for the model's answer",
                targets->numbers, wanted_targets);
  if (targets) return FV_OK;
  const bool is_binary = channels == 1 && classes == 2 && !feed->options.sparse;
  if (positions == 1 && (channels == classes || is_binary)) return FV_OK;
  return fail(FV_ERROR_SHAPE, "the set has %" PRId32 " classes, the model answers with %" PRId64 " numbers", classes,
              positions * channels);
}

static fv_status open_set(fv__feed *feed) {
  const fv__feed_options *o = &feed->options;
  fv_preprocessing preprocessing = fv__feed_preprocessing(feed->model);
  int64_t positions, channels;
  if (o->takes_whole) preprocessing.crop = 0;
  if (fv_model_input_count(feed->model) != 1 || fv_model_output_count(feed->model) != 1)
    return fail(FV_ERROR_SHAPE, "a set of pictures is for models of one input and one output");
  TRY(fv__output_rows(&positions, &channels, feed->model, 0));
  TRY(fv_loader_create(&feed->loader, o->dataset,
                       &(fv_loader_options){.preprocessing = &preprocessing,
                                            .augment = o->augment,
                                            .batch_size = o->batch_size,
                                            .samples_per_epoch = o->samples_per_epoch,
                                            .no_shuffle = o->no_shuffle,
                                            .seed = o->seed,
                                            .class_numbers = o->sparse || positions * channels == 1,
                                            .class_weights = o->class_weights,
                                            .targets = o->targets,
                                            .skip_broken = o->skip_broken,
                                            .threads = o->threads,
                                            .cache_limit = o->cache_limit}));
  feed->count = fv_dataset_count(o->dataset);
  feed->samples_per_epoch = fv_loader_samples_per_epoch(feed->loader);
  feed->steps = fv_loader_steps(feed->loader);
  return check_set(feed);
}

/* ---- arrays */

static fv_status room(fv__feed *feed, float **numbers, int64_t row) {
  int64_t count;
  size_t bytes;
  if (!fv__size_multiply(&count, row, feed->options.batch_size) || !fv__size_bytes(&bytes, count, sizeof(float)))
    return fail(FV_ERROR_SHAPE, "a batch of %" PRId32 " samples is too large", feed->options.batch_size);
  *numbers = fv__arena_take(&feed->arena, bytes);
  return *numbers ? FV_OK : no_memory();
}

static fv_status take_rooms(fv__feed *feed) {
  const int32_t inputs = fv_model_input_count(feed->model), outputs = fv_model_output_count(feed->model);
  feed->input_rows = fv__arena_take(&feed->arena, (size_t)(inputs + outputs) * sizeof(int64_t));
  feed->inputs = fv__arena_take(&feed->arena, (size_t)(inputs + outputs) * sizeof(float *));
  if (!feed->input_rows || !feed->inputs) return no_memory();
  feed->target_rows = feed->input_rows + inputs;
  feed->targets = feed->inputs + inputs;
  for (int32_t i = 0; i < inputs; i++) {
    const fv_shape shape = fv_model_input_shape(feed->model, i);
    TRY(row_of(&feed->input_rows[i], &shape, fv_model_input_name(feed->model, i)));
    TRY(room(feed, &feed->inputs[i], feed->input_rows[i]));
  }
  for (int32_t i = 0; i < outputs; i++) {
    int64_t positions, channels;
    TRY(fv__output_rows(&positions, &channels, feed->model, i));
    feed->target_rows[i] = feed->options.sparse ? positions : positions * channels;
    TRY(room(feed, &feed->targets[i], feed->target_rows[i]));
  }
  return FV_OK;
}

static fv_status open_arrays(fv__feed *feed) {
  const fv_fit_arrays *arrays = feed->options.arrays;
  size_t bytes;
  if (arrays->count < 1) return fail(FV_ERROR_INVALID, "%" PRId64 " samples", arrays->count);
  if (feed->options.augment) return fail(FV_ERROR_UNSUPPORTED, "arrays are not augmented: make a set of them");
  feed->count = arrays->count;
  feed->samples_per_epoch = feed->options.samples_per_epoch ? feed->options.samples_per_epoch : feed->count;
  if (feed->samples_per_epoch < 1 || feed->samples_per_epoch > INT64_MAX / 1024)
    return fail(FV_ERROR_INVALID, "samples_per_epoch must be above 0, not %" PRId64, feed->samples_per_epoch);
  feed->steps = (feed->samples_per_epoch + feed->options.batch_size - 1) / feed->options.batch_size;
  TRY(take_rooms(feed));
  feed->order_pass = -1;
  feed->samples = fv__arena_take(&feed->arena, (size_t)feed->options.batch_size * sizeof(int64_t));
  if (arrays->sample_weights || feed->options.class_weights)
    feed->weights = fv__arena_take(&feed->arena, (size_t)feed->options.batch_size * sizeof(float));
  if (!feed->options.no_shuffle && fv__size_bytes(&bytes, feed->count, sizeof(int64_t)))
    feed->order = fv__arena_take(&feed->arena, bytes);
  const bool has_weights = feed->weights || (!arrays->sample_weights && !feed->options.class_weights);
  return feed->samples && has_weights && (feed->order || feed->options.no_shuffle) ? FV_OK : no_memory();
}

/* The same order as a loader's. */
static int64_t sample_at(fv__feed *feed, int64_t pass, int64_t place) {
  if (feed->options.no_shuffle) return place;
  if (feed->order_pass != pass) {
    for (int64_t i = 0; i < feed->count; i++) feed->order[i] = i;
    fv__shuffle(feed->order, feed->count, fv__rng_bits(fv__rng_state("shuffle", feed->options.seed), (uint64_t)pass));
    feed->order_pass = pass;
  }
  return feed->order[place];
}

/* The class of a sample, of the first output: a class number, or the place of the largest number. */
static int64_t class_of(const fv__feed *feed, int64_t sample) {
  const int64_t row = feed->target_rows[0];
  const float *targets = feed->options.arrays->targets[0] + sample * row;
  if (row == 1) return targets[0] >= 0 ? (int64_t)targets[0] : 0;
  int64_t best = 0;
  for (int64_t i = 1; i < row; i++)
    if (targets[i] > targets[best]) best = i;
  return best;
}

static void gather(fv__feed *feed, int32_t place, int64_t sample) {
  const fv_fit_arrays *arrays = feed->options.arrays;
  for (int32_t i = 0; i < fv_model_input_count(feed->model); i++) {
    const int64_t row = feed->input_rows[i];
    memcpy(feed->inputs[i] + place * row, arrays->inputs[i] + sample * row, (size_t)row * sizeof(float));
  }
  for (int32_t i = 0; i < fv_model_output_count(feed->model); i++) {
    const int64_t row = feed->target_rows[i];
    memcpy(feed->targets[i] + place * row, arrays->targets[i] + sample * row, (size_t)row * sizeof(float));
  }
  feed->samples[place] = sample;
  if (!feed->weights) return;
  feed->weights[place] = arrays->sample_weights ? arrays->sample_weights[sample] : 1;
  if (feed->options.class_weights) feed->weights[place] *= feed->options.class_weights[class_of(feed, sample)];
}

static void next_of_arrays(fv__feed *feed, fv__feed_batch *batch) {
  const int32_t size = feed->options.batch_size;
  const int64_t first = feed->step * size, left = feed->samples_per_epoch - first;
  const int32_t count = left < size ? (int32_t)left : size;
  for (int32_t i = 0; i < count; i++) {
    const int64_t in_run = feed->epoch * feed->samples_per_epoch + first + i;
    gather(feed, i, sample_at(feed, in_run / feed->count, in_run % feed->count));
  }
  batch->batch =
      (fv_learner_batch){count, (const float *const *)feed->inputs, (const float *const *)feed->targets, feed->weights};
  batch->samples = feed->samples;
}

/* ---- both */

fv_status fv__feed_open(fv__feed *feed, fv_model *model, const fv__feed_options *options) {
  *feed = (fv__feed){.options = *options, .model = model};
  if (!options->dataset == !options->arrays)
    return fail(FV_ERROR_INVALID, "either a set or arrays must be given, not %s", options->dataset ? "both" : "none");
  if (options->batch_size < 1)
    return fail(FV_ERROR_INVALID, "batch_size must be above 0, not %" PRId32, options->batch_size);
  return options->dataset ? open_set(feed) : open_arrays(feed);
}

void fv__feed_close(fv__feed *feed) {
  fv_loader_destroy(feed->loader);
  fv__arena_clear(&feed->arena);
  *feed = (fv__feed){.count = 0};
}

static void tell_broken(const fv__feed *feed, int64_t index) {
  const fv_train_message message = {.kind = FV_MESSAGE_WARNING,
                                    .callback = "fit",
                                    .epoch = (int32_t)feed->epoch,
                                    .text = fv_loader_broken(feed->loader, index).message};
  if (feed->options.say) feed->options.say(feed->options.context, &message);
}

fv_status fv__feed_next(fv__feed *feed, fv__feed_batch *batch) {
  if (feed->loader) {
    const fv_batch *loaded;
    int64_t told = fv_loader_broken_count(feed->loader);
    TRY(fv_loader_next(&loaded, feed->loader));
    while (told < fv_loader_broken_count(feed->loader)) tell_broken(feed, told++);
    feed->loaded_inputs = loaded->inputs;
    feed->loaded_targets = loaded->targets;
    batch->batch = (fv_learner_batch){loaded->count, &feed->loaded_inputs, &feed->loaded_targets, loaded->weights};
    batch->samples = loaded->samples;
  } else {
    next_of_arrays(feed, batch);
  }
  if (++feed->step == feed->steps) {
    feed->step = 0;
    feed->epoch++;
  }
  return FV_OK;
}

fv_status fv__feed_seek(fv__feed *feed, int64_t epoch, int64_t step) {
  if (epoch == feed->epoch && step == feed->step) return FV_OK;
  if (feed->loader) TRY(fv_loader_seek(feed->loader, epoch, step));
  feed->epoch = epoch;
  feed->step = step;
  return FV_OK;
}

char *fv__feed_name(char *text, size_t size, const fv__feed *feed, int64_t sample) {
  if (feed->loader) return fv_dataset_name(text, size, feed->options.dataset, sample);
  snprintf(text, size, "sample %" PRId64, sample);
  return text;
}

/* One step of a mixing that any change of a number changes. */
static uint64_t mix(uint64_t hash, const float *numbers, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &numbers[i], sizeof bits);
    hash = (hash ^ bits) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  return hash;
}

uint64_t fv__feed_fingerprint(const fv__feed *feed) {
  const fv_fit_arrays *arrays = feed->options.arrays;
  if (feed->loader) return fv_dataset_fingerprint(feed->options.dataset);
  uint64_t hash = (uint64_t)arrays->count;
  for (int32_t i = 0; i < fv_model_input_count(feed->model); i++)
    hash = mix(hash, arrays->inputs[i], arrays->count * feed->input_rows[i]);
  for (int32_t i = 0; i < fv_model_output_count(feed->model); i++)
    hash = mix(hash, arrays->targets[i], arrays->count * feed->target_rows[i]);
  if (arrays->sample_weights) hash = mix(hash, arrays->sample_weights, arrays->count);
  return hash;
}

/* ---- a pass */

fv_status fv__feed_plan(fv_plan **plan, const fv__feed *feed, const fv__feed_tour *pass) {
  return fv_plan_create(plan, feed->model,
                        &(fv_plan_options){.batch = feed->options.batch_size,
                                           .threads = pass->threads,
                                           .memory_limit = pass->memory_limit,
                                           .accuracy = pass->accuracy});
}

/* A batch with fewer samples than the plan leaves its last rows as they are: nobody looks at what comes of them. */
static fv_status run_batch(fv_plan *plan, const fv__feed *feed, const fv__feed_batch *batch) {
  for (int32_t i = 0; i < fv_model_input_count(feed->model); i++) {
    const fv_shape shape = fv_plan_input_shape(plan, i);
    int64_t row;
    TRY(row_of(&row, &shape, fv_model_input_name(feed->model, i)));
    memcpy(fv_plan_input(plan, i), batch->batch.inputs[i], (size_t)(batch->batch.count * row) * sizeof(float));
  }
  return fv_run(plan, NULL);
}

/* The order is the same in every pass, so what was prepared ahead for the next one is right. */
fv_status fv__feed_run(fv__feed *feed, const fv__feed_tour *pass) {
  fv_plan *plan;
  if (feed->step) TRY(fv__feed_seek(feed, 0, 0));
  TRY(fv__feed_plan(&plan, feed, pass));
  fv_status status = FV_OK;
  for (int64_t step = 0; step < feed->steps && !status; step++) {
    fv__feed_batch batch;
    status = fv__feed_next(feed, &batch);
    if (status || !batch.batch.count) continue;
    status = run_batch(plan, feed, &batch);
    if (!status) status = pass->visit(pass->context, &batch, plan);
  }
  fv_plan_destroy(plan);
  return status;
}
