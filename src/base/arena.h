/* Memory by lifetime.
 *
 * An arena hands out small pieces (options, names, node lists) that all end together with it. A block is one large
 * aligned piece (weights, a plan's activations): 64-byte aligned, huge pages advised from 4 MiB on, pages untouched
 * until used. Both answer NULL when there is no memory; the caller turns that into FV_ERROR_MEMORY.
 */
#ifndef FOVEA_BASE_ARENA_H
#define FOVEA_BASE_ARENA_H

#include <stddef.h>

typedef struct fv__arena {
  struct fv__arena_chunk *chunks; /* newest first */
  size_t used;                    /* bytes handed out of the newest chunk */
} fv__arena;

/* Zeroed, 16-byte aligned memory; NULL when there is none. An arena that is all zero is an empty one. */
void *fv__arena_take(fv__arena *arena, size_t bytes);
char *fv__arena_text(fv__arena *arena, const char *text); /* a copy; NULL stays NULL */
void *fv__arena_copy(fv__arena *arena, const void *source, size_t bytes);
void fv__arena_clear(fv__arena *arena);

/* `bytes` of zeroed 64-byte aligned memory straight from the system, so untouched pages cost nothing. A size of 0
 * gives a valid pointer. */
void *fv__block_take(size_t bytes);
void fv__block_free(void *block, size_t bytes);

#endif
