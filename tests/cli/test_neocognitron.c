/* fovea train --model Neocognitron: bars that lie or stand, anywhere, become a classifier; the same file with any
 * number of threads; what it is asked for afterwards. */
#include "outcome.h"

#include <sys/stat.h>

enum { PICTURES = 20, SIDE = 20 };

static int make_bars(void **state) {
  if (make_folder(state) || mkdir(path_of("bars"), 0700)) return -1;
  static const char *const classes[] = {"lies", "stands"};
  for (int c = 0; c < 2; c++) {
    char name[128];
    snprintf(name, sizeof name, "bars/%s", classes[c]);
    if (mkdir(path_of(name), 0700)) return -1;
    for (int k = 0; k < PICTURES; k++) {
      fv_image image;
      const int row = 3 + k * 7 % 11, column = 3 + k * 5 % 11;
      if (fv_image_create(&image, SIDE, SIDE, 1)) return -1;
      for (int i = 0; i < SIDE * SIDE; i++) {
        const int down = i / SIDE - row, right = i % SIDE - column, across = c ? right : down, along = c ? down : right;
        image.pixels[i] = abs(across) < 2 && abs(along) < 6 ? 255 : 0;
      }
      snprintf(name, sizeof name, "bars/%s/%02d.png", classes[c], k);
      if (fv_image_write(path_of(name), &image)) return -1;
      fv_image_destroy(&image);
    }
  }
  return 0;
}

#define TRAIN(output, ...)                                                                                             \
  FOVEA("train", path_of("bars"), "-o", output, "--model", "Neocognitron", "--input-shape", "20,20,1", "--epochs",     \
        "12", "--batch-size", "8", "--self-organize", "40", __VA_ARGS__)

static void bars_become_a_classifier(void **state) {
  (void)state;
  char model[400], again[400];
  snprintf(model, sizeof model, "%s", path_of("bars.keras"));
  snprintf(again, sizeof again, "%s", path_of("again.keras"));
  outcome result = TRAIN(model, "--threads", "1");
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  assert_true(has(result.out, "s1: "));
  assert_true(has(result.out, "of 300 planes have found a feature in 40 pictures"));
  end(&result);
  result = TRAIN(again, "--threads", "2");
  assert_int_equal(result.status, 0);
  end(&result);
  result = FOVEA("diff", model, again);
  if (result.status) fail_msg("two threads learn otherwise than one: %s%s", result.out, result.err);
  end(&result);
  result = FOVEA("evaluate", model, path_of("bars"), "--format", "json");
  assert_int_equal(result.status, 0);
  assert_true(has(result.out, "\"accuracy\": 1,"));
  end(&result);
  result = FOVEA("summary", model);
  assert_true(has(result.out, "SimpleCells2D") && has(result.out, "ComplexCells2D"));
  end(&result);
}

static void cells_may_stay_as_they_are(void **state) {
  (void)state;
  outcome result = FOVEA("train", path_of("bars"), "-o", path_of("plain.keras"), "--model", "Neocognitron",
                         "--input-shape", "20,20,1", "--epochs", "1", "--self-organize", "0");
  assert_int_equal(result.status, 0);
  assert_false(has(result.out, "have found a feature"));
  end(&result);
}

/* Subsampling lets gradients through from the first step on. */
static void lenet5_of_1998_learns_by_its_own_loss(void **state) {
  (void)state;
  char model[400];
  snprintf(model, sizeof model, "%s", path_of("lenet.keras"));
  outcome result = FOVEA("train", path_of("bars"), "-o", model, "--model", "LeNet5_1998", "--input-shape", "32,32,1",
                         "--loss", "maximum_a_posteriori", "--optimizer", "sgd", "--momentum", "0.9", "--schedule",
                         "cosine:0.001", "--batch-size", "8", "--epochs", "20");
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  end(&result);
  result = FOVEA("evaluate", model, path_of("bars"), "--format", "json");
  const char *accuracy = strstr(result.out, "\"accuracy\": ");
  assert_non_null(accuracy);
  if (!(strtod(accuracy + strlen("\"accuracy\": "), NULL) >= 0.9)) fail_msg("%s", result.out);
  end(&result);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bars_become_a_classifier),
                                     cmocka_unit_test(cells_may_stay_as_they_are),
                                     cmocka_unit_test(lenet5_of_1998_learns_by_its_own_loss)};
  return cmocka_run_group_tests(tests, make_bars, remove_folder);
}
