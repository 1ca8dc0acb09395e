/* Steps of training, in milliseconds: LeNet-5 with batches of 128 digits, and the chapter's program: VGG16 on 224 x 224
 * pixels with a head of its own, layers[:5] frozen, batches of 16.
 *
 *   bench_train [lenet|vgg16] [THREADS] [STEPS]
 *   bench_train epoch [THREADS] [STEPS] [ROUNDS] [FOLDER]
 *
 * `epoch` asks how much longer the chapter's epoch is than its steps alone: rounds of so many steps (6) of VGG16 on a
 * batch that is ready and of as many on batches of a loader, which decodes and augments the photos of FOLDER as
 * examples/05_transfer_train does, in turn. The loader's queue is full whenever a turn begins, as it is within an
 * epoch: each turn pays for as many batches as it takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "training.h"

static double megabytes(int64_t bytes) { return (double)bytes / (1024 * 1024); }

static void run(const char *name, int32_t threads, int steps) {
  training t;
  training_open(&t, name, 0.5, threads);
  double least = 1e30, sum = 0;
  training_step(&t); /* memory is touched for the first time */
  for (int step = 0; step < steps; step++) {
    const double before = training_seconds();
    training_step(&t);
    const double took = training_seconds() - before;
    least = took < least ? took : least;
    sum += took;
  }
  const fv_learner_memory memory = fv_learner_memory_use(t.learner);
  printf("%-6s batch %3d, %d threads: step %8.2f ms (mean %8.2f), %7.3f ms an image; activations %.0f MB, gradients "
         "%.0f MB, optimizer %.0f MB, packed and scratch %.0f MB\n",
         name, (int)t.batch, (int)threads, least * 1e3, sum / steps * 1e3, least * 1e3 / t.batch,
         megabytes(memory.plan.activations), megabytes(memory.plan.gradients), megabytes(memory.optimizer),
         megabytes(memory.plan.packed + memory.plan.scratch));
  training_close(&t);
}

/* ---- the epoch */

enum { WARM = 2 };

static fv_loader *chapters_loader(const fv_dataset *photos, const training *t, int32_t threads) {
  static const fv_augment_options augment = {.horizontal_flip = true,
                                             .fill = FV_AUGMENT_NEAREST,
                                             .zoom = {0.3},
                                             .width_shift = 0.3,
                                             .height_shift = 0.3,
                                             .rotation = 30};
  const fv_shape in = fv_model_input_shape(t->model, 0);
  fv_preprocessing rescale;
  fv_loader *loader = NULL;
  fv_status status = fv_preprocessing_parse(&rescale, "scale:1/255");
  rescale.size = (fv_pair){(int32_t)in.dims[1], (int32_t)in.dims[2]};
  rescale.channels = FV_CHANNELS_RGB;
  const fv_loader_options options = {.preprocessing = &rescale,
                                     .augment = &augment,
                                     .batch_size = t->batch,
                                     .samples_per_epoch = INT32_MAX,
                                     .seed = 1,
                                     .threads = threads};
  if (!status) status = fv_loader_create(&loader, photos, &options);
  if (status) training_end(fv_error_message());
  return loader;
}

/* Seconds of some steps; with a loader each on its next batch, with the classes of the ready one. */
static double turn(training *t, fv_loader *loader, int steps) {
  float *ready = t->pictures;
  const double before = training_seconds();
  for (int i = 0; i < steps; i++) {
    const fv_batch *batch;
    if (loader) {
      if (fv_loader_next(&batch, loader)) training_end(fv_error_message());
      t->pictures = batch->inputs;
    }
    training_step(t);
    t->pictures = ready;
  }
  return training_seconds() - before;
}

static void run_epoch(int32_t threads, int steps, int rounds, const char *folder) {
  fv_dataset *photos;
  if (fv_dataset_open(&photos, folder, NULL)) training_end(fv_error_message());
  training t;
  training_open(&t, "vgg16", 0.5, threads);
  fv_loader *loader = chapters_loader(photos, &t, threads);
  double least[2] = {1e30, 1e30}, sum[2] = {0, 0};
  turn(&t, NULL, 1);
  turn(&t, loader, WARM);
  for (int turns = 0; turns < 2 * rounds; turns++) {
    const int loads = turns % 2 != turns / 2 % 2; /* the order turns round too */
    const double took = turn(&t, loads ? loader : NULL, steps);
    least[loads] = took < least[loads] ? took : least[loads];
    sum[loads] += took;
  }
  printf("epoch  batch %3d, %d threads, %d steps a turn: steps alone %8.2f ms (mean %8.2f), decoding and augmentation "
         "beside them %8.2f (%8.2f); ratio %.3f (means %.3f)\n",
         (int)t.batch, (int)threads, steps, least[0] / steps * 1e3, sum[0] / steps / rounds * 1e3,
         least[1] / steps * 1e3, sum[1] / steps / rounds * 1e3, least[1] / least[0], sum[1] / sum[0]);
  fv_loader_destroy(loader);
  training_close(&t);
  fv_dataset_destroy(photos);
}

static int number(int count, char **words, int at, int otherwise) {
  const int given = at < count ? atoi(words[at]) : 0;
  return given > 0 ? given : otherwise;
}

int main(int count, char **words) {
  const char *only = count > 1 ? words[1] : NULL;
  const int32_t threads = number(count, words, 2, 2);
  if (!only || !strcmp(only, "lenet")) run("lenet", threads, number(count, words, 3, 200));
  if (!only || !strcmp(only, "vgg16")) run("vgg16", threads, number(count, words, 3, 2));
  if (only && !strcmp(only, "epoch"))
    run_epoch(threads, number(count, words, 3, 6), number(count, words, 4, 2),
              count > 5 ? words[5] : FOVEA_SOURCE_DIR "/../shared/data/flower17");
  return 0;
}
