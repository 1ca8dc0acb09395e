/* Building a network by its name: options made complete, layers, weights. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fovea/file.h>

#include "base/text.h"
#include "zoo/network.h"

enum { PATH_BYTES = 4096 };

static const char *const poolings[] = {"none", "avg", "max"};
static const char *const activations[] = {"softmax", "none"};

static const fv_option table[] = {
    {"weights", FV_OPTION_TEXT, offsetof(fv_zoo_options, weights), NULL, 0, 0, NULL,
     "imagenet, a file, by-name:SEED or random:SEED"},
    {"include_top", FV_OPTION_NOT_BOOL, offsetof(fv_zoo_options, no_top), "true", 0, 0, NULL, "with the classifier"},
    {"input_shape", FV_OPTION_INTS, offsetof(fv_zoo_options, input_shape), "224,224,3", -1, 1 << 20, NULL,
     "height, width and channels; the network's own unless given"},
    {"pooling", FV_OPTION_TEXT, offsetof(fv_zoo_options, pooling), "none", 0, 0, NULL,
     "without the classifier: avg or max over the image"},
    {"classes", FV_OPTION_INT, offsetof(fv_zoo_options, classes), "1000", 1, 1 << 24, NULL,
     "outputs of the classifier; the network's own number unless given"},
    {"alpha", FV_OPTION_FLOAT, offsetof(fv_zoo_options, alpha), "1", 0.01, 100, NULL, "width of MobileNet's layers"},
    {"classifier_activation", FV_OPTION_TEXT, offsetof(fv_zoo_options, classifier_activation), "softmax", 0, 0, NULL,
     "softmax or none"},
    {.name = NULL}};

const fv_option *fv_zoo_option_table(void) { return table; }

/* Equal but for capitals, '-' and '_'. */
static bool same_name(const char *a, const char *b) {
  for (;; a++, b++) {
    while (*a == '-' || *a == '_') a++;
    while (*b == '-' || *b == '_') b++;
    char x[2] = {*a, 0}, y[2] = {*b, 0};
    if (!fv__text_equal_ignoring_case(x, y)) return false;
    if (!*a) return true;
  }
}

static const fv__network *find(const char *name) {
  for (const fv__network *const *network = fv__network_table; name && *network; network++)
    if (same_name((*network)->entry.name, name)) return *network;
  return NULL;
}

const fv_zoo_entry *fv_zoo_find(const char *name) {
  const fv__network *network = find(name);
  return network ? &network->entry : NULL;
}

const fv_zoo_entry *fv_zoo_at(int32_t index) {
  for (const fv__network *const *network = fv__network_table; index >= 0 && *network; network++)
    if (index-- == 0) return &(*network)->entry;
  return NULL;
}

static fv_status not_found(const char *name) {
  char names[300] = "";
  size_t used = 0;
  for (const fv__network *const *network = fv__network_table; *network && used < sizeof names; network++)
    used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", (*network)->entry.name);
  return fail(FV_ERROR_NOT_FOUND, "there is no network '%s', expected one of %s", name ? name : "", names);
}

static fv_status one_of(const char *option, const char *value, const char *const *words, int count) {
  for (int i = 0; i < count; i++)
    if (!strcmp(value, words[i])) return FV_OK;
  return fail(FV_ERROR_INVALID, "%s must be %s or %s, not '%s'", option, words[count - 2], words[count - 1], value);
}

/* The network's own defaults, then the table's, then what the table cannot say. */
static fv_status complete(fv_zoo_options *o, const fv_zoo_entry *entry) {
  if (!o->input_shape[0]) {
    const int32_t own[] = {entry->height, entry->width, entry->channels};
    memcpy(o->input_shape, own, sizeof own);
  }
  if (!o->classes) o->classes = entry->classes;
  TRY(fv_options_complete(o, table));
  const int32_t *s = o->input_shape;
  if (!s[1] || !s[2] || s[3] || s[2] < 0)
    return fail(FV_ERROR_INVALID,
                "input_shape must be height, width and channels, such as %" PRId32 ",%" PRId32 ",%" PRId32,
                entry->height, entry->width, entry->channels);
  for (int i = 0; i < 2; i++)
    if (s[i] > 0 && s[i] < entry->smallest)
      return fail(FV_ERROR_SHAPE,
                  "input_shape %" PRId32 ",%" PRId32 " is too small, expected at least %" PRId32 " pixels", s[0], s[1],
                  entry->smallest);
  TRY(one_of("pooling", o->pooling, poolings, 3));
  TRY(one_of("classifier_activation", o->classifier_activation, activations, 2));
  if (o->alpha != 1 && !entry->takes_alpha) return fail(FV_ERROR_INVALID, "it has no alpha");
  return FV_OK;
}

