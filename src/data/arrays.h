/* Samples and labels as arrays of NumPy, x and y: what .npz and .npy have in common. */
#ifndef FOVEA_DATA_ARRAYS_H
#define FOVEA_DATA_ARRAYS_H

#include "base/source.h"
#include "data/source.h"
#include "tensor/npy.h"

typedef struct fv__array {
  fv__source source; /* of a file, or of `bytes` */
  char *bytes;       /* owned, or NULL */
  fv__npy_header header;
  size_t element_bytes;
  int64_t count; /* elements in all */
} fv__array;

/* A .npy of `size` bytes in memory, which it takes, also on failure. Errors: those of fv_npy_read; the message does not
 * name it. On failure it is empty. */
fv_status fv__array_take(fv__array *array, char *bytes, size_t size) FV_CHECK;
fv_status fv__array_open(fv__array *array, const char *path) FV_CHECK;
void fv__array_close(fv__array *array);

/* Makes samples of `x`, whose place the store takes, and labels of `y`, which stays the caller's. `name` is what
 * messages and samples are called. Errors: FV_ERROR_FORMAT and FV_ERROR_UNSUPPORTED for arrays of other shapes or
 * types. */
fv_status fv__arrays_give(fv__store *store, fv__array *x, const fv__array *y, const char *name) FV_CHECK;

/* Functions for descriptors. */
fv_status fv__arrays_read(fv_sample *sample, const fv__store *store, int64_t index) FV_CHECK;
void fv__arrays_name(char *text, size_t size, const fv__store *store, int64_t index);
void fv__arrays_close(fv__store *store);

#endif
