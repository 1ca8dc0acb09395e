/* Reading image files: what other programs wrote (../shared/golden/resize/decode, when it is there), what we wrote
 * ourselves, and what is hostile or foreign. Cut and changed pictures: tests/formats/test_damage.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/image.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define SHARED FOVEA_SOURCE_DIR "/../shared/golden/resize/decode"

/* ---- files of other programs */

static int worst_difference(const fv_image *image, const fv_tensor *expected, const char *file) {
  if (expected->shape.dims[0] != image->height || expected->shape.dims[1] != image->width ||
      expected->shape.dims[2] != image->channels)
    fail_msg("%s: %d x %d x %d", file, image->height, image->width, image->channels);
  int worst = 0;
  for (int64_t i = 0; i < (int64_t)image->height * image->width * image->channels; i++) {
    int difference = abs((int)image->pixels[i] - (int)expected->data[i]);
    if (difference > worst) worst = difference;
  }
  return worst;
}

/* NAME.raw.npy is the picture as it is stored; afterwards it is upright. */
static void check_orientation(fv_image *image, const char *file, int tolerance) {
  char path[1024];
  snprintf(path, sizeof path, SHARED "/%.6s.raw.npy", file);
  fv_tensor stored;
  assert_int_equal(fv_npy_read(&stored, path), FV_OK);
  assert_true(worst_difference(image, &stored, file) <= tolerance);
  assert_int_equal(image->orientation, file[5] - '0');
  assert_int_equal(fv_image_upright(image), FV_OK);
  assert_int_equal(image->orientation, 0);
  fv_tensor_destroy(&stored);
}

/* One line of index.json: NAME.npy is RGB, NAME.rgba.npy has alpha. */
static void check_file(const json_t *line) {
  const char *file = json_string_value(json_object_get(line, "file"));
  int tolerance = (int)json_integer_value(json_object_get(line, "tolerance"));
  char path[1024];
  snprintf(path, sizeof path, SHARED "/%s", file);
  fv_image image;
  if (fv_image_read(&image, path)) fail_msg("%s", fv_error_message());
  if (!strncmp(file, "exif_", 5)) check_orientation(&image, file, tolerance);
  size_t index;
  json_t *output;
  json_array_foreach(json_object_get(line, "outputs"), index, output) {
    const char *name = json_string_value(output);
    if (strstr(name, ".raw.")) continue;
    int32_t channels = strstr(name, ".rgba.") ? 4 : 3;
    fv_image converted;
    fv_tensor expected;
    snprintf(path, sizeof path, SHARED "/%s", name);
    assert_int_equal(fv_npy_read(&expected, path), FV_OK);
    assert_int_equal(fv_image_convert(&converted, &image, channels), FV_OK);
    int worst = worst_difference(&converted, &expected, file);
    if (worst > tolerance) fail_msg("%s: differs by %d, allowed %d", name, worst, tolerance);
    if (worst) print_message("%s differs by %d\n", name, worst);
    fv_tensor_destroy(&expected);
    fv_image_destroy(&converted);
  }
  fv_image_destroy(&image);
}

static void equals_pillow(void **state) {
  (void)state;
  json_t *root = json_load_file(SHARED "/index.json", 0, NULL);
  if (!root) skip();
  size_t index;
  json_t *line;
  json_array_foreach(json_object_get(root, "files"), index, line) check_file(line);
  assert_true(index > 70);
  json_decref(root);
}

/* ---- files of our own */

static void paint(fv_image *image, int32_t height, int32_t width, int32_t channels) {
  assert_int_equal(fv_image_create(image, height, width, channels), FV_OK);
  for (int32_t y = 0; y < height; y++)
    for (int32_t x = 0; x < width; x++)
      for (int32_t c = 0; c < channels; c++)
        image->pixels[(y * width + x) * channels + c] = (uint8_t)(20 + 5 * x + 3 * y * (c + 1) + 40 * c);
}

static void written_files_are_read_back(void **state) {
  (void)state;
  char folder[] = "/tmp/fovea-image-XXXXXX", path[64];
  assert_non_null(mkdtemp(folder));
  const struct {
    const char *ending;
    int32_t channels, read_channels, tolerance;
  } cases[] = {{"png", 1, 1, 0}, {"png", 3, 3, 0}, {"png", 4, 4, 0},  {"bmp", 1, 1, 0},
               {"bmp", 3, 3, 0}, {"BMP", 4, 4, 0}, {"pgm", 1, 1, 0},  {"ppm", 3, 3, 0},
               {"ppm", 4, 3, 0}, {"jpg", 1, 1, 4}, {"jpeg", 3, 3, 6}, {"jpg", 4, 3, 6}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fv_image image, same, back;
    paint(&image, 13, 10, cases[i].channels);
    snprintf(path, sizeof path, "%s/a picture.%s", folder, cases[i].ending);
    if (fv_image_write(path, &image) || fv_image_read(&back, path)) fail_msg("%s", fv_error_message());
    assert_int_equal(back.channels, cases[i].read_channels);
    assert_int_equal(fv_image_convert(&same, &image, back.channels), FV_OK);
    for (int32_t k = 0; k < 130 * back.channels; k++)
      if (abs(same.pixels[k] - back.pixels[k]) > cases[i].tolerance)
        fail_msg("%s of %d channels: byte %d is %d, was %d", cases[i].ending, cases[i].channels, k, back.pixels[k],
                 same.pixels[k]);
    fv_image_destroy(&image);
    fv_image_destroy(&same);
    fv_image_destroy(&back);
    unlink(path);
  }
  rmdir(folder);
}

