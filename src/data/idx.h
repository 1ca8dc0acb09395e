/* IDX, the format of MNIST: arrays of bytes behind a head of big-endian numbers, as they are or packed by gzip.
 *
 *   0 0 type rank, then rank extents of 4 bytes, then the numbers in row-major order; type 8 is unsigned bytes
 *
 * A packed file is unpacked into memory of exactly the bytes its head declares, refused beforehand when that is more
 * than 64 MiB and more than 1000 times the file.
 */
#ifndef FOVEA_DATA_IDX_H
#define FOVEA_DATA_IDX_H

#include "base/fail.h"
#include "base/source.h"

enum { FV__IDX_RANK_MAX = 4 };

typedef struct fv__idx {
  int rank;
  int64_t dims[FV__IDX_RANK_MAX]; /* each at least 1 */
  const fv__source *source;       /* lent; the numbers are read from it, or */
  uint8_t *unpacked;              /* owned, without the head */
  int64_t head_bytes;
} fv__idx;

/* Whether a file begins like an IDX of bytes with this rank, packed or not. */
bool fv__idx_matches(const uint8_t *head, size_t bytes);

/* Reads the head and checks the size; `source` must outlive it. Errors: FV_ERROR_FORMAT, FV_ERROR_UNSUPPORTED for other
 * numbers than bytes, FV_ERROR_MEMORY. On failure it is empty. */
fv_status fv__idx_open(fv__idx *idx, const fv__source *source) FV_CHECK;
void fv__idx_close(fv__idx *idx);

/* Numbers from `first` on. Errors: those of reading. */
fv_status fv__idx_read(uint8_t *numbers, const fv__idx *idx, int64_t first, int64_t count) FV_CHECK;

#endif
