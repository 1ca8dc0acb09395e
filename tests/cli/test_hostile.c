/* Files that mean harm, or are simply broken, end in one clear sentence, a fitting exit status, and soon. */
#include "outcome.h"

#include <time.h>

#include <zip.h>

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/"

enum { MOST_SECONDS = 10 }; /* generous: sanitizers and busy machines; what is bounded takes milliseconds */

static void write_bytes(const char *name, const void *bytes, size_t size) {
  FILE *file = fopen(path_of(name), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

/* The first `size` bytes of a file (0: all), with `count` bytes at `at` replaced. */
static void write_damaged(const char *name, const char *source, size_t size, size_t at, const void *bytes,
                          size_t count) {
  static char whole[1 << 18];
  FILE *file = fopen(source, "rb");
  assert_non_null(file);
  size_t length = fread(whole, 1, sizeof whole, file);
  fclose(file);
  if (size && size < length) length = size;
  assert_true(at + count <= length);
  if (count) memcpy(whole + at, bytes, count);
  write_bytes(name, whole, length);
}

/* A .keras file with this configuration, deflated. */
static void write_keras(const char *name, const char *config, size_t size) {
  int problem;
  zip_t *zip = zip_open(path_of(name), ZIP_CREATE | ZIP_TRUNCATE, &problem);
  assert_non_null(zip);
  zip_source_t *source = zip_source_buffer(zip, config, size, 0);
  assert_true(zip_file_add(zip, "config.json", source, 0) >= 0);
  assert_true(zip_file_add(zip, "model.weights.h5", zip_source_buffer(zip, "", 0, 0), 0) >= 0);
  assert_int_equal(zip_close(zip), 0);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Runs the command and expects a failure soon. */
#define REFUSES(status, part, ...)                                                                                     \
  do {                                                                                                                 \
    double started = seconds();                                                                                        \
    outcome result_ = FOVEA(__VA_ARGS__);                                                                              \
    assert_true(seconds() - started < MOST_SECONDS);                                                                   \
    expect_failure(result_, status, part);                                                                             \
  } while (0)
#define IMAGE(name, status, part) REFUSES(status, part, "predict", "LeNet5", "--weights", "by-name:1", path_of(name))
#define MODEL(name, status, part) REFUSES(status, part, "predict", path_of(name), picture())
#define WEIGHTS(path, status, part) REFUSES(status, part, "predict", "LeNet5", "--weights", path, picture())

static const char *picture(void) {
  write_picture("good.png", 20, 3);
  return path_of("good.png");
}

static void test_images(void **state) {
  (void)state;
  char png[100];
  snprintf(png, sizeof png, "%s", picture());
  write_bytes("empty.png", "", 0);
  IMAGE("empty.png", 3, "empty.png");
  write_damaged("cut one.png", png, 60, 0, NULL, 0);
  IMAGE("cut one.png", 3, "cut one.png");
  write_damaged("magic.png", png, 0, 0, "\x89QNG", 4);
  IMAGE("magic.png", 3, "magic.png");
  write_damaged("huge.png", png, 0, 16, "\x7f\xff\xff\xff\x7f\xff\xff\xff", 8);
  IMAGE("huge.png", 3, "huge.png");
  write_bytes("bomb.pgm", "P5\n65535 65535\n255\n1234", 23);
  IMAGE("bomb.pgm", 4, "bomb.pgm");
  write_bytes("nothing.ppm", "P6\n0 0\n255\n", 11);
  IMAGE("nothing.ppm", 3, "nothing.ppm");
  write_bytes("film.gif", "GIF89a\1\0\1\0\0\0\0;", 14);
  IMAGE("film.gif", 3, "GIF");
  IMAGE("no such\nfile.png", 3, "no such?file.png");
}

/* Very long and very high pictures are pictures. */
static void test_thin_images(void **state) {
  (void)state;
  static const char *const heads[] = {"P5\n65535 1\n255\n", "P5\n1 65535\n255\n", "P5\n100000 1\n255\n"};
  static char bytes[100100];
  for (int i = 0; i < 3; i++) {
    memcpy(bytes, heads[i], strlen(heads[i]));
    write_bytes("thin.pgm", bytes, strlen(heads[i]) + (i == 2 ? 100000 : 65535));
    if (i == 2) {
      IMAGE("thin.pgm", 4, "thin.pgm");
    } else {
      outcome result = FOVEA("predict", "LeNet5", "--weights", "by-name:1", path_of("thin.pgm"));
      assert_int_equal(result.status, 0);
      end(&result);
    }
  }
}

static void test_models(void **state) {
  (void)state;
  write_damaged("cut.h5", GOLDEN "files/lenet.k2.h5", 5000, 0, NULL, 0);
  MODEL("cut.h5", 3, "cut.h5");
  write_damaged("magic.h5", GOLDEN "files/lenet.k2.h5", 0, 0, "\x89HDG", 4);
  MODEL("magic.h5", 3, "magic.h5");
  write_damaged("cut.keras", GOLDEN "files/lenet.keras", 100000, 0, NULL, 0);
  MODEL("cut.keras", 3, "cut.keras");
  enum { DEEP = 1 << 20, BOMB = 96 << 20 };
  char *text = malloc(BOMB);
  assert_non_null(text);
  memset(text, '[', DEEP);
  write_keras("deep.keras", text, DEEP);
  MODEL("deep.keras", 3, "deep.keras");
  memset(text, ' ', BOMB);
  write_keras("bomb.keras", text, BOMB);
  MODEL("bomb.keras", 3, "bomb.keras");
  free(text);
  write_keras("wrong.keras", "{\"class_name\": \"Lambda\"}", 24);
  MODEL("wrong.keras", 3, "wrong.keras");
}

static void test_weights(void **state) {
  (void)state;
  static const char *const links[] = {"external_link", "soft_link", "external_storage",
                                      "virtual",       "bomb_fill", "bomb_chunks"};
  for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
    char path[300];
    snprintf(path, sizeof path, GOLDEN "hdf5/bad_%s.h5", links[i]);
    WEIGHTS(path, 3, links[i]);
  }
  WEIGHTS(GOLDEN "torch_files/hostile.old.pth", 3, "hostile.old.pth");
  WEIGHTS(GOLDEN "torch_files/bad_cut.old.pth", 3, "cut");
  const unsigned char nan[8] = {0, 0, 0xc0, 0x7f, 0, 0, 0xc0, 0x7f};
  write_damaged("nan.h5", GOLDEN "files/lenet.k2.weights.h5", 0, 70488 / 2 / 8 * 8, nan, sizeof nan);
  REFUSES(5, "not a number", "predict", GOLDEN "files/lenet.keras", "--weights", path_of("nan.h5"), "--preprocess=tf",
          picture());
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_images),
      cmocka_unit_test(test_thin_images),
      cmocka_unit_test(test_models),
      cmocka_unit_test(test_weights),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
