/* fovea train --task segment, segment and evaluate on pictures with masks: from data to a mask with the data's own
 * values, its picture in colours, areas as text and JSON, scores; the same bits for any number of threads; a model that
 * learns on; what is refused. */
#include "outcome.h"

#include <jansson.h>
#include <sys/stat.h>

enum { SIDE = 32, PICTURES = 10 };

static void write_pair(int number) {
  char name[64];
  fv_image image, mask;
  assert_int_equal(fv_image_create(&image, SIDE, SIDE + 8, 3), FV_OK);
  assert_int_equal(fv_image_create(&mask, SIDE, SIDE + 8, 1), FV_OK);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE + 8; x++) {
      const int top = 4 + number * 3 % 12, left = 5 + number * 7 % 14;
      const bool is_inside = y >= top && y < top + 12 && x >= left && x < left + 13;
      mask.pixels[y * (SIDE + 8) + x] = is_inside ? 255 : 0;
      for (int c = 0; c < 3; c++)
        image.pixels[3 * (y * (SIDE + 8) + x) + c] = (uint8_t)((is_inside ? 190 : 60) + (x * 5 + y * 3 + c) % 25);
    }
  snprintf(name, sizeof name, "data/images/p %d.png", number);
  assert_int_equal(fv_image_write(path_of(name), &image), FV_OK);
  snprintf(name, sizeof name, "data/masks/p %d.png", number);
  assert_int_equal(fv_image_write(path_of(name), &mask), FV_OK);
  fv_image_destroy(&image);
  fv_image_destroy(&mask);
}

static int begin(void **state) {
  if (make_folder(state) || mkdir(path_of("data"), 0700) || mkdir(path_of("data/images"), 0700) ||
      mkdir(path_of("data/masks"), 0700) || mkdir(path_of("out"), 0700))
    return -1;
  for (int i = 0; i < PICTURES; i++) write_pair(i);
  return 0;
}

#define TRAIN(output, ...)                                                                                             \
  FOVEA("train", path_of("data"), "--task", "segment", "--alpha", "0.0625", "--seed", "4", "--batch-size", "4",        \
        "--class-weight", "background=1,foreground=1.5", "-o", path_of(output), __VA_ARGS__)

static void trains(void **state) {
  (void)state;
  outcome o = TRAIN("model.keras", "--epochs", "12", "--learning-rate", "0.01");
  if (o.status) fail_msg("%s", o.err);
  assert_true(has(o.out, "8 pictures with masks, 2 more to validate with (20 %, drawn by the seed)"));
  assert_true(has(o.out, "background") && has(o.out, "foreground") && has(o.out, "UNet of width 0.0625"));
  assert_true(has(o.out, "32 x 48") && has(o.out, "val_mean_iou") && has(o.out, "fovea segment"));
  end(&o);
}

static json_t *json_of(outcome *o) {
  if (o->status) fail_msg("%s", o->err);
  json_t *json = json_loads(o->out, 0, NULL);
  if (!json) fail_msg("no JSON: %s", o->out);
  end(o);
  return json;
}

static double number(const json_t *json, const char *key) { return json_number_value(json_object_get(json, key)); }

static void measures(void **state) {
  (void)state;
  outcome o = FOVEA("evaluate", path_of("model.keras"), path_of("data"), "--format", "json");
  json_t *r = json_of(&o);
  const json_t *foreground = json_array_get(json_object_get(r, "classes"), 1);
  assert_string_equal(json_string_value(json_object_get(foreground, "name")), "foreground");
  assert_true(number(r, "pictures") == PICTURES && number(r, "pixels") == PICTURES * SIDE * (SIDE + 8));
  if (!(number(foreground, "dice") > 0.8)) fail_msg("Dice %g", number(foreground, "dice"));
  assert_true(number(foreground, "iou") < number(foreground, "dice") && number(r, "accuracy") > 0.9);
  assert_int_equal(json_array_size(json_object_get(r, "confusion")), 2);
  json_decref(r);
  o = FOVEA("evaluate", path_of("model.keras"), path_of("data/images"), "--masks", path_of("data/masks"), "--figure",
            path_of("confusion.png"));
  if (o.status) fail_msg("%s", o.err);
  assert_true(has(o.out, "10 pictures: mean IoU 0.") && has(o.out, "edge F1") &&
              !access(path_of("confusion.png"), R_OK));
  end(&o);
}

