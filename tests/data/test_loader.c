/* Loaders: batches that depend on nothing but their place, whatever the threads; samples that break; the cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "data/crew.h"
#include "data/mix.h"
#undef fail

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fovea/fovea.h>

enum { PICTURES = 23, CLASSES = 3 };

static char root[64];
static fv_preprocessing tf;
static fv_augment_options augment;

static void path_of(char path[256], int number) {
  snprintf(path, 256, "%s/%c/%02d.%s", root, 'a' + number % CLASSES, number, number % 2 ? "png" : "jpg");
}

static void write_picture(int number) {
  char path[256];
  fv_image image;
  assert_int_equal(fv_image_create(&image, 20 + number, 31, 3), FV_OK);
  for (int i = 0; i < image.height * image.width * 3; i++) image.pixels[i] = (uint8_t)(i * (number + 3) / 7);
  path_of(path, number);
  assert_int_equal(fv_image_write(path, &image), FV_OK);
  fv_image_destroy(&image);
}

static void remove_all(void) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf %s", root);
  if (root[0]) assert_int_equal(system(command), 0);
}

static int set_up(void **state) {
  (void)state;
  snprintf(root, sizeof root, "/tmp/fovea-loader-XXXXXX");
  if (!mkdtemp(root)) return -1;
  for (int c = 0; c < CLASSES; c++) {
    char path[128];
    snprintf(path, sizeof path, "%s/%c", root, 'a' + c);
    if (mkdir(path, 0755)) return -1;
  }
  for (int i = 0; i < PICTURES; i++) write_picture(i);
  if (fv_preprocessing_parse(&tf, "tf")) return -1;
  tf.size = (fv_pair){12, 16};
  return fv_augment_parse(&augment, "rotation=30 zoom=0.3 width_shift=0.2 horizontal_flip channel_shift=20");
}

static int tear_down(void **state) {
  (void)state;
  remove_all();
  return 0;
}

static fv_dataset *open_set(void) {
  fv_dataset *d;
  assert_int_equal(fv_dataset_open(&d, root, NULL), FV_OK);
  return d;
}

static fv_loader *load(const fv_dataset *d, fv_loader_options options) {
  fv_loader *loader;
  const fv_status status = fv_loader_create(&loader, d, &options);
  if (status) print_message("%s\n", fv_error_message());
  assert_int_equal(status, FV_OK);
  return loader;
}

static const fv_batch *next(fv_loader *loader) {
  const fv_batch *batch;
  const fv_status status = fv_loader_next(&batch, loader);
  if (status) print_message("%s\n", fv_error_message());
  assert_int_equal(status, FV_OK);
  return batch;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001B3u;
  return hash;
}

static uint64_t digest(const fv_batch *b) {
  uint64_t hash = mix(mix(7, &b->epoch, sizeof b->epoch), &b->step, sizeof b->step);
  hash = mix(hash, b->inputs, (size_t)b->count * 12 * 16 * 3 * sizeof(float));
  hash = mix(hash, b->targets, (size_t)b->count * CLASSES * sizeof(float));
  return mix(hash, b->samples, (size_t)b->count * sizeof *b->samples);
}

enum { BATCHES = 13 };

static void digests(uint64_t found[BATCHES], const fv_dataset *d, fv_loader_options options) {
  fv_loader *loader = load(d, options);
  for (int i = 0; i < BATCHES; i++) found[i] = digest(next(loader));
  fv_loader_destroy(loader);
}

static void threads_change_nothing(void **state) {
  (void)state;
  fv_dataset *d = open_set();
  fv_loader_options options = {.preprocessing = &tf, .augment = &augment, .batch_size = 5, .seed = 9, .threads = 1};
  uint64_t first[BATCHES], other[BATCHES];
  digests(first, d, options);
  for (int i = 0; i < BATCHES; i++)
    for (int k = 0; k < i; k++) assert_true(first[i] != first[k]);
  for (int threads = 1; threads <= 4; threads++) {
    options.threads = threads;
    options.ahead = 1 + threads % 3;
    options.cache_limit = threads > 2 ? 1 << 20 : 0;
    digests(other, d, options);
    assert_memory_equal(first, other, sizeof first);
  }
  options.seed = 10;
  digests(other, d, options);
  for (int i = 0; i < BATCHES; i++) assert_true(first[i] != other[i]);
  fv_dataset_destroy(d);
}

static void resumes_anywhere(void **state) {
  (void)state;
  fv_dataset *d = open_set();
  fv_loader_options options = {
      .preprocessing = &tf, .augment = &augment, .batch_size = 5, .samples_per_epoch = 17, .seed = 2};
  uint64_t all[BATCHES];
  digests(all, d, options);
  fv_loader *loader = load(d, options);
  assert_int_equal(fv_loader_steps(loader), 4);
  const int places[] = {7, 0, 12, 3, 3};
  for (int i = 0; i < 5; i++) {
    assert_int_equal(fv_loader_seek(loader, places[i] / 4, places[i] % 4), FV_OK);
    assert_true(digest(next(loader)) == all[places[i]]);
    if (places[i] + 1 < BATCHES) assert_true(digest(next(loader)) == all[places[i] + 1]);
  }
  assert_int_equal(fv_loader_seek(loader, 0, 4), FV_ERROR_INVALID);
  assert_int_equal(fv_loader_seek(loader, -1, 0), FV_ERROR_INVALID);
  assert_int_equal(fv_loader_seek(loader, INT64_MAX / 8, 0), FV_ERROR_INVALID);
  assert_true(digest(next(loader)) == all[5]); /* refused seeks leave the place */
  fv_loader_destroy(loader);
  fv_dataset_destroy(d);
}

