/* Darknet: networks with weights give libdarknet's tensors, and what it lacks those of formulas written out in
 * tools/check-darknet, which makes the files; every kind of wrong text and wrong weights is refused with a sentence
 * that says where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "formats/darknet/darknet.h"
#undef fail
#undef note

#include <cmocka.h>

#include <fovea/fovea.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/darknet/"

static void expect_error(fv_status status, fv_status code, const char *words) {
  if (status != code || !strstr(fv_error_message(), words))
    fail_msg("expected %s with '%s', found %s: %s", fv_status_name(code), words, fv_status_name(status),
             fv_error_message());
}

/* ---- goldens */

static void check_outputs(fv_model *model, const char *name) {
  char path[512];
  fv_tensor input, output;
  fv_plan *plan = NULL;
  if (fv_npy_read(&input, (snprintf(path, sizeof path, GOLDEN "%s.in.npy", name), path)) ||
      fv_npy_read(&output, (snprintf(path, sizeof path, GOLDEN "%s.out.npy", name), path)) ||
      fv_plan_create(&plan, model, &(fv_plan_options){.threads = 1}))
    fail_msg("%s", fv_error_message());
  int64_t inputs, outputs, found;
  const fv_shape in = fv_plan_input_shape(plan, 0), out = fv_plan_output_shape(plan, 0);
  assert_int_equal(fv_shape_elements(&inputs, &input.shape), FV_OK);
  assert_int_equal(fv_shape_elements(&outputs, &output.shape), FV_OK);
  assert_true(fv_shape_equal(&in, &input.shape));
  assert_int_equal(fv_shape_elements(&found, &out), FV_OK);
  assert_int_equal(found, outputs);
  for (int64_t i = 0; i < inputs; i++) fv_plan_input(plan, 0)[i] = input.data[i] / 255;
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  double largest = 0, apart = 0;
  for (int64_t i = 0; i < outputs; i++) {
    largest = fmax(largest, fabs((double)output.data[i]));
    apart = fmax(apart, fabs((double)output.data[i] - (double)fv_plan_output(plan, 0)[i]));
  }
  if (!(apart <= 1e-5 * largest)) fail_msg("%s: %g apart, the largest number is %g", name, apart, largest);
  fv_plan_destroy(plan);
  fv_tensor_destroy(&input);
  fv_tensor_destroy(&output);
}

static fv_model *open_golden(const char *name, bool without_weights) {
  char path[512];
  fv_model *model;
  snprintf(path, sizeof path, GOLDEN "%s.cfg", name);
  if (fv_model_load(&model, path, &(fv_model_load_options){.without_weights = without_weights}))
    fail_msg("%s", fv_error_message());
  return model;
}

static void tensors_are_darknets(void **state) {
  (void)state;
  static const char *const names[] = {"yolo", "classifier", "connected", "groups"};
  for (int i = 0; i < 4; i++) {
    char path[512];
    fv_model *model = open_golden(names[i], false);
    check_outputs(model, names[i]);
    fv_model_destroy(model);
    model = open_golden(names[i], true); /* the weights by their own name */
    snprintf(path, sizeof path, GOLDEN "%s.weights", names[i]);
    if (fv_model_load_weights(model, path)) fail_msg("%s", fv_error_message());
    check_outputs(model, names[i]);
    fv_model_destroy(model);
  }
}

/* Written as .keras and read again it is the same network, detector and all. */
static void other_formats_take_it(void **state) {
  (void)state;
  char path[] = "/tmp/fovea-darknet-XXXXXX.keras";
  const int descriptor = mkstemps(path, 6);
  assert_true(descriptor >= 0);
  close(descriptor);
  fv_model *model = open_golden("groups", false), *again;
  if (fv_model_save(model, path, NULL) || fv_model_load(&again, path, NULL)) fail_msg("%s", fv_error_message());
  check_outputs(again, "groups");
  assert_string_equal(fv_model_task(again), fv_model_task(model));
  fv_model_destroy(again);
  fv_model_destroy(model);
  unlink(path);
}

static void feeding_is_known(void **state) {
  (void)state;
  fv_model *model = open_golden("yolo", true);
  const fv_preprocessing how = fv_model_preprocessing(model);
  assert_int_equal(how.mode, FV_PREPROCESSING_OWN);
  assert_true(fabs(how.scale - 1 / 255.0) < 1e-12 && how.crop == 0);
  assert_true(fv_model_find_layer(model, "convolutional_2_bn") >= 0);
  fv_model_destroy(model);
  model = open_golden("classifier", true);
  assert_true(fv_model_preprocessing(model).crop == 1);
  assert_null(fv_model_task(model));
  fv_model_destroy(model);
}

