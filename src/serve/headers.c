/* Headers of a request, and the route that it is for. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/call.h"
#include "serve/http_private.h"

typedef struct reading {
  fv__visitor *visitor;
  fv__request *request;
} reading;

/* The content type in small letters, without what follows ';'. */
static void read_type(fv__request *request, const char *value) {
  size_t size = strcspn(value, "; \t");
  if (size >= sizeof request->type) size = 0;
  for (size_t i = 0; i < size; i++)
    request->type[i] = (char)(value[i] >= 'A' && value[i] <= 'Z' ? value[i] + 32 : value[i]);
  request->type[size] = '\0';
}

/* The first tag of If-None-Match: "x" or W/"x". */
static void read_tag(fv__request *request, const char *value) {
  const char *quote = strchr(value, '"');
  const size_t size = quote ? strcspn(quote + 1, "\"") : 0;
  if (!size || size >= sizeof request->known) return;
  memcpy(request->known, quote + 1, size);
  request->known[size] = '\0';
}

/* "<boot>-<number>", as the stream writes it. */
static void read_event(fv__request *request, const char *value) {
  char *end;
  const uint64_t boot = strtoull(value, &end, 16);
  if (end == value || *end != '-') return;
  request->last_boot = boot;
  request->last_event = strtoll(end + 1, NULL, 10);
}

/* gzip, unless it is refused with q=0. */
static bool takes_gzip(const char *value) {
  const char *at = strcasestr(value, "gzip");
  return at && !(at[4] == ';' && strstr(at, "q=0") == at + 5 && !strpbrk(at + 5, "123456789"));
}

static enum MHD_Result read_one(void *context, enum MHD_ValueKind kind, const char *name, const char *value) {
  (void)kind;
  const reading *r = context;
  fv__visitor *v = r->visitor;
  if (!value) value = "";
  v->headers++;
  v->header_bytes += strlen(name) + strlen(value) + 4;
  const struct {
    const char *name;
    const char **place;
  } texts[] = {{"Host", &v->host},
               {"Origin", &v->origin},
               {"Sec-Fetch-Site", &v->fetch_site},
               {"Sec-Fetch-Mode", &v->fetch_mode},
               {"X-Explorer-Token", &v->token},
               {"Cookie", &v->cookie},
               {"Content-Length", &v->content_length},
               {"Transfer-Encoding", &v->transfer_encoding}};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (!strcasecmp(name, texts[i].name)) *texts[i].place = value;
  v->hosts += !strcasecmp(name, "Host");
  v->lengths += !strcasecmp(name, "Content-Length");
  if (!strcasecmp(name, "Content-Type")) read_type(r->request, value);
  if (!strcasecmp(name, "If-None-Match")) read_tag(r->request, value);
  if (!strcasecmp(name, "Last-Event-ID")) read_event(r->request, value);
  if (!strcasecmp(name, "Accept-Encoding")) r->request->accepts_gzip = takes_gzip(value);
  return MHD_YES;
}

void fv__call_read_headers(fv__call *call, fv__visitor *visitor, const fv__mhd *mhd) {
  reading r = {visitor, &call->request};
  call->request.last_event = -1;
  mhd->get_connection_values(call->connection, MHD_HEADER_KIND, read_one, &r);
}

const fv__route *fv__call_find_route(fv__call *call, const char *method) {
  const char *wanted = !strcmp(method, "HEAD") ? "GET" : method;
  bool is_there = false;
  for (int f = 0; fv__routes_table[f]; f++) {
    for (const fv__route *route = fv__routes_table[f]->routes; route->path; route++) {
      const bool same = !strcmp(route->method, wanted);
      if (is_there && !same) continue;
      if (!fv__request_fits(&call->request, route->path)) continue;
      if (same) return route;
      is_there = true;
    }
  }
  if (is_there)
    fv__answer_problem(&call->answer, 405, "bad_method", NULL, "%s is not used on this address", method);
  else
    fv__answer_problem(&call->answer, 404, "not_found", NULL, "there is nothing under this address");
  return NULL;
}