static fv_status resolve(const fv__network **network, fv_zoo_options *complete_options, const char *name,
                         const fv_zoo_options *options) {
  *network = find(name);
  if (!*network) return not_found(name);
  *complete_options = options ? *options : (fv_zoo_options){.weights = NULL};
  fv_status status = complete(complete_options, &(*network)->entry);
  return status ? note(status, "%s", (*network)->entry.name) : FV_OK;
}

/* Folder `index` that may hold weights; false after the last. Empty text where the environment has none. */
static bool weights_folder(char *text, size_t size, int index) {
  const char *cache = getenv("FOVEA_CACHE"), *home = getenv("HOME");
  *text = '\0';
  if (index == 0 && cache && *cache)
    snprintf(text, size, "%s", cache);
  else if (index == 0 && home && *home)
    snprintf(text, size, "%s/.cache/fovea", home);
  else if (index == 1 && home && *home)
    snprintf(text, size, "%s/.keras/models", home);
  return index < 2;
}

static fv_status no_weights(const fv__network *network, const char *file) {
  char cache[PATH_BYTES];
  const char *source = network->weights_source;
  weights_folder(cache, sizeof cache, 0);
  if (!*cache) snprintf(cache, sizeof cache, "~/.cache/fovea");
  if (strncmp(source, "https://", 8) != 0)
    return fail(FV_ERROR_NOT_FOUND, "no %s in %.100s or ~/.keras/models; '%s' fetches it, --weights FILE names another",
                file, cache, source);
  if (strlen(cache) > 80) /* a command that is cut off helps nobody */
    return fail(FV_ERROR_NOT_FOUND, "no %s in the cache folder or ~/.keras/models; put %s%s there", file, source, file);
  const char *quote = *cache == '~' ? "" : "'"; /* a shell does not expand a quoted '~' */
  return fail(FV_ERROR_NOT_FOUND, "no %s in %s or ~/.keras/models; get it with: curl --create-dirs -Lo %s%s/%s%s %s%s",
              file, cache, quote, cache, file, quote, source, file);
}

static fv_status find_weights(char *path, size_t size, const fv__network *network, const fv_zoo_options *o) {
  char file[128], folder[PATH_BYTES];
  if (!network->weights_file) return fail(FV_ERROR_INVALID, "there are no ImageNet weights");
  TRY(network->weights_file(file, sizeof file, o));
  if (!o->no_top && o->classes != 1000)
    return fail(FV_ERROR_INVALID, "ImageNet weights have 1000 classes, not %" PRId32, o->classes);
  if (o->input_shape[2] != 3)
    return fail(FV_ERROR_INVALID, "ImageNet weights are for 3 channels, not %" PRId32, o->input_shape[2]);
  for (int i = 0; weights_folder(folder, sizeof folder, i); i++) {
    int length = *folder ? snprintf(path, size, "%s/%s", folder, file) : -1;
    if (length > 0 && (size_t)length < size && access(path, R_OK) == 0) return FV_OK;
  }
  return no_weights(network, file);
}

fv_status fv_zoo_find_weights(char *path, size_t size, const char *name, const fv_zoo_options *options) {
  const fv__network *network;
  fv_zoo_options o;
  TRY(resolve(&network, &o, name, options));
  fv_status status = find_weights(path, size, network, &o);
  return status ? note(status, "%s", network->entry.name) : FV_OK;
}

static bool is_rule(const char *weights) { return !strncmp(weights, "by-name:", 8) || !strncmp(weights, "random:", 7); }

static fv_status load_weights(fv_model *model, const fv__network *network, const fv_zoo_options *o) {
  char path[PATH_BYTES];
  if (!o->weights || !*o->weights) return FV_OK;
  if (is_rule(o->weights)) return fv_model_initialize(model, o->weights);
  if (strcmp(o->weights, "imagenet") != 0) return fv_model_load_weights(model, o->weights);
  TRY(find_weights(path, sizeof path, network, o));
  return fv_model_load_weights(model, path);
}

fv_status fv_zoo_build(fv_model **model, const char *name, const fv_zoo_options *options) {
  const fv__network *network;
  fv_zoo_options o;
  *model = NULL;
  TRY(resolve(&network, &o, name, options));
  fv_graph *graph = fv_graph_create();
  fv_value output = network->build(graph, &o);
  fv_status status = fv_model_create(model, graph, output);
  if (!status) status = load_weights(*model, network, &o);
  if (!status) return FV_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return note(status, "%s", network->entry.name);
}
