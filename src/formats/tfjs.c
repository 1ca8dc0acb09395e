/* TensorFlow.js layers-models: model.json, and beside it the shards with the weights.
 *
 *   modelTopology     the configuration of Keras, itself or as its member model_config (converted from .h5)
 *   weightsManifest   groups of {paths: names of shards, weights: [{name, shape, dtype, quantization}]}
 *
 * The tensors of a group follow each other without gaps in its shards joined together: little-endian float32, float16
 * or int32, or uint8 and uint16 codes q that stand for q * scale + min. Shards are files of model.json's own folder;
 * every other path is refused, and so are links.
 *
 * Tensors are paired with weights by name: "dense/kernel", with whatever scopes before it. Tensors that no weight is
 * called like (an optimizer's) are ignored; every weight of the model must be there, once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/size.h"
#include "formats/bytes/element.h"
#include "formats/format.h"
#include "formats/keras/keras.h"
#include "formats/keras/write.h"
#include "formats/tfjs/tfjs.h"
#include "model/flaws.h"

enum { JSON_BYTES_MAX = 8 << 20, PIECE = 1 << 14, NAME_BYTES = 1024 };

/* One tensor as the manifest describes it. */
struct tensor {
  const char *name;
  fv_shape shape;
  int64_t count, bytes;
  fv__element element; /* as it is stored */
  bool has_scale;
  double scale, min;
};

/* The shards of one group, read from first to last. */
struct shards {
  const fv__source *origin; /* model.json */
  const json_t *paths;
  size_t next; /* number of the shard to open next */
  fv__source open;
  int64_t at; /* in the open shard */
};

/* What the names of the model's weights lead to, and what is there already. */
struct weights {
  fv_model *model;
  json_t *by_path; /* "encoder/dense/kernel" -> number */
  json_t *by_tail; /* "dense/kernel" -> number, -1 where several end so */
  json_t *shards;  /* names of shards seen: a shard belongs to one place */
  bool *filled;
};

/* After spaces an object, whose first key is near: other JSON (a list, a text) is no model. */
static bool probe(const uint8_t *bytes, size_t size) {
  size_t i = 0;
  while (i < size && strchr(" \t\r\n", bytes[i]) && bytes[i]) i++;
  if (i == size || bytes[i++] != '{') return false;
  while (i < size && strchr(" \t\r\n", bytes[i]) && bytes[i]) i++;
  return i < size && bytes[i] == '"';
}

/* Names. */

static fv_status add_name(json_t *table, const char *name, json_int_t number) {
  return json_object_set_new(table, name, json_integer(number)) ? fail(FV_ERROR_MEMORY, "no memory for names") : FV_OK;
}

/* The last two parts of a path. */
static const char *tail_of(const char *path) {
  const char *last = strrchr(path, '/');
  if (!last) return path;
  while (last > path && last[-1] != '/') last--;
  return last;
}

static void end_weights(struct weights *w) {
  json_decref(w->by_path);
  json_decref(w->by_tail);
  json_decref(w->shards);
  free(w->filled);
}

/* Keras 2 and TensorFlow.js call this kernel otherwise. */
static fv_status add_older_name(struct weights *w, int32_t index) {
  fv_weight_info weight = fv_model_weight(w->model, index);
  fv_layer_info layer = fv_model_layer(w->model, weight.layer);
  char name[NAME_BYTES];
  if (!layer.kind || strcmp(layer.kind, "DepthwiseConv2D") || strcmp(weight.name, "kernel")) return FV_OK;
  int length = snprintf(name, sizeof name, "%s/depthwise_kernel", layer.name);
  return length < NAME_BYTES ? add_name(w->by_path, name, index) : FV_OK;
}