static void writing_fails_cleanly(void **state) {
  (void)state;
  fv_image image;
  paint(&image, 300, 300, 3);
  assert_int_equal(fv_image_write("/tmp/x.gif", &image), FV_ERROR_INVALID);
  assert_int_equal(fv_image_write("/nowhere/x.png", &image), FV_ERROR_NOT_FOUND);
  const char *const endings[] = {"png", "jpg", "bmp", "ppm"};
  for (int i = 0; i < 4; i++) { /* a full disk, under a name with the right ending */
    char folder[] = "/tmp/fovea-full-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.%s", folder, endings[i]);
    assert_int_equal(symlink("/dev/full", path), 0);
    assert_int_equal(fv_image_write(path, &image), FV_ERROR_IO);
    unlink(path);
    rmdir(folder);
  }
  fv_image_destroy(&image);
}

static void small_text_pictures(void **state) {
  (void)state;
  const struct {
    const char *text;
    fv_status status;
    int32_t channels;
    uint8_t first, last;
  } cases[] = {
      {"P2\n# remark\n2 1 255\n7 9\n", FV_OK, 1, 7, 9},
      {"P2 2 1 15 0 15", FV_OK, 1, 0, 255},
      {"P2 2 1 65535 511 65535", FV_OK, 1, 1, 255},
      {"P3 1 1 255 1 2 3", FV_OK, 3, 1, 3},
      {"P6 1 1 255 abc", FV_OK, 3, 'a', 'c'},
      {"P5#x\n2 1 255\nab", FV_OK, 1, 'a', 'b'},
      {"P2 2 1 15 0 16", FV_ERROR_FORMAT, 0, 0, 0},
      {"P2 2 1 15 0", FV_ERROR_FORMAT, 0, 0, 0},
      {"P6 1 1 255 ab", FV_ERROR_FORMAT, 0, 0, 0},
      {"P6 0 1 255 ab", FV_ERROR_FORMAT, 0, 0, 0},
      {"P6 1 1 65536 ab", FV_ERROR_FORMAT, 0, 0, 0},
      {"P6 -1 1 255 ab", FV_ERROR_FORMAT, 0, 0, 0},
      {"P6 99999999999999999999 1 255 ab", FV_ERROR_FORMAT, 0, 0, 0},
      {"P4 1 1 a", FV_ERROR_UNSUPPORTED, 0, 0, 0},
      {"P7 x", FV_ERROR_UNSUPPORTED, 0, 0, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fv_image image;
    fv_status status = fv_image_decode(&image, cases[i].text, strlen(cases[i].text), NULL);
    if (status != cases[i].status) fail_msg("'%s': %d, %s", cases[i].text, status, fv_error_message());
    if (status) continue;
    assert_int_equal(image.channels, cases[i].channels);
    assert_int_equal(image.pixels[0], cases[i].first);
    assert_int_equal(image.pixels[image.height * image.width * image.channels - 1], cases[i].last);
    fv_image_destroy(&image);
  }
}

/* ---- hostile files */

static void expect(const void *bytes, size_t size, fv_status expected, const char *says) {
  fv_image image;
  fv_status status = fv_image_decode(&image, bytes, size, "x");
  assert_null(image.pixels);
  if (status != expected || !strstr(fv_error_message(), says))
    fail_msg("status %d '%s', expected %d '%s'", status, fv_error_message(), expected, says);
}

static void foreign_files_are_named(void **state) {
  (void)state;
  expect("", 0, FV_ERROR_FORMAT, "empty");
  expect("GIF89a..........", 16, FV_ERROR_UNSUPPORTED, "GIF");
  expect("II*\0............", 16, FV_ERROR_UNSUPPORTED, "TIFF");
  expect("\x89HDF\r\n\x1a\n........", 16, FV_ERROR_UNSUPPORTED, "HDF5");
  expect("hello, this is text", 19, FV_ERROR_FORMAT, "not an image");
  expect("B", 1, FV_ERROR_FORMAT, "not an image");
}

/* 14 + 40 bytes of BMP header and nothing more. */
static void bmp_bomb(uint32_t width, uint32_t height, uint8_t bits, uint8_t compression, fv_status status,
                     const char *says) {
  uint8_t bytes[54 + 1024] = {'B', 'M'};
  bytes[10] = 54;
  bytes[14] = 40;
  for (int i = 0; i < 4; i++) {
    bytes[18 + i] = (uint8_t)(width >> 8 * i);
    bytes[22 + i] = (uint8_t)(height >> 8 * i);
  }
  bytes[26] = 1;
  bytes[28] = bits;
  bytes[30] = compression;
  bytes[11] = bits <= 8 ? 4 : 0; /* a palette of 1024 bytes and some */
  expect(bytes, sizeof bytes, status, says);
}

static void bitmap_bombs_are_refused(void **state) {
  (void)state;
  bmp_bomb(1, 0x80000000u, 24, 0, FV_ERROR_UNSUPPORTED, "limit"); /* height INT32_MIN */
  bmp_bomb(0x80000000u, 1, 24, 0, FV_ERROR_FORMAT, "header");
  bmp_bomb(0x7fffffff, 0x7fffffff, 32, 0, FV_ERROR_UNSUPPORTED, "limit");
  bmp_bomb(100000, 1, 24, 0, FV_ERROR_UNSUPPORTED, "limit");
  bmp_bomb(10000, 10000, 24, 0, FV_ERROR_FORMAT, "truncated");
  bmp_bomb(10000, 10000, 1, 0, FV_ERROR_FORMAT, "truncated");
  bmp_bomb(10000, 10000, 8, 1, FV_ERROR_FORMAT, "truncated");
  bmp_bomb(0, 5, 24, 0, FV_ERROR_FORMAT, "header");
  bmp_bomb(5, 5, 7, 0, FV_ERROR_UNSUPPORTED, "7 bits");
  bmp_bomb(5, 5, 24, 4, FV_ERROR_UNSUPPORTED, "JPEG");
  bmp_bomb(5, 5, 24, 9, FV_ERROR_UNSUPPORTED, "compression 9");
}

static void png_bombs_are_refused(void **state) {
  (void)state;
  /* IHDR of 65535 x 65535 RGB, 8 bits, its checksum, the beginning of IDAT */
  static const uint8_t wide[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0\x39\x67\x4e\x07"
                                "\0\0\0\0IDAT\x35\xaf\x06\x1e";
  expect(wide, sizeof wide - 1, FV_ERROR_UNSUPPORTED, "limit");
  /* 10000 x 10000 gray of 1 bit */
  static const uint8_t thin[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x27\x10\0\0\x27\x10\x01\0\0\0\0\x92\x35\x5f\x8a"
                                "\0\0\0\0IDAT\x35\xaf\x06\x1e";
  expect(thin, sizeof thin - 1, FV_ERROR_FORMAT, "truncated");
  /* 100000 x 1 */
  static const uint8_t tall[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x01\x86\xa0\0\0\0\x01\x08\0\0\0\0\x78\x15\x49\x09";
  expect(tall, sizeof tall - 1, FV_ERROR_FORMAT, "PNG");
}

/* A progressive JPEG whose header says 60000 x 2500 but which holds nothing. */
static void jpeg_bombs_are_refused(void **state) {
  (void)state;
  static const uint8_t bytes[] = "\xff\xd8\xff\xc2\0\x0b\x08\x09\xc4\xea\x60\x01\x01\x11\0"
                                 "\xff\xda\0\x08\x01\x01\0\0\0\0\xff\xd9";
  expect(bytes, sizeof bytes - 1, FV_ERROR_FORMAT, "truncated");
}

/* What is no regular file is named at once, never waited for. */
static void odd_files_are_refused(void **state) {
  (void)state;
  char folder[] = "/tmp/fovea-odd-XXXXXX", path[64];
  fv_image image;
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/pipe.png", folder);
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_int_equal(fv_image_read(&image, path), FV_ERROR_IO);
  assert_non_null(strstr(fv_error_message(), "pipe.png"));
  unlink(path);
  assert_int_equal(symlink("nothing", path), 0);
  assert_int_equal(fv_image_read(&image, path), FV_ERROR_NOT_FOUND);
  unlink(path);
  assert_int_equal(fv_image_read(&image, folder), FV_ERROR_IO);
  assert_non_null(strstr(fv_error_message(), "folder"));
  assert_int_equal(rmdir(folder), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_pillow),           cmocka_unit_test(written_files_are_read_back),
      cmocka_unit_test(writing_fails_cleanly),   cmocka_unit_test(small_text_pictures),
      cmocka_unit_test(foreign_files_are_named), cmocka_unit_test(bitmap_bombs_are_refused),
      cmocka_unit_test(png_bombs_are_refused),   cmocka_unit_test(jpeg_bombs_are_refused),
      cmocka_unit_test(odd_files_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
