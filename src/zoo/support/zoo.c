/* Building a network by its name: options made complete, layers, weights. The table has the first member of each
 * family; their `next` has the rest. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <fovea/file.h>
#include <fovea/preprocessing.h>

#include "base/text.h"
#include "graph/graph.h"
#include "zoo/support/zoo.h"

enum { PATH_BYTES = 4096 };

static const char *const poolings[] = {"none", "avg", "max"};
static const char *const backbones[] = {"MobileNet", "EfficientNetLite0"};
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
    {"alpha", FV_OPTION_FLOAT, offsetof(fv_zoo_options, alpha), "1", 0.01, 100, NULL,
     "width of MobileNet's layers, and of segmenters'"},
    {"classifier_activation", FV_OPTION_TEXT, offsetof(fv_zoo_options, classifier_activation), "softmax", 0, 0, NULL,
     "softmax or none"},
    {"backbone", FV_OPTION_TEXT, offsetof(fv_zoo_options, backbone), "MobileNet", 0, 0, NULL,
     "detectors, DeepLabV3Lite: MobileNet or EfficientNetLite0"},
    {"output_stride", FV_OPTION_INT, offsetof(fv_zoo_options, output_stride), "32", 16, 32, NULL,
     "MobileNet, EfficientNetLite: 16 keeps the size of the last stage, whose convolutions look further"},
    {"anchors", FV_OPTION_INTS, offsetof(fv_zoo_options, anchors), "6,6,6,6,6,6", 1, 64, NULL,
     "SSDLite: sizes in each cell of each of its maps, up to 6"},
    {"auxiliary", FV_OPTION_BOOL, offsetof(fv_zoo_options, auxiliary), "false", 0, 0, NULL,
     "with the auxiliary heads as further outputs"},
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

/* The network after `network` in the zoo; the first after NULL. `family` is the place in the table. */
static const fv__network *following(const fv__network *const **family, const fv__network *network) {
  if (!network) return *(*family = fv__network_table);
  return network->next ? network->next : *++*family;
}

const fv__network *fv__zoo_find(const char *name) {
  const fv__network *const *family;
  const fv__network *network = NULL;
  while (name && (network = following(&family, network)))
    if (same_name(network->entry.name, name)) return network;
  return NULL;
}

const fv_zoo_entry *fv_zoo_find(const char *name) {
  const fv__network *network = fv__zoo_find(name);
  return network ? &network->entry : NULL;
}

const fv_zoo_entry *fv_zoo_at(int32_t index) {
  const fv__network *const *family;
  const fv__network *network = NULL;
  while (index >= 0 && (network = following(&family, network)))
    if (index-- == 0) return &network->entry;
  return NULL;
}

/* Letters that two names begin with alike. */
static size_t alike(const char *a, const char *b) {
  size_t count = 0;
  for (; a[count] && b[count]; count++) {
    char x[2] = {a[count], 0}, y[2] = {b[count], 0};
    if (!fv__text_equal_ignoring_case(x, y)) break;
  }
  return count;
}

/* Names the networks that begin most like `name`. */
static fv_status not_found(const char *name) {
  char names[300] = "";
  size_t used = 0, best = 0;
  if (!name) name = "";
  for (int32_t i = 0; fv_zoo_at(i); i++) {
    size_t letters = alike(fv_zoo_at(i)->name, name);
    if (letters > best) best = letters;
  }
  for (int32_t i = 0; fv_zoo_at(i) && used < sizeof names; i++)
    if (alike(fv_zoo_at(i)->name, name) == best)
      used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", fv_zoo_at(i)->name);
  if (used >= sizeof names) memcpy(names + sizeof names - 4, "...", 4);
  return fail(FV_ERROR_NOT_FOUND, "there is no network '%.64s', expected one of %s", name, names);
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
  for (int i = 0; i < 2 && entry->multiple; i++)
    if (s[i] > 0 && s[i] % entry->multiple)
      return fail(FV_ERROR_SHAPE, "input_shape %" PRId32 ",%" PRId32 ": expected multiples of %" PRId32 " pixels", s[0],
                  s[1], entry->multiple);
  TRY(one_of("pooling", o->pooling, poolings, 3));
  TRY(one_of("classifier_activation", o->classifier_activation, activations, 2));
  TRY(one_of("backbone", o->backbone, backbones, 2));
  if (o->anchors[6]) return fail(FV_ERROR_INVALID, "anchors are on up to 6 maps");
  const bool is_dilated = !strncmp(entry->name, "MobileNet", 10) || !strncmp(entry->name, "EfficientNetLite", 16);
  if (o->output_stride != 32 && (o->output_stride != 16 || !is_dilated))
    return fail(FV_ERROR_INVALID,
                is_dilated ? "output_stride must be 16 or 32, not %" PRId32 : "it has no output_stride of %" PRId32,
                o->output_stride);
  const bool has_alpha =
      entry->is_detector || entry->is_on_backbone ? fv_zoo_find(o->backbone)->takes_alpha : entry->takes_alpha;
  if (o->alpha != 1 && !has_alpha) return fail(FV_ERROR_INVALID, "it has no alpha");
  if (o->auxiliary && (!entry->takes_auxiliary || o->no_top))
    return fail(FV_ERROR_INVALID,
                entry->takes_auxiliary ? "auxiliary heads go with the top" : "it has no auxiliary heads");
  return FV_OK;
}

