/* Tunings as files.
 *
 *   {"format": "fovea tuning", "version": "0.1.0", "processor": "AMD EPYC (family 25, model 1)", "level": "avx2",
 *    "model": "vgg16", "inputs": "(1, 224, 224, 3)", "threads": 1,
 *    "choices": [{"problem": "conv 1x56x56x64 to 56x56x128, ...", "way": "winograd 4x4",
 *                 "ms": {"winograd 4x4": 1.27, "implicit gemm": 3.41}}, ...]}
 *
 * Only `problem` and `way` are needed of a choice; the times are for the reader.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/cpu.h>

#include "base/fail.h"
#include "base/file.h"
#include "graph/tuning.h"

enum { FILE_LIMIT = 4 << 20, CHOICES_LIMIT = 10000, PRECISION = 5 };
static const char FORMAT[] = "fovea tuning";

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for a tuning"); }

/* One choice; NULL without memory. A time that was not measured is left out. */
static json_t *choice_json(const fv__tuning_choice *choice) {
  json_t *times = json_object();
  int failed = !times;
  for (int32_t i = 0; i < choice->way_count && !failed; i++)
    if (isfinite(choice->seconds[i]) && choice->seconds[i] > 0)
      failed = json_object_set_new(times, choice->names[i], json_real(choice->seconds[i] * 1e3));
  json_t *made =
      failed ? NULL
             : json_pack("{s:s, s:s, s:O}", "problem", choice->problem, "way", choice->names[choice->way], "ms", times);
  json_decref(times);
  return made;
}

static json_t *choices_json(const fv_tuning *tuning) {
  json_t *list = json_array();
  int failed = !list;
  for (int32_t i = 0; i < tuning->info.choices && !failed; i++)
    failed = json_array_append_new(list, choice_json(&tuning->choices[i]));
  if (!failed) return list;
  json_decref(list);
  return NULL;
}

static char *tuning_text(const fv_tuning *tuning) {
  const fv_tuning_info *about = &tuning->info;
  json_t *choices = choices_json(tuning);
  if (!choices) return NULL;
  json_t *root = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:o}", "format", FORMAT, "version", fv_version(),
                           "processor", about->processor, "level", about->level, "model", about->model, "inputs",
                           about->inputs, "threads", (int)about->threads, "choices", choices);
  char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(PRECISION)) : NULL;
  json_decref(root);
  return text;
}

fv_status fv_tuning_save(const fv_tuning *tuning, const char *path) {
  char *text = tuning_text(tuning);
  fv_status status = text ? fv__file_write(path, text, strlen(text)) : note(no_memory(), "%s", path);
  free(text);
  return status;
}

static fv_status read_text(const char **text, const json_t *object, const char *key) {
  *text = json_string_value(json_object_get(object, key));
  return *text ? FV_OK : fail(FV_ERROR_FORMAT, "expected \"%s\" to be a text", key);
}

static fv_status read_choice(fv_tuning *tuning, const json_t *value) {
  const char *problem, *way;
  TRY(read_text(&problem, value, "problem"));
  TRY(read_text(&way, value, "way"));
  if (fv__tuning_find(tuning, problem)) return fail(FV_ERROR_FORMAT, "it says '%s' twice", problem);
  fv__tuning_choice *choice = fv__tuning_add(tuning, problem);
  if (!choice) return no_memory();
  choice->names[0] = fv__arena_text(&tuning->arena, way);
  choice->way_count = 1;
  const double ms = json_real_value(json_object_get(json_object_get(value, "ms"), way));
  choice->seconds[0] = ms > 0 ? ms * 1e-3 : (double)INFINITY;
  return choice->names[0] ? FV_OK : no_memory();
}

static fv_status read_choices(fv_tuning *tuning, const json_t *list) {
  const size_t count = json_array_size(list);
  if (!json_is_array(list)) return fail(FV_ERROR_FORMAT, "expected \"choices\" to be a list");
  if (count > CHOICES_LIMIT)
    return fail(FV_ERROR_FORMAT, "expected at most %d choices, found %zu", CHOICES_LIMIT, count);
  for (size_t i = 0; i < count; i++) {
    const fv_status status = read_choice(tuning, json_array_get(list, i));
    if (status) return note(status, "choice %zu", i);
  }
  return FV_OK;
}

static fv_status read_tuning(fv_tuning **tuning, const json_t *root) {
  const char *format = json_string_value(json_object_get(root, "format")), *version;
  if (!format || strcmp(format, FORMAT) != 0)
    return fail(FV_ERROR_FORMAT, "expected a tuning (\"format\": \"%s\"), found other JSON", FORMAT);
  TRY(read_text(&version, root, "version"));
  if (strcmp(version, fv_version()) != 0)
    return fail(FV_ERROR_UNSUPPORTED, "made by fovea %s, and this is %s: tune again", version, fv_version());
  const json_int_t threads = json_integer_value(json_object_get(root, "threads"));
  fv_tuning_info about = {.threads = threads > 0 && threads <= INT32_MAX ? (int32_t)threads : 0};
  TRY(read_text(&about.processor, root, "processor"));
  TRY(read_text(&about.level, root, "level"));
  TRY(read_text(&about.model, root, "model"));
  TRY(read_text(&about.inputs, root, "inputs"));
  TRY(fv__tuning_create(tuning, &about));
  return read_choices(*tuning, json_object_get(root, "choices"));
}

fv_status fv_tuning_load(fv_tuning **tuning, const char *path) {
  uint8_t *bytes;
  size_t size;
  json_error_t error;
  *tuning = NULL;
  TRY(fv__file_read(&bytes, &size, path, FILE_LIMIT));
  json_t *root = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error);
  free(bytes);
  fv_status status =
      root ? read_tuning(tuning, root)
           : fail(FV_ERROR_FORMAT, "expected a tuning, found no JSON: line %d: %s", error.line, error.text);
  json_decref(root);
  if (!status) return FV_OK;
  fv_tuning_destroy(*tuning);
  *tuning = NULL;
  return note(status, "%s", path);
}
