/* Tunings: what is measured is written, read and taken by plans; bits stay equal; wrong files are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/cpu.h>
#include <fovea/layers.h>
#include <fovea/predict.h>
#include <fovea/tuning.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/fovea-tuning-XXXXXX";

/* Two convolutions that Winograd's ways fit, one of them followed by a sum, and one that has one way only. */
static fv_model *make_net(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {20, 20, 3});
  x = fv_conv2d(g, x, .filters = 32, .kernel_size = {3}, .strides = {2}, .padding = FV_SAME, .activation = "relu");
  fv_value y = fv_conv2d(g, x, .filters = 32, .kernel_size = {3}, .padding = FV_SAME, .activation = "relu");
  y = fv_conv2d(g, y, .filters = 32, .kernel_size = {3}, .padding = FV_SAME);
  y = fv_global_average_pooling2d(g, fv_add(g, {x, y}));
  fv_model *model;
  if (fv_model_create(&model, g, y)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_model_initialize(model, "by-name:3"), FV_OK);
  return model;
}

static const char PROBLEM[] = "conv 1x10x10x32 to 10x10x32, window 3x3, stride 1x1, padding 1 1 1 1";

static void write_text(const char *text) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fputs(text, file) < 0, 0);
  fclose(file);
}

/* A file that says `way` for PROBLEM, with one word of it changed. */
static void write_tuning(const char *way, const char *from, const char *to) {
  char text[1000], changed[2000];
  snprintf(
      text, sizeof text,
      "{\"format\": \"fovea tuning\", \"version\": \"%s\", \"processor\": \"somebody's\", \"level\": \"%s\", "
      "\"model\": \"net\", \"inputs\": \"\", \"threads\": 1, \"choices\": [{\"problem\": \"%s\", \"way\": \"%s\"}]}",
      fv_version(), fv_cpu_name(fv_cpu()), PROBLEM, way);
  const char *place = from ? strstr(text, from) : text;
  assert_non_null(place);
  snprintf(changed, sizeof changed, "%.*s%s%s", (int)(place - text), text, from ? to : "",
           place + (from ? strlen(from) : 0));
  write_text(changed);
}

static fv_tuning *load(void) {
  fv_tuning *tuning;
  if (fv_tuning_load(&tuning, path)) fail_msg("%s", fv_error_message());
  return tuning;
}

static fv_plan *make_plan(fv_model *model, const fv_tuning *tuning, int32_t threads, fv_accuracy accuracy) {
  fv_plan *plan;
  if (fv_plan_create(&plan, model, &(fv_plan_options){.threads = threads, .tuning = tuning, .accuracy = accuracy}))
    fail_msg("%s", fv_error_message());
  return plan;
}

/* How many steps the tuning decided; each takes `way` (NULL: any). */
static int tuned_steps(const fv_plan *plan, const char *way) {
  int count = 0;
  for (int32_t i = 0; i < fv_plan_step_count(plan); i++) {
    const fv_step_info step = fv_plan_step(plan, i);
    if (!step.tuned) continue;
    if (way) assert_string_equal(step.way, way);
    count++;
  }
  return count;
}

static const float *answer(fv_plan *plan) {
  const fv_shape shape = fv_plan_input_shape(plan, 0);
  fv_fill_by_name(fv_plan_input(plan, 0), "input", &shape, 1, NULL);
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  return fv_plan_output(plan, 0);
}

static void a_measured_tuning_goes_through_a_file(void **state) {
  (void)state;
  fv_tuning *tuning;
  fv_model *model = make_net();
  assert_int_equal(
      fv_tuning_measure(&tuning, model, &(fv_plan_options){.threads = 2}, &(fv_tuning_options){.rounds = 1}), FV_OK);
  const fv_tuning_info about = fv_tuning_about(tuning);
  char processor[128];
  assert_int_equal(about.choices, 1); /* the same problem twice */
  assert_int_equal(about.threads, 2);
  assert_string_equal(about.level, fv_cpu_name(fv_cpu()));
  assert_string_equal(about.processor, fv_cpu_processor(processor, sizeof processor));
  assert_string_equal(about.inputs, "(1, 20, 20, 3)");
  assert_int_equal(fv_tuning_save(tuning, path), FV_OK);
  fv_tuning *read = load();
  assert_string_equal(fv_tuning_about(read).model, about.model);
  fv_plan *first = make_plan(model, tuning, 1, FV_ACCURACY_DEFAULT);
  fv_plan *second = make_plan(model, read, 1, FV_ACCURACY_DEFAULT);
  assert_int_equal(tuned_steps(first, NULL), 2);
  for (int32_t i = 0; i < fv_plan_step_count(first); i++)
    assert_string_equal(fv_plan_step(first, i).way, fv_plan_step(second, i).way);
  fv_plan_destroy(first);
  fv_plan_destroy(second);
  fv_tuning_destroy(read);
  fv_tuning_destroy(tuning);
  fv_model_destroy(model);
}

