/* Models of every kind are shown: gray, two inputs, without pictures, without names, with weights that are no numbers,
 * of unknown size; runs that are given up and layers that are not kept. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "serve/client.h"
#include "serve/small.h"

static int start(void **state) {
  (void)state;
  if (make_folder()) return -1;
  put_picture("a.png", 24, 1);
  put_picture("b.png", 40, 2);
  put_picture("c.png", 31, 3);
  return 0;
}

static int stop(void **state) {
  (void)state;
  return remove_folder();
}

/* A model's life in a test: it is shown and run on a picture. */
static char *show(fv_model *shown, const fv_explore_options *options) {
  model = shown;
  start_with(model, options);
  char *picture = picture_id("a.png"), *run = run_on("default", picture);
  free(picture);
  return run;
}

static void end(char *run) {
  free(run);
  fv_explorer_stop(explorer);
  fv_model_destroy(model);
}

static fv_model *model_of(fv_graph *g, fv_value x) {
  fv_model *made;
  if (fv_model_create(&made, g, x)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_model_initialize(made, "by-name:1"), FV_OK);
  return made;
}

static void expect_maps(const char *run, const char *layer, uint32_t channels, uint32_t height) {
  reply r = get_of("/api/v1/runs/%s/maps/%s", run, layer);
  if (r.status != 200) fail_msg("%s: %s", layer, r.body);
  uint32_t found[2];
  memcpy(found, r.body + 8, sizeof found);
  assert_int_equal(found[0], channels);
  assert_int_equal(found[1], height);
  end_reply(&r);
}

static void test_gray(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {28, 28, 1});
  x = fv_conv2d(g, x, .filters = 4, .kernel_size = {5}, .activation = "relu");
  x = fv_flatten(g, x);
  x = fv_dense(g, x, .units = 3, .activation = "softmax");
  char *run = show(model_of(g, x), &(fv_explore_options){0});
  expect_maps(run, "conv2d", 4, 24);
  expect_maps(run, "flatten", 2304, 1);
  end(run);
}

static void test_dense_only(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {784});
  x = fv_dense(g, x, .units = 12, .activation = "relu");
  x = fv_dense(g, x, .units = 5);
  char *run = show(model_of(g, x), &(fv_explore_options){0});
  expect_maps(run, "dense", 12, 1);
  reply r = get_of("/api/v1/runs/%s/top", run, "");
  assert_non_null(strstr(r.body, "\"space\":\"plain\""));
  end_reply(&r);
  r = get(port, "/api/v1/models/default");
  assert_non_null(strstr(r.body, "not_a_picture"));
  end_reply(&r);
  end(run);
}

static void test_two_inputs(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value left = fv_input(g, .shape = {16, 16, 3}, .name = "left"),
           right = fv_input(g, .shape = {8, 8, 1}, .name = "right");
  fv_value a = fv_flatten(g, left), b = fv_flatten(g, right);
  fv_value x = fv_concatenate(g, {a, b});
  x = fv_dense(g, x, .units = 4, .activation = "sigmoid");
  char *run = show(model_of(g, x), &(fv_explore_options){0});
  char *one = picture_id("a.png"), *other = picture_id("b.png"), body[200];
  snprintf(body, sizeof body, "{\"model\":\"default\",\"images\":[\"%s\",\"%s\"]}", one, other);
  reply r = post_json(port, "/api/v1/runs", body);
  char *second = text_of(&r, "run");
  end_reply(&r);
  assert_string_not_equal(run, second);
  assert_true(wait_for_run(second));
  expect_maps(second, "right", 1, 8);
  expect_maps(second, "concatenate", 16 * 16 * 3 + 64, 1);
  r = get_of("/api/v1/runs/%s/top", second, "");
  assert_non_null(strstr(r.body, "\"space\":\"sigmoid\""));
  end_reply(&r);
  free(one);
  free(other);
  free(second);
  end(run);
}

static void test_unknown_size(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {-1, -1, 3});
  x = fv_conv2d(g, x, .filters = 2, .kernel_size = {3}, .padding = FV_SAME);
  x = fv_global_average_pooling2d(g, x);
  char *run = show(model_of(g, x), &(fv_explore_options){0});
  expect_maps(run, "conv2d", 2, 24);
  char *picture = picture_id("b.png"), *larger = run_on("default", picture);
  expect_maps(larger, "conv2d", 2, 40);
  free(picture);
  free(larger);
  end(run);
}

