/* `fovea summary --style keras2|keras3`: to the byte what model.summary() prints. The texts are in
 * tests/golden/summary; larger ones only in ../shared/golden, and their tests are skipped where that is not. */
#include "outcome.h"

#define HERE FOVEA_SOURCE_DIR "/tests/golden/"
#define SHARED FOVEA_SOURCE_DIR "/../shared/golden/summary/"
#define NESTED2 HERE "files/nested.k2.h5"
#define NESTED3 HERE "files/nested.keras"
#define LENET5 HERE "summary/lenet5.keras"
#define NESTED_UNBUILT HERE "summary/unbuilt_nested.keras"
#define UNBUILT HERE "summary/lenet5_unbuilt.keras"

typedef struct sample {
  const char *text, *model, *style, *width;
  const char *options[6];
} sample;

static const sample samples[] = {
    {"lenet5.keras2", LENET5, "keras2", "200", {NULL}},
    {"lenet5.keras3", LENET5, "keras3", "200", {NULL}},
    {"lenet5.keras3_80", LENET5, "keras3", "80", {NULL}},
    {"lenet5_line60.keras2", LENET5, "keras2", "200", {"--line-length", "60"}},
    {"lenet5_line60.keras3", LENET5, "keras3", "200", {"--line-length", "60"}},
    {"lenet5_positions.keras2", LENET5, "keras2", "200", {"--line-length", "70", "--positions", "0.4,0.7,1.0"}},
    {"lenet5_positions.keras3", LENET5, "keras3", "200", {"--line-length", "70", "--positions", "0.4,0.7,1.0"}},
    {"lenet5_unbuilt.keras3", UNBUILT, "keras3", "200", {NULL}},
    {"unbuilt_nested.keras3", NESTED_UNBUILT, "keras3", "200", {NULL}},
    {"unbuilt_nested_expanded.keras3", NESTED_UNBUILT, "keras3", "200", {"--expand-nested", "--show-trainable"}},
    {"lenet_compiled.keras2", HERE "files/lenet.k2.h5", "keras2", "200", {NULL}},
    {"lenet_compiled.keras3", HERE "files/lenet.keras", "keras3", "200", {NULL}},
    {"twice.keras3", HERE "summary/twice.keras", "keras3", "200", {NULL}},
    {"VGG16_frozen.keras2", "VGG16", "keras2", "200", {"--freeze", "5"}},
    {"VGG16_frozen_shown.keras2", "VGG16", "keras2", "200", {"--freeze", "5", "--show-trainable"}},
    {"VGG16_range.keras2", "VGG16", "keras2", "200", {"--layer-range", "block2_conv1,block3_pool"}},
    {"VGG16_range.keras3", "VGG16", "keras3", "200", {"--layer-range", "block2_conv1,block3_pool"}},
    {"nested.keras2", NESTED2, "keras2", "200", {NULL}},
    {"nested.keras3", NESTED3, "keras3", "200", {NULL}},
    {"nested_expanded.keras2", NESTED2, "keras2", "200", {"--expand-nested"}},
    {"nested_expanded.keras3", NESTED3, "keras3", "200", {"--expand-nested"}},
    {"nested_frozen_shown.keras2",
     NESTED2,
     "keras2",
     "200",
     {"--expand-nested", "--show-trainable", "--freeze", "inner"}},
};

