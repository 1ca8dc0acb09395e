/* Nothing that the command prints or writes depends on the locale or the time zone: every kind of output, once as it is
 * and once in a locale that writes 0,5, in Kathmandu. localedef makes the locale; without it the test is skipped. */
#include "outcome.h"

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/"
#define LENET "LeNet5", "--weights", "by-name:1"
#define PLAIN "--preprocess", "scale:0.00390625"
enum { WORDS_MAX = 12 };

static const char *picture, *numbers, *drawing; /* a picture to read, files to write */

/* The bytes of a file, or nothing; free them. */
static char *slurp(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  char *bytes = malloc(4 << 20);
  assert_non_null(bytes);
  *size = file ? fread(bytes, 1, 4 << 20, file) : 0;
  if (file) fclose(file);
  return bytes;
}

/* Everything one command gives: two streams, two files. */
typedef struct everything {
  outcome said;
  char *numbers, *drawing;
  size_t numbers_size, drawing_size;
} everything;

static everything run(const char *const *words) {
  everything all;
  unlink(numbers);
  unlink(drawing);
  all.said = fovea_reading("/dev/null", words);
  all.numbers = slurp(numbers, &all.numbers_size);
  all.drawing = slurp(drawing, &all.drawing_size);
  return all;
}

static void forget(everything *all) {
  end(&all->said);
  free(all->numbers);
  free(all->drawing);
}

static void go_abroad(void) {
  char command[300];
  snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s' > /dev/null 2>&1", path_of("de_DE.UTF-8"));
  if (system(command)) skip();
  snprintf(command, sizeof command, "LOCPATH='%s' LC_ALL=de_DE.UTF-8 locale decimal_point 2>&1 | grep -q ','", folder);
  if (system(command)) skip();
  assert_int_equal(setenv("LOCPATH", folder, 1), 0);
  assert_int_equal(setenv("LC_ALL", "de_DE.UTF-8", 1), 0);
  assert_int_equal(setenv("LANG", "de_DE.UTF-8", 1), 0);
  assert_int_equal(setenv("TZ", "Asia/Kathmandu", 1), 0);
}

static void all_output_stays(void **state) {
  (void)state;
  write_picture("a picture.png", 40, 7);
  picture = strdup(path_of("a picture.png"));
  numbers = strdup(path_of("out.npy"));
  drawing = strdup(path_of("out.svg"));
  const char *const commands[][WORDS_MAX] = {
      {"help"},
      {"help", "layer", "Conv2D"},
      {"models"},
      {"summary", GOLDEN "files/tiny.h5"},
      {"summary", GOLDEN "files/sequential.keras", "--format", "json"},
      {"summary", GOLDEN "tfjs/quantized/model.json"},
      {"summary", "MobileNet", "--alpha", "0.75"},
      {"predict", LENET, picture, PLAIN},
      {"predict", LENET, picture, PLAIN, "--format", "json"},
      {"predict", LENET, picture, PLAIN, "--format", "csv"},
      {"resize", picture, "--size", "9", "-o", numbers},
      {"filter", picture, "-k", "sharpen", "-o", numbers},
      {"filter", picture, "--kernel", "0.25 0.5 0.25", "-o", numbers, "--figure", drawing},
      {"filter", picture, "--kernel", "0,25 0,5 0,25", "-o", numbers},
      {"filter", picture, "-k", "gaussian-5", "-o", numbers},
      {"filter", picture, "-k", "gaussian-5", "--kernel", "1", "-o", numbers},
      {"pool", picture, "-o", numbers},
      {"weights", GOLDEN "files/tiny.h5"},
      {"diff", GOLDEN "files/tiny.h5", GOLDEN "files/tiny.keras"},
      {"convert", GOLDEN "files/tiny.h5", numbers, "--to", "npz"},
      {"summary", GOLDEN "files/bad_nan.h5"},
      {"predict", GOLDEN "files/bad_feeding.h5", picture},
  };
  enum { COMMANDS = sizeof commands / sizeof *commands };
  static everything home[COMMANDS];
  for (int i = 0; i < COMMANDS; i++) home[i] = run(commands[i]);
  go_abroad();
  expect_failure(FOVEA("summary", "/none/such.h5"), 3, "no such file");
  for (int i = 0; i < COMMANDS; i++) {
    everything abroad = run(commands[i]);
    const char *name = commands[i][0];
    if (abroad.said.status != home[i].said.status || strcmp(abroad.said.out, home[i].said.out) ||
        strcmp(abroad.said.err, home[i].said.err))
      fail_msg("command %d, %s: '%s%s', abroad '%s%s'", i, name, home[i].said.out, home[i].said.err, abroad.said.out,
               abroad.said.err);
    if (abroad.numbers_size != home[i].numbers_size || abroad.drawing_size != home[i].drawing_size ||
        memcmp(abroad.numbers, home[i].numbers, home[i].numbers_size) ||
        memcmp(abroad.drawing, home[i].drawing, home[i].drawing_size))
      fail_msg("command %d, %s: its files differ abroad", i, name);
    forget(&abroad);
    forget(&home[i]);
  }
  free((void *)picture);
  free((void *)numbers);
  free((void *)drawing);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(all_output_stays)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
