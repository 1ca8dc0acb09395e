/* Keras's .h5: a whole model (attributes model_config, keras_version; group model_weights), or weights alone, in either
 * layout. The attribute "fovea", which Keras ignores, holds preprocessing and class names.
 */
#include <stdlib.h>
#include <string.h>

#include <fovea/preprocessing.h>

#include "base/fail.h"
#include "formats/format.h"
#include "formats/hdf5/hdf5.h"
#include "formats/keras/keras.h"
#include "formats/keras/write.h"
#include "model/flaws.h"

static bool probe(const uint8_t *bytes, size_t size) { return fv__hdf5_probe(bytes, size); }

static fv_status version_of(int *version, fv__hdf5 *file) {
  const char *text = NULL;
  fv_status status = fv__hdf5_text(file, &text, fv__hdf5_root(file), "keras_version");
  if (status && status != FV_ERROR_NOT_FOUND) return status;
  *version = fv__keras_major_version(text);
  return FV_OK;
}

static fv_status read_feeding(fv_model *model, fv__hdf5 *file) {
  const char *text;
  fv_status status = fv__hdf5_text(file, &text, fv__hdf5_root(file), "fovea");
  if (status == FV_ERROR_NOT_FOUND) return FV_OK;
  if (!status) status = fv__keras_take_extras(model, text);
  return status ? note(status, "attribute fovea") : FV_OK;
}

static fv_status read_training(fv_model *model, fv__hdf5 *file, int version) {
  const char *text;
  json_t *compile = NULL;
  fv_status status = fv__hdf5_text(file, &text, fv__hdf5_root(file), "training_config");
  if (!status)
    status = fv__json_read(&compile, text, strlen(text));
  else if (status == FV_ERROR_NOT_FOUND)
    status = FV_OK;
  if (status) return note(status, "attribute training_config");
  status = fv__keras_training(model, compile, file, version);
  json_decref(compile);
  return status;
}

static fv_status read_model(fv_model **model, fv__hdf5 *file, const fv_model_load_options *options) {
  const char *config;
  int version;
  fv_status status = fv__hdf5_text(file, &config, fv__hdf5_root(file), "model_config");
  if (status == FV_ERROR_NOT_FOUND)
    return fail(FV_ERROR_UNSUPPORTED, "the file holds weights and no network (no attribute model_config): name "
                                      "a network and give the file as its weights");
  if (status) return status;
  TRY(version_of(&version, file));
  fv__keras_network network = {.json = NULL};
  status = fv__keras_build(model, &network, &(fv__keras_text){config, strlen(config), version, options->as_it_is});
  if (status) status = fv__keras_outline_unbuilt(&network, version, options, status);
  const fv_weights_options weights = {.backend = options->backend};
  if (!status && !options->without_weights)
    status = fv__model_forgive_all(*model, fv__keras_weights_by_layer(*model, file, network.channels_first, &weights));
  if (!status) status = read_feeding(*model, file);
  if (!status && options->with_training) status = read_training(*model, file, version);
  fv__keras_network_free(&network);
  return status;
}

static fv_status load(fv_model **model, const fv__source *source, const fv_model_load_options *options) {
  fv__hdf5 *file;
  *model = NULL;
  TRY(fv__hdf5_open(&file, source));
  fv_status status = read_model(model, file, options);
  fv__hdf5_close(file);
  if (!status) return FV_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return status;
}

static fv_status read_weights(fv_model *model, fv__hdf5 *file, const fv_weights_options *options) {
  bool by_class;
  TRY(fv__keras_is_by_class(&by_class, file));
  if (!by_class) return fv__keras_weights_by_layer(model, file, false, options);
  if (options->by_name || options->skip_mismatch || options->backend)
    return fail(FV_ERROR_UNSUPPORTED, "layers are numbered by class in this file, so it is loaded as a whole or not at "
                                      "all");
  fv__keras_network network = {.json = NULL};
  fv_status status = fv__keras_network_of(&network, model);
  if (!status) status = fv__keras_weights_by_class(model, file, &network);
  fv__keras_network_free(&network);
  return status;
}

static fv_status load_weights_with(fv_model *model, const fv__source *source, const fv_weights_options *options) {
  fv__hdf5 *file;
  TRY(fv__hdf5_open(&file, source));
  fv_status status = read_weights(model, file, options);
  fv__hdf5_close(file);
  return status;
}

static fv_status load_weights(fv_model *model, const fv__source *source) {
  static const fv_weights_options defaults = {.by_name = false};
  return load_weights_with(model, source, &defaults);
}

/* A JSON attribute; nothing for NULL. */
static fv_status add_json(fv__hdf5_draft *file, const char *name, const json_t *json) {
  char *text;
  if (!json) return FV_OK;
  TRY(fv__keras_json_text(&text, json));
  fv__hdf5_add_text(file, fv__hdf5_draft_root(file), name, text);
  free(text);
  return FV_OK;
}

static fv_status add_extras(fv__hdf5_draft *file, const fv__keras_draft *draft) {
  char *text;
  TRY(fv__keras_extras_text(&text, draft));
  if (text) fv__hdf5_add_text(file, fv__hdf5_draft_root(file), "fovea", text);
  free(text);
  return FV_OK;
}

static fv_status fill(fv__hdf5_draft *file, const fv__keras_draft *draft) {
  json_t *config, *compile = NULL;
  fv__hdf5_node *root = fv__hdf5_draft_root(file);
  TRY(fv__keras_compose(&config, draft));
  fv__hdf5_add_text(file, root, "keras_version", fv__keras_draft_version(draft));
  fv__hdf5_add_text(file, root, "backend", "tensorflow");
  fv_status status = add_json(file, "model_config", config);
  if (!status) status = fv__keras_compile(&compile, draft);
  if (!status) status = add_json(file, "training_config", compile);
  if (!status) status = add_extras(file, draft);
  json_decref(config);
  json_decref(compile);
  if (!status) status = fv__keras_store_by_layer(file, fv__hdf5_add_group(file, root, "model_weights"), draft);
  if (!status) status = fv__keras_store_training(file, draft);
  const fv__save *save = draft->save;
  return status || !save->add ? status : save->add(save->context, file);
}

static fv_status save(const fv__save *save, FILE *stream) {
  fv__hdf5_draft *file;
  fv__keras_draft draft;
  TRY(fv__save_float32(save));
  TRY(fv__hdf5_draft_create(&file));
  fv_status status = fv__keras_draft_begin(&draft, save, FV__KERAS_2);
  if (!status) status = fill(file, &draft);
  if (!status) status = fv__hdf5_draft_finish(file);
  if (!status) fv__hdf5_draft_write(file, &(fv__sink){.stream = stream});
  fv__keras_draft_end(&draft);
  fv__hdf5_draft_destroy(file);
  return status;
}

const fv__format fv__format_keras_h5 = {
    .facts = {"keras_h5", ".h5 .hdf5", "whole models and weights of Keras 1, 2 and 3, in HDF5"},
    .probe = probe,
    .load = load,
    .load_weights = load_weights,
    .load_weights_with = load_weights_with,
    .open_state = fv__keras_open_state,
    .save = save,
};
