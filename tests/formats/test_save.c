/* Writing model files: what is written is read back the same and written again with the same bytes; what Keras cannot
 * hold is kept in another place and reported; what cannot be written is refused in words, and the old file stays. */
#include "model/model.h"
#undef fail

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fovea/fovea.h>

#include "support/drawing.h"
#include "support/rewriting.h"

#include <cmocka.h>

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/files/"

static const char *const endings[] = {"keras", "h5", "json"};
enum { ENDINGS = sizeof endings / sizeof *endings };

static const char *path_of(const char *name) {
  static char paths[4][300];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", rewriting_folder(), name);
  return path;
}

static fv_model *golden(const char *name) {
  char path[300];
  fv_model *model;
  snprintf(path, sizeof path, GOLDEN "%s", name);
  if (fv_model_load(&model, path, &(fv_model_load_options){.with_training = true})) fail_msg("%s", fv_error_message());
  return model;
}

static void save(const fv_model *model, const char *name, fv_save_report *report) {
  if (fv_model_save(model, path_of(name), &(fv_model_save_options){.report = report}))
    fail_msg("%s", fv_error_message());
}

static void golden_files_survive(void **state) {
  static const char *const names[] = {"lenet.keras",     "lenet.k2.h5",      "nested.keras",
                                      "nested.k2.h5",    "sequential.keras", "sequential_deferred.k2.h5",
                                      "sink_act3.keras", "tiny.h5"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    fv_model *model = golden(names[i]);
    for (int e = 0; e < ENDINGS; e++) assert_survives(model, names[i], endings[e]);
    fv_model_destroy(model);
  }
}

/* 500 graphs, or as many as FOVEA_RANDOM_MODELS says. */
static void random_models_survive(void **state) {
  const char *wanted = getenv("FOVEA_RANDOM_MODELS");
  int count = wanted ? atoi(wanted) : 500;
  (void)state;
  for (int graph = 0; graph < count; graph++) {
    char name[40];
    draw_from((uint64_t)graph);
    fv_model *model = draw_model();
    snprintf(name, sizeof name, "random_%03d", graph);
    for (int e = 0; e < ENDINGS; e++) assert_survives(model, name, endings[e]);
    fv_model_destroy(model);
  }
}

/* Weights alone go into a network that is there. */
static void weights_survive(void **state) {
  static const char *const files[] = {"w.weights.h5", "w.npz", "w.safetensors", "w.h5", "w.keras", "w.json"};
  (void)state;
  fv_model *model = golden("lenet.keras"), *other = golden("lenet.keras");
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    save(model, files[i], NULL);
    assert_int_equal(fv_model_initialize(other, "by-name:9"), FV_OK);
    if (fv_model_load_weights(other, path_of(files[i]))) fail_msg("%s", fv_error_message());
    for (int32_t w = 0; w < fv_model_weight_count(model); w++) {
      fv_shape shape = fv_model_weight(model, w).shape;
      assert_memory_equal(fv_model_weight_data(model, w), fv_model_weight_data(other, w),
                          (size_t)elements_of(shape) * sizeof(float));
    }
  }
  fv_model_destroy(model);
  fv_model_destroy(other);
}

static void assert_has(const char *name, const char *tensor) {
  fv_state *state;
  if (fv_state_open(&state, path_of(name))) fail_msg("%s", fv_error_message());
  if (fv_state_find(state, tensor) < 0) fail_msg("no %s", tensor);
  fv_state_close(state);
}

/* Weights of a model with models inside go into that model, whichever file brought them, and weights alone are numbered
 * as Keras 3 numbers them, also behind a file that is flat. */
