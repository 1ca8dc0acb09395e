/* Detection by the command, on pictures and boxes that the test draws: train, evaluate, detect, and what they refuse.
 */
#include "outcome.h"

#include <sys/stat.h>

#include <jansson.h>

#include <fovea-tools/figure.h>

enum { SIDE = 96, PICTURES = 6 };

/* A picture of one light or dark square on gray, and its line in YOLO's form. */
static void write_pair(int number) {
  const int size = 36 + 4 * (number % 3), left = 7 * number % (SIDE - size), top = 11 * number % (SIDE - size);
  char name[64];
  fv_image image;
  assert_int_equal(fv_image_create(&image, SIDE, SIDE, 3), FV_OK);
  memset(image.pixels, 128, SIDE * SIDE * 3);
  for (int y = top; y < top + size; y++)
    memset(image.pixels + 3 * (SIDE * y + left), number % 2 ? 240 : 15, 3 * (size_t)size);
  snprintf(name, sizeof name, "the set/images/%d.png", number);
  assert_int_equal(fv_image_write(path_of(name), &image), FV_OK);
  fv_image_destroy(&image);
  snprintf(name, sizeof name, "the set/labels/%d.txt", number);
  FILE *file = fopen(path_of(name), "w");
  assert_non_null(file);
  fprintf(file, "%d %.6f %.6f %.6f %.6f\n", number % 2, (left + size / 2.0) / SIDE, (top + size / 2.0) / SIDE,
          (double)size / SIDE, (double)size / SIDE);
  assert_int_equal(fclose(file), 0);
}

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(path_of(name), "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

/* The set, and a small detector that has learnt from it for one epoch. */
static int begin(void **state) {
  if (make_folder(state) || mkdir(path_of("the set"), 0700) || mkdir(path_of("the set/images"), 0700) ||
      mkdir(path_of("the set/labels"), 0700) || mkdir(path_of("drawn"), 0700))
    return -1;
  write_text("the set/classes.txt", "dark\nlight\n");
  for (int i = 0; i < PICTURES; i++) write_pair(i);
  write_text("no picture.png", "text");
  outcome o = FOVEA("train", path_of("the set"), "--task", "detect", "--model", "SSDLite", "--alpha", "0.25",
                    "--input-shape", "96,96,3", "--epochs", "1", "--batch-size", "3", "--validation", "none",
                    "--weights", "random:1", "-o", path_of("small.keras"));
  if (o.status) print_error("%s", o.err);
  const bool is_told = has(o.out, "6 objects in 6 pictures") && has(o.out, "dark 3, light 3");
  if (!is_told) print_error("%s", o.out);
  const int status = o.status;
  end(&o);
  return status || !is_told ? -1 : 0;
}

static json_t *read_json(const char *text) {
  json_error_t error;
  json_t *read = json_loads(text, 0, &error);
  if (!read) fail_msg("%s: %s", error.text, text);
  return read;
}

/* ---- detect */

static void check_object(json_t *object) {
  const char *class = json_string_value(json_object_get(object, "class"));
  const double score = json_real_value(json_object_get(object, "score"));
  json_t *box = json_object_get(object, "box");
  assert_true(!strcmp(class, "dark") || !strcmp(class, "light"));
  assert_true(score >= 0.01 && score <= 1);
  assert_int_equal(json_array_size(box), 4);
  double sides[4];
  for (size_t i = 0; i < 4; i++) sides[i] = json_number_value(json_array_get(box, i));
  assert_true(sides[0] >= 0 && sides[1] >= 0 && sides[2] <= SIDE && sides[3] <= SIDE);
  assert_true(sides[0] < sides[2] && sides[1] < sides[3]);
}

static void objects_as_json(void **state) {
  (void)state;
  outcome o = FOVEA("detect", path_of("small.keras"), path_of("the set/images/0.png"), path_of("the set/images/1.png"),
                    "--format", "json", "--score", "0.01", "--most", "3");
  if (o.status) fail_msg("%s", o.err);
  json_t *pictures = read_json(o.out);
  assert_int_equal(json_array_size(pictures), 2);
  for (size_t i = 0; i < 2; i++) {
    json_t *picture = json_array_get(pictures, i), *objects = json_object_get(picture, "objects");
    assert_string_equal(json_string_value(json_object_get(picture, "file")),
                        path_of(i ? "the set/images/1.png" : "the set/images/0.png"));
    assert_true(json_array_size(objects) >= 1 && json_array_size(objects) <= 3);
    for (size_t k = 0; k < json_array_size(objects); k++) {
      check_object(json_array_get(objects, k));
      if (k)
        assert_true(json_real_value(json_object_get(json_array_get(objects, k), "score")) <=
                    json_real_value(json_object_get(json_array_get(objects, k - 1), "score")));
    }
  }
  json_decref(pictures);
  end(&o);
}

static void objects_as_text(void **state) {
  (void)state;
  outcome o = FOVEA("detect", path_of("small.keras"), path_of("the set/images/0.png"), "--score", "1");
  assert_int_equal(o.status, 0);
  assert_true(has(o.out, "the set/images/0.png\nnothing\n"));
  end(&o);
  o = FOVEA("detect", path_of("small.keras"), path_of("the set/images/0.png"), "--score", "0.01", "--most", "1",
            "--suppression", "gaussian");
  assert_int_equal(o.status, 0);
  assert_true(has(o.out, "the set/images/0.png\n") && has(o.out, ") to (") && !has(o.out, "nothing"));
  end(&o);
}

static void what_is_broken_is_named_and_the_rest_goes_on(void **state) {
  (void)state;
  outcome o = FOVEA("detect", path_of("small.keras"), path_of("no picture.png"), path_of("the set/images/0.png"),
                    "--format", "json", "--score", "1");
  assert_int_equal(o.status, 3);
  assert_true(has(o.err, "no picture.png"));
  json_t *pictures = read_json(o.out);
  assert_int_equal(json_array_size(pictures), 2);
  assert_non_null(json_object_get(json_array_get(pictures, 0), "error"));
  assert_int_equal(json_array_size(json_object_get(json_array_get(pictures, 1), "objects")), 0);
  json_decref(pictures);
  end(&o);
}

static void drawings(void **state) {
  (void)state;
  fv_image drawn;
  outcome o = FOVEA("detect", path_of("small.keras"), path_of("the set/images/0.png"), "-o", path_of("drawn.png"));
  assert_int_equal(o.status, 0);
  end(&o);
  assert_int_equal(fv_image_read(&drawn, path_of("drawn.png")), FV_OK);
  assert_true(drawn.width >= SIDE && drawn.height >= SIDE);
  fv_image_destroy(&drawn);
  o = FOVEA("detect", path_of("small.keras"), path_of("the set/images"), "-o", path_of("drawn"));
  assert_int_equal(o.status, 0);
  end(&o);
  for (int i = 0; i < PICTURES; i++) {
    char name[32];
    snprintf(name, sizeof name, "drawn/%d.png", i);
    assert_int_equal(access(path_of(name), R_OK), 0);
  }
}

static void wrong_words_of_detect(void **state) {
  (void)state;
  expect_failure(FOVEA("detect", path_of("small.keras")), 2, "detect needs a model and an image");
  expect_failure(FOVEA("detect", path_of("small.keras"), path_of("the set/images"), "-o", path_of("one.png")), 2,
                 "--output must be a folder that is there for 6 pictures");
  expect_failure(FOVEA("detect", path_of("small.keras"), path_of("the set/images/0.png"), "-o", path_of("one.doc")), 2,
                 "--output");
  expect_failure(FOVEA("detect", path_of("small.keras"), path_of("the set/images/0.png"), "--exact", "--fast"), 2,
                 "exclude each other");
  expect_failure(FOVEA("detect", "LeNet5", path_of("the set/images/0.png"), "--weights", "random:1"), 2, "LeNet5");
}

/* ---- evaluate */

static void average_precision(void **state) {
  (void)state;
  outcome o = FOVEA("evaluate", path_of("small.keras"), path_of("the set"), "--format", "json", "--single");
  if (o.status) fail_msg("%s", o.err);
  json_t *report = read_json(o.out), *classes = json_object_get(report, "classes");
  const double ap = json_number_value(json_object_get(report, "ap50"));
  const double overlap = json_number_value(json_object_get(report, "mean_iou"));
  assert_int_equal(json_integer_value(json_object_get(report, "pictures")), PICTURES);
  assert_true(ap >= 0 && ap <= 1 && overlap >= 0 && overlap <= 1);
  assert_int_equal(json_array_size(classes), 2);
  assert_string_equal(json_string_value(json_object_get(json_array_get(classes, 0), "name")), "dark");
  assert_int_equal(json_integer_value(json_object_get(json_array_get(classes, 1), "objects")), 3);
  json_decref(report);
  end(&o);
  o = FOVEA("evaluate", path_of("small.keras"), path_of("the set"));
  assert_int_equal(o.status, 0);
  assert_true(has(o.out, "6 pictures: AP50 ") && has(o.out, "AP, IoU 0.50 to 0.95") && has(o.out, "light"));
  end(&o);
}

/* ---- train */

static void localizers_learn_one_class(void **state) {
  (void)state;
  outcome o = FOVEA("train", path_of("the set"), "--task", "detect", "--model", "Localizer", "--only", "light",
                    "--alpha", "0.25", "--input-shape", "64,64,3", "--epochs", "1", "--validation", "none", "--weights",
                    "random:1", "-o", path_of("one.keras"));
  if (o.status) fail_msg("%s", o.err);
  assert_true(has(o.out, "3 objects in 3 pictures") && has(o.out, "light 3") && !has(o.out, "dark"));
  end(&o);
  o = FOVEA("detect", path_of("one.keras"), path_of("the set/images/1.png"), "--score", "0.001", "--format", "json");
  assert_int_equal(o.status, 0);
  json_t *pictures = read_json(o.out);
  json_t *objects = json_object_get(json_array_get(pictures, 0), "objects");
  assert_true(json_array_size(objects) <= 1);
  json_decref(pictures);
  end(&o);
}

static void wrong_trainings(void **state) {
  (void)state;
  char set[400], file[400];
  snprintf(set, sizeof set, "%s", path_of("the set"));
  snprintf(file, sizeof file, "%s", path_of("other.keras"));
  expect_failure(FOVEA("train", set, "--task", "detect", "--head", "flatten", "-o", file), 2,
                 "--task detect takes no --head");
  expect_failure(FOVEA("train", set, "--task", "detect", "--model", "VGG16", "-o", file), 2, "'VGG16' is no detector");
  expect_failure(FOVEA("train", path_of("nowhere"), "--task", "detect", "-o", file), 3, "nowhere");
  assert_int_equal(access(file, F_OK), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(objects_as_json),
      cmocka_unit_test(objects_as_text),
      cmocka_unit_test(what_is_broken_is_named_and_the_rest_goes_on),
      cmocka_unit_test(drawings),
      cmocka_unit_test(wrong_words_of_detect),
      cmocka_unit_test(average_precision),
      cmocka_unit_test(localizers_learn_one_class),
      cmocka_unit_test(wrong_trainings),
  };
  return cmocka_run_group_tests(tests, begin, remove_folder);
}
