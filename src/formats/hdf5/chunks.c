/* Chunked data over a version 1 B-tree.
 *
 * A leaf's key is: bytes stored, mask of filters left out, and the chunk's offset along each axis (8 bytes each, one
 * more than there are axes). The chunks of a whole dataset lie at multiples of the chunk's extents, in row-major order,
 * none missing and none twice: that is checked, so every element is written exactly once. Chunks at the far edges are
 * stored whole and cut when copied.
 */
#include "formats/hdf5/parse.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/size.h"

static const int64_t BOMB_BYTES = 64 << 20, BOMB_RATIO = 1000;

struct reading {
  fv__hdf5_walk walk; /* of the chunks' bytes; the tree has its own */
  const fv__hdf5_dataset *dataset;
  float *values;
  int64_t chunk_count, chunk_bytes; /* elements and bytes of a whole chunk */
  int64_t next[FV_MAX_RANK];        /* where the next chunk must lie */
  bool complete;                    /* the last chunk has been read */
  uint8_t *buffers[2];              /* of chunk_bytes and a checksum each; filters go from one to the other */
  uint8_t *stored;                  /* of stored_room bytes */
  int64_t stored_room;
};

static void undo_shuffle(uint8_t *out, const uint8_t *in, size_t size, size_t element) {
  size_t count = size / element;
  for (size_t b = 0; b < element; b++)
    for (size_t i = 0; i < count; i++) out[i * element + b] = in[b * count + i];
  memcpy(out + count * element, in + count * element, size - count * element);
}

static fv_status undo_deflate(uint8_t *out, size_t *size, size_t room, const uint8_t *in, size_t in_size) {
  z_stream stream = {.next_in = (uint8_t *)in, .avail_in = (uInt)in_size, .next_out = out, .avail_out = (uInt)room};
  if (inflateInit(&stream) != Z_OK) return fail(FV_ERROR_MEMORY, "no memory to unpack a chunk");
  int result = inflate(&stream, Z_FINISH);
  *size = room - stream.avail_out;
  inflateEnd(&stream);
  if (result != Z_STREAM_END) return fail(FV_ERROR_FORMAT, "a chunk cannot be unpacked");
  return FV_OK;
}

/* Fletcher's sums over 16-bit big-endian words, in one's complement arithmetic: modulo 65535, but a sum that is not
 * zero is never written as 0. */
static uint32_t fletcher32(const uint8_t *bytes, size_t size) {
  uint32_t first = 0, second = 0;
  for (size_t i = 0; i < size; i += 2) {
    first += (uint32_t)bytes[i] << 8 | (i + 1 < size ? bytes[i + 1] : 0u);
    first = (first & 0xffff) + (first >> 16);
    second += first;
    second = (second & 0xffff) + (second >> 16);
  }
  return second << 16 | first;
}

static fv_status check_fletcher32(const uint8_t *bytes, size_t *size) {
  if (*size < 4) return fail(FV_ERROR_FORMAT, "a chunk has no checksum");
  *size -= 4;
  fv__cursor tail = fv__cursor_over(bytes + *size, 4);
  if (fv__cursor_number(&tail, 4) != fletcher32(bytes, *size))
    return fail(FV_ERROR_FORMAT, "a chunk's checksum does not fit");
  return FV_OK;
}

/* Undoes the filters, last written first; *bytes ends in one of the buffers. */
static fv_status undo_filters(struct reading *reading, const uint8_t **bytes, size_t size, uint32_t left_out) {
  const fv__hdf5_dataset *dataset = reading->dataset;
  const size_t room = (size_t)reading->chunk_bytes + 4;
  int which = 0;
  for (int32_t i = dataset->filter_count - 1; i >= 0; i--) {
    if (left_out >> i & 1) continue;
    uint8_t *out = reading->buffers[which];
    switch (dataset->filters[i]) {
    case FV__HDF5_FLETCHER32: TRY(check_fletcher32(*bytes, &size)); continue;
    case FV__HDF5_DEFLATE: TRY(undo_deflate(out, &size, room, *bytes, size)); break;
    case FV__HDF5_SHUFFLE:
      if (size > room) return fail(FV_ERROR_FORMAT, "a chunk of %zu bytes, at most %zu expected", size, room);
      undo_shuffle(out, *bytes, size, dataset->type.size);
      break;
    }
    *bytes = out;
    which = 1 - which;
  }
  if (size != (uint64_t)reading->chunk_bytes)
    return fail(FV_ERROR_FORMAT, "a chunk of %zu bytes, expected %lld", size, (long long)reading->chunk_bytes);
  return FV_OK;
}

/* Copies the part of a chunk that lies inside the data: row by row along the last axis. */
static void scatter(const struct reading *reading, const uint8_t *bytes) {
  const fv__hdf5_dataset *dataset = reading->dataset;
  const int32_t rank = dataset->shape.rank;
  const int64_t *dims = dataset->shape.dims, *chunk = dataset->chunk;
  int64_t inside[FV_MAX_RANK], at[FV_MAX_RANK] = {0};
  for (int32_t i = 0; i < rank; i++) {
    int64_t left = dims[i] - reading->next[i];
    inside[i] = left < chunk[i] ? left : chunk[i];
  }
  for (;;) {
    int64_t to = 0, from = 0;
    for (int32_t i = 0; i < rank; i++) {
      to = to * dims[i] + reading->next[i] + at[i];
      from = from * chunk[i] + at[i];
    }
    fv__element_convert(reading->values + to, bytes + from * (int64_t)dataset->type.size, (size_t)inside[rank - 1],
                        dataset->type.element, dataset->type.big_endian);
    int32_t axis = rank - 2;
    while (axis >= 0 && ++at[axis] == inside[axis]) at[axis--] = 0;
    if (axis < 0) return;
  }
}

