/* What a segmenter says of itself, and back.
 *
 *   {"kind": "segmenter", "masks": "numbers", "values": [0, 255], "ignored": []}
 *   {"kind": "segmenter", "masks": "colors", "values": [[0, 0, 0], [128, 0, 0]], "ignored": [[224, 224, 192]]}
 */
#include "tasks/segmenter.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/labels.h>
#include <fovea/preprocessing.h>

#include "tasks/mask_key.h"

static const char *const kinds[] = {"numbers", "colors", "halves"};

fv_status fv__segmenter_shape(fv_shape *shape, const fv_model *model) {
  if (fv_model_input_count(model) != 1 || fv_model_output_count(model) != 1)
    return fail(FV_ERROR_SHAPE, "%s has several inputs or outputs", fv_model_name(model));
  const fv_shape in = fv_model_input_shape(model, 0), out = fv_model_output_shape(model, 0);
  char a[128], b[128];
  if (in.rank != 4 || out.rank != 4 || in.dims[1] != out.dims[1] || in.dims[2] != out.dims[2] || out.dims[3] < 2 ||
      out.dims[3] > FV_MASK_CLASSES)
    return fail(FV_ERROR_SHAPE, "%s takes %s and answers with %s, not with a class for every pixel",
                fv_model_name(model), fv_shape_text(a, sizeof a, &in), fv_shape_text(b, sizeof b, &out));
  *shape = out;
  return FV_OK;
}

int32_t fv__segmenter_multiple(const fv_model *model) {
  const fv_zoo_entry *entry = fv_zoo_find(fv_model_name(model));
  return entry && entry->multiple ? entry->multiple : 1;
}

/* ---- saying ---- */

static json_t *value_json(const fv_mask_key *key, int32_t i) {
  const fv_mask_value v = key->values[i];
  return key->kind == FV_MASK_COLORS ? json_pack("[i,i,i]", v.red, v.green, v.blue) : json_integer(v.red);
}

static json_t *values_json(const fv_mask_key *key, int32_t first, int32_t count) {
  json_t *list = json_array();
  for (int32_t i = first; i < first + count; i++) json_array_append_new(list, value_json(key, i));
  return list;
}

static fv_status set_names(fv_model *model, const char *const *names, int32_t count) {
  fv_label *labels = calloc((size_t)count, sizeof *labels);
  if (!labels) return fail(FV_ERROR_MEMORY, "no memory for class names");
  for (int32_t i = 0; i < count; i++) labels[i] = (fv_label){"", names[i]};
  fv_status status = fv_model_set_labels(model, labels, count);
  free(labels);
  return status;
}

fv_status fv_segmenter_describe(fv_model *model, const fv_mask_key *key, const char *const *names) {
  fv_shape shape;
  TRY(fv__segmenter_shape(&shape, model));
  if (key->kind < FV_MASK_NUMBERS || key->kind > FV_MASK_HALVES || key->count != shape.dims[3] || key->ignored < 0 ||
      key->count + key->ignored > 256)
    return fail(FV_ERROR_SHAPE, "%s answers with %" PRId64 " classes, and masks have %" PRId32, fv_model_name(model),
                shape.dims[3], key->count);
  TRY(set_names(model, names, key->count));
  json_t *task = json_pack("{s:s,s:s,s:o,s:o}", "kind", "segmenter", "masks", kinds[key->kind - 1], "values",
                           values_json(key, 0, key->count), "ignored", values_json(key, key->count, key->ignored));
  char *text = task ? json_dumps(task, JSON_COMPACT) : NULL;
  fv_status status = text ? fv_model_set_task(model, text) : fail(FV_ERROR_MEMORY, "no memory for classes");
  json_decref(task);
  free(text);
  return status;
}

/* ---- reading ---- */

static json_t *task_of(const fv_model *model) {
  const char *text = fv_model_task(model);
  json_t *task = text ? json_loads(text, 0, NULL) : NULL;
  const char *kind = json_string_value(json_object_get(task, "kind"));
  if (kind && !strcmp(kind, "segmenter")) return task;
  json_decref(task);
  return NULL;
}

bool fv_model_is_segmenter(const fv_model *model) {
  json_t *task = task_of(model);
  json_decref(task);
  return task != NULL;
}

static bool read_byte(uint8_t *byte, const json_t *json) {
  const json_int_t value = json_integer_value(json);
  if (!json_is_integer(json) || value < 0 || value > 255) return false;
  *byte = (uint8_t)value;
  return true;
}

static bool read_value(fv_mask_value *value, const json_t *json, fv_mask_kind kind) {
  if (kind == FV_MASK_COLORS)
    return json_array_size(json) == 3 && read_byte(&value->red, json_array_get(json, 0)) &&
           read_byte(&value->green, json_array_get(json, 1)) && read_byte(&value->blue, json_array_get(json, 2));
  uint8_t number;
  if (!read_byte(&number, json)) return false;
  *value = fv__mask_number(number);
  return true;
}

static bool read_key(fv_mask_key *key, const json_t *task) {
  const char *word = json_string_value(json_object_get(task, "masks"));
  const json_t *values = json_object_get(task, "values"), *ignored = json_object_get(task, "ignored");
  const size_t count = json_array_size(values), more = json_array_size(ignored);
  for (int i = 0; word && i < 3; i++)
    if (!strcmp(word, kinds[i])) key->kind = (fv_mask_kind)(i + 1);
  if (!key->kind || count < 2 || count > FV_MASK_CLASSES || count + more > 256) return false;
  key->count = (int32_t)count;
  key->ignored = (int32_t)more;
  for (size_t i = 0; i < count + more; i++) {
    const json_t *json = i < count ? json_array_get(values, i) : json_array_get(ignored, i - count);
    if (!read_value(&key->values[i], json, key->kind)) return false;
  }
  return true;
}

fv_status fv_segmenter_key(fv_mask_key *key, const fv_model *model) {
  fv_shape shape;
  *key = (fv_mask_key){.count = 0};
  json_t *task = task_of(model);
  if (!task) return fail(FV_ERROR_STATE, "%s is no segmenter: it does not know its classes", fv_model_name(model));
  const bool is_right = read_key(key, task);
  json_decref(task);
  if (is_right && fv__segmenter_shape(&shape, model) == FV_OK && shape.dims[3] == key->count) return FV_OK;
  return fail(FV_ERROR_STATE, "%s: its file describes other classes than it answers with", fv_model_name(model));
}
