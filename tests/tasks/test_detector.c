/* Detectors: built for a set with learnt anchors and names; the anchors travel in the model's file; targets follow the
 * picture; a detector trained on squares finds them; wrong models are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fovea/detector.h>
#include <fovea/file.h>
#include <fovea/fit.h>
#include <fovea/labels.h>
#include <fovea/layers.h>

enum { PICTURES = 12, SIDE = 64, NUMBERS = 2 };

static char folder[64], path[128];
static fv_detection_set *set;

static const char *picture_name(int number) {
  snprintf(path, sizeof path, "%s/%d.png", folder, number);
  return path;
}

/* A light square or a dark one somewhere on gray. */
static void draw_picture(int number, fv_object *object) {
  fv_image image;
  const int size = 20 + number % 3 * 4, left = number * 7 % (SIDE - size), top = number * 11 % (SIDE - size);
  assert_int_equal(fv_image_create(&image, SIDE, SIDE, 3), FV_OK);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      for (int c = 0; c < 3; c++) {
        const bool is_inside = x >= left && x < left + size && y >= top && y < top + size;
        image.pixels[3 * (SIDE * y + x) + c] = is_inside ? (number % 2 ? 240 : 15) : 128;
      }
  assert_int_equal(fv_image_write(picture_name(number), &image), FV_OK);
  fv_image_destroy(&image);
  *object = (fv_object){.box = {(float)left, (float)top, (float)(left + size), (float)(top + size)}};
}

static int make_set(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/fovea-detector-XXXXXX");
  assert_non_null(mkdtemp(folder));
  assert_int_equal(fv_detection_set_create(&set), FV_OK);
  for (int i = 0; i < PICTURES; i++) {
    fv_object object;
    const char *class = i % 2 ? "light" : "dark";
    draw_picture(i, &object);
    const fv_annotation annotation = {
        .path = picture_name(i), .height = SIDE, .width = SIDE, .count = 1, .objects = &object, .class_names = &class};
    assert_int_equal(fv_detection_set_add(set, &annotation), FV_OK);
  }
  assert_int_equal(fv_detection_set_finish(set, NULL), FV_OK);
  return 0;
}

static int remove_set(void **state) {
  (void)state;
  fv_detection_set_destroy(set);
  for (int i = 0; i < PICTURES; i++) unlink(picture_name(i));
  return rmdir(folder);
}

/* A small network with one map of 8 x 8 cells and two anchors each. */
static fv_model *small_network(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {SIDE, SIDE, 3});
  for (int i = 0; i < 3; i++) {
    x = fv_conv2d(g, x, .filters = 12 << i, .kernel_size = {3}, .strides = {2}, .padding = FV_SAME);
    x = fv_batch_normalization(g, x, .momentum = 0.8);
    x = fv_re_lu(g, x);
  }
  x = fv_conv2d(g, x, .filters = 48, .kernel_size = {3}, .padding = FV_SAME, .activation = "relu");
  x = fv_conv2d(g, x, .filters = NUMBERS * 7, .kernel_size = {1});
  x = fv_reshape(g, x, .target_shape = {8 * 8 * NUMBERS, 7});
  fv_model *model;
  if (fv_model_create(&model, g, x)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_model_initialize(model, "random:3"), FV_OK);
  fv_preprocessing p;
  assert_int_equal(fv_preprocessing_parse(&p, "tf"), FV_OK);
  assert_int_equal(fv_model_set_preprocessing(model, &p), FV_OK);
  const fv_label labels[] = {{"", "dark"}, {"", "light"}};
  assert_int_equal(fv_model_set_labels(model, labels, 2), FV_OK);
  return model;
}

static const fv_box_size sizes[NUMBERS] = {{20, 20}, {28, 28}};
static const fv_anchor_map map = {8, 8, NUMBERS, sizes};