static void test_all_layers_at_once(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {8, 8, 3});
  x = fv_conv2d(g, x, .filters = 2, .kernel_size = {3}, .padding = FV_SAME, .name = "silent");
  x = fv_max_pooling2d(g, x, .name = "pool");
  x = fv_flatten(g, x);
  x = fv_dense(g, x, .units = 4, .name = "last");
  fv_model *silent = model_of(g, x);
  const fv_weight_info kernel = fv_model_weight(silent, 0);
  memset(fv_model_weight_data(silent, 0), 0, (size_t)(3 * 3 * 3 * 2) * sizeof(float));
  assert_string_equal(kernel.name, "kernel");
  memset(fv_model_weight_data(silent, 1), 0, 2 * sizeof(float));
  fv_model_weights_changed(silent);
  char *run = show(silent, &(fv_explore_options){0});
  reply r = get(port, "/api/v1/models/default/layers");
  assert_int_equal(r.status, 200);
  /* A padding of one before the convolution; the pooling begins where that does. */
  assert_non_null(strstr(r.body, "\"size\":[3,3],\"step\":[1,1],\"start\":[-1,-1]"));
  assert_non_null(strstr(r.body, "\"size\":[4,4],\"step\":[2,2],\"start\":[-1,-1]"));
  assert_non_null(strstr(r.body, "\"name\":\"last\""));
  end_reply(&r);
  r = get_of("/api/v1/runs/%s/layers", run, "");
  assert_non_null(strstr(r.body, "\"dead\":2"));
  end_reply(&r);
  end(run);
}

static void test_weights_that_are_no_numbers_are_shown(void **state) {
  (void)state;
  fv_model *broken = small_model();
  fv_model_weight_data(broken, 0)[0] = NAN; /* of the first filter */
  fv_model_weights_changed(broken);
  char *run = show(broken, &(fv_explore_options){0});
  reply r = get(port, "/api/v1/models/default");
  assert_non_null(strstr(r.body, "nan_weights"));
  assert_non_null(strstr(r.body, "first/kernel"));
  end_reply(&r);
  expect_maps(run, "first", 6, 24);
  r = get_of("/api/v1/runs/%s/layers", run, "");
  assert_non_null(strstr(r.body, "\"bad\":5")); /* one map of 24 x 24, with or without its border */
  end_reply(&r);
  r = get_of("/api/v1/runs/%s/top", run, "");
  assert_int_equal(r.status, 200);
  assert_non_null(strstr(r.body, "\"p\":null"));
  end_reply(&r);
  end(run);
}

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/files/"

static fv_model *load_broken(const char *file) {
  fv_model *made;
  char path[400];
  snprintf(path, sizeof path, GOLDEN "%s", file);
  if (fv_model_load(&made, path, &(fv_model_load_options){.as_it_is = true})) fail_msg("%s", fv_error_message());
  return made;
}

/* The graph holds the layer that nobody knows; asking for it says why; the others are there. */
static void test_a_broken_file_is_shown_in_part(void **state) {
  (void)state;
  char *run = show(load_broken("bad_layers.h5"), &(fv_explore_options){0});
  reply r = get(port, "/api/v1/models/default");
  assert_non_null(strstr(r.body, "{\"layer\":\"odd\",\"code\":\"unsupported_op\",\"kind\":\"Mystery\""));
  assert_non_null(strstr(r.body, "{\"layer\":\"beside\",\"code\":\"bad_weights\",\"kind\":null"));
  assert_non_null(strstr(r.body, "\"warnings\":[{\"code\":\"unsupported_op\""));
  end_reply(&r);
  static const char *const folds[] = {"block", "module", "none"};
  for (int i = 0; i < 3; i++) {
    r = get_of("/api/v1/models/default/graph?fold=%s", folds[i], "");
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "\"id\":\"odd\",\"kind\":\"missing\",\"class\":\"Mystery\""));
    assert_non_null(strstr(r.body, "\"to\":\"odd\""));
    end_reply(&r);
  }
  static const char *const targets[] = {"/api/v1/models/default/layers/odd", "/api/v1/models/default/rf/odd?y=0&x=0"};
  for (int i = 0; i < 2; i++) {
    r = get(port, targets[i]);
    assert_int_equal(r.status, 422);
    assert_string_equal(header(&r, "Content-Type"), "application/problem+json");
    assert_non_null(strstr(r.body, "\"code\":\"unsupported_op\""));
    assert_non_null(strstr(r.body, "\"where\":\"odd\""));
    assert_non_null(strstr(r.body, "class 'Mystery' is not supported"));
    end_reply(&r);
  }
  r = get_of("/api/v1/runs/%s/maps/odd", run, "");
  assert_int_equal(r.status, 422);
  end_reply(&r);
  expect_maps(run, "shallow", 2, 4);
  /* A row of statistics says how many numbers are none: all 16 of "beside", and of "before" one channel's. */
  r = get_of("/api/v1/runs/%s/maps/beside", run, "");
  uint32_t counts[2];
  memcpy(&counts[0], r.body + 64 + 32, sizeof counts[0]);
  memcpy(&counts[1], r.body + 64 + 36 + 32, sizeof counts[1]);
  assert_int_equal(counts[0], 16);
  assert_int_equal(counts[1], 16);
  end_reply(&r);
  r = get_of("/api/v1/runs/%s/maps/before", run, "");
  memcpy(&counts[0], r.body + 64 + 32, sizeof counts[0]);
  memcpy(&counts[1], r.body + 64 + 36 + 32, sizeof counts[1]);
  assert_int_equal(counts[0], 16);
  assert_int_equal(counts[1], 0);
  end_reply(&r);
  end(run);
}

