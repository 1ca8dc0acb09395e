/* Weights as groups and datasets: by layer and name (.h5), and by class and number (.keras, .weights.h5). See
 * by_layer.c and by_class.c, which read them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/keras/write.h"

const char *fv__keras2_weight_name(const fv_model *model, int32_t index) {
  fv_weight_info weight = fv_model_weight(model, index);
  const char *kind = fv_model_layer(model, weight.layer).kind;
  return !strcmp(kind, "DepthwiseConv2D") && !strcmp(weight.name, "kernel") ? "depthwise_kernel" : weight.name;
}

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for the names of weights"); }

/* A layer's group, with the attribute weight_names and, below, the datasets "conv/kernel:0". */
static fv_status store_layer(fv__hdf5_draft *file, fv__hdf5_node *group, const fv__keras_draft *draft, int32_t index) {
  fv_layer_info layer = fv_model_layer(draft->model, index);
  const char *name = draft->layers[index], *names[FV__LAYER_WEIGHTS];
  fv__hdf5_node *own = fv__hdf5_add_group(file, group, name);
  fv__arena *arena = &((fv__keras_draft *)draft)->arena;
  for (int32_t i = 0; i < layer.weight_count; i++) {
    const char *weight = fv__keras2_weight_name(draft->model, layer.weights[i]);
    size_t size = strlen(name) + strlen(weight) + 4;
    char *path = fv__arena_take(arena, size);
    if (!path) return no_memory();
    snprintf(path, size, "%s/%s:0", name, weight);
    names[i] = path;
  }
  fv__hdf5_add_texts(file, own, "weight_names", names, layer.weight_count);
  for (int32_t i = 0; i < layer.weight_count; i++) {
    fv_weight_info weight = fv_model_weight(draft->model, layer.weights[i]);
    fv__hdf5_add_numbers(file, own, names[i], &weight.shape, FV__FLOAT32,
                         fv__save_weight(draft->save, layer.weights[i]));
  }
  return FV_OK;
}

fv_status fv__keras_store_by_layer(fv__hdf5_draft *file, fv__hdf5_node *group, const fv__keras_draft *draft) {
  int32_t count = fv_model_layer_count(draft->model);
  fv__hdf5_add_texts(file, group, "layer_names", draft->layers, count);
  fv__hdf5_add_text(file, group, "backend", "tensorflow");
  fv__hdf5_add_text(file, group, "keras_version", fv__keras_draft_version(draft));
  for (int32_t i = 0; i < count; i++) TRY(store_layer(file, group, draft, i));
  return FV_OK;
}

/* "layers/conv2d_3/vars": a class in Keras's spelling, and which of its layers. */
static fv_status class_path(char path[200], const char *class_name, json_t *counters) {
  char stem[120];
  fv__snake_case(stem, sizeof stem, class_name);
  json_int_t number = json_integer_value(json_object_get(counters, stem));
  if (json_object_set_new(counters, stem, json_integer(number + 1))) return no_memory();
  if (number)
    snprintf(path, 200, "layers/%s_%" JSON_INTEGER_FORMAT "/vars", stem, number);
  else
    snprintf(path, 200, "layers/%s/vars", stem);
  return FV_OK;
}

static fv_status store_numbered(fv__hdf5_draft *file, const fv__keras_draft *draft, json_t *counters) {
  fv__hdf5_node *root = fv__hdf5_draft_root(file);
  for (int32_t i = 0; i < fv_model_layer_count(draft->model); i++) {
    fv_layer_info layer = fv_model_layer(draft->model, i);
    char path[200], number[16];
    TRY(class_path(path, layer.kind, counters));
    if (layer.weight_count == 0) continue;
    fv__hdf5_node *group = fv__hdf5_add_group(file, root, path);
    for (int32_t w = 0; w < layer.weight_count; w++) {
      fv_weight_info weight = fv_model_weight(draft->model, layer.weights[w]);
      snprintf(number, sizeof number, "%" PRId32, w);
      fv__hdf5_add_numbers(file, group, number, &weight.shape, FV__FLOAT32,
                           fv__save_weight(draft->save, layer.weights[w]));
    }
  }
  return FV_OK;
}

fv_status fv__keras_store_by_class(fv__hdf5_draft *file, const fv__keras_draft *draft) {
  json_t *counters = json_object();
  if (!counters) return no_memory();
  fv_status status = store_numbered(file, draft, counters);
  json_decref(counters);
  return status;
}