static void anchors_travel_in_the_file(void **state) {
  (void)state;
  fv_model *model = small_network(), *read;
  assert_false(fv_model_is_detector(model));
  assert_int_equal(fv_detector_describe(model, &(fv_anchor_map){8, 4, NUMBERS, sizes}, 1), FV_ERROR_SHAPE);
  assert_int_equal(fv_detector_describe(model, &(fv_anchor_map){8, 8, NUMBERS, (fv_box_size[]){{1, 1}, {0, 1}}}, 1),
                   FV_ERROR_INVALID);
  assert_int_equal(fv_detector_describe(model, &map, 1), FV_OK);
  for (int i = 0; i < 2; i++) {
    snprintf(path, sizeof path, "%s/model.%s", folder, i ? "h5" : "keras");
    if (fv_model_save(model, path, NULL)) fail_msg("%s", fv_error_message());
    if (fv_model_load(&read, path, NULL)) fail_msg("%s", fv_error_message());
    assert_true(fv_model_is_detector(read));
    assert_string_equal(fv_model_task(read), fv_model_task(model));
    assert_string_equal(fv_model_label(read, 1).name, "light");
    fv_model_destroy(read);
    unlink(path);
  }
  assert_int_equal(fv_model_set_task(model, "[1]"), FV_ERROR_FORMAT);
  assert_int_equal(fv_model_set_task(model, "{"), FV_ERROR_FORMAT);
  assert_int_equal(fv_model_set_task(model, "{\"kind\":\"detector\",\"maps\":[]}"), FV_OK);
  fv_detector *detector;
  assert_int_equal(fv_detector_create(&detector, model, NULL), FV_ERROR_STATE);
  assert_int_equal(fv_model_set_task(model, NULL), FV_OK);
  assert_int_equal(fv_detector_create(&detector, model, NULL), FV_ERROR_STATE);
  assert_null(detector);
  fv_model_destroy(model);
}

/* Rows that answer for the object, and where they say that it is. */
static int matched(const float *targets, fv_box *box) {
  fv_box anchors[8 * 8 * NUMBERS];
  int count = 0;
  fv_anchors_grid(anchors, 8, 8, SIDE, SIDE, sizes, NUMBERS);
  for (int i = 0; i < 8 * 8 * NUMBERS; i++) {
    if (targets[7 * i + 4] <= 0) continue;
    assert_true(targets[7 * i + 4] == 2 && targets[7 * i + 5] == 1);
    *box = fv_box_decode(targets + 7 * i, &anchors[i]);
    count++;
  }
  return count;
}

static void targets_follow_the_picture(void **state) {
  (void)state;
  fv_model *model = small_network();
  fv_target_maker maker;
  fv_box as_it_is, flipped, cut;
  assert_int_equal(fv_detector_targets(&maker, model, set), FV_ERROR_STATE);
  assert_int_equal(fv_detector_describe(model, &map, 1), FV_OK);
  assert_int_equal(fv_detector_targets(&maker, model, set), FV_OK);
  assert_int_equal(maker.numbers, 8 * 8 * NUMBERS * 7);
  float *targets = calloc((size_t)maker.numbers, sizeof *targets);
  const fv_annotated known = fv_detection_set_at(set, 3);
  const fv_box *box = &known.objects[0].box;
  fv_target_place place = {.sample = 3, .height = SIDE, .width = SIDE};
  assert_int_equal(maker.make(maker.context, targets, &place), FV_OK);
  assert_true(matched(targets, &as_it_is) >= 1);
  assert_true(fabsf(as_it_is.x0 - box->x0) < 1e-3F && fabsf(as_it_is.y1 - box->y1) < 1e-3F);
  const fv_transform flip = {.flip_horizontal = true};
  place.transform = &flip;
  assert_int_equal(maker.make(maker.context, targets, &place), FV_OK);
  assert_true(matched(targets, &flipped) >= 1);
  assert_true(fabsf(flipped.x0 - (SIDE - box->x1)) < 1e-3F && fabsf(flipped.x1 - (SIDE - box->x0)) < 1e-3F);
  const fv_transform away = {.tx = 80};
  place.transform = &away;
  assert_int_equal(maker.make(maker.context, targets, &place), FV_OK);
  assert_int_equal(matched(targets, &cut), 0);
  free(targets);
  fv_detector_targets_end(&maker);
  fv_detector_targets_end(&maker);
  fv_model_destroy(model);
}

