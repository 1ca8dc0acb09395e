/* The explorer's server: who holds what, and which thread does it.
 *
 *   connections   libmicrohttpd's threads: read requests, check them (gate.h), answer the quick ones
 *   hands         two threads for the slow ones, so that a large picture keeps nobody else waiting, and others in the
 *                 place of those that wait for the queue (hands.h)
 *   queue         one thread that computes: forward passes, loading models, explanations (queue.h)
 *   clock         one thread: deadlines of connections, the stream's heartbeat, the training log (clock.h)
 *
 * Every part has its own lock, taken last and held shortly; no part calls another with its lock held.
 */
#ifndef FOVEA_SERVE_SERVER_H
#define FOVEA_SERVE_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <fovea-tools/explore.h>

/* What the answer to a constant address also depends on: raised when a format of answers changes. */
enum { FV__SERVE_FORMAT = 2 };

/* Sizes of what clients may send and hold; docs/explorer.md lists them. */
enum {
  FV__MAX_TARGET = 8 * 1024,
  FV__MAX_HEADERS = 100,
  FV__MAX_HEADER_BYTES = 32 * 1024,
  FV__MAX_JSON = 1024 * 1024,
  FV__MAX_BODY = 32 * 1024 * 1024,
  FV__MAX_BODIES = 128 * 1024 * 1024,  /* of all requests together */
  FV__MAX_ANSWERS = 256 * 1024 * 1024, /* bytes on their way to all clients */
  FV__MAX_CONNECTIONS = 10240
};

typedef struct fv__server {
  char *host;         /* as asked for; NULL: this machine only */
  char *access_token; /* needed for everything; NULL: for writes only, and then `token` */
  char token[33];     /* for writes, random */
  char cache_key[17]; /* changes with every build: constant answers are kept under it */
  uint64_t boot;      /* of this start */
  uint16_t port;
  char address[320];
  bool is_open_to_others;

  struct fv__http *http;
  struct fv__hands *hands;
  struct fv__clock *clock;
  struct fv__hub *hub;
  struct fv__queue *queue;
  struct fv__album *album;
  struct fv__follow *follow;
  struct fv__gallery *gallery;
  struct fv__runs *runs;
  struct fv__shelf *shelf;
  struct fv__watch *watch; /* NULL: no training is watched */
} fv__server;

#endif