static void segments(void **state) {
  (void)state;
  fv_image mask, over;
  outcome o = FOVEA("segment", path_of("model.keras"), path_of("data/images/p 3.png"), "-o", path_of("mask.png"),
                    "--overlay", path_of("over.jpg"));
  if (o.status) fail_msg("%s", o.err);
  assert_true(has(o.out, "p 3.png\n") && has(o.out, " %  background\n") && has(o.out, " %  foreground\n"));
  end(&o);
  assert_int_equal(fv_image_read(&mask, path_of("mask.png")), FV_OK);
  assert_true(mask.height == SIDE && mask.width == SIDE + 8 && mask.channels == 1);
  int whites = 0;
  for (int i = 0; i < SIDE * (SIDE + 8); i++) {
    assert_true(mask.pixels[i] == 0 || mask.pixels[i] == 255);
    whites += mask.pixels[i] == 255;
  }
  assert_true(whites > 60 && whites < 320); /* 156 are known */
  assert_int_equal(fv_image_read(&over, path_of("over.jpg")), FV_OK);
  assert_true(over.height == SIDE && over.width == SIDE + 8 && over.channels == 3);
  fv_image_destroy(&mask);
  fv_image_destroy(&over);
  o = FOVEA("segment", path_of("model.keras"), path_of("data/images"), "-o", path_of("out"), "--numbers", "--format",
            "json", "--tile", "64", "--overlap", "32");
  json_t *list = json_of(&o);
  assert_int_equal(json_array_size(list), PICTURES);
  const json_t *first = json_array_get(list, 0), *classes = json_object_get(first, "classes");
  assert_true(number(first, "width") == SIDE + 8);
  assert_true(number(json_array_get(classes, 0), "pixels") + number(json_array_get(classes, 1), "pixels") ==
              SIDE * (SIDE + 8));
  json_decref(list);
  assert_int_equal(fv_image_read(&mask, path_of("out/p 9.png")), FV_OK);
  for (int i = 0; i < SIDE * (SIDE + 8); i++) assert_true(mask.pixels[i] <= 1);
  fv_image_destroy(&mask);
}

/* A picture that cannot be read is said, and the next one goes on. */
static void goes_on(void **state) {
  (void)state;
  outcome o =
      FOVEA("segment", path_of("model.keras"), path_of("nothing.png"), path_of("data/images/p 0.png"), "-f", "json");
  assert_int_equal(o.status, 3);
  assert_true(has(o.out, "\"error\"") || has(o.out, "\"classes\""));
  assert_true(has(o.err, "nothing.png"));
  end(&o);
}

static void same_bits(const char *a, const char *b) {
  FILE *files[2] = {fopen(path_of(a), "rb"), fopen(path_of(b), "rb")};
  assert_true(files[0] && files[1]);
  int letters[2];
  do {
    for (int i = 0; i < 2; i++) letters[i] = fgetc(files[i]);
    assert_int_equal(letters[0], letters[1]);
  } while (letters[0] != EOF);
  fclose(files[0]);
  fclose(files[1]);
}

static void the_same_again(void **state) {
  (void)state;
  outcome o = TRAIN("whole.h5", "--epochs", "2", "--augment", "horizontal_flip rotation=20 elastic=20,3");
  if (o.status) fail_msg("%s", o.err);
  end(&o);
  o = TRAIN("twice.h5", "--epochs", "2", "--augment", "horizontal_flip rotation=20 elastic=20,3", "--threads", "1");
  if (o.status) fail_msg("%s", o.err);
  end(&o);
  same_bits("whole.h5", "twice.h5"); /* whatever the threads */
  o = FOVEA("train", path_of("data"), "--task", "segment", "--model", path_of("twice.h5"), "--epochs", "1", "-o",
            path_of("on.keras"), "--batch-size", "4", "--validation", path_of("data"));
  if (o.status) fail_msg("%s", o.err);
  assert_true(has(o.out, "as it is") && has(o.out, "10 more to validate with"));
  end(&o);
}

static void refuses(void **state) {
  (void)state;
  char model[400], picture[400];
  snprintf(model, sizeof model, "%s", path_of("model.keras"));
  snprintf(picture, sizeof picture, "%s", path_of("data/images/p 0.png"));
  expect_failure(FOVEA("segment", model), 2, "needs a model and an image");
  expect_failure(FOVEA("segment", model, picture, "--overlap", "32"), 2, "goes with --tile");
  expect_failure(FOVEA("segment", model, picture, "--tile", "50"), 2, "multiple of 16");
  expect_failure(FOVEA("segment", model, picture, "-o", path_of("mask.jpg")), 2, "JPEG");
  expect_failure(FOVEA("segment", model, path_of("data/images"), "-o", path_of("mask.png")), 2, "must be a folder");
  expect_failure(FOVEA("segment", "MobileNet", picture, "--weights", "random:1"), 2, "no segmenter");
  expect_failure(FOVEA("train", path_of("data"), "--task", "segment", "--head", "dense:3", "-o", path_of("x.keras")), 2,
                 "takes no --head");
  expect_failure(FOVEA("train", path_of("data"), "--masks", path_of("data"), "-o", path_of("x.keras")), 2,
                 "--task segment");
  expect_failure(FOVEA("train", path_of("out"), "--task", "segment", "-o", path_of("x.keras")), 3, "masks/");
  expect_failure(
      FOVEA("train", path_of("data"), "--task", "segment", "--class-weight", "sky=2", "-o", path_of("x.keras")), 2,
      "no class 'sky'");
  expect_failure(
      FOVEA("train", path_of("data"), "--task", "segment", "--input-shape", "40,40,3", "-o", path_of("x.keras")), 3,
      "multiples of 16");
  expect_failure(FOVEA("evaluate", model, path_of("out")), 3, "masks/");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(trains),         cmocka_unit_test(measures),
                                     cmocka_unit_test(segments),       cmocka_unit_test(goes_on),
                                     cmocka_unit_test(the_same_again), cmocka_unit_test(refuses)};
  return cmocka_run_group_tests(tests, begin, remove_folder);
}
