/* Segmenters: classes travel in the model's file; targets follow the picture, elastic deformation too; one trained on
 * discs finds them; tiles give the mask of one tile; wrong models, tiles and sets are refused. */
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

#include <fovea/file.h>
#include <fovea/fit.h>
#include <fovea/labels.h>
#include <fovea/layers.h>
#include <fovea/segmenter.h>

enum { PICTURES = 8, SIDE = 32 };

static char folder[64], path[128];
static fv_mask_set *set;

static const char *path_of(const char *name) {
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static bool is_inside(int number, int y, int x) {
  const int middle_y = 9 + number * 5 % 14, middle_x = 9 + number * 11 % 14, radius = 5 + number % 3;
  return (y - middle_y) * (y - middle_y) + (x - middle_x) * (x - middle_x) < radius * radius;
}

/* A light disc on gray, and where it is. */
static void draw_pair(int number) {
  char name[32];
  fv_image image, mask;
  assert_int_equal(fv_image_create(&image, SIDE, SIDE, 3), FV_OK);
  assert_int_equal(fv_image_create(&mask, SIDE, SIDE, 1), FV_OK);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++) {
      mask.pixels[y * SIDE + x] = is_inside(number, y, x) ? 255 : 0;
      for (int c = 0; c < 3; c++)
        image.pixels[3 * (SIDE * y + x) + c] = (uint8_t)((is_inside(number, y, x) ? 180 : 90) + (x * 7 + y * 13) % 20);
    }
  snprintf(name, sizeof name, "images/%d.png", number);
  assert_int_equal(fv_image_write(path_of(name), &image), FV_OK);
  snprintf(name, sizeof name, "masks/%d.png", number);
  assert_int_equal(fv_image_write(path_of(name), &mask), FV_OK);
  fv_image_destroy(&image);
  fv_image_destroy(&mask);
}

static int make_set(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/fovea-segmenter-XXXXXX");
  if (!mkdtemp(folder) || mkdir(path_of("images"), 0700) || mkdir(path_of("masks"), 0700)) return -1;
  for (int i = 0; i < PICTURES; i++) draw_pair(i);
  return fv_mask_set_open(&set, folder, NULL) ? -1 : 0;
}

static int remove_set(void **state) {
  (void)state;
  char command[100];
  fv_mask_set_destroy(set);
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return system(command);
}

/* Down once and up once: a pixel of the answer sees 8 pixels to each side. */
static fv_model *small_network(int32_t classes) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {SIDE, SIDE, 3});
  const fv_value beside = fv_conv2d(g, x, .filters = 8, .kernel_size = {3}, .padding = FV_SAME, .activation = "relu");
  x = fv_max_pooling2d(g, beside);
  x = fv_conv2d(g, x, .filters = 12, .kernel_size = {3}, .padding = FV_SAME, .activation = "relu");
  x = fv_conv2d_transpose(g, x, .filters = 8, .kernel_size = {2}, .strides = {2});
  x = fv_concatenate(g, {beside, x});
  x = fv_conv2d(g, x, .filters = classes, .kernel_size = {3}, .padding = FV_SAME);
  x = fv_activation(g, x, .activation = "softmax");
  fv_model *model;
  if (fv_model_create(&model, g, x)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_model_initialize(model, "random:3"), FV_OK);
  fv_preprocessing p;
  assert_int_equal(fv_preprocessing_parse(&p, "tf"), FV_OK);
  assert_int_equal(fv_model_set_preprocessing(model, &p), FV_OK);
  return model;
}

static fv_model *small_segmenter(void) {
  fv_model *model = small_network(2);
  if (fv_segmenter_describe(model, fv_mask_set_key(set), fv_mask_set_class_names(set)))
    fail_msg("%s", fv_error_message());
  return model;
}

