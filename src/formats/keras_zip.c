/* Keras's .keras: a zip with metadata.json (keras_version), config.json and model.weights.h5, which is read in place
 * when it is stored, as Keras does. The member fovea.json, which Keras ignores, holds preprocessing and class names.
 */
#include <stdlib.h>
#include <string.h>

#include <fovea/preprocessing.h>

#include "base/fail.h"
#include "base/zip.h"
#include "base/zip_write.h"
#include "formats/format.h"
#include "formats/hdf5/hdf5.h"
#include "formats/keras/keras.h"
#include "formats/keras/write.h"
#include "formats/torch/torch.h"
#include "model/flaws.h"

enum { JSON_BYTES_MAX = 8 << 20 };

static bool probe(const uint8_t *bytes, size_t size) {
  return size >= 4 && !memcmp(bytes, "PK\3\4", 4) && !fv__torch_probe_zip(bytes, size) &&
         !fv__zip_first_ends_with(bytes, size, ".npy");
}

/* A member's text, or FV_ERROR_NOT_FOUND. free() it. */
static fv_status read_text(fv__zip *zip, char **text, const char *name) {
  int32_t index = fv__zip_find(zip, name);
  *text = NULL;
  if (index < 0) return fail(FV_ERROR_NOT_FOUND, "no member '%s' in the zip", name);
  return fv__zip_read(zip, index, text, JSON_BYTES_MAX);
}

static fv_status version_of(int *version, fv__zip *zip) {
  char *text;
  json_t *metadata = NULL;
  *version = 3;
  fv_status status = read_text(zip, &text, "metadata.json");
  if (status == FV_ERROR_NOT_FOUND) return FV_OK;
  if (!status) status = fv__json_read(&metadata, text, strlen(text));
  if (!status) *version = fv__keras_major_version(json_string_value(json_object_get(metadata, "keras_version")));
  json_decref(metadata);
  free(text);
  return status ? note(status, "metadata.json") : FV_OK;
}

/* model.weights.h5; end it with fv__hdf5_close and fv__source_close. */
static fv_status open_weights(fv__hdf5 **file, fv__source *member, fv__zip *zip) {
  int32_t index = fv__zip_find(zip, "model.weights.h5");
  if (index < 0) {
    if (fv__zip_find(zip, "model.weights.npz") >= 0 || fv__zip_find(zip, "model.weights.json") >= 0)
      return fail(FV_ERROR_UNSUPPORTED, "weights in another form than model.weights.h5");
    return fail(FV_ERROR_FORMAT, "no member 'model.weights.h5' in the zip");
  }
  TRY(fv__zip_member(member, zip, index));
  fv_status status = fv__zip_check(member);
  if (!status) status = fv__hdf5_open(file, member);
  if (status) fv__source_close(member);
  return status;
}

/* What a load wants of model.weights.h5. */
static fv_status read_weights(fv_model *model, fv__zip *zip, const fv__keras_network *network, int version,
                              const fv_model_load_options *options) {
  if (options->without_weights && !options->with_training) return FV_OK;
  fv__source member;
  fv__hdf5 *file;
  TRY(open_weights(&file, &member, zip));
  fv_status status = FV_OK;
  if (!options->without_weights) status = fv__keras_weights_by_class(model, file, network);
  if (!status && options->with_training)
    status = fv__keras_training(model, json_object_get(network->json, "compile_config"), file, version);
  fv__hdf5_close(file);
  fv__source_close(&member);
  return status;
}

static fv_status read_feeding(fv_model *model, fv__zip *zip) {
  char *text;
  fv_status status = read_text(zip, &text, "fovea.json");
  if (status == FV_ERROR_NOT_FOUND) return FV_OK;
  if (!status) status = fv__keras_take_extras(model, text);
  free(text);
  return status ? note(status, "fovea.json") : FV_OK;
}

