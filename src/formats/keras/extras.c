/* What Keras has no place for, as one text of JSON: preprocessing and class names (fovea/preprocessing.h), and
 *
 *   "name"   the model's name, where the file could not hold it
 *   "names"  {"encoder_conv1": "encoder/conv1"}: layers' names in the file, and what they are called
 *   "nesting"  which models were inside (nesting.c)
 *
 * It is the attribute "fovea" of .h5, the member "fovea.json" of .keras, and userDefinedMetadata.fovea of
 * TensorFlow.js. Here is also how a file begins: whose words it is in, under which version.
 */
#include <stdlib.h>
#include <string.h>

#include <fovea/preprocessing.h>

#include "formats/keras/write.h"
#include "model/feeding.h"
#include "model/model.h"

/* Whether a layer's activation is this word. */
static bool uses(const fv_model *model, const char *word) {
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    fv_layer_info layer = fv_model_layer(model, i);
    const fv_option *option = layer.table ? fv_option_find(layer.table, "activation") : NULL;
    const char *text = option && option->kind == FV_OPTION_TEXT
                           ? *(const char *const *)((const char *)layer.options + option->offset)
                           : NULL;
    if (text && !strcmp(text, word)) return true;
  }
  return false;
}

fv_status fv__keras_draft_begin(fv__keras_draft *draft, const fv__save *save, fv__keras_dialect dialect) {
  *draft = (fv__keras_draft){.save = save, .model = save->model, .dialect = dialect};
  if (dialect == FV__KERAS_2)
    draft->means_keras3 = uses(save->model, "hard_sigmoid") && !uses(save->model, "hard_sigmoid_keras2");
  return fv__keras_names_make(draft);
}

void fv__keras_draft_end(fv__keras_draft *draft) { fv__arena_clear(&draft->arena); }

const char *fv__keras_draft_version(const fv__keras_draft *draft) {
  return draft->dialect == FV__KERAS_3 || draft->means_keras3 ? "3.15.0" : "2.15.0";
}

static bool put(json_t *object, const char *key, json_t *value) { return json_object_set_new(object, key, value) == 0; }

static bool put_names(json_t *extras, const fv__keras_draft *draft) {
  json_t *names = json_object();
  if (!names || !put(extras, "names", names)) return false;
  for (int32_t i = 0; i < fv_model_layer_count(draft->model); i++) {
    const char *name = fv_model_layer(draft->model, i).name;
    if (strcmp(name, draft->layers[i]) && !put(names, draft->layers[i], json_string(name))) return false;
  }
  const char *name = fv_model_name(draft->model);
  return !strcmp(name, draft->name) || put(extras, "name", json_string(name));
}

fv_status fv__keras_extras(json_t **out, const fv__keras_draft *draft) {
  TRY(fv__model_feeding_json(out, draft->model));
  json_t *nesting = NULL;
  fv_status status = fv__keras_nesting(&nesting, draft->model);
  if (!status && !draft->is_renamed && !nesting) return FV_OK;
  if (!status && !*out) *out = json_pack("{s:i}", "version", 1);
  bool done = !status && *out && (!draft->is_renamed || put_names(*out, draft));
  if (done && nesting) done = put(*out, "nesting", json_incref(nesting));
  json_decref(nesting);
  if (done) return FV_OK;
  json_decref(*out);
  *out = NULL;
  return status ? status : fail(FV_ERROR_MEMORY, "no memory, or a name that is not UTF-8");
}

fv_status fv__keras_extras_text(char **text, const fv__keras_draft *draft) {
  json_t *extras;
  *text = NULL;
  TRY(fv__keras_extras(&extras, draft));
  fv_status status = extras ? fv__keras_json_text(text, extras) : FV_OK;
  json_decref(extras);
  return status;
}

/* The layers' names of the file give way to the model's; two of one name would be lost to who looks for them. */
static fv_status take_names(fv_model *model, const json_t *names) {
  json_t *taken = json_object();
  fv_status status = taken ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for names");
  for (int32_t i = 0; i < fv_model_layer_count(model) && !status; i++) {
    const char *name = json_string_value(json_object_get(names, fv_model_layer(model, i).name));
    if (name) status = fv__model_rename_layer(model, i, name);
    if (status) break;
    name = fv_model_layer(model, i).name;
    if (json_object_get(taken, name))
      status = fail(FV_ERROR_FORMAT, "two layers are called '%.100s'", name);
    else if (json_object_set_new(taken, name, json_true()))
      status = fail(FV_ERROR_MEMORY, "no memory for names");
  }
  json_decref(taken);
  return status;
}

fv_status fv__keras_take_extras(fv_model *model, const char *text) {
  TRY(fv_model_set_feeding_text(model, text));
  json_t *extras = fv__keras_parse(text);
  if (!extras) return fail(FV_ERROR_MEMORY, "no memory for names");
  const json_t *names = json_object_get(extras, "names");
  const char *name = json_string_value(json_object_get(extras, "name"));
  fv_status status = names ? take_names(model, names) : FV_OK;
  if (!status && name) status = fv_model_set_name(model, name);
  if (!status) status = fv__keras_take_nesting(model, json_object_get(extras, "nesting"));
  json_decref(extras);
  return status == FV_ERROR_INVALID ? fv__error_raise(FV_ERROR_FORMAT, fv_error_message()) : status;
}
