/* The command as its users meet it: what it prints, where, and the exit status. */
#include "outcome.h"

#include <sys/stat.h>

#include <jansson.h>

#include <fovea/tensor.h>

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(path_of(name), "wb");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void test_help(void **state) {
  (void)state;
  outcome all = FOVEA("help");
  assert_int_equal(all.status, 0);
  static const char *const commands[] = {"predict", "run", "summary", "models", "filter", "pool", "resize"};
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    assert_true(has(all.out, commands[i]));
    outcome one = FOVEA("help", commands[i]), same = FOVEA(commands[i], "--help");
    assert_int_equal(one.status, 0);
    assert_int_equal(same.status, 0);
    assert_string_equal(one.out, same.out);
    assert_true(has(one.out, "examples"));
    assert_false(has(one.out, "\033")); /* no terminal, no colors */
    end(&one);
    end(&same);
  }
  end(&all);
  outcome layer = FOVEA("help", "layer", "Conv2D"), layers = FOVEA("help", "layers"), version = FOVEA("--version");
  assert_true(has(layer.out, "filters = N") && has(layer.out, "[must be given]") && layer.status == 0);
  assert_true(has(layers.out, "DepthwiseConv2D") && has(layers.out, "relu6") && layers.status == 0);
  assert_true(has(version.out, "processor: ") && has(version.out, "threads: ") && has(version.out, "zlib "));
  end(&layer);
  end(&layers);
  end(&version);
}

static void test_usage(void **state) {
  (void)state;
  expect_failure(FOVEA("predct"), 2, "did you mean 'predict'?");
  expect_failure(FOVEA("xyzzy"), 2, "`fovea help` lists them");
  expect_failure(FOVEA("help", "layer", "conv2d"), 2, "did you mean Conv2D?");
  expect_failure(FOVEA("predict", "LeNet5", "x.png", "--tpo", "3"), 2, "did you mean --top?");
  expect_failure(FOVEA("predict", "LeNet5", "x.png", "--top"), 2, "--top needs a value");
  expect_failure(FOVEA("predict", "LeNet5", "x.png", "--top=many"), 2, "--top must be one whole number from 1 to");
  expect_failure(FOVEA("predict", "LeNet5", "x.png", "--top", "0"), 2, "must be between 1");
  expect_failure(FOVEA("predict", "LeNet5", "x.png", "--format", "xml"), 2, "text, json, csv");
  expect_failure(FOVEA("predict", "LeNet5", "x.png", "-z"), 2, "no option -z");
  expect_failure(FOVEA("predict", "LeNet5", "x.png", "--no-top=1"), 2, "takes no value");
  expect_failure(FOVEA("predict", "LeNet5"), 2, "an image");
  expect_failure(FOVEA("run", "LeNet5"), 2, "--output");
  expect_failure(FOVEA("models", "extra"), 2, "extra");
  expect_failure(FOVEA("predict", "LeNet6", "x.png", "--weights", "by-name:1"), 3, "did you mean LeNet5?");
  expect_failure(FOVEA("summary", path_of("missing.h5")), 3, "no such file");
  expect_failure(FOVEA("predict", "VGG16", "x.png", "--resize", "pil-bilinar", "--weights", "by-name:1"), 2,
                 "did you mean pil-bilinear?");
}

/* Every answer is a JSON array; names of files come back as they were, or with U+FFFD where they are not UTF-8. */
static void test_json_and_names(void **state) {
  (void)state;
  static const char *const names[] = {"plain.png",       "two words.png",
                                      "quo\"te\\.png",   "h\xc3\xbchner \xe9\xb8\xa1.png",
                                      "line\nbreak.png", "latin\xe9.png"};
  enum { COUNT = sizeof names / sizeof *names };
  const char *words[COUNT + 8] = {"predict", "LeNet5", "--weights=by-name:1", "--format", "json", "-n3"};
  char paths[COUNT][400];
  for (int i = 0; i < COUNT; i++) {
    write_picture(names[i], 20 + i, i + 3);
    snprintf(paths[i], sizeof paths[i], "%s/%s", folder, names[i]);
    words[6 + i] = paths[i];
  }
  outcome result = fovea_reading("/dev/null", words);
  assert_int_equal(result.status, 0);
  json_error_t error;
  json_t *root = json_loads(result.out, JSON_REJECT_DUPLICATES, &error);
  if (!root) fail_msg("%s: %s", error.text, result.out);
  assert_int_equal(json_array_size(root), COUNT);
  for (int i = 0; i < COUNT; i++) {
    const json_t *item = json_array_get(root, (size_t)i), *top = json_object_get(item, "top");
    if (i < COUNT - 1) assert_string_equal(json_string_value(json_object_get(item, "file")), paths[i]);
    assert_int_equal(json_array_size(top), 3);
    double last = 2;
    for (size_t k = 0; k < 3; k++) {
      const json_t *entry = json_array_get(top, k);
      double probability = json_real_value(json_object_get(entry, "probability"));
      assert_true(probability <= last && probability > 0);
      last = probability;
      assert_true(json_is_integer(json_object_get(entry, "index")));
      assert_true(json_is_string(json_object_get(entry, "wnid")) && json_is_string(json_object_get(entry, "class")));
    }
  }
  assert_true(
      has(json_string_value(json_object_get(json_array_get(root, COUNT - 1), "file")), "latin\xef\xbf\xbd.png"));
  json_decref(root);
  end(&result);
  result = FOVEA("predict", "LeNet5", "--weights=by-name:1", paths[4]);
  assert_true(has(result.out, "line?break.png")); /* no control characters on a terminal */
  end(&result);
}