/* Every pass has every sample once; the last batch of an epoch is smaller. */
static void passes(void **state) {
  (void)state;
  fv_dataset *d = open_set();
  for (int per_epoch = 0; per_epoch <= 40; per_epoch += 8) {
    fv_loader *loader =
        load(d, (fv_loader_options){.preprocessing = &tf, .batch_size = 6, .samples_per_epoch = per_epoch});
    const int64_t wanted = per_epoch ? per_epoch : PICTURES;
    assert_int_equal(fv_loader_samples_per_epoch(loader), wanted);
    int seen[PICTURES] = {0};
    int64_t in_run = 0;
    for (int epoch = 0; epoch < 6; epoch++) {
      int64_t in_epoch = 0;
      for (int64_t step = 0; step < fv_loader_steps(loader); step++) {
        const fv_batch *b = next(loader);
        assert_int_equal(b->epoch, epoch);
        assert_int_equal(b->step, step);
        assert_int_equal(b->count, wanted - in_epoch < 6 ? wanted - in_epoch : 6);
        in_epoch += b->count;
        for (int i = 0; i < b->count; i++) {
          assert_int_equal(seen[b->samples[i]], in_run / PICTURES);
          seen[b->samples[i]]++;
          in_run++;
        }
      }
    }
    fv_loader_destroy(loader);
  }
  fv_dataset_destroy(d);
}

static void numbers_are_those_of_prediction(void **state) {
  (void)state;
  fv_dataset *d = open_set();
  const char *const words[] = {"tf", "caffe", "torch", "lite", "scale:1/255"};
  const char *const methods[] = {"pil-bilinear", "tf-bilinear", "cv-area", "torch-bilinear-aa", "pil-lanczos"};
  for (int i = 0; i < 5; i++) {
    fv_preprocessing p;
    assert_int_equal(fv_preprocessing_parse(&p, words[i]), FV_OK);
    p.size = (fv_pair){12, 16};
    snprintf(p.resize, sizeof p.resize, "%s", methods[i]);
    if (i == 4) p.channels = FV_CHANNELS_GRAY;
    fv_loader *loader = load(d, (fv_loader_options){.preprocessing = &p, .cache_limit = i % 2 ? 1 << 20 : 0});
    assert_int_equal(fv_loader_is_cached(loader), i % 2);
    const int64_t numbers = 12 * 16 * (i == 4 ? 1 : 3);
    float expected[12 * 16 * 3];
    for (int turn = 0; turn < 2; turn++) {
      const fv_batch *b = next(loader);
      for (int k = 0; k < b->count; k++) {
        char path[256];
        fv_dataset_name(path, sizeof path, d, b->samples[k]);
        assert_int_equal(fv_preprocess(expected, &(fv_picture){.path = path}, &p), FV_OK);
        assert_memory_equal(b->inputs + k * numbers, expected, (size_t)numbers * sizeof(float));
      }
    }
    fv_loader_destroy(loader);
  }
  fv_dataset_destroy(d);
}

