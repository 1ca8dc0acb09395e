/* A thread pool: `parallel_for` over numbered pieces of work.
 *
 * Work is cut by problem size, never by the number of threads: the body sees only piece numbers, so the result cannot
 * depend on how many threads there are. Each thread begins with a contiguous share of the pieces and helps the others
 * when it is done; which thread does a piece never changes what the piece computes. Pieces in the order of memory make
 * the most of the cores' caches.
 *
 * Only the thread that made the pool may call parallel_for on it, one call at a time. Fewer threads than asked for are
 * no error: a pool that could not start any works on the caller's thread alone. After fork() the child must not use the
 * parent's pools.
 */
#ifndef FOVEA_BASE_PARALLEL_H
#define FOVEA_BASE_PARALLEL_H

#include <stdint.h>

#include "base/fail.h"

typedef struct fv__pool fv__pool;

/* A pool that works on `threads` threads, the caller's among them; 0 means fv_cpu_threads(). */
fv_status fv__pool_create(fv__pool **pool, int threads) FV_CHECK;
void fv__pool_destroy(fv__pool *pool);

/* How many threads really work, the caller included. NULL is a pool of one. */
int fv__pool_threads(const fv__pool *pool);

/* Runs body(context, piece, thread) for every piece in [0, count); returns when all are done. `thread` is in
 * [0, fv__pool_threads) and names the scratch memory to use. The body must not fail; what it wants to report it stores
 * in its context. */
typedef void fv__parallel_body(void *context, int64_t piece, int thread);
void fv__parallel_for(fv__pool *pool, int64_t count, fv__parallel_body *body, void *context);

#endif