static fv_status read_model(fv_model **model, fv__zip *zip, const fv_model_load_options *options) {
  char *config;
  int version;
  fv_status status = read_text(zip, &config, "config.json");
  if (status == FV_ERROR_NOT_FOUND) return fail(FV_ERROR_FORMAT, "a zip without Keras's config.json");
  if (status) return status;
  fv__keras_network network = {.json = NULL};
  status = version_of(&version, zip);
  if (!status)
    status = fv__keras_build(model, &network, &(fv__keras_text){config, strlen(config), version, options->as_it_is});
  if (status) status = fv__keras_outline_unbuilt(&network, version, options, status);
  if (!status) status = fv__model_forgive_all(*model, read_weights(*model, zip, &network, version, options));
  if (!status) status = read_feeding(*model, zip);
  fv__keras_network_free(&network);
  free(config);
  return status;
}

static fv_status load(fv_model **model, const fv__source *source, const fv_model_load_options *options) {
  fv__zip *zip;
  *model = NULL;
  TRY(fv__zip_open(&zip, source));
  fv_status status = read_model(model, zip, options);
  fv__zip_close(zip);
  if (!status) return FV_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return status;
}

static fv_status load_weights(fv_model *model, const fv__source *source) {
  static const fv_model_load_options weights_alone = {.with_training = false};
  fv__zip *zip;
  TRY(fv__zip_open(&zip, source));
  fv__keras_network network = {.json = NULL};
  fv_status status = fv__keras_network_of(&network, model);
  if (!status) status = read_weights(model, zip, &network, 3, &weights_alone);
  fv__keras_network_free(&network);
  fv__zip_close(zip);
  return status;
}

/* The members: texts, and the weights as a file of their own. */
struct members {
  char *metadata, *config, *extras;
  fv__hdf5_draft *weights;
};

static void write_weights(void *context, fv__sink *sink) { fv__hdf5_draft_write(context, sink); }

static fv_status make_config(char **text, const fv__keras_draft *draft) {
  json_t *config, *compile = NULL;
  TRY(fv__keras_compose(&config, draft));
  fv_status status = fv__keras_compile(&compile, draft);
  if (!status && compile && json_object_set(config, "compile_config", compile))
    status = fail(FV_ERROR_MEMORY, "no memory for the model's configuration");
  if (!status) status = fv__keras_json_text(text, config);
  json_decref(config);
  json_decref(compile);
  return status;
}

/* The date is always the same, so that the file is. */
static fv_status make_members(struct members *m, const fv__keras_draft *draft) {
  json_t *metadata =
      json_pack("{s:s, s:s}", "keras_version", fv__keras_draft_version(draft), "date_saved", "1980-01-01@00:00:00");
  fv_status status = fv__keras_json_text(&m->metadata, metadata);
  json_decref(metadata);
  if (!status) status = make_config(&m->config, draft);
  if (!status) status = fv__keras_extras_text(&m->extras, draft);
  if (!status) status = fv__hdf5_draft_create(&m->weights);
  if (!status) status = fv__keras_store_by_class(m->weights, draft, true);
  if (!status) status = fv__keras_store_training(m->weights, draft);
  return status ? status : fv__hdf5_draft_finish(m->weights);
}

static fv_status write_members(const struct members *m, FILE *stream) {
  const fv__zip_member_draft members[] = {{"metadata.json", fv__zip_put_text, m->metadata},
                                          {"config.json", fv__zip_put_text, m->config},
                                          {"model.weights.h5", write_weights, m->weights},
                                          {"fovea.json", fv__zip_put_text, m->extras}};
  return fv__zip_write(&(fv__sink){.stream = stream}, members, m->extras ? 4 : 3);
}

static fv_status save(const fv__save *save, FILE *stream) {
  struct members m = {0};
  fv__keras_draft draft;
  TRY(fv__save_float32(save));
  fv_status status = fv__keras_draft_begin(&draft, save, FV__KERAS_3);
  if (!status) status = make_members(&m, &draft);
  if (!status) status = write_members(&m, stream);
  fv__hdf5_draft_destroy(m.weights);
  fv__keras_draft_end(&draft);
  free(m.metadata);
  free(m.config);
  free(m.extras);
  return status;
}

const fv__format fv__format_keras_zip = {
    .facts = {"keras_zip", ".keras", "whole models of Keras 3 (and late Keras 2), a zip"},
    .probe = probe,
    .load = load,
    .load_weights = load_weights,
    .open_state = fv__keras_open_state,
    .save = save,
};
