/* From a layer's configuration in JSON to its options structure.
 *
 * The option table says which keys a layer has. Keys that no table has are either ignored on purpose (they concern
 * training, or restate what is known), or must have the one value that changes nothing; anything else is refused, since
 * ignoring it might change the numbers.
 */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "formats/keras/keras.h"

enum { FUNCTION_NAME_BYTES = 64 };

/* Ignored whatever they say: bookkeeping, training, number types (fovea computes in float32), and what fills borders
 * that only exist with options which are refused, or while training. */
static const char *const ignored[] = {"name",
                                      "trainable",
                                      "dtype",
                                      "batch_input_shape",
                                      "batch_shape",
                                      "input_shape",
                                      "sparse",
                                      "ragged",
                                      "optional",
                                      "seed",
                                      "noise_shape",
                                      "build_config",
                                      "module",
                                      "registered_name",
                                      "shared_object_id",
                                      "input_dtype",
                                      "activity_regularizer",
                                      "fused",
                                      "synchronized",
                                      "renorm_momentum",
                                      "rng_type",
                                      "fill_mode",
                                      "fill_value",
                                      "autocast",
                                      "is_quantized",
                                      "output_shape"};

static const char *const ignored_endings[] = {"_initializer", "_regularizer", "_constraint"};

/* Must have this value, as text of JSON, or null or be false. */
static const struct {
  const char *key, *value;
} fixed[] = {{"data_format", "\"channels_last\""},
             {"dilation_rate", "[1, 1]"},
             {"dilation_rate", "1"},
             {"groups", "1"},
             {"depth_multiplier", "1"}};

/* What another version of Keras calls an option. */
static const struct { const char *key, *option; } renamed[] = {{"alpha", "negative_slope"}};

static bool is_ignored(const char *key) {
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
    if (!strcmp(ignored[i], key)) return true;
  for (size_t i = 0; i < sizeof ignored_endings / sizeof *ignored_endings; i++)
    if (fv__text_ends_with(key, ignored_endings[i])) return true;
  return false;
}

static fv_status check_unknown(const char *key, const json_t *value) {
  if (is_ignored(key) || json_is_null(value) || json_is_false(value)) return FV_OK;
  char text[48] = "...";
  size_t length = json_dumpb(value, text, sizeof text - 1, JSON_ENCODE_ANY);
  if (length == 0) return fail(FV_ERROR_MEMORY, "no memory for option %.60s", key);
  if (length < sizeof text)
    text[length] = '\0';
  else
    snprintf(text, sizeof text, "...");
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
    if (!strcmp(fixed[i].key, key) && !strcmp(fixed[i].value, text)) return FV_OK;
  }
  return fail(FV_ERROR_UNSUPPORTED, "option %.60s: %s is not supported", key, text);
}

static fv_status expected(const fv_option *option, const char *what) {
  return fail(FV_ERROR_INVALID, "option %s: expected %s", option->name, what);
}

/* A whole number of the option's structure, where 0 must be said with FV_ZERO. */
static fv_status whole(int32_t *number, const json_t *value, const fv_option *option) {
  if (!json_is_integer(value) || json_integer_value(value) > INT32_MAX || json_integer_value(value) < -INT32_MAX)
    return expected(option, "a whole number");
  json_int_t v = json_integer_value(value);
  *number = v == 0 ? FV_ZERO : (int32_t)v;
  return FV_OK;
}

/* Keras 2 writes an axis as a list of one. */
static fv_status set_int(int32_t *number, const json_t *value, const fv_option *option) {
  if (json_is_array(value) && json_array_size(value) == 1) value = json_array_get(value, 0);
  return whole(number, value, option);
}

static fv_status set_pair(fv_pair *pair, const json_t *value, const fv_option *option) {
  if (!json_is_array(value)) {
    TRY(whole(&pair->height, value, option));
    pair->width = pair->height;
    return FV_OK;
  }
  if (json_array_size(value) != 2) return expected(option, "one or two whole numbers");
  TRY(whole(&pair->height, json_array_get(value, 0), option));
  return whole(&pair->width, json_array_get(value, 1), option);
}

/* 1, or (1, 2): rows and columns, or ((1, 2), (3, 4)): top, bottom, left, right. */
static fv_status set_quad(fv_quad *quad, const json_t *value, const fv_option *option) {
  fv_pair sides[2];
  for (size_t i = 0; i < 2; i++) {
    const json_t *side = json_is_array(value) ? json_array_get(value, i) : value;
    if (!side || (json_is_array(value) && json_array_size(value) != 2)) return expected(option, "two sides");
    TRY(set_pair(&sides[i], side, option));
  }
  *quad = (fv_quad){sides[0].height, sides[0].width, sides[1].height, sides[1].width};
  return FV_OK;
}

static fv_status set_ints(int32_t list[FV_OPTION_INTS_MAX], const json_t *value, const fv_option *option) {
  if (json_is_integer(value)) return whole(&list[0], value, option);
  if (!json_is_array(value) || json_array_size(value) >= FV_OPTION_INTS_MAX)
    return expected(option, "a short list of whole numbers");
  for (size_t i = 0; i < json_array_size(value); i++) {
    const json_t *number = json_array_get(value, i);
    if (json_is_null(number))
      list[i] = -1;
    else
      TRY(whole(&list[i], number, option));
    if (list[i] == FV_ZERO) return expected(option, "numbers other than 0");
  }
  return FV_OK;
}

