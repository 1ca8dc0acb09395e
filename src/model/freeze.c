/* Freezing layers: which weights training moves. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "model/model.h"

/* What a layer's weights would be without freezing is its kind's to say. */
static void set_frozen(fv_model *model, int32_t index, bool frozen) {
  fv__graph_freeze(model->core->graph, model->core->graph->order[index], frozen);
  fv_layer_info *info = &model->layers[index];
  info->frozen = frozen;
  info->trainable_parameters = 0;
  for (int32_t w = 0; w < info->weight_count; w++) {
    const fv_weight_info weight = fv_model_weight(model, info->weights[w]);
    if (weight.trainable) info->trainable_parameters += model->core->weights[info->weights[w]].elements;
  }
}

/* Python's indices of a slice, but that none may lie outside. */
static fv_status settle(int32_t *index, int32_t count) {
  const int32_t given = *index;
  if (given == INT32_MAX) *index = count;
  if (given < 0) *index += count;
  if (*index < 0 || *index > count)
    return fail(FV_ERROR_INVALID, "there is no layer %d: the model has %d", (int)given, (int)count);
  return FV_OK;
}

static fv_status set_range(fv_model *model, int32_t first, int32_t last, bool frozen) {
  const int32_t count = fv_model_layer_count(model);
  TRY(settle(&first, count));
  TRY(settle(&last, count));
  for (int32_t i = first; i < last; i++) set_frozen(model, i, frozen);
  return FV_OK;
}

fv_status fv_model_freeze(fv_model *model, int32_t first, int32_t last) { return set_range(model, first, last, true); }

fv_status fv_model_unfreeze(fv_model *model, int32_t first, int32_t last) {
  return set_range(model, first, last, false);
}

/* The first layer of the head. */
static int32_t head_of(const fv_model *model) {
  int32_t image = -1, last = -1;
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    const fv_layer_info layer = fv_model_layer(model, i);
    if (layer.weight_count == 0) continue;
    last = i;
    if (layer.output.rank > 2) image = i;
  }
  return image < 0 || image == last ? last : image + 1;
}

/* How many layers a word freezes. */
static fv_status count_of(int32_t *frozen, const fv_model *model, const char *word) {
  const int32_t count = fv_model_layer_count(model), named = fv_model_find_layer(model, word);
  char *end;
  *frozen = named + 1;
  if (named >= 0) return FV_OK;
  if (!strcmp(word, "none")) return FV_OK;
  if (!strcmp(word, "all")) *frozen = count;
  if (!strcmp(word, "all-but-head")) *frozen = head_of(model) < 0 ? 0 : head_of(model);
  if (*frozen || !strcmp(word, "all-but-head")) return FV_OK;
  const long number = strtol(word, &end, 10);
  if (!*word || *end) return fail(FV_ERROR_NOT_FOUND, "the model has no layer '%.80s'", word);
  *frozen = number > count || number < -count ? INT32_MIN : (int32_t)number;
  return settle(frozen, count)
             ? fail(FV_ERROR_INVALID, "%.20s layers are to be frozen: the model has %d", word, (int)count)
             : FV_OK;
}

/* The kind that a list begins with. */
static bool is_kind(const fv_layer_info *layer, const char *list, size_t length) {
  return strlen(layer->kind) == length && !strncmp(layer->kind, list, length);
}

/* Every kind of a list must be there before anything is changed. */
static fv_status check_kinds(const fv_model *model, const char *list) {
  while (*list) {
    const size_t length = strcspn(list, ",");
    bool found = false;
    for (int32_t i = 0; i < fv_model_layer_count(model) && !found; i++) {
      const fv_layer_info layer = fv_model_layer(model, i);
      found = is_kind(&layer, list, length);
    }
    if (!found) return fail(FV_ERROR_NOT_FOUND, "the model has no layer of the kind '%.*s'", (int)length, list);
    list += length + (list[length] == ',');
  }
  return FV_OK;
}

static void freeze_kinds(fv_model *model, const char *list) {
  for (; *list; list += *list == ',') {
    const size_t length = strcspn(list, ",");
    for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
      const fv_layer_info layer = fv_model_layer(model, i);
      if (is_kind(&layer, list, length)) set_frozen(model, i, true);
    }
    list += length;
  }
}

fv_status fv_model_freeze_to(fv_model *model, const char *word) {
  char first[256];
  int32_t count;
  const size_t length = fv_model_find_layer(model, word) >= 0 ? strlen(word) : strcspn(word, ",");
  snprintf(first, sizeof first, "%.*s", (int)length, word);
  const char *kinds = word + length + (word[length] == ',');
  TRY(count_of(&count, model, length < sizeof first ? first : word));
  TRY(check_kinds(model, kinds));
  TRY(fv_model_unfreeze(model, 0, INT32_MAX));
  TRY(fv_model_freeze(model, 0, count));
  freeze_kinds(model, kinds);
  return FV_OK;
}