static const sample large[] = {
    {"VGG16_frozen.keras3", "VGG16", "keras3", "200", {"--freeze", "5"}},
    {"VGG16_frozen_shown.keras3", "VGG16", "keras3", "200", {"--freeze", "5", "--show-trainable"}},
    {"VGG16_frozen_shown.keras3_80", "VGG16", "keras3", "80", {"--freeze", "5", "--show-trainable"}},
    {"nested_expanded.keras3_80", NESTED3, "keras3", "80", {"--expand-nested"}},
    {"nested_frozen_shown.keras3",
     NESTED3,
     "keras3",
     "200",
     {"--expand-nested", "--show-trainable", "--freeze", "inner"}},
    {"VGG16.keras2", "VGG16", "keras2", "200", {NULL}},
    {"VGG16.keras3", "VGG16", "keras3", "200", {NULL}},
    {"ResNet50.keras2", "ResNet50", "keras2", "200", {NULL}},
    {"ResNet50.keras3", "ResNet50", "keras3", "200", {NULL}},
    {"ResNet50.keras3_80", "ResNet50", "keras3", "80", {NULL}},
    {"InceptionV3.keras2", "InceptionV3", "keras2", "200", {NULL}},
    {"InceptionV3.keras3", "InceptionV3", "keras3", "200", {NULL}},
};

static void compare(const char *where, const sample *s) {
  char path[400];
  snprintf(path, sizeof path, "%s%s.txt", where, s->text);
  char *expected = contents(path);
  outcome found = FOVEA("summary", s->model, "--style", s->style, "--width", s->width, s->options[0], s->options[1],
                        s->options[2], s->options[3], s->options[4]);
  if (found.status || strcmp(found.out, expected))
    fail_msg("%s differs: status %d, '%s'\n%s", s->text, found.status, found.err, found.out);
  free(expected);
  end(&found);
}

static void test_texts_are_those_of_keras(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) compare(HERE "summary/", &samples[i]);
}

static void test_texts_of_large_networks(void **state) {
  (void)state;
  if (access(SHARED, R_OK)) skip();
  for (size_t i = 0; i < sizeof large / sizeof *large; i++) compare(SHARED, &large[i]);
}

/* Names freeze what is inside them, too; a part of the name of a layer begins a range. */
static void test_choices(void **state) {
  (void)state;
  outcome found = FOVEA("summary", NESTED3, "--style", "keras2", "--freeze", "inner/inner_conv,score");
  assert_int_equal(found.status, 0);
  assert_true(has(found.out, "Trainable params: 278 "));
  end(&found);
  found = FOVEA("summary", "VGG16", "--style", "keras2", "--layer-range", "block[45]_conv,block5_pool");
  assert_true(has(found.out, " block4_conv1 (Conv2D)") && !has(found.out, "block3") && !has(found.out, "flatten"));
  end(&found);
}

/* No line is longer than 100 signs. */
static void expect_narrow(const char *text) {
  for (size_t length; *text; text += length + (text[length] == '\n')) {
    length = strcspn(text, "\n");
    if (length > 100) fail_msg("%zu signs: %.*s", length, (int)length, text);
  }
}

static void test_costs(void **state) {
  (void)state;
  outcome found = FOVEA("summary", "VGG16");
  assert_int_equal(found.status, 0);
  assert_true(has(found.out, "multiply-adds per image: 15,470,264,320\n"));
  assert_true(has(found.out, "  7x7x512                0       0  98.0 KB    212 /32\n"));
  assert_true(has(found.out, " 102,764,544   103 M  16.0 KB        all\n"));
  end(&found);
  static const char *const wide[] = {"InceptionV3", "DenseNet121Torchvision", "EfficientNetB0"};
  for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
    found = FOVEA("summary", wide[i]);
    assert_int_equal(found.status, 0);
    expect_narrow(found.out);
    end(&found);
  }
}

/* shared is called on both inputs, 10 x 12 x 5 numbers of 3 x 3 x 3 each time. */
static void test_costs_of_all_calls(void **state) {
  (void)state;
  outcome found = FOVEA("summary", NESTED3, "--format", "json");
  assert_int_equal(found.status, 0);
  assert_true(has(found.out, "\"name\": \"shared\", \"class\": \"Conv2D\", \"output_shape\": [null, 10, 12, 5], "
                             "\"parameters\": 140, \"trainable_parameters\": 140, \"calls\": 2, \"inbound\": "
                             "[\"left\", \"right\"], \"multiply_adds\": 32400, \"activation_bytes\": 4800, "
                             "\"receptive_field\": {\"size\": [3, 3], \"step\": [2, 2]}}"));
  assert_true(has(found.out, "\"class\": \"Dense\"") && has(found.out, "\"receptive_field\": \"all\"}"));
  assert_true(has(found.out, "\n  \"multiply_adds\": 120108,\n"));
  end(&found);
}

