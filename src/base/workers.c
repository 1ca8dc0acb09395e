/* See <fovea/workers.h>. */
#include "base/workers.h"

#include <stdlib.h>

struct fv_workers {
  fv__pool *pool;
};

fv_status fv_workers_create(fv_workers **out, int threads) {
  *out = NULL;
  fv_workers *workers = calloc(1, sizeof *workers);
  if (!workers) return fail(FV_ERROR_MEMORY, "no memory for threads");
  fv_status status = fv__pool_create(&workers->pool, threads);
  if (status)
    free(workers);
  else
    *out = workers;
  return status;
}

void fv_workers_destroy(fv_workers *workers) {
  if (!workers) return;
  fv__pool_destroy(workers->pool);
  free(workers);
}

fv__pool *fv__workers_pool(const fv_workers *workers) { return workers ? workers->pool : NULL; }

int fv_workers_threads(const fv_workers *workers) { return fv__pool_threads(fv__workers_pool(workers)); }
