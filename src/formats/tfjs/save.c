/* A layers-model of TensorFlow.js: NAME.json with the configuration in the words of Keras 2 and the list of tensors,
 * and NAME.CHECKSUM.bin beside it with their numbers.
 *
 * The name of the numbers' file has their checksum, so that the old NAME.json keeps the file that it speaks of until
 * the new one takes its place, whatever happens between.
 *
 * float16 and uint8 are for kernels; vectors (biases, statistics) stay float32: they weigh little and matter much. A
 * code q of uint8 stands for q * scale + min, min being the smallest number and scale a 255th of the range: a file that
 * is read and written again is the same.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/file.h"
#include "formats/keras/write.h"
#include "formats/tfjs/tfjs.h"

enum { PIECE = 1 << 12 };

struct saving {
  const fv__save *save;
  const fv__keras_draft *draft;
  fv__element element; /* of kernels */
};

/* The numbers of one weight, and how they are stored. */
struct numbers {
  const float *values;
  int64_t count;
  fv__element element;
  double min, scale; /* of FV__UINT8 */
};

static fv_status find_range(struct numbers *n) {
  float low = n->count ? n->values[0] : 0, high = low;
  for (int64_t i = 0; i < n->count; i++) {
    if (!isfinite(n->values[i])) return fail(FV_ERROR_NUMBERS, "element %" PRId64 " is not finite", i);
    low = n->values[i] < low ? n->values[i] : low;
    high = n->values[i] > high ? n->values[i] : high;
  }
  n->min = (double)low;
  n->scale = high > low ? ((double)high - (double)low) / 255 : 1;
  return FV_OK;
}

/* float16 ends at 65504; what rounds beyond it would come back as infinity. */
static fv_status check_halves(const struct numbers *n) {
  for (int64_t i = 0; i < n->count; i++)
    if (!(fabsf(n->values[i]) < 65520.0f))
      return fail(FV_ERROR_NUMBERS, "element %" PRId64 ", %g, does not fit into float16", i, (double)n->values[i]);
  return FV_OK;
}

static fv_status numbers_of(struct numbers *n, const struct saving *s, int32_t index) {
  fv_weight_info weight = fv_model_weight(s->save->model, index);
  *n = (struct numbers){.values = fv__save_weight(s->save, index)};
  TRY(fv_shape_elements(&n->count, &weight.shape));
  n->element = weight.shape.rank > 1 ? s->element : FV__FLOAT32;
  if (n->element == FV__UINT8) return find_range(n);
  return n->element == FV__FLOAT16 ? check_halves(n) : FV_OK;
}

static void put_numbers(fv__sink *sink, const struct numbers *n) {
  if (n->element == FV__FLOAT32) {
    fv__sink_put(sink, n->values, (size_t)n->count * sizeof(float));
    return;
  }
  for (int64_t start = 0; start < n->count; start += PIECE) {
    uint8_t bytes[2 * PIECE];
    int64_t count = n->count - start < PIECE ? n->count - start : PIECE;
    for (int64_t i = 0; i < count; i++) {
      float value = n->values[start + i];
      if (n->element == FV__UINT8) {
        bytes[i] = (uint8_t)lrint(((double)value - n->min) / n->scale);
      } else {
        uint16_t half = fv__half_from_float(value);
        bytes[2 * i] = (uint8_t)(half & 255);
        bytes[2 * i + 1] = (uint8_t)(half >> 8);
      }
    }
    fv__sink_put(sink, bytes, (size_t)count * fv__element_size(n->element));
  }
}

static fv_status put_all(fv__sink *sink, const struct saving *s) {
  for (int32_t i = 0; i < fv_model_weight_count(s->save->model); i++) {
    struct numbers numbers;
    fv_status status = numbers_of(&numbers, s, i);
    if (status) return note(status, "%s", fv_model_weight(s->save->model, i).path);
    put_numbers(sink, &numbers);
  }
  return FV_OK;
}

/* "web/model.json" and a checksum -> "web/model.0badcafe.bin". free() it. */
static fv_status shard_path(char **path, const char *json, uint32_t checksum) {
  const char *slash = strrchr(json, '/'), *name = slash ? slash + 1 : json, *dot = strrchr(name, '.');
  size_t stem = dot && dot > name ? (size_t)(dot - json) : strlen(json);
  if (asprintf(path, "%.*s.%08" PRIx32 ".bin", (int)stem, json, checksum) >= 0) return FV_OK;
  *path = NULL;
  return fail(FV_ERROR_MEMORY, "no memory for a name");
}