static void plans_take_the_way_and_equal_bits(void **state) {
  (void)state;
  static const char *const ways[] = {"winograd 2x2", "implicit gemm", "winograd 4x2"};
  fv_model *model = make_net();
  for (int w = 0; w < 3; w++) {
    write_tuning(ways[w], NULL, NULL);
    fv_tuning *tuning = load();
    fv_plan *one = make_plan(model, tuning, 1, FV_ACCURACY_DEFAULT);
    const float *expected = answer(one);
    assert_int_equal(tuned_steps(one, ways[w]), 2);
    for (int32_t threads = 2; threads <= 3; threads++) {
      fv_plan *more = make_plan(model, tuning, threads, FV_ACCURACY_DEFAULT);
      assert_memory_equal(answer(more), expected, 32 * sizeof(float));
      fv_plan_destroy(more);
    }
    fv_plan_destroy(one);
    fv_tuning_destroy(tuning);
  }
  fv_model_destroy(model);
}

static void what_does_not_fit_is_passed_over(void **state) {
  (void)state;
  fv_model *model = make_net();
  write_tuning("winograd 2x2", NULL, NULL);
  fv_tuning *tuning = load();
  fv_plan *exact = make_plan(model, tuning, 1, FV_ACCURACY_EXACT), *other;
  assert_int_equal(tuned_steps(exact, NULL), 0);
  fv_plan_destroy(exact);
  assert_int_equal(fv_plan_create(&other, model, &(fv_plan_options){.batch = 2, .tuning = tuning}), FV_OK);
  assert_int_equal(tuned_steps(other, NULL), 0); /* another problem */
  fv_plan_destroy(other);
  fv_tuning_destroy(tuning);
  write_tuning("magic", NULL, NULL);
  tuning = load();
  other = make_plan(model, tuning, 1, FV_ACCURACY_DEFAULT);
  assert_int_equal(tuned_steps(other, NULL), 0);
  fv_plan_destroy(other);
  fv_tuning_destroy(tuning);
  fv_model_destroy(model);
}

static void another_level_is_refused(void **state) {
  (void)state;
  fv_model *model = make_net();
  fv_plan *plan;
  write_tuning("winograd 2x2", fv_cpu_name(fv_cpu()), "avx1024");
  fv_tuning *tuning = load();
  assert_int_equal(fv_plan_create(&plan, model, &(fv_plan_options){.tuning = tuning}), FV_ERROR_INVALID);
  assert_non_null(strstr(fv_error_message(), "made for avx1024"));
  fv_tuning_destroy(tuning);
  fv_model_destroy(model);
}

static void expect_refusal(fv_status status, const char *part) {
  fv_tuning *tuning;
  assert_int_equal(fv_tuning_load(&tuning, path), status);
  assert_null(tuning);
  if (!strstr(fv_error_message(), part) || !strstr(fv_error_message(), path))
    fail_msg("expected '%s', found '%s'", part, fv_error_message());
}

static void other_files_are_refused(void **state) {
  (void)state;
  write_tuning("winograd 2x2", fv_version(), "9.8.7");
  expect_refusal(FV_ERROR_UNSUPPORTED, "made by fovea 9.8.7");
  write_tuning("winograd 2x2", "fovea tuning", "fovea turning");
  expect_refusal(FV_ERROR_FORMAT, "found other JSON");
  write_tuning("winograd 2x2", "\"way\"", "\"away\"");
  expect_refusal(FV_ERROR_FORMAT, "choice 0: expected \"way\"");
  write_tuning("winograd 2x2", "\"level\": \"", "\"level\": 3, \"l\": \"");
  expect_refusal(FV_ERROR_FORMAT, "\"level\" to be a text");
  write_tuning("winograd 2x2", "[{",
               "[{\"problem\": \"conv\", \"way\": \"x\"}, {\"problem\": \"conv\", \"way\": \"x\"}, {");
  expect_refusal(FV_ERROR_FORMAT, "choice 1: it says 'conv' twice");
  write_tuning("winograd 2x2", "[{", "{\"a\": [{");
  expect_refusal(FV_ERROR_FORMAT, "no JSON");
  write_tuning("winograd 2x2", "\"choices\"", "\"choice\"");
  expect_refusal(FV_ERROR_FORMAT, "\"choices\" to be a list");
  write_text("");
  expect_refusal(FV_ERROR_FORMAT, "no JSON");
  write_text("[]");
  expect_refusal(FV_ERROR_FORMAT, "found other JSON");
  assert_int_equal(unlink(path), 0);
  expect_refusal(FV_ERROR_NOT_FOUND, "No such file");
}

static int make_file(void **state) {
  (void)state;
  const int descriptor = mkstemp(path);
  return descriptor < 0 || close(descriptor);
}

static int remove_file(void **state) {
  (void)state;
  unlink(path);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_measured_tuning_goes_through_a_file),
      cmocka_unit_test(plans_take_the_way_and_equal_bits),
      cmocka_unit_test(what_does_not_fit_is_passed_over),
      cmocka_unit_test(another_level_is_refused),
      cmocka_unit_test(other_files_are_refused),
  };
  return cmocka_run_group_tests_name("tuning", tests, make_file, remove_file);
}
