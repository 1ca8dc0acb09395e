/* Texts of boxes: what a layer does and with which options, in few signs.
 *
 * No list of layers: families and options are recognised by the words that Keras's names are made of, so a layer that
 * is added tomorrow has its colour and its text.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "diagram/diagram.h"

static const char *const family_names[FV_FAMILY_COUNT] = {
    "other",      "input", "convolution", "dense", "pooling", "normalization",
    "activation", "merge", "dropout",     "shape", "block",
};

const char *fv_diagram_family_name(fv_diagram_family family) {
  return family >= 0 && family < FV_FAMILY_COUNT ? family_names[family] : family_names[FV_FAMILY_OTHER];
}

/* The first word that a kind's name contains decides. */
static const struct {
  const char *word;
  fv_diagram_family family;
} families[] = {
    {"Input", FV_FAMILY_INPUT},         {"Pooling", FV_FAMILY_POOLING},
    {"Subsampling", FV_FAMILY_POOLING}, {"Conv", FV_FAMILY_CONVOLUTION},
    {"Dense", FV_FAMILY_DENSE},         {"RadialBasis", FV_FAMILY_DENSE},
    {"ActivityReg", FV_FAMILY_DROPOUT}, {"Activation", FV_FAMILY_ACTIVATION},
    {"Dropout", FV_FAMILY_DROPOUT},     {"Noise", FV_FAMILY_DROPOUT},
    {"Random", FV_FAMILY_DROPOUT},      {"Normalization", FV_FAMILY_NORMALIZATION},
    {"LRN", FV_FAMILY_NORMALIZATION},   {"Flatten", FV_FAMILY_SHAPE},
    {"Reshape", FV_FAMILY_SHAPE},       {"Permute", FV_FAMILY_SHAPE},
    {"Padding", FV_FAMILY_SHAPE},       {"Crop", FV_FAMILY_SHAPE},
    {"UpSampling", FV_FAMILY_SHAPE},    {"Resizing", FV_FAMILY_SHAPE},
    {"Repeat", FV_FAMILY_SHAPE},
};

fv_diagram_family fv__diagram_family(const char *kind, int32_t inputs) {
  if (!strcmp(kind, "Normalization")) return FV_FAMILY_OTHER; /* of pictures, beside Rescaling */
  for (size_t i = 0; i < sizeof families / sizeof *families; i++)
    if (strstr(kind, families[i].word)) return families[i].family;
  if (inputs > 1) return FV_FAMILY_MERGE;
  static const char *const merging[] = {"Add",     "Subtract", "Multiply",    "Average",
                                        "Maximum", "Minimum",  "Concatenate", "Dot"};
  for (size_t i = 0; i < sizeof merging / sizeof *merging; i++)
    if (!strcmp(kind, merging[i])) return FV_FAMILY_MERGE;
  const fv_layer_kind *known = fv_layer_kind_find(kind);
  if ((known && known->function) || strstr(kind, "ReLU") || strstr(kind, "ELU")) return FV_FAMILY_ACTIVATION;
  return FV_FAMILY_OTHER;
}

/* ---- growing text; what does not fit is left out, and nothing else is */

typedef struct line {
  char text[240];
  size_t used;
} line;

static void put(line *to, const char *before, const char *text) {
  int written = snprintf(to->text + to->used, sizeof to->text - to->used, "%s%s", before, text);
  if (written < 0 || to->used + (size_t)written >= sizeof to->text)
    to->text[to->used] = '\0';
  else
    to->used += (size_t)written;
}

/* ---- options */

static const struct {
  const char *option, *before, *after, *usual; /* not shown when it has the usual value */
} shown[] = {
    {"kernel_size", "", "", ""},
    {"pool_size", "", "", ""},
    {"filters", "", "", ""},
    {"units", "", "", ""},
    {"strides", "/", "", "1"},
    {"dilation_rate", "dilated ", "", "1"},
    {"groups", "", " groups", "1"},
    {"depth_multiplier", "depth ", "", "1"},
    {"rate", "", "", ""},
    {"size", "\xc3\x97", "", ""},
    {"max_value", "up to ", "", "none"},
};