static void test_bad_file_among_good(void **state) {
  (void)state;
  write_picture("a.png", 30, 5);
  write_picture("c.png", 31, 7);
  write_text("b.png", "this is no picture");
  char a[100], b[100], c[100];
  snprintf(a, sizeof a, "%s", path_of("a.png"));
  snprintf(b, sizeof b, "%s", path_of("b.png"));
  snprintf(c, sizeof c, "%s", path_of("c.png"));
  static const char *const batches[] = {"1", "2", "8"};
  for (int i = 0; i < 3; i++) {
    outcome result =
        FOVEA("predict", "LeNet5", a, b, c, "--weights", "by-name:1", "--format", "json", "--batch", batches[i]);
    assert_int_equal(result.status, 3);
    assert_true(has(result.err, "b.png"));
    json_t *root = json_loads(result.out, 0, NULL);
    assert_int_equal(json_array_size(root), 3);
    assert_true(json_is_array(json_object_get(json_array_get(root, 0), "top")));
    assert_true(json_is_string(json_object_get(json_array_get(root, 1), "error")));
    assert_true(json_is_array(json_object_get(json_array_get(root, 2), "top")));
    json_decref(root);
    end(&result);
  }
  outcome result = FOVEA("predict", "LeNet5", a, b, c, path_of("missing.png"), "--weights", "by-name:1", "--format",
                         "csv", "--top", "2");
  assert_int_equal(result.status, 3);
  int lines = 0;
  for (const char *at = result.out; (at = strchr(at, '\n')); at++) lines++;
  assert_int_equal(lines, 1 + 2 + 2);
  assert_true(!strncmp(result.out, "file,rank,index,wnid,class,probability\n", 39));
  assert_true(has(result.err, "missing.png"));
  end(&result);
}

static void test_folders_and_stdin(void **state) {
  (void)state;
  assert_int_equal(mkdir(path_of("photos"), 0700), 0);
  assert_int_equal(mkdir(path_of("empty"), 0700), 0);
  write_picture("photos/b.PNG", 30, 5);
  write_picture("photos/a.JpEg", 30, 5); /* told by content, whatever the ending */
  write_picture("photos/c.png", 30, 5);
  write_text("photos/notes.txt", "no picture");
  write_text("photos/.hidden.png", "no picture");
  char photos[100], one[100];
  snprintf(photos, sizeof photos, "%s", path_of("photos"));
  snprintf(one, sizeof one, "%s", path_of("photos/c.png"));
  outcome result = FOVEA("predict", "LeNet5", photos, "--weights", "by-name:1", "--top", "1", "--format", "csv");
  assert_int_equal(result.status, 0);
  const char *a = strstr(result.out, "a.JpEg"), *b = strstr(result.out, "b.PNG"), *c = strstr(result.out, "c.png");
  assert_true(a && b && c && a < b && b < c);
  assert_false(has(result.out, "notes") || has(result.out, "hidden"));
  end(&result);
  expect_failure(FOVEA("predict", "LeNet5", path_of("empty"), "--weights", "by-name:1"), 3, "no image files");
  static const char *const words[] = {"predict", "LeNet5", "-", "--weights", "by-name:1", "--format=csv", NULL};
  outcome piped = fovea_reading(one, words),
          named = FOVEA("predict", "LeNet5", one, "--weights", "by-name:1", "--format=csv");
  assert_int_equal(piped.status, 0);
  const char *piped_answer = strstr(piped.out, "-,1,"), *named_answer = strstr(named.out, ",1,");
  assert_true(piped_answer && named_answer);
  assert_memory_equal(piped_answer + 1, named_answer, strcspn(named_answer, "\n"));
  end(&piped);
  end(&named);
  expect_failure(FOVEA("predict", "LeNet5", "-", "--weights", "by-name:1"), 3, "standard input");
  expect_failure(FOVEA("predict", "LeNet5", "-", "-", "--weights", "by-name:1"), 2, "only once");
}

