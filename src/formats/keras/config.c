/* From a layer's options to its configuration, the way options.c comes: through the option table.
 *
 * All options are written, but for those that some Keras does not know and that have their default; nothing is written
 * that a Keras refuses for a layer of its own. What "none" means in a table (infinity, -1 for a seed) is null.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/layers/input_layer.h>

#include "formats/keras/write.h"

/* Options that came late to Keras, or left it: written only where they say something. */
static const char *const late[] = {"groups",     "keepdims",  "rms_scaling", "pad_to_aspect_ratio",
                                   "fill_value", "antialias", "seed",        "output_padding",
                                   "average"};

/* What Keras 2 calls an option; Keras 3 accepts the word too. */
static const struct { const char *class_name, *option, *keras2; } older[] = {{"LeakyReLU", "negative_slope", "alpha"}};

/* Options that are lists also when they have one number. */
static const char *const lists[] = {"target_shape", "dims", "shared_axes"};

/* Activations that Keras 2 lacks. */
static const char *const later_functions[] = {"celu",        "hard_shrink", "hard_silu",   "hard_tanh",
                                              "log_sigmoid", "soft_shrink", "sparse_plus", "sparse_sigmoid",
                                              "squareplus",  "tanh_shrink", "threshold"};

/* Classes that only recent versions of Keras 3 have. */
static const char *const later_classes[] = {"AdaptiveAveragePooling2D"};

/* Classes of Keras that are not among its layers: where its applications have them. */
static const struct {
  const char *class_name, *module;
} elsewhere[] = {{"CustomScaleLayer", "keras.src.applications.inception_resnet_v2"}};

static bool is_in(const char *word, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!strcmp(word, words[i])) return true;
  return false;
}

#define IS_IN(word, words) is_in(word, words, sizeof(words) / sizeof *(words))

const char *fv__keras_module(const char *class_name) {
  const fv__layer_type *type = fv__layer_find(class_name);
  for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
    if (!strcmp(elsewhere[i].class_name, class_name)) return elsewhere[i].module;
  return type && !type->beyond_keras ? "keras.layers" : NULL;
}

const char *fv__keras_written_class(const fv__keras_draft *draft, int32_t layer, char text[100]) {
  const char *kind = fv_model_layer(draft->model, layer).kind;
  const char *module = fv__keras_module(kind);
  if (module && draft->dialect == FV__KERAS_2 && strcmp(module, "keras.layers"))
    fv__save_remark(draft->save,
                    "Keras opens the file when %s, which its applications have, is among its "
                    "custom_objects",
                    kind);
  if (IS_IN(kind, later_classes))
    fv__save_remark(draft->save, "Keras 2 and early versions of Keras 3 have no layer %s and do not open the file",
                    kind);
  if (module) return kind;
  fv__save_remark(draft->save, "Keras has no layer %s: it opens the file when a class is registered as %s%s", kind,
                  FV__KERAS_PACKAGE, kind);
  if (draft->dialect == FV__KERAS_3) return kind; /* registered_name says it */
  snprintf(text, 100, "%s%.80s", FV__KERAS_PACKAGE, kind);
  return text;
}

/* Whether an option has the value that its table gives it; false for structures larger than any there is. */
static bool has_default(const void *options, const fv_option *option, size_t size) {
  _Alignas(max_align_t) char other[1024] = {0};
  char value[256], usual[256];
  if (!option->default_text || *option->default_text == '=' || size > sizeof other) return false;
  return !fv_option_set(other, option, option->default_text) &&
         !strcmp(fv_option_text(value, sizeof value, options, option),
                 fv_option_text(usual, sizeof usual, other, option));
}

/* The two Kerases mean different functions by hard_sigmoid, and each lacks some. */
static json_t *function_word(const fv__keras_draft *draft, const char *layer, const char *word) {
  char text[100];
  bool keras2_sigmoid = !strcmp(word, "hard_sigmoid_keras2"), sigmoid = keras2_sigmoid || !strcmp(word, "hard_sigmoid");
  bool means_keras3 = draft->dialect == FV__KERAS_3 || draft->means_keras3;
  if (sigmoid && keras2_sigmoid == means_keras3) { /* this file's word is the other's */
    fv__save_remark(draft->save,
                    "%s: Keras has no activation %s under this version: it opens the file when a "
                    "function is registered as %s%s",
                    layer, word, FV__KERAS_PACKAGE, word);
    snprintf(text, sizeof text, "%s%s", FV__KERAS_PACKAGE, word);
    return json_string(text);
  }
  const fv__layer_type *type = fv__layer_find_function(word);
  if (type && type->beyond_keras) {
    fv__save_remark(draft->save,
                    "Keras has no activation %s: it opens the file when a function is registered as "
                    "%s%s",
                    word, FV__KERAS_PACKAGE, word);
    snprintf(text, sizeof text, "%s%.80s", FV__KERAS_PACKAGE, word);
    return json_string(text);
  }
  if (sigmoid && draft->dialect == FV__KERAS_2)
    fv__save_remark(draft->save, "%s: hard_sigmoid is Keras %d's; Keras %d computes another function under this word",
                    layer, means_keras3 ? 3 : 2, means_keras3 ? 2 : 3);
  if (draft->dialect == FV__KERAS_2 && IS_IN(word, later_functions))
    fv__save_remark(draft->save, "%s: Keras 2 has no activation %s and does not open the file", layer, word);
  return json_string(keras2_sigmoid ? "hard_sigmoid" : word);
}