static void squares_are_found(void **state) {
  (void)state;
  fv_model *model = small_network();
  fv_target_maker maker;
  assert_int_equal(fv_detector_describe(model, &map, 1), FV_OK);
  assert_int_equal(fv_detector_targets(&maker, model, set), FV_OK);
  const fv_fit_options options = {.dataset = fv_detection_set_pictures(set),
                                  .targets = &maker,
                                  .augment = &(fv_augment_options){.horizontal_flip = true, .width_shift = 0.1},
                                  .loss = "multi_box",
                                  .optimizer = "adam",
                                  .optimizer_options = &(fv_optimizer_options){.learning_rate = 0.005},
                                  .epochs = 60,
                                  .batch_size = 6,
                                  .seed = 5};
  if (fv_fit(model, &options, NULL)) fail_msg("%s", fv_error_message());
  fv_average_precision *scores;
  fv_average_precision_report report;
  if (fv_detector_evaluate(&scores, model, set, NULL, NULL, NULL)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_average_precision_measure(&report, scores), FV_OK);
  if (!(report.mean.ap50 > 0.9)) fail_msg("AP50 %g", report.mean.ap50);
  assert_int_equal(report.known[0], PICTURES / 2);
  fv_average_precision_destroy(scores);
  fv_detector *detector;
  fv_found found;
  fv_image image;
  assert_int_equal(fv_detector_create(&detector, model, &(fv_detect_options){.score = 0.5}), FV_OK);
  assert_int_equal(fv_image_read(&image, picture_name(4)), FV_OK);
  assert_int_equal(fv_detect(&found, detector, &image), FV_OK);
  assert_true(found.count >= 1);
  assert_int_equal(found.objects[0].class_index, 0);
  assert_true(found.objects[0].score > 0.5F && found.objects[0].score <= 1);
  assert_int_equal(fv_detect(&found, detector, &(fv_image){.channels = 2}), FV_ERROR_INVALID);
  fv_image_destroy(&image);
  fv_detector_destroy(detector);
  fv_detector_targets_end(&maker);
  fv_model_destroy(model);
}

static void networks_of_the_zoo(void **state) {
  (void)state;
  static const char *const backbones[] = {"MobileNet", "EfficientNetLite0"};
  for (int i = 0; i < 4; i++) {
    fv_model *model;
    const fv_zoo_options options = {.input_shape = {96, 128, 3}, .backbone = backbones[i / 2]};
    if (fv_detector_build(&model, i % 2 ? "Localizer" : "SSDLite", &options, set, 1))
      fail_msg("%s", fv_error_message());
    const fv_shape output = fv_model_output_shape(model, 0);
    assert_int_equal(output.dims[2], 7);
    if (i % 2) assert_int_equal(output.dims[1], 1);
    assert_true(fv_model_is_detector(model));
    assert_string_equal(fv_model_label(model, 0).name, "dark");
    assert_true(fv_model_preprocessing(model).crop == 0);
    assert_int_equal(fv_model_preprocessing(model).mode, i / 2 ? FV_PREPROCESSING_LITE : FV_PREPROCESSING_TF);
    fv_model_destroy(model);
  }
  fv_model *none;
  assert_int_equal(fv_detector_build(&none, "VGG16", NULL, set, 1), FV_ERROR_INVALID);
  assert_int_equal(fv_detector_build(&none, "SSDLite", &(fv_zoo_options){.backbone = "VGG16"}, set, 1),
                   FV_ERROR_INVALID);
  assert_null(none);
}

/* Weights of a classifier go into the layers of their names, whose normalisation then is frozen. */
static void backbones_keep_what_they_learnt(void **state) {
  (void)state;
  fv_model *classifier, *detector;
  const fv_zoo_options small = {.weights = "by-name:1", .input_shape = {96, 96, 3}, .alpha = 0.25};
  assert_int_equal(fv_zoo_build(&classifier, "MobileNet", &small), FV_OK);
  snprintf(path, sizeof path, "%s/classifier.keras", folder);
  assert_int_equal(fv_model_save(classifier, path, NULL), FV_OK);
  const fv_zoo_options options = {.weights = path, .input_shape = {64, 64, 3}, .alpha = 0.25};
  if (fv_detector_build(&detector, "SSDLite", &options, set, 1)) fail_msg("%s", fv_error_message());
  const fv_layer_info theirs = fv_model_layer(classifier, fv_model_find_layer(classifier, "conv_pw_5"));
  const fv_layer_info ours = fv_model_layer(detector, fv_model_find_layer(detector, "conv_pw_5"));
  assert_true(fv_model_weight_data(classifier, theirs.weights[0])[5] ==
              fv_model_weight_data(detector, ours.weights[0])[5]);
  assert_true(fv_model_layer(detector, fv_model_find_layer(detector, "conv_pw_5_bn")).frozen);
  assert_false(fv_model_layer(detector, fv_model_find_layer(detector, "map_1_boxes_dw_bn")).frozen);
  fv_model_destroy(classifier);
  fv_model_destroy(detector);
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(anchors_travel_in_the_file, make_set, remove_set),
      cmocka_unit_test_setup_teardown(targets_follow_the_picture, make_set, remove_set),
      cmocka_unit_test_setup_teardown(squares_are_found, make_set, remove_set),
      cmocka_unit_test_setup_teardown(networks_of_the_zoo, make_set, remove_set),
      cmocka_unit_test_setup_teardown(backbones_keep_what_they_learnt, make_set, remove_set),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