static void classes_travel_in_the_file(void **state) {
  (void)state;
  fv_model *three = small_network(3), *model = small_network(2), *read;
  fv_mask_key key;
  fv_segmenter *segmenter;
  assert_int_equal(fv_segmenter_describe(three, fv_mask_set_key(set), fv_mask_set_class_names(set)), FV_ERROR_SHAPE);
  assert_false(fv_model_is_segmenter(model));
  assert_int_equal(fv_segmenter_create(&segmenter, model, NULL), FV_ERROR_STATE);
  fv_model_destroy(three);
  fv_model_destroy(model);
  model = small_segmenter();
  for (int i = 0; i < 2; i++) {
    char name[32];
    snprintf(name, sizeof name, "model.%s", i ? "h5" : "keras");
    if (fv_model_save(model, path_of(name), NULL)) fail_msg("%s", fv_error_message());
    if (fv_model_load(&read, path_of(name), NULL)) fail_msg("%s", fv_error_message());
    assert_true(fv_model_is_segmenter(read));
    assert_int_equal(fv_segmenter_key(&key, read), FV_OK);
    assert_memory_equal(&key, fv_mask_set_key(set), sizeof key);
    assert_string_equal(fv_model_label(read, 1).name, "foreground");
    fv_model_destroy(read);
  }
  static const char *const broken[] = {
      "{\"kind\":\"segmenter\"}", "{\"kind\":\"segmenter\",\"masks\":\"numbers\",\"values\":[0,1,2],\"ignored\":[]}",
      "{\"kind\":\"segmenter\",\"masks\":\"numbers\",\"values\":[0,256],\"ignored\":[]}",
      "{\"kind\":\"segmenter\",\"masks\":\"colors\",\"values\":[0,1],\"ignored\":[]}"};
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    assert_int_equal(fv_model_set_task(model, broken[i]), FV_OK);
    assert_int_equal(fv_segmenter_key(&key, model), FV_ERROR_STATE);
  }
  fv_model_destroy(model);
}

static void make_targets(float *targets, const fv_target_maker *maker, const fv_transform *transform) {
  const fv_augment_options how = {.fill = FV_AUGMENT_CONSTANT, .order = 1};
  const fv_target_place place = {.sample = 3, .transform = transform, .how = &how, .height = SIDE, .width = SIDE};
  if (maker->make(maker->context, targets, &place)) fail_msg("%s", fv_error_message());
}

static void targets_follow_the_picture(void **state) {
  (void)state;
  fv_model *model = small_segmenter();
  fv_target_maker maker;
  float as_it_is[SIDE * SIDE], changed[SIDE * SIDE];
  assert_int_equal(fv_segmenter_targets(&maker, model, set), FV_OK);
  assert_int_equal(maker.numbers, SIDE * SIDE);
  make_targets(as_it_is, &maker, NULL);
  for (int i = 0; i < SIDE * SIDE; i++) assert_true(as_it_is[i] == (float)is_inside(3, i / SIDE, i % SIDE));
  fv_transform t = {.flip_horizontal = true, .brightness = 2, .channel_shift = 7};
  make_targets(changed, &maker, &t);
  for (int i = 0; i < SIDE * SIDE; i++) assert_true(changed[i] == as_it_is[i / SIDE * SIDE + SIDE - 1 - i % SIDE]);
  t = (fv_transform){.tx = 4, .ty = -3}; /* to the left and down; nothing is known of what comes in */
  make_targets(changed, &maker, &t);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++) {
      const bool is_new = y < 3 || x >= SIDE - 4;
      assert_true(changed[y * SIDE + x] == (is_new ? 255 : as_it_is[(y - 3) * SIDE + x + 4]));
    }
  fv_segmenter_targets_end(&maker);
  fv_model_destroy(model);
}

