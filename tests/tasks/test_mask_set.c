/* Mask sets: what values stand for, learnt or named or told; palettes; pictures without a mask and masks with other
 * values are left out; parts of a set; weights of classes; the key's way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fovea/mask_set.h>

static char folder[64];

static const char *path_of(const char *name) {
  static char paths[4][200];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static int begin(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/fovea-masks-XXXXXX");
  if (!mkdtemp(folder)) return -1;
  return mkdir(path_of("images"), 0700) || mkdir(path_of("masks"), 0700);
}

static int end(void **state) {
  (void)state;
  char command[100];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return system(command);
}

/* A picture of 4 x 2 pixels, and its mask of these values. */
static void write_pair(const char *name, const uint8_t *values, int32_t channels) {
  char file[64];
  fv_image image;
  assert_int_equal(fv_image_create(&image, 2, 4, 3), FV_OK);
  snprintf(file, sizeof file, "images/%s.ppm", name);
  assert_int_equal(fv_image_write(path_of(file), &image), FV_OK);
  fv_image_destroy(&image);
  if (!values) return;
  const fv_image mask = {.height = 2, .width = 4, .channels = channels, .pixels = (uint8_t *)(uintptr_t)values};
  snprintf(file, sizeof file, "masks/%s.png", name);
  assert_int_equal(fv_image_write(path_of(file), &mask), FV_OK);
}

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(path_of(name), "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
}

static fv_mask_set *open_set(const fv_mask_set_options *options) {
  fv_mask_set *set;
  if (fv_mask_set_open(&set, folder, options)) fail_msg("%s", fv_error_message());
  return set;
}

static void expect_names(const fv_mask_set *set, int32_t count, const char *const *names) {
  assert_int_equal(fv_mask_set_key(set)->count, count);
  for (int32_t i = 0; i < count; i++) assert_string_equal(fv_mask_set_class_names(set)[i], names[i]);
}

static void expect_classes(const fv_mask_set *set, int64_t index, const uint8_t classes[8]) {
  fv_image read;
  if (fv_mask_read(&read, fv_mask_set_mask(set, index), fv_mask_set_key(set))) fail_msg("%s", fv_error_message());
  assert_memory_equal(read.pixels, classes, 8);
  fv_image_destroy(&read);
}

static void black_and_white(void **state) {
  (void)state;
  write_pair("a", (uint8_t[]){0, 0, 0, 255, 255, 255, 255, 0}, 1);
  write_pair("b", (uint8_t[]){0, 0, 0, 0, 0, 0, 0, 0}, 1);
  fv_mask_set *set = open_set(NULL);
  expect_names(set, 2, (const char *[]){"background", "foreground"});
  assert_int_equal(fv_mask_set_count(set), 2);
  assert_int_equal(fv_dataset_count(fv_mask_set_pictures(set)), 2);
  expect_classes(set, 0, (uint8_t[]){0, 0, 0, 1, 1, 1, 1, 0});
  assert_true(fv_mask_set_pixels(set, 0) == 12 && fv_mask_set_pixels(set, 1) == 4);
  float weights[2];
  fv_mask_set_weights(weights, set);
  assert_true(fabsf(weights[0] - 8.0F / 12) < 1e-6F && fabsf(weights[1] - 2) < 1e-6F);
  fv_image classes, painted;
  assert_int_equal(fv_mask_read(&classes, fv_mask_set_mask(set, 0), fv_mask_set_key(set)), FV_OK);
  assert_int_equal(fv_mask_paint(&painted, &classes, fv_mask_set_key(set)), FV_OK);
  assert_memory_equal(painted.pixels, ((uint8_t[]){0, 0, 0, 255, 255, 255, 255, 0}), 8);
  fv_image_destroy(&classes);
  fv_image_destroy(&painted);
  fv_mask_set_destroy(set);
}

