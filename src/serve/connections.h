/* Open connections and how long each may take for what it does.
 *
 * Deadlines are absolute: a client that sends a byte now and then does not extend them. A header has 10 seconds, a body
 * 10 and one for every KiB it announced, an answer 30 and one for every 8 KiB; between requests a connection may wait
 * 30 seconds. Who takes longer is disconnected.
 */
#ifndef FOVEA_SERVE_CONNECTIONS_H
#define FOVEA_SERVE_CONNECTIONS_H

#include <stdatomic.h>
#include <stdint.h>

#include <fovea/error.h>

typedef struct fv__connection {
  struct fv__connection *next, *before;
  int descriptor;
  _Atomic int64_t deadline; /* milliseconds of the monotonic clock; 0: none */
} fv__connection;

typedef struct fv__connections fv__connections;

fv_status fv__connections_create(fv__connections **connections) FV_CHECK;
void fv__connections_destroy(fv__connections *connections); /* NULL is fine */

/* A new one, waiting for a header; NULL without memory. Removed before its descriptor is closed. */
fv__connection *fv__connections_add(fv__connections *connections, int descriptor);
void fv__connections_remove(fv__connections *connections, fv__connection *connection);

/* Disconnects those whose time is over. Called twice a second. */
void fv__connections_sweep(fv__connections *connections);

/* From now on the connection has this long; 0: as long as it takes. */
void fv__connection_allow(fv__connection *connection, int64_t milliseconds);

int64_t fv__milliseconds(void); /* of the monotonic clock */

#endif
