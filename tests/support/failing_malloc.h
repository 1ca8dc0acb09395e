/* A malloc that fails on demand and counts what is not given back, for programs that try every allocation in turn.
 * Included once, by the program's only file: its definitions stand before those of the C library, for other libraries
 * too. A sanitizer has a malloc of its own: then OWN_MALLOC is 0 and there is nothing to try. */
#ifndef FOVEA_TESTS_FAILING_MALLOC_H
#define FOVEA_TESTS_FAILING_MALLOC_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_MALLOC 0
#endif
#endif
#if !defined(OWN_MALLOC) && defined(__GLIBC__)
#define OWN_MALLOC 1
#elif !defined(OWN_MALLOC)
#define OWN_MALLOC 0
#endif

static atomic_long before_failure = -1; /* allocations that still succeed; -1: all */
static atomic_bool for_ever;            /* after the first failure all fail */
static atomic_long living;              /* allocations not given back */

#if OWN_MALLOC
#define OWN __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);
OWN void *malloc(size_t size);
OWN void *calloc(size_t count, size_t size);
OWN void *realloc(void *memory, size_t size);
OWN void *reallocarray(void *memory, size_t count, size_t size);
OWN void *aligned_alloc(size_t alignment, size_t size);
OWN void free(void *memory);

static bool refused(void) {
  const long left = atomic_load(&before_failure);
  if (left < 0) return false;
  if (left > 0) {
    atomic_store(&before_failure, left - 1);
    return false;
  }
  if (!atomic_load(&for_ever)) atomic_store(&before_failure, -1);
  errno = ENOMEM;
  return true;
}

static void *counted(void *memory) {
  if (memory) atomic_fetch_add(&living, 1);
  return memory;
}

void *malloc(size_t size) { return refused() ? NULL : counted(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return refused() ? NULL : counted(__libc_calloc(count, size)); }

void *aligned_alloc(size_t alignment, size_t size) {
  return refused() ? NULL : counted(__libc_memalign(alignment, size));
}

void *realloc(void *memory, size_t size) {
  if (refused()) return NULL;
  void *larger = __libc_realloc(memory, size);
  return memory ? larger : counted(larger);
}

void *reallocarray(void *memory, size_t count, size_t size) {
  if (size && count > SIZE_MAX / size) return NULL;
  return realloc(memory, count * size);
}

void free(void *memory) {
  if (memory) atomic_fetch_sub(&living, 1);
  __libc_free(memory);
}
#endif

#endif