static void test_pictures_are_fed_as_asked(void **state) {
  (void)state;
  write_picture("p.png", 40, 11);
  char p[100];
  snprintf(p, sizeof p, "%s", path_of("p.png"));
  static const char *const more[][2] = {
      {"--preprocess", "tf"},      {"--preprocess", "none"}, {"--resize", "pil-nearest"},           {"--crop", "0.5"},
      {"--resize", "pil-lanczos"}, {"--resize", "cv-area"},  {"--resize", "torch-bilinear-corners"}};
  outcome plain = FOVEA("predict", "LeNet5", p, "--weights", "by-name:1", "--format=csv");
  assert_int_equal(plain.status, 0);
  for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
    outcome other = FOVEA("predict", "LeNet5", p, "--weights", "by-name:1", "--format=csv", more[i][0], more[i][1]);
    assert_int_equal(other.status, 0);
    assert_string_not_equal(plain.out, other.out);
    end(&other);
  }
  outcome same =
      FOVEA("predict", "LeNet5", p, "--weights", "by-name:1", "--format=csv", "--preprocess=scale:1/255", "--crop=0");
  assert_string_equal(plain.out, same.out);
  end(&same);
  end(&plain);
  write_text("names.txt", "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight, or so\nnine\n");
  outcome named = FOVEA("predict", "LeNet5", p, "--weights", "by-name:1", "--format=csv", "--top=10", "--labels",
                        path_of("names.txt"));
  assert_true(has(named.out, ",8,,\"eight, or so\",") && has(named.out, ",3,,three,"));
  end(&named);
  expect_failure(FOVEA("predict", "LeNet5", p, "--weights", "by-name:1", "--labels", "imagenet"), 2, "found 1000");
  expect_failure(FOVEA("predict", "LeNet5", p, "--weights", "by-name:1", "--crop", "1.5"), 2,
                 "--crop must be between 0 and 1");
  expect_failure(FOVEA("predict", "LeNet5", p, "--weights", "by-name:1", "--preprocess", "vgg"), 2, "caffe");
}

static void write_numbers(const char *name, const int64_t *dims, int rank) {
  fv_tensor tensor;
  fv_shape shape = {.rank = rank};
  int64_t elements = 1;
  for (int i = 0; i < rank; i++) elements *= shape.dims[i] = dims[i];
  assert_int_equal(fv_tensor_create(&tensor, &shape), FV_OK);
  for (int64_t i = 0; i < elements; i++) tensor.data[i] = (float)(i % 13) / 13;
  assert_int_equal(fv_npy_write(path_of(name), &tensor), FV_OK);
  fv_tensor_destroy(&tensor);
}

static void test_run(void **state) {
  (void)state;
  char in[100], out[100], layers[100];
  snprintf(in, sizeof in, "%s", path_of("in.npy"));
  snprintf(out, sizeof out, "%s", path_of("out.npy"));
  snprintf(layers, sizeof layers, "%s", path_of("layers"));
  write_numbers("in.npy", (int64_t[]){2, 28, 28, 1}, 4);
  outcome result = FOVEA("run", "LeNet5", "--weights", "by-name:1", "--input", in, "--output", out, "--layers", layers);
  assert_string_equal(result.err, "");
  assert_int_equal(result.status, 0);
  end(&result);
  fv_tensor whole, last;
  assert_int_equal(fv_npy_read(&whole, out), FV_OK);
  assert_int_equal(fv_npy_read(&last, path_of("layers/output.npy")), FV_OK);
  assert_true(fv_shape_equal(&whole.shape, &(fv_shape){2, {2, 10}}) && fv_shape_equal(&last.shape, &whole.shape));
  for (int i = 0; i < 20; i++)
    assert_true(whole.data[i] - last.data[i] < 1e-6f && last.data[i] - whole.data[i] < 1e-6f);
  fv_tensor_destroy(&whole);
  fv_tensor_destroy(&last);
  assert_int_equal(access(path_of("layers/c1.npy"), F_OK), 0);
  char named[120];
  snprintf(named, sizeof named, "input=%s", in);
  result = FOVEA("run", "LeNet5", "--weights", "by-name:1", "--input", named, "--output", out);
  assert_int_equal(result.status, 0);
  end(&result);
  write_numbers("flat.npy", (int64_t[]){28, 28, 1}, 3);
  write_numbers("small.npy", (int64_t[]){1, 27, 28, 1}, 4);
  expect_failure(FOVEA("run", "LeNet5", "--weights", "by-name:1", "--input", path_of("flat.npy"), "--output", out), 3,
                 "without the batch axis");
  expect_failure(FOVEA("run", "LeNet5", "--weights", "by-name:1", "--input", path_of("small.npy"), "--output", out), 3,
                 "found (1, 27, 28, 1)");
  expect_failure(FOVEA("run", "LeNet5", "--weights", "by-name:1", "--output", out), 2, "takes 1 input");
  expect_failure(FOVEA("run", "LeNet5", "--weights", "by-name:1", "--input", in, "--output", out, "more.npy"), 2,
                 "2 files");
  expect_failure(FOVEA("run", "LeNet5", "--weights", "by-name:1", "--input", in, "--layers", in), 1, "no folder");
}

