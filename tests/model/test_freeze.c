/* Freezing: which layers a number, a name or a word freezes, what then is trainable, and that files keep it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <fovea/fovea.h>

/* Frozen layers as a text, "ff..": one letter a layer. */
static const char *frozen(const fv_model *model) {
  static char text[64];
  const int32_t count = fv_model_layer_count(model);
  for (int32_t i = 0; i < count; i++) text[i] = fv_model_layer(model, i).frozen ? 'f' : '.';
  text[count] = 0;
  return text;
}

static fv_model *make_model(bool head_of_images) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {8, 8, 3});
  x = fv_conv2d(g, x, .filters = 4, .kernel_size = {3}, .name = "first");
  x = fv_batch_normalization(g, x, .name = "norm");
  x = fv_conv2d(g, x, .filters = 5, .kernel_size = {3}, .name = "second");
  if (!head_of_images) {
    x = fv_flatten(g, x);
    x = fv_dense(g, x, .units = 6, .name = "hidden");
    x = fv_dense(g, x, .units = 2, .name = "answer");
  }
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  return model;
}

static void numbers_as_in_python(void **state) {
  (void)state;
  fv_model *model = make_model(false);
  const int64_t all = fv_model_trainable_parameters(model);
  assert_int_equal(fv_model_freeze(model, 0, 3), FV_OK);
  assert_string_equal(frozen(model), "fff....");
  assert_int_equal(fv_model_trainable_parameters(model), all - (27 * 4 + 4) - 8);
  assert_false(fv_model_weight(model, 2).trainable); /* gamma */
  assert_int_equal(fv_model_unfreeze(model, 2, -1), FV_OK);
  assert_string_equal(frozen(model), "ff.....");
  assert_true(fv_model_weight(model, 2).trainable);
  assert_false(fv_model_weight(model, 4).trainable); /* the moving mean never is */
  assert_int_equal(fv_model_freeze(model, -2, INT32_MAX), FV_OK);
  assert_string_equal(frozen(model), "ff...ff");
  assert_int_equal(fv_model_unfreeze(model, 0, INT32_MAX), FV_OK);
  assert_int_equal(fv_model_trainable_parameters(model), all);
  assert_int_equal(fv_model_freeze(model, 0, 8), FV_ERROR_INVALID);
  assert_int_equal(fv_model_freeze(model, -8, 1), FV_ERROR_INVALID);
  fv_model_destroy(model);
}

static void words(void **state) {
  (void)state;
  fv_model *model = make_model(false);
  static const char *const expected[][2] = {{"all-but-head", "ffff..."},
                                            {"none", "......."},
                                            {"all", "fffffff"},
                                            {"2", "ff....."},
                                            {"0", "......."},
                                            {"-2", "fffff.."},
                                            {"norm", "fff...."},
                                            {"1,BatchNormalization", "f.f...."},
                                            {"none,BatchNormalization,Flatten", "..f.f.."}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    assert_int_equal(fv_model_freeze_to(model, expected[i][0]), FV_OK);
    assert_string_equal(frozen(model), expected[i][1]);
  }
  assert_int_equal(fv_model_freeze_to(model, "norm"), FV_OK);
  assert_int_equal(fv_model_freeze_to(model, "nothing"), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_model_freeze_to(model, "none,Norm"), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_model_freeze_to(model, "9"), FV_ERROR_INVALID);
  assert_int_equal(fv_model_freeze_to(model, "-9"), FV_ERROR_INVALID);
  assert_int_equal(fv_model_freeze_to(model, ""), FV_ERROR_NOT_FOUND);
  assert_string_equal(frozen(model), "fff....");
  fv_model_destroy(model);
  model = make_model(true);
  assert_int_equal(fv_model_freeze_to(model, "all-but-head"), FV_OK);
  assert_string_equal(frozen(model), "fff.");
  fv_model_destroy(model);
}

static void files_keep_it(void **state) {
  (void)state;
  for (int keras = 0; keras < 2; keras++) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/fovea-freeze-%d.%s", (int)getpid(), keras ? "keras" : "h5");
    fv_model *model = make_model(false), *loaded;
    assert_int_equal(fv_model_freeze_to(model, "norm"), FV_OK);
    assert_int_equal(fv_model_save(model, path, NULL), FV_OK);
    assert_int_equal(fv_model_load(&loaded, path, NULL), FV_OK);
    assert_int_equal(fv_model_trainable_parameters(loaded), fv_model_trainable_parameters(model));
    assert_true(fv_model_layer(loaded, 2).frozen);
    assert_false(fv_model_layer(loaded, 3).frozen);
    fv_model_destroy(model);
    fv_model_destroy(loaded);
    remove(path);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_as_in_python), cmocka_unit_test(words),
                                     cmocka_unit_test(files_keep_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
