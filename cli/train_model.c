/* Choosing the network. Without --model: small pictures get LeNet-5; others a network whose ImageNet weights lie on
 * this machine, for the few photos of a folder teach a new network little. */
#include "train_model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/file.h>
#include <fovea/head.h>
#include <fovea/labels.h>
#include <fovea/preprocessing.h>
#include <fovea/zoo.h>

enum { SMALL = 64, PATH_SIZE = 4096 };

static bool is_random(const char *weights) {
  return weights && (!strncmp(weights, "random", 6) || !strncmp(weights, "by-name", 7));
}

/* ---- networks of the zoo */

static int32_t classes_of(const fv_dataset *set) { return fv_dataset_class_count(set); }

static int build_whole(train_model *m, const train_options *o, const char *name, const int32_t *shape,
                       const fv_dataset *set) {
  char rule[32];
  snprintf(rule, sizeof rule, "random:%" PRId32, o->seed);
  fv_zoo_options options = {.weights = is_random(o->model.weights) ? o->model.weights : rule,
                            .classes = classes_of(set),
                            .alpha = o->model.alpha};
  for (int i = 0; i < 3; i++) options.input_shape[i] = o->model.input_shape[0] ? o->model.input_shape[i] : shape[i];
  const fv_status failed = fv_zoo_build(&m->model, name, &options);
  if (failed) return command_fail(failed);
  m->kind = TRAIN_SCRATCH;
  snprintf(m->what, sizeof m->what, "%s, from new weights", fv_zoo_find(name)->name);
  return COMMAND_OK;
}

static const char *weights_of(const char *name, const train_options *o) {
  if (o->model.weights) return o->model.weights;
  return fv_zoo_find(name)->has_imagenet ? "imagenet" : "random:1";
}

/* Weights of the whole network serve the one without its classifier too, layer by layer. */
static fv_status build_base(fv_model **base, const char *name, const train_options *o) {
  fv_zoo_options options = {.weights = weights_of(name, o), .no_top = true, .alpha = o->model.alpha};
  memcpy(options.input_shape, o->model.input_shape, sizeof options.input_shape);
  const fv_status first = fv_zoo_build(base, name, &options);
  if (!first) return FV_OK;
  char sentence[512], path[PATH_SIZE];
  snprintf(sentence, sizeof sentence, "%s", fv_error_message());
  fv_zoo_options whole = {.alpha = o->model.alpha};
  fv_status status = FV_OK;
  if (!strcmp(options.weights, "imagenet"))
    status = fv_zoo_find_weights(path, sizeof path, name, &whole);
  else
    snprintf(path, sizeof path, "%s", options.weights);
  options.weights = NULL;
  if (!status) status = fv_zoo_build(base, name, &options);
  if (!status) {
    fv_weights_report report = {0};
    status = fv_model_load_weights_with(*base, path, &(fv_weights_options){.by_name = true, .report = &report});
    if (!status && !report.missing && report.loaded) return FV_OK;
    fv_model_destroy(*base);
    *base = NULL;
  }
  return fv_error_set(first, sentence);
}

/* Keras's load_weights(by_name=True): layers that the file has too begin with its numbers, the others anew. */
static fv_status build_by_name(fv_model **base, const char *name, const train_options *o, fv_weights_report *report) {
  char rule[32], sentence[512];
  snprintf(rule, sizeof rule, "random:%" PRId32, o->seed);
  fv_zoo_options options = {.weights = rule, .no_top = true, .alpha = o->model.alpha};
  memcpy(options.input_shape, o->model.input_shape, sizeof options.input_shape);
  fv_status status = fv_zoo_build(base, name, &options);
  if (!status)
    status =
        fv_model_load_weights_with(*base, o->model.weights, &(fv_weights_options){.by_name = true, .report = report});
  if (status || report->loaded) return status;
  snprintf(sentence, sizeof sentence, "%.300s: none of its layers has the name of one of %.100s", o->model.weights,
           name);
  return fv_error_set(FV_ERROR_NOT_FOUND, sentence);
}

static int add_head(train_model *m, const train_options *o, fv_model *base, const fv_dataset *set) {
  const fv_status failed = fv_model_with_head(&m->model, base, o->head, classes_of(set), (uint64_t)o->seed);
  fv_model_destroy(base);
  return failed ? command_fail(failed) : COMMAND_OK;
}

static int build_transfer(train_model *m, const train_options *o, const char *name, const fv_dataset *set) {
  fv_model *base = NULL;
  const fv_status failed = build_base(&base, name, o);
  if (failed) return command_fail(failed);
  const char *weights = weights_of(name, o);
  m->kind = is_random(weights) ? TRAIN_SCRATCH : TRAIN_TRANSFER;
  snprintf(m->what, sizeof m->what, "%s with weights %.100s and a new head", fv_zoo_find(name)->name, weights);
  return add_head(m, o, base, set);
}

