/* The cache. A place goes from empty over being filled to full; who finds it being filled reads the file again. */
#include "data/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/size.h"

enum { EMPTY, FILLING, FULL };

fv_status fv__cache_create(fv__cache *cache, int64_t limit, int64_t count, const fv_shape *shape, bool holds_floats) {
  *cache = (fv__cache){.shape = *shape, .holds_floats = holds_floats};
  int64_t numbers, all;
  TRY(fv_shape_elements(&numbers, shape));
  size_t bytes;
  if (!fv__size_bytes(&cache->entry_bytes, numbers, holds_floats ? sizeof(float) : 1) ||
      !fv__size_multiply(&all, (int64_t)cache->entry_bytes, count) || all > limit || !fv__size_bytes(&bytes, all, 1))
    return FV_OK;
  cache->states = calloc((size_t)count, sizeof *cache->states);
  cache->block = cache->states ? fv__block_take(bytes) : NULL;
  cache->block_bytes = bytes;
  if (cache->block) return FV_OK;
  fv__cache_destroy(cache);
  return fail(FV_ERROR_MEMORY, "no memory to keep %lld bytes of pictures", (long long)all);
}

void fv__cache_destroy(fv__cache *cache) {
  if (cache->block) fv__block_free(cache->block, cache->block_bytes);
  free(cache->states);
  cache->block = NULL;
  cache->states = NULL;
}

static void *place(const fv__cache *cache, int64_t index) {
  return (char *)cache->block + (size_t)index * cache->entry_bytes;
}

bool fv__cache_find(fv_sample *sample, const fv__cache *cache, int64_t index) {
  if (!cache->block || atomic_load_explicit(&cache->states[index], memory_order_acquire) != FULL) return false;
  const int64_t *dims = cache->shape.dims;
  *sample = (fv_sample){{0}, {{0}, NULL}};
  if (cache->holds_floats)
    sample->numbers = (fv_tensor){cache->shape, place(cache, index)};
  else
    sample->image = (fv_image){(int32_t)dims[0], (int32_t)dims[1], (int32_t)dims[2], place(cache, index), 0};
  return true;
}

void fv__cache_keep(fv__cache *cache, int64_t index, const fv_sample *sample) {
  unsigned char expected = EMPTY;
  if (!cache->block || !atomic_compare_exchange_strong(&cache->states[index], &expected, FILLING)) return;
  if (!cache->holds_floats) {
    memcpy(place(cache, index), sample->image.pixels, cache->entry_bytes);
  } else if (sample->numbers.data) {
    memcpy(place(cache, index), sample->numbers.data, cache->entry_bytes);
  } else {
    float *numbers = place(cache, index);
    for (size_t i = 0; i < cache->entry_bytes / sizeof *numbers; i++) numbers[i] = sample->image.pixels[i];
  }
  atomic_store_explicit(&cache->states[index], FULL, memory_order_release);
}
