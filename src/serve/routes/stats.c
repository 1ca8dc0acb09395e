/* GET /stats: memory, queue, connections. */
#include <stdio.h>

#include "serve/http.h"
#include "serve/hub.h"
#include "serve/queue.h"
#include "serve/want.h"

/* Resident memory of the process in bytes; 0: not known. */
static int64_t resident_bytes(void) {
  long pages = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "re");
  if (file && fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
  if (file) fclose(file);
  return (int64_t)resident * 4096;
}

static void stats(fv__request *request, fv__answer *answer) {
  const fv__server *server = request->server;
  const fv__http_load http = fv__http_now(server->http);
  const fv__runs_load runs = fv__runs_now(server->runs);
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_whole(&json, "resident_bytes", resident_bytes());
  fv__writer_whole(&json, "connections", http.connections);
  fv__writer_whole(&json, "requests", http.requests);
  fv__writer_whole(&json, "answer_bytes", http.answer_bytes);
  fv__writer_whole(&json, "body_bytes", http.body_bytes);
  fv__writer_whole(&json, "listeners", fv__hub_listeners(server->hub));
  fv__writer_whole(&json, "waiting", fv__queue_waiting(server->queue));
  fv__writer_whole(&json, "picture_bytes", (int64_t)fv__album_bytes(server->album));
  fv__writer_begin(&json, "runs", '{');
  fv__writer_whole(&json, "count", runs.count);
  fv__writer_whole(&json, "bytes", runs.bytes);
  fv__writer_whole(&json, "limit", runs.limit);
  fv__writer_whole(&json, "computed", runs.computed);
  fv__writer_whole(&json, "shared", runs.shared);
  fv__writer_whole(&json, "evicted", runs.evicted);
  fv__writer_end(&json);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
  answer->cache = "no-store";
}

static const fv__route routes[] = {{.method = "GET", .path = "/api/v1/stats", .handle = stats}, {0}};

const fv__route_family fv__routes_stats = {.routes = routes};
