/* PyTorch's weights in a network whose layers are called as its modules: "layer1.0.conv1" is "layer1_0_conv1", leading
 * underscores are dropped ("_blocks.0._bn1": "blocks_0_bn1"). Whatever format the state came in.
 *
 *   weight, bias, running_mean, running_var -> kernel or gamma, bias or beta, moving_mean, moving_variance (order.c has
 *                                              the order of a kernel's numbers)
 *
 * A dict of several things is looked through: "state_dict/" and "module." before names are dropped. Two old spellings
 * are read: DenseNet's "norm.1" for norm1, and AlexNet's numbered modules, of which our layers have the paper's names.
 *
 * Tensors that no layer asks for may be a part that the network has been built without: the classifier, auxiliary
 * heads. They are reported. A tensor of a part that the network has otherwise ("layer3.22.conv1" where there is a
 * layer3) says that these are the weights of another network, which are refused even though all of the network's own
 * are there.
 */
#include "formats/torch/modules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/file.h>

#include "base/text.h"
#include "formats/keras/keras.h"
#include "formats/torch/torch.h"

enum { NAME_BYTES = 1024 };

static const char *const prefixes[] = {"state_dict/", "model_state_dict/", "model/", "module."};

static const struct {
  const char *ours, *theirs;
} parts[] = {{"kernel", "weight"},
             {"depthwise_kernel", "weight"},
             {"bias", "bias"},
             {"gamma", "weight"},
             {"beta", "bias"},
             {"moving_mean", "running_mean"},
             {"moving_variance", "running_var"}};

/* Layers of AlexNetTorchvision and torchvision's modules. */
static const struct {
  const char *layer, *module;
} alexnet[] = {{"conv1", "features_0"},  {"conv2", "features_3"}, {"conv3", "features_6"}, {"conv4", "features_8"},
               {"conv5", "features_10"}, {"fc6", "classifier_1"}, {"fc7", "classifier_4"}, {"fc8", "classifier_6"}};

static const char *without_prefixes(const char *theirs) {
  for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
    if (!strncmp(theirs, prefixes[i], strlen(prefixes[i]))) theirs += strlen(prefixes[i]);
  return theirs;
}

/* "denselayer1_norm_1/" -> "denselayer1_norm1/", as torchvision itself does with its old files. */
static void join_old_number(char *name) {
  static const char *const old[] = {"_norm_1/", "_norm_2/", "_relu_1/", "_relu_2/", "_conv_1/", "_conv_2/"};
  if (!strstr(name, "_denselayer")) return;
  for (size_t i = 0; i < sizeof old / sizeof *old; i++) {
    char *found = strstr(name, old[i]);
    if (found) memmove(found + 5, found + 6, strlen(found + 6) + 1);
  }
}

/* "state_dict/module._blocks.0._bn1.weight" -> "blocks_0_bn1/weight"; false for names that do not fit. */
static bool our_name(char name[NAME_BYTES], const char *theirs) {
  theirs = without_prefixes(theirs);
  const char *last = strrchr(theirs, '.');
  size_t used = 0;
  bool starts = true;
  for (const char *c = theirs; *c; c++) {
    if (used + 2 > NAME_BYTES) return false;
    if (starts && *c == '_') continue;
    starts = *c == '.';
    name[used++] = c == last ? '/' : *c == '.' ? '_' : *c;
  }
  name[used] = '\0';
  join_old_number(name);
  return true;
}

static int compare(const void *a, const void *b) {
  const fv__module *first = a, *second = b;
  int names = strcmp(first->name, second->name);
  return names ? names : (first->number > second->number) - (first->number < second->number);
}

static fv_status list_modules(fv__modules *modules, const fv_state *state) {
  modules->list = calloc((size_t)fv__state_count(state) + 1, sizeof *modules->list);
  if (!modules->list) return fail(FV_ERROR_MEMORY, "no memory for %" PRId32 " tensors", fv__state_count(state));
  for (int32_t i = 0; i < fv__state_count(state); i++) {
    char name[NAME_BYTES];
    const fv__state_tensor *tensor = fv__state_tensor_at(state, i);
    if (!our_name(name, tensor->name)) continue;
    fv__module *module = &modules->list[modules->count];
    *module = (fv__module){.name = strdup(name), .tensor = tensor, .number = i};
    if (!module->name) return fail(FV_ERROR_MEMORY, "no memory for names");
    modules->count++;
  }
  if (modules->count) qsort(modules->list, (size_t)modules->count, sizeof *modules->list, compare);
  return FV_OK;
}