static void nested_weights_survive(void **state) {
  static const char *const files[] = {"w.weights.h5", "w.npz", "w.safetensors", "w.h5", "w.keras", "w.json"};
  static const char *const nested[] = {"nested.keras", "nested.k2.h5"};
  (void)state;
  for (int k = 0; k < 2; k++) {
    fv_model *model = golden(nested[k]), *other = golden(nested[k]), *flat;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
      save(model, files[i], NULL);
      assert_int_equal(fv_model_initialize(other, "by-name:9"), FV_OK);
      if (fv_model_load_weights(other, path_of(files[i]))) fail_msg("%s", fv_error_message());
      for (int32_t w = 0; w < fv_model_weight_count(model); w++)
        assert_memory_equal(fv_model_weight_data(model, w), fv_model_weight_data(other, w),
                            (size_t)elements_of(fv_model_weight(model, w).shape) * sizeof(float));
    }
    assert_has("w.weights.h5", "layers/functional/layers/batch_normalization/vars/3");
    assert_has("w.weights.h5", "layers/sequential/layers/depthwise_conv2d/vars/0");
    for (int e = 0; e < ENDINGS; e++) {
      char name[20];
      snprintf(name, sizeof name, "w.%s", endings[e]);
      assert_int_equal(fv_model_load(&flat, path_of(name), NULL), FV_OK);
      save(flat, "again.weights.h5", NULL);
      size_t sizes[2];
      char *first = rewriting_read(path_of("w.weights.h5"), &sizes[0]);
      char *second = rewriting_read(path_of("again.weights.h5"), &sizes[1]);
      assert_int_equal(sizes[0], sizes[1]);
      assert_memory_equal(first, second, sizes[0]);
      free(first);
      free(second);
      fv_model_destroy(flat);
    }
    fv_model_destroy(model);
    fv_model_destroy(other);
  }
}

/* A hint that does not fit the layers is passed over. */
static void a_wrong_nesting_does_no_harm(void **state) {
  static const char *const hints[] = {"[]", "[[\"Functional\", \"inner\", [[\"Conv2D\", \"inner_conv\"]]]]", "[1, {}]",
                                      "[[\"Conv2D\", \"shared\"], [\"Conv2D\", \"shared\"]]"};
  (void)state;
  for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
    fv_model *model = golden("nested.keras");
    model->nesting = strdup(hints[i]);
    save(model, "w.weights.h5", NULL);
    assert_has("w.weights.h5", "layers/conv2d_1/vars/0");
    if (fv_model_load_weights(model, path_of("w.weights.h5"))) fail_msg("%s", fv_error_message());
    fv_model_destroy(model);
  }
  /* Of more entries than a network may have, none is looked at. */
  enum { ENTRIES = 200000, BYTES = 20 };
  fv_model *model = golden("nested.keras");
  size_t used = 1;
  char *text = model->nesting = malloc((size_t)ENTRIES * BYTES + 3);
  assert_non_null(text);
  text[0] = '[';
  for (int i = 0; i < ENTRIES; i++) used += (size_t)snprintf(text + used, BYTES, "%s[\"C%d\",\"\"]", i ? "," : "", i);
  snprintf(text + used, 2, "]");
  save(model, "w.weights.h5", NULL);
  assert_has("w.weights.h5", "layers/conv2d_1/vars/0");
  fv_model_destroy(model);
}

/* Kernels as halves and as codes: near, and the same when written again. */
static void small_numbers(void **state) {
  static const char *const dtypes[] = {"float16", "uint8"};
  (void)state;
  fv_model *model = golden("lenet.keras"), *read;
  for (int d = 0; d < 2; d++) {
    fv_model_save_options options = {.dtype = dtypes[d]};
    assert_int_equal(fv_model_save(model, path_of("a.json"), &options), FV_OK);
    if (fv_model_load(&read, path_of("a.json"), NULL)) fail_msg("%s", fv_error_message());
    for (int32_t w = 0; w < fv_model_weight_count(model); w++) {
      fv_weight_info weight = fv_model_weight(model, w);
      const float *a = fv_model_weight_data(model, w), *b = fv_model_weight_data(read, w);
      double range = 0, worst = 0;
      for (int64_t i = 0; i < elements_of(weight.shape); i++) {
        range = fabs((double)a[i]) > range ? fabs((double)a[i]) : range;
        worst = fabs((double)a[i] - b[i]) > worst ? fabs((double)a[i] - b[i]) : worst;
      }
      if (weight.shape.rank < 2)
        assert_true(worst == 0);
      else
        assert_true(worst > 0 && worst <= (d ? range / 255 * 1.001 : range / 2048));
    }
    assert_int_equal(fv_model_save(read, path_of("b.json"), &options), FV_OK);
    size_t size, other;
    char *bytes = rewriting_read(path_of("a.json"), &size), *again = rewriting_read(path_of("b.json"), &other);
    char *shard = strstr(bytes, "a."), *shard_again = strstr(again, "b."); /* a.CHECKSUM.bin: the same numbers */
    assert_non_null(shard);
    assert_non_null(shard_again);
    assert_memory_equal(shard + 1, shard_again + 1, 13);
    shard[0] = 'b';
    assert_string_equal(bytes, again);
    free(bytes);
    free(again);
    fv_model_destroy(read);
  }
  fv_model_weight_data(model, 0)[0] = 7e4f;
  assert_int_equal(fv_model_save(model, path_of("a.json"), &(fv_model_save_options){.dtype = "float16"}),
                   FV_ERROR_NUMBERS);
  fv_model_destroy(model);
}