static fv_status begin_weights(struct weights *w, fv_model *model) {
  int32_t count = fv_model_weight_count(model);
  *w = (struct weights){model, json_object(), json_object(), json_object(), calloc((size_t)count + 1, sizeof(bool))};
  if (!w->by_path || !w->by_tail || !w->shards || !w->filled) return fail(FV_ERROR_MEMORY, "no memory for names");
  for (int32_t i = 0; i < count; i++) {
    const char *path = fv_model_weight(model, i).path, *tail = tail_of(path);
    TRY(add_name(w->by_path, path, i));
    TRY(add_name(w->by_tail, tail, json_object_get(w->by_tail, tail) ? -1 : i));
    TRY(add_older_name(w, i));
  }
  return FV_OK;
}

/* Names that fovea's files cannot hold, "encoder/conv" (formats/keras/names.c): by those that stand for them. */
static fv_status add_written_names(struct weights *w, const json_t *extras) {
  const char *written;
  json_t *real, *names = json_object();
  char name[NAME_BYTES];
  fv_status status = names ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for names");
  json_object_foreach(json_object_get(extras, "names"), written,
                      real) if (!status && json_is_string(real) &&
                                json_object_set_new(names, json_string_value(real), json_string(written))) status =
      fail(FV_ERROR_MEMORY, "no memory for names");
  for (int32_t i = 0; i < fv_model_weight_count(w->model) && !status; i++) {
    fv_weight_info weight = fv_model_weight(w->model, i);
    written = json_string_value(json_object_get(names, fv_model_layer(w->model, weight.layer).name));
    if (!written) continue;
    int length = snprintf(name, sizeof name, "%s/%s", written, fv__keras2_weight_name(w->model, i));
    if (length < (int)sizeof name) status = add_name(w->by_path, name, i);
  }
  json_decref(names);
  return status;
}

/* The weight that a tensor is for: its whole name, then without its first scopes, then any that ends alike. -1: none */
static int32_t find_weight(const struct weights *w, const char *tensor) {
  char name[NAME_BYTES];
  size_t length = strlen(tensor);
  if (length > 2 && !strcmp(tensor + length - 2, ":0")) length -= 2;
  if (length >= sizeof name) return -1;
  memcpy(name, tensor, length);
  name[length] = '\0';
  const json_t *found = NULL;
  for (const char *at = name; at && !found;) {
    found = json_object_get(w->by_path, at);
    at = strchr(at, '/');
    if (at) at++;
  }
  if (!found) found = json_object_get(w->by_tail, tail_of(name));
  return found ? (int32_t)json_integer_value(found) : -1;
}

/* The manifest. */

static fv_status read_element(fv__element *element, const json_t *dtype, bool is_quantized) {
  static const fv__element plain[] = {FV__FLOAT32, FV__FLOAT16, FV__INT32, FV__UINT8, FV__UINT16};
  static const fv__element codes[] = {FV__UINT8, FV__UINT16, FV__FLOAT16};
  const fv__element *list = is_quantized ? codes : plain;
  size_t count = is_quantized ? sizeof codes / sizeof *codes : sizeof plain / sizeof *plain;
  const char *word = json_string_value(dtype);
  if (!word) return fail(FV_ERROR_FORMAT, "a tensor without dtype");
  for (size_t i = 0; i < count; i++)
    if (!strcmp(fv__element_name(list[i]), word)) {
      *element = list[i];
      return FV_OK;
    }
  return fail(FV_ERROR_UNSUPPORTED, "%s %.40s is not supported; %s are", is_quantized ? "quantization" : "dtype", word,
              is_quantized ? "uint8, uint16 and float16" : "float32, float16, int32, uint8 and uint16");
}

static fv_status read_shape(fv_shape *shape, const json_t *dims) {
  size_t rank = json_array_size(dims);
  if (!json_is_array(dims) || rank > FV_MAX_RANK)
    return fail(FV_ERROR_FORMAT, "expected a shape of 0 to %d axes", FV_MAX_RANK);
  *shape = (fv_shape){.rank = (int32_t)rank};
  for (size_t i = 0; i < rank; i++) {
    const json_t *extent = json_array_get(dims, i);
    if (!json_is_integer(extent) || json_integer_value(extent) < 0 || json_integer_value(extent) > INT32_MAX)
      return fail(FV_ERROR_FORMAT, "extent %zu of the shape is not a number from 0 to %" PRId32, i, INT32_MAX);
    shape->dims[i] = json_integer_value(extent);
  }
  return FV_OK;
}

