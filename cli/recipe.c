/* Recipes as JSON. Keys are the options' names; a key that is none is refused, for a misspelt one would silently do
 * nothing. */
#include "recipe.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "suggest.h"

enum { VALUE_SIZE = 4096, LARGEST_RECIPE = 1 << 20 };

bool recipe_is_one(const char *argument) {
  const char *ending = strrchr(argument, '.');
  return ending && !strcmp(ending, ".json");
}

void recipe_free(recipe *r) {
  free(r->data);
  for (int i = 0; i < r->count; i++) free(r->words[i].value);
  *r = (recipe){.data = NULL};
}

/* In the place of an earlier word of the same option. */
static int put_word(recipe *r, const fv_option *option, const char *value) {
  int at = 0;
  while (at < r->count && r->words[at].option != option) at++;
  char *copy = at < RECIPE_WORDS ? strdup(value) : NULL;
  if (!copy) return command_error(COMMAND_RESOURCES, "no memory for the options");
  if (at < r->count) free(r->words[at].value);
  r->words[at].option = option;
  r->words[at].value = copy;
  if (at == r->count) r->count++;
  return COMMAND_OK;
}

/* ---- reading */

/* A text in the making; what does not fit makes it wrong. */
typedef struct typed {
  char text[VALUE_SIZE];
  size_t used;
  bool is_wrong;
} typed;

static void put(typed *t, const char *text) {
  const size_t length = strlen(text);
  if (t->used + length >= VALUE_SIZE) t->is_wrong = true;
  if (t->is_wrong) return;
  memcpy(t->text + t->used, text, length + 1);
  t->used += length;
}

static void put_scalar(typed *t, const json_t *value) {
  char number[48];
  if (json_is_string(value)) {
    put(t, json_string_value(value));
    return;
  }
  if (json_is_integer(value))
    snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
  else if (json_is_real(value))
    snprintf(number, sizeof number, "%.17g", json_real_value(value));
  else
    snprintf(number, sizeof number, "%s", json_is_true(value) ? "true" : "false");
  t->is_wrong |= !json_is_number(value) && !json_is_boolean(value);
  put(t, number);
}

/* Words of these options are apart by blanks, those of all others by commas. */
static bool has_blanks(const char *key) {
  static const char *const keys[] = {"metrics", "head", "augment", NULL};
  for (int i = 0; keys[i]; i++)
    if (!strcmp(keys[i], key)) return true;
  return false;
}

static void put_list(typed *t, const json_t *list, const char *apart) {
  t->is_wrong |= !json_array_size(list);
  for (size_t i = 0; i < json_array_size(list); i++) {
    if (i) put(t, apart);
    put_scalar(t, json_array_get(list, i));
  }
}

/* {"name": "sgd", "momentum": 0.9} is "sgd:momentum=0.9", {"patience": 10} is "patience=10"; a list inside is a range.
 */
static void put_words(typed *t, json_t *words, const char *apart) {
  const json_t *name = json_object_get(words, "name");
  const char *key, *before = name ? ":" : "";
  json_t *value;
  if (name) put_scalar(t, name);
  json_object_foreach(words, key, value) {
    if (value == name) continue;
    put(t, before);
    put(t, key);
    put(t, "=");
    if (json_is_array(value))
      put_list(t, value, ",");
    else
      put_scalar(t, value);
    before = apart;
  }
  t->is_wrong |= !json_object_size(words);
}

/* A value as it would be typed; false when it has no such form. */
static bool value_text(typed *t, const char *key, json_t *value) {
  const char *apart = has_blanks(key) ? " " : ",";
  if (json_is_array(value))
    put_list(t, value, apart);
  else if (json_is_object(value))
    put_words(t, value, apart);
  else
    put_scalar(t, value);
  return !t->is_wrong;
}

static int refuse_key(const char *path, const char *key) {
  suggestion nearest = suggest_begin(key);
  for (const fv_option *option = train_option_table; option->name; option++) suggest_offer(&nearest, option->name);
  suggest_offer(&nearest, "data");
  if (nearest.name[0]) return command_usage("%s: a recipe has no '%.60s'; did you mean '%s'?", path, key, nearest.name);
  return command_usage("%s: a recipe has no '%.60s'; `fovea help train` lists what it has", path, key);
}