static void free_modules(fv__modules *modules) {
  for (int32_t i = 0; i < modules->count; i++) free(modules->list[i].name);
  free(modules->list);
}

fv__module *fv__modules_find(const fv__modules *modules, const char *name) {
  int32_t first = 0, end = modules->count;
  while (first < end) {
    int32_t middle = first + (end - first) / 2;
    if (strcmp(modules->list[middle].name, name) < 0)
      first = middle + 1;
    else
      end = middle;
  }
  return first < modules->count && !strcmp(modules->list[first].name, name) ? &modules->list[first] : NULL;
}

static fv__module *find_part(const fv__modules *modules, const char *module, const char *part) {
  char name[NAME_BYTES];
  snprintf(name, sizeof name, "%.900s/%s", module, part);
  return fv__modules_find(modules, name);
}

/* The tensor for a weight, by the layer's name and what torch calls the weight; NULL when there is none. */
static fv__module *find_module(const fv__modules *modules, const char *layer, const char *weight) {
  const char *part = NULL;
  for (size_t i = 0; i < sizeof parts / sizeof *parts && !part; i++)
    if (!strcmp(parts[i].ours, weight)) part = parts[i].theirs;
  fv__module *found = part ? find_part(modules, layer, part) : NULL;
  for (size_t i = 0; i < sizeof alexnet / sizeof *alexnet && part && !found; i++)
    if (!strcmp(alexnet[i].layer, layer)) found = find_part(modules, alexnet[i].module, part);
  return found;
}

/* A load under way. */
struct load {
  fv_model *model;
  const fv_state *state;
  const fv_weights_options *options;
  fv__modules modules;
  fv__module **sources; /* of each weight; NULL: left as it is */
  fv_weights_report report;
};

static void report_name(struct load *l, int32_t *counter, const char *name) {
  size_t used = strlen(l->report.names), room = sizeof l->report.names - used;
  ++*counter;
  if (strlen(name) + 8 < room)
    snprintf(l->report.names + used, room, "%s%s", used ? ", " : "", name);
  else if (used >= 3 && strcmp(l->report.names + used - 3, "...") != 0)
    snprintf(l->report.names + used, room, " ...");
}

static fv_status check_weight(struct load *l, int32_t index) {
  const fv_weight_info weight = fv_model_weight(l->model, index);
  fv__module *found = find_module(&l->modules, fv_model_layer(l->model, weight.layer).name, weight.name);
  fv__torch_order order;
  fv_shape theirs;
  if (!found) return fail(FV_ERROR_NOT_FOUND, "the file has no tensor for it");
  TRY(fv__torch_find_order(&order, &theirs, l->model, index));
  if (!fv_shape_equal(&theirs, &found->tensor->shape)) {
    char wanted[96], shape[96];
    return fail(FV_ERROR_SHAPE, "expected shape %s, found %s in %.100s", fv_shape_text(wanted, sizeof wanted, &theirs),
                fv_shape_text(shape, sizeof shape, &found->tensor->shape), found->tensor->name);
  }
  l->sources[index] = found;
  return FV_OK;
}

/* Marks the tensors that a weight asks for: all that mean it, of which the first is read. */
static void mark_used(struct load *l, int32_t index) {
  const fv_weight_info weight = fv_model_weight(l->model, index);
  fv__module *found = find_module(&l->modules, fv_model_layer(l->model, weight.layer).name, weight.name);
  const fv__module *first = found, *end = l->modules.list + l->modules.count;
  for (; found && found < end && !strcmp(found->name, first->name); found++) found->used = true;
}

/* All weights of a layer have sources, or none. */
static fv_status check_layer(struct load *l, const fv_layer_info *layer) {
  fv_status status = FV_OK;
  for (int32_t i = 0; i < layer->weight_count; i++) mark_used(l, layer->weights[i]);
  for (int32_t i = 0; i < layer->weight_count && !status; i++) {
    status = check_weight(l, layer->weights[i]);
    if (status) status = note(status, "%s", fv_model_weight(l->model, layer->weights[i]).path);
  }
  const bool is_missing = status == FV_ERROR_NOT_FOUND && l->options->by_name;
  const bool is_mismatched = status == FV_ERROR_SHAPE && l->options->skip_mismatch;
  if (status && !is_missing && !is_mismatched) return status;
  for (int32_t i = 0; i < layer->weight_count && status; i++) l->sources[layer->weights[i]] = NULL;
  if (!status)
    l->report.loaded++;
  else
    report_name(l, is_missing ? &l->report.missing : &l->report.mismatched, layer->name);
  return FV_OK;
}

