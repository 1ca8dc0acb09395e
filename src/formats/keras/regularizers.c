/* What weights cost in training: "kernel_regularizer", "gamma_regularizer" ... of a layer's configuration. The word
 * before the underscore begins the weight's name; of a depthwise convolution, whose kernel fovea calls so alone,
 * "depthwise" is the kernel too. Classes other than L1, L2 and L1L2, and activity_regularizer, change nothing at
 * inference: they are put down, for who trains.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/regularizer.h>

#include "base/text.h"
#include "formats/keras/keras.h"
#include "model/model.h"

static const char ending[] = "_regularizer";

/* The weight of a layer that `key` means, -1: none. Keras 1 says W and b. */
static int32_t weight_of(const fv_model *model, const fv_layer_info *layer, const char *key) {
  const size_t length = strlen(key) - strlen(ending);
  if (!strcmp(key, "W_regularizer")) return weight_of(model, layer, "kernel_regularizer");
  if (!strcmp(key, "b_regularizer")) return weight_of(model, layer, "bias_regularizer");
  for (int32_t i = 0; i < layer->weight_count; i++) {
    const char *name = fv_model_weight(model, layer->weights[i]).name;
    if (!strncmp(name, key, length)) return layer->weights[i];
    if (!strncmp(key, "depthwise", length) && !strcmp(name, "kernel")) return layer->weights[i];
  }
  return -1;
}

static fv_status put_down(fv_model *model, const char *layer, const char *key, const json_t *value) {
  const char *word = json_string_value(value), *before = model->ignored_regularizers;
  if (!word) word = json_string_value(json_object_get(value, "class_name"));
  char *text = NULL;
  const int length = asprintf(&text, "%s%s%s: %s %.60s", before ? before : "", before ? "; " : "", layer, key,
                              word ? word : "of another kind");
  if (length < 0) return fail(FV_ERROR_MEMORY, "no memory for the names of regularizers");
  free(model->ignored_regularizers);
  model->ignored_regularizers = text;
  return FV_OK;
}

static fv_status take(fv_model *model, const fv_layer_info *layer, const char *key, const json_t *value) {
  fv_regularizer regularizer;
  const int32_t weight = weight_of(model, layer, key);
  char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  if (!text) return fail(FV_ERROR_MEMORY, "no memory for a regularizer");
  fv_status status = weight < 0 ? FV_ERROR_NOT_FOUND : fv_regularizer_read(&regularizer, text);
  free(text);
  if (status && status != FV_ERROR_MEMORY) return put_down(model, layer->name, key, value);
  if (!status) status = fv_model_set_regularizer(model, weight, &regularizer);
  return status ? note(status, "%s: %s", layer->name, key) : FV_OK;
}

fv_status fv__keras_take_regularizers(fv_model *model, const fv__keras_entry *root) {
  for (int32_t i = 0; i < root->entry_count; i++) {
    const fv__keras_entry *entry = &root->entries[i];
    const char *key;
    json_t *value;
    TRY(fv__keras_take_regularizers(model, entry));
    const int32_t index = entry->path && entry->config ? fv_model_find_layer(model, entry->path) : -1;
    if (index < 0) continue;
    const fv_layer_info layer = fv_model_layer(model, index);
    json_object_foreach((json_t *)(uintptr_t)entry->config, key, value) {
      if (fv__text_ends_with(key, ending) && !json_is_null(value)) TRY(take(model, &layer, key, value));
    }
  }
  return FV_OK;
}

/* Keras 1 to 3 read {"class_name": "L1L2", "config": {"l1", "l2"}}. */
static json_t *compose(const fv_regularizer *regularizer, bool is_keras3) {
  json_t *object =
      json_pack("{s:s, s:{s:f, s:f}}", "class_name", "L1L2", "config", "l1", regularizer->l1, "l2", regularizer->l2);
  if (is_keras3 && object &&
      (json_object_set_new(object, "module", json_string("keras.regularizers")) ||
       json_object_set_new(object, "registered_name", json_null()))) {
    json_decref(object);
    return NULL;
  }
  return object;
}

bool fv__keras_put_regularizers(json_t *config, const fv_model *model, int32_t layer, bool is_keras3) {
  const fv_layer_info info = fv_model_layer(model, layer);
  for (int32_t i = 0; i < info.weight_count; i++) {
    const fv_regularizer regularizer = fv_model_regularizer(model, info.weights[i]);
    const char *name = fv_model_weight(model, info.weights[i]).name;
    char key[100];
    if (regularizer.l1 == 0 && regularizer.l2 == 0) continue;
    const bool is_depthwise = !strncmp(info.kind, "Depthwise", 9) && !strcmp(name, "kernel");
    const char *word = is_depthwise ? "depthwise" : name;
    snprintf(key, sizeof key, "%.*s%s", (int)strcspn(word, "_"), word, ending);
    if (json_object_set_new(config, key, compose(&regularizer, is_keras3))) return false;
  }
  return true;
}
