/* Option tables: defaults, ranges, text in and out.
 *
 * A field that is all zero means "default". complete() replaces it by parsing the table's default text, so a default
 * is written once, in the words a user would use. In a completed structure nothing is implicit: FV_ZERO has become 0,
 * {5} has become {5, 5}. Completing twice is not allowed to change anything only where zero is the default; parts
 * therefore complete once, when the structure is copied in.
 */
#include <fovea/option.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"

static void *field(void *options, const fv_option *option) { return (char *)options + option->offset; }
static const void *field_of(const void *options, const fv_option *option) {
  return (const char *)options + option->offset;
}

static bool same_name(const char *a, const char *b) {
  for (; *a && *b; a++, b++) {
    char x = *a == '-' ? '_' : *a, y = *b == '-' ? '_' : *b;
    if (x != y) return false;
  }
  return *a == *b;
}

const fv_option *fv_option_find(const fv_option *table, const char *name) {
  for (; table->name; table++)
    if (same_name(table->name, name)) return table;
  return NULL;
}

static bool in_range(const fv_option *option, double value) {
  if (option->low == 0 && option->high == 0) return true;
  return value >= option->low && value <= option->high;
}

static fv_status check_number(const fv_option *option, double value) {
  if (in_range(option, value)) return FV_OK;
  return fail(FV_ERROR_INVALID, "%s must be between %.10g and %.10g, not %.10g", option->name, option->low,
              option->high, value);
}

/* Reads `count` integers at most, separated by commas or spaces, brackets allowed around; returns how many, -1 for
 * anything else. */
static int read_integers(const char *text, int32_t *values, int count) {
  int found = 0;
  for (;;) {
    while (isspace((unsigned char)*text) || *text == ',' || *text == '(' || *text == '[' || *text == ')' ||
           *text == ']')
      text++;
    if (!*text) return found;
    if (found == count) return -1;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || errno || value > INT32_MAX || value < -INT32_MAX) return -1;
    values[found++] = (int32_t)value;
    text = end;
  }
}

static fv_status set_name(void *options, const fv_option *option, const char *text) {
  for (int i = 0; option->names[i]; i++)
    if (strcmp(option->names[i], text) == 0) {
      *(int32_t *)field(options, option) = i + 1;
      return FV_OK;
    }
  char words[200];
  size_t used = 0;
  words[0] = '\0';
  for (int i = 0; option->names[i] && used < sizeof words; i++)
    used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", i ? ", " : "", option->names[i]);
  return fail(FV_ERROR_INVALID, "%s must be one of %s, not '%s'", option->name, words, text);
}

static fv_status set_bool(void *options, const fv_option *option, const char *text) {
  bool value;
  if (!strcmp(text, "true") || !strcmp(text, "yes") || !strcmp(text, "1"))
    value = true;
  else if (!strcmp(text, "false") || !strcmp(text, "no") || !strcmp(text, "0"))
    value = false;
  else
    return fail(FV_ERROR_INVALID, "%s must be true or false, not '%s'", option->name, text);
  *(bool *)field(options, option) = option->kind == FV_OPTION_NOT_BOOL ? !value : value;
  return FV_OK;
}

static fv_status set_float(void *options, const fv_option *option, const char *text) {
  double value = INFINITY;
  bool is_unlimited = isinf(option->high) && strcmp(text, "none") == 0;
  if (!is_unlimited && !fv__text_to_double(text, &value))
    return fail(FV_ERROR_INVALID, "%s must be a number, not '%s'", option->name, text);
  TRY(check_number(option, value));
  *(double *)field(options, option) = value;
  return FV_OK;
}

