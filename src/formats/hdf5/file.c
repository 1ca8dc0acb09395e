/* Opening an HDF5 file: the superblock, and reading within bounds.
 *
 *   superblock 0, 1                             superblock 2, 3
 *   0  "\x89HDF\r\n\x1a\n"                      0  the same
 *   8  version, 3 other versions                8  version
 *   13 size of offsets, size of lengths         9  size of offsets, size of lengths, flags
 *   16 group leaf K, group internal K           12 base, extension, end of file, root's header
 *   20 flags [24 chunk K, 2 reserved: version 1] 44 checksum
 *   24 base, free space, end of file, driver
 *   56 root: name offset, header address, cache type, reserved, scratch
 */
#include "formats/hdf5/parse.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

bool fv__hdf5_probe(const void *bytes, size_t size) {
  return size >= sizeof signature && !memcmp(bytes, signature, sizeof signature);
}

fv__hdf5_walk fv__hdf5_walk_begin(fv__hdf5 *file) {
  return (fv__hdf5_walk){.file = file, .budget = file->source->size};
}

fv_status fv__hdf5_walk_spend(fv__hdf5_walk *walk, int64_t bytes) {
  if (bytes > walk->budget) return fail(FV_ERROR_FORMAT, "a structure is larger than the file: it runs in a circle");
  walk->budget -= bytes;
  return FV_OK;
}

/* A small read, through the pages. */
static fv_status read_paged(fv__hdf5 *file, int64_t address, uint8_t *buffer, int64_t size) {
  while (size > 0) {
    int64_t number = address / FV__HDF5_PAGE, start = number * FV__HDF5_PAGE;
    size_t slot = (size_t)(number % FV__HDF5_PAGES);
    if (file->page_numbers[slot] != number + 1) {
      int64_t left = file->source->size - start;
      file->page_numbers[slot] = 0;
      TRY(fv__source_read(file->source, start, file->pages[slot],
                          (size_t)(left < FV__HDF5_PAGE ? left : FV__HDF5_PAGE)));
      file->page_numbers[slot] = number + 1;
    }
    int64_t here = start + FV__HDF5_PAGE - address;
    if (here > size) here = size;
    memcpy(buffer, file->pages[slot] + (address - start), (size_t)here);
    address += here;
    buffer += here;
    size -= here;
  }
  return FV_OK;
}

fv_status fv__hdf5_bytes(fv__hdf5_walk *walk, int64_t address, void *buffer, int64_t size) {
  int64_t end = walk->file->end;
  if (address < 0 || size < 0 || address > end || size > end - address)
    return fail(FV_ERROR_FORMAT, "%lld bytes expected at address %lld, the file ends at %lld", (long long)size,
                (long long)address, (long long)end);
  TRY(fv__hdf5_walk_spend(walk, size));
  if (size <= FV__HDF5_PAGE) return read_paged(walk->file, address, buffer, size);
  return fv__source_read(walk->file->source, address, buffer, (size_t)size);
}

fv_status fv__hdf5_take(fv__hdf5 *file, void *memory, size_t bytes) {
  if (bytes > (uint64_t)file->memory)
    return fail(FV_ERROR_FORMAT, "the file asks for more memory than four times its size");
  void *taken = fv__arena_take(&file->arena, bytes);
  if (!taken) return fail(FV_ERROR_MEMORY, "no memory for %zu bytes", bytes);
  file->memory -= (int64_t)bytes;
  memcpy(memory, &taken, sizeof taken);
  return FV_OK;
}

int64_t fv__hdf5_address(fv__cursor *cursor) {
  uint64_t address = fv__cursor_number(cursor, 8);
  return address > INT64_MAX ? -1 : (int64_t)address;
}

