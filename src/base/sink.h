/* Sinks: where the bytes of a file go that is written from front to back.
 *
 * Three kinds: a stream; nowhere, to learn places and sizes before writing; and nowhere with a checksum, for containers
 * that say it before the bytes. Nothing here fails: a stream's errors are found when its writer commits.
 */
#ifndef FOVEA_BASE_SINK_H
#define FOVEA_BASE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct fv__sink {
  FILE *stream;      /* NULL: nowhere */
  bool is_checked;   /* whether the checksum is kept */
  uint32_t checksum; /* CRC-32 of all bytes so far */
  int64_t size;      /* bytes so far */
} fv__sink;

void fv__sink_put(fv__sink *sink, const void *bytes, size_t size);
void fv__sink_number(fv__sink *sink, uint64_t number, int width); /* `width` bytes, the lowest first */
void fv__sink_zeros(fv__sink *sink, size_t count);

#endif