static fv_status set_integers(void *options, const fv_option *option, const char *text) {
  int32_t values[FV_OPTION_INTS_MAX - 1] = {0};
  int count = read_integers(text, values, FV_OPTION_INTS_MAX - 1);
  for (int i = 0; i < count; i++) TRY(check_number(option, values[i]));
  switch (option->kind) {
  case FV_OPTION_INT:
    if (count != 1 && option->low == 0 && option->high == 0)
      return fail(FV_ERROR_INVALID, "%s must be one whole number, not '%s'", option->name, text);
    if (count != 1)
      return fail(FV_ERROR_INVALID, "%s must be one whole number from %.10g to %.10g, not '%s'", option->name,
                  option->low, fmin(option->high, INT32_MAX), text);
    *(int32_t *)field(options, option) = values[0];
    return FV_OK;
  case FV_OPTION_PAIR:
    if (count != 1 && count != 2)
      return fail(FV_ERROR_INVALID, "%s must be one or two whole numbers, not '%s'", option->name, text);
    *(fv_pair *)field(options, option) = (fv_pair){values[0], count == 2 ? values[1] : values[0]};
    return FV_OK;
  case FV_OPTION_QUAD: {
    if (count != 1 && count != 2 && count != 4)
      return fail(FV_ERROR_INVALID, "%s must be one, two or four whole numbers, not '%s'", option->name, text);
    const int32_t *v = values;
    *(fv_quad *)field(options, option) = count == 1   ? (fv_quad){v[0], v[0], v[0], v[0]}
                                         : count == 2 ? (fv_quad){v[0], v[0], v[1], v[1]}
                                                      : (fv_quad){v[0], v[1], v[2], v[3]};
    return FV_OK;
  }
  default: {
    if (count < 0)
      return fail(FV_ERROR_INVALID, "%s must be at most %d whole numbers, not '%s'", option->name,
                  FV_OPTION_INTS_MAX - 1, text);
    int32_t *list = field(options, option);
    memcpy(list, values, sizeof values);
    list[FV_OPTION_INTS_MAX - 1] = 0;
    return FV_OK;
  }
  }
}

fv_status fv_option_set(void *options, const fv_option *option, const char *text) {
  switch (option->kind) {
  case FV_OPTION_INT:
  case FV_OPTION_PAIR:
  case FV_OPTION_QUAD:
  case FV_OPTION_INTS: return set_integers(options, option, text);
  case FV_OPTION_FLOAT: return set_float(options, option, text);
  case FV_OPTION_BOOL:
  case FV_OPTION_NOT_BOOL: return set_bool(options, option, text);
  case FV_OPTION_NAME: return set_name(options, option, text);
  case FV_OPTION_TEXT:
  case FV_OPTION_OBJECT: *(const char **)field(options, option) = text; return FV_OK;
  }
  return fail(FV_ERROR_INVALID, "%s has an unknown kind", option->name);
}

char *fv_option_text(char *text, size_t size, const void *options, const fv_option *option) {
  const void *at = field_of(options, option);
  switch (option->kind) {
  case FV_OPTION_INT: snprintf(text, size, "%" PRId32, *(const int32_t *)at); break;
  case FV_OPTION_PAIR: {
    const fv_pair *pair = at;
    snprintf(text, size, "%" PRId32 ",%" PRId32, pair->height, pair->width);
    break;
  }
  case FV_OPTION_QUAD: {
    const fv_quad *q = at;
    snprintf(text, size, "%" PRId32 ",%" PRId32 ",%" PRId32 ",%" PRId32, q->top, q->bottom, q->left, q->right);
    break;
  }
  case FV_OPTION_INTS: {
    const int32_t *list = at;
    size_t used = 0;
    if (size) text[0] = '\0';
    for (int i = 0; i < FV_OPTION_INTS_MAX && list[i] && used < size; i++)
      used += (size_t)snprintf(text + used, size - used, "%s%" PRId32, i ? "," : "", list[i]);
    break;
  }
  case FV_OPTION_FLOAT: {
    double value = *(const double *)at;
    if (isinf(value))
      snprintf(text, size, "none");
    else
      fv__text_from_double(text, size, value);
    break;
  }
  case FV_OPTION_BOOL: snprintf(text, size, "%s", *(const bool *)at ? "true" : "false"); break;
  case FV_OPTION_NOT_BOOL: snprintf(text, size, "%s", *(const bool *)at ? "false" : "true"); break;
  case FV_OPTION_NAME: {
    int32_t index = *(const int32_t *)at;
    snprintf(text, size, "%s", index > 0 ? option->names[index - 1] : "");
    break;
  }
  case FV_OPTION_TEXT:
  case FV_OPTION_OBJECT: {
    const char *value = *(const char *const *)at;
    snprintf(text, size, "%s", value ? value : "");
    break;
  }
  }
  return text;
}