static fv_status parse_superblock_0(fv__hdf5 *file, fv__cursor *at, int version, int64_t *base) {
  fv__cursor_skip(at, 4); /* versions of parts that have only one, and a reserved byte */
  uint64_t offsets = fv__cursor_number(at, 1), lengths = fv__cursor_number(at, 1);
  fv__cursor_skip(at, 1);
  file->group_leaf_half = (int32_t)fv__cursor_number(at, 2);
  file->group_node_half = (int32_t)fv__cursor_number(at, 2);
  fv__cursor_skip(at, version == 1 ? 8 : 4);
  *base = fv__hdf5_address(at);
  (void)fv__hdf5_address(at);
  file->end = fv__hdf5_address(at);
  if (fv__hdf5_address(at) != -1) return fail(FV_ERROR_UNSUPPORTED, "an HDF5 file with a driver block");
  (void)fv__hdf5_address(at);
  file->root = fv__hdf5_address(at);
  if (offsets != 8 || lengths != 8)
    return fail(FV_ERROR_UNSUPPORTED, "HDF5 offsets of %d bytes and lengths of %d; 8 and 8 are read", (int)offsets,
                (int)lengths);
  return FV_OK;
}

static fv_status parse_superblock_2(fv__hdf5 *file, fv__cursor *at, const uint8_t *block, int64_t *base) {
  uint64_t offsets = fv__cursor_number(at, 1), lengths = fv__cursor_number(at, 1);
  fv__cursor_skip(at, 1);
  *base = fv__hdf5_address(at);
  int64_t extension = fv__hdf5_address(at);
  file->end = fv__hdf5_address(at);
  file->root = fv__hdf5_address(at);
  uint64_t checksum = fv__cursor_number(at, 4);
  if (offsets != 8 || lengths != 8)
    return fail(FV_ERROR_UNSUPPORTED, "HDF5 offsets of %d bytes and lengths of %d; 8 and 8 are read", (int)offsets,
                (int)lengths);
  if (!at->spent && checksum != fv__hdf5_checksum(block, 44))
    return fail(FV_ERROR_FORMAT, "the HDF5 superblock's checksum does not fit");
  if (extension != -1) return fail(FV_ERROR_UNSUPPORTED, "an HDF5 superblock with an extension");
  return FV_OK;
}

static fv_status read_superblock(fv__hdf5 *file) {
  uint8_t block[104] = {0};
  int64_t size = file->source->size < (int64_t)sizeof block ? file->source->size : (int64_t)sizeof block;
  TRY(fv__source_read(file->source, 0, block, (size_t)size));
  if (!fv__hdf5_probe(block, (size_t)size)) return fail(FV_ERROR_FORMAT, "not an HDF5 file");
  fv__cursor at = fv__cursor_over(block, (size_t)size);
  fv__cursor_skip(&at, sizeof signature);
  int version = (int)fv__cursor_number(&at, 1);
  int64_t base = 0;
  if (version <= 1)
    TRY(parse_superblock_0(file, &at, version, &base));
  else if (version <= 3)
    TRY(parse_superblock_2(file, &at, block, &base));
  else
    return fail(FV_ERROR_UNSUPPORTED, "HDF5 superblock version %d; 0 to 3 are read", version);
  if (at.spent) return fail(FV_ERROR_FORMAT, "the file ends inside the HDF5 superblock");
  if (base != 0) return fail(FV_ERROR_UNSUPPORTED, "an HDF5 file with base address %lld; 0 is read", (long long)base);
  if (file->end < 0 || file->end > file->source->size)
    return fail(FV_ERROR_FORMAT, "the file is cut: expected %lld bytes, found %lld", (long long)file->end,
                (long long)file->source->size);
  return FV_OK;
}

fv_status fv__hdf5_open(fv__hdf5 **file, const fv__source *source) {
  *file = NULL;
  fv__hdf5 *fresh = calloc(1, sizeof *fresh);
  if (!fresh) return fail(FV_ERROR_MEMORY, "no memory for an HDF5 file");
  fresh->source = source;
  fresh->memory = (64 << 20) + (source->size < INT64_MAX / 8 ? 4 * source->size : source->size);
  fv_status status = read_superblock(fresh);
  if (status) {
    fv__hdf5_close(fresh);
    return status;
  }
  *file = fresh;
  return FV_OK;
}

void fv__hdf5_close(fv__hdf5 *file) {
  if (!file) return;
  fv__arena_clear(&file->arena);
  free(file);
}

fv__hdf5_object fv__hdf5_root(const fv__hdf5 *file) { return file->root; }
