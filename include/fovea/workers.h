/* Threads that wait for work: what calls on large pictures can be given to be done sooner. */
#ifndef FOVEA_WORKERS_H
#define FOVEA_WORKERS_H

#include <fovea/error.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_workers fv_workers;

/* `threads` in all, the caller's among them, 1 to 256; 0: one per processor. Fewer than asked for are no error when the
 * system has no more. Results never depend on how many there are, in no bit. Only the thread that made them may use
 * them, for one call at a time; not after fork(). End them with fv_workers_destroy. Errors: FV_ERROR_INVALID,
 * FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_workers_create(fv_workers **workers, int threads);

/* NULL is fine. */
FV_API void fv_workers_destroy(fv_workers *workers);

/* How many threads work, the caller's included; 1 for NULL. */
FV_API int fv_workers_threads(const fv_workers *workers);

FV_END_DECLARATIONS

#endif