fv_status fv__zoo_resolve(const fv__network **network, fv_zoo_options *complete_options, const char *name,
                          const fv_zoo_options *options) {
  *network = fv__zoo_find(name);
  if (!*network) return not_found(name);
  *complete_options = options ? *options : (fv_zoo_options){.weights = NULL};
  fv_status status = complete(complete_options, &(*network)->entry);
  return status ? note(status, "%s", (*network)->entry.name) : FV_OK;
}

static bool is_rule(const char *weights) { return !strncmp(weights, "by-name:", 8) || !strncmp(weights, "random:", 7); }

static fv_status load_weights(fv_model *model, const fv__network *network, const fv_zoo_options *o) {
  char path[PATH_BYTES];
  if (!o->weights || !*o->weights) return FV_OK;
  if (is_rule(o->weights)) return fv_model_initialize(model, o->weights);
  const bool is_file = strcmp(o->weights, "imagenet") != 0;
  if (!is_file) TRY(fv__zoo_find_weights(path, sizeof path, network, o));
  return fv_model_load_weights_with(model, is_file ? o->weights : path, &(fv_weights_options){.as_it_is = o->as_it_is});
}

fv_value fv__zoo_value(const fv_graph *graph, const char *name) {
  for (int32_t n = 0; graph && n < graph->node_count; n++)
    if (!strcmp(graph->layers[graph->nodes[n].layer - 1].name, name)) return (fv_value){n + 1, 0};
  return (fv_value){0};
}

/* How the network wants its pictures. */
static fv_status set_feeding(fv_model *model, const fv_zoo_entry *entry, const fv_zoo_options *o) {
  const bool is_detector = entry->is_detector;
  if (is_detector) entry = fv_zoo_find(o->backbone);
  fv_preprocessing preprocessing;
  TRY(fv_preprocessing_parse(&preprocessing, entry->preprocess));
  snprintf(preprocessing.resize, sizeof preprocessing.resize, "%s", entry->resize);
  preprocessing.crop = is_detector ? 0 : entry->crop; /* what is at the edge is to be found too */
  return fv_model_set_preprocessing(model, &preprocessing);
}

fv_status fv_zoo_build(fv_model **model, const char *name, const fv_zoo_options *options) {
  const fv__network *network;
  fv_zoo_options o;
  *model = NULL;
  TRY(fv__zoo_resolve(&network, &o, name, options));
  fv_graph *graph = fv_graph_create();
  fv_value outputs[1 + FV__ZOO_HEADS] = {network->build(graph, &o)};
  int32_t count = 1;
  for (int i = 0; o.auxiliary && i < FV__ZOO_HEADS && network->auxiliary[i]; i++)
    outputs[count++] = fv__zoo_value(graph, network->auxiliary[i]);
  fv_status status = fv_model_create_with(model, graph, NULL, 0, outputs, count);
  if (!status) status = set_feeding(*model, &network->entry, &o);
  if (!status) status = load_weights(*model, network, &o);
  if (!status) return FV_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return note(status, "%s", network->entry.name);
}