static int build_transfer_by_name(train_model *m, const train_options *o, const char *name, const fv_dataset *set) {
  fv_model *base = NULL;
  fv_weights_report report = {0};
  const fv_status failed = build_by_name(&base, name, o, &report);
  if (failed) {
    fv_model_destroy(base);
    return command_fail(failed);
  }
  m->kind = report.missing ? TRAIN_SCRATCH : TRAIN_TRANSFER;
  const char *slash = strrchr(o->model.weights, '/');
  snprintf(m->what, sizeof m->what, "%s with %" PRId32 " of its %" PRId32 " layers from %.70s%s, and a new head",
           fv_zoo_find(name)->name, report.loaded, report.loaded + report.missing, slash ? slash + 1 : o->model.weights,
           report.missing ? ", the others new" : "");
  return add_head(m, o, base, set);
}

static int take_network(train_model *m, const train_options *o, const fv_dataset *set) {
  const fv_zoo_entry *entry = fv_zoo_find(o->network);
  const bool is_trained = o->model.weights ? !is_random(o->model.weights) : entry->has_imagenet;
  if (o->by_name) return build_transfer_by_name(m, o, o->network, set);
  if (is_trained || o->head) return build_transfer(m, o, o->network, set);
  const fv_shape shape = fv_dataset_shape(set);
  int32_t own[3] = {0};
  for (int i = 0; i < 3 && shape.rank == 3 && shape.dims[0] <= SMALL; i++) own[i] = (int32_t)shape.dims[i];
  return build_whole(m, o, o->network, own, set);
}

/* ---- model files */

/* Whether the model's classifier is one for these classes: as many, and of the same names where it has names. */
static bool has_classes(const fv_model *model, const fv_dataset *set) {
  const fv_shape output = fv_model_output_shape(model, 0);
  if (fv_model_output_count(model) != 1 || output.rank != 2 || output.dims[1] != classes_of(set)) return false;
  const int32_t named = fv_model_label_count(model);
  for (int32_t i = 0; i < named; i++)
    if (strcmp(fv_model_label(model, i).name, fv_dataset_class_name(set, i)) != 0) return false;
  return true;
}

static int take_file(train_model *m, const train_options *o, const fv_dataset *set) {
  fv_model *base = NULL;
  const int status = model_open(&base, o->network, &o->model);
  if (status) return status;
  if (!o->head && has_classes(base, set)) {
    m->model = base;
    m->kind = TRAIN_ON;
    snprintf(m->what, sizeof m->what, "%.140s as it is", o->network);
    return COMMAND_OK;
  }
  m->kind = is_random(o->model.weights) ? TRAIN_SCRATCH : TRAIN_TRANSFER;
  snprintf(m->what, sizeof m->what, "%.140s with a new head", o->network);
  return add_head(m, o, base, set);
}

/* ---- no network named */

static bool has_weights(const char *name, double alpha) {
  char path[PATH_SIZE];
  fv_zoo_options options = {.alpha = alpha};
  return fv_zoo_find_weights(path, sizeof path, name, &options) == FV_OK;
}

static int build_small(train_model *m, const train_options *o, const int32_t *shape, const fv_dataset *set) {
  if (o->head) return command_usage("--head needs --model NAME: %s", m->why);
  return build_whole(m, o, "LeNet5", shape, set);
}

static int choose(train_model *m, const train_options *o, const fv_dataset *set) {
  const fv_shape shape = fv_dataset_shape(set);
  const bool is_small = shape.rank == 3 && shape.dims[0] <= SMALL && shape.dims[1] <= SMALL;
  if (is_small) {
    const int32_t own[3] = {(int32_t)shape.dims[0], (int32_t)shape.dims[1], (int32_t)shape.dims[2]};
    snprintf(m->why, sizeof m->why, "pictures of %" PRId64 " x %" PRId64 " are small: a small network suits them",
             shape.dims[0], shape.dims[1]);
    return build_small(m, o, own, set);
  }
  static const double alphas[] = {1, 0.75, 0.5, 0.25};
  train_options chosen = *o;
  const char *found = has_weights("EfficientNetLite0", 0) ? "EfficientNetLite0" : NULL;
  for (size_t i = 0; i < sizeof alphas / sizeof *alphas && !found; i++)
    if (has_weights("MobileNet", alphas[i])) {
      found = "MobileNet";
      chosen.model.alpha = alphas[i];
    }
  if (found || o->model.weights) {
    snprintf(m->why, sizeof m->why, "its weights are on this machine");
    return build_transfer(m, &chosen, found ? found : "EfficientNetLite0", set);
  }
  static const int32_t small[3] = {SMALL, SMALL, 3};
  snprintf(
      m->why, sizeof m->why,
      "no trained network is on this machine (`make demo` or `fovea pull MobileNet` fetches one, and photos are told "
      "apart much better then): pictures are made %d x %d",
      SMALL, SMALL);
  return build_small(m, o, small, set);
}