/* Its layers can be listed; nothing else can be done with it. */
static void test_models_that_were_never_built(void **state) {
  (void)state;
  outcome found = FOVEA("summary", NESTED_UNBUILT);
  assert_int_equal(found.status, 0);
  assert_true(has(found.out, "\nopen  Sequential\n  narrow  Dense\n") && has(found.out, "never built"));
  end(&found);
  found = FOVEA("summary", UNBUILT, "--format", "json");
  assert_int_equal(found.status, 0);
  assert_true(has(found.out, "\"built\": false") && has(found.out, "\"name\": \"c5\", \"class\": \"Dense\"}"));
  end(&found);
  expect_failure(FOVEA("summary", UNBUILT, "--style", "keras2"), 3, "the model was never built");
  expect_failure(FOVEA("weights", UNBUILT), 3, "the model was never built");
  expect_failure(FOVEA("convert", UNBUILT, "x.h5"), 3, "the model was never built");
  expect_failure(FOVEA("bench", UNBUILT), 3, "the model was never built");
}

/* A terminal of three columns makes a narrow table, no failure. */
static void test_narrow_terminals(void **state) {
  (void)state;
  assert_int_equal(setenv("COLUMNS", "3", 1), 0);
  outcome found = FOVEA("summary", LENET5, "--style", "keras3", "--show-trainable");
  assert_int_equal(unsetenv("COLUMNS"), 0);
  assert_int_equal(found.status, 0);
  assert_true(has(found.out, "Conv2D"));
  end(&found);
}

static void test_what_cannot_be(void **state) {
  (void)state;
  expect_failure(FOVEA("summary", LENET5, "--expand-nested"), 2, "--style keras2 or keras3");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras3", "--format", "json"), 2, "--format json");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras3", "--line-length", "10"), 2, "narrower");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras2", "--line-length", "20"), 2, "narrower");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras3", "--positions", "0.5,x"), 2, "numbers like");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras3", "--positions", "0.5,1"), 2, "3 are expected, found 2");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras2", "--layer-range", "c1"), 2, "FROM,TO");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras2", "--layer-range", "c1,["), 2, "no regular expression");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras2", "--layer-range", "c1,x"), 2, "no layer is called 'x'");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras2", "--layer-range", "c1,"), 2, "FROM,TO");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras2", "--layer-range", "a{255}{255}{255},c1"), 2, "FROM,TO");
  char deep[1000] = "c1,";
  memset(deep + 3, '(', sizeof deep - 4);
  deep[sizeof deep - 1] = '\0';
  expect_failure(FOVEA("summary", LENET5, "--style", "keras3", "--layer-range", deep), 2, "less than 200 signs");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras3", "--positions", "nan,nan,nan"), 2, "numbers like");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras3", "--positions", "30,60,90"), 2, "parts of the line");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras3", "--width", "-5"), 2, "between 0 and 100000");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras2", "--line-length", "1e9"), 2, "whole number");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras2", "--freeze", "-1"), 2, "a number of layers");
  expect_failure(FOVEA("summary", LENET5, "--style", "keras2", "--freeze", "c1,c9"), 2, "no layer 'c9'");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts_are_those_of_keras),
                                     cmocka_unit_test(test_texts_of_large_networks),
                                     cmocka_unit_test(test_choices),
                                     cmocka_unit_test(test_costs),
                                     cmocka_unit_test(test_costs_of_all_calls),
                                     cmocka_unit_test(test_models_that_were_never_built),
                                     cmocka_unit_test(test_narrow_terminals),
                                     cmocka_unit_test(test_what_cannot_be)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