static void targets_and_weights(void **state) {
  (void)state;
  fv_dataset *d = open_set();
  const float weights[CLASSES] = {0.5f, 1, 2};
  for (int numbers = 0; numbers < 2; numbers++) {
    fv_loader *loader = load(d, (fv_loader_options){.preprocessing = &tf,
                                                    .no_shuffle = true,
                                                    .class_numbers = numbers,
                                                    .class_weights = numbers ? weights : NULL});
    const fv_batch *b = next(loader);
    assert_int_equal(b->count, PICTURES);
    for (int i = 0; i < PICTURES; i++) {
      const int32_t label = fv_dataset_label(d, i);
      assert_int_equal(b->samples[i], i);
      if (numbers) {
        assert_true(b->targets[i] == (float)label);
        assert_true(b->weights[i] == weights[label]);
      }
      for (int c = 0; !numbers && c < CLASSES; c++) assert_true(b->targets[i * CLASSES + c] == (c == label));
    }
    assert_true(numbers || !b->weights);
    fv_loader_destroy(loader);
  }
  fv_dataset_destroy(d);
}

static void broken_samples(void **state) {
  (void)state;
  fv_dataset *d = open_set();
  char path[256];
  path_of(path, 4);
  assert_int_equal(unlink(path), 0);
  const fv_batch *batch;
  fv_loader *loader = load(d, (fv_loader_options){.preprocessing = &tf, .batch_size = 23, .seed = 1});
  for (int i = 0; i < 2; i++) {
    assert_int_equal(fv_loader_next(&batch, loader), FV_ERROR_NOT_FOUND);
    assert_null(batch);
    assert_non_null(strstr(fv_error_message(), path));
  }
  write_picture(4);
  assert_int_equal(next(loader)->step, 0); /* the place stayed */
  fv_loader_destroy(loader);
  unlink(path);
  loader = load(d, (fv_loader_options){.preprocessing = &tf, .batch_size = 5, .seed = 1, .skip_broken = true});
  int missing = 0;
  for (int i = 0; i < 10; i++) {
    const fv_batch *b = next(loader);
    missing += (i % 5 == 4 ? 3 : 5) - b->count;
    for (int k = 0; k < b->count; k++) {
      assert_int_not_equal(b->samples[k], 9);
      assert_true(b->targets[k * CLASSES + fv_dataset_label(d, b->samples[k])] == 1);
    }
  }
  assert_int_equal(missing, 2);
  assert_int_equal(fv_loader_broken_count(loader), 1);
  assert_string_equal(fv_loader_broken(loader, 0).name, path);
  assert_non_null(strstr(fv_loader_broken(loader, 0).message, path));
  assert_null(fv_loader_broken(loader, 1).name);
  fv_loader_destroy(loader);
  for (int i = 0; i < 12; i++) {
    path_of(path, i);
    unlink(path);
  }
  loader = load(d, (fv_loader_options){.preprocessing = &tf, .batch_size = 23, .skip_broken = true});
  assert_int_equal(fv_loader_next(&batch, loader), FV_ERROR_FORMAT);
  assert_non_null(strstr(fv_error_message(), "11 of 23 samples cannot be read"));
  fv_loader_destroy(loader);
  loader = load(d, (fv_loader_options){.preprocessing = &tf, .batch_size = 1, .no_shuffle = true, .skip_broken = true});
  assert_int_equal(next(loader)->count, 0); /* and it is no error */
  assert_int_equal(fv_loader_broken_count(loader), 1);
  fv_loader_destroy(loader);
  for (int i = 0; i < 12; i++) write_picture(i);
  fv_dataset_destroy(d);
}

static void cached_pictures_need_no_file(void **state) {
  (void)state;
  fv_dataset *d = open_set();
  fv_loader *loader =
      load(d, (fv_loader_options){
                  .preprocessing = &tf, .augment = &augment, .batch_size = 23, .cache_limit = 23 * 12 * 16 * 3});
  assert_true(fv_loader_is_cached(loader));
  next(loader);
  next(loader);
  next(loader);
  for (int i = 0; i < PICTURES; i++) {
    char path[256];
    path_of(path, i);
    unlink(path);
  }
  for (int i = 0; i < 5; i++) next(loader);
  fv_loader_destroy(loader);
  for (int i = 0; i < PICTURES; i++) write_picture(i);
  loader = load(d, (fv_loader_options){.preprocessing = &tf, .cache_limit = 23 * 12 * 16 * 3 - 1});
  assert_false(fv_loader_is_cached(loader));
  fv_loader_destroy(loader);
  fv_dataset_destroy(d);
}

