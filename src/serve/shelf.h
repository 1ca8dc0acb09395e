/* A shelf for what was computed and may be asked for again: bytes by a number that stands for the question. What was
 * used longest ago goes when there is no more room. */
#ifndef FOVEA_SERVE_SHELF_H
#define FOVEA_SERVE_SHELF_H

#include <stddef.h>
#include <stdint.h>

#include <fovea/error.h>

enum { FV__SHELF_PLACES = 512, FV__SHELF_BYTES = 32 * 1024 * 1024 };

typedef struct fv__shelf fv__shelf;

fv_status fv__shelf_create(fv__shelf **shelf) FV_CHECK;
void fv__shelf_destroy(fv__shelf *shelf); /* NULL is fine */

/* Copies the bytes onto the shelf, in place of what lay there under this key. Without memory, or for more than the
 * shelf holds, nothing is kept. */
void fv__shelf_put(fv__shelf *shelf, uint64_t key, const void *bytes, size_t size);

/* A copy of what lies there, to be freed, with a NUL behind it; NULL: nothing. `size` may be NULL. */
void *fv__shelf_get(fv__shelf *shelf, uint64_t key, size_t *size);

#endif
