/* Class names: kept with the model, or known from the network's name, or read from a file. */
#include <fovea/labels.h>

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/feeding.h"
#include "model/model.h"

enum { IMAGENET_CLASSES = 1000, FILE_LIMIT = 16 << 20, LABELS_LIMIT = 1 << 20 };

void fv__labels_clear(fv__labels *labels) {
  fv__arena_clear(&labels->arena);
  *labels = (fv__labels){0};
}

fv_status fv__labels_copy(fv__labels *labels, const fv_label *list, int32_t count) {
  fv__labels copy = {.count = count};
  fv_label *made = fv__arena_take(&copy.arena, (size_t)count * sizeof *made);
  bool complete = made != NULL;
  for (int32_t i = 0; complete && i < count; i++) {
    made[i].wnid = list[i].wnid ? fv__arena_text(&copy.arena, list[i].wnid) : "";
    made[i].name = fv__arena_text(&copy.arena, list[i].name);
    complete = made[i].wnid && made[i].name;
  }
  if (!complete) {
    fv__labels_clear(&copy);
    return fail(FV_ERROR_MEMORY, "no memory for %d class names", count);
  }
  copy.list = made;
  *labels = copy;
  return FV_OK;
}

/* Classes of a model with one output (N, classes); 0 for any other. */
static int64_t class_count(const fv_model *model) {
  if (fv_model_output_count(model) != 1) return 0;
  fv_shape output = fv_model_output_shape(model, 0);
  return output.rank == 2 ? output.dims[1] : 0;
}

static bool has_imagenet_labels(const fv_model *model) {
  const fv__feeding *feeding = model->feeding;
  if (feeding && feeding->labels.count) return feeding->labels.imagenet;
  return class_count(model) == IMAGENET_CLASSES && fv__known_network_find(fv_model_name(model));
}

int32_t fv_model_label_count(const fv_model *model) {
  const fv__feeding *feeding = model->feeding;
  if (feeding && feeding->labels.count) return feeding->labels.count;
  return has_imagenet_labels(model) ? IMAGENET_CLASSES : 0;
}

fv_label fv_model_label(const fv_model *model, int32_t index) {
  const fv__feeding *feeding = model->feeding;
  if (index < 0 || index >= fv_model_label_count(model)) return (fv_label){"", ""};
  return has_imagenet_labels(model) ? fv_imagenet_label(index) : feeding->labels.list[index];
}

static fv_status take_labels(fv_model *model, fv__labels *labels) {
  int64_t classes = class_count(model);
  if (classes > 0 && classes != labels->count)
    return fail(FV_ERROR_INVALID, "expected names of %lld classes, found %d", (long long)classes, labels->count);
  fv__feeding *feeding = fv__model_feeding(model);
  if (!feeding) return fail(FV_ERROR_MEMORY, "no memory for class names");
  fv__labels_clear(&feeding->labels);
  feeding->labels = *labels;
  *labels = (fv__labels){0};
  return FV_OK;
}

fv_status fv__model_take_labels(fv_model *model, fv__labels *labels) {
  fv_status status = take_labels(model, labels);
  fv__labels_clear(labels);
  return status;
}

fv_status fv_model_set_labels(fv_model *model, const fv_label *labels, int32_t count) {
  if (count < 1 || count > LABELS_LIMIT)
    return fail(FV_ERROR_INVALID, "expected 1 to %d class names, found %d", LABELS_LIMIT, count);
  for (int32_t i = 0; i < count; i++)
    if (!labels[i].name) return fail(FV_ERROR_INVALID, "class %d has no name", i);
  fv__labels copy;
  TRY(fv__labels_copy(&copy, labels, count));
  return fv__model_take_labels(model, &copy);
}

/* "n01440764": what a WordNet number looks like. */
static bool is_wnid(const char *text, size_t length) {
  if (length != 9 || text[0] != 'n') return false;
  for (size_t i = 1; i < length; i++)
    if (!isdigit((unsigned char)text[i])) return false;
  return true;
}

/* Cuts one line, in place, into a label. */
static fv_label label_of_line(char *line) {
  line[strcspn(line, "\r")] = '\0';
  size_t first = strcspn(line, " \t");
  if (!is_wnid(line, first) || !line[first]) return (fv_label){"", line};
  line[first] = '\0';
  char *name = line + first + 1;
  return (fv_label){line, name + strspn(name, " \t")};
}