/* ---- boxes */

/* The picture is as large as the network's input, so that nothing is resized. */
static void check_boxes(const char *name) {
  char path[512];
  fv_tensor input, boxes;
  fv_detector *detector;
  fv_found found;
  fv_model *model = open_golden(name, false);
  if (fv_npy_read(&input, (snprintf(path, sizeof path, GOLDEN "%s.in.npy", name), path)) ||
      fv_npy_read(&boxes, (snprintf(path, sizeof path, GOLDEN "%s.boxes.npy", name), path)) ||
      fv_detector_create(&detector, model,
                         &(fv_detect_options){.score = 0.5, .suppress = {.overlap = 1, .most = 1000}, .threads = 1}))
    fail_msg("%s", fv_error_message());
  const int32_t height = (int32_t)input.shape.dims[1], width = (int32_t)input.shape.dims[2];
  uint8_t *pixels = malloc((size_t)height * (size_t)width * 3);
  assert_non_null(pixels);
  for (int32_t i = 0; i < height * width * 3; i++) pixels[i] = (uint8_t)input.data[i];
  const fv_image image = {.pixels = pixels, .width = width, .height = height, .channels = 3};
  if (fv_detect(&found, detector, &image)) fail_msg("%s", fv_error_message());
  const fv_box bounds = {0, 0, (float)width, (float)height};
  int32_t inside = 0;
  for (int64_t i = 0; i < boxes.shape.dims[0]; i++) {
    const float *row = boxes.data + 6 * i;
    const fv_box whole = {row[2], row[3], row[4], row[5]}, box = fv_box_clip(&whole, &bounds);
    bool is_found = fv_box_area(&box) == 0;
    inside += !is_found;
    for (int32_t k = 0; k < found.count && !is_found; k++) {
      const fv_object *o = &found.objects[k];
      is_found = o->class_index == (int32_t)row[0] && fabsf(o->score - row[1]) < 1e-5F &&
                 fabsf(o->box.x0 - box.x0) < 1e-3F && fabsf(o->box.y0 - box.y0) < 1e-3F &&
                 fabsf(o->box.x1 - box.x1) < 1e-3F && fabsf(o->box.y1 - box.y1) < 1e-3F;
    }
    if (!is_found) fail_msg("%s: box %d was not found", name, (int)i);
  }
  assert_int_equal(found.count, inside);
  free(pixels);
  fv_detector_destroy(detector);
  fv_tensor_destroy(&boxes);
  fv_tensor_destroy(&input);
  fv_model_destroy(model);
}

static void boxes_are_darknets(void **state) {
  (void)state;
  check_boxes("yolo");
  check_boxes("groups");
}

static void yolo_is_not_taught(void **state) {
  (void)state;
  fv_target_maker targets;
  fv_model *model = open_golden("yolo", true);
  assert_true(fv_model_is_detector(model));
  expect_error(fv_detector_targets(&targets, model, NULL), FV_ERROR_UNSUPPORTED, "YOLO");
  fv_detector_targets_end(&targets);
  fv_model_destroy(model);
}

/* ---- texts */

static fv_status build(const char *text) {
  fv__source source;
  fv__darknet_text read;
  fv_model *model = NULL;
  fv__source_memory(&source, text, strlen(text));
  fv_status status = fv__darknet_read_text(&read, &source);
  if (status) return status;
  status = fv__darknet_build(&model, &read);
  assert_true((status == FV_OK) == (model != NULL));
  fv_model_destroy(model);
  fv__darknet_text_free(&read);
  return status;
}

#define NET "[net]\nheight=8\nwidth=8\nchannels=3\n"
#define CONV "[convolutional]\nfilters=4\nactivation=linear\n"