static fv_status read_facts(struct tensor *tensor, const json_t *json) {
  const json_t *codes = json_object_get(json, "quantization");
  TRY(read_shape(&tensor->shape, json_object_get(json, "shape")));
  TRY(fv_shape_elements(&tensor->count, &tensor->shape));
  TRY(read_element(&tensor->element, json_object_get(json, "dtype"), false));
  if (codes) TRY(read_element(&tensor->element, json_object_get(codes, "dtype"), true));
  tensor->has_scale = codes && tensor->element != FV__FLOAT16;
  if (tensor->has_scale) {
    const json_t *scale = json_object_get(codes, "scale"), *min = json_object_get(codes, "min");
    if (!json_is_number(scale) || !json_is_number(min))
      return fail(FV_ERROR_FORMAT, "a quantization without scale and min");
    tensor->scale = json_number_value(scale);
    tensor->min = json_number_value(min);
  }
  if (!fv__size_multiply(&tensor->bytes, tensor->count, (int64_t)fv__element_size(tensor->element)))
    return fail(FV_ERROR_FORMAT, "a tensor larger than any file");
  return FV_OK;
}

static fv_status read_tensor(struct tensor *tensor, const json_t *json) {
  *tensor = (struct tensor){.name = json_string_value(json_object_get(json, "name"))};
  if (!tensor->name) return fail(FV_ERROR_FORMAT, "a tensor without name");
  fv_status status = read_facts(tensor, json);
  return status ? note(status, "%.200s", tensor->name) : FV_OK;
}

/* Shards. */

static fv_status open_shard(struct shards *s) {
  const char *name = json_string_value(json_array_get(s->paths, s->next));
  if (!name) return fail(FV_ERROR_FORMAT, "the path of a shard is not a text");
  fv__source_close(&s->open);
  s->at = 0;
  s->next++;
  fv_status status = fv__source_open_beside(&s->open, s->origin, name);
  return status ? note(status, "shard '%.200s'", name) : FV_OK;
}

/* The size of all shards together; each is opened once for it. */
static fv_status measure_shards(struct shards *s, int64_t *bytes, json_t *seen) {
  *bytes = 0;
  while (s->next < json_array_size(s->paths)) {
    TRY(open_shard(s));
    const char *name = json_string_value(json_array_get(s->paths, s->next - 1));
    if (json_object_get(seen, name)) return fail(FV_ERROR_FORMAT, "shard '%.200s' is named twice", name);
    TRY(add_name(seen, name, 1));
    if (!fv__size_add(bytes, *bytes, s->open.size)) return fail(FV_ERROR_FORMAT, "shards larger than any file");
  }
  fv__source_close(&s->open);
  s->at = 0;
  s->next = 0;
  return FV_OK;
}

/* The next bytes; buffer NULL passes over them. */
static fv_status read_bytes(struct shards *s, void *buffer, int64_t bytes) {
  char *out = buffer;
  while (bytes > 0) {
    if (s->at == s->open.size) {
      if (s->next == json_array_size(s->paths)) return fail(FV_ERROR_IO, "a shard became shorter while it was read");
      TRY(open_shard(s));
      continue;
    }
    int64_t here = s->open.size - s->at < bytes ? s->open.size - s->at : bytes;
    if (out) {
      TRY(fv__source_read(&s->open, s->at, out, (size_t)here));
      out += here;
    }
    s->at += here;
    bytes -= here;
  }
  return FV_OK;
}

/* A tensor's numbers. q * scale + min is computed in double and rounded once. */
static fv_status read_numbers(struct shards *s, float *values, const struct tensor *tensor) {
  uint8_t piece[PIECE];
  const int64_t size = (int64_t)fv__element_size(tensor->element), most = PIECE / size;
  for (int64_t start = 0; start < tensor->count; start += most) {
    int64_t count = tensor->count - start < most ? tensor->count - start : most;
    TRY(read_bytes(s, piece, count * size));
    fv__element_convert(values + start, piece, (size_t)count, tensor->element, false);
    for (int64_t i = start; tensor->has_scale && i < start + count; i++)
      values[i] = (float)((double)values[i] * tensor->scale + tensor->min);
  }
  return fv__weights_check_finite(values, tensor->count);
}

