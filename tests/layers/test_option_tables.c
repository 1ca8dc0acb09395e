/* Walks every layer's option table: words, defaults, zero, and a head where the builder expects it. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/fovea.h>

#include "layers/layer.h"
#undef fail

#include <cmocka.h>

static void check_words(const fv__layer_type *type, const fv_option *option) {
  const char *layer = type->kind.name ? type->kind.name : type->kind.function;
  if (!option->help || !*option->help) fail_msg("%s.%s has no help", layer, option->name);
  for (const char *c = option->name; *c; c++)
    if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '_')
      fail_msg("%s.%s is not in snake case", layer, option->name);
  if (option->offset >= type->kind.options_size) fail_msg("%s.%s lies outside its structure", layer, option->name);
  if (option->kind == FV_OPTION_BOOL && strcmp(option->default_text, "false"))
    fail_msg("%s.%s defaults to true: store it inverted", layer, option->name);
  if (option->kind == FV_OPTION_NOT_BOOL && strcmp(option->default_text, "true"))
    fail_msg("%s.%s defaults to false: store it as it is", layer, option->name);
}

/* A default must survive being written and read again. */
static void check_default(const fv__layer_type *type, const fv_option *option, void *options) {
  if (!option->default_text) return;
  if (*option->default_text == '=') { /* as another option, which must stand earlier in the table */
    const fv_option *other = fv_option_find(type->kind.table, option->default_text + 1);
    assert_non_null(other);
    assert_true(other < option);
    return;
  }
  char first[256], second[256];
  memset(options, 0, type->kind.options_size);
  if (fv_option_set(options, option, option->default_text))
    fail_msg("%s.%s: %s", type->kind.name ? type->kind.name : type->kind.function, option->name, fv_error_message());
  fv_option_text(first, sizeof first, options, option);
  memset(options, 0, type->kind.options_size);
  assert_int_equal(fv_option_set(options, option, first), FV_OK);
  assert_string_equal(fv_option_text(second, sizeof second, options, option), first);
}

/* A number whose zero is legal but is not the default can be asked for with FV_ZERO. */
static void check_zero(const fv__layer_type *type, const fv_option *option, void *options) {
  const fv_option one[] = {*option, {NULL, FV_OPTION_INT, 0, NULL, 0, 0, NULL, NULL}};
  bool legal = (option->low == 0 && option->high == 0) || (option->low <= 0 && option->high >= 0);
  memset(options, 0, type->kind.options_size);
  char *at = (char *)options + option->offset;
  if (option->kind == FV_OPTION_INT) {
    *(int32_t *)(void *)at = FV_ZERO;
    assert_int_equal(fv_options_complete(options, one), legal ? FV_OK : FV_ERROR_INVALID);
    assert_int_equal(*(int32_t *)(void *)at, 0);
  } else if (option->kind == FV_OPTION_FLOAT) {
    *(double *)(void *)at = FV_ZERO;
    assert_int_equal(fv_options_complete(options, one), legal ? FV_OK : FV_ERROR_INVALID);
    assert_true(*(double *)(void *)at == 0);
  }
}

static void tables_say_what_they_mean(void **state) {
  (void)state;
  int32_t layers = 0;
  for (const fv__layer_type *const *type = fv__layer_table; *type; type++, layers++) {
    const fv_layer_kind *kind = &(*type)->kind;
    assert_true(kind->name || kind->function);
    assert_non_null(kind->help);
    assert_non_null(kind->table);
    assert_true((*type)->name_offset < kind->options_size && (*type)->frozen_offset < kind->options_size);
    void *options = calloc(1, kind->options_size);
    assert_non_null(options);
    for (const fv_option *option = kind->table; option->name; option++) {
      check_words(*type, option);
      check_default(*type, option, options);
      check_zero(*type, option, options);
    }
    free(options);
  }
  assert_true(layers >= 30);
}

/* Each layer is found by its class, each function by its word, and nothing is listed twice. */
static void names_lead_back_to_layers(void **state) {
  (void)state;
  for (const fv__layer_type *const *type = fv__layer_table; *type; type++) {
    if ((*type)->kind.name) assert_ptr_equal(fv__layer_find((*type)->kind.name), *type);
    if ((*type)->kind.function) assert_ptr_equal(fv__layer_find_function((*type)->kind.function), *type);
    if ((*type)->kind.function) assert_non_null((*type)->function_options);
  }
  assert_null(fv__layer_find("LSTM"));
  assert_null(fv__layer_find_function("snake"));
  int32_t listed = 0;
  while (fv_layer_kind_at(listed)) listed++;
  assert_true(listed >= 30);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables_say_what_they_mean),
      cmocka_unit_test(names_lead_back_to_layers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
