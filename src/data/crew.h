/* A crew: threads that work ahead on jobs of numbered items while the caller does something else.
 *
 * Jobs are done in the order they were started, items of a job by whoever is free; the caller helps with the job it
 * waits for. What an item computes must depend on (job, item) alone. A crew without threads, because the system has
 * none to give, leaves all work to the caller.
 */
#ifndef FOVEA_DATA_CREW_H
#define FOVEA_DATA_CREW_H

#include <stdint.h>

#include "base/fail.h"

typedef struct fv__crew fv__crew;

/* `thread` is below fv__crew_seats and names the scratch memory to use. */
typedef void fv__crew_body(void *context, int32_t job, int32_t item, int thread);

/* `jobs` numbered places for jobs; `threads` beside the caller's own. Errors: FV_ERROR_MEMORY. */
fv_status fv__crew_create(fv__crew **crew, int threads, int32_t jobs, fv__crew_body *body, void *context) FV_CHECK;

/* Leaves what nobody has begun undone. NULL is fine. */
void fv__crew_destroy(fv__crew *crew);

/* How many may work at once when `threads` were asked for, the caller included. */
int fv__crew_seats(int threads);

/* Queues a job that is not under way. */
void fv__crew_start(fv__crew *crew, int32_t job, int32_t items);

/* Returns when the job is done; it must have been started. */
void fv__crew_finish(fv__crew *crew, int32_t job);

/* Drops what nobody has begun and waits for the rest; no job is then under way. */
void fv__crew_cancel(fv__crew *crew);

#endif
