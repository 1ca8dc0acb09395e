/* Overlays as JSON: read in any order, written in one. */
#include <fovea/overlay.h>

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/fail.h"
#include "explain/overlay.h"

/* ---- reading */

static fv_status kind_of(const json_t *op, fv_overlay_kind *kind, double *by) {
  const char *word = json_string_value(json_object_get(op, "op"));
  const json_t *with = json_object_get(op, "with"), *factor = json_object_get(op, "by");
  if (!word) return fail(FV_ERROR_FORMAT, "no \"op\": expected \"ablate\" or \"scale\"");
  if (!strcmp(word, "scale")) {
    if (!json_is_number(factor)) return fail(FV_ERROR_FORMAT, "\"scale\" needs a number \"by\"");
    *kind = FV_OVERLAY_SCALE;
    *by = json_number_value(factor);
    return FV_OK;
  }
  if (strcmp(word, "ablate")) return fail(FV_ERROR_FORMAT, "no op \"%.40s\": expected \"ablate\" or \"scale\"", word);
  if (json_is_number(with)) {
    *kind = FV_OVERLAY_SET;
    *by = json_number_value(with);
    return FV_OK;
  }
  const char *how = with ? json_string_value(with) : "zero";
  if (!how || (strcmp(how, "zero") && strcmp(how, "mean")))
    return fail(FV_ERROR_FORMAT, "\"with\" is neither \"zero\" nor \"mean\" nor a number");
  *kind = strcmp(how, "mean") ? FV_OVERLAY_ZERO : FV_OVERLAY_MEAN;
  return FV_OK;
}

static fv_status read_op(fv_overlay *overlay, const json_t *op) {
  fv_overlay_kind kind = FV_OVERLAY_ZERO;
  double by = 0;
  if (!json_is_object(op)) return fail(FV_ERROR_FORMAT, "expected an object");
  TRY(kind_of(op, &kind, &by));
  const char *name = json_string_value(json_object_get(op, "layer"));
  if (!name) return fail(FV_ERROR_FORMAT, "no \"layer\"");
  const int32_t layer = fv_model_find_layer(fv__overlay_model(overlay), name);
  if (layer < 0) return fail(FV_ERROR_NOT_FOUND, "the model has no layer '%.100s'", name);
  const json_t *channels = json_object_get(op, "channels");
  if (json_is_string(channels) && !strcmp(json_string_value(channels), "all"))
    return fv_overlay_add(overlay, layer, -1, kind, by);
  if (!json_is_array(channels)) return fail(FV_ERROR_FORMAT, "\"channels\" is neither \"all\" nor a list of numbers");
  for (size_t i = 0; i < json_array_size(channels); i++) {
    const json_t *channel = json_array_get(channels, i);
    if (!json_is_integer(channel) || json_integer_value(channel) < 0)
      return fail(FV_ERROR_FORMAT, "channel %zu of the list is no whole number from 0 on", i);
    TRY(fv_overlay_add(overlay, layer, json_integer_value(channel), kind, by));
  }
  return FV_OK;
}

fv_status fv_overlay_read(fv_overlay *overlay, const char *text, size_t size) {
  json_error_t error;
  json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
  if (!root && !error.text[0]) return fail(FV_ERROR_MEMORY, "no memory for an overlay");
  if (!root) return fail(FV_ERROR_FORMAT, "overlay: line %d: %s", error.line, error.text);
  const json_t *ops = json_object_get(root, "ops");
  fv_status status = json_is_array(ops) ? FV_OK : fail(FV_ERROR_FORMAT, "overlay: no list \"ops\"");
  for (size_t i = 0; !status && i < json_array_size(ops); i++) {
    status = read_op(overlay, json_array_get(ops, i));
    if (status) status = note(status, "overlay: op %zu", i);
  }
  json_decref(root);
  return status;
}

/* ---- writing: zeros, then means, then scales by their factor and numbers; the channels of one kind together */

static int by_op(const void *a, const void *b) {
  const fv_overlay_item *x = a, *y = b;
  if (x->layer != y->layer) return x->layer < y->layer ? -1 : 1;
  if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
  if (x->by < y->by || x->by > y->by) return x->by < y->by ? -1 : 1;
  return (x->channel > y->channel) - (x->channel < y->channel);
}

static bool is_same_op(const fv_overlay_item *a, const fv_overlay_item *b) {
  return a->layer == b->layer && a->kind == b->kind && !(a->by < b->by) && !(a->by > b->by);
}

/* The op of items[0 .. count). NULL without memory. */
static json_t *op_of(const fv_overlay *overlay, const fv_overlay_item *items, int64_t count) {
  json_t *channels = json_array();
  for (int64_t i = 0; i < count; i++)
    if (json_array_append_new(channels, json_integer(items[i].channel))) {
      json_decref(channels);
      return NULL;
    }
  const char *layer = fv_model_layer(fv__overlay_model(overlay), items->layer).name;
  if (items->kind == FV_OVERLAY_SCALE)
    return json_pack("{s:s, s:s, s:o, s:f}", "op", "scale", "layer", layer, "channels", channels, "by", items->by);
  if (items->kind == FV_OVERLAY_SET)
    return json_pack("{s:s, s:s, s:o, s:f}", "op", "ablate", "layer", layer, "channels", channels, "with", items->by);
  return json_pack("{s:s, s:s, s:o, s:s}", "op", "ablate", "layer", layer, "channels", channels, "with",
                   items->kind == FV_OVERLAY_MEAN ? "mean" : "zero");
}

char *fv_overlay_text(const fv_overlay *overlay) {
  const int64_t count = fv_overlay_count(overlay);
  fv_overlay_item *items = calloc((size_t)count + 1, sizeof *items);
  json_t *ops = json_array(), *root = json_pack("{s:O}", "ops", ops);
  bool made = items && root;
  for (int64_t i = 0; made && i < count; i++) items[i] = fv_overlay_at(overlay, i);
  if (made) qsort(items, (size_t)count, sizeof *items, by_op);
  for (int64_t i = 0, end; made && i < count; i = end) {
    for (end = i; end < count && is_same_op(&items[end], &items[i]);) end++;
    made = json_array_append_new(ops, op_of(overlay, items + i, end - i)) == 0;
  }
  char *text = made ? json_dumps(root, JSON_COMPACT) : NULL;
  json_decref(ops);
  json_decref(root);
  free(items);
  return text;
}

uint64_t fv_overlay_hash(const fv_overlay *overlay) {
  uint64_t hash = 0xcbf29ce484222325;
  char *text = fv_overlay_count(overlay) ? fv_overlay_text(overlay) : NULL;
  if (!text) return 0;
  for (const char *at = text; *at; at++) hash = (hash ^ (uint8_t)*at) * 0x100000001b3;
  free(text);
  return hash;
}
