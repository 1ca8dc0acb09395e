/* Arena: a list of chunks, each twice as large as the last. Block: anonymous pages. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef struct fv__arena_chunk {
  struct fv__arena_chunk *older;
  size_t size; /* of data */
  _Alignas(16) unsigned char data[];
} fv__arena_chunk;

/* Neighbouring blocks make one mapping: huge pages hold many small ones. */
enum { FIRST_CHUNK = 4096, HUGE_PAGE_FROM = 1 << 16 };

void *fv__arena_take(fv__arena *arena, size_t bytes) {
  if (bytes > SIZE_MAX / 4) return NULL;
  size_t rounded = (bytes + 15) & ~(size_t)15;
  fv__arena_chunk *chunk = arena->chunks;
  if (!chunk || chunk->size - arena->used < rounded) {
    size_t size = chunk ? 2 * chunk->size : FIRST_CHUNK;
    if (size < rounded) size = rounded;
    fv__arena_chunk *fresh = calloc(1, sizeof *fresh + size);
    if (!fresh) return NULL;
    fresh->older = chunk;
    fresh->size = size;
    arena->chunks = chunk = fresh;
    arena->used = 0;
  }
  void *piece = chunk->data + arena->used;
  arena->used += rounded;
  return piece;
}

void *fv__arena_copy(fv__arena *arena, const void *source, size_t bytes) {
  void *copy = fv__arena_take(arena, bytes);
  if (copy && bytes) memcpy(copy, source, bytes);
  return copy;
}

char *fv__arena_text(fv__arena *arena, const char *text) {
  return text ? fv__arena_copy(arena, text, strlen(text) + 1) : NULL;
}

void fv__arena_clear(fv__arena *arena) {
  fv__arena_chunk *chunk = arena->chunks;
  while (chunk) {
    fv__arena_chunk *older = chunk->older;
    free(chunk);
    chunk = older;
  }
  *arena = (fv__arena){0};
}

/* mmap rather than malloc: pages stay untouched until used, and the whole block goes back to the system when freed.
 * Huge blocks are aligned by the kernel to 4 KiB only; the advice still lets it use huge pages inside. */
void *fv__block_take(size_t bytes) {
  if (bytes == 0) bytes = 1;
  void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (block == MAP_FAILED) return NULL;
  if (bytes >= HUGE_PAGE_FROM) (void)madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

void fv__block_free(void *block, size_t bytes) {
  if (block) munmap(block, bytes ? bytes : 1);
}
