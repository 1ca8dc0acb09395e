/* MODEL: a word that names a file or a network of the zoo. A word with a '/' or a '.' is a file; another word is a
 * network when the zoo has it, else a file.
 */
#include "model_argument.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <fovea/file.h>
#include <fovea/image.h>
#include <fovea/labels.h>
#include <fovea/preprocessing.h>
#include <fovea/zoo.h>

#include "official.h"
#include "suggest.h"

enum { SENTENCE_SIZE = 512 };

static int unknown_network(const char *argument) {
  suggestion nearest = suggest_begin(argument);
  for (int32_t i = 0; fv_zoo_at(i); i++) suggest_offer(&nearest, fv_zoo_at(i)->name);
  if (nearest.name[0]) return command_usage("%s: no such network; did you mean %s?", argument, nearest.name);
  return command_usage("%s: no such network; `fovea models` lists them", argument);
}

static int unknown_model(const char *argument) {
  suggestion nearest = suggest_begin(argument);
  for (int32_t i = 0; fv_zoo_at(i); i++) suggest_offer(&nearest, fv_zoo_at(i)->name);
  if (nearest.name[0])
    command_usage("%s: no such file, and no such network; did you mean %s?", argument, nearest.name);
  else
    command_usage("%s: no such file, and no such network; `fovea models` lists the networks", argument);
  return COMMAND_BAD_INPUT;
}

/* Options that shape a network of the zoo say nothing to a model that comes from a file. */
static int refuse_zoo_options(const model_options *o) {
  const char *given = o->no_top                  ? "--no-top"
                      : o->pooling               ? "--pooling"
                      : o->classifier_activation ? "--classifier-activation"
                      : o->input_shape[0]        ? "--input-shape"
                      : o->classes               ? "--classes"
                      : o->alpha > 0             ? "--alpha"
                      : o->auxiliary             ? "--auxiliary"
                                                 : NULL;
  return given ? command_usage("%s goes with a network of the zoo, not with a model file", given) : COMMAND_OK;
}

static bool is_rule(const char *weights) { return !strncmp(weights, "by-name:", 8) || !strncmp(weights, "random:", 7); }

/* A model file brings its own weights unless others are asked for. */
static fv_status load_file(fv_model **model, const char *path, const char *weights, const fv_model_load_options *how) {
  fv_model_load_options load = *how;
  load.without_weights |= weights != NULL;
  fv_status status = fv_model_load(model, path, &load);
  if (status || !weights) return status;
  if (is_rule(weights)) return fv_model_initialize(*model, weights);
  return fv_model_load_weights_with(*model, weights, &(fv_weights_options){.as_it_is = how->as_it_is});
}

static fv_status build_network(fv_model **model, const char *name, const model_options *o, const char *weights,
                               bool as_it_is) {
  fv_zoo_options options = {.weights = weights,
                            .no_top = o->no_top,
                            .pooling = o->pooling,
                            .classes = o->classes,
                            .alpha = o->alpha,
                            .auxiliary = o->auxiliary,
                            .as_it_is = as_it_is,
                            .classifier_activation = o->classifier_activation};
  memcpy(options.input_shape, o->input_shape, sizeof options.input_shape);
  return fv_zoo_build(model, name, &options);
}

/* An official file of weights that is given instead of a network stands for the network it belongs to. Another file
 * fails with `status` and the sentence of its own. Only files that have an official name are looked at: libcrypto, once
 * it is used, reads its configuration, and opening a model opens no other file. */
static fv_status load_official(fv_model **model, const char *path, bool as_it_is, fv_status status) {
  char sentence[SENTENCE_SIZE];
  official known;
  snprintf(sentence, sizeof sentence, "%s", fv_error_message());
  if (!official_has_name(path)) return status;
  if (official_recognise(&known, path) || !known.weights) return fv_error_set(status, sentence);
  model_options o = {.no_top = known.weights->no_top, .alpha = known.weights->alpha};
  for (int i = 0; i < 3 && known.weights->side; i++) o.input_shape[i] = i < 2 ? known.weights->side : 3;
  return build_network(model, known.network, &o, path, as_it_is);
}

/* Reads --crop by the rules of every other number. */
static fv_status read_crop(double *crop, const char *text) {
  static const fv_option option = {"crop", FV_OPTION_FLOAT, 0, "0", 0, 1, NULL, "part of the shorter side"};
  return fv_option_set(crop, &option, text);
}