static fv_status set_float(double *number, const json_t *value, const fv_option *option) {
  if (json_is_array(value) && json_array_size(value) == 1) value = json_array_get(value, 0);
  if (!json_is_number(value)) return expected(option, "a number");
  double v = json_number_value(value);
  *number = v == 0 ? FV_ZERO : v;
  return FV_OK;
}

static fv_status set_name(int32_t *index, const json_t *value, const fv_option *option) {
  const char *word = json_string_value(value);
  if (!word) return expected(option, "a word");
  for (int32_t i = 0; option->names[i]; i++)
    if (fv__text_equal_ignoring_case(option->names[i], word)) {
      *index = i + 1;
      return FV_OK;
    }
  return fail(FV_ERROR_UNSUPPORTED, "option %s: '%.60s' is not supported", option->name, word);
}

/* A function's or a number type's name: a word, or an object that Keras 3 makes of it. */
static fv_status set_text(const char **text, const json_t *value, const fv_option *option, int version) {
  const json_t *object = value;
  if (json_is_object(object)) {
    value = json_object_get(object, "config");
    if (json_is_object(value) && json_object_get(value, "name") && !strcmp(option->name, "dtype"))
      value = json_object_get(value, "name");
    if (!json_is_string(value)) value = json_object_get(object, "class_name");
  }
  const char *word = json_string_value(value);
  const bool is_function = !strcmp(option->name, "activation");
  if (!word || (is_function && strlen(word) >= FUNCTION_NAME_BYTES)) return expected(option, "a word");
  if (is_function && version < 3 && !strcmp(word, "hard_sigmoid")) word = "hard_sigmoid_keras2";
  *text = fv__keras_bare_word(word);
  return FV_OK;
}

static fv_status set_object(const char **text, const json_t *value, const fv_option *option, fv__arena *arena) {
  size_t length = json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
  char *copy = length ? fv__arena_take(arena, length + 1) : NULL;
  if (!copy) return fail(FV_ERROR_MEMORY, "no memory for option %s", option->name);
  if (json_dumpb(value, copy, length, JSON_COMPACT | JSON_ENCODE_ANY) != length) return expected(option, "JSON");
  *text = copy;
  return FV_OK;
}

static fv_status set(void *options, const fv_option *option, const json_t *value, int version, fv__arena *arena) {
  void *at = (char *)options + option->offset;
  if (json_is_null(value)) return FV_OK; /* the default */
  switch (option->kind) {
  case FV_OPTION_INT: return set_int(at, value, option);
  case FV_OPTION_PAIR: return set_pair(at, value, option);
  case FV_OPTION_QUAD: return set_quad(at, value, option);
  case FV_OPTION_INTS: return set_ints(at, value, option);
  case FV_OPTION_FLOAT: return set_float(at, value, option);
  case FV_OPTION_NAME: return set_name(at, value, option);
  case FV_OPTION_TEXT: return set_text(at, value, option, version);
  case FV_OPTION_OBJECT: return set_object(at, value, option, arena);
  case FV_OPTION_BOOL:
  case FV_OPTION_NOT_BOOL:
    if (!json_is_boolean(value)) return expected(option, "true or false");
    *(bool *)at = option->kind == FV_OPTION_BOOL ? json_is_true(value) : json_is_false(value);
    return FV_OK;
  }
  return FV_OK;
}

const char *fv__keras_bare_word(const char *word) {
  const size_t length = strlen(FV__KERAS_PACKAGE);
  return word && !strncmp(word, FV__KERAS_PACKAGE, length) ? word + length : word;
}

static const fv_option *find_option(const fv_option *table, const char *key) {
  const fv_option *option = fv_option_find(table, key);
  for (size_t i = 0; i < sizeof renamed / sizeof *renamed && !option; i++)
    if (!strcmp(renamed[i].key, key)) option = fv_option_find(table, renamed[i].option);
  return option;
}

fv_status fv__keras_input_shape(int32_t shape[FV_OPTION_INTS_MAX], bool *found, const json_t *config) {
  static const char *const keys[] = {"batch_shape", "batch_input_shape", "build_input_shape"};
  const json_t *list = NULL;
  for (int i = 0; i < 3 && !json_is_array(list); i++) list = json_object_get(config, keys[i]);
  *found = json_is_array(list);
  if (!*found) return FV_OK;
  size_t rank = json_array_size(list);
  if (rank < 1 || rank > FV_OPTION_INTS_MAX) return fail(FV_ERROR_UNSUPPORTED, "an input of %zu axes", rank);
  for (size_t i = 1; i < rank; i++) {
    const json_t *extent = json_array_get(list, i);
    json_int_t value = json_is_null(extent) ? -1 : json_integer_value(extent);
    if (value == 0 || value < -1 || value > INT32_MAX)
      return fail(FV_ERROR_FORMAT, "an input extent that is no number");
    shape[i - 1] = (int32_t)value;
  }
  return FV_OK;
}

fv_status fv__keras_options(void *options, const fv__layer_type *type, const json_t *config, int version,
                            fv__arena *arena) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)config, key, value) {
    const fv_option *option = find_option(type->kind.table, key);
    TRY(option ? set(options, option, value, version, arena) : check_unknown(key, value));
  }
  *(const char **)((char *)options + type->name_offset) = json_string_value(json_object_get(config, "name"));
  *(bool *)((char *)options + type->frozen_offset) = json_is_false(json_object_get(config, "trainable"));
  return FV_OK;
}
