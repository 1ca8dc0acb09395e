/* GET /api/v1/hello: who this is, what it can do, what it shows. */
#include <string.h>

#include <fovea/cpu.h>

#include "serve/describe.h"
#include "serve/want.h"

enum { MOST_MODELS = 64 };

static void write_can(fv__writer *json) {
  fv__writer_begin(json, "can", '{');
  fv__writer_bool(json, "gradients", true);
  fv__writer_bool(json, "train", true);
  fv__writer_bool(json, "control", false);
  fv__writer_bool(json, "upload", true);
  fv__writer_end(json);
}

static void write_limits(fv__writer *json, const fv__server *server) {
  fv__writer_begin(json, "limits", '{');
  fv__writer_whole(json, "image_px", FV__PICTURE_PIXELS);
  fv__writer_whole(json, "body", FV__MAX_BODY);
  fv__writer_whole(json, "activation_bytes", fv__runs_now(server->runs).limit);
  fv__writer_whole(json, "inputs", FV__RUN_INPUTS);
  fv__writer_end(json);
}

/* The models, then one that is still being loaded or could not be. */
static void write_models(fv__writer *json, const fv__server *server, char first[FV__ID_SIZE]) {
  fv__shown *all[MOST_MODELS];
  char coming[256], problem[512];
  const int count = fv__gallery_all(server->gallery, all, MOST_MODELS);
  fv__gallery_announced(server->gallery, coming, problem);
  fv__writer_begin(json, "models", '[');
  for (int i = 0; i < count; i++) {
    if (i == 0) memcpy(first, all[i]->id, FV__ID_SIZE);
    fv__describe_entry(json, all[i]);
    fv__shown_leave(all[i]);
  }
  if (coming[0] || problem[0]) {
    fv__writer_begin(json, NULL, '{');
    fv__writer_null(json, "id");
    fv__writer_text(json, "name", coming);
    fv__writer_text(json, "state", problem[0] ? "failed" : "loading");
    if (problem[0]) fv__writer_text(json, "detail", problem);
    fv__writer_end(json);
  }
  fv__writer_end(json);
}

static void hello(fv__request *request, fv__answer *answer) {
  const fv__server *server = request->server;
  char model[FV__ID_SIZE] = "", image[FV__ID_SIZE];
  fv__album_default(server->album, image);
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "version", fv_version());
  fv__writer_whole(&json, "api", 1);
  fv__writer_text(&json, "token", server->token);
  fv__writer_text(&json, "cache", server->cache_key);
  fv__writer_whole(&json, "threads", fv_cpu_threads());
  fv__writer_text(&json, "simd", fv_cpu_name(fv_cpu()));
  write_can(&json);
  write_limits(&json, server);
  write_models(&json, server, model);
  fv__writer_begin(&json, "default", '{');
  fv__writer_text(&json, "model", model[0] ? model : NULL);
  fv__writer_text(&json, "image", image);
  fv__writer_end(&json);
  fv__writer_begin(&json, "locales", '[');
  fv__writer_text(&json, NULL, "en");
  fv__writer_text(&json, NULL, "zh-CN");
  fv__writer_end(&json);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
  answer->cache = "no-store";
}

static const fv__route routes[] = {{.method = "GET", .path = "/api/v1/hello", .slow = true, .handle = hello}, {0}};

const fv__route_family fv__routes_hello = {.routes = routes};
