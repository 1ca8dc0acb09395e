/* What may change about a picture: options as text, and the draws.
 *
 *   draw d of (seed, epoch, sample) = uniform(bits(bits(state("augment", seed), epoch), sample), d)
 *
 * Each property has its own d, so switching one on or off does not move the others.
 */
#include "data/augment.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/rng.h"
#include "data/effect.h"
#include "data/standardise.h"
#include "data/words.h"

/* ---- options */

static const char *const fills[] = {"nearest", "constant", "reflect", "wrap", NULL};
static const char *const compats[] = {"none", "keras3", "keras2", NULL};

#define ROW(name, kind, field, default_text, low, high, names, help)                                                   \
  { name, FV_OPTION_##kind, offsetof(fv_augment_options, field), default_text, low, high, names, help }

static const fv_option table[] = {
    ROW("rotation", FLOAT, rotation, "0", 0, 360, NULL, "most degrees to either side"),
    ROW("width_shift", FLOAT, width_shift, "0", 0, 65535, NULL,
        "most to either side: below 1 a part of the width, whole numbers n: whole pixels less than n, else pixels"),
    ROW("height_shift", FLOAT, height_shift, "0", 0, 65535, NULL, "the same upwards and downwards"),
    ROW("shear", FLOAT, shear, "0", 0, 90, NULL, "most degrees to either side"),
    ROW("channel_shift", FLOAT, channel_shift, "0", 0, 1e6, NULL, "most that is added to all numbers or taken away"),
    ROW("horizontal_flip", BOOL, horizontal_flip, "false", 0, 0, NULL, "mirror one picture in two"),
    ROW("vertical_flip", BOOL, vertical_flip, "false", 0, 0, NULL, "turn one picture in two upside down"),
    ROW("fill", NAME, fill, "nearest", 0, 0, fills, "what lies outside the picture"),
    ROW("cval", FLOAT, cval, "0", -1e6, 1e6, NULL, "what lies outside with fill=constant"),
    ROW("order", INT, order, "1", 0, 1, NULL, "1: blend the four pixels around, 0: take the nearest"),
    ROW("compat", NAME, compat, "none", 0, 0, compats, "keras3 or keras2: geometry as these versions do it"),
    ROW("mix_up", FLOAT, mix_up, "0", 0, 100, NULL, "blend pictures of a batch, parts drawn from Beta(this, this)"),
    ROW("cut_mix", FLOAT, cut_mix, "0", 0, 100, NULL,
        "paste parts of pictures of a batch, sizes from Beta(this, this)"),
    ROW("rescale", FLOAT, standardise.rescale, "0", -1e6, 1e6, NULL, "factor of all numbers after the rest, 0: none"),
    ROW("samplewise_center", BOOL, standardise.samplewise_center, "false", 0, 0, NULL, "every picture's mean to 0"),
    ROW("samplewise_std_normalization", BOOL, standardise.samplewise_std_normalization, "false", 0, 0, NULL,
        "every picture's deviation to 1"),
    ROW("featurewise_center", BOOL, standardise.featurewise_center, "false", 0, 0, NULL, "the set's means to 0"),
    ROW("featurewise_std_normalization", BOOL, standardise.featurewise_std_normalization, "false", 0, 0, NULL,
        "the set's deviations to 1"),
    ROW("zca_whitening", BOOL, standardise.zca_whitening, "false", 0, 0, NULL, "the set's numbers independent"),
    ROW("zca_epsilon", FLOAT, standardise.zca_epsilon, "0", 0, 1e6, NULL, "of zca_whitening, 0: 1e-6"),
    {.name = NULL}};

static const fv__range_option ranges[] = {{"zoom", offsetof(fv_augment_options, zoom), 0.01, 100},
                                          {"brightness", offsetof(fv_augment_options, brightness), 0, 1000},
                                          {.name = NULL}};

static const fv__word_alias aliases[] = {{"rotation_range", "rotation"},
                                         {"width_shift_range", "width_shift"},
                                         {"height_shift_range", "height_shift"},
                                         {"shear_range", "shear"},
                                         {"zoom_range", "zoom"},
                                         {"channel_shift_range", "channel_shift"},
                                         {"brightness_range", "brightness"},
                                         {"mixup", "mix_up"},
                                         {"cutmix", "cut_mix"},
                                         {"samplewise_std", "samplewise_std_normalization"},
                                         {"featurewise_std", "featurewise_std_normalization"},
                                         {"random_posterize", "random_posterization"},
                                         {"random_solarize", "solarization"},
                                         {"cutout", "random_erasing"},
                                         {"fill_mode", "fill"},
                                         {"interpolation_order", "order"},
                                         {NULL, NULL}};

const fv_option *fv_augment_table(void) { return table; }

fv_status fv__augment_settle(fv_augment_options *options) {
  TRY(fv_options_complete(options, table));
  TRY(fv__words_settle_ranges(options, ranges));
  double numbers[FV_EFFECT_NUMBERS];
  for (int i = 0; i < FV_EFFECTS_MAX && options->effects[i].name; i++)
    TRY(fv__effect_settle(numbers, &options->effects[i]));
  return FV_OK;
}

bool fv__augment_says_how(const char *name) {
  static const char *const words[] = {"fill", "cval", "order", "compat", NULL};
  for (int i = 0; words[i]; i++)
    if (!strcmp(words[i], fv__words_name(name, aliases))) return true;
  return false;
}

fv_status fv__augment_set(fv_augment_options *options, const char *name, const char *value) {
  static const fv__word_table words = {table, ranges, aliases, "augmentation"};
  const char *meaning = fv__words_name(name, aliases);
  const fv__effect_type *effect = fv__effect_find(meaning);
  if (effect) return fv__effect_set(options->effects, FV_EFFECTS_MAX, effect, value, effect->options);
  return fv__words_set(options, &words, meaning, value);
}

fv_status fv_augment_parse(fv_augment_options *options, const char *text) {
  *options = (fv_augment_options){0};
  fv_augment_options read = {0};
  fv__word word;
  while (fv__words_next(&word, &text)) {
    if (word.status) return word.status;
    TRY(fv__augment_set(&read, word.name, word.value));
  }
  fv_augment_options checked = read;
  TRY(fv__augment_settle(&checked));
  *options = read;
  return FV_OK;
}

/* ---- draws */

enum { THETA, HEIGHT_SHIFT, WIDTH_SHIFT, SHEAR, ZOOM_X, ZOOM_Y, FLIP_HORIZONTAL, FLIP_VERTICAL, CHANNEL, BRIGHTNESS };

/* Effects draw from states of their own, by their names. */
static fv_status draw_effects(fv_transform *t, const fv_augment_options *o, int32_t height, int32_t width,
                              const uint64_t place[3]) {
  for (int i = 0; i < FV_EFFECTS_MAX && o->effects[i].name; i++) {
    const fv__effect_type *type = fv__effect_find(o->effects[i].name);
    double numbers[FV_EFFECT_NUMBERS];
    TRY(fv__effect_settle(numbers, &o->effects[i]));
    const uint64_t state = fv__rng_bits(fv__rng_bits(fv__rng_state(type->name, place[0]), place[1]), place[2]);
    if (type->draw)
      type->draw(t, numbers, &(fv__draw){state, height, width});
    else
      fv__effect_add(t, type, numbers);
  }
  return FV_OK;
}

static double between(uint64_t state, uint64_t draw, double low, double high) {
  return low + (high - low) * fv__rng_uniform(state, draw);
}

/* Whole numbers n are Keras's "int": whole pixels from 1 - n to n - 1. */
static double draw_shift(uint64_t state, uint64_t draw, double most, int32_t side) {
  if (most >= 1 && most == floor(most)) {
    const double choices = 2 * most - 1;
    return floor(fv__rng_uniform(state, draw) * choices) - (most - 1);
  }
  return fv__augment_pixels(between(state, draw, -most, most), most < 1 ? side : 1);
}

double fv__augment_pixels(double shift, int32_t side) { return fabs(shift) < 1 ? shift * side : shift; }

void fv__transform_shift(fv_transform *transform, int32_t compat, double height_shift, double width_shift) {
  const bool is_documented = compat != FV_AUGMENT_KERAS3 && compat != FV_AUGMENT_KERAS2;
  transform->tx += is_documented ? width_shift : height_shift;
  transform->ty += is_documented ? height_shift : width_shift;
}

fv_status fv_transform_draw(fv_transform *transform, const fv_augment_options *options, int32_t height, int32_t width,
                            uint64_t seed, uint64_t epoch, uint64_t sample) {
  *transform = (fv_transform){0};
  fv_augment_options o = *options;
  TRY(fv__augment_settle(&o));
  if (height < 1 || width < 1)
    return fail(FV_ERROR_SHAPE, "a picture has at least one pixel, not %d x %d", (int)height, (int)width);
  const uint64_t state = fv__rng_bits(fv__rng_bits(fv__rng_state("augment", seed), epoch), sample);
  fv_transform t = {.theta = between(state, THETA, -o.rotation, o.rotation),
                    .shear = between(state, SHEAR, -o.shear, o.shear),
                    .channel_shift = between(state, CHANNEL, -o.channel_shift, o.channel_shift),
                    .flip_horizontal = o.horizontal_flip && fv__rng_uniform(state, FLIP_HORIZONTAL) < 0.5,
                    .flip_vertical = o.vertical_flip && fv__rng_uniform(state, FLIP_VERTICAL) < 0.5};
  if (o.zoom.high > 0) {
    t.zx = between(state, ZOOM_X, o.zoom.low, o.zoom.high);
    t.zy = between(state, ZOOM_Y, o.zoom.low, o.zoom.high);
  }
  if (o.brightness.high > 0) {
    t.brightness = between(state, BRIGHTNESS, o.brightness.low, o.brightness.high);
    if (t.brightness == 0) t.brightness = FV_ZERO;
  }
  fv__transform_shift(&t, o.compat, draw_shift(state, HEIGHT_SHIFT, o.height_shift, height),
                      draw_shift(state, WIDTH_SHIFT, o.width_shift, width));
  TRY(draw_effects(&t, &o, height, width, (const uint64_t[]){seed, epoch, sample}));
  *transform = t;
  return FV_OK;
}
