/* Where the time goes: measuring a model's layers on this machine, and the last measurement. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/cpu.h>
#include <fovea/profile.h>

#include "serve/shelf.h"
#include "serve/want.h"

enum { MOST_PASSES = 100 };

static uint64_t key_of(const fv__shown *shown) {
  return fv__hash_text(fv__hash_number(FV__HASH_START, shown->hash), "profile");
}

/* ---- a measurement */

typedef struct measurement {
  fv__server *server;
  fv__shown *shown; /* with a reference */
  fv__job *job;
  int32_t repeat, warm_up;
} measurement;

static void end_measurement(void *context) {
  measurement *m = context;
  fv__shown_leave(m->shown);
  free(m);
}

static bool goes_on(void *context, int64_t done, int64_t of) {
  measurement *m = context;
  fv__job_progress(m->job, done, of);
  return !fv__job_is_cancelled(m->job);
}

static void write_row(fv__writer *json, const fv_model *model, const fv_profile_row *row) {
  const fv_layer_info layer = fv_model_layer(model, row->layer);
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "layer", layer.name);
  fv__writer_text(json, "kind", layer.kind);
  fv__writer_text(json, "operation", row->step.operation);
  fv__writer_text(json, "way", row->step.way);
  fv__writer_begin(json, "layers", '['); /* all that this step stands for */
  for (int32_t i = 0; i < row->step.node_count; i++)
    fv__writer_text(json, NULL, fv_model_layer(model, fv_model_node(model, row->step.nodes[i]).layer).name);
  fv__writer_end(json);
  fv__writer_whole(json, "ns", row->nanoseconds);
  fv__writer_whole(json, "fastest_ns", row->fastest);
  fv__writer_whole(json, "macs", row->step.multiply_adds);
  fv__writer_whole(json, "params", layer.parameters);
  fv__writer_shape(json, "out", &layer.output);
  fv__writer_whole(json, "bytes", row->step.bytes);
  fv__writer_end(json);
}

static void write_profile(fv__writer *json, const measurement *m, const fv_profile *profile) {
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "model", m->shown->id);
  fv__writer_whole(json, "repeat", profile->passes);
  fv__writer_whole(json, "threads", fv_cpu_threads());
  fv__writer_whole(json, "total_ns", profile->nanoseconds);
  fv__writer_whole(json, "fastest_ns", profile->fastest);
  fv__writer_whole(json, "peak_bytes", profile->memory.activations + profile->memory.scratch);
  fv__writer_whole(json, "weight_bytes", profile->memory.weights);
  fv__writer_whole(json, "packed_bytes", profile->memory.packed);
  fv__writer_begin(json, "rows", '[');
  for (int32_t i = 0; i < profile->count; i++)
    if (profile->rows[i].layer >= 0) write_row(json, m->shown->model, &profile->rows[i]);
  fv__writer_end(json);
  fv__writer_end(json);
}

/* Extents that the model leaves open are those that its pictures are brought to. */
static void input_shapes(fv_shape *shapes, const fv__shown *shown) {
  for (int32_t i = 0; i < fv_model_input_count(shown->model); i++) {
    shapes[i] = fv_model_input_shape(shown->model, i);
    if (shapes[i].rank && shapes[i].dims[0] < 0) shapes[i].dims[0] = 1;
    if (shapes[i].rank == 4 && shapes[i].dims[1] < 0) shapes[i].dims[1] = shown->preprocessing.size.height;
    if (shapes[i].rank == 4 && shapes[i].dims[2] < 0) shapes[i].dims[2] = shown->preprocessing.size.width;
  }
}

static fv_status measure(fv__job *job, void *context) {
  measurement *m = context;
  fv_shape shapes[FV__RUN_INPUTS];
  fv_profile *profile;
  if (fv_model_input_count(m->shown->model) > FV__RUN_INPUTS)
    return fv_error_set(FV_ERROR_UNSUPPORTED, "the model has too many inputs to be shown");
  m->job = job;
  input_shapes(shapes, m->shown);
  const fv_profile_options options = {
      .repeat = m->repeat, .warm_up = m->warm_up, .input_shapes = shapes, .goes_on = goes_on, .context = m};
  const fv_status status = fv_profile_create(&profile, m->shown->model, &options);
  if (status) return status;
  fv__writer json = {0};
  write_profile(&json, m, profile);
  fv_profile_destroy(profile);
  if (!json.failed) fv__shelf_put(m->server->shelf, key_of(m->shown), json.text, json.size);
  const bool failed = json.failed;
  free(json.text);
  return failed ? fv_error_set(FV_ERROR_MEMORY, "no memory for a profile") : FV_OK;
}

/* ---- as a table */

/* A field, in quotes where its text needs them. */
static void put_quoted(FILE *stream, const char *text) {
  if (!text) return;
  if (!strpbrk(text, ",\"\r\n")) {
    fputs(text, stream);
    return;
  }
  fputc('"', stream);
  for (const char *c = text; *c; c++) fprintf(stream, "%s%c", *c == '"' ? "\"" : "", *c);
  fputc('"', stream);
}

/* ---- routes */