static void test_no_model(void **state) {
  (void)state;
  start_with(NULL, &(fv_explore_options){.loading = "coming.h5"});
  reply r = get(port, "/api/v1/hello");
  assert_non_null(strstr(r.body, "\"state\":\"loading\""));
  end_reply(&r);
  assert_int_equal(status_of(get(port, "/api/v1/models/default")), 404);
  model = small_model();
  assert_int_equal(fv_explorer_give(explorer, model, "came"), FV_OK);
  r = get(port, "/api/v1/models");
  assert_non_null(strstr(r.body, "\"name\":\"came\""));
  assert_non_null(strstr(r.body, "\"loading\":null"));
  end_reply(&r);
  end(NULL);
}

static void test_no_pictures(void **state) {
  (void)state;
  char good[64];
  memcpy(good, folder, sizeof good);
  snprintf(folder, sizeof folder, "%s", "/proc/self/task"); /* a folder of folders alone */
  model = small_model();
  start_with(model, &(fv_explore_options){0});
  reply r = get(port, "/api/v1/hello");
  char *card = text_of(&r, "image"), *run = run_on("default", card);
  end_reply(&r);
  expect_maps(run, "first", 6, 24);
  free(card);
  memcpy(folder, good, sizeof good);
  end(run);
}

/* ---- memory */

static void test_runs_are_given_up(void **state) {
  (void)state;
  char *first = show(small_model(), &(fv_explore_options){.activation_limit = 40000}); /* one run takes 25 KB */
  char *picture = picture_id("b.png"), *second = run_on("default", picture);
  reply r = get_of("/api/v1/runs/%s/top", first, "");
  assert_int_equal(r.status, 410);
  assert_non_null(strstr(r.body, "\"code\":\"evicted\""));
  end_reply(&r);
  char *again = picture_id("a.png"), *back = run_on("default", again);
  assert_string_equal(back, first);
  expect_maps(back, "first", 6, 24);
  free(picture);
  free(second);
  free(again);
  free(back);
  end(first);
}

static void test_what_is_not_kept_is_computed_again(void **state) {
  (void)state;
  char *kept = show(small_model(), &(fv_explore_options){0});
  reply whole = get_of("/api/v1/runs/%s/maps/first.npy", kept, "");
  end(kept);
  char *run = show(small_model(), &(fv_explore_options){.activation_limit = 5000});
  reply r = get_of("/api/v1/runs/%s/layers", run, "");
  assert_non_null(strstr(r.body, "\"kept\":false"));
  end_reply(&r);
  r = get_of("/api/v1/runs/%s/maps/first.npy", run, "");
  assert_int_equal(r.size, whole.size);
  assert_memory_equal(r.body, whole.body, r.size);
  end_reply(&r);
  end_reply(&whole);
  end(run);
}

/* ---- loading */

static void test_loading_from_the_folder(void **state) {
  (void)state;
  char *run = show(small_model(), &(fv_explore_options){0});
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {8, 8, 3});
  x = fv_conv2d(g, x, .filters = 2, .kernel_size = {3});
  fv_model *saved = model_of(g, x);
  assert_int_equal(fv_model_save(saved, in_folder("other model.keras"), NULL), FV_OK);
  fv_model_destroy(saved);
  put_file("damaged.h5", "\x89HDF\r\n\x1a\n", 8);
  static const struct {
    const char *path;
    int status;
  } cases[] = {{"nothing.h5", 404}, {"../other model.keras", 404}, {"/etc/passwd", 404}, {"", 404}, {".", 404}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char body[200];
    snprintf(body, sizeof body, "{\"path\":\"%s\"}", cases[i].path);
    assert_int_equal(status_of(post_json(port, "/api/v1/models", body)), cases[i].status);
  }
  static const char *const files[] = {"other model.keras", "damaged.h5"};
  for (int i = 0; i < 2; i++) {
    char body[200], target[100];
    snprintf(body, sizeof body, "{\"path\":\"%s\"}", files[i]);
    reply r = post_json(port, "/api/v1/models", body);
    assert_int_equal(r.status, 202);
    char *job = text_of(&r, "job"), *job_state = NULL;
    end_reply(&r);
    snprintf(target, sizeof target, "/api/v1/jobs/%s", job);
    for (int k = 0; k < 1000; k++) {
      r = get(port, target);
      free(job_state);
      job_state = text_of(&r, "state");
      if (!strcmp(job_state, "done") || !strcmp(job_state, "failed")) break;
      end_reply(&r);
      nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    assert_string_equal(job_state, i ? "failed" : "done");
    if (i) assert_non_null(strstr(r.body, "damaged.h5"));
    end_reply(&r);
    free(job);
    free(job_state);
  }
  reply r = get(port, "/api/v1/models/default");
  assert_non_null(strstr(r.body, "\"path\":\"other model.keras\""));
  end_reply(&r);
  end(run);
}