static void wrong_texts_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text;
    fv_status code;
    const char *words;
  } cases[] = {
      {NET "width", FV_ERROR_FORMAT, "line 5: expected key=value, found 'width'"},
      {NET "=3", FV_ERROR_FORMAT, "line 5: expected key=value"},
      {"height=3\n" NET, FV_ERROR_FORMAT, "line 1: 'height=3' stands before the first [section]"},
      {NET "[convolutional", FV_ERROR_FORMAT, "line 5: expected [section]"},
      {NET "[]", FV_ERROR_FORMAT, "expected [section]"},
      {"# nothing\n;\n\n", FV_ERROR_FORMAT, "no [section]"},
      {CONV, FV_ERROR_FORMAT, "expected [net] first, found [convolutional]"},
      {"[net]\nheight=8\nwidth=8\n" CONV, FV_ERROR_FORMAT, "lacks height, width or channels"},
      {"[net]\nheight=8\nwidth=8\nchannels=-3\n" CONV, FV_ERROR_INVALID, "channels"},
      {NET "[lstm]\n", FV_ERROR_UNSUPPORTED, "line 5: [lstm] 0: such sections are not supported"},
      {NET CONV "[convolutional]\nfilters=two\n", FV_ERROR_INVALID, "line 8: [convolutional] 1: filters"},
      {NET "[convolutional]\nfilters=99999999\n", FV_ERROR_INVALID, "filters"},
      {NET "[convolutional]\nactivation=stair\n", FV_ERROR_UNSUPPORTED, "activation=stair"},
      {NET "[convolutional]\nxnor=1\n", FV_ERROR_UNSUPPORTED, "xnor=1 is not supported"},
      {NET "[convolutional]\nsize=9\nactivation=linear\n", FV_ERROR_SHAPE, "[convolutional] 0"},
      {NET "[convolutional]\ngroups=2\nfilters=2\n", FV_ERROR_SHAPE, "groups"},
      {NET "[maxpool]\nsize=30\npadding=0", FV_ERROR_SHAPE, "[maxpool] 0"},
      {NET CONV "[route]\n", FV_ERROR_FORMAT, "expected layers=1 to 15 sections"},
      {NET CONV "[route]\nlayers=1\n", FV_ERROR_FORMAT, "layers names section 1, which does not stand before it"},
      {NET CONV "[route]\nlayers=-2\n", FV_ERROR_FORMAT, "does not stand before it"},
      {NET CONV "[route]\nlayers=0.5\n", FV_ERROR_FORMAT, "does not stand before it"},
      {NET CONV "[route]\nlayers=0,,0\n", FV_ERROR_FORMAT, "expected layers"},
      {NET CONV "[route]\nlayers=0\ngroups=3\n", FV_ERROR_SHAPE, "group 0 of 3 of 4 channels"},
      {NET CONV "[route]\nlayers=0\ngroups=2\ngroup_id=2\n", FV_ERROR_SHAPE, "group 2 of 2"},
      {NET CONV "[shortcut]\nfrom=5\n", FV_ERROR_FORMAT, "from names section 5"},
      {NET CONV "[maxpool]\nstride=2\n[shortcut]\nfrom=0\n", FV_ERROR_UNSUPPORTED, "not of one size"},
      {NET CONV "[softmax]\n", FV_ERROR_UNSUPPORTED, "over a map of 8 x 8"},
      {NET CONV "[avgpool]\n[softmax]\ntemperature=2\n", FV_ERROR_UNSUPPORTED, "temperature=2"},
      {NET CONV "[upsample]\nscale=2\n", FV_ERROR_UNSUPPORTED, "scale=2"},
      {NET CONV "[dropout]\nprobability=1\n", FV_ERROR_INVALID, "probability"},
      {NET CONV "[yolo]\nclasses=2\n", FV_ERROR_FORMAT, "expected anchors"},
      {NET CONV "[yolo]\nclasses=2\nanchors=3,4\n", FV_ERROR_SHAPE, "want 7 channels, found 4"},
      {NET CONV "[yolo]\nclasses=2\nanchors=3,4\nmask=1\n", FV_ERROR_FORMAT, "mask names anchor 1 of 1"},
      {NET CONV "[yolo]\nclasses=2\nanchors=3,-4\n", FV_ERROR_FORMAT, "an anchor of 3 x -4 pixels"},
      {NET CONV "[yolo]\nnew_coords=1\nanchors=3,4\n", FV_ERROR_UNSUPPORTED, "new_coords=1"},
      {NET "[convolutional]\nfilters=6\n[yolo]\nclasses=1\nanchors=3,4\n" CONV, FV_ERROR_UNSUPPORTED,
       "only a route can follow a [yolo]"},
      {NET "[convolutional]\nfilters=6\n[yolo]\nclasses=1\nanchors=3,4\n[route]\nlayers=-1\n", FV_ERROR_UNSUPPORTED,
       "layers names section 1, which only ends a network"},
      {NET "[avgpool]\n[yolo]\nclasses=1\nanchors=3,4\n", FV_ERROR_SHAPE, "want 6 channels, found 3"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_error(build(cases[i].text), cases[i].code, cases[i].words);
}

/* Blanks anywhere, comments behind values, the first of two keys, CR before LF, no newline at the end. */
static void odd_texts_are_read(void **state) {
  (void)state;
  static const char *const texts[] = {
      NET CONV,
      "; first\r\n[ net ]\r\n height = 8 # rows\r\n\twidth=8\r\nchannels = 3\r\nheight=x\r\n[conv]",
      "[network]\nheight=8\nwidth=8\nchannels=3\nmomentum=0.9\n[avg]\n[soft]",
      NET,
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (build(texts[i])) fail_msg("text %d: %s", (int)i, fv_error_message());
}

/* ---- files */

static char folder[] = "/tmp/fovea-darknet-XXXXXX";

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static const char *in_folder(const char *name) {
  static char path[300];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static int remove_folder(void **state) {
  (void)state;
  unlink(in_folder("a b.cfg"));
  unlink(in_folder("a b.weights"));
  return rmdir(folder);
}

static void write_bytes(const char *name, const void *bytes, size_t size) {
  if (fv__file_write(in_folder(name), bytes, size)) fail_msg("%s", fv_error_message());
}

static void refuse(fv_status code, const char *words) {
  fv_model *model;
  expect_error(fv_model_load(&model, in_folder("a b.cfg"), NULL), code, words);
  assert_null(model);
}

static void wrong_weights_are_refused(void **state) {
  (void)state;
  uint8_t *text, *bytes;
  size_t length, size;
  fv_model *model;
  if (fv__file_read(&text, &length, GOLDEN "yolo.cfg", 1 << 20) ||
      fv__file_read(&bytes, &size, GOLDEN "yolo.weights", 1 << 20))
    fail_msg("%s", fv_error_message());
  write_bytes("a b.cfg", text, length);
  refuse(FV_ERROR_NOT_FOUND, "a b.weights");
  write_bytes("a b.weights", bytes, size - 4);
  refuse(FV_ERROR_SHAPE, "a b.weights: convolutional_16/kernel: the file ends before");
  write_bytes("a b.weights", bytes, 15);
  refuse(FV_ERROR_FORMAT, "too short for a head");
  uint8_t *longer = calloc(1, size + 4);
  assert_non_null(longer);
  memcpy(longer, bytes, size);
  write_bytes("a b.weights", longer, size + 4);
  refuse(FV_ERROR_SHAPE, "4 bytes are left over: the file is another network's");
  memcpy(longer + 20 + 6 * 4, "\0\0\x80\x7f", 4); /* the first scale */
  write_bytes("a b.weights", longer, size);
  refuse(FV_ERROR_NUMBERS, "convolutional_0_bn/gamma");
  memcpy(longer, bytes, size);
  memcpy(longer + 20 + 18 * 4, "\0\0\x80\xbf", 4); /* the first variance: -1 */
  write_bytes("a b.weights", longer, size);
  refuse(FV_ERROR_NUMBERS, "convolutional_0: a variance of -1");
  write_bytes("a b.weights", bytes, size);
  if (fv_model_load(&model, in_folder("a b.cfg"), NULL)) fail_msg("%s", fv_error_message());
  expect_error(fv_model_load_weights(model, in_folder("a b.cfg")), FV_ERROR_UNSUPPORTED, "give the .weights");
  fv_model_destroy(model);
  expect_error(fv_model_load(&model, in_folder("a b.weights"), NULL), FV_ERROR_UNSUPPORTED, "open the .cfg");
  fv_graph *graph = fv_graph_create();
  const fv_value x = fv_input(graph, .shape = {8, 8, 3});
  assert_int_equal(fv_model_create(&model, graph, fv_flatten(graph, x, .name = "flat")), FV_OK);
  expect_error(fv_model_load_weights(model, in_folder("a b.weights")), FV_ERROR_SHAPE, "no network of Darknet's");
  fv_model_destroy(model);
  free(longer);
  free(bytes);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tensors_are_darknets), cmocka_unit_test(other_formats_take_it),
      cmocka_unit_test(feeding_is_known),     cmocka_unit_test(boxes_are_darknets),
      cmocka_unit_test(yolo_is_not_taught),   cmocka_unit_test(wrong_texts_are_refused),
      cmocka_unit_test(odd_texts_are_read),   cmocka_unit_test(wrong_weights_are_refused),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