/* Names that Keras refuses, class names, preprocessing, a frozen layer: all come back. */
static void what_keras_cannot_hold(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {6, 6, 3}, .name = "picture of 6 x 6");
  fv_graph_begin_module(g, "encoder");
  x = fv_conv2d(g, x, .filters = 4, .kernel_size = {3}, .name = "conv");
  fv_graph_end_module(g);
  x = fv_conv2d(g, x, .filters = 2, .kernel_size = {1}, .name = "encoder_conv", .frozen = true);
  x = fv_local_response_normalization(g, x, .depth_radius = 2, .alpha = 1e-4);
  x = fv_flatten(g, x, .name = "_flat \xc3\xa9");
  x = fv_dense(g, x, .units = 3, .activation = "softmax", .name = "../way\\out");
  fv_graph_set_name(g, "a/net");
  fv_model *model, *read;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  const fv_label labels[] = {{"", "ape"}, {"n01", "b\"ee"}, {"", "c\xc3\xa4t"}};
  assert_int_equal(fv_model_set_labels(model, labels, 3), FV_OK);
  fv_preprocessing feeding;
  assert_int_equal(fv_preprocessing_parse(&feeding, "caffe"), FV_OK);
  snprintf(feeding.resize, sizeof feeding.resize, "pil-bicubic");
  assert_int_equal(fv_model_set_preprocessing(model, &feeding), FV_OK);
  for (int e = 0; e < ENDINGS; e++) {
    char name[40];
    snprintf(name, sizeof name, "names.%s", endings[e]);
    fv_save_report report;
    assert_survives(model, "names", endings[e]);
    save(model, name, &report);
    assert_int_equal(report.count, strcmp(endings[e], "json") ? 1 : 2); /* TensorFlow.js has no such layer either */
    assert_non_null(strstr(report.texts, "fovea>LocalResponseNormalization"));
    assert_int_equal(fv_model_load(&read, path_of(name), NULL), FV_OK);
    assert_string_equal(fv_model_name(read), "a/net");
    assert_int_equal(fv_model_label_count(read), 3);
    assert_string_equal(fv_model_label(read, 1).name, "b\"ee");
    assert_string_equal(fv_model_label(read, 2).name, "c\xc3\xa4t");
    assert_int_equal(fv_model_preprocessing(read).mode, FV_PREPROCESSING_CAFFE);
    assert_string_equal(fv_model_preprocessing(read).resize, "pil-bicubic");
    assert_true(fv_model_find_layer(read, "encoder/conv") >= 0);
    assert_true(fv_model_find_layer(read, "../way\\out") >= 0);
    assert_true(fv_model_layer(read, fv_model_find_layer(read, "encoder_conv")).frozen);
    assert_false(fv_model_layer(read, fv_model_find_layer(read, "encoder/conv")).frozen);
    fv_model_destroy(read);
  }
  assert_int_equal(fv_model_save(model, path_of("names.npz"), NULL), FV_ERROR_UNSUPPORTED); /* a way out of a folder */
  assert_int_equal(access(path_of("names.npz"), F_OK), -1);
  fv_model_destroy(model);
}

/* The two Kerases mean different functions by one word. */
static fv_model *two_sigmoids(const char *first, const char *second) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {5});
  x = fv_activation(g, x, .activation = first);
  x = fv_dense(g, x, .units = 5, .activation = second);
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:2"), FV_OK);
  return model;
}

static void one_word_two_functions(void **state) {
  static const struct {
    const char *first, *second, *in_h5, *in_keras;
  } cases[] = {{"relu", "tanh", "", ""},
               {"hard_sigmoid", "tanh", "activation: hard_sigmoid is Keras 3's", ""},
               {"hard_sigmoid_keras2", "tanh", "activation: hard_sigmoid is Keras 2's", "fovea>hard_sigmoid_keras2"},
               {"hard_sigmoid", "hard_sigmoid_keras2", "fovea>hard_sigmoid", "fovea>hard_sigmoid_keras2"},
               {"hard_silu", "tanh", "Keras 2 has no activation hard_silu", ""}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fv_model *model = two_sigmoids(cases[i].first, cases[i].second);
    fv_save_report report;
    for (int e = 0; e < ENDINGS; e++) assert_survives(model, "sigmoids", endings[e]);
    save(model, "s.h5", &report);
    assert_non_null(strstr(report.texts, cases[i].in_h5));
    assert_int_equal(report.count > 0, *cases[i].in_h5 != '\0');
    save(model, "s.keras", &report);
    assert_non_null(strstr(report.texts, cases[i].in_keras));
    assert_int_equal(report.count > 0, *cases[i].in_keras != '\0');
    fv_model_destroy(model);
  }
}