/* "3" for 3 and for 3,3, "1x7" for 1,7. */
static void option_words(char text[160], const void *options, const fv_option *option, bool window) {
  const size_t size = 160;
  char plain[64];
  fv_option_text(plain, sizeof plain, options, option);
  char *comma = strchr(plain, ',');
  if (!comma && (option->kind != FV_OPTION_PAIR || !window)) {
    snprintf(text, size, "%s", plain);
    return;
  }
  const char *second = comma ? comma + 1 : plain;
  if (comma) *comma = '\0';
  if (!window && !strcmp(plain, second))
    snprintf(text, size, "%s", plain);
  else
    snprintf(text, size, "%s\xc3\x97%s", plain, second);
}

static void put_options(line *to, const fv_layer_info *layer) {
  const char *before = " ";
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
    const fv_option *option = fv_option_find(layer->table, shown[i].option);
    if (!option) continue;
    char value[160], word[200];
    option_words(value, layer->options, option, *shown[i].before == '\0');
    if (!*value || !strcmp(value, shown[i].usual) || !strcmp(value, "inf")) continue;
    snprintf(word, sizeof word, "%s%s%s", shown[i].before, value, shown[i].after);
    put(to, before, word);
    before = ", ";
  }
}

static const char *activation_of(const fv_layer_info *layer) {
  const fv_option *option = fv_option_find(layer->table, "activation");
  if (!option || option->kind != FV_OPTION_TEXT) return NULL;
  const char *word = NULL;
  memcpy(&word, (const char *)layer->options + option->offset, sizeof word);
  return word && strcmp(word, "linear") ? word : NULL;
}

/* What a light layer is called behind a plus sign. */
static const char *short_kind(const fv_layer_info *layer, fv_diagram_family family) {
  static const char *const shorter[][2] = {{"BatchNormalization", "BN"}, {"LocalResponseNormalization", "LRN"},
                                           {"LayerNormalization", "LN"}, {"GroupNormalization", "GN"},
                                           {"ZeroPadding1D", "padding"}, {"ZeroPadding2D", "padding"}};
  for (size_t i = 0; i < sizeof shorter / sizeof *shorter; i++)
    if (!strcmp(layer->kind, shorter[i][0])) return shorter[i][1];
  const fv_layer_kind *kind = fv_layer_kind_find(layer->kind);
  const char *word = family == FV_FAMILY_ACTIVATION ? activation_of(layer) : NULL;
  return word ? word : family == FV_FAMILY_ACTIVATION && kind && kind->function ? kind->function : layer->kind;
}

/* "BN", "relu", "relu6". */
static void put_light(line *to, const char *before, const fv_layer_info *layer, fv_diagram_family family) {
  put(to, before, short_kind(layer, family));
  const fv_option *limit = fv_option_find(layer->table, "max_value");
  char value[64] = "none";
  if (limit) fv_option_text(value, sizeof value, layer->options, limit);
  if (isdigit((unsigned char)*value)) put(to, "", value);
}

const char *fv__describe_chain(fv__arena *arena, const fv__calls *calls, const int32_t *members, int32_t count,
                               int32_t head) {
  line text = {0};
  const char *before = "";
  for (int32_t i = 0; i < count; i++) {
    fv_layer_info layer = fv_model_layer(calls->model, calls->layer[members[i]]);
    const char *activation = activation_of(&layer);
    if (members[i] != head) {
      put_light(&text, before, &layer, calls->family[members[i]]);
    } else {
      put(&text, before, layer.kind);
      put_options(&text, &layer);
      if (activation) put(&text, calls->family[head] == FV_FAMILY_ACTIVATION ? " " : " + ", activation);
    }
    before = " + ";
  }
  return fv__arena_text(arena, text.text);
}

/* ---- blocks */

const char *fv__describe_block(fv__arena *arena, const fv__calls *calls, const int32_t *members, int32_t count) {
  int32_t convolutions = 0, dense = 0;
  for (int32_t i = 0; i < count; i++) {
    convolutions += calls->family[members[i]] == FV_FAMILY_CONVOLUTION;
    dense += calls->family[members[i]] == FV_FAMILY_DENSE;
  }
  line text = {0};
  char words[64];
  snprintf(words, sizeof words, "%" PRId32 " layer%s", count, count == 1 ? "" : "s");
  put(&text, "", words);
  if (convolutions) {
    snprintf(words, sizeof words, "%" PRId32 " convolution%s", convolutions, convolutions == 1 ? "" : "s");
    put(&text, ", ", words);
  }
  if (dense) {
    snprintf(words, sizeof words, "%" PRId32 " dense", dense);
    put(&text, ", ", words);
  }
  return fv__arena_text(arena, text.text);
}
