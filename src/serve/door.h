/* Sockets to listen on. */
#ifndef FOVEA_SERVE_DOOR_H
#define FOVEA_SERVE_DOOR_H

#include <stdint.h>

#include <fovea/error.h>

enum { FV__DOORS = 3 };

typedef struct fv__doors {
  int count;
  int sockets[FV__DOORS];
  uint16_t port;
} fv__doors;

/* 127.0.0.1, ::1 where the machine has it, and `host` unless NULL, all on one port (0: one that is free). Errors:
 * FV_ERROR_IO, saying what to do. */
fv_status fv__doors_open(fv__doors *doors, const char *host, uint16_t port) FV_CHECK;

#endif