/* TensorFlow.js has no keepdims and calls silu swish: other words for it, the same model for fovea. */
static void words_of_tensorflow_js(void **state) {
  static const char *const kinds[] = {"GlobalAveragePooling2D", "GlobalMaxPooling2D"};
  (void)state;
  for (int k = 0; k < 2; k++) {
    fv_graph *g = fv_graph_create();
    fv_value x = fv_input(g, .shape = {6, 5, 3}), pooled;
    x = fv_conv2d(g, x, .filters = 4, .kernel_size = {3}, .activation = "silu");
    pooled = k ? fv_global_max_pooling2d(g, x, .keepdims = true) : fv_global_average_pooling2d(g, x, .keepdims = true);
    x = fv_multiply(g, {x, fv_conv2d(g, pooled, .filters = 4, .kernel_size = {1}, .activation = "sigmoid")});
    fv_model *model, *read;
    assert_int_equal(fv_model_create(&model, g, x), FV_OK);
    assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
    assert_survives(model, "words", "json");
    fv_save_report report;
    save(model, "words.json", &report);
    assert_int_equal(report.count, 0);
    size_t size;
    char *text = rewriting_read(path_of("words.json"), &size);
    text[size - 1] = '\0';
    assert_non_null(strstr(text, "\"pool_size\": [4, 3]"));
    assert_non_null(strstr(text, "\"swish\""));
    free(text);
    assert_int_equal(fv_model_load(&read, path_of("words.json"), NULL), FV_OK);
    assert_string_equal(fv_model_layer(read, 2).kind, kinds[k]);
    fv_model_destroy(read);
    fv_model_destroy(model);
  }
}

/* What TensorFlow.js would not open or compute otherwise is said, and nothing of what it has. */
static void remarks_on_tensorflow_js(void **state) {
  static const struct {
    int number;
    const char *remark;
  } cases[] = {{0, ""},
               {1, "no such layer Subtract"},
               {2, "UpSampling2D has no such interpolation"},
               {3, "ReLU has no such threshold"},
               {4, "Conv2D has no such groups"},
               {5, "BatchNormalization has no such axis"},
               {6, "no activation celu"},
               {7, "computes Keras 2's hard_sigmoid"},
               {8, "no keepdims"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fv_graph *g = fv_graph_create();
    int n = cases[i].number;
    fv_value x = n == 8 ? fv_input(g, .shape = {-1, -1, 4}) : fv_input(g, .shape = {6, 5, 4});
    if (n == 0) x = fv_softmax(g, fv_re_lu(g, fv_batch_normalization(g, x, .axis = 3), .max_value = 6));
    if (n == 0) x = fv_up_sampling2d(g, fv_depthwise_conv2d(g, x, .kernel_size = {3}, .padding = FV_SAME));
    if (n == 1) x = fv_subtract(g, {x, x});
    if (n == 2) x = fv_up_sampling2d(g, x, .interpolation = FV_BILINEAR);
    if (n == 3) x = fv_re_lu(g, x, .threshold = 0.5);
    if (n == 4) x = fv_conv2d(g, x, .filters = 4, .kernel_size = {3}, .groups = 2);
    if (n == 5) x = fv_batch_normalization(g, x, .axis = 1);
    if (n == 6) x = fv_activation(g, x, .activation = "celu");
    if (n == 7) x = fv_activation(g, x, .activation = "hard_sigmoid");
    if (n == 8) x = fv_global_max_pooling2d(g, x, .keepdims = true);
    fv_model *model;
    fv_save_report report;
    if (fv_model_create(&model, g, x)) fail_msg("%s", fv_error_message());
    assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
    save(model, "remarks.json", &report);
    if (!strstr(report.texts, cases[i].remark) || (n == 0 && report.count)) fail_msg("%d: '%s'", n, report.texts);
    fv_model_destroy(model);
  }
}

static void refused(const fv_model *model, const char *name, const fv_model_save_options *options, fv_status status,
                    const char *part) {
  assert_int_equal(fv_model_save(model, path_of(name), options), status);
  if (!strstr(fv_error_message(), part)) fail_msg("no '%s' in '%s'", part, fv_error_message());
}

/* Files in the folder whose names end in .tmp. */
static int temporaries(void) {
  int count = 0;
  DIR *folder = opendir(rewriting_folder());
  assert_non_null(folder);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    size_t length = strlen(entry->d_name);
    count += length > 4 && !strcmp(entry->d_name + length - 4, ".tmp");
  }
  closedir(folder);
  return count;
}