static fv_status read_weight(struct weights *w, struct shards *s, const struct tensor *tensor, int32_t index) {
  fv_weight_info weight = fv_model_weight(w->model, index);
  if (w->filled[index]) return fail(FV_ERROR_FORMAT, "a second tensor for it, '%.200s'", tensor->name);
  if (!fv_shape_equal(&tensor->shape, &weight.shape)) {
    char wanted[96], found[96];
    return fail(FV_ERROR_SHAPE, "expected shape %s, found %s", fv_shape_text(wanted, sizeof wanted, &weight.shape),
                fv_shape_text(found, sizeof found, &tensor->shape));
  }
  float *values = fv_model_weight_data(w->model, index);
  if (!values) return fail(FV_ERROR_MEMORY, "no memory for %" PRId64 " numbers", tensor->count);
  TRY(fv__weights_refuse(w->model, index, read_numbers(s, values, tensor)));
  w->filled[index] = true;
  return FV_OK;
}

/* The bytes that the tensors of a group take. */
static fv_status measure_tensors(int64_t *bytes, const json_t *tensors) {
  *bytes = 0;
  for (size_t i = 0; i < json_array_size(tensors); i++) {
    struct tensor tensor;
    TRY(read_tensor(&tensor, json_array_get(tensors, i)));
    if (!fv__size_add(bytes, *bytes, tensor.bytes)) return fail(FV_ERROR_FORMAT, "tensors larger than any file");
  }
  return FV_OK;
}

static fv_status fill(struct weights *w, struct shards *s, const json_t *tensors) {
  int64_t wanted, found;
  TRY(measure_tensors(&wanted, tensors));
  TRY(measure_shards(s, &found, w->shards));
  if (wanted != found)
    return fail(FV_ERROR_FORMAT, "expected %" PRId64 " bytes in its shards, found %" PRId64, wanted, found);
  for (size_t i = 0; i < json_array_size(tensors); i++) {
    struct tensor tensor;
    TRY(read_tensor(&tensor, json_array_get(tensors, i)));
    int32_t index = find_weight(w, tensor.name);
    fv_status status = index < 0 ? read_bytes(s, NULL, tensor.bytes) : read_weight(w, s, &tensor, index);
    if (status) return note(status, "%s", index < 0 ? tensor.name : fv_model_weight(w->model, index).path);
  }
  return FV_OK;
}

static fv_status refuse_missing(fv_model *model, int32_t index) {
  const fv_status status = fv__weights_refuse(model, index, fail(FV_ERROR_NOT_FOUND, "the file has no tensor for it"));
  return status ? note(status, "%s", fv_model_weight(model, index).path) : FV_OK;
}

static fv_status read_groups(struct weights *w, const fv__source *source, const json_t *groups) {
  for (size_t i = 0; i < json_array_size(groups); i++) {
    const json_t *group = json_array_get(groups, i), *tensors = json_object_get(group, "weights");
    struct shards s = {.origin = source, .paths = json_object_get(group, "paths"), .open = {.descriptor = -1}};
    if (!json_is_array(s.paths) || !json_is_array(tensors))
      return fail(FV_ERROR_FORMAT, "group %zu of weightsManifest lacks paths or weights", i);
    fv_status status = fill(w, &s, tensors);
    fv__source_close(&s.open);
    if (status) return note(status, "group %zu", i);
  }
  for (int32_t i = 0; i < fv_model_weight_count(w->model); i++)
    if (!w->filled[i]) TRY(refuse_missing(w->model, i));
  return FV_OK;
}

static const json_t *extras_of(const json_t *root) {
  return json_object_get(json_object_get(root, "userDefinedMetadata"), "fovea");
}

