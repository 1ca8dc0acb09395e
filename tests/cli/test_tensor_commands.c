/* fovea weights, diff and features. */
#include "outcome.h"

#include <sys/stat.h>

#include <fovea/file.h>
#include <fovea/tensor.h>
#include <fovea/zoo.h>

#define TORCH FOVEA_SOURCE_DIR "/tests/golden/torch_files/"
#define FILES FOVEA_SOURCE_DIR "/tests/golden/files/"

static void expect_success(outcome result, const char *part) {
  if (result.status || !has(result.out, part))
    fail_msg("expected '%s', found %d, '%s', '%s'", part, result.status, result.out, result.err);
  end(&result);
}

/* A difference: status 1, the sentence on stdout, nothing on stderr. */
static void expect_difference(outcome result, const char *part) {
  if (result.status != 1 || !has(result.out, part) || result.err[0])
    fail_msg("expected '%s', found %d, '%s', '%s'", part, result.status, result.out, result.err);
  end(&result);
}

static void weights_are_listed(void **state) {
  (void)state;
  expect_success(FOVEA("weights", TORCH "tiny.pth"), "24 tensors, 635 numbers");
  expect_success(FOVEA("weights", TORCH "tiny.safetensors"), "bfloat16  (4, 6)");
  expect_success(FOVEA("weights", TORCH "tiny.old.pth"), "1 NaN");
  expect_success(FOVEA("weights", FILES "sequential.keras"), "12 tensors, 1,799 numbers");
  outcome result = FOVEA("weights", TORCH "tiny.pth", "--format", "json");
  assert_int_equal(result.status, 0);
  assert_true(has(result.out, "{\"name\": \"special\", \"type\": \"float32\", \"shape\": [6], \"count\": 6, "
                              "\"mean\": null, \"rms\": null, \"min\": null, \"max\": null, \"nan\": 1, "
                              "\"infinite\": 2}"));
  assert_true(has(result.out, "\"numbers\": 635"));
  end(&result);
  expect_failure(FOVEA("weights"), 2, "weights takes one file");
  expect_failure(FOVEA("weights", path_of("absent.pth")), 3, "absent.pth: no such file");
  expect_failure(FOVEA("weights", TORCH "hostile.pth"), 3, "system; only tensors and containers are read");
  expect_failure(FOVEA("weights", TORCH "bad_overlap.safetensors"), 3, "bad_overlap.safetensors: b: begins at byte");
}

static void weights_are_exported(void **state) {
  (void)state;
  struct stat facts;
  fv_tensor tensor;
  expect_success(FOVEA("weights", TORCH "checkpoint.pth", "--npy", path_of("with a space")), "15 tensors");
  expect_success(FOVEA("weights", TORCH "checkpoint.pth", "--npy", path_of("with a space")), "15 tensors"); /* again */
  assert_int_equal(fv_npy_read(&tensor, path_of("with a space/state_dict__conv.weight.npy")), FV_OK);
  assert_true(fv_shape_equal(&tensor.shape, &(fv_shape){4, {4, 3, 3, 3}}));
  fv_tensor_destroy(&tensor);
  /* names that lead elsewhere */
  static const char head[] = "{\"../../up\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                             "\"/etc/x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]},"
                             "\"a/b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]},"
                             "\"a__b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[3,4]},"
                             "\"\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[4,5]}}";
  FILE *file = fopen(path_of("odd.safetensors"), "wb");
  assert_non_null(file);
  const unsigned char length[8] = {(unsigned char)((sizeof head - 1) & 255), (unsigned char)((sizeof head - 1) >> 8)};
  fwrite(length, 1, 8, file);
  fwrite(head, 1, sizeof head - 1, file);
  fwrite("\1\2\3\4\5", 1, 5, file);
  assert_int_equal(fclose(file), 0);
  expect_success(FOVEA("weights", path_of("odd.safetensors"), "--npy", path_of("odd")), "5 tensors");
  static const char *const names[] = {"_.__..__up-0", "__etc__x", "a__b", "a__b-3", "-4"};
  for (int i = 0; i < 5; i++) {
    char path[100];
    snprintf(path, sizeof path, "odd/%s.npy", names[i]);
    if (stat(path_of(path), &facts)) fail_msg("%s is not there", path);
  }
  expect_failure(FOVEA("weights", TORCH "tiny.pth", "--npy", "/dev/null/x"), 1, "/dev/null/x: Not a directory");
}

