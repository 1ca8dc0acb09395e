/* Every limit of the readers: one less, the limit itself, one more. What bombs beyond them cost:
 * tests/cli/test_bombs.c. Limits of 2^40 elements are test_size's, safetensors' own test_safetensors'. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/zip.h"
#include "formats/keras/keras.h"
#include "image/codec.h"
#include "tensor/npy.h"
#undef fail
#undef note

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 8 << 20, VALUES_MAX = 400000, DEPTH_MAX = 64, SCANS_MAX = 500 };

static void expect(fv_status found, fv_status expected, const char *words) {
  if (found != expected || (expected && !strstr(fv_error_message(), words)))
    fail_msg("expected %s with '%s', found %s: %s", fv_status_name(expected), words, fv_status_name(found),
             found ? fv_error_message() : "");
}

/* ---- JSON */

/* `count` times `piece` between `head` and `tail`, then spaces up to `size` bytes. */
static fv_status read_json(const char *head, const char *piece, int count, const char *tail, size_t size) {
  size_t length = strlen(piece), used = strlen(head);
  size_t all = used + (size_t)count * length + strlen(tail);
  if (size < all) size = all;
  char *text = malloc(size + 1);
  assert_non_null(text);
  memcpy(text, head, used);
  for (int i = 0; i < count; i++, used += length) memcpy(text + used, piece, length);
  memcpy(text + used, tail, strlen(tail));
  memset(text + all, ' ', size - all);
  json_t *root;
  fv_status status = fv__json_read(&root, text, size);
  assert_true(status ? root == NULL : root != NULL);
  json_decref(root);
  free(text);
  return status;
}

static fv_status read_nested(int depth) {
  char tail[DEPTH_MAX + 2] = "";
  memset(tail, ']', (size_t)depth);
  return read_json("", "[", depth, tail, 0);
}

static void json(void **state) {
  (void)state;
  expect(read_json("[", "", 0, "]", TEXT_MAX - 1), FV_OK, "");
  expect(read_json("[", "", 0, "]", TEXT_MAX), FV_OK, "");
  expect(read_json("[", "", 0, "]", TEXT_MAX + 1), FV_ERROR_MEMORY, "8388609 bytes, the limit is 8388608");
  expect(read_nested(DEPTH_MAX - 1), FV_OK, "");
  expect(read_nested(DEPTH_MAX), FV_OK, "");
  expect(read_nested(DEPTH_MAX + 1), FV_ERROR_FORMAT, "nested deeper than 64");
  expect(read_json("[", "0,", VALUES_MAX - 2, "0]", 0), FV_OK, "");
  expect(read_json("[", "0,", VALUES_MAX - 1, "0]", 0), FV_OK, "");
  expect(read_json("[", "0,", VALUES_MAX, "0]", 0), FV_ERROR_FORMAT, "more than 400000 values");
}

/* ---- zip: what a member says it unpacks to, against what is stored */

/* An archive of one packed member of `packed` stored bytes, whose directory says that it unpacks to `claimed`. */
static fv_status open_claim(size_t packed, uint32_t claimed) {
  static const uint8_t local[] = {'P', 'K', 3, 4, 20, 0, 0, 0, 8, 0, 0, 0, 33, 0};
  static const uint8_t central[] = {'P', 'K', 1, 2, 20, 0, 20, 0, 0, 0, 8, 0, 0, 0, 33, 0};
  size_t size = 31 + packed + 47 + 22;
  uint8_t *bytes = calloc(size, 1), *entry = bytes + 31 + packed, *last = entry + 47;
  assert_non_null(bytes);
  memcpy(bytes, local, sizeof local);
  memcpy(entry, central, sizeof central);
  for (int i = 0; i < 4; i++) {
    bytes[18 + i] = entry[20 + i] = (uint8_t)(packed >> 8 * i);
    bytes[22 + i] = entry[24 + i] = (uint8_t)(claimed >> 8 * i);
    last[16 + i] = (uint8_t)((31 + packed) >> 8 * i);
  }
  bytes[26] = entry[28] = 1;
  bytes[30] = entry[46] = 'm';
  memcpy(last, "PK\5\6", 4);
  last[8] = last[10] = 1;
  last[12] = 47;
  fv__source source;
  fv__zip *zip;
  fv__source_memory(&source, bytes, size);
  fv_status status = fv__zip_open(&zip, &source);
  fv__zip_close(zip);
  free(bytes);
  return status;
}

static void zip_members(void **state) {
  (void)state;
  const uint32_t floor = 64 << 20, packed = 70000;
  expect(open_claim(100, floor - 1), FV_OK, "");
  expect(open_claim(100, floor), FV_OK, "");
  expect(open_claim(100, floor + 1), FV_ERROR_FORMAT, "unpacks to 67108865 bytes from 100");
  expect(open_claim(packed, packed * 1000), FV_OK, "");
  expect(open_claim(packed, packed * 1000 + 999), FV_OK, "");
  expect(open_claim(packed, packed * 1000 + 1000), FV_ERROR_FORMAT, "unpacks to 70001000 bytes from 70000");
}

