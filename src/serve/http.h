/* HTTP: sockets, libmicrohttpd, and the way of a request from its first byte to its answer.
 *
 *   target read -> headers read: gate, route, kind and size of the body -> body -> handler (here or by hands) -> answer
 */
#ifndef FOVEA_SERVE_HTTP_H
#define FOVEA_SERVE_HTTP_H

#include "serve/server.h"

typedef struct fv__http fv__http;

/* Listens as the server's host and port say, and sets its port when any was asked for. Errors: FV_ERROR_IO for a port
 * that is taken or a host that is not this machine's, FV_ERROR_UNSUPPORTED, FV_ERROR_MEMORY. */
fv_status fv__http_start(fv__http **http, fv__server *server, bool any_port) FV_CHECK;

/* Ends all connections. Streams must have been told to end (hub.h). NULL is fine. */
void fv__http_stop(fv__http *http);

/* Disconnects who takes too long; called twice a second. */
void fv__http_sweep(fv__http *http);

/* Numbers for /stats. */
typedef struct fv__http_load {
  int64_t connections, requests, answer_bytes, body_bytes;
} fv__http_load;

fv__http_load fv__http_now(const fv__http *http);

#endif
