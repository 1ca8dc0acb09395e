/* Runs: asking for one, how far it is, its layers' figures. */
#include <jansson.h>
#include <string.h>

#include "serve/changes.h"
#include "serve/want.h"

static const char *const states[] = {"waiting", "running", "done", "failed"};

static void write_run(fv__writer *json, const fv__run *run) {
  const fv__run_state state = atomic_load(&run->state);
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "run", run->id);
  fv__writer_text(json, "model", run->shown->id);
  fv__writer_begin(json, "images", '[');
  for (int i = 0; i < run->image_count; i++) fv__writer_text(json, NULL, run->images[i]);
  fv__writer_end(json);
  fv__writer_text(json, "overlay", run->overlay_id);
  fv__writer_text(json, "state", states[state]);
  fv__writer_whole(json, "done", atomic_load(&run->done));
  fv__writer_whole(json, "of", atomic_load(&run->of));
  if (state == FV__RUN_DONE) {
    fv__writer_number(json, "ms", run->milliseconds);
    fv__writer_whole(json, "bytes", run->bytes);
  }
  if (state == FV__RUN_FAILED) {
    fv__writer_text(json, "code", fv_status_name(run->status));
    fv__writer_text(json, "detail", run->message);
  }
  fv__writer_end(json);
}

/* ---- asking */

/* The pictures of a request: "image", one for all inputs, or "images", one for each. */
static int read_images(char images[][FV__ID_SIZE], json_t *body, int inputs) {
  const json_t *list = json_object_get(body, "images");
  const char *one = json_string_value(json_object_get(body, "image"));
  for (int i = 0; i < inputs; i++) {
    const char *id = list ? json_string_value(json_array_get(list, (size_t)i)) : one;
    if (!id || strlen(id) >= FV__ID_SIZE) return 0;
    memcpy(images[i], id, strlen(id) + 1);
  }
  return !list || json_array_size(list) == (size_t)inputs ? inputs : 0;
}

static void ask_for(fv__request *request, fv__answer *answer, json_t *body, fv__shown *shown) {
  char images[FV__RUN_INPUTS][FV__ID_SIZE], name[512];
  const int32_t inputs = fv_model_input_count(shown->model);
  if (inputs > FV__RUN_INPUTS) {
    fv__answer_problem(answer, 422, "shape_mismatch", NULL, "expected a model with at most %d inputs", FV__RUN_INPUTS);
    return;
  }
  if (!read_images(images, body, inputs)) {
    fv__answer_bad(answer, "images", "expected \"image\", or \"images\" with %d identities", (int)inputs);
    return;
  }
  for (int i = 0; i < inputs; i++) {
    fv__picture *picture = NULL;
    if (!fv__album_name(request->server->album, images[i], name) &&
        fv__album_picture(&picture, request->server->album, images[i])) {
      fv__answer_failure(answer, FV_ERROR_NOT_FOUND, NULL);
      return;
    }
    fv__picture_leave(picture);
  }
  fv__run *run;
  bool is_new;
  fv_overlay *overlay;
  const char *changes = json_string_value(json_object_get(body, "overlay"));
  const fv_status status = fv__changes_for(&overlay, request->server->shelf, changes, shown->model);
  if (status) {
    fv__answer_failure(answer, status, status == FV_ERROR_INVALID ? "bad_param" : NULL);
    return;
  }
  if (fv__runs_ask(&run, request->server->runs, shown, images, inputs, overlay, &is_new)) {
    fv__answer_problem(answer, 503, "busy", NULL, "%s", fv_error_message());
    return;
  }
  fv__writer json = {0};
  write_run(&json, run);
  fv__answer_json(answer, atomic_load(&run->state) == FV__RUN_DONE ? 200 : 202, &json);
  fv__run_leave(run);
}

static void ask(fv__request *request, fv__answer *answer) {
  json_error_t error;
  json_t *body = json_loadb((const char *)request->body, request->body_size, JSON_REJECT_DUPLICATES, &error);
  const char *model = json_string_value(json_object_get(body, "model"));
  fv__shown *shown = model ? fv__gallery_find(request->server->gallery, model) : NULL;
  if (!body || !model)
    fv__answer_bad(answer, "model", "expected {\"model\": ..., \"image\": ...}%s%s", body ? "" : ": ",
                   body ? "" : error.text);
  else if (!shown)
    fv__answer_problem(answer, 404, "no_model", "GET /api/v1/models lists what there is", "there is no such model");
  else
    ask_for(request, answer, body, shown);
  fv__shown_leave(shown);
  json_decref(body);
}

/* ---- looking */

static void show(fv__request *request, fv__answer *answer) {
  bool evicted;
  fv__run *run = fv__runs_find(request->server->runs, request->captures[0], &evicted);
  if (!run) {
    fv__want_run(request, answer, 0);
    return;
  }
  fv__writer json = {0};
  write_run(&json, run);
  fv__answer_json(answer, 200, &json);
  answer->cache = "no-store";
  fv__run_leave(run);
}

static void layers(fv__request *request, fv__answer *answer) {
  fv__run *run = fv__want_run(request, answer, 0);
  if (!run) return;
  const fv__layer_row *rows = fv__run_rows(run);
  fv__writer json = {.failed = !rows};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "run", run->id);
  fv__writer_begin(&json, "layers", '[');
  for (int32_t i = 0; rows && i < fv_model_layer_count(run->shown->model); i++) {
    const fv_layer_info layer = fv_model_layer(run->shown->model, i);
    const int32_t node = layer.nodes[0];
    fv__writer_begin(&json, NULL, '{');
    fv__writer_text(&json, "layer", layer.name);
    fv__writer_shape(&json, "shape", &run->shapes[node - 1]);
    fv__writer_bool(&json, "kept", run->values[node - 1] != NULL);
    fv__writer_number(&json, "min", rows[i].min);
    fv__writer_number(&json, "max", rows[i].max);
    fv__writer_number(&json, "mean", rows[i].mean);
    fv__writer_number(&json, "std", rows[i].deviation);
    fv__writer_number(&json, "zero", rows[i].zero_share);
    fv__writer_whole(&json, "bad", rows[i].bad);
    fv__writer_whole(&json, "dead", rows[i].dead);
    fv__writer_whole(&json, "ns", run->nanoseconds[node - 1]);
    fv__writer_whole(&json, "bytes", fv__elements(&run->shapes[node - 1]) * (int64_t)sizeof(float));
    fv__writer_end(&json);
  }
  fv__writer_end(&json);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
  fv__run_leave(run);
}

static const fv__route routes[] = {
    {.method = "POST", .path = "/api/v1/runs", .takes = "application/json", .slow = true, .handle = ask},
    {.method = "GET", .path = "/api/v1/runs/{run}", .handle = show},
    {.method = "GET", .path = "/api/v1/runs/{run}/layers", .slow = true, .is_constant = true, .handle = layers},
    {0}};

const fv__route_family fv__routes_runs = {.routes = routes};