static void numbers(void **state) {
  (void)state;
  write_pair("a", (uint8_t[]){0, 1, 1, 3, 3, 255, 3, 0}, 1);
  write_pair("b", (uint8_t[]){0, 0, 0, 0, 4, 4, 4, 4}, 1);
  fv_mask_set *set = open_set(NULL);
  expect_names(set, 5, (const char *[]){"0", "1", "2", "3", "4"}); /* nobody has 2 */
  expect_classes(set, 0, (uint8_t[]){0, 1, 1, 3, 3, 255, 3, 0});
  assert_int_equal(fv_mask_set_pixels(set, FV_MASK_IGNORED), 1);
  fv_mask_set_destroy(set);
  set = open_set(&(fv_mask_set_options){.ignore = "2,1"});
  expect_names(set, 3, (const char *[]){"0", "3", "4"});
  expect_classes(set, 0, (uint8_t[]){0, 255, 255, 1, 1, 255, 1, 0});
  fv_mask_set_destroy(set);
  write_text("classes.txt", "sky\r\nroad 66\n\n tree\ncar\nvoid\n");
  assert_int_equal(fv_mask_set_open(&set, folder, NULL), FV_ERROR_INVALID); /* one has a value */
  write_text("classes.txt", "sky\r\nroad\n\ntree top\ncar\nvoid\nbicycle\n");
  set = open_set(&(fv_mask_set_options){.ignore = "void"});
  expect_names(set, 5, (const char *[]){"sky", "road", "tree top", "car", "bicycle"});
  expect_classes(set, 1, (uint8_t[]){0, 0, 0, 0, 255, 255, 255, 255});
  fv_mask_set_destroy(set);
  assert_int_equal(fv_mask_set_open(&set, folder, &(fv_mask_set_options){.ignore = "wall"}), FV_ERROR_INVALID);
  write_text("classes.txt", "sky\nroad\n");
  assert_int_equal(fv_mask_set_open(&set, folder, NULL), FV_ERROR_INVALID);
  assert_null(set);
  unlink(path_of("classes.txt"));
}

static void colors(void **state) {
  (void)state;
  const uint8_t values[] = {0, 0, 0, 0, 0, 0, 200, 30, 10, 200, 30, 10, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0};
  write_pair("a", values, 3);
  write_pair("b", values, 3);
  fv_mask_set *set = open_set(NULL);
  expect_names(set, 3, (const char *[]){"#000000", "#0000ff", "#c81e0a"});
  expect_classes(set, 0, (uint8_t[]){0, 0, 2, 2, 1, 1, 1, 0});
  fv_image classes, painted;
  assert_int_equal(fv_mask_read(&classes, fv_mask_set_mask(set, 0), fv_mask_set_key(set)), FV_OK);
  assert_int_equal(fv_mask_paint(&painted, &classes, fv_mask_set_key(set)), FV_OK);
  assert_memory_equal(painted.pixels, values, sizeof values);
  fv_image_destroy(&classes);
  fv_image_destroy(&painted);
  fv_mask_set_destroy(set);
  write_text("names", "ground 0 0 0\nroof 200,30,10\nwater 0 0 255\n");
  set = open_set(&(fv_mask_set_options){.class_names = path_of("names"), .ignore = "ground"});
  expect_names(set, 2, (const char *[]){"roof", "water"});
  expect_classes(set, 1, (uint8_t[]){255, 255, 0, 0, 1, 1, 1, 255});
  fv_mask_set_destroy(set);
}