static fv_status read_weights(fv_model *model, const fv__source *source, const json_t *root) {
  const json_t *groups = json_object_get(root, "weightsManifest");
  if (!json_is_array(groups)) return fail(FV_ERROR_FORMAT, "JSON without weightsManifest: no TensorFlow.js model");
  struct weights w;
  fv_status status = begin_weights(&w, model);
  if (!status) status = add_written_names(&w, extras_of(root));
  if (!status) status = read_groups(&w, source, groups);
  end_weights(&w);
  return status;
}

/* The network. */

/* Converters write Keras's version; TensorFlow.js itself writes its own ("tfjs-layers 1.7.4") and speaks Keras 2. */
static int version_of(const json_t *topology) {
  const char *version = json_string_value(json_object_get(topology, "keras_version"));
  return version && *version >= '0' && *version <= '9' ? fv__keras_major_version(version) : 2;
}

static fv_status build(fv_model **model, fv__keras_network *network, const json_t *root, bool as_it_is) {
  const json_t *topology = json_object_get(root, "modelTopology");
  if (json_object_get(topology, "node") || json_object_get(topology, "library"))
    return fail(FV_ERROR_UNSUPPORTED, "a TensorFlow.js graph-model; layers-models (tensorflowjs_converter "
                                      "--output_format tfjs_layers_model) are read");
  if (!json_is_object(topology)) return fail(FV_ERROR_FORMAT, "JSON without modelTopology: no TensorFlow.js model");
  const json_t *config = json_object_get(topology, "model_config");
  TRY(fv__tfjs_restore(config ? config : topology));
  char *text = json_dumps(config ? config : topology, JSON_COMPACT | JSON_ENCODE_ANY);
  if (!text) return fail(FV_ERROR_MEMORY, "no memory for a network");
  fv_status status =
      fv__keras_build(model, network, &(fv__keras_text){text, strlen(text), version_of(topology), as_it_is});
  free(text);
  return status;
}

static fv_status read_root(json_t **root, const fv__source *source) {
  char *text;
  *root = NULL;
  TRY(fv__source_read_all(source, &text, JSON_BYTES_MAX));
  fv_status status = fv__json_read(root, text, (size_t)source->size);
  free(text);
  return status;
}

/* Converters write training_config beside model_config, TensorFlow.js writes trainingConfig beside modelTopology. The
 * arrays of its optimizers are not kept. */
static fv_status read_training(fv_model *model, const json_t *root) {
  const json_t *topology = json_object_get(root, "modelTopology");
  const json_t *compile = json_object_get(topology, "training_config");
  return fv__keras_training(model, compile ? compile : json_object_get(root, "trainingConfig"), NULL,
                            version_of(topology));
}

static fv_status read_extras(fv_model *model, const json_t *root) {
  const json_t *extras = extras_of(root);
  char *text;
  if (!json_is_object(extras)) return FV_OK;
  TRY(fv__keras_json_text(&text, extras));
  fv_status status = fv__keras_take_extras(model, text);
  free(text);
  return status ? note(status, "userDefinedMetadata.fovea") : FV_OK;
}

static fv_status load(fv_model **model, const fv__source *source, const fv_model_load_options *options) {
  json_t *root;
  *model = NULL;
  TRY(read_root(&root, source));
  fv__keras_network network = {.json = NULL};
  fv_status status = build(model, &network, root, options->as_it_is);
  if (!status && !options->without_weights) status = fv__model_forgive_all(*model, read_weights(*model, source, root));
  if (!status) status = read_extras(*model, root);
  if (!status && options->with_training) status = read_training(*model, root);
  fv__keras_network_free(&network);
  json_decref(root);
  if (!status) return FV_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return status;
}

static fv_status load_weights(fv_model *model, const fv__source *source) {
  json_t *root;
  TRY(read_root(&root, source));
  fv_status status = read_weights(model, source, root);
  json_decref(root);
  return status;
}

const fv__format fv__format_tfjs = {
    .facts = {"tfjs", ".json", "layers-models of TensorFlow.js: model.json with its shards beside it"},
    .probe = probe,
    .load = load,
    .load_weights = load_weights,
    .save = fv__tfjs_save,
};
