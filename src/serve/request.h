/* What a client asks for, taken apart: the path's segments and the query, each decoded after it was cut, so that an
 * encoded slash in a layer's name ("encoder%2Fconv1") stays inside its segment. */
#ifndef FOVEA_SERVE_REQUEST_H
#define FOVEA_SERVE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FV__REQUEST_SEGMENTS = 12, FV__REQUEST_QUERIES = 32, FV__REQUEST_CAPTURES = 4 };

typedef struct fv__query {
  const char *key, *value;
} fv__query;

typedef struct fv__request {
  struct fv__server *server;
  char *text;         /* what segments and queries point into; owned */
  const char *target; /* as it was sent */
  int segment_count;
  const char *segments[FV__REQUEST_SEGMENTS];
  int query_count;
  fv__query queries[FV__REQUEST_QUERIES];
  const char *captures[FV__REQUEST_CAPTURES]; /* what stood for {name} in the route's path, in order */
  bool head, accepts_gzip;
  char type[128];      /* Content-Type in small letters without parameters; "" */
  char known[64];      /* If-None-Match's first tag, without quotes; "" */
  int64_t last_event;  /* of Last-Event-ID: the number behind '-'; -1: none */
  uint64_t last_boot;  /* and the one before it */
  const uint8_t *body; /* of a POST; lent */
  size_t body_size;
} fv__request;

/* Takes a target apart ("/api/v1/images?dir=a%20b"). False when it is not a path, has a broken escape, a NUL, or more
 * parts than there is room for. fv__request_end ends it either way. */
bool fv__request_read(fv__request *request, const char *target);
void fv__request_end(fv__request *request);

/* Whether the segments fit a route's path: "/api/v1/runs/{run}/maps/{layer}.npy". Fills `captures`; an ending behind a
 * capture is cut off it in place when all fits. */
bool fv__request_fits(fv__request *request, const char *path);

/* A query's value; NULL when it is not there. */
const char *fv__request_query(const fv__request *request, const char *key);

#endif