/* ---- pictures */

static fv_status claim(int64_t height, int64_t width) {
  fv_image image;
  fv_status status = fv__image_claim(&image, height, width, 1, (size_t)1 << 30, 1);
  fv_image_destroy(&image);
  return status;
}

static void picture_sizes(void **state) {
  (void)state;
  enum { SIDE = FV_IMAGE_MAX_SIDE };
  assert_int_equal(SIDE, 65535);
  assert_int_equal(FV_IMAGE_MAX_PIXELS, 6235 * 28702);
  expect(claim(SIDE - 1, 1), FV_OK, "");
  expect(claim(SIDE, 1), FV_OK, "");
  expect(claim(1, SIDE), FV_OK, "");
  expect(claim(SIDE + 1, 1), FV_ERROR_UNSUPPORTED, "65536 x 1 pixels; the limit is 65535 a side");
  expect(claim(1, SIDE + 1), FV_ERROR_UNSUPPORTED, "1 x 65536 pixels; the limit is 65535 a side");
  expect(claim(6235, 28701), FV_OK, "");
  expect(claim(6235, 28702), FV_OK, "");
  expect(claim(6235, 28703), FV_ERROR_UNSUPPORTED, "178956970 in all");
  expect(claim(10103, 17714), FV_ERROR_UNSUPPORTED, "178956970 in all"); /* 178,964,542; the next is prime */
  expect(claim(INT64_MAX, INT64_MAX), FV_ERROR_UNSUPPORTED, "a side");
  expect(claim(0, 1), FV_ERROR_FORMAT, "0 x 1 pixels");
}

/* A byte stands for so many pixels at most: 100 bytes, 10 a byte. */
static void pixels_of_a_byte(void **state) {
  (void)state;
  fv_image image;
  static const int64_t widths[] = {999, 1000, 1009, 1010};
  for (int i = 0; i < 4; i++) {
    fv_status status = fv__image_claim(&image, 1, widths[i], 1, 100, 10);
    expect(status, i < 3 ? FV_OK : FV_ERROR_FORMAT, "100 bytes cannot hold the 1 x 1010 pixels");
    fv_image_destroy(&image);
  }
}

/* 8 x 8 gray, progressive, the same scan again and again: legal, small, and slow without a limit. */
static fv_status read_scans(int count) {
  static const uint8_t head[] = "\xff\xd8\xff\xc2\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0"
                                "\xff\xc4\0\x14\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                "\xff\xdb\0\x43\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  static const uint8_t scan[] = "\xff\xda\0\x08\x01\x01\0\0\0\0\x7f";
  enum { HEAD = sizeof head - 1, SCAN = sizeof scan - 1 };
  size_t size = HEAD + (size_t)count * SCAN + 2;
  uint8_t *bytes = malloc(size);
  assert_non_null(bytes);
  memcpy(bytes, head, HEAD);
  for (int i = 0; i < count; i++) memcpy(bytes + HEAD + i * SCAN, scan, SCAN);
  memcpy(bytes + size - 2, "\xff\xd9", 2);
  fv_image image;
  fv_status status = fv_image_decode(&image, bytes, size, "x");
  fv_image_destroy(&image);
  free(bytes);
  return status;
}

static void scans(void **state) {
  (void)state;
  expect(read_scans(SCANS_MAX - 1), FV_OK, "");
  expect(read_scans(SCANS_MAX), FV_OK, "");
  expect(read_scans(SCANS_MAX + 1), FV_ERROR_UNSUPPORTED, "500 scans");
}

/* ---- arrays */

static fv_status read_array(const char *shape) {
  char header[128];
  memset(header, ' ', sizeof header);
  memcpy(header, "\x93NUMPY\1\0\x76\0", 10);
  int length = snprintf(header + 10, 117, "{'descr': '|u1', 'fortran_order': False, 'shape': (%s), }", shape);
  header[10 + length] = ' ';
  header[127] = '\n';
  fv_tensor tensor;
  fv_status status = fv__npy_decode(&tensor, (const uint8_t *)header, sizeof header);
  fv_tensor_destroy(&tensor);
  return status;
}

static void axes(void **state) {
  (void)state;
  expect(read_array("1,1,1,1,1,1,0"), FV_OK, "");
  expect(read_array("1,1,1,1,1,1,1,0"), FV_OK, "");
  expect(read_array("1,1,1,1,1,1,1,1,0"), FV_ERROR_UNSUPPORTED, "axes");
  expect(read_array("1099511627776,"), FV_ERROR_FORMAT, "found 0 bytes");
  expect(read_array("1099511627777,"), FV_ERROR_SHAPE, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json),  cmocka_unit_test(zip_members), cmocka_unit_test(picture_sizes),
      cmocka_unit_test(scans), cmocka_unit_test(axes),        cmocka_unit_test(pixels_of_a_byte),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
