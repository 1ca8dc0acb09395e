/* Data sets that a test writes into a folder of its own, and opens. Included by a program's only file, after cmocka. */
#ifndef FOVEA_TESTS_DATA_SETS_H
#define FOVEA_TESTS_DATA_SETS_H

#include <stdio.h>
#include <stdlib.h>

#include <fovea/dataset.h>

static char root[64];

static const char *at(const char *name) {
  static char paths[8][256];
  static int next;
  char *path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", root, name);
  return path;
}

static int make_root(void **state) {
  (void)state;
  snprintf(root, sizeof root, "/tmp/fovea data-XXXXXX"); /* a blank in it */
  return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state) {
  (void)state;
  char command[256];
  snprintf(command, sizeof command, "chmod -R u+rwx '%s'; rm -rf '%s'", root, root);
  return system(command);
}

static void put(const char *name, const void *bytes, size_t size) {
  FILE *file = fopen(at(name), "wb"); /* many small files: nobody waits for the disk */
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

static int gray_of(const fv_dataset *d, int64_t index) {
  fv_sample sample;
  assert_int_equal(fv_dataset_read(&sample, d, index), FV_OK);
  const int gray = sample.image.pixels ? sample.image.pixels[0] : (int)sample.numbers.data[0];
  fv_sample_destroy(&sample);
  return gray;
}

static fv_dataset *open_set(const char *name, const fv_dataset_options *options) {
  fv_dataset *d;
  const fv_status status = fv_dataset_open(&d, at(name), options);
  if (status) print_message("%s\n", fv_error_message());
  assert_int_equal(status, FV_OK);
  return d;
}

#endif
