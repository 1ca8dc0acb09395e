/* A training that is watched: how far it is, and its curves. */
#include <string.h>

#include "serve/want.h"
#include "serve/watch.h"

static void list(fv__request *request, fv__answer *answer) {
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_begin(&json, "runs", '[');
  if (request->server->watch) fv__watch_write(&json, request->server->watch);
  fv__writer_end(&json);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
}

/* The watched training, when the address names it. */
static fv__watch *want(fv__request *request, fv__answer *answer) {
  char name[64] = "";
  fv__watch *watch = request->server->watch;
  if (watch) fv__watch_name(watch, name);
  if (watch && !strcmp(name, request->captures[0])) return watch;
  fv__answer_problem(answer, 404, "not_found", "fovea explore --watch FILE.jsonl", "no training %s is watched",
                     request->captures[0]);
  return NULL;
}

static void show(fv__request *request, fv__answer *answer) {
  fv__watch *watch = want(request, answer);
  if (!watch) return;
  fv__writer json = {0};
  fv__watch_write(&json, watch);
  fv__answer_json(answer, 200, &json);
}

static void series(fv__request *request, fv__answer *answer) {
  int64_t from, points;
  if (!fv__want_whole(request, answer, "from", 0, INT32_MAX, 0, &from) ||
      !fv__want_whole(request, answer, "points", 2, 100000, 2000, &points))
    return;
  fv__watch *watch = want(request, answer);
  if (!watch) return;
  fv__writer json = {0};
  fv__watch_write_series(&json, watch, fv__request_query(request, "keys"), from, points);
  fv__answer_json(answer, 200, &json);
}

static const fv__route routes[] = {
    {.method = "GET", .path = "/api/v1/train", .handle = list},
    {.method = "GET", .path = "/api/v1/train/{t}", .handle = show},
    {.method = "GET", .path = "/api/v1/train/{t}/series", .slow = true, .handle = series},
    {0}};

const fv__route_family fv__routes_train = {.routes = routes};
