/* Preprocessing and class names as one JSON text, so that a model file says how the model wants to be fed.
 *
 *   {"version": 1, "mode": "tf", "size": [224, 224], "resize": "pil-bilinear", "crop": 0.875, "channels": "rgb",
 *    "scale": 0.00784, "mean": [1, 1, 1], "std": [1, 1, 1], "labels": [["n01440764", "tench"], ...],
 *    "task": {...}}
 *
 * Every field but the version may be missing; scale, mean and std are kept for mode "own" alone, since the other words
 * say them. labels may be "imagenet".
 */
#include "model/feeding.h"

#include <stdlib.h>
#include <string.h>

#include "model/model.h"

static const char *const channel_names[] = {"", "rgb", "bgr", "gray"};

static json_t *three(const double *numbers) { return json_pack("[f,f,f]", numbers[0], numbers[1], numbers[2]); }

/* Puts `value` (taken, may be NULL without memory) into the object; false without memory. */
static bool put(json_t *object, const char *key, json_t *value) { return json_object_set_new(object, key, value) == 0; }

static bool put_preprocessing(json_t *root, const fv_preprocessing *p) {
  bool done = put(root, "mode", json_string(fv_preprocessing_mode_name(p->mode)));
  if (p->size.height) done = done && put(root, "size", json_pack("[i,i]", p->size.height, p->size.width));
  if (p->resize[0]) done = done && put(root, "resize", json_string(p->resize));
  done = done && put(root, "crop", json_real(p->crop));
  if (p->channels) done = done && put(root, "channels", json_string(channel_names[p->channels]));
  if (p->mode != FV_PREPROCESSING_OWN) return done;
  return done && put(root, "scale", json_real(p->scale)) && put(root, "mean", three(p->mean)) &&
         put(root, "std", three(p->std));
}

static json_t *labels_to_json(const fv__labels *labels) {
  if (labels->imagenet) return json_string("imagenet");
  json_t *list = json_array();
  for (int32_t i = 0; list && i < labels->count; i++)
    if (json_array_append_new(list, json_pack("[s,s]", labels->list[i].wnid, labels->list[i].name))) {
      json_decref(list);
      return NULL; /* no memory, or a name that is not UTF-8 */
    }
  return list;
}

fv_status fv__model_feeding_json(json_t **json, const fv_model *model) {
  const fv__feeding *feeding = model->feeding;
  *json = NULL;
  if (!feeding || (!feeding->preprocessing.mode && !feeding->labels.count && !feeding->task)) return FV_OK;
  json_t *root = json_pack("{s:i}", "version", 1);
  bool done = root != NULL;
  if (feeding->preprocessing.mode) done = done && put_preprocessing(root, &feeding->preprocessing);
  if (feeding->labels.count) done = done && put(root, "labels", labels_to_json(&feeding->labels));
  if (feeding->task) done = done && put(root, "task", json_loads(feeding->task, 0, NULL));
  if (done) {
    *json = root;
    return FV_OK;
  }
  json_decref(root);
  return fail(FV_ERROR_MEMORY, "no memory for the model's preprocessing, or a class name that is not UTF-8");
}

fv_status fv_model_feeding_text(char **text, const fv_model *model) {
  json_t *root;
  *text = NULL;
  TRY(fv__model_feeding_json(&root, model));
  if (!root) return FV_OK;
  *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
  json_decref(root);
  return *text ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for the model's preprocessing");
}

static fv_status read_number(double *number, const json_t *value, const char *field) {
  if (!value) return FV_OK;
  if (!json_is_number(value)) return fail(FV_ERROR_FORMAT, "%s: expected a number", field);
  *number = json_number_value(value);
  return FV_OK;
}

static fv_status read_three(double numbers[3], const json_t *value, const char *field) {
  if (!value) return FV_OK;
  if (json_array_size(value) != 3) return fail(FV_ERROR_FORMAT, "%s: expected three numbers", field);
  for (size_t i = 0; i < 3; i++) TRY(read_number(&numbers[i], json_array_get(value, i), field));
  return FV_OK;
}

static fv_status read_size(fv_pair *size, const json_t *value) {
  if (!value) return FV_OK;
  json_int_t height = json_integer_value(json_array_get(value, 0)),
             width = json_integer_value(json_array_get(value, 1));
  if (json_array_size(value) != 2 || height < 1 || width < 1 || height > UINT16_MAX || width > UINT16_MAX)
    return fail(FV_ERROR_FORMAT, "size: expected [height, width], each 1 to %d", UINT16_MAX);
  *size = (fv_pair){(int32_t)height, (int32_t)width};
  return FV_OK;
}

