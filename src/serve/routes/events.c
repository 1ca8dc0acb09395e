/* GET /events: the one stream of everything that happens (hub.h). */
#include "serve/hub.h"
#include "serve/want.h"

static void listen(fv__request *request, fv__answer *answer) {
  fv__answer_events(answer, fv__request_query(request, "topics"));
}

static const fv__route routes[] = {{.method = "GET", .path = "/api/v1/events", .handle = listen}, {0}};

const fv__route_family fv__routes_events = {.routes = routes};