static fv_status write_shard(char **path, const struct saving *s) {
  fv__sink measure = {.is_checked = true};
  fv__file_writer writer;
  TRY(put_all(&measure, s));
  TRY(shard_path(path, s->save->path, measure.checksum));
  TRY(fv__file_write_begin(&writer, *path));
  fv_status status = put_all(&(fv__sink){.stream = writer.stream}, s);
  if (!status) return fv__file_write_commit(&writer);
  fv__file_write_cancel(&writer);
  return status;
}

static json_t *quantization(const struct numbers *n) {
  json_t *codes = json_object();
  codes = fv__keras_with(codes, "dtype", json_string(fv__element_name(n->element)));
  if (n->element == FV__UINT8) {
    codes = fv__keras_with(codes, "scale", json_real(n->scale));
    codes = fv__keras_with(codes, "min", json_real(n->min));
  }
  return fv__keras_with(codes, "original_dtype", json_string("float32"));
}

/* One line of the list: {"name", "shape", "dtype", "quantization"}. */
static json_t *describe(const struct saving *s, int32_t index) {
  fv_weight_info weight = fv_model_weight(s->save->model, index);
  struct numbers n;
  if (numbers_of(&n, s, index)) return NULL;
  json_t *shape = json_array(), *line = json_object();
  for (int32_t i = 0; i < weight.shape.rank; i++) shape = fv__keras_append(shape, json_integer(weight.shape.dims[i]));
  line = fv__keras_with(
      line, "name",
      json_sprintf("%s/%s", s->draft->layers[weight.layer], fv__keras2_weight_name(s->save->model, index)));
  line = fv__keras_with(line, "shape", shape);
  line = fv__keras_with(line, "dtype", json_string("float32"));
  return n.element == FV__FLOAT32 ? line : fv__keras_with(line, "quantization", quantization(&n));
}

static json_t *manifest(const struct saving *s, const char *shard) {
  const char *slash = strrchr(shard, '/');
  json_t *lines = json_array(), *group;
  for (int32_t i = 0; lines && i < fv_model_weight_count(s->save->model); i++)
    lines = fv__keras_append(lines, describe(s, i));
  group =
      fv__keras_with(json_object(), "paths", fv__keras_append(json_array(), json_string(slash ? slash + 1 : shard)));
  return fv__keras_append(json_array(), fv__keras_with(group, "weights", lines));
}

static fv_status make_root(json_t **out, const struct saving *s, const char *shard) {
  json_t *config, *extras = NULL, *topology = json_object(), *root = json_object();
  fv_status status = fv__keras_compose(&config, s->draft);
  if (!status) status = fv__tfjs_adapt(config, s->draft);
  if (!status) status = fv__keras_extras(&extras, s->draft);
  topology = fv__keras_with(topology, "keras_version", json_string(fv__keras_draft_version(s->draft)));
  topology = fv__keras_with(topology, "backend", json_string("tensorflow"));
  topology = fv__keras_with(topology, "model_config", config);
  root = fv__keras_with(root, "format", json_string("layers-model"));
  root = fv__keras_with(root, "generatedBy", json_string("fovea"));
  root = fv__keras_with(root, "convertedBy", json_null());
  root = fv__keras_with(root, "modelTopology", topology);
  if (root) root = fv__keras_with(root, "weightsManifest", manifest(s, shard));
  if (extras) root = fv__keras_with(root, "userDefinedMetadata", fv__keras_with(json_object(), "fovea", extras));
  *out = root;
  if (status || root) return status;
  return fail(FV_ERROR_MEMORY, "no memory for the model's configuration");
}

static fv_status save_all(const struct saving *s, FILE *stream) {
  char *shard = NULL, *text = NULL;
  json_t *root = NULL;
  fv_status status = write_shard(&shard, s);
  if (!status) status = make_root(&root, s, shard);
  if (!status) status = fv__keras_json_text(&text, root);
  if (!status) fputs(text, stream);
  json_decref(root);
  free(shard);
  free(text);
  return status;
}

fv_status fv__tfjs_save(const fv__save *save, FILE *stream) {
  static const fv__element elements[] = {FV__FLOAT32, FV__FLOAT16, FV__UINT8};
  fv__keras_draft draft;
  struct saving s = {.save = save, .draft = &draft};
  struct stat about;
  if (!stat(save->path, &about) && !S_ISREG(about.st_mode))
    return fail(FV_ERROR_INVALID, "expected a file, found a folder, device or pipe: the numbers go into a second file "
                                  "beside it");
  size_t i = 0;
  while (i < 3 && strcmp(save->dtype, fv__element_name(elements[i]))) i++;
  if (i == 3) return fail(FV_ERROR_INVALID, "dtype: expected float32, float16 or uint8, not '%.40s'", save->dtype);
  s.element = elements[i];
  fv_status status = fv__keras_draft_begin(&draft, save, FV__KERAS_2);
  if (!status) status = save_all(&s, stream);
  fv__keras_draft_end(&draft);
  return status;
}