static int check_method(const char *method) {
  suggestion nearest = suggest_begin(method);
  for (int32_t i = 0; fv_image_resize_method(i); i++) {
    if (!strcmp(fv_image_resize_method(i), method)) return COMMAND_OK;
    suggest_offer(&nearest, fv_image_resize_method(i));
  }
  if (nearest.name[0]) return command_usage("--resize has no method '%s'; did you mean %s?", method, nearest.name);
  return command_usage("--resize has no method '%s'; `fovea help resize` lists them", method);
}

/* What the options say about pictures goes over what the model says. */
int model_set_pictures(fv_model *model, const model_options *o) {
  fv_preprocessing p = fv_model_preprocessing(model);
  if (o->preprocess) {
    fv_pair size = p.size;
    if (fv_preprocessing_parse(&p, o->preprocess)) return command_usage("--preprocess: %s", fv_error_message());
    p.size = size;
  }
  if (o->resize) {
    int status = check_method(o->resize);
    if (status) return status;
    snprintf(p.resize, sizeof p.resize, "%s", o->resize);
  }
  if (o->crop && read_crop(&p.crop, o->crop)) return command_usage("--%s", fv_error_message());
  fv_status status = fv_model_set_preprocessing(model, &p);
  if (!status && o->labels) status = fv_model_read_labels(model, o->labels);
  return status ? command_fail(status) : COMMAND_OK;
}

static int open_model(fv_model **model, const char *argument, const model_options *options, const char *weights,
                      const fv_model_load_options *how) {
  bool is_path = strpbrk(argument, "/.") != NULL;
  bool from_zoo = !is_path && fv_zoo_find(argument);
  *model = NULL;
  if (!from_zoo && access(argument, F_OK)) return unknown_model(argument);
  int status = from_zoo ? COMMAND_OK : refuse_zoo_options(options);
  if (status) return status;
  if (options->weights) weights = options->weights;
  fv_status opened = from_zoo ? build_network(model, argument, options, weights, how->as_it_is)
                              : load_file(model, argument, options->weights, how);
  if (opened == FV_ERROR_UNSUPPORTED && !from_zoo && !options->weights)
    opened = load_official(model, argument, how->as_it_is, opened);
  if (opened && !from_zoo && how->unbuilt && *how->unbuilt) return COMMAND_OK;
  status = opened ? command_fail(opened) : model_set_pictures(*model, options);
  bool from_file = !from_zoo || (options->weights && !is_rule(options->weights));
  if (opened == FV_ERROR_SHAPE && !from_file) status = COMMAND_USAGE; /* the options do not fit each other */
  if (status == COMMAND_OK) return COMMAND_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return status;
}

int model_open(fv_model **model, const char *argument, const model_options *options) {
  return open_model(model, argument, options, "imagenet", &(fv_model_load_options){.without_weights = false});
}

int model_open_as_it_is(fv_model **model, const char *argument, const model_options *options) {
  return open_model(model, argument, options, "imagenet", &(fv_model_load_options){.as_it_is = true});
}

int model_open_for_structure(fv_model **model, const char *argument, const model_options *options, bool with_training,
                             fv_outline **unbuilt) {
  if (unbuilt) *unbuilt = NULL;
  return open_model(
      model, argument, options, NULL,
      &(fv_model_load_options){.without_weights = true, .with_training = with_training, .unbuilt = unbuilt});
}

int model_open_to_convert(fv_model **model, const char *argument, const model_options *options) {
  return open_model(model, argument, options, "imagenet", &(fv_model_load_options){.with_training = true});
}

int model_open_new(fv_model **model, const char *argument, const model_options *options) {
  if (!fv_zoo_find(argument)) {
    *model = NULL;
    return unknown_network(argument);
  }
  return open_model(model, argument, options, "random:1", &(fv_model_load_options){.without_weights = false});
}

static void show_remarks(const char *path, const fv_save_report *report) {
  for (const char *line = report->texts; *line && !command_quiet();) {
    int length = (int)strcspn(line, "\n");
    command_error(COMMAND_OK, "%s: %.*s", path, length, line);
    line += length + (line[length] == '\n');
  }
}

int model_write(const fv_model *model, const char *path, const char *format, const char *dtype) {
  fv_save_report report;
  fv_status status =
      fv_model_save(model, path, &(fv_model_save_options){.format = format, .dtype = dtype, .report = &report});
  if (status == FV_ERROR_INVALID) return command_fail(status);
  if (status) return command_fail_output(status);
  show_remarks(path, &report);
  return COMMAND_OK;
}