/* Loads by POST and waits; the job's last state, to be freed. */
static char *load_by_post(const char *body) {
  char target[100], *job_state = NULL;
  reply r = post_json(port, "/api/v1/models", body);
  if (r.status != 202) fail_msg("%d: %s", r.status, r.body);
  char *job = text_of(&r, "job");
  end_reply(&r);
  snprintf(target, sizeof target, "/api/v1/jobs/%s", job);
  for (int k = 0; k < 1000; k++) {
    r = get(port, target);
    free(job_state);
    job_state = text_of(&r, "state");
    end_reply(&r);
    if (!strcmp(job_state, "done") || !strcmp(job_state, "failed")) break;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
  }
  free(job);
  return job_state;
}

static void expect_loaded(const char *body, const char *word) {
  char *how = load_by_post(body);
  assert_string_equal(how, "done");
  free(how);
  reply r = get(port, "/api/v1/models/default");
  if (!strstr(r.body, word)) fail_msg("no %s in %s", word, r.body);
  end_reply(&r);
}

/* A network and its weights in two files; one of TensorFlow.js with its numbers beside it. */
static void test_models_of_several_files(void **state) {
  (void)state;
  char *run = show(small_model(), &(fv_explore_options){0});
  static const char network[] = "{\"class_name\": \"Sequential\", \"keras_version\": \"2.15.0\", \"backend\": "
                                "\"tensorflow\", \"config\": {\"name\": \"two\", "
                                "\"layers\": [{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"in\", "
                                "\"batch_input_shape\": [null, 4, 4, 3]}}, "
                                "{\"class_name\": \"Flatten\", \"config\": {\"name\": \"flat\"}}, {\"class_name\": "
                                "\"Dense\", \"config\": {\"name\": "
                                "\"last\", \"units\": 2}}]}}";
  put_file("two.json", network, sizeof network - 1);
  fv_model *two;
  assert_int_equal(fv_model_load(&two, in_folder("two.json"), NULL), FV_ERROR_UNSUPPORTED);
  assert_int_equal(fv_model_load(&two, in_folder("two.json"), &(fv_model_load_options){.without_weights = true}),
                   FV_OK);
  assert_int_equal(fv_model_initialize(two, "by-name:3"), FV_OK);
  assert_int_equal(fv_model_save(two, in_folder("two.safetensors"), NULL), FV_OK);
  assert_int_equal(mkdir(in_folder("web"), 0777), 0);
  assert_int_equal(fv_model_initialize(two, "by-name:4"), FV_OK); /* another model: equal ones are shown once */
  assert_int_equal(fv_model_save(two, in_folder("web/model.json"), NULL), FV_OK);
  fv_model_destroy(two);
  expect_loaded("{\"path\":\"two.json\",\"weights\":\"two.safetensors\"}", "\"flaws\":[]");
  expect_loaded("{\"path\":\"web/model.json\"}", "\"path\":\"web/model.json\"");
  expect_loaded("{\"path\":\"web/model.json\"}", "\"flaws\":[]");
  expect_loaded("{\"path\":\"two.json\"}", "\"layer\":null,\"code\":\"bad_weights\""); /* without: shown, all NaN */
  assert_int_equal(status_of(post_json(port, "/api/v1/models", "{\"path\":\"two.json\",\"weights\":\"../x\"}")), 404);
  end(run);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gray),
      cmocka_unit_test(test_dense_only),
      cmocka_unit_test(test_two_inputs),
      cmocka_unit_test(test_unknown_size),
      cmocka_unit_test(test_all_layers_at_once),
      cmocka_unit_test(test_weights_that_are_no_numbers_are_shown),
      cmocka_unit_test(test_a_broken_file_is_shown_in_part),
      cmocka_unit_test(test_no_model),
      cmocka_unit_test(test_no_pictures),
      cmocka_unit_test(test_runs_are_given_up),
      cmocka_unit_test(test_what_is_not_kept_is_computed_again),
      cmocka_unit_test(test_loading_from_the_folder),
      cmocka_unit_test(test_models_of_several_files),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
