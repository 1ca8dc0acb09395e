/* One request on its way: what http.c keeps from its first byte to its answer's last. */
#ifndef FOVEA_SERVE_CALL_H
#define FOVEA_SERVE_CALL_H

#include "serve/connections.h"
#include "serve/gate.h"
#include "serve/late.h"
#include "serve/route.h"

typedef struct fv__call {
  struct fv__http *http;
  struct MHD_Connection *connection;
  fv__connection *line; /* of connections.h */
  char *target;
  fv__request request;
  fv__answer answer;
  const fv__route *route; /* NULL: the answer is there already */
  uint8_t *body;
  size_t body_size, body_room, body_length; /* so far, taken, announced */
  bool has_headers, has_answer, wants_greeting;
} fv__call;

/* What the headers say. Fills the visitor, and the parts of the request that come from headers. */
void fv__call_read_headers(fv__call *call, fv__visitor *visitor, const fv__mhd *mhd);

/* The route for method and path; otherwise the answer is 404 or 405. */
const fv__route *fv__call_find_route(fv__call *call, const char *method);

/* Sets the answer's headers and hands it over. */
enum MHD_Result fv__call_send(fv__call *call);

/* Whether the client has the answer to a constant address already; then the answer is 304. */
bool fv__call_is_known(fv__call *call);

#endif