static json_t *pair(int32_t first, int32_t second) { return json_pack("[i,i]", first, second); }

static json_t *integers(const int32_t *list, const char *name) {
  if (list[0] && !list[1] && !IS_IN(name, lists)) return json_integer(list[0]);
  if (!list[0]) return json_null();
  json_t *array = json_array();
  for (int i = 0; list[i]; i++) array = fv__keras_append(array, json_integer(list[i]));
  return array;
}

/* The JSON of one option's value; NULL without memory. */
static json_t *value_of(const fv__keras_draft *draft, const char *layer, const void *options, const fv_option *option) {
  const void *at = (const char *)options + option->offset;
  switch (option->kind) {
  case FV_OPTION_INT: return json_integer(*(const int32_t *)at);
  case FV_OPTION_PAIR: return pair(((const fv_pair *)at)->height, ((const fv_pair *)at)->width);
  case FV_OPTION_QUAD: {
    const fv_quad *q = at;
    return fv__keras_append(fv__keras_append(json_array(), pair(q->top, q->bottom)), pair(q->left, q->right));
  }
  case FV_OPTION_INTS: return integers(at, option->name);
  case FV_OPTION_FLOAT: return isinf(*(const double *)at) ? json_null() : json_real(*(const double *)at);
  case FV_OPTION_BOOL: return json_boolean(*(const bool *)at);
  case FV_OPTION_NOT_BOOL: return json_boolean(!*(const bool *)at);
  case FV_OPTION_NAME: return json_string(option->names[*(const int32_t *)at - 1]);
  case FV_OPTION_TEXT: {
    const char *text = *(const char *const *)at;
    if (!text) return json_null();
    return strcmp(option->name, "activation") ? json_string(text) : function_word(draft, layer, text);
  }
  case FV_OPTION_OBJECT: {
    const char *text = *(const char *const *)at;
    return text ? fv__keras_parse(text) : json_null();
  }
  }
  return NULL;
}

static const char *key_of(const fv__keras_draft *draft, const char *kind, const char *option) {
  for (size_t i = 0; i < sizeof older / sizeof *older && draft->dialect == FV__KERAS_2; i++)
    if (!strcmp(older[i].class_name, kind) && !strcmp(older[i].option, option)) return older[i].keras2;
  return option;
}

static bool put(json_t *object, const char *key, json_t *value) { return json_object_set_new(object, key, value) == 0; }

static bool put_options(json_t *config, const fv__keras_draft *draft, int32_t index) {
  fv_layer_info layer = fv_model_layer(draft->model, index);
  size_t size = fv__layer_find(layer.kind)->kind.options_size;
  for (const fv_option *option = layer.table; option && option->name; option++) {
    if (IS_IN(option->name, late) && has_default(layer.options, option, size)) continue;
    if (option->kind == FV_OPTION_OBJECT && !*(const char *const *)((const char *)layer.options + option->offset))
      continue;
    json_t *value = value_of(draft, layer.name, layer.options, option);
    if (!put(config, key_of(draft, layer.kind, option->name), value)) return false;
  }
  return true;
}

/* An input: the batch and the shape in one list. */
static bool put_input(json_t *config, const fv__keras_draft *draft, const fv_input_layer_options *o) {
  json_t *shape = fv__keras_append(json_array(), o->batch_size < 0 ? json_null() : json_integer(o->batch_size));
  for (int i = 0; o->shape[i]; i++)
    shape = fv__keras_append(shape, o->shape[i] < 0 ? json_null() : json_integer(o->shape[i]));
  const char *dtype = strncmp(o->dtype, "mixed_", 6) ? o->dtype : "float32";
  return put(config, draft->dialect == FV__KERAS_2 ? "batch_input_shape" : "batch_shape", shape) &&
         put(config, "dtype", json_string(dtype)) && put(config, "sparse", json_false());
}

static void remark_on_axes(const fv__keras_draft *draft, const fv_layer_info *layer) {
  const fv_option *axis = fv_option_find(layer->table, "axis");
  if (draft->dialect != FV__KERAS_2 || !axis || axis->kind != FV_OPTION_INTS) return;
  const int32_t *axes = (const int32_t *)((const char *)layer->options + axis->offset);
  if (axes[0] && axes[1] && !strcmp(layer->kind, "LayerNormalization"))
    fv__save_remark(draft->save,
                    "%s: Keras 3 does not read LayerNormalization over several axes from this format; "
                    "Keras 2 does",
                    layer->name);
}

fv_status fv__keras_config(json_t **out, const fv__keras_draft *draft, int32_t index) {
  fv_layer_info layer = fv_model_layer(draft->model, index);
  json_t *config = json_object();
  bool done = config && put(config, "name", json_string(draft->layers[index]));
  if (!strcmp(layer.kind, "InputLayer"))
    done = done && put_input(config, draft, layer.options);
  else
    done = done && put_options(config, draft, index);
  done = done && fv__keras_put_regularizers(config, draft->model, index, draft->dialect == FV__KERAS_3);
  if (layer.frozen && layer.weight_count) done = done && put(config, "trainable", json_false());
  if (strstr(layer.kind, "2D")) done = done && put(config, "data_format", json_string("channels_last"));
  remark_on_axes(draft, &layer);
  *out = config;
  if (done) return FV_OK;
  json_decref(config);
  *out = NULL;
  return fail(FV_ERROR_MEMORY, "no memory for the layer's configuration");
}
