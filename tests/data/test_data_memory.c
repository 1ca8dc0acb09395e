/* Every allocation may fail: opening a set, splitting it and loading batches end in FV_ERROR_MEMORY and leak nothing.
 * The program's malloc is its own here, as in test_image_memory. Archives of NumPy are left out: libzip calls a file
 * damaged when it has no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/fovea.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "support/failing_malloc.h"

static char root[64], path[256];

static fv_status try_open(void) {
  fv_dataset *d, *training, *validation, *part = NULL;
  fv_status status = fv_dataset_open(&d, path, NULL);
  if (status) {
    assert_null(d);
    return status;
  }
  status = fv_dataset_split(&training, &validation, d, NULL);
  if (!status) status = fv_dataset_draw(&part, training, 2, 1);
  fv_dataset_destroy(part);
  fv_dataset_destroy(validation);
  fv_dataset_destroy(training);
  fv_sample sample = {{0}, {{0}, NULL}};
  if (!status) status = fv_dataset_read(&sample, d, 0);
  fv_sample_destroy(&sample);
  fv_dataset_destroy(d);
  return status;
}

static fv_status load_batches(const fv_dataset *d) {
  const fv_augment_options augment = {.rotation = 20};
  const fv_preprocessing p = {.mode = FV_PREPROCESSING_NONE, .size = {3, 4}, .scale = 1, .std = {1, 1, 1}};
  const float weights[8] = {0};
  fv_loader *loader;
  const fv_batch *batch;
  fv_status status = fv_loader_create(&loader, d,
                                      &(fv_loader_options){.preprocessing = &p,
                                                           .augment = &augment,
                                                           .batch_size = 2,
                                                           .class_weights = weights,
                                                           .threads = 1,
                                                           .cache_limit = 1 << 10,
                                                           .skip_broken = true});
  for (int i = 0; !status && i < 4; i++) status = fv_loader_next(&batch, loader);
  fv_loader_destroy(loader);
  return status;
}

static fv_status try_load(void) {
  fv_dataset *d;
  fv_status status = fv_dataset_open(&d, path, NULL);
  if (!status) status = load_batches(d);
  fv_dataset_destroy(d);
  return status;
}

/* Lets the first, the second, the third ... allocation fail until nothing does. */
static void fail_everywhere(fv_status (*attempt)(void)) {
  assert_int_equal(attempt(), FV_OK); /* what libraries keep is taken now */
  for (int mode = 0; mode < 2; mode++)
    for (int64_t n = 0;; n++) {
      assert_true(n < 10000);
      for_ever = mode;
      int64_t already = living;
      before_failure = n;
      fv_status status = attempt();
      bool all_succeeded = before_failure > 0;
      before_failure = -1;
      if (living != already)
        fail_msg("%lld allocations leak when number %lld fails", (long long)(living - already), (long long)n);
      if (status == FV_OK && all_succeeded) break;
      /* one that fails may be made up for; then all is well */
      if (status != FV_OK && status != FV_ERROR_MEMORY)
        fail_msg("status %d when allocation %lld fails: %s", status, (long long)n, fv_error_message());
    }
}

static const char *at(const char *name) {
  static char paths[4][256];
  static int next;
  char *found = paths[next++ % 4];
  snprintf(found, sizeof paths[0], "%s/%s", root, name);
  return found;
}

static void write_picture(const char *name) {
  fv_image image;
  assert_int_equal(fv_image_create(&image, 4, 6, 3), FV_OK);
  assert_int_equal(fv_image_write(at(name), &image), FV_OK);
  fv_image_destroy(&image);
}

static void write_idx(void) {
  const uint8_t labels[11] = {0, 0, 8, 1, 0, 0, 0, 3, 1, 1, 2};
  const uint8_t head[16] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4};
  uint8_t images[40] = {0};
  memcpy(images, head, 16);
  assert_int_equal(fv_bytes_write(at("train-labels-idx1-ubyte"), labels, sizeof labels), FV_OK);
  gzFile file = gzopen(at("train-images-idx3-ubyte.gz"), "wb");
  assert_int_equal(gzwrite(file, images, sizeof images), (int)sizeof images);
  assert_int_equal(gzclose(file), Z_OK);
}

static int set_up(void **state) {
  (void)state;
  snprintf(root, sizeof root, "/tmp/fovea-data-memory-XXXXXX");
  if (!mkdtemp(root) || mkdir(at("f"), 0755) || mkdir(at("f/a"), 0755) || mkdir(at("f/b"), 0755)) return -1;
  const char *const names[] = {"f/a/1.bmp", "f/a/2.bmp", "f/b/1.bmp", "f/b/2.png"};
  for (int i = 0; i < 4; i++) write_picture(names[i]);
  const char *list = "label,path\nx,f/a/1.bmp\ny,f/b/1.bmp\nx,f/b/2.png\n\"x\",none.png\n";
  if (fv_bytes_write(at("f/a/broken.png"), "no", 2) || fv_bytes_write(at("list.csv"), list, strlen(list))) return -1;
  write_idx();
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf %s", root);
  return system(command);
}

static void every_source(void **state) {
  (void)state;
  if (!OWN_MALLOC) skip();
  const char *const names[] = {"f", "list.csv", "train"};
  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s", at(names[i]));
    fail_everywhere(try_open);
  }
}

static void loaders(void **state) {
  (void)state;
  if (!OWN_MALLOC) skip();
  const char *const names[] = {"f", "train"};
  for (int i = 0; i < 2; i++) {
    snprintf(path, sizeof path, "%s", at(names[i]));
    fail_everywhere(try_load);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_source), cmocka_unit_test(loaders)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
