/* One transform as text, read and written. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "data/augment.h"
#include "data/effect.h"
#include "data/words.h"

#define ROW(name, kind, default_text, low, high, help)                                                                 \
  { #name, FV_OPTION_##kind, offsetof(fv_transform, name), default_text, low, high, NULL, help }

static const fv_option table[] = {ROW(theta, FLOAT, "0", -1e6, 1e6, "degrees"),
                                  ROW(shear, FLOAT, "0", -1e6, 1e6, "degrees"),
                                  ROW(tx, FLOAT, "0", -1e6, 1e6, "pixels along x"),
                                  ROW(ty, FLOAT, "0", -1e6, 1e6, "pixels along y"),
                                  ROW(zx, FLOAT, "1", 1e-6, 1e6, "factor along x, above 1 shows more"),
                                  ROW(zy, FLOAT, "1", 1e-6, 1e6, "factor along y"),
                                  ROW(channel_shift, FLOAT, "0", -1e6, 1e6, "added to all numbers"),
                                  ROW(brightness, FLOAT, "1", 0, 1e6, "factor"),
                                  ROW(flip_horizontal, BOOL, "false", 0, 0, "mirror it"),
                                  ROW(flip_vertical, BOOL, "false", 0, 0, "turn it upside down"),
                                  {.name = NULL}};

static const fv__word_alias aliases[] = {{"channel_shift_intensity", "channel_shift"}, {NULL, NULL}};

fv_status fv__transform_check(const fv_transform *transform) {
  fv_transform checked = *transform;
  TRY(fv_options_complete(&checked, table));
  for (int i = 0; i < FV_EFFECTS_DRAWN_MAX && transform->effects[i].name; i++)
    TRY(fv__effect_check(&transform->effects[i]));
  return FV_OK;
}

/* The generator's words for shifts. */
typedef struct shifts {
  double height, width; /* pixels */
} shifts;

/* Whether it was one of them. */
static bool set_shift(shifts *shift, const fv__word *word, int32_t height, int32_t width, fv_status *status) {
  const bool is_height = !strcmp(word->name, "height_shift"), is_width = !strcmp(word->name, "width_shift");
  if (!is_height && !is_width) return false;
  double value;
  *status = FV_OK;
  if (!fv__text_to_double(word->value, &value) || fabs(value) > 1e6)
    *status = fail(FV_ERROR_INVALID, "%s must be a number of at most a million, not '%s'", word->name, word->value);
  else if (is_height)
    shift->height = fv__augment_pixels(value, height);
  else
    shift->width = fv__augment_pixels(value, width);
  return true;
}

static fv_status set_word(fv_transform *t, shifts *shift, fv_augment_options *how, const fv__word *word, int32_t height,
                          int32_t width) {
  static const fv__word_table words = {table, NULL, aliases, "a transform"};
  fv_status status = word->status;
  if (status || set_shift(shift, word, height, width, &status)) return status;
  if (how && fv__augment_says_how(word->name)) return fv__augment_set(how, word->name, word->value);
  const fv__effect_type *effect = fv__effect_find(word->name);
  if (effect) return fv__effect_set(t->effects, FV_EFFECTS_DRAWN_MAX, effect, word->value, effect->drawn);
  return fv__words_set(t, &words, fv__words_name(word->name, aliases), word->value);
}

fv_status fv_transform_parse(fv_transform *transform, fv_augment_options *options, const char *text, int32_t height,
                             int32_t width) {
  *transform = (fv_transform){0};
  fv_augment_options how = options ? *options : (fv_augment_options){0};
  fv_transform read = {0};
  shifts shift = {0};
  fv__word word;
  while (fv__words_next(&word, &text)) TRY(set_word(&read, &shift, options ? &how : NULL, &word, height, width));
  fv__transform_shift(&read, how.compat, shift.height, shift.width);
  TRY(fv__transform_check(&read));
  *transform = read;
  if (options) *options = how;
  return FV_OK;
}

/* " NAME=1,2" at the end of a text; returns its new length, which may be beyond the size. */
static size_t add_effect(char *text, size_t size, size_t used, const fv_effect *effect) {
  used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "", effect->name);
  for (int32_t i = 0; i < effect->count && used < size; i++) {
    char number[40];
    fv__text_from_double(number, sizeof number, round(effect->numbers[i] * 1e4) / 1e4);
    used += (size_t)snprintf(text + used, size - used, "%c%s", i ? ',' : '=', number);
  }
  return used;
}

char *fv_transform_text(char *text, size_t size, const fv_transform *transform) {
  size_t used = 0;
  if (size) text[0] = '\0';
  for (const fv_option *o = table; o->name && used < size; o++) {
    const void *field = (const char *)transform + o->offset;
    char value[40] = "";
    if (o->kind == FV_OPTION_FLOAT) {
      const double number = *(const double *)field, rounded = number == (double)FV_ZERO ? 0 : round(number * 1e4) / 1e4;
      if (number == 0 || (rounded == 0 && !strcmp(o->default_text, "0"))) continue;
      value[0] = '=';
      fv__text_from_double(value + 1, sizeof value - 1, rounded);
    } else if (!*(const bool *)field) {
      continue;
    }
    used += (size_t)snprintf(text + used, size - used, "%s%s%s", used ? " " : "", o->name, value);
  }
  for (int i = 0; i < FV_EFFECTS_DRAWN_MAX && transform->effects[i].name && used < size; i++)
    used = add_effect(text, size, used, &transform->effects[i]);
  if (!used) snprintf(text, size, "as it is");
  return text;
}