/* A mask as a picture and as targets: moved alike, so that the rounded picture is the mask. */
static void elastic_moves_both(void **state) {
  (void)state;
  fv_augment_options options;
  fv_transform t, again;
  fv_target_maker maker;
  fv_model *model = small_segmenter();
  float as_it_is[SIDE * SIDE], targets[SIDE * SIDE], picture[SIDE * SIDE];
  const fv_shape shape = {2, {SIDE, SIDE}};
  const fv_tensor in = {shape, as_it_is}, out = {shape, picture};
  if (fv_augment_parse(&options, "elastic=80,3")) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_transform_draw(&t, &options, SIDE, SIDE, 1, 2, 3), FV_OK);
  assert_int_equal(fv_transform_draw(&again, &options, SIDE, SIDE, 1, 2, 3), FV_OK);
  assert_memory_equal(t.effects[0].numbers, again.effects[0].numbers, sizeof t.effects[0].numbers);
  assert_int_equal(fv_segmenter_targets(&maker, model, set), FV_OK);
  make_targets(as_it_is, &maker, NULL);
  make_targets(targets, &maker, &t);
  assert_int_equal(fv_transform_apply(&out, &in, &t, NULL), FV_OK);
  int moved = 0, apart = 0, between = 0;
  for (int i = 0; i < SIDE * SIDE; i++) {
    assert_true(targets[i] == 0 || targets[i] == 1);
    moved += targets[i] != as_it_is[i];
    between += picture[i] > 0 && picture[i] < 1;
    apart += fabsf(picture[i] - targets[i]) > 0.76F; /* a corner of the nearest pixel: three neighbours of four */
  }
  assert_true(moved > 20 && moved < 300 && between > 20);
  assert_int_equal(apart, 0);
  fv_transform none = t;
  none.effects[0].numbers[0] = 0;
  assert_int_equal(fv_transform_apply(&out, &in, &none, NULL), FV_OK);
  assert_memory_equal(picture, as_it_is, sizeof picture);
  fv_segmenter_targets_end(&maker);
  fv_model_destroy(model);
}

static void train(fv_model *model) {
  fv_target_maker maker;
  assert_int_equal(fv_segmenter_targets(&maker, model, set), FV_OK);
  const fv_augment_options augment = {.horizontal_flip = true};
  const fv_fit_options options = {.dataset = fv_mask_set_pictures(set),
                                  .targets = &maker,
                                  .augment = &augment,
                                  .epochs = 30,
                                  .batch_size = 4,
                                  .loss = "pixel",
                                  .loss_options = &(fv_loss_options){.dice = 1},
                                  .optimizer = "adam",
                                  .optimizer_options = &(fv_optimizer_options){.learning_rate = 0.01},
                                  .seed = 1};
  if (fv_fit(model, &options, NULL)) fail_msg("%s", fv_error_message());
  fv_segmenter_targets_end(&maker);
}

static double dice_of(fv_model *model, const fv_segment_options *options) {
  fv_mask_scores *scores;
  fv_mask_report report;
  if (fv_segmenter_evaluate(&scores, model, set, options, NULL, NULL)) fail_msg("%s", fv_error_message());
  fv_mask_scores_measure(&report, scores);
  assert_int_equal(report.pictures, PICTURES);
  const double dice = report.classes[1].dice;
  fv_mask_scores_destroy(scores);
  return dice;
}

static fv_image segment(fv_model *model, const fv_segment_options *options, const fv_image *image) {
  fv_segmenter *segmenter;
  fv_image classes;
  if (fv_segmenter_create(&segmenter, model, options)) fail_msg("%s", fv_error_message());
  if (fv_segment(&classes, segmenter, image)) fail_msg("%s", fv_error_message());
  fv_segmenter_destroy(segmenter);
  assert_true(classes.height == image->height && classes.width == image->width && classes.channels == 1);
  return classes;
}

/* Pixels that differ, those nearer than `border` to the right and lower side left out. */
static int differing(const fv_image *a, const fv_image *b, int border) {
  int count = 0;
  for (int y = 0; y < a->height - border; y++)
    for (int x = 0; x < a->width - border; x++) count += a->pixels[y * a->width + x] != b->pixels[y * b->width + x];
  return count;
}