static void options_out_of_range(void **state) {
  (void)state;
  fv_dataset *d = open_set();
  const fv_augment_options turned = {.rotation = 500};
  const fv_preprocessing unset = {.size = {3, 3}, .std = {1, 1, 1}};
  const fv_loader_options wrong[] = {
      {.preprocessing = &tf, .batch_size = -1},   {.preprocessing = &tf, .ahead = 65},
      {.preprocessing = &tf, .threads = 257},     {.preprocessing = &tf, .samples_per_epoch = -1},
      {.preprocessing = &tf, .augment = &turned}, {.preprocessing = &unset},
      {.preprocessing = &tf, .cache_limit = -1},
  };
  fv_loader *loader;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(fv_loader_create(&loader, d, &wrong[i]), FV_ERROR_INVALID);
    assert_null(loader);
  }
  assert_int_equal(fv_loader_create(&loader, d, NULL), FV_ERROR_SHAPE); /* sizes of their own */
  fv_loader_destroy(NULL);
  loader = load(d, (fv_loader_options){.preprocessing = &tf}); /* ends before it began */
  fv_loader_destroy(loader);
  fv_dataset_destroy(d);
}

/* Arrays of floats: converted, cropped and scaled like pictures. */
static void arrays(void **state) {
  (void)state;
  char path[128];
  fv_tensor x, y;
  assert_int_equal(fv_tensor_create(&x, &(fv_shape){4, {2, 4, 4, 3}}), FV_OK);
  assert_int_equal(fv_tensor_create(&y, &(fv_shape){1, {2}}), FV_OK);
  for (int i = 0; i < 96; i++) x.data[i] = (float)i + 0.5f;
  snprintf(path, sizeof path, "%s/y.npy", root);
  assert_int_equal(fv_npy_write(path, &y), FV_OK);
  snprintf(path, sizeof path, "%s/x.npy", root);
  assert_int_equal(fv_npy_write(path, &x), FV_OK);
  fv_dataset *d;
  assert_int_equal(fv_dataset_open(&d, path, NULL), FV_OK);
  fv_loader *loader = load(d, (fv_loader_options){.no_shuffle = true});
  assert_memory_equal(next(loader)->inputs, x.data, 96 * sizeof(float));
  fv_loader_destroy(loader);
  fv_preprocessing p = {.mode = FV_PREPROCESSING_OWN,
                        .size = {2},
                        .crop = 0.5,
                        .channels = FV_CHANNELS_BGR,
                        .scale = 2,
                        .mean = {1, 1, 1},
                        .std = {1, 1, 1}};
  loader = load(d, (fv_loader_options){.preprocessing = &p, .no_shuffle = true});
  assert_true(next(loader)->inputs[0] == 2 * x.data[17] - 1);
  fv_loader_destroy(loader);
  p.channels = FV_CHANNELS_GRAY;
  loader = load(d, (fv_loader_options){.preprocessing = &p, .no_shuffle = true});
  assert_float_equal(next(loader)->inputs[0], 31.63f, 1e-3f);
  fv_loader_destroy(loader);
  fv_dataset_destroy(d);
  fv_tensor_destroy(&x);
  fv_tensor_destroy(&y);
}

/* ---- mixing */

static void mixed_batches(void **state) {
  (void)state;
  fv_dataset *d = open_set();
  const float weights[CLASSES] = {1, 2, 4};
  static const char *const words[] = {"mix_up=0.4", "cut_mix=1", "mixup=0.2 cutmix=0.7"};
  for (int kind = 0; kind < 3; kind++) {
    fv_augment_options mixing;
    assert_int_equal(fv_augment_parse(&mixing, words[kind]), FV_OK);
    fv_loader_options options = {.preprocessing = &tf, .batch_size = 23, .seed = 5, .class_weights = weights};
    fv_loader *plain = load(d, options);
    options.augment = &mixing;
    fv_loader *loader = load(d, options), *again = load(d, options);
    int blends = 0, pastes = 0;
    for (int step = 0; step < 6; step++) {
      const fv_batch *b = next(loader), *p = next(plain);
      assert_true(digest(b) == digest(next(again)));
      for (int i = 0; i < b->count; i++) {
        double sum = 0, own = 0, weight = 0;
        for (int c = 0; c < CLASSES; c++) {
          sum += (double)b->targets[i * CLASSES + c];
          weight += (double)(b->targets[i * CLASSES + c] * weights[c]);
          own += (double)(b->targets[i * CLASSES + c] * p->targets[i * CLASSES + c]);
        }
        assert_float_equal((float)sum, 1, 1e-5f);
        assert_float_equal(b->weights[i], (float)weight, 1e-4f);
        int64_t equal = 0;
        for (int64_t k = 0; k < 12 * 16 * 3; k++) equal += b->inputs[i * 576 + k] == p->inputs[i * 576 + k];
        if (own < 0.9 && equal > 576 / 20) pastes++;
        if (own < 0.9 && equal < 576 / 20) blends++;
        if (kind == 1 && own < 0.999)
          assert_true((double)equal >= own * 576 - 1); /* what stays is the own class's part */
      }
    }
    assert_true(kind == 0 ? blends > 5 : kind == 1 ? pastes > 5 : blends + pastes > 5);
    fv_loader_destroy(plain);
    fv_loader_destroy(loader);
    fv_loader_destroy(again);
    options.class_numbers = true;
    assert_int_equal(fv_loader_create(&loader, d, &options), FV_ERROR_INVALID);
  }
  fv_dataset_destroy(d);
}

