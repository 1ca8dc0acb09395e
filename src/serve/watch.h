/* A training that is watched: the log that it writes, line by line (callback.h, JSONLogger), is the truth; what comes
 * new is told at once as an event, and all of it can be asked for as columns. The log may not be there yet, may grow,
 * and may begin anew. The training itself knows nothing of who watches. */
#ifndef FOVEA_SERVE_WATCH_H
#define FOVEA_SERVE_WATCH_H

#include "serve/hub.h"

typedef struct fv__watch fv__watch;

/* Errors: FV_ERROR_NOT_FOUND when the log's folder is not there, FV_ERROR_MEMORY. */
fv_status fv__watch_start(fv__watch **watch, const char *path, fv__hub *hub) FV_CHECK;
void fv__watch_stop(fv__watch *watch); /* NULL is fine */

/* The name that the log gives the training, "t_1" before it says one. */
void fv__watch_name(fv__watch *watch, char name[64]);

/* {"t", "rev", "steps", "epochs", "last": {...}, "epoch": {...}}: how far it is. */
void fv__watch_write(fv__writer *json, fv__watch *watch);

/* {"t", "rev", "cols": {...}, "epoch_cols": {...}}; as fv__table_write says. `rev` counts rows of steps. */
void fv__watch_write_series(fv__writer *json, fv__watch *watch, const char *keys, int64_t from, int64_t points);

#endif
