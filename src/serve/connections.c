/* The list of open connections. */
#include "serve/connections.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { HEADER_MILLISECONDS = 10000 };

struct fv__connections {
  pthread_mutex_t lock;
  fv__connection *first;
};

int64_t fv__milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

fv_status fv__connections_create(fv__connections **connections) {
  *connections = calloc(1, sizeof **connections);
  if (!*connections) return fv_error_set(FV_ERROR_MEMORY, "no memory for a server");
  pthread_mutex_init(&(*connections)->lock, NULL);
  return FV_OK;
}

void fv__connections_destroy(fv__connections *connections) {
  if (!connections) return;
  pthread_mutex_destroy(&connections->lock);
  free(connections);
}

void fv__connection_allow(fv__connection *connection, int64_t milliseconds) {
  atomic_store(&connection->deadline, milliseconds ? fv__milliseconds() + milliseconds : 0);
}

fv__connection *fv__connections_add(fv__connections *connections, int descriptor) {
  fv__connection *connection = calloc(1, sizeof *connection);
  if (!connection) return NULL;
  connection->descriptor = descriptor;
  fv__connection_allow(connection, HEADER_MILLISECONDS);
  pthread_mutex_lock(&connections->lock);
  connection->next = connections->first;
  if (connection->next) connection->next->before = connection;
  connections->first = connection;
  pthread_mutex_unlock(&connections->lock);
  return connection;
}

void fv__connections_remove(fv__connections *connections, fv__connection *connection) {
  if (!connection) return;
  pthread_mutex_lock(&connections->lock);
  if (connection->before)
    connection->before->next = connection->next;
  else
    connections->first = connection->next;
  if (connection->next) connection->next->before = connection->before;
  pthread_mutex_unlock(&connections->lock);
  free(connection);
}

void fv__connections_sweep(fv__connections *connections) {
  const int64_t now = fv__milliseconds();
  pthread_mutex_lock(&connections->lock);
  for (fv__connection *c = connections->first; c; c = c->next) {
    const int64_t deadline = atomic_load(&c->deadline);
    if (!deadline || deadline > now) continue;
    shutdown(c->descriptor, SHUT_RDWR); /* its thread then sees the end and closes it */
    atomic_store(&c->deadline, 0);
  }
  pthread_mutex_unlock(&connections->lock);
}
