/* Models: which there are, one of them, one of its layers, loading another from the folder, dropping one. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fovea/file.h>

#include "serve/describe.h"
#include "serve/folder.h"
#include "serve/want.h"

enum { MOST_MODELS = 64 };

static void list(fv__request *request, fv__answer *answer) {
  fv__shown *all[MOST_MODELS];
  char coming[256], problem[512];
  const int count = fv__gallery_all(request->server->gallery, all, MOST_MODELS);
  fv__gallery_announced(request->server->gallery, coming, problem);
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_begin(&json, "models", '[');
  for (int i = 0; i < count; i++) {
    fv__describe_entry(&json, all[i]);
    fv__shown_leave(all[i]);
  }
  fv__writer_end(&json);
  fv__writer_text(&json, "loading", coming[0] && !problem[0] ? coming : NULL);
  fv__writer_text(&json, "problem", problem[0] ? problem : NULL);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
}

static void show(fv__request *request, fv__answer *answer) {
  fv__shown *shown = fv__want_model(request, answer, 0);
  if (!shown) return;
  fv__writer json = {0};
  fv__describe_model(&json, shown);
  fv__answer_json(answer, 200, &json);
  fv__shown_leave(shown);
}

static void show_layer(fv__request *request, fv__answer *answer) {
  fv__shown *shown = fv__want_model(request, answer, 0);
  const int32_t layer = shown ? fv__want_layer(request, answer, 1, shown) : -1;
  if (layer >= 0) {
    fv__writer json = {0};
    fv__describe_layer(&json, shown, layer);
    fv__answer_json(answer, 200, &json);
  }
  fv__shown_leave(shown);
}

static void drop(fv__request *request, fv__answer *answer) {
  if (!fv__gallery_remove(request->server->gallery, request->captures[0])) {
    fv__answer_problem(answer, 404, "no_model", NULL, "there is no model %s", request->captures[0]);
    return;
  }
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
}

/* ---- loading */

typedef struct loading {
  fv__server *server;
  char path[1024], weights[1024]; /* "": they are in the model's file */
  int descriptor, weights_descriptor;
} loading;

/* The loader names the descriptor; the user named a file. */
static fv_status rename_message(fv_status status, const char *opened, const char *path) {
  char sentence[512];
  const char *message = fv_error_message();
  const char *rest = strncmp(message, opened, strlen(opened)) == 0 ? message + strlen(opened) : NULL;
  snprintf(sentence, sizeof sentence, "%.200s%s%.300s", path, rest ? "" : ": ", rest ? rest : message);
  return fv_error_set(status, sentence);
}

static fv_status load_files(fv_model **model, const loading *l) {
  char opened[64];
  const bool has_weights = l->weights[0] != '\0';
  snprintf(opened, sizeof opened, "/proc/self/fd/%d", l->descriptor);
  fv_status status =
      fv_model_load(model, opened, &(fv_model_load_options){.as_it_is = true, .without_weights = has_weights});
  if (status || !has_weights) return status ? rename_message(status, opened, l->path) : FV_OK;
  snprintf(opened, sizeof opened, "/proc/self/fd/%d", l->weights_descriptor);
  status = fv_model_load_weights_with(*model, opened, &(fv_weights_options){.as_it_is = true});
  if (!status) return FV_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return rename_message(status, opened, l->weights);
}

static fv_status load(fv__job *job, void *context) {
  loading *l = context;
  char id[FV__ID_SIZE];
  fv_model *model;
  fv_status status = load_files(&model, l);
  if (status) return status;
  if (fv__job_is_cancelled(job)) {
    fv_model_destroy(model);
    return fv_error_set(FV_ERROR_STOPPED, "it was cancelled");
  }
  fv__shown *shown;
  const char *slash = strrchr(l->path, '/');
  status = fv__gallery_add(l->server->gallery, model, true, slash ? slash + 1 : l->path, l->path, &shown);
  if (status) return status;
  memcpy(id, shown->id, sizeof id);
  fv__shown_leave(shown);
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "model", id);
  fv__writer_end(&json);
  if (!json.failed) fv__job_give(job, "application/json", json.text, json.size);
  return FV_OK;
}

static void end_loading(void *context) {
  loading *l = context;
  if (l->descriptor >= 0) close(l->descriptor);
  if (l->weights_descriptor >= 0) close(l->weights_descriptor);
  free(l);
}

/* A file of the folder, opened; `key` goes on with what it is. */
static bool open_file(int *descriptor, char copy[1024], uint64_t *key, fv__request *request, const char *path) {
  fv__file_facts facts;
  snprintf(copy, 1024, "%s", path);
  if (fv__folder_file(descriptor, &facts, fv__album_folder(request->server->album), path)) return false;
  *key = fv__hash_number(fv__hash_text(*key, path), (uint64_t)facts.nanoseconds);
  return true;
}

static void begin_loading(fv__request *request, fv__answer *answer, const char *path, const char *weights) {
  char id[FV__ID_SIZE];
  uint64_t key = FV__HASH_START;
  loading *l = calloc(1, sizeof *l);
  if (!l || strlen(path) >= sizeof l->path || strlen(weights) >= sizeof l->weights) {
    free(l);
    fv__answer_bad(answer, "path", "expected paths of at most 1023 bytes");
    return;
  }
  l->server = request->server;
  l->descriptor = l->weights_descriptor = -1;
  if (!open_file(&l->descriptor, l->path, &key, request, path) ||
      (weights[0] && !open_file(&l->weights_descriptor, l->weights, &key, request, weights))) {
    end_loading(l);
    fv__answer_failure(answer, FV_ERROR_NOT_FOUND, NULL);
    return;
  }
  const fv__task task = {.work = load, .release = end_loading, .context = l, .priority = FV__PREVIEW};
  if (!fv__queue_add(request->server->queue, &task, key, id)) {
    fv__answer_problem(answer, 503, "busy", NULL, "too much waits to be computed");
    return;
  }
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "job", id);
  fv__writer_text(&json, "state", "waiting");
  fv__writer_end(&json);
  fv__answer_json(answer, 202, &json);
}

static void add(fv__request *request, fv__answer *answer) {
  json_error_t error;
  json_t *body = json_loadb((const char *)request->body, request->body_size, JSON_REJECT_DUPLICATES, &error);
  const char *path = json_string_value(json_object_get(body, "path"));
  const char *weights = json_string_value(json_object_get(body, "weights"));
  if (path)
    begin_loading(request, answer, path, weights ? weights : "");
  else
    fv__answer_bad(answer, "path", "expected {\"path\": \"model.keras\"}%s%s", body ? "" : ": ",
                   body ? "" : error.text);
  json_decref(body);
}

static const fv__route routes[] = {
    {.method = "GET", .path = "/api/v1/models", .handle = list},
    {.method = "POST", .path = "/api/v1/models", .takes = "application/json", .slow = true, .handle = add},
    {.method = "GET", .path = "/api/v1/models/{model}", .slow = true, .is_constant = true, .handle = show},
    {.method = "DELETE", .path = "/api/v1/models/{model}", .handle = drop},
    {.method = "GET",
     .path = "/api/v1/models/{model}/layers/{layer}",
     .slow = true,
     .is_constant = true,
     .handle = show_layer},
    {0}};

const fv__route_family fv__routes_models = {.routes = routes};