static int take_key(recipe *r, const char *path, const char *key, json_t *value) {
  typed t = {.used = 0};
  const char *text = t.text;
  if (json_is_null(value)) return COMMAND_OK;
  if (!value_text(&t, key, value))
    return command_usage(
        "%s: %.60s must be a text, a number, true or false, a list of these, or an object of words and "
        "their values",
        path, key);
  if (!strcmp(key, "data")) {
    free(r->data);
    r->data = strdup(text);
    return r->data ? COMMAND_OK : command_error(COMMAND_RESOURCES, "no memory for the options");
  }
  const fv_option *option = fv_option_find(train_option_table, key);
  return option ? put_word(r, option, text) : refuse_key(path, key);
}

static int read_recipe(recipe *r, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) return command_error(COMMAND_BAD_INPUT, "%s: %s", path, strerror(errno));
  char *bytes = malloc(LARGEST_RECIPE);
  const size_t size = bytes ? fread(bytes, 1, LARGEST_RECIPE, file) : 0;
  const bool failed = ferror(file) != 0;
  fclose(file);
  if (!bytes) return command_error(COMMAND_RESOURCES, "no memory for the options");
  json_error_t error = {.line = 0};
  json_t *root = failed || size == LARGEST_RECIPE ? NULL : json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
  free(bytes);
  int status = COMMAND_OK;
  if (failed || size == LARGEST_RECIPE)
    status = command_error(COMMAND_BAD_INPUT, "%s: cannot be read, or is no recipe", path);
  else if (!root)
    status = command_error(COMMAND_BAD_INPUT, "%s: line %d: %s", path, error.line, error.text);
  else if (!json_is_object(root))
    status = command_error(COMMAND_BAD_INPUT, "%s: a recipe is an object, {\"data\": ...}", path);
  const char *key;
  json_t *value;
  json_object_foreach(root, key, value) {
    if (status == COMMAND_OK) status = take_key(r, path, key, value);
  }
  json_decref(root);
  return status;
}

int recipe_collect(recipe *r, train_options *options, const char *path) {
  *r = (recipe){.data = NULL};
  int status = path ? read_recipe(r, path) : COMMAND_OK;
  for (const fv_option *option = train_option_table; option->name && status == COMMAND_OK; option++) {
    const char *const *values;
    const int count = command_repeated(option->name, &values);
    if (count) status = put_word(r, option, values[count - 1]);
  }
  *options = (train_options){.output = NULL};
  for (int i = 0; i < r->count && status == COMMAND_OK; i++)
    status = arguments_set(options, r->words[i].option, r->words[i].value);
  if (status == COMMAND_OK && fv_options_complete(options, train_option_table))
    status = command_usage("train: --%s", fv_error_message());
  return status;
}

/* ---- writing */

/* Numbers that JSON can say as they were typed stay numbers; all else is text. */
static json_t *value_json(const fv_option *option, const char *value) {
  char *end;
  if (option->kind == FV_OPTION_BOOL) return json_boolean(!strcmp(value, "true"));
  if (option->kind == FV_OPTION_INT) return json_integer(strtoll(value, NULL, 10));
  if (option->kind == FV_OPTION_FLOAT) {
    const double number = strtod(value, &end);
    if (!*end && number == (double)(json_int_t)number) return json_integer((json_int_t)number);
    if (!*end) return json_real(number);
  }
  return json_string(value);
}

int recipe_write(const recipe *r, const char *path) {
  json_t *root = json_object();
  bool failed = !root || (r->data && json_object_set_new(root, "data", json_string(r->data)));
  for (int i = 0; i < r->count && !failed; i++) {
    const char *name = r->words[i].option->name;
    if (strcmp(name, "save_recipe") != 0 && strcmp(name, "resume") != 0)
      failed = json_object_set_new(root, name, value_json(r->words[i].option, r->words[i].value)) != 0;
  }
  char *text = failed ? NULL : json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
  json_decref(root);
  if (!text) return command_error(COMMAND_BAD_INPUT, "%s: an option is no UTF-8, or there is no memory", path);
  FILE *file = fopen(path, "wb");
  const bool wrote = file && fprintf(file, "%s\n", text) > 0;
  const int trouble = errno;
  free(text);
  if (file && !fclose(file) && wrote) return COMMAND_OK;
  return command_error(trouble == ENOSPC ? COMMAND_RESOURCES : COMMAND_FAILURE, "%s: %s", path,
                       strerror(wrote ? errno : trouble));
}