/* Beta(a, a) has mean 1/2 and variance 1 / (4 (2 a + 1)). */
static void beta_draws(void **state) {
  (void)state;
  const double parameters[] = {0.01, 0.2, 1, 3, 50};
  for (int k = 0; k < 5; k++) {
    double sum = 0, square = 0;
    for (uint64_t i = 0; i < 20000; i++) {
      const double x = fv__draw_beta(i * 0x9E3779B97F4A7C15u, parameters[k]);
      assert_true(x >= 0 && x <= 1);
      sum += x;
      square += (x - 0.5) * (x - 0.5);
    }
    assert_float_equal((float)(sum / 20000), 0.5f, 0.012f);
    assert_float_equal((float)(square / 20000 * 4 * (2 * parameters[k] + 1)), 1, 0.04f);
  }
}

static void standardised_batches(void **state) {
  (void)state;
  fv_dataset *d = open_set();
  fv_augment_options asked;
  fv_loader *loader;
  fv_standardisation *fitted;
  assert_int_equal(fv_augment_parse(&asked, "featurewise_std_normalization"), FV_OK);
  fv_loader_options options = {.preprocessing = &tf, .batch_size = PICTURES, .augment = &asked};
  assert_int_equal(fv_loader_create(&loader, d, &options), FV_ERROR_INVALID);
  assert_int_equal(fv_standardisation_learn(&fitted, d, &tf, &asked.standardise), FV_OK);
  options.standardise = fitted;
  loader = load(d, options);
  const fv_batch *b = next(loader);
  double sum = 0, square = 0;
  for (int i = 0; i < PICTURES * 192; i++) {
    sum += (double)b->inputs[3 * i];
    square += (double)b->inputs[3 * i] * (double)b->inputs[3 * i];
  }
  assert_float_equal((float)(sum / (PICTURES * 192)), 0, 1e-4f);
  assert_float_equal((float)(square / (PICTURES * 192)), 1, 1e-3f);
  fv_loader_destroy(loader);
  fv_standardisation_destroy(fitted);
  fv_dataset_destroy(d);
}

/* ---- the crew alone */

static _Atomic int counts[4][50];

static void count_item(void *context, int32_t job, int32_t item, int thread) {
  assert_true(thread >= 0 && thread < *(const int *)context);
  counts[job][item]++;
}

static void crews(void **state) {
  (void)state;
  for (int threads = 0; threads < 4; threads++) {
    fv__crew *crew;
    int seats = fv__crew_seats(threads), expected = 0;
    memset(counts, 0, sizeof counts);
    assert_int_equal(fv__crew_create(&crew, threads, 4, count_item, &seats), FV_OK);
    for (int round = 0; round < 20; round++, expected++) {
      for (int job = 0; job < 4; job++) fv__crew_start(crew, job, 50);
      for (int job = 0; job < 4; job++) fv__crew_finish(crew, job);
      for (int i = 0; i < 50; i++) assert_int_equal(counts[round % 4][i], expected + 1);
    }
    fv__crew_start(crew, 1, 50);
    fv__crew_cancel(crew);
    fv__crew_cancel(crew);
    fv__crew_start(crew, 2, 50);
    fv__crew_destroy(crew);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_change_nothing),
      cmocka_unit_test(resumes_anywhere),
      cmocka_unit_test(passes),
      cmocka_unit_test(numbers_are_those_of_prediction),
      cmocka_unit_test(targets_and_weights),
      cmocka_unit_test(broken_samples),
      cmocka_unit_test(cached_pictures_need_no_file),
      cmocka_unit_test(options_out_of_range),
      cmocka_unit_test(arrays),
      cmocka_unit_test(mixed_batches),
      cmocka_unit_test(beta_draws),
      cmocka_unit_test(standardised_batches),
      cmocka_unit_test(crews),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