static void test_summary(void **state) {
  (void)state;
  outcome result = FOVEA("summary", "LeNet5", "--format", "json");
  assert_int_equal(result.status, 0);
  json_t *root = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
  assert_int_equal(json_integer_value(json_object_get(root, "parameters")), 61706);
  const json_t *layers = json_object_get(root, "layers"), *second = json_array_get(layers, 1);
  assert_string_equal(json_string_value(json_object_get(second, "class")), "Conv2D");
  assert_true(json_is_null(json_array_get(json_object_get(second, "output_shape"), 0)));
  assert_string_equal(json_string_value(json_array_get(json_object_get(second, "inbound"), 0)), "input");
  json_decref(root);
  end(&result);
  result = FOVEA("summary", "VGG16", "--no-top", "--input-shape", "150,150,3");
  assert_true(has(result.out, "14,714,688") && has(result.out, " 4x4x512 "));
  end(&result);
  result = FOVEA("models", "--format=json");
  root = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
  assert_true(json_array_size(root) >= 4);
  json_decref(root);
  end(&result);
}

/* Results that reach nobody are a failure. */
static void test_lost_output(void **state) {
  (void)state;
  static const char *const words[] = {"models", NULL};
  assert_int_equal(spawn("/dev/null", "/dev/full", path_of(".err"), words), 4);
  char *err = contents(path_of(".err"));
  assert_true(has(err, "cannot write the output"));
  free(err);
  static const char *const differ[] = {"diff", FOVEA_SOURCE_DIR "/tests/golden/files/lenet.keras",
                                       FOVEA_SOURCE_DIR "/tests/golden/files/sink_act3.keras", NULL};
  assert_int_equal(spawn("/dev/null", "/dev/full", path_of(".err"), differ), 4); /* not: they differ */
  assert_int_equal(spawn("/dev/null", NULL, path_of(".err"), words), 1);
  err = contents(path_of(".err"));
  assert_true(has(err, "cannot write the output"));
  free(err);
}

/* Without a softmax the numbers are no probabilities, and are not called so. */
static void test_scores(void **state) {
  static const char *const formats[] = {"text", "json", "csv"}, *const parts[] = {"score ", "\"score\": ", ",score\n"};
  (void)state;
  write_picture("scored.png", 28, 3);
  for (int i = 0; i < 3; i++) {
    outcome result = FOVEA("predict", "LeNet5", "--weights=by-name:1", "--classifier-activation", "none", "--format",
                           formats[i], path_of("scored.png"));
    if (result.status || !has(result.out, parts[i]) || has(result.out, "probability")) fail_msg("%s", result.out);
    end(&result);
    result = FOVEA("predict", "LeNet5", "--weights=by-name:1", "--format", formats[i], path_of("scored.png"));
    assert_false(has(result.out, "score ") || has(result.out, "\"score\"") || has(result.out, ",score"));
    end(&result);
  }
}

/* No command takes an empty word: it would be the name of a file that no message could show. */
static void test_empty_words(void **state) {
  static const char *const commands[] = {"augment", "bench", "convert", "diff",   "features", "filter",  "models",
                                         "new",     "pool",  "predict", "resize", "run",      "summary", "weights"};
  (void)state;
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    expect_failure(FOVEA(commands[i], ""), 2, "argument 1 is empty");
  expect_failure(FOVEA("predict", "LeNet5", "--", ""), 2, "predict: argument 2 is empty");
  expect_failure(FOVEA("predict", "LeNet5", "a.png", "--labels="), 2, "--labels is empty");
  expect_failure(FOVEA("filter", "a.png", "-o", ""), 2, "--output is empty");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty_words),
      cmocka_unit_test(test_scores),
      cmocka_unit_test(test_help),
      cmocka_unit_test(test_usage),
      cmocka_unit_test(test_json_and_names),
      cmocka_unit_test(test_bad_file_among_good),
      cmocka_unit_test(test_folders_and_stdin),
      cmocka_unit_test(test_pictures_are_fed_as_asked),
      cmocka_unit_test(test_run),
      cmocka_unit_test(test_summary),
      cmocka_unit_test(test_lost_output),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