static void what_cannot_be_written(void **state) {
  (void)state;
  fv_model *model = golden("lenet.keras");
  refused(model, "a.pth", NULL, FV_ERROR_INVALID, "ending '.pth'");
  refused(model, "a", NULL, FV_ERROR_INVALID, ".keras");
  refused(model, "a.h5", &(fv_model_save_options){.format = "onnx"}, FV_ERROR_INVALID, "format 'onnx'");
  refused(model, "a.h5", &(fv_model_save_options){.dtype = "float16"}, FV_ERROR_INVALID, "float32");
  refused(model, "a.json", &(fv_model_save_options){.dtype = "uint4"}, FV_ERROR_INVALID, "uint8");
  refused(model, "none/a.h5", NULL, FV_ERROR_NOT_FOUND, "none/a.h5");
  assert_int_equal(fv_model_save(model, path_of("b.x"), &(fv_model_save_options){.format = ".KERAS"}), FV_OK);
  assert_int_equal(fv_model_save(model, path_of("b.x"), &(fv_model_save_options){.format = "keras_h5"}), FV_OK);
  assert_int_equal(temporaries(), 0);
  fv_model_destroy(model);
}

/* Where no more fits, the old file stays as it was and nothing else is left. */
static void a_full_disk(void **state) {
  static const char *const names[] = {"f.keras", "f.h5", "f.npz", "f.safetensors", "f.json"};
  (void)state;
  fv_model *model = golden("lenet.keras");
  struct rlimit old, small = {20000, RLIM_INFINITY};
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  small.rlim_max = old.rlim_max;
  signal(SIGXFSZ, SIG_IGN);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t size, after;
    save(model, names[i], NULL);
    char *bytes = rewriting_read(path_of(names[i]), &size);
    assert_int_equal(fv_model_initialize(model, "by-name:3"), FV_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    fv_status status = fv_model_save(model, path_of(names[i]), NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(status, FV_ERROR_IO);
    assert_non_null(strstr(fv_error_message(), "f."));
    assert_non_null(strstr(fv_error_message(), "cannot write"));
    char *still = rewriting_read(path_of(names[i]), &after);
    assert_int_equal(size, after);
    assert_memory_equal(bytes, still, size);
    free(bytes);
    free(still);
  }
  assert_int_equal(temporaries(), 0);
  fv_model_destroy(model);
}

/* A file that is replaced keeps its rights; one behind a link is replaced, not the link. */
static void rights_and_links(void **state) {
  (void)state;
  fv_model *model = golden("lenet.keras");
  struct stat about;
  save(model, "r.h5", NULL);
  assert_int_equal(chmod(path_of("r.h5"), 0640), 0);
  unlink(path_of("link.h5"));
  assert_int_equal(symlink("r.h5", path_of("link.h5")), 0);
  save(model, "link.h5", NULL);
  assert_int_equal(lstat(path_of("link.h5"), &about), 0);
  assert_true(S_ISLNK(about.st_mode));
  assert_int_equal(stat(path_of("r.h5"), &about), 0);
  assert_int_equal(about.st_mode & 07777, 0640);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(golden_files_survive),
                                     cmocka_unit_test(random_models_survive),
                                     cmocka_unit_test(weights_survive),
                                     cmocka_unit_test(words_of_tensorflow_js),
                                     cmocka_unit_test(remarks_on_tensorflow_js),
                                     cmocka_unit_test(nested_weights_survive),
                                     cmocka_unit_test(a_wrong_nesting_does_no_harm),
                                     cmocka_unit_test(small_numbers),
                                     cmocka_unit_test(what_keras_cannot_hold),
                                     cmocka_unit_test(one_word_two_functions),
                                     cmocka_unit_test(what_cannot_be_written),
                                     cmocka_unit_test(a_full_disk),
                                     cmocka_unit_test(rights_and_links)};
  return cmocka_run_group_tests(tests, rewriting_begin, rewriting_end);
}
