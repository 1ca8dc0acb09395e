/* See words.h. */
#include "data/words.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* Copies what fits and says whether all did. */
static bool take(char *to, size_t size, const char *from, size_t length) {
  if (length >= size) return false;
  memcpy(to, from, length);
  to[length] = '\0';
  return true;
}

bool fv__words_next(fv__word *word, const char **text) {
  const char *from = *text;
  while (is_blank(*from)) from++;
  if (!*from) return false;
  size_t length = 0;
  while (from[length] && !is_blank(from[length])) length++;
  *text = from + length;
  const char *equals = memchr(from, '=', length);
  const size_t name = equals ? (size_t)(equals - from) : length;
  word->status = FV_OK;
  if (!name || !take(word->name, sizeof word->name, from, name) ||
      !take(word->value, sizeof word->value, equals ? equals + 1 : "true", equals ? length - name - 1 : 4))
    word->status =
        fail(FV_ERROR_INVALID, "expected NAME or NAME=VALUE, found '%.*s'", length < 60 ? (int)length : 60, from);
  return true;
}

const char *fv__words_name(const char *name, const fv__word_alias *aliases) {
  for (; aliases->name; aliases++)
    if (!strcmp(aliases->name, name)) return aliases->meaning;
  return name;
}

static const fv__range_option *find_range(const fv__range_option *ranges, const char *name) {
  for (; ranges && ranges->name; ranges++)
    if (!strcmp(ranges->name, name)) return ranges;
  return NULL;
}

static fv_status unknown(const fv__word_table *table, const char *name) {
  char words[480];
  size_t used = 0;
  for (const fv_option *o = table->options; o->name && used < sizeof words; o++)
    used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", used ? ", " : "", o->name);
  for (const fv__range_option *r = table->ranges; r && r->name && used < sizeof words; r++)
    used += (size_t)snprintf(words + used, sizeof words - used, ", %s", r->name);
  return fail(FV_ERROR_INVALID, "%s knows no '%s'; there are %s", table->what, name, words);
}

static fv_status set_range(fv_range *range, const char *name, const char *value) {
  char low[64];
  const char *comma = strchr(value, ',');
  fv_range read = {0};
  bool is_read = comma ? take(low, sizeof low, value, (size_t)(comma - value)) && fv__text_to_double(low, &read.low) &&
                             fv__text_to_double(comma + 1, &read.high)
                       : fv__text_to_double(value, &read.low);
  if (!is_read) return fail(FV_ERROR_INVALID, "%s must be a number or two, like 0.8,1.2, not '%s'", name, value);
  if (comma && read.high <= 0) return fail(FV_ERROR_INVALID, "%s must end above 0, not at %s", name, comma + 1);
  *range = read;
  return FV_OK;
}

/* A zero that was written, where leaving the number out would mean another one. */
static void mean_zero(void *options, const fv_option *option) {
  void *field = (char *)options + option->offset;
  if (!option->default_text || !strcmp(option->default_text, "0")) return;
  if (option->kind == FV_OPTION_INT && *(int32_t *)field == 0) *(int32_t *)field = FV_ZERO;
  if (option->kind == FV_OPTION_FLOAT && *(double *)field == 0) *(double *)field = FV_ZERO;
}

fv_status fv__words_set(void *options, const fv__word_table *table, const char *name, const char *value) {
  const fv__range_option *range = find_range(table->ranges, name);
  if (range) return set_range((fv_range *)(void *)((char *)options + range->offset), name, value);
  const fv_option *option = fv_option_find(table->options, name);
  if (!option) return unknown(table, name);
  TRY(fv_option_set(options, option, value));
  mean_zero(options, option);
  return FV_OK;
}

fv_status fv__words_settle_ranges(void *options, const fv__range_option *ranges) {
  for (const fv__range_option *r = ranges; r->name; r++) {
    fv_range *range = (fv_range *)(void *)((char *)options + r->offset);
    if (range->low == 0 && range->high == 0) continue;
    if (range->high == 0) *range = (fv_range){1 - range->low, 1 + range->low};
    if (!(range->low >= r->low && range->high <= r->high && range->low <= range->high))
      return fail(FV_ERROR_INVALID,
                  "%s must lie between %.10g and %.10g, smaller number first, not from %.10g to %.10g", r->name, r->low,
                  r->high, range->low, range->high);
  }
  return FV_OK;
}
