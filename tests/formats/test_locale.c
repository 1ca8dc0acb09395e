/* A program in a locale that writes 0,5 for 0.5 loads the same models, reads the same numbers and writes the same text.
 * The locale is made by localedef; where that is not to be had, the test is skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/file.h>
#include <fovea/preprocessing.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/"

static char folder[] = "/tmp/fovea-locale-XXXXXX";

static int make_locale(void **state) {
  (void)state;
  char command[200];
  if (!mkdtemp(folder)) return -1;
  snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s/de_DE.UTF-8' > /dev/null 2>&1", folder);
  if (system(command)) return 0; /* says the test itself */
  return setenv("LOCPATH", folder, 1);
}

static int remove_locale(void **state) {
  (void)state;
  char command[200];
  snprintf(command, sizeof command, "rm -r '%s'", folder);
  return system(command);
}

static uint64_t hash(uint64_t seed, const void *bytes, size_t size) {
  const uint8_t *in = bytes;
  for (size_t i = 0; i < size; i++) seed = (seed ^ in[i]) * 1099511628211u;
  return seed;
}

/* Everything with a number in it that a file or a text can say. */
static uint64_t read_everything(void) {
  static const char *const models[] = {"files/tiny.h5", "files/tiny.keras", "tfjs/quantized/model.json",
                                       "files/sink_act3.keras", "files/nested.k2.h5"};
  uint64_t sum = 14695981039346656037u;
  for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
    char path[512], *text;
    fv_model *model;
    snprintf(path, sizeof path, GOLDEN "%s", models[i]);
    if (fv_model_load(&model, path, NULL)) fail_msg("%s", fv_error_message());
    for (int32_t w = 0; w < fv_model_weight_count(model); w++) {
      fv_shape shape = fv_model_weight(model, w).shape;
      int64_t count;
      assert_int_equal(fv_shape_elements(&count, &shape), FV_OK);
      sum = hash(sum, fv_model_weight_data(model, w), (size_t)count * sizeof(float));
    }
    for (int32_t k = 0; k < fv_model_layer_count(model); k++) {
      fv_layer_info layer = fv_model_layer(model, k);
      sum = hash(sum, layer.name, strlen(layer.name));
    }
    fv_preprocessing p = fv_model_preprocessing(model);
    assert_int_equal(fv_preprocessing_parse(&p, "scale:0.00390625"), FV_OK);
    assert_true(p.scale == 0.00390625);
    assert_int_equal(fv_model_set_preprocessing(model, &p), FV_OK);
    assert_int_equal(fv_model_feeding_text(&text, model), FV_OK);
    sum = hash(sum, text, strlen(text));
    free(text);
    fv_model_destroy(model);
  }
  return sum;
}

static void a_decimal_comma_changes_nothing(void **state) {
  (void)state;
  uint64_t expected = read_everything();
  if (!setlocale(LC_ALL, "de_DE.UTF-8")) skip();
  char number[8];
  snprintf(number, sizeof number, "%.1f", 0.5);
  assert_string_equal(number, "0,5");
  uint64_t found = read_everything();
  setlocale(LC_ALL, "C");
  assert_true(found == expected);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_decimal_comma_changes_nothing)};
  return cmocka_run_group_tests(tests, make_locale, remove_locale);
}
