/* Every allocation may fail: reading, writing, resizing and filtering end in FV_ERROR_MEMORY, leak nothing and leave
 * nothing behind. The program's malloc is its own here: it fails on demand and counts what is not given back. With a
 * sanitizer, which has a malloc of its own, the tests are skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/pool.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#include "support/failing_malloc.h"

static const fv_image *picture;  /* 21 x 19 RGB */
static const fv_tensor *numbers; /* the same */
static const uint8_t *file_bytes;
static size_t file_size;
static const char *path;

static fv_status try_decode(void) {
  fv_image image;
  fv_status status = fv_image_decode(&image, file_bytes, file_size, "x");
  if (status) assert_null(image.pixels);
  fv_image_destroy(&image);
  return status;
}

static fv_status try_read(void) {
  fv_image image;
  fv_status status = fv_image_read(&image, path);
  fv_image_destroy(&image);
  return status;
}

static fv_status try_write(void) { return fv_image_write(path, picture); }

static fv_status try_resize(void) {
  fv_image rgba, out = {0};
  fv_status status = fv_image_convert(&rgba, picture, 4);
  if (!status) status = fv_image_resize(&out, &rgba, 30, 7, "pil-bicubic");
  fv_image_destroy(&rgba);
  fv_image_destroy(&out);
  return status;
}

static fv_status try_filter(void) {
  fv_filter_kernel kernel;
  fv_tensor out = {0}, pooled = {0};
  fv_status status = fv_filter_kernel_parse(&kernel, "1 2; 3 4");
  if (!status) status = fv_filter_apply(&out, NULL, numbers, &kernel, NULL);
  if (!status) status = fv_pooling_apply(&pooled, NULL, &out, NULL);
  fv_filter_kernel_destroy(&kernel);
  fv_tensor_destroy(&out);
  fv_tensor_destroy(&pooled);
  return status;
}

static fv_status try_npy(void) {
  fv_tensor back = {0};
  fv_status status = fv_npy_write(path, numbers);
  if (!status) status = fv_npy_read(&back, path);
  fv_tensor_destroy(&back);
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

static fv_image own_picture;
static fv_tensor own_numbers;

static int make_picture(void **state) {
  (void)state;
  if (fv_image_create(&own_picture, 21, 19, 3)) return -1;
  for (int i = 0; i < 21 * 19 * 3; i++) own_picture.pixels[i] = (uint8_t)(i * 5);
  picture = &own_picture;
  numbers = &own_numbers;
  return fv_image_to_tensor(&own_numbers, picture) ? -1 : 0;
}

static int forget_picture(void **state) {
  (void)state;
  fv_image_destroy(&own_picture);
  fv_tensor_destroy(&own_numbers);
  return 0;
}

static void pictures(void **state) {
  (void)state;
  if (!OWN_MALLOC) skip();
  const char *const endings[] = {"png", "jpg", "bmp", "ppm"};
  for (int i = 0; i < 4; i++) {
    char folder[] = "/tmp/fovea-memory-XXXXXX", name[64];
    assert_non_null(mkdtemp(folder));
    snprintf(name, sizeof name, "%s/x.%s", folder, endings[i]);
    path = name;
    fail_everywhere(try_write);
    fail_everywhere(try_read);
    uint8_t *bytes;
    assert_int_equal(fv__file_read(&bytes, &file_size, path, 1 << 20), FV_OK);
    file_bytes = bytes;
    fail_everywhere(try_decode);
    free(bytes);
    unlink(path);
    assert_int_equal(rmdir(folder), 0); /* nothing temporary stays */
  }
}

/* WebP is left out: libwebp 1.2.4 itself crashes where one of its allocations fails. */
static void pictures_of_others(void **state) {
  (void)state;
  if (!OWN_MALLOC) skip();
  const char *const names[] = {"jpeg_progressive_420.jpg", "jpeg_cmyk.jpg",           "exif_6.jpg",
                               "png_palette4_trns.png",    "png_rgb8_interlaced.png", "bmp_rle8.bmp"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char name[1024];
    uint8_t *bytes;
    snprintf(name, sizeof name, FOVEA_SOURCE_DIR "/../shared/golden/resize/decode/%s", names[i]);
    if (fv__file_read(&bytes, &file_size, name, 1 << 20)) skip();
    file_bytes = bytes;
    fail_everywhere(try_decode);
    free(bytes);
  }
}

static void computations(void **state) {
  (void)state;
  if (!OWN_MALLOC) skip();
  char name[] = "/tmp/fovea-memory-XXXXXX.npy";
  int file = mkstemps(name, 4);
  assert_true(file >= 0);
  close(file);
  path = name;
  fail_everywhere(try_resize);
  fail_everywhere(try_filter);
  fail_everywhere(try_npy);
  unlink(name);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pictures),
      cmocka_unit_test(pictures_of_others),
      cmocka_unit_test(computations),
  };
  return cmocka_run_group_tests(tests, make_picture, forget_picture);
}