static fv_status labels_of_lines(fv__labels *labels, char *text) {
  int32_t count = 0, room = 1;
  for (const char *c = text; *c; c++) room += *c == '\n';
  fv_label *list = calloc((size_t)room, sizeof *list);
  if (!list) return fail(FV_ERROR_MEMORY, "no memory for class names");
  int32_t last = 0;
  for (char *line = text; line; count++) {
    char *next = strchr(line, '\n');
    if (next) *next++ = '\0';
    list[count] = label_of_line(line);
    if (list[count].name[0]) last = count + 1; /* empty lines at the end are no classes */
    line = next;
  }
  fv_status status =
      last ? fv__labels_copy(labels, list, last) : fail(FV_ERROR_FORMAT, "expected class names, found none");
  free(list);
  return status;
}

/* "tench", or ["n01440764", "tench"], or {"wnid": ..., "name": ...}. The texts are lent by the value. */
static bool label_of_json(fv_label *label, const json_t *value) {
  *label = (fv_label){"", NULL};
  if (json_is_string(value)) {
    label->name = json_string_value(value);
  } else if (json_array_size(value) == 2) {
    label->wnid = json_string_value(json_array_get(value, 0));
    label->name = json_string_value(json_array_get(value, 1));
  }
  return label->wnid && label->name;
}

static fv_status labels_of_json(fv__labels *labels, const json_t *root) {
  size_t count = json_is_array(root) ? json_array_size(root) : json_object_size(root);
  if (count < 1 || count > LABELS_LIMIT)
    return fail(FV_ERROR_FORMAT, "expected 1 to %d class names, found %zu", LABELS_LIMIT, count);
  fv_label *list = calloc(count, sizeof *list);
  if (!list) return fail(FV_ERROR_MEMORY, "no memory for class names");
  fv_status status = FV_OK;
  for (size_t i = 0; i < count && !status; i++) {
    char key[24];
    snprintf(key, sizeof key, "%zu", i);
    const json_t *value = json_is_array(root) ? json_array_get(root, i) : json_object_get(root, key);
    if (!value)
      status = fail(FV_ERROR_FORMAT, "expected the names of classes 0 to %zu, found no class %zu", count - 1, i);
    else if (!label_of_json(&list[i], value))
      status = fail(FV_ERROR_FORMAT, "class %zu: expected a name or [wnid, name]", i);
  }
  if (!status) status = fv__labels_copy(labels, list, (int32_t)count);
  free(list);
  return status;
}

fv_status fv__labels_from_json(fv__labels *labels, const json_t *value) {
  if (!json_is_string(value)) return labels_of_json(labels, value);
  if (strcmp(json_string_value(value), "imagenet") != 0)
    return fail(FV_ERROR_FORMAT, "expected class names or \"imagenet\"");
  *labels = (fv__labels){.count = IMAGENET_CLASSES, .imagenet = true};
  return FV_OK;
}

static fv_status labels_of_text(fv__labels *labels, char *text) {
  const char *start = text + strspn(text, " \t\r\n");
  if (*start != '{' && *start != '[') return labels_of_lines(labels, text);
  json_error_t error;
  json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
  if (!root) return fail(FV_ERROR_FORMAT, "line %d: not JSON: %s", error.line, error.text);
  fv_status status = labels_of_json(labels, root);
  json_decref(root);
  return status;
}

fv_status fv_model_read_labels(fv_model *model, const char *path) {
  fv__labels labels = {.count = IMAGENET_CLASSES, .imagenet = true};
  if (!strcmp(path, "imagenet")) {
    fv_status taken = fv__model_take_labels(model, &labels);
    return taken ? note(taken, "imagenet") : FV_OK;
  }
  uint8_t *bytes;
  size_t size;
  TRY(fv__file_read(&bytes, &size, path, FILE_LIMIT));
  labels = (fv__labels){0};
  fv_status status = memchr(bytes, '\0', size) ? fail(FV_ERROR_FORMAT, "expected text, found a zero byte")
                                               : labels_of_text(&labels, (char *)bytes);
  free(bytes);
  if (!status) status = fv__model_take_labels(model, &labels);
  return status ? note(status, "%s", path) : FV_OK;
}