static fv_status read_resize(fv_preprocessing *p, const json_t *value) {
  if (!value) return FV_OK;
  if (!json_is_string(value) || json_string_length(value) >= sizeof p->resize)
    return fail(FV_ERROR_FORMAT, "resize: expected the name of a method");
  memcpy(p->resize, json_string_value(value), json_string_length(value) + 1);
  return FV_OK;
}

static fv_status read_channels(fv_channels *channels, const json_t *value) {
  if (!value) return FV_OK;
  for (int i = FV_CHANNELS_RGB; json_is_string(value) && i <= FV_CHANNELS_GRAY; i++)
    if (!strcmp(json_string_value(value), channel_names[i])) {
      *channels = (fv_channels)i;
      return FV_OK;
    }
  return fail(FV_ERROR_FORMAT, "channels: expected rgb, bgr or gray");
}

static fv_status read_preprocessing(fv_preprocessing *p, const json_t *root) {
  const json_t *mode = json_object_get(root, "mode");
  *p = (fv_preprocessing){0};
  if (!mode) return FV_OK;
  const char *word = json_string_value(mode);
  bool own = word && !strcmp(word, "own");
  if (!word || strchr(word, ':') || fv_preprocessing_parse(p, own ? "none" : word))
    return fail(FV_ERROR_FORMAT, "mode: expected tf, caffe, torch, lite, none or own");
  if (own) {
    p->mode = FV_PREPROCESSING_OWN;
    TRY(read_number(&p->scale, json_object_get(root, "scale"), "scale"));
    TRY(read_three(p->mean, json_object_get(root, "mean"), "mean"));
    TRY(read_three(p->std, json_object_get(root, "std"), "std"));
  }
  TRY(read_size(&p->size, json_object_get(root, "size")));
  TRY(read_resize(p, json_object_get(root, "resize")));
  TRY(read_number(&p->crop, json_object_get(root, "crop"), "crop"));
  TRY(read_channels(&p->channels, json_object_get(root, "channels")));
  if (fv__preprocessing_check(p)) return fail(FV_ERROR_FORMAT, "preprocessing has a number out of its range");
  return FV_OK;
}

/* Takes an object; NULL: there is none. */
static fv_status take_task(fv_model *model, const json_t *task) {
  if (task && !json_is_object(task)) return fail(FV_ERROR_FORMAT, "task: expected a JSON object");
  fv__feeding *feeding = fv__model_feeding(model);
  char *text = task ? json_dumps(task, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
  if (!feeding || (task && !text)) {
    free(text);
    return fail(FV_ERROR_MEMORY, "no memory for the model's task");
  }
  free(feeding->task);
  feeding->task = text;
  return FV_OK;
}

const char *fv_model_task(const fv_model *model) {
  const fv__feeding *feeding = model->feeding;
  return feeding ? feeding->task : NULL;
}

fv_status fv_model_set_task(fv_model *model, const char *text) {
  json_error_t error;
  json_t *task = text ? json_loads(text, JSON_REJECT_DUPLICATES, &error) : NULL;
  if (text && !task) return fail(FV_ERROR_FORMAT, "task: not JSON: %s", error.text);
  fv_status status = take_task(model, task);
  json_decref(task);
  return status;
}

static fv_status read_feeding(fv_model *model, const json_t *root) {
  const json_t *version = json_object_get(root, "version"), *labels = json_object_get(root, "labels");
  if (!json_is_integer(version)) return fail(FV_ERROR_FORMAT, "expected a field version");
  if (json_integer_value(version) != 1)
    return fail(FV_ERROR_UNSUPPORTED, "expected version 1, found %lld", (long long)json_integer_value(version));
  fv_preprocessing preprocessing;
  TRY(read_preprocessing(&preprocessing, root));
  fv__labels read = {0};
  if (labels) {
    fv_status status = fv__labels_from_json(&read, labels);
    if (!status) status = fv__model_take_labels(model, &read);
    if (status) return note(status, "labels");
  }
  const json_t *task = json_object_get(root, "task");
  if (task) TRY(take_task(model, task));
  return preprocessing.mode ? fv_model_set_preprocessing(model, &preprocessing) : FV_OK;
}

fv_status fv_model_set_feeding_text(fv_model *model, const char *text) {
  json_error_t error;
  json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
  fv_status status = root ? read_feeding(model, root) : fail(FV_ERROR_FORMAT, "not JSON: %s", error.text);
  json_decref(root);
  return status ? note(status, "preprocessing") : FV_OK;
}