/* A number of passes of the body, up to MOST_PASSES. False: the answer is 422. */
static bool read_passes(fv__answer *answer, const json_t *body, const char *key, int32_t least, int32_t *passes) {
  const json_t *field = json_object_get(body, key);
  if (!field) return true;
  const json_int_t number = json_is_integer(field) ? json_integer_value(field) : -1;
  *passes = (int32_t)(number < least || number > MOST_PASSES ? -1 : number);
  if (*passes >= 0) return true;
  fv__answer_bad(answer, key, "expected a whole number from %d to %d", (int)least, MOST_PASSES);
  return false;
}

static void start(fv__request *request, fv__answer *answer, fv__shown *shown, int32_t repeat, int32_t warm_up) {
  static _Atomic uint64_t count; /* measured again, it is another measurement */
  char id[FV__ID_SIZE];
  measurement *m = calloc(1, sizeof *m);
  const uint64_t key = fv__hash_number(key_of(shown), atomic_fetch_add(&count, 1));
  bool added = false;
  if (m) {
    *m = (measurement){request->server, shown, NULL, repeat, warm_up ? warm_up : -1};
    atomic_fetch_add(&shown->references, 1);
    const fv__task task = {.work = measure, .release = end_measurement, .context = m, .priority = FV__PREVIEW};
    added = fv__queue_add(request->server->queue, &task, key, id);
  }
  if (!added) {
    fv__answer_problem(answer, 503, "busy", NULL, "too much waits to be computed");
    return;
  }
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "job", id);
  fv__writer_text(&json, "state", "waiting");
  fv__writer_whole(&json, "done", 0);
  fv__writer_whole(&json, "of", repeat + warm_up);
  fv__writer_end(&json);
  fv__answer_json(answer, 202, &json);
}

static void ask(fv__request *request, fv__answer *answer) {
  json_error_t error;
  json_t *body = json_loadb((const char *)request->body, request->body_size, JSON_REJECT_DUPLICATES, &error);
  fv__shown *shown = fv__want_model(request, answer, 0);
  int32_t repeat = 10, warm_up = 2;
  if (shown && !json_is_object(body))
    fv__answer_bad(answer, "body", "expected {\"repeat\": 10, \"warmup\": 2}");
  else if (shown && read_passes(answer, body, "repeat", 1, &repeat) && read_passes(answer, body, "warmup", 0, &warm_up))
    start(request, answer, shown, repeat, warm_up);
  fv__shown_leave(shown);
  json_decref(body);
}

/* A profile's rows as CSV (RFC 4180), a line for each layer. */
static char *csv_of(const char *text, size_t *size) {
  json_t *profile = json_loads(text, 0, NULL);
  char *lines = NULL;
  FILE *stream = profile ? open_memstream(&lines, size) : NULL;
  const json_t *row;
  size_t i;
  if (stream) fputs("layer,kind,shape,nanoseconds,multiply_adds,parameters,bytes\r\n", stream);
  json_array_foreach(stream ? json_object_get(profile, "rows") : NULL, i, row) {
    put_quoted(stream, json_string_value(json_object_get(row, "layer")));
    fputc(',', stream);
    put_quoted(stream, json_string_value(json_object_get(row, "kind")));
    fputc(',', stream);
    const json_t *shape = json_object_get(row, "out");
    for (size_t k = 0; k < json_array_size(shape); k++)
      fprintf(stream, "%s%" JSON_INTEGER_FORMAT, k ? "x" : "", json_integer_value(json_array_get(shape, k)));
    static const char *const numbers[] = {"ns", "macs", "params", "bytes"};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
      fprintf(stream, ",%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(row, numbers[k])));
    fputs("\r\n", stream);
  }
  json_decref(profile);
  if (stream && !fclose(stream)) return lines;
  free(lines);
  return NULL;
}

static void answer_csv(fv__answer *answer, const char *text) {
  size_t size = 0;
  char *lines = csv_of(text, &size);
  if (lines)
    fv__answer_bytes(answer, "text/csv; charset=utf-8", lines, size);
  else
    fv__answer_problem(answer, 503, "busy", NULL, "no memory for a table");
  answer->download = lines != NULL;
}

static void show(fv__request *request, fv__answer *answer) {
  static const char *const formats[] = {"json", "csv", NULL};
  int format;
  if (!fv__want_word(request, answer, "format", formats, &format)) return;
  fv__shown *shown = fv__want_model(request, answer, 0);
  size_t size = 0;
  char *text = shown ? fv__shelf_get(request->server->shelf, key_of(shown), &size) : NULL;
  if (text && format) {
    answer_csv(answer, text);
    free(text);
  } else if (text)
    fv__answer_bytes(answer, "application/json", text, size);
  else if (shown)
    fv__answer_problem(answer, 404, "not_found", "POST here measures", "%s was not measured yet", shown->name);
  fv__shown_leave(shown);
}

static const fv__route routes[] = {
    {.method = "POST", .path = "/api/v1/models/{model}/profile", .takes = "application/json", .handle = ask},
    {.method = "GET", .path = "/api/v1/models/{model}/profile", .handle = show},
    {0}};

const fv__route_family fv__routes_profile = {.routes = routes};
