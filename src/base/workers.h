/* Inside: the pool behind public fv_workers. */
#ifndef FOVEA_BASE_WORKERS_H
#define FOVEA_BASE_WORKERS_H

#include <fovea/workers.h>

#include "base/parallel.h"

/* NULL, a pool of one, for NULL. */
fv__pool *fv__workers_pool(const fv_workers *workers);

#endif
