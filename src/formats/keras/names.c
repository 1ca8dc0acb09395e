/* Names in files. Keras 3 refuses '/' in a layer's name, TensorFlow wants a letter or digit first and few other
 * characters; fovea's names have '/' where a model was inside a model ("encoder/conv1"), and may be anything. What is
 * not legal becomes '_', and a number is added where that made two names one; the real names are kept in the file's
 * extras and come back when fovea reads it.
 */
#include <inttypes.h>
#include <string.h>

#include "formats/keras/write.h"

static bool is_plain(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

static bool is_legal(const char *name) {
  if (!is_plain(*name)) return false;
  for (const char *c = name; *c; c++)
    if (!is_plain(*c) && !strchr("_.-", *c)) return false;
  return true;
}

/* A legal name that `taken` does not have. */
static fv_status make_legal(fv__keras_draft *draft, const char **legal, const char *name, const json_t *taken) {
  size_t length = strlen(name), room = length + 16;
  char *text = fv__arena_take(&draft->arena, room);
  if (!text) return fail(FV_ERROR_MEMORY, "no memory for names");
  if (!is_plain(*name)) text[0] = 'x';
  char *start = is_plain(*name) ? text : text + 1;
  for (size_t i = 0; i < length; i++) start[i] = is_plain(name[i]) || strchr("_.-", name[i]) ? name[i] : '_';
  size_t used = strlen(text);
  for (int32_t number = 1; taken && json_object_get(taken, text); number++)
    snprintf(text + used, room - used, "_%" PRId32, number);
  *legal = text;
  return FV_OK;
}

static fv_status take(json_t *taken, const char *name) {
  return json_object_set_new(taken, name, json_true()) ? fail(FV_ERROR_MEMORY, "no memory for names") : FV_OK;
}

static fv_status name_layers(fv__keras_draft *draft, json_t *taken) {
  int32_t count = fv_model_layer_count(draft->model);
  for (int32_t i = 0; i < count; i++) { /* those that may stay as they are come first */
    const char *name = fv_model_layer(draft->model, i).name;
    if (!is_legal(name)) continue;
    draft->layers[i] = name;
    TRY(take(taken, name));
  }
  for (int32_t i = 0; i < count; i++) {
    if (draft->layers[i]) continue;
    TRY(make_legal(draft, &draft->layers[i], fv_model_layer(draft->model, i).name, taken));
    TRY(take(taken, draft->layers[i]));
    draft->is_renamed = true;
  }
  return FV_OK;
}

fv_status fv__keras_names_make(fv__keras_draft *draft) {
  size_t count = (size_t)fv_model_layer_count(draft->model);
  draft->layers = fv__arena_take(&draft->arena, (count + 1) * sizeof *draft->layers);
  if (!draft->layers) return fail(FV_ERROR_MEMORY, "no memory for names");
  draft->name = fv_model_name(draft->model);
  if (!is_legal(draft->name)) {
    draft->is_renamed = true;
    TRY(make_legal(draft, &draft->name, draft->name, NULL));
  }
  json_t *taken = json_object();
  fv_status status = taken ? name_layers(draft, taken) : fail(FV_ERROR_MEMORY, "no memory for names");
  json_decref(taken);
  return status;
}
