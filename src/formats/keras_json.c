/* Keras's to_json(): a network alone, as JSON. Its weights are in a file of their own (save_weights), which is loaded
 * into it. TensorFlow.js's model.json, which is JSON too, is known by its modelTopology (tfjs.c).
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "formats/format.h"
#include "formats/keras/keras.h"
#include "model/flaws.h"

enum { JSON_BYTES_MAX = 8 << 20 };

static bool holds(const uint8_t *bytes, size_t size, const char *word) {
  return memmem(bytes, size, word, strlen(word)) != NULL;
}

static bool probe(const uint8_t *bytes, size_t size) {
  size_t i = 0;
  while (i < size && bytes[i] && strchr(" \t\r\n", bytes[i])) i++;
  if (i == size || bytes[i] != '{') return false;
  return holds(bytes, size, "\"class_name\"") && !holds(bytes, size, "\"modelTopology\"") &&
         !holds(bytes, size, "\"weightsManifest\"");
}

/* Keras 3 says no version, but in which module its classes are. */
static fv_status version_of(int *version, const char *text, size_t size) {
  json_t *root;
  TRY(fv__json_read(&root, text, size));
  const char *word = json_string_value(json_object_get(root, "keras_version"));
  *version = !word && json_object_get(root, "module") ? 3 : fv__keras_major_version(word);
  json_decref(root);
  return FV_OK;
}

static fv_status build(fv_model **model, const char *text, size_t size, const fv_model_load_options *options) {
  int version;
  fv__keras_network network = {.json = NULL};
  TRY(version_of(&version, text, size));
  fv_status status = fv__keras_build(model, &network, &(fv__keras_text){text, size, version, options->as_it_is});
  if (status) status = fv__keras_outline_unbuilt(&network, version, options, status);
  fv__keras_network_free(&network);
  if (status || options->without_weights || !fv_model_weight_count(*model)) return status;
  return fv__model_forgive_all(
      *model, fail(FV_ERROR_UNSUPPORTED, "the file holds a network and no weights: give a file of weights with it"));
}

static fv_status load(fv_model **model, const fv__source *source, const fv_model_load_options *options) {
  char *text;
  *model = NULL;
  TRY(fv__source_read_all(source, &text, JSON_BYTES_MAX));
  const fv_status status = build(model, text, (size_t)source->size, options);
  free(text);
  if (!status) return FV_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return status;
}

const fv__format fv__format_keras_json = {
    .facts = {"keras_json", ".json", "networks alone, as Keras's to_json writes them"},
    .probe = probe,
    .load = load,
};