/* The numbers of a palette are classes, whatever its colours: 5 x 3 pixels of two bits. */
static void palettes(void **state) {
  (void)state;
  static const uint8_t png[] = {0x89, 0x50, 0x4e, 0x47, 0xd,  0xa,  0x1a, 0xa,  0x0,  0x0,  0x0,  0xd,  0x49, 0x48,
                                0x44, 0x52, 0x0,  0x0,  0x0,  0x5,  0x0,  0x0,  0x0,  0x3,  0x2,  0x3,  0x0,  0x0,
                                0x0,  0x26, 0x58, 0x2d, 0x6b, 0x0,  0x0,  0x0,  0xc,  0x50, 0x4c, 0x54, 0x45, 0x0,
                                0x0,  0x0,  0xc8, 0x1e, 0xa,  0x0,  0x0,  0xff, 0x9,  0x9,  0x9,  0x82, 0x7d, 0xd4,
                                0x2,  0x0,  0x0,  0x0,  0x11, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x94, 0x52,
                                0x63, 0x8,  0x62, 0x60, 0x31, 0x79, 0x7,  0x0,  0x4,  0xe8, 0x1,  0xba, 0x73, 0xc0,
                                0x2f, 0xc2, 0x0,  0x0,  0x0,  0x0,  0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
  static const uint8_t indices[] = {0, 1, 2, 2, 1, 1, 1, 0, 2, 0, 2, 0, 1, 2, 1};
  fv_image image;
  FILE *file = fopen(path_of("palette.png"), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(png, 1, sizeof png, file), sizeof png);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(fv_image_read(&image, path_of("palette.png")), FV_OK);
  assert_int_equal(image.channels, 3);
  assert_int_equal(image.pixels[3], 200);
  fv_image_destroy(&image);
  assert_int_equal(fv_image_read_indices(&image, path_of("palette.png")), FV_OK);
  assert_true(image.channels == 1 && image.width == 5 && image.height == 3);
  assert_memory_equal(image.pixels, indices, sizeof indices);
  fv_image_destroy(&image);
}

static void soft_edges(void **state) {
  (void)state;
  uint8_t values[8];
  for (int i = 0; i < 8; i++) values[i] = (uint8_t)(i * 30);
  write_pair("a", values, 1);
  for (int name = 'b'; name < 'n'; name++) { /* more than 64 values in all */
    for (int i = 0; i < 8; i++) values[i] = (uint8_t)(name * 8 + i);
    write_pair((const char[]){(char)name, 0}, values, 1);
  }
  fv_mask_set *set = open_set(NULL);
  expect_names(set, 2, (const char *[]){"background", "foreground"});
  expect_classes(set, 0, (uint8_t[]){0, 0, 0, 0, 0, 1, 1, 1});
  fv_mask_set_destroy(set);
  for (int name = 'b'; name < 'n'; name++) {
    char file[32];
    snprintf(file, sizeof file, "images/%c.ppm", name);
    unlink(path_of(file));
  }
}

static void what_is_left_out(void **state) {
  (void)state;
  const uint8_t good[] = {0, 1, 0, 1, 0, 1, 0, 1}, other[] = {0, 1, 0, 7, 0, 1, 0, 1};
  write_pair("a", good, 1);
  write_pair("b", good, 1);
  write_pair("c", good, 1);
  fv_mask_set *learnt = open_set(NULL), *set;
  write_pair("c", other, 1);
  write_pair("lonely", NULL, 1);
  write_text("images/b.ppm", "P6 broken");
  set = open_set(&(fv_mask_set_options){.key = fv_mask_set_key(learnt), .names = fv_mask_set_class_names(learnt)});
  assert_int_equal(fv_mask_set_count(set), 1);
  assert_int_equal(fv_mask_set_broken_count(set), 3);
  bool said = false;
  for (int i = 0; i < 3; i++)
    said = said || strstr(fv_mask_set_broken(set, i).message, "value (7, 7, 7) at row 0, column 3 is no class");
  assert_true(said);
  assert_null(fv_mask_set_broken(set, 3).name);
  fv_mask_set_destroy(set);
  fv_mask_set_destroy(learnt);
  unlink(path_of("images/lonely.ppm"));
}

static void wrong_sets(void **state) {
  (void)state;
  fv_mask_set *set;
  assert_int_equal(fv_mask_set_open(&set, path_of("nowhere"), NULL), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_mask_set_open(&set, path_of("images/a.ppm"), NULL), FV_ERROR_FORMAT);
  assert_int_equal(fv_mask_set_open(&set, path_of("images"), NULL), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_mask_set_open(&set, folder, &(fv_mask_set_options){.masks = "/nowhere"}), FV_ERROR_NOT_FOUND);
  mkdir(path_of("empty"), 0700);
  assert_int_equal(fv_mask_set_open(&set, path_of("empty"), &(fv_mask_set_options){.masks = path_of("masks")}),
                   FV_ERROR_FORMAT);
  const uint8_t one[] = {0, 0, 0, 0, 0, 0, 0, 0};
  static const char *const names[] = {"a", "b", "c"};
  for (int i = 0; i < 3; i++) write_pair(names[i], one, 1);
  assert_int_equal(fv_mask_set_open(&set, folder, NULL), FV_ERROR_FORMAT); /* one class */
  assert_null(set);
}

static void parts(void **state) {
  (void)state;
  static const char *const names[] = {"a", "b", "c"};
  fv_mask_set *training, *validation;
  for (int i = 0; i < 3; i++) write_pair(names[i], (uint8_t[]){0, 255, 0, 255, 0, 255, 0, (uint8_t)(255 * (i > 0))}, 1);
  fv_mask_set *set = open_set(&(fv_mask_set_options){.masks = path_of("masks")});
  assert_int_equal(
      fv_mask_set_split(&training, &validation, set, &(fv_dataset_split_options){.validation = 0.34, .first = true}),
      FV_OK);
  assert_int_equal(fv_mask_set_count(training), 2);
  assert_int_equal(fv_mask_set_count(validation), 1);
  assert_string_equal(fv_mask_set_mask(validation, 0), path_of("masks/a.png"));
  assert_string_equal(fv_mask_set_picture(training, 1), path_of("images/c.ppm"));
  fv_mask_set_destroy(set); /* parts live on */
  expect_names(training, 2, (const char *[]){"background", "foreground"});
  expect_classes(training, 0, (uint8_t[]){0, 1, 0, 1, 0, 1, 0, 1});
  fv_mask_set_destroy(training);
  fv_mask_set_destroy(validation);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(black_and_white), cmocka_unit_test(numbers),
                                     cmocka_unit_test(colors),          cmocka_unit_test(palettes),
                                     cmocka_unit_test(soft_edges),      cmocka_unit_test(what_is_left_out),
                                     cmocka_unit_test(wrong_sets),      cmocka_unit_test(parts)};
  return cmocka_run_group_tests(tests, begin, end);
}
