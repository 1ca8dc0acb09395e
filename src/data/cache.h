/* Decoded and resized pictures kept in memory, one place a sample, filled as they come. Many threads may use it. */
#ifndef FOVEA_DATA_CACHE_H
#define FOVEA_DATA_CACHE_H

#include <stdatomic.h>

#include <fovea/dataset.h>

typedef struct fv__cache {
  void *block; /* NULL: there is no cache */
  atomic_uchar *states;
  size_t block_bytes, entry_bytes;
  fv_shape shape; /* of a sample: (height, width, channels) */
  bool holds_floats;
} fv__cache;

/* A cache for `count` samples when they fit into `limit` bytes, else none, which is no error. Errors: FV_ERROR_MEMORY.
 */
fv_status fv__cache_create(fv__cache *cache, int64_t limit, int64_t count, const fv_shape *shape,
                           bool holds_floats) FV_CHECK;
void fv__cache_destroy(fv__cache *cache);

/* Lends the sample; it is not to be destroyed. False when it is not there. */
bool fv__cache_find(fv_sample *sample, const fv__cache *cache, int64_t index);

/* Keeps a copy of a sample of the right shape. */
void fv__cache_keep(fv__cache *cache, int64_t index, const fv_sample *sample);

#endif