/* The key's place must be the expected one; then the expected one moves on. */
static fv_status check_place(const struct reading *reading, fv__cursor key) {
  for (int32_t i = 0; i < reading->dataset->shape.rank; i++) {
    int64_t offset = fv__hdf5_address(&key);
    if (reading->complete || offset != reading->next[i])
      return fail(FV_ERROR_FORMAT, "a chunk is missing, out of order or there twice");
  }
  return FV_OK;
}

static void advance(struct reading *reading) {
  const fv__hdf5_dataset *dataset = reading->dataset;
  for (int32_t i = dataset->shape.rank - 1; i >= 0; i--) {
    reading->next[i] += dataset->chunk[i];
    if (reading->next[i] < dataset->shape.dims[i]) return;
    reading->next[i] = 0;
  }
  reading->complete = true;
}

static fv_status load_stored(struct reading *reading, int64_t address, int64_t size) {
  if (reading->chunk_bytes > BOMB_BYTES && reading->chunk_bytes / BOMB_RATIO > size)
    return fail(FV_ERROR_FORMAT, "a chunk says it unpacks to %lld bytes from %lld", (long long)reading->chunk_bytes,
                (long long)size);
  if (size > reading->walk.file->end) return fail(FV_ERROR_FORMAT, "a chunk larger than the file");
  if (size > reading->stored_room) {
    uint8_t *larger = realloc(reading->stored, (size_t)size);
    if (!larger) return fail(FV_ERROR_MEMORY, "no memory for a chunk of %lld bytes", (long long)size);
    reading->stored = larger;
    reading->stored_room = size;
  }
  for (int i = 0; i < 2; i++)
    if (!reading->buffers[i] && !(reading->buffers[i] = malloc((size_t)reading->chunk_bytes + 4)))
      return fail(FV_ERROR_MEMORY, "no memory for a chunk of %lld bytes", (long long)reading->chunk_bytes);
  return fv__hdf5_bytes(&reading->walk, address, reading->stored, size);
}

static fv_status visit_chunk(void *context, const uint8_t *key, int64_t address, bool *done) {
  (void)done;
  struct reading *reading = context;
  fv__cursor at = fv__cursor_over(key, 8 + 8 * (size_t)reading->dataset->shape.rank);
  int64_t size = (int64_t)fv__cursor_number(&at, 4);
  uint32_t left_out = (uint32_t)fv__cursor_number(&at, 4);
  TRY(check_place(reading, at));
  TRY(load_stored(reading, address, size));
  const uint8_t *bytes = reading->stored;
  TRY(undo_filters(reading, &bytes, (size_t)size, left_out));
  scatter(reading, bytes);
  advance(reading);
  return FV_OK;
}

static fv_status begin(struct reading *reading) {
  const fv__hdf5_dataset *dataset = reading->dataset;
  if (dataset->shape.rank == 0) return fail(FV_ERROR_FORMAT, "chunks of a single number");
  reading->chunk_count = 1;
  for (int32_t i = 0; i < dataset->shape.rank; i++)
    if (!fv__size_multiply(&reading->chunk_count, reading->chunk_count, dataset->chunk[i]))
      return fail(FV_ERROR_FORMAT, "chunks of more than 2^63 elements");
  if (!fv__size_multiply(&reading->chunk_bytes, reading->chunk_count, dataset->type.size) ||
      reading->chunk_bytes > UINT32_MAX - 4)
    return fail(FV_ERROR_FORMAT, "chunks of more than 2^32 bytes");
  if (dataset->bytes > BOMB_BYTES && dataset->bytes / BOMB_RATIO > reading->walk.file->source->size)
    return fail(FV_ERROR_FORMAT, "a dataset of %lld bytes in a file of %lld", (long long)dataset->bytes,
                (long long)reading->walk.file->source->size);
  if (dataset->address < 0)
    return fail(FV_ERROR_FORMAT, "expected %lld bytes, none were stored", (long long)dataset->bytes);
  return FV_OK;
}

fv_status fv__hdf5_chunks_read(fv__hdf5 *file, float *values, const fv__hdf5_dataset *dataset) {
  struct reading reading = {.walk = fv__hdf5_walk_begin(file), .dataset = dataset, .values = values};
  fv__hdf5_walk tree = fv__hdf5_walk_begin(file);
  fv_status status = begin(&reading);
  if (!status)
    status = fv__hdf5_tree_walk(&tree, dataset->address, FV__HDF5_CHUNK_TREE, 16 + 8 * (size_t)dataset->shape.rank,
                                visit_chunk, &reading);
  if (!status && !reading.complete) status = fail(FV_ERROR_FORMAT, "a chunk is missing");
  free(reading.buffers[0]);
  free(reading.buffers[1]);
  free(reading.stored);
  return status;
}
