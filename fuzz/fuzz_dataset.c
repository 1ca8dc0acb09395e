/* Whole data sets of one file: CIFAR-10, arrays and lists, told by the first byte; the rest is the file. */
#include "fuzz.h"

#include <fovea/dataset.h>

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void use(const fv_dataset *dataset) {
  enum { SAMPLES_MAX = 8 };
  char name[256];
  for (int64_t i = 0; i < fv_dataset_count(dataset) && i < SAMPLES_MAX; i++) {
    fv_sample sample;
    const int32_t label = fv_dataset_label(dataset, i);
    if (label < 0 || label >= fv_dataset_class_count(dataset)) abort();
    if (!fv_dataset_name(name, sizeof name, dataset, i)[0]) abort();
    fv_status status = fv_dataset_read(&sample, dataset, i);
    expect_sentence(status);
    if (!status && sample.numbers.data) touch(sample.numbers.data, sample.numbers.shape.dims[0]);
    fv_sample_destroy(&sample);
  }
}

/* The file has a name through a link in a folder of its own, since a file in memory has no ending. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  static const char *const endings[] = {"bin", "npz", "npy", "csv"};
  static char folder[] = "/tmp/fovea-fuzz-XXXXXX";
  static bool is_made;
  if (!is_made) is_made = mkdtemp(folder) != NULL;
  if (!size || !is_made) return -1;
  char path[64], target[64];
  const int file = memfd_create("set", 0);
  if (file < 0 || write(file, bytes + 1, size - 1) != (ssize_t)(size - 1)) return -1;
  snprintf(path, sizeof path, "%s/x.%s", folder, endings[bytes[0] % 4]);
  snprintf(target, sizeof target, "/proc/self/fd/%d", file);
  unlink(path);
  if (!symlink(target, path)) {
    fv_dataset *dataset;
    fv_status status = fv_dataset_open(&dataset, path, NULL);
    expect_sentence(status);
    if (status ? dataset != NULL : dataset == NULL) abort();
    if (!status) use(dataset);
    fv_dataset_destroy(dataset);
  }
  unlink(path);
  close(file);
  return 0;
}
