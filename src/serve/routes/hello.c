/* GET /api/v1/hello: who this is, what it can do, what it shows. */
#include <fovea/cpu.h>

#include "serve/route.h"
#include "serve/server.h"

static void hello(fv__request *request, fv__answer *answer) {
  const fv__server *server = request->server;
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "version", fv_version());
  fv__writer_whole(&json, "api", 1);
  fv__writer_text(&json, "token", server->token);
  fv__writer_text(&json, "cache", server->cache_key);
  fv__writer_whole(&json, "threads", fv_cpu_threads());
  fv__writer_begin(&json, "limits", '{');
  fv__writer_whole(&json, "body", FV__MAX_BODY);
  fv__writer_end(&json);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
  answer->cache = "no-store";
}

static const fv__route routes[] = {{.method = "GET", .path = "/api/v1/hello", .handle = hello}, {0}};

const fv__route_family fv__routes_hello = {.routes = routes};