static void write_models(void) {
  fv_model *model, *other;
  assert_int_equal(fv_zoo_build(&model, "LeNet5", NULL), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  assert_int_equal(fv_model_save(model, path_of("a.safetensors"), NULL), FV_OK);
  fv_model_weight_data(model, 0)[3] += 0.5f;
  assert_int_equal(fv_model_save(model, path_of("b.safetensors"), NULL), FV_OK);
  assert_int_equal(fv_zoo_build(&other, "LeNet5", &(fv_zoo_options){.classes = 7}), FV_OK);
  assert_int_equal(fv_model_initialize(other, "by-name:1"), FV_OK);
  assert_int_equal(fv_model_save(other, path_of("c.safetensors"), NULL), FV_OK);
  fv_model_destroy(model);
  fv_model_destroy(other);
}

static void differences_are_shown(void **state) {
  (void)state;
  write_models();
  expect_success(FOVEA("diff", path_of("a.safetensors"), path_of("a.safetensors")), "no difference: 10 tensors");
  expect_difference(FOVEA("diff", path_of("a.safetensors"), path_of("b.safetensors")),
                    "1 of 150 numbers differ, max 0.5, rms 0.04082\n1 difference\n");
  expect_success(FOVEA("diff", path_of("a.safetensors"), path_of("b.safetensors"), "--tolerance", "0.6"),
                 "no difference");
  expect_difference(FOVEA("diff", path_of("a.safetensors"), path_of("c.safetensors")), "shape: (84, 10) and (84, 7)");
  expect_difference(FOVEA("diff", path_of("a.safetensors"), path_of("b.safetensors"), "--format", "json"),
                    "\"different\": 1, \"count\": 150, \"max\": 0.5");
  expect_success(FOVEA("diff", TORCH "checkpoint.pth", TORCH "checkpoint.old.pth"), "no difference: 15 tensors");
  expect_success(FOVEA("diff", TORCH "tiny.pth", TORCH "tiny.safetensors"), "no difference: 24 tensors");
  expect_difference(FOVEA("diff", TORCH "parallel.pth", TORCH "parameters.pth"), "tensor module.conv.weight: only in ");
}

static void models_are_compared_layer_by_layer(void **state) {
  (void)state;
  expect_success(FOVEA("diff", FILES "sequential.keras", FILES "sequential.keras"), "no difference: 12 tensors");
  expect_success(FOVEA("diff", FILES "sequential.k2.h5", FILES "sequential.k2.weights.h5"), "no difference");
  expect_success(FOVEA("diff", FILES "sequential.k2.weights.h5", FILES "sequential.k2.h5"), "no difference");
  expect_difference(FOVEA("diff", FILES "sequential.keras", FILES "nested.keras"), "only in ");
  expect_difference(FOVEA("diff", FILES "sequential.keras", FILES "nested.keras", "--format", "json"),
                    "{\"kind\": \"missing\", \"of\": \"layer\", \"name\": ");
  expect_failure(FOVEA("diff", FILES "sequential.keras", TORCH "tiny.pth"), 1, "conv2d/kernel: the file has no tensor");
  expect_failure(FOVEA("diff", FILES "sequential.keras"), 2, "diff takes two files");
  expect_failure(FOVEA("diff", FILES "sequential.keras", path_of("absent.h5")), 3, "absent.h5");
}

#define FEED "--weights", "by-name:1", "--preprocess", "tf", "--threads", "1"

static void pictures_are_described(void **state) {
  (void)state;
  assert_int_equal(mkdir(path_of("some photos"), 0700), 0);
  write_picture("some photos/a.png", 40, 3);
  write_picture("some photos/b.png", 50, 11);
  write_picture("some photos/c.png", 40, 3); /* a's twin */
  FILE *broken = fopen(path_of("some photos/broken.png"), "wb");
  assert_non_null(broken);
  fputs("no picture", broken);
  assert_int_equal(fclose(broken), 0);
  outcome result = FOVEA("features", "MobileNet", path_of("some photos"), "-o", path_of("x.npy"), FEED);
  assert_int_equal(result.status, 3);
  assert_true(has(result.out, "x.npy: (3, 1024)"));
  assert_true(has(result.err, "broken.png"));
  assert_ptr_equal(strchr(result.err, '\n'), result.err + strlen(result.err) - 1); /* named once */
  end(&result);
  fv_tensor rows;
  assert_int_equal(fv_npy_read(&rows, path_of("x.npy")), FV_OK);
  assert_true(fv_shape_equal(&rows.shape, &(fv_shape){2, {3, 1024}}));
  assert_memory_equal(rows.data, rows.data + 2048, 1024 * sizeof(float));
  assert_memory_not_equal(rows.data, rows.data + 1024, 1024 * sizeof(float));
  fv_tensor_destroy(&rows);
  char *names = contents(path_of("x.txt"));
  assert_true(has(names, "some photos/a.png\n") && has(names, "some photos/b.png\n") && !has(names, "broken"));
  free(names);
  assert_int_equal(remove(path_of("some photos/broken.png")), 0);
}

static void layers_are_chosen(void **state) {
  (void)state;
  write_picture("a.png", 40, 3);
  expect_success(
      FOVEA("features", "MobileNet", path_of("a.png"), "--layer", "conv1_relu", "-o", path_of("y.npy"), FEED),
      "y.npy: (1, 112, 112, 32)");
  expect_success(FOVEA("features", "MobileNet", path_of("a.png"), "-o", path_of("y.npy"), "--format", "json", FEED),
                 "\"shape\": [1, 1024],\n  \"files\": [\n");
  expect_failure(FOVEA("features", "MobileNet", path_of("a.png"), "--layer", "fc9", "-o", path_of("z.npy"), FEED), 3,
                 "has no layer 'fc9'");
  expect_failure(FOVEA("features", "MobileNet", path_of("a.png"), FEED), 2, "needs --output FILE.npy or --nearest");
  expect_failure(FOVEA("features", "MobileNet", FEED), 2, "takes a model and pictures");
  expect_failure(FOVEA("features", "MobileNet", path_of("none.png"), "-o", path_of("z.npy"), FEED), 3, "none.png");
}

static void likely_pictures_come_first(void **state) {
  (void)state;
  write_picture("wanted.png", 40, 3);
  outcome result = FOVEA("features", "MobileNet", path_of("some photos"), "--nearest", path_of("wanted.png"), FEED);
  assert_int_equal(result.status, 0);
  const char *a = strstr(result.out, "a.png"), *b = strstr(result.out, "b.png"), *c = strstr(result.out, "c.png");
  assert_true(a && b && c && a < c && c < b);
  assert_int_equal(strncmp(result.out, "  1.0000  ", 10), 0);
  end(&result);
  expect_success(FOVEA("features", "MobileNet", path_of("some photos"), "--nearest", path_of("wanted.png"), "--top",
                       "1", "--format", "json", FEED),
                 "a.png\", \"cosine\": ");
  expect_failure(FOVEA("features", "MobileNet", path_of("wanted.png"), "--nearest", path_of("some photos"), FEED), 2,
                 "--nearest takes one image");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(weights_are_listed),         cmocka_unit_test(weights_are_exported),
      cmocka_unit_test(differences_are_shown),      cmocka_unit_test(models_are_compared_layer_by_layer),
      cmocka_unit_test(pictures_are_described),     cmocka_unit_test(layers_are_chosen),
      cmocka_unit_test(likely_pictures_come_first),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
