/* Reading a .weights: section by section, for the layers that fv__darknet_build has named after their sections.
 *
 *   convolutional   biases; with batch normalisation scales, means, variances; kernel (filters, channels, row, column)
 *   connected       biases; kernel (outputs, inputs), inputs by channel, row, column; with it scales, means, variances
 *
 * Darknet divides by sqrt(variance) + 1e-6, a layer of ours by sqrt(variance + 1e-12): the same, with the variance plus
 * 2e-6 times its root.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "formats/bytes/element.h"
#include "formats/darknet/darknet.h"
#include "formats/keras/keras.h"
#include "formats/torch/modules.h"

enum { HEAD = 12, TRANSPOSED_FROM = 1000 };

typedef struct reader {
  fv_model *model;
  const fv__source *source;
  int64_t at; /* where the next number lies */
  bool is_transposed;
} reader;

static int32_t number_at(const uint8_t *bytes) {
  return (int32_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
}

/* Versions 0.1 and 0.2, the only ones there were. */
bool fv__darknet_probe_weights(const uint8_t *bytes, size_t size) {
  return size >= HEAD + 4 && number_at(bytes) == 0 && (number_at(bytes + 4) == 1 || number_at(bytes + 4) == 2) &&
         number_at(bytes + 8) >= 0 && number_at(bytes + 8) < 100;
}

static fv_status read_head(reader *r) {
  uint8_t head[HEAD];
  if (r->source->size < HEAD + 4) return fail(FV_ERROR_FORMAT, "too short for a head of %d bytes", HEAD + 4);
  TRY(fv__source_read(r->source, 0, head, HEAD));
  const int64_t major = number_at(head), minor = number_at(head + 4);
  if (major < 0 || minor < 0) return fail(FV_ERROR_FORMAT, "version %" PRId64 ".%" PRId64, major, minor);
  r->is_transposed = major > TRANSPOSED_FROM || minor > TRANSPOSED_FROM;
  r->at = HEAD + (major * 10 + minor >= 2 && major < TRANSPOSED_FROM && minor < TRANSPOSED_FROM ? 8 : 4);
  return FV_OK;
}

static int32_t weight_called(const reader *r, const char *layer, const char *part, const char *name) {
  char wanted[96];
  const int32_t place = fv_model_find_layer(r->model, (snprintf(wanted, sizeof wanted, "%s%s", layer, part), wanted));
  if (place < 0) return -1;
  const fv_layer_info info = fv_model_layer(r->model, place);
  for (int32_t i = 0; i < info.weight_count; i++)
    if (!strcmp(fv_model_weight(r->model, info.weights[i]).name, name)) return info.weights[i];
  return -1;
}

/* The next numbers of the file into a weight. */
static fv_status read_numbers(reader *r, int32_t index) {
  fv__torch_order order;
  fv_shape theirs;
  size_t bytes;
  int64_t count;
  const fv_weight_info weight = fv_model_weight(r->model, index);
  TRY(fv_shape_elements(&count, &weight.shape));
  if (!fv__size_bytes(&bytes, count, sizeof(float)) || (int64_t)bytes > r->source->size - r->at)
    return fail(FV_ERROR_SHAPE, "the file ends before %" PRId64 " numbers for it", count);
  TRY(fv__torch_find_order(&order, &theirs, r->model, index));
  if (r->is_transposed && weight.shape.rank == 2)
    return fail(FV_ERROR_UNSUPPORTED, "transposed connected sections are not supported");
  float *values = fv_model_weight_data(r->model, index), *raw = calloc((size_t)count + 1, 2 * sizeof *raw);
  if (!values || !raw) {
    free(raw);
    return fail(FV_ERROR_MEMORY, "no memory for %" PRId64 " numbers", count);
  }
  fv_status status = fv__source_read(r->source, r->at, raw + count, bytes);
  if (!status) {
    fv__element_convert(raw, raw + count, (size_t)count, FV__FLOAT32, false);
    fv__torch_arrange(values, raw, &order);
    status = fv__weights_check_finite(values, count);
  }
  free(raw);
  r->at += (int64_t)bytes;
  return status;
}

static fv_status read_weight(reader *r, const char *layer, const char *part, const char *name) {
  const int32_t index = weight_called(r, layer, part, name);
  if (index < 0) return fail(FV_ERROR_SHAPE, "%s%s lacks %s: no network of Darknet's", layer, part, name);
  fv_status status = read_numbers(r, index);
  return status ? note(status, "%s", fv_model_weight(r->model, index).path) : FV_OK;
}

static fv_status read_statistics(reader *r, const char *layer) {
  TRY(read_weight(r, layer, "_bn", "gamma"));
  TRY(read_weight(r, layer, "_bn", "moving_mean"));
  TRY(read_weight(r, layer, "_bn", "moving_variance"));
  const int32_t index = weight_called(r, layer, "_bn", "moving_variance");
  float *values = fv_model_weight_data(r->model, index);
  const int64_t count = fv_model_weight(r->model, index).shape.dims[0];
  for (int64_t i = 0; i < count; i++) {
    if (values[i] < 0) return fail(FV_ERROR_NUMBERS, "%s: a variance of %g", layer, (double)values[i]);
    values[i] = (float)(values[i] + 2e-6 * sqrt(values[i]));
  }
  return FV_OK;
}

static fv_status read_layer(reader *r, const char *layer, bool is_connected) {
  const bool is_normal = weight_called(r, layer, "_bn", "beta") >= 0;
  TRY(is_normal ? read_weight(r, layer, "_bn", "beta") : read_weight(r, layer, "", "bias"));
  if (is_normal && !is_connected) TRY(read_statistics(r, layer));
  TRY(read_weight(r, layer, "", "kernel"));
  return is_normal && is_connected ? read_statistics(r, layer) : FV_OK;
}

/* The section of a layer called "convolutional_3" or "connected_3", -1 of another. */
static int32_t section_of(const char *name, bool *is_connected) {
  static const char *const types[] = {"convolutional_", "connected_"};
  for (int i = 0; i < 2; i++) {
    const size_t length = strlen(types[i]);
    char *end;
    if (strncmp(name, types[i], length) != 0 || name[length] < '0' || name[length] > '9') continue;
    const long number = strtol(name + length, &end, 10);
    *is_connected = i == 1;
    if (!*end && number <= INT32_MAX) return (int32_t)number;
  }
  return -1;
}

/* Layers with numbers in the order of their sections, which a model's own order need not be. */
static fv_status read_all(reader *r) {
  int32_t last = -1;
  for (;;) {
    int32_t next = INT32_MAX;
    const char *name = NULL;
    bool is_connected = false, is_next_connected = false;
    for (int32_t i = 0; i < fv_model_layer_count(r->model); i++) {
      const char *called = fv_model_layer(r->model, i).name;
      const int32_t section = section_of(called, &is_connected);
      if (section <= last || section >= next) continue;
      next = section;
      name = called;
      is_next_connected = is_connected;
    }
    if (!name) break;
    TRY(read_layer(r, name, is_next_connected));
    last = next;
  }
  if (last < 0) return fail(FV_ERROR_SHAPE, "the model is no network of Darknet's: open its .cfg");
  if (r->at != r->source->size)
    return fail(FV_ERROR_SHAPE, "%" PRId64 " bytes are left over: the file is another network's",
                r->source->size - r->at);
  return FV_OK;
}

fv_status fv__darknet_read_weights(fv_model *model, const fv__source *source) {
  reader r = {.model = model, .source = source};
  TRY(read_head(&r));
  fv_status status = read_all(&r);
  fv_model_weights_changed(model);
  return status;
}