/* A picture of 150 x 93 pixels with discs all over, in tiles of several sides, and in one. */
static void tiles_are_one(fv_model *model) {
  fv_image large;
  assert_int_equal(fv_image_create(&large, 93, 150, 3), FV_OK);
  for (int y = 0; y < 93; y++)
    for (int x = 0; x < 150; x++)
      for (int c = 0; c < 3; c++)
        large.pixels[3 * (150 * y + x) + c] =
            (uint8_t)((is_inside((x / 31 + y / 29) % 9, y % 29, x % 31) ? 160 : 100) + (x * 37 + y * 53 + c) % 41);
  fv_image whole = segment(model, &(fv_segment_options){.tile = 160}, &large);
  int found = 0;
  for (int i = 0; i < 93 * 150; i++) found += whole.pixels[i];
  assert_true(found > 200 && found < 93 * 150 - 200);
  static const fv_segment_options tiled[] = {{.tile = 48, .overlap = 16}, {.tile = 64, .overlap = 20}, {.tile = 32}};
  for (size_t i = 0; i < sizeof tiled / sizeof *tiled; i++) {
    fv_image classes = segment(model, &tiled[i], &large);
    if (i < 2) assert_int_equal(differing(&whole, &classes, 8), 0); /* beyond the picture tiles end elsewhere */
    assert_true(differing(&whole, &classes, 0) < 300);
    fv_image_destroy(&classes);
  }
  fv_image classes = segment(model, &(fv_segment_options){.tile = 32, .overlap = FV_ZERO}, &large);
  assert_true(differing(&whole, &classes, 8) > 0); /* seams without what tiles share */
  fv_image_destroy(&classes);
  fv_image_destroy(&whole);
  fv_image_destroy(&large);
}

static void discs_are_found(void **state) {
  (void)state;
  fv_model *model = small_segmenter();
  const double before = dice_of(model, NULL);
  train(model);
  const double after = dice_of(model, NULL);
  if (!(after > 0.95) || !(before < 0.9)) fail_msg("Dice %g before training, %g after", before, after);
  assert_true(dice_of(model, &(fv_segment_options){.tile = SIDE}) == after); /* the extents it has anyway */
  tiles_are_one(model);
  fv_image small, classes;
  assert_int_equal(fv_image_create(&small, 5, 7, 1), FV_OK); /* gray, and smaller than the network's input */
  classes = segment(model, NULL, &small);
  fv_image_destroy(&classes);
  classes = segment(model, &(fv_segment_options){.tile = 64}, &small);
  fv_image_destroy(&classes);
  fv_image_destroy(&small);
  fv_model_destroy(model);
}

/* Every network of the zoo: learns for a step, and is the same from its file. */
static void networks_of_the_zoo(void **state) {
  (void)state;
  int found = 0;
  fv_image image;
  assert_int_equal(fv_image_read(&image, fv_mask_set_picture(set, 0)), FV_OK);
  for (int32_t i = 0; fv_zoo_at(i); i++) {
    const fv_zoo_entry *entry = fv_zoo_at(i);
    if (!entry->is_segmenter) continue;
    fv_model *model, *read;
    fv_target_maker maker;
    const fv_zoo_options small = {.alpha = entry->is_on_backbone ? 0.25 : 0.0625};
    if (fv_segmenter_build(&model, entry->name, &small, set, 1)) fail_msg("%s", fv_error_message());
    assert_int_equal(fv_segmenter_targets(&maker, model, set), FV_OK);
    const fv_fit_options options = {.dataset = fv_mask_set_pictures(set),
                                    .targets = &maker,
                                    .batch_size = 4,
                                    .max_steps = 1,
                                    .loss = "pixel",
                                    .optimizer = "adam"};
    if (fv_fit(model, &options, NULL)) fail_msg("%s: %s", entry->name, fv_error_message());
    fv_segmenter_targets_end(&maker);
    if (fv_model_save(model, path_of("zoo.keras"), NULL)) fail_msg("%s", fv_error_message());
    if (fv_model_load(&read, path_of("zoo.keras"), NULL)) fail_msg("%s: %s", entry->name, fv_error_message());
    fv_image a = segment(model, NULL, &image), b = segment(read, NULL, &image);
    assert_memory_equal(a.pixels, b.pixels, SIDE * SIDE);
    fv_image_destroy(&a);
    a = segment(read, &(fv_segment_options){.tile = 64, .overlap = FV_ZERO}, &image); /* other extents */
    fv_image_destroy(&a);
    fv_image_destroy(&b);
    fv_model_destroy(read);
    fv_model_destroy(model);
    found++;
  }
  fv_image_destroy(&image);
  assert_int_equal(found, 4);
}

