/* Hands: threads for what must not keep a connection's thread waiting. Two work at a time; while one of them waits for
 * a job of the queue, another takes its place, so that questions about one layer hold nobody else up. */
#ifndef FOVEA_SERVE_HANDS_H
#define FOVEA_SERVE_HANDS_H

#include <stdbool.h>

#include <fovea/error.h>

/* Each job that waits or runs may have a hand waiting for it. */
enum { FV__HANDS = 2, FV__HANDS_MOST = 20, FV__HANDS_WAITING = 256 };

typedef struct fv__hands fv__hands;

fv_status fv__hands_create(fv__hands **hands) FV_CHECK;

/* Does what waits, then ends. NULL is fine. */
void fv__hands_destroy(fv__hands *hands);

/* Has `work(context)` done soon, in the order asked; false when too much waits. */
bool fv__hands_give(fv__hands *hands, void (*work)(void *context), void *context);

/* Around a wait, on whatever thread: on a hand's another may work meanwhile. */
void fv__hands_rest(void);
void fv__hands_go_on(void);

#endif
