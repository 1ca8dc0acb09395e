/* Keys of masks: which values are classes, by what was seen and what a file of names says. */
#include "tasks/mask_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { FEW = 64, WHITE = 255, NAME = 256 };

static fv_mask_value unpacked(uint32_t v) { return (fv_mask_value){(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v}; }

static bool is_gray(uint32_t v) { return (v & 255) == (v >> 8 & 255) && (v & 255) == v >> 16; }

/* ---- what masks have ---- */

static fv_status count_value(fv__census *census, uint32_t value) {
  int32_t i = 0;
  if (census->last < census->count && census->values[census->last] == value) {
    census->pixels[census->last]++;
    return FV_OK;
  }
  while (i < census->count && census->values[i] != value) i++;
  if (i == FV__CENSUS_VALUES)
    return fail(FV_ERROR_FORMAT, "masks have more than %d colours: they are photos, or were kept as JPEG",
                FV__CENSUS_VALUES);
  if (i == census->count) {
    census->count++;
    census->values[i] = value;
    census->pixels[i] = 0;
    census->has_colors = census->has_colors || !is_gray(value);
  }
  census->pixels[i]++;
  census->last = i;
  return FV_OK;
}

fv_status fv__census_add(fv__census *census, const fv_image *image) {
  const int64_t pixels = (int64_t)image->height * image->width;
  for (int64_t i = 0; i < pixels; i++) TRY(count_value(census, fv__mask_packed(fv__mask_value_at(image, i))));
  return FV_OK;
}

/* ---- a file of names ---- */

typedef struct named {
  const char *name;
  bool has_value;
  fv_mask_value value;
} named;

/* A whole number 0 to 255 at the end of a line, taken off it. */
static bool take_number(char *line, int32_t *found) {
  size_t length = strlen(line);
  while (length && strchr(" \t\r,;", line[length - 1])) length--;
  size_t first = length;
  while (first && line[first - 1] >= '0' && line[first - 1] <= '9') first--;
  if (first == length || length - first > 3 || (first && !strchr(" \t,;", line[first - 1]))) return false;
  line[length] = '\0';
  *found = atoi(line + first);
  if (*found > WHITE) return false;
  line[first] = '\0';
  return true;
}

static void trim(char *line) {
  size_t length = strlen(line);
  while (length && strchr(" \t\r,;", line[length - 1])) line[--length] = '\0';
}

/* "NAME", "NAME NUMBER" or "NAME RED GREEN BLUE"; a line of a number alone is a name. */
static void read_line(named *to, char *line) {
  int32_t numbers[3];
  char whole[NAME];
  int count = 0;
  trim(line);
  snprintf(whole, sizeof whole, "%s", line);
  while (count < 3 && take_number(line, &numbers[count])) count++;
  trim(line);
  *to = (named){.name = line, .has_value = *line && (count == 1 || count == 3)};
  if (!to->has_value)
    memcpy(line, whole, strlen(whole) + 1); /* as long as it was */
  else if (count == 1)
    to->value = fv__mask_number(numbers[0]);
  else
    to->value = (fv_mask_value){(uint8_t)numbers[2], (uint8_t)numbers[1], (uint8_t)numbers[0]};
}

static fv_status read_names(named list[FV_MASK_CLASSES], int32_t *count, char *text) {
  for (char *line = text; line && *line;) {
    char *end = strchr(line, '\n'), *next = end ? end + 1 : NULL;
    if (end) *end = '\0';
    if (strlen(line) >= NAME) return fail(FV_ERROR_INVALID, "a class name of %zu letters", strlen(line));
    if (line[strspn(line, " \t\r")]) {
      if (*count == FV_MASK_CLASSES) return fail(FV_ERROR_INVALID, "more than %d class names", FV_MASK_CLASSES);
      read_line(&list[(*count)++], line);
    }
    line = next;
  }
  return FV_OK;
}

/* ---- the key ---- */

static int by_value(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* A key under construction: candidates are values with names, of which some will not count. */
typedef struct draft {
  int32_t count;
  fv_mask_kind kind;
  fv_mask_value values[257];
  char names[257][NAME];
} draft;

static void add(draft *d, fv_mask_value value, const char *name) {
  d->values[d->count] = value;
  snprintf(d->names[d->count++], NAME, "%s", name);
}

static void add_number(draft *d, int32_t n) {
  char name[16];
  snprintf(name, sizeof name, "%" PRId32, n);
  add(d, fv__mask_number(n), name);
}

/* Values that are numbers: 0 and 255, few, or all between. */
static void draft_numbers(draft *d, const uint32_t *values, int32_t count) {
  const int32_t largest = (int32_t)(values[count - 1] & 255);
  const bool has_white = largest == WHITE;
  if (count == 2 && values[0] == 0 && has_white) {
    add(d, fv__mask_number(0), "background");
    add(d, fv__mask_number(WHITE), "foreground");
    return;
  }
  if (count > FEW) {
    d->kind = FV_MASK_HALVES;
    add(d, fv__mask_number(0), "background");
    add(d, fv__mask_number(WHITE), "foreground");
    return;
  }
  const int32_t few = count - has_white, last = few ? (int32_t)(values[few - 1] & 255) : 0;
  if (last + 1 > 2 * few) /* far apart: no numbers of classes in between */
    for (int32_t i = 0; i < few; i++) add_number(d, (int32_t)(values[i] & 255));
  else
    for (int32_t i = 0; i <= last; i++) add_number(d, i);
}

static fv_status draft_seen(draft *d, const fv__census *census) {
  uint32_t values[FV__CENSUS_VALUES];
  memcpy(values, census->values, sizeof values);
  qsort(values, (size_t)census->count, sizeof *values, by_value);
  if (!census->count) return fail(FV_ERROR_FORMAT, "there is no mask");
  if (!census->has_colors) {
    draft_numbers(d, values, census->count);
    return FV_OK;
  }
  if (census->count > FV_MASK_CLASSES)
    return fail(FV_ERROR_FORMAT,
                "masks have %" PRId32 " colours, expected at most %d, one a class: they are photos, or "
                "were kept as JPEG",
                census->count, FV_MASK_CLASSES);
  d->kind = FV_MASK_COLORS;
  for (int32_t i = 0; i < census->count; i++) {
    char name[16];
    snprintf(name, sizeof name, "#%06" PRIx32, values[i]);
    add(d, unpacked(values[i]), name);
  }
  return FV_OK;
}

/* Names of a file: with values they are the key, without they name what was seen. */
static fv_status apply_names(draft *d, char *text) {
  named list[FV_MASK_CLASSES];
  int32_t count = 0, with_values = 0;
  TRY(read_names(list, &count, text));
  for (int32_t i = 0; i < count; i++) with_values += list[i].has_value;
  if (with_values && with_values < count)
    return fail(FV_ERROR_INVALID, "of %" PRId32 " class names some have a value and some have none", count);
  if (!with_values && count < d->count)
    return fail(FV_ERROR_INVALID, "masks have %" PRId32 " classes, and there are %" PRId32 " names", d->count, count);
  if (!with_values && d->kind == FV_MASK_COLORS && count != d->count)
    return fail(FV_ERROR_INVALID, "masks have %" PRId32 " colours, and there are %" PRId32 " names without colours",
                d->count, count);
  const bool goes_on = !with_values && d->kind == FV_MASK_NUMBERS; /* classes that no mask has */
  if (with_values) d->count = 0, d->kind = FV_MASK_NUMBERS;
  for (int32_t i = 0; i < count; i++) {
    if (with_values || (i >= d->count && goes_on))
      add(d, with_values ? list[i].value : fv__mask_number(i), list[i].name);
    else if (i < d->count)
      snprintf(d->names[i], NAME, "%s", list[i].name);
    if (with_values && !is_gray(fv__mask_packed(list[i].value))) d->kind = FV_MASK_COLORS;
  }
  return FV_OK;
}

/* Whether `word` of `length` letters is the candidate's name, number or colour. */
static bool is_called(const draft *d, int32_t i, const char *word, size_t length) {
  char text[2][16];
  snprintf(text[0], sizeof text[0], "%d", d->values[i].red);
  snprintf(text[1], sizeof text[1], "#%06" PRIx32, fv__mask_packed(d->values[i]));
  const bool is_number = d->kind != FV_MASK_COLORS && strlen(text[0]) == length && !memcmp(text[0], word, length);
  return is_number || (strlen(text[1]) == length && !memcmp(text[1], word, length)) ||
         (strlen(d->names[i]) == length && !memcmp(d->names[i], word, length));
}

static fv_status mark_ignored(bool *ignored, const draft *d, const char *words) {
  for (const char *at = words; at && *at;) {
    const size_t length = strcspn(at, ",");
    bool found = length == 3 && !memcmp(at, "255", 3); /* does not count anyway */
    for (int32_t i = 0; i < d->count; i++)
      if (is_called(d, i, at, length)) found = ignored[i] = true;
    if (!found) return fail(FV_ERROR_INVALID, "no mask has the class '%.*s' that is to be ignored", (int)length, at);
    at += length + (at[length] != 0);
  }
  return FV_OK;
}

static fv_status finish(fv_mask_key *key, const char ***names, fv__arena *arena, const draft *d, const bool *ignored) {
  *names = fv__arena_take(arena, ((size_t)d->count + 1) * sizeof **names);
  if (!*names) return fail(FV_ERROR_MEMORY, "no memory for class names");
  *key = (fv_mask_key){.kind = d->kind};
  bool has_white = d->kind != FV_MASK_NUMBERS;
  for (int32_t i = 0; i < d->count; i++) {
    has_white = has_white || d->values[i].red == WHITE;
    if (ignored[i]) continue;
    if (key->count == FV_MASK_CLASSES) return fail(FV_ERROR_FORMAT, "masks have more than %d classes", FV_MASK_CLASSES);
    key->values[key->count] = d->values[i];
    if (!((*names)[key->count++] = fv__arena_text(arena, d->names[i])))
      return fail(FV_ERROR_MEMORY, "no memory for class names");
  }
  for (int32_t i = 0; i < d->count; i++)
    if (ignored[i]) key->values[key->count + key->ignored++] = d->values[i];
  if (!has_white) key->values[key->count + key->ignored++] = fv__mask_number(WHITE);
  if (key->count < 2)
    return fail(FV_ERROR_FORMAT, "masks have %s class; a segmenter needs two", key->count ? "one" : "no");
  return FV_OK;
}

fv_status fv__mask_key_learn(fv_mask_key *key, const char ***names, fv__arena *arena, const fv__census *census,
                             char *names_text, const char *ignore) {
  draft *d = calloc(1, sizeof *d);
  bool ignored[257] = {false};
  if (!d) return fail(FV_ERROR_MEMORY, "no memory for classes");
  d->kind = FV_MASK_NUMBERS;
  fv_status status = draft_seen(d, census);
  if (!status && names_text) status = apply_names(d, names_text);
  if (!status) status = mark_ignored(ignored, d, ignore);
  if (!status) status = finish(key, names, arena, d, ignored);
  free(d);
  return status;
}