/* The last stage keeps its size; weights of the classifier are taken all the same, their statistics stay. */
static void backbones_bring_their_weights(void **state) {
  (void)state;
  fv_model *classifier, *model;
  static const char *const last[] = {"conv_pw_13_relu", "swish_1"};
  static const char *const backbones[] = {"MobileNet", "EfficientNetLite0"};
  for (int i = 0; i < 2; i++) {
    const fv_zoo_options plain = {
        .weights = "by-name:2", .no_top = true, .alpha = i ? 1 : 0.25, .input_shape = {64, 64, 3}};
    if (fv_zoo_build(&classifier, backbones[i], &plain)) fail_msg("%s", fv_error_message());
    if (fv_model_save(classifier, path_of("backbone.h5"), NULL)) fail_msg("%s", fv_error_message());
    const fv_zoo_options options = {
        .weights = path, .alpha = plain.alpha, .backbone = backbones[i], .input_shape = {64, 96, 3}};
    if (fv_segmenter_build(&model, "DeepLabV3Lite", &options, set, 1)) fail_msg("%s", fv_error_message());
    int same = 0;
    for (int32_t k = 0; k < fv_model_layer_count(classifier); k++) {
      const fv_layer_info from = fv_model_layer(classifier, k);
      if (!from.weight_count) continue;
      const fv_layer_info to = fv_model_layer(model, fv_model_find_layer(model, from.name));
      assert_memory_equal(fv_model_weight_data(model, to.weights[0]), fv_model_weight_data(classifier, from.weights[0]),
                          16);
      assert_int_equal(to.frozen, !strcmp(to.kind, "BatchNormalization"));
      same++;
    }
    assert_true(same > 50);
    const fv_shape shape = fv_model_layer(model, fv_model_find_layer(model, last[i])).output;
    assert_true(shape.dims[1] == 4 && shape.dims[2] == 6); /* a 16th */
    fv_model_destroy(model);
    fv_model_destroy(classifier);
  }
}

static void wrong_tiles_are_refused(void **state) {
  (void)state;
  fv_model *model = small_segmenter(), *unet;
  fv_segmenter *segmenter;
  static const fv_segment_options wrong[] = {{.tile = 16},
                                             {.tile = -64},
                                             {.tile = 64, .overlap = 64},
                                             {.tile = 64, .overlap = -2},
                                             {.tile = 64, .overlap = 3}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(fv_segmenter_create(&segmenter, model, &wrong[i]), FV_ERROR_INVALID);
  assert_null(segmenter);
  fv_model_destroy(model);
  assert_int_equal(fv_segmenter_build(&unet, "MobileNet", NULL, set, 1), FV_ERROR_INVALID);
  assert_int_equal(fv_segmenter_build(&unet, "UNet", &(fv_zoo_options){.weights = "imagenet"}, set, 1),
                   FV_ERROR_INVALID);
  if (fv_segmenter_build(&unet, "UNet", &(fv_zoo_options){.alpha = 0.0625}, set, 1)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_model_input_shape(unet, 0).dims[1], SIDE); /* that of its pictures */
  assert_int_equal(fv_segmenter_create(&segmenter, unet, &(fv_segment_options){.tile = 40}), FV_ERROR_INVALID);
  assert_int_equal(fv_segmenter_create(&segmenter, unet, &(fv_segment_options){.tile = 64, .overlap = 8}),
                   FV_ERROR_INVALID);
  assert_int_equal(fv_segmenter_create(&segmenter, unet, &(fv_segment_options){.tile = 64, .overlap = 32}), FV_OK);
  fv_segmenter_destroy(segmenter);
  fv_model_destroy(unet);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(classes_travel_in_the_file), cmocka_unit_test(targets_follow_the_picture),
      cmocka_unit_test(elastic_moves_both),         cmocka_unit_test(discs_are_found),
      cmocka_unit_test(networks_of_the_zoo),        cmocka_unit_test(backbones_bring_their_weights),
      cmocka_unit_test(wrong_tiles_are_refused)};
  return cmocka_run_group_tests(tests, make_set, remove_set);
}