/* Whether a field still means "default". Booleans never do: their default is their zero. */
static bool is_default(const void *options, const fv_option *option) {
  const void *at = field_of(options, option);
  switch (option->kind) {
  case FV_OPTION_INT:
  case FV_OPTION_NAME: return *(const int32_t *)at == 0;
  case FV_OPTION_PAIR: return ((const fv_pair *)at)->height == 0 && ((const fv_pair *)at)->width == 0;
  case FV_OPTION_QUAD: {
    const fv_quad *q = at;
    return !q->top && !q->bottom && !q->left && !q->right;
  }
  case FV_OPTION_INTS: return *(const int32_t *)at == 0;
  case FV_OPTION_FLOAT: return *(const double *)at == 0;
  case FV_OPTION_TEXT:
  case FV_OPTION_OBJECT: return *(const char *const *)at == NULL;
  case FV_OPTION_BOOL:
  case FV_OPTION_NOT_BOOL: return false;
  }
  return false;
}

static int32_t meant(int32_t value) { return value == FV_ZERO ? 0 : value; }

/* Turns FV_ZERO into 0 and {5} into {5, 5}, then checks ranges. */
static fv_status settle(void *options, const fv_option *option) {
  void *at = field(options, option);
  switch (option->kind) {
  case FV_OPTION_INT: {
    int32_t *value = at;
    *value = meant(*value);
    return check_number(option, *value);
  }
  case FV_OPTION_PAIR: {
    fv_pair *pair = at;
    if (pair->width == 0) pair->width = pair->height;
    *pair = (fv_pair){meant(pair->height), meant(pair->width)};
    TRY(check_number(option, pair->height));
    return check_number(option, pair->width);
  }
  case FV_OPTION_QUAD: {
    fv_quad *q = at;
    *q = (fv_quad){meant(q->top), meant(q->bottom), meant(q->left), meant(q->right)};
    TRY(check_number(option, q->top));
    TRY(check_number(option, q->bottom));
    TRY(check_number(option, q->left));
    return check_number(option, q->right);
  }
  case FV_OPTION_INTS: {
    int32_t *list = at;
    if (list[FV_OPTION_INTS_MAX - 1])
      return fail(FV_ERROR_INVALID, "%s must have at most %d numbers", option->name, FV_OPTION_INTS_MAX - 1);
    for (int i = 0; list[i]; i++) TRY(check_number(option, list[i]));
    return FV_OK;
  }
  case FV_OPTION_FLOAT: {
    double *value = at;
    if (*value == (double)FV_ZERO) *value = 0;
    if (isnan(*value)) return fail(FV_ERROR_INVALID, "%s is not a number", option->name);
    return check_number(option, *value);
  }
  case FV_OPTION_NAME: {
    int32_t index = *(int32_t *)at, count = 0;
    while (option->names[count]) count++;
    if (index < 1 || index > count)
      return fail(FV_ERROR_INVALID, "%s has no choice number %" PRId32, option->name, index);
    return FV_OK;
  }
  default: return FV_OK;
  }
}

/* "=pool_size": what the option pool_size, earlier in the table, has. */
static fv_status set_default(void *options, const fv_option *option, const fv_option *table) {
  const char *text = option->default_text;
  if (*text != '=') return fv_option_set(options, option, text);
  char value[256];
  return fv_option_set(options, option, fv_option_text(value, sizeof value, options, fv_option_find(table, text + 1)));
}

fv_status fv_options_complete(void *options, const fv_option *table) {
  for (const fv_option *option = table; option->name; option++) {
    if (is_default(options, option)) {
      if (!option->default_text) {
        if (option->kind == FV_OPTION_TEXT || option->kind == FV_OPTION_OBJECT) continue;
        return fail(FV_ERROR_INVALID, "%s must be given", option->name);
      }
      TRY(set_default(options, option, table));
    } else {
      TRY(settle(options, option));
    }
  }
  return FV_OK;
}
