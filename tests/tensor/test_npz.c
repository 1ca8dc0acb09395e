/* .npz archives: stored and deflated members, names, what is refused; numpy's own where ../shared is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/tensor.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "base/file.h"

#define SHARED FOVEA_SOURCE_DIR "/../shared/golden/files"

static char folder[] = "/tmp/fovea-npz-XXXXXX";
static char archive_path[64], array_path[64];

static void add(zip_t *zip, const char *name, const void *bytes, size_t size, int method) {
  zip_source_t *source = zip_source_buffer(zip, bytes, size, 0);
  assert_non_null(source);
  zip_int64_t index = zip_file_add(zip, name, source, 0);
  assert_true(index >= 0);
  assert_int_equal(zip_set_file_compression(zip, (zip_uint64_t)index, method, 0), 0);
}

/* An archive of one array twice (stored as "a", deflated as "layer/b"), a text, and a damaged array "bad". */
static int make_archive(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  snprintf(archive_path, sizeof archive_path, "%s/x.npz", folder);
  snprintf(array_path, sizeof array_path, "%s/x.npy", folder);
  fv_tensor tensor;
  const fv_shape shape = {2, {30, 40}};
  if (fv_tensor_create(&tensor, &shape)) return -1;
  for (int i = 0; i < 1200; i++) tensor.data[i] = (float)i;
  fv_status status = fv_npy_write(array_path, &tensor);
  fv_tensor_destroy(&tensor);
  uint8_t *bytes;
  size_t size;
  if (status || fv__file_read(&bytes, &size, array_path, 1 << 20)) return -1;
  zip_t *zip = zip_open(archive_path, ZIP_CREATE, NULL);
  add(zip, "a.npy", bytes, size, ZIP_CM_STORE);
  add(zip, "remark.txt", "hello", 5, ZIP_CM_STORE);
  add(zip, "layer/b.npy", bytes, size, ZIP_CM_DEFLATE);
  add(zip, "bad.npy", bytes, size - 1, ZIP_CM_DEFLATE);
  int closed = zip_close(zip);
  free(bytes);
  return closed;
}

static int remove_archive(void **state) {
  (void)state;
  unlink(archive_path);
  unlink(array_path);
  return rmdir(folder);
}

static void arrays_are_found_by_name(void **state) {
  (void)state;
  fv_npz *archive;
  assert_int_equal(fv_npz_open(&archive, archive_path), FV_OK);
  assert_string_equal(fv_npz_name(archive, 0), "a");
  assert_string_equal(fv_npz_name(archive, 1), "layer/b");
  assert_string_equal(fv_npz_name(archive, 2), "bad");
  assert_null(fv_npz_name(archive, 3));
  assert_null(fv_npz_name(archive, -1));
  for (int32_t i = 0; i < 2; i++) {
    fv_tensor tensor;
    assert_int_equal(fv_npz_read(&tensor, archive, fv_npz_name(archive, i)), FV_OK);
    assert_int_equal(tensor.shape.dims[1], 40);
    for (int k = 0; k < 1200; k++) assert_true(tensor.data[k] == (float)k);
    fv_tensor_destroy(&tensor);
  }
  fv_npz_close(archive);
}

static void what_is_wrong_is_named(void **state) {
  (void)state;
  fv_npz *archive;
  fv_tensor tensor;
  assert_int_equal(fv_npz_open(&archive, archive_path), FV_OK);
  assert_int_equal(fv_npz_read(&tensor, archive, "c"), FV_ERROR_NOT_FOUND);
  assert_non_null(strstr(fv_error_message(), "'c'"));
  assert_int_equal(fv_npz_read(&tensor, archive, "bad"), FV_ERROR_FORMAT);
  assert_non_null(strstr(fv_error_message(), "x.npz: bad: "));
  assert_null(tensor.data);
  fv_npz_close(archive);
  fv_npz_close(NULL);
  assert_int_equal(fv_npz_open(&archive, array_path), FV_ERROR_FORMAT);
  assert_null(archive);
  assert_int_equal(fv_npz_open(&archive, "/nowhere.npz"), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_npz_open(&archive, folder), FV_ERROR_IO);
}

static void numpy_archives_equal_numpy_arrays(void **state) {
  (void)state;
  fv_npz *archive;
  if (fv_npz_open(&archive, SHARED "/lenet.npz")) skip();
  int32_t index = 0;
  for (const char *name; (name = fv_npz_name(archive, index)); index++) {
    char path[1024];
    fv_tensor member, file;
    snprintf(path, sizeof path, SHARED "/lenet.%s.npy", name);
    assert_int_equal(fv_npz_read(&member, archive, name), FV_OK);
    if (access(path, R_OK) == 0) {
      int64_t count;
      assert_int_equal(fv_npy_read(&file, path), FV_OK);
      assert_true(fv_shape_equal(&member.shape, &file.shape));
      assert_int_equal(fv_shape_elements(&count, &file.shape), FV_OK);
      assert_memory_equal(member.data, file.data, (size_t)count * sizeof(float));
      fv_tensor_destroy(&file);
    }
    fv_tensor_destroy(&member);
  }
  assert_true(index >= 2);
  fv_npz_close(archive);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arrays_are_found_by_name),
      cmocka_unit_test(what_is_wrong_is_named),
      cmocka_unit_test(numpy_archives_equal_numpy_arrays),
  };
  return cmocka_run_group_tests(tests, make_archive, remove_archive);
}
