/* GET /healthz: whether the server answers. */
#include "serve/route.h"

static void healthz(fv__request *request, fv__answer *answer) {
  (void)request;
  fv__answer_lend(answer, "text/plain; charset=utf-8", "ok\n", 3, NULL, NULL);
  answer->cache = "no-store";
}

static const fv__route routes[] = {{.method = "GET", .path = "/healthz", .handle = healthz}, {0}};

const fv__route_family fv__routes_health = {.routes = routes};