/* ---- how it is fed, what is frozen */

static int tell_feeding(train_model *m, const train_options *o) {
  char word[80];
  model_options how = o->model;
  if (o->rescale && o->model.preprocess) return command_usage("--rescale and --preprocess exclude each other");
  if (o->rescale) {
    snprintf(word, sizeof word, "scale:%.60s", o->rescale);
    how.preprocess = word;
  }
  const int status = model_set_pictures(m->model, &how);
  if (status) return status;
  const fv_preprocessing p = fv_model_preprocessing(m->model);
  if (p.mode == FV_PREPROCESSING_UNSET)
    return command_usage("nobody has said how this network is fed; --rescale 1/255 or --preprocess does");
  const fv_status failed = fv_model_set_preprocessing(m->model, &p);
  return failed ? command_fail(failed) : COMMAND_OK;
}

static int tell_classes(fv_model *model, const fv_dataset *set) {
  fv_label labels[1000];
  const int32_t count = classes_of(set);
  if (count > 1000) return COMMAND_OK; /* fv_fit names them too */
  for (int32_t i = 0; i < count; i++) labels[i] = (fv_label){"", fv_dataset_class_name(set, i)};
  const fv_status failed = fv_model_set_labels(model, labels, count);
  return failed ? command_fail(failed) : COMMAND_OK;
}

int train_model_make(train_model *m, const train_options *o, const fv_dataset *set) {
  *m = (train_model){.model = NULL};
  const bool from_zoo = o->network && !strpbrk(o->network, "/.") && fv_zoo_find(o->network);
  if (o->by_name && (!from_zoo || !o->model.weights || is_random(o->model.weights)))
    return command_usage("--by-name is for a network of the zoo and a file of weights: --model VGG16 --weights FILE");
  int status = !o->network ? choose(m, o, set) : from_zoo ? take_network(m, o, set) : take_file(m, o, set);
  if (status == COMMAND_OK) status = tell_feeding(m, o);
  if (status == COMMAND_OK) status = tell_classes(m->model, set);
  if (status) return status;
  const char *freeze = o->freeze ? o->freeze : m->kind == TRAIN_TRANSFER ? "all-but-head" : NULL;
  const fv_status failed = freeze ? fv_model_freeze_to(m->model, freeze) : FV_OK;
  if (failed) return command_usage("--freeze: %s", fv_error_message());
  if (!fv_model_trainable_parameters(m->model))
    return command_usage("nothing is left to train: all layers with weights are frozen");
  return COMMAND_OK;
}

fv_status train_model_thaw(fv_model *model) {
  const int32_t count = fv_model_layer_count(model);
  return fv_model_unfreeze(model, count - count / 3, INT32_MAX);
}

char *train_model_frozen(char *text, size_t size, const fv_model *model, int32_t *layers, int64_t *parameters) {
  const char *last = "";
  size_t used = 0;
  *layers = 0;
  *parameters = 0;
  text[0] = 0;
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    const fv_layer_info layer = fv_model_layer(model, i);
    if (!layer.frozen || !layer.weight_count) continue;
    ++*layers;
    *parameters += layer.parameters;
    last = layer.name;
    if (*layers <= 4 && used < size)
      used += (size_t)snprintf(text + used, size - used, "%s%s", *layers > 1 ? ", " : "", layer.name);
  }
  if (*layers > 4 && used < size) snprintf(text + used, size - used, " ... %s", last);
  return text;
}

/* ---- of detectors and segmenters */

bool train_model_has_official(const char *backbone, double alpha) {
  char path[PATH_SIZE];
  return fv_zoo_find_weights(path, sizeof path, backbone, &(fv_zoo_options){.alpha = alpha}) == FV_OK ||
         fv_zoo_find_weights(path, sizeof path, backbone, &(fv_zoo_options){.alpha = alpha, .no_top = true}) == FV_OK;
}

int train_model_freeze_too(fv_model *model, const char *word) {
  const int32_t count = fv_model_layer_count(model);
  if (!word) return COMMAND_OK;
  bool *was = calloc((size_t)count, sizeof *was);
  if (!was) return command_error(COMMAND_RESOURCES, "no memory for a list of layers");
  for (int32_t i = 0; i < count; i++) was[i] = fv_model_layer(model, i).frozen;
  fv_status failed = fv_model_freeze_to(model, word);
  for (int32_t i = 0; i < count && !failed; i++)
    if (was[i]) failed = fv_model_freeze(model, i, i + 1);
  free(was);
  return failed ? command_usage("--freeze: %s", fv_error_message()) : COMMAND_OK;
}
