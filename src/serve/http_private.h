/* What http.c and send.c share. */
#ifndef FOVEA_SERVE_HTTP_PRIVATE_H
#define FOVEA_SERVE_HTTP_PRIVATE_H

#include "serve/call.h"
#include "serve/door.h"
#include "serve/hands.h"
#include "serve/http.h"

struct fv__http {
  fv__server *server;
  const fv__mhd *mhd;
  fv__connections *connections;
  fv__doors doors;
  struct MHD_Daemon *daemons[FV__DOORS];
  _Atomic int64_t open, requests, answer_bytes, body_bytes;
};

#endif
