/* Effects: their names, their numbers as text, what they share. */
#include "data/effect.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/rng.h"
#include "base/text.h"

const fv__effect_type *fv__effect_find(const char *name) {
  for (const fv__effect_type *const *type = fv__effect_table; *type; type++)
    if (!strcmp((*type)->name, name)) return *type;
  return NULL;
}

static int32_t count_of(const fv__effect_number *list) {
  int32_t count = 0;
  while (list[count].name) count++;
  return count;
}

/* ---- help */

fv_effect_help fv_effect_at(int32_t index) {
  int32_t count = 0;
  while (fv__effect_table[count]) count++;
  if (index < 0 || index >= count) return (fv_effect_help){NULL, NULL, NULL, NULL};
  const fv__effect_type *type = fv__effect_table[index];
  return (fv_effect_help){type->name, type->help, type->option_words, type->drawn_words};
}

/* ---- numbers */

static fv_status parse(fv_effect *effect, const fv__effect_type *type, const char *value,
                       const fv__effect_number *list) {
  const int32_t most = count_of(list);
  *effect = (fv_effect){.name = type->name};
  if (!strcmp(value, "true")) return FV_OK;
  for (const char *at = value; at;) {
    char word[64];
    const char *comma = strchr(at, ',');
    const size_t length = comma ? (size_t)(comma - at) : strlen(at);
    if (effect->count == most)
      return fail(FV_ERROR_INVALID, "%s takes %d numbers at most, not '%s'", type->name, (int)most, value);
    if (length >= sizeof word) return fail(FV_ERROR_INVALID, "%s: a number is too long: '%s'", type->name, value);
    memcpy(word, at, length);
    word[length] = '\0';
    if (!fv__text_to_double(word, &effect->numbers[effect->count++]))
      return fail(FV_ERROR_INVALID, "%s must be numbers with commas between them, not '%s'", type->name, value);
    at = comma ? comma + 1 : NULL;
  }
  return FV_OK;
}

fv_status fv__effect_set(fv_effect *effects, int32_t most, const fv__effect_type *type, const char *value,
                         const fv__effect_number *list) {
  int32_t place = 0;
  if (!list[0].name && !strcmp(value, "1")) value = "true";
  const bool may_repeat = list == type->drawn; /* drawn once more, it would get the same numbers */
  for (; place < most && effects[place].name; place++)
    if (!may_repeat && !strcmp(effects[place].name, type->name))
      return fail(FV_ERROR_INVALID, "%s is there twice", type->name);
  if (place == most) return fail(FV_ERROR_INVALID, "there are more than %d effects", (int)most);
  return parse(&effects[place], type, value, list);
}

static fv_status check_numbers(const fv__effect_type *type, const double *numbers, const fv__effect_number *list) {
  for (int32_t i = 0; list[i].name; i++)
    if (!(numbers[i] >= list[i].low && numbers[i] <= list[i].high))
      return fail(FV_ERROR_INVALID, "%s: %s must lie between %.10g and %.10g, not at %.10g", type->name, list[i].name,
                  list[i].low, list[i].high, numbers[i]);
  return FV_OK;
}

static fv_status find(const fv__effect_type **type, const fv_effect *effect) {
  *type = fv__effect_find(effect->name);
  if (!*type) return fail(FV_ERROR_INVALID, "there is no effect '%.60s'", effect->name);
  if (effect->count < 0 || effect->count > FV_EFFECT_NUMBERS)
    return fail(FV_ERROR_INVALID, "%s has %d numbers", effect->name, (int)effect->count);
  return FV_OK;
}

fv_status fv__effect_settle(double numbers[FV_EFFECT_NUMBERS], const fv_effect *effect) {
  const fv__effect_type *type = NULL;
  TRY(find(&type, effect));
  const int32_t count = count_of(type->options);
  for (int32_t i = 0; i < count; i++) numbers[i] = i < effect->count ? effect->numbers[i] : type->options[i].otherwise;
  if (effect->count == 1 && count > 1 && type->alone != FV__ALONE_FIRST) {
    const double v = effect->numbers[0];
    numbers[0] = type->alone == FV__ALONE_SYMMETRIC ? -v : type->alone == FV__ALONE_UP_TO ? 0 : v;
    numbers[1] = v;
  }
  TRY(check_numbers(type, numbers, type->options));
  if (type->is_range && numbers[0] > numbers[1])
    return fail(FV_ERROR_INVALID, "%s: the smaller number comes first, not %.10g before %.10g", type->name, numbers[0],
                numbers[1]);
  return FV_OK;
}

fv_status fv__effect_check(const fv_effect *effect) {
  const fv__effect_type *type = NULL;
  TRY(find(&type, effect));
  if (!type->apply) return fail(FV_ERROR_INVALID, "%s is drawn as geometry and other effects", type->name);
  const int32_t count = count_of(type->drawn);
  if (effect->count != count)
    return fail(FV_ERROR_INVALID, "a transform's %s has %d numbers%s%s, not %d", type->name, (int)count,
                count ? ", " : "", type->drawn_words, (int)effect->count);
  return check_numbers(type, effect->numbers, type->drawn);
}

void fv__effect_add(fv_transform *transform, const fv__effect_type *type, const double *numbers) {
  for (int i = 0; i < FV_EFFECTS_DRAWN_MAX; i++) {
    fv_effect *e = &transform->effects[i];
    if (e->name) continue;
    *e = (fv_effect){.name = type->name, .count = count_of(type->drawn)};
    for (int32_t k = 0; k < e->count; k++) e->numbers[k] = numbers[k];
    return;
  }
}

double fv__draw_between(const fv__draw *draw, uint64_t index, double low, double high) {
  return low + (high - low) * fv__rng_uniform(draw->state, index);
}

/* ---- colours */

bool fv__has_colour(const fv__extents *extents) { return extents->channels >= 3; }

float fv__gray_of(const float *rgb) { return 0.2989f * rgb[0] + 0.5870f * rgb[1] + 0.1140f * rgb[2]; }

float fv__to_byte_range(double x) { return (float)(x < 0 ? 0 : x > 255 ? 255 : x); }