/* Heads that only training needs; torchvision's files have them. */
static bool is_auxiliary(const char *name) {
  static const char *const heads[] = {"AuxLogits_", "aux1_", "aux2_"};
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    if (!strncmp(name, heads[i], strlen(heads[i]))) return true;
  return false;
}

/* Whether the network has tensors of the part ("layer3") that this one belongs to. */
static bool belongs_to_used_part(const fv__modules *modules, const fv__module *module) {
  const char *name = without_prefixes(module->tensor->name);
  const size_t length = strcspn(name, ".") + 1; /* with its point */
  for (int32_t i = 0; i < modules->count; i++)
    if (modules->list[i].used && !strncmp(without_prefixes(modules->list[i].tensor->name), name, length)) return true;
  return false;
}

/* Tensors left over: refused or reported, module by module. What is deeper in a dict ("optimizer/state") is no
 * module's.
 */
static fv_status check_rest(struct load *l) {
  char before[NAME_BYTES] = "";
  for (int32_t i = 0; i < l->modules.count; i++) {
    const fv__module *module = &l->modules.list[i];
    const char *name = without_prefixes(module->tensor->name);
    if (module->used || strchr(name, '/') || !strchr(name, '.') || fv__text_ends_with(name, ".num_batches_tracked"))
      continue;
    if (!l->options->by_name && !is_auxiliary(module->name) && belongs_to_used_part(&l->modules, module))
      return fail(FV_ERROR_SHAPE, "the file has %.200s, which the network lacks: it is another network's",
                  module->tensor->name);
    char owner[NAME_BYTES];
    snprintf(owner, sizeof owner, "%.*s", (int)(strrchr(name, '.') - name), name);
    if (strcmp(owner, before) != 0) report_name(l, &l->report.unused, owner);
    memcpy(before, owner, sizeof before);
  }
  return FV_OK;
}

/* Pairs everything before any number is read. */
static fv_status check_all(struct load *l) {
  l->sources = calloc((size_t)fv_model_weight_count(l->model) + 1, sizeof *l->sources);
  if (!l->sources) return fail(FV_ERROR_MEMORY, "no memory for layers");
  for (int32_t i = 0; i < fv_model_layer_count(l->model); i++) {
    const fv_layer_info layer = fv_model_layer(l->model, i);
    if (layer.weight_count) TRY(check_layer(l, &layer));
  }
  return check_rest(l);
}

/* Puts in front of a refusal what the file is, when that is known. */
static fv_status explain(const struct load *l, fv_status status) {
  const fv__torch_network *known = fv__torch_recognise(&l->modules);
  if (!known || status == FV_ERROR_MEMORY) return status;
  if (!known->ours)
    return note(status, "these are weights of torchvision's %s, which is not in the zoo", known->theirs);
  return note(status, "these are weights of torchvision's %s, which is %s here (%s)", known->theirs, known->ours,
              known->nature);
}

static fv_status read_weight(struct load *l, int32_t index) {
  const fv__state_tensor *tensor = l->sources[index]->tensor;
  fv__torch_order order;
  fv_shape theirs;
  TRY(fv__torch_find_order(&order, &theirs, l->model, index));
  float *values = malloc((size_t)tensor->count * sizeof *values + 1); /* as many as the model's weight has */
  if (!values) return fail(FV_ERROR_MEMORY, "no memory for %" PRId64 " numbers", tensor->count);
  fv_status status = fv__state_read(l->state, values, tensor);
  if (!status) fv__torch_arrange(fv_model_weight_data(l->model, index), values, &order);
  if (!status) status = fv__weights_refuse(l->model, index, fv__weights_check_finite(values, tensor->count));
  free(values);
  return status;
}

static fv_status load_all(struct load *l) {
  TRY(list_modules(&l->modules, l->state));
  fv_status status = check_all(l);
  if (status) return explain(l, status);
  for (int32_t i = 0; i < fv_model_weight_count(l->model); i++) {
    if (!l->sources[i]) continue;
    status = read_weight(l, i);
    if (status) return note(status, "%s", fv_model_weight(l->model, i).path);
  }
  return FV_OK;
}

fv_status fv__torch_load_weights(fv_model *model, const fv_state *state, const fv_weights_options *options) {
  struct load l = {.model = model, .state = state, .options = options};
  if (options->backend)
    return fail(FV_ERROR_UNSUPPORTED, "weights of PyTorch have no backend, '%s' was asked for", options->backend);
  fv_status status = load_all(&l);
  if (options->report) *options->report = l.report;
  free_modules(&l.modules);
  free(l.sources);
  return status;
}
