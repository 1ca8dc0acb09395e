/* The hub: what happens, told to every listener as a stream of events (server-sent events, HTML Living Standard 9.2).
 *
 * Events are numbered from 1. The last ones are kept: who lost the connection says the last number that it saw and gets
 * what came after it, or the event `reset` when that is no longer here. A listener that reads slowly misses events that
 * only refine a picture (`droppable`), never others.
 */
#ifndef FOVEA_SERVE_HUB_H
#define FOVEA_SERVE_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <fovea/error.h>

#include "serve/writer.h"

enum { FV__HUB_KEPT = 10000, FV__HUB_BYTES = 8 << 20, FV__HUB_LISTENERS = 64, FV__HUB_TOPICS = 512 };

typedef struct fv__hub fv__hub;
typedef struct fv__listener fv__listener;

fv_status fv__hub_create(fv__hub **hub, uint64_t boot) FV_CHECK;
void fv__hub_destroy(fv__hub *hub); /* without listeners; NULL is fine */

/* Tells an event. `topic` is what listeners choose by ("run:r_5d20..."), `json` its data, whose text is taken over.
 * Without memory the event is lost. */
void fv__hub_publish(fv__hub *hub, const char *event, const char *topic, fv__writer *json, bool droppable);

/* A new listener, for the topics of a list: "run:r_1,job:*"; NULL: all. `after` is the number of the last event it
 * saw and `boot` of which start; -1: only what comes. `wake(context)` is called, perhaps with the hub's lock held, when
 * there is something to read after a read that gave nothing. NULL: too many listen. */
fv__listener *fv__hub_listen(fv__hub *hub, const char *topics, uint64_t boot, int64_t after,
                             void (*wake)(void *context), void *context);
void fv__hub_leave(fv__listener *listener);

/* The next bytes of the stream, at most `room`; 0: nothing now, then `pause(context)` was called before, with the lock
 * held, and `wake` will come; -1: the stream ends. */
ssize_t fv__hub_read(fv__listener *listener, char *bytes, size_t room, void (*pause)(void *context));

/* Keeps silent connections alive. Called twice a second. */
void fv__hub_tick(fv__hub *hub);

/* Ends all streams. */
void fv__hub_close(fv__hub *hub);

int fv__hub_listeners(fv__hub *hub);

#endif
