/* Object headers.
 *
 *   version 1                                    version 2
 *   0  version, 1 reserved                       0  "OHDR", version, flags
 *   2  number of messages, reference count       6  [4 times: flag 0x20] [attribute limits: flag 0x10]
 *   8  size of the first block, 4 of padding        size of the first block (1, 2, 4 or 8 bytes: flags & 3)
 *   16 messages: type 2, size 2, flags 1,        then messages: type 1, size 2, flags 1, [order 2: flag 0x04],
 *      3 reserved, data (a multiple of 8)        data; then a checksum
 *
 * A continuation message (address, length) names a further block: of messages alone in version 1, and between "OCHK"
 * and a checksum in version 2.
 */
#include "formats/hdf5/parse.h"

#include <stdlib.h>
#include <string.h>

enum { SHARED = 0x02, MUST_UNDERSTAND = 0x80, BLOCKS_MAX = 1024 };

void fv__hdf5_header_free(fv__hdf5_header *header) {
  fv__arena_clear(&header->arena);
  free(header->messages);
  *header = (fv__hdf5_header){0};
}

const fv__hdf5_message *fv__hdf5_message_find(const fv__hdf5_header *header, fv__hdf5_message_type type) {
  for (int32_t i = 0; i < header->count; i++)
    if (header->messages[i].type == (int32_t)type) return &header->messages[i];
  return NULL;
}

static fv_status add_message(fv__hdf5_header *header, const fv__hdf5_message *message) {
  if (message->flags & SHARED) {
    if (message->type == FV__HDF5_DATATYPE) return fail(FV_ERROR_UNSUPPORTED, "a committed HDF5 datatype");
    return fail(FV_ERROR_UNSUPPORTED, "a shared HDF5 message of type %d", message->type);
  }
  if (message->type > 0x18 && (message->flags & MUST_UNDERSTAND))
    return fail(FV_ERROR_UNSUPPORTED, "an HDF5 message of unknown type %d", message->type);
  if (header->count == header->room) {
    int32_t room = header->room ? 2 * header->room : 16;
    fv__hdf5_message *larger = realloc(header->messages, (size_t)room * sizeof *larger);
    if (!larger) return fail(FV_ERROR_MEMORY, "no memory for an HDF5 object");
    header->messages = larger;
    header->room = room;
  }
  header->messages[header->count++] = *message;
  return FV_OK;
}

typedef struct block_list {
  int32_t count;
  struct {
    int64_t address, size;
  } blocks[BLOCKS_MAX];
} block_list;

static fv_status add_block(block_list *list, int64_t address, int64_t size) {
  if (list->count == BLOCKS_MAX)
    return fail(FV_ERROR_FORMAT, "an HDF5 object header of more than %d blocks", BLOCKS_MAX);
  list->blocks[list->count].address = address;
  list->blocks[list->count++].size = size;
  return FV_OK;
}

static fv_status load_block(fv__cursor *cursor, fv__hdf5_header *header, fv__hdf5_walk *walk, int64_t address,
                            int64_t size) {
  if (size < 0 || size > walk->file->end)
    return fail(FV_ERROR_FORMAT, "an HDF5 header block of %lld bytes in a file of %lld", (long long)size,
                (long long)walk->file->end);
  uint8_t *bytes = fv__arena_take(&header->arena, (size_t)size);
  if (!bytes) return fail(FV_ERROR_MEMORY, "no memory for an HDF5 object");
  TRY(fv__hdf5_bytes(walk, address, bytes, size));
  *cursor = fv__cursor_over(bytes, (size_t)size);
  return FV_OK;
}

static fv_status add_continuation(block_list *list, fv__cursor data) {
  int64_t address = fv__hdf5_address(&data), size = fv__hdf5_address(&data);
  if (data.spent) return fail(FV_ERROR_FORMAT, "an HDF5 continuation ends early");
  return add_block(list, address, size);
}

/* How the messages of one version are framed. */
struct framing {
  int type_width, reserved;
};

static fv_status read_messages(fv__hdf5_header *header, block_list *list, fv__cursor block,
                               const struct framing *framing) {
  const size_t head = (size_t)(framing->type_width + 3 + framing->reserved);
  while (fv__cursor_left(&block) >= head) {
    fv__hdf5_message message = {.type = (int32_t)fv__cursor_number(&block, framing->type_width)};
    size_t size = (size_t)fv__cursor_number(&block, 2);
    message.flags = (uint8_t)fv__cursor_number(&block, 1);
    fv__cursor_skip(&block, (size_t)framing->reserved);
    const uint8_t *data = fv__cursor_bytes(&block, size);
    if (!data) return fail(FV_ERROR_FORMAT, "an HDF5 message of %zu bytes runs over its block", size);
    message.data = fv__cursor_over(data, size);
    if (message.type == FV__HDF5_CONTINUATION)
      TRY(add_continuation(list, message.data));
    else if (message.type != 0)
      TRY(add_message(header, &message));
  }
  return FV_OK;
}

static fv_status load_version_1(fv__hdf5_header *header, fv__hdf5_walk *walk, block_list *list,
                                fv__hdf5_object object) {
  uint8_t head[16];
  TRY(fv__hdf5_bytes(walk, object, head, sizeof head));
  fv__cursor at = fv__cursor_over(head, sizeof head);
  fv__cursor_skip(&at, 8);
  TRY(add_block(list, object + (int64_t)sizeof head, (int64_t)fv__cursor_number(&at, 4)));
  static const struct framing version_1 = {.type_width = 2, .reserved = 3};
  for (int32_t i = 0; i < list->count; i++) {
    fv__cursor block;
    TRY(load_block(&block, header, walk, list->blocks[i].address, list->blocks[i].size));
    TRY(read_messages(header, list, block, &version_1));
  }
  return FV_OK;
}

/* Checks a whole version 2 block, whose last four bytes are the checksum of the others, and takes them off. */
static fv_status check_block(fv__cursor *block) {
  size_t size = fv__cursor_left(block);
  if (size < 8) return fail(FV_ERROR_FORMAT, "an HDF5 header block of %zu bytes", size);
  block->end -= 4;
  fv__cursor tail = fv__cursor_over(block->end, 4);
  if (fv__cursor_number(&tail, 4) != fv__hdf5_checksum(block->at, size - 4))
    return fail(FV_ERROR_FORMAT, "an HDF5 object header's checksum does not fit");
  return FV_OK;
}

static fv_status load_version_2(fv__hdf5_header *header, fv__hdf5_walk *walk, block_list *list,
                                fv__hdf5_object object) {
  uint8_t head[32] = {0};
  int64_t reach = walk->file->end - object < (int64_t)sizeof head ? walk->file->end - object : (int64_t)sizeof head;
  TRY(fv__hdf5_bytes(walk, object, head, reach));
  fv__cursor at = fv__cursor_over(head, (size_t)reach);
  fv__cursor_skip(&at, 4);
  uint64_t version = fv__cursor_number(&at, 1), flags = fv__cursor_number(&at, 1);
  if (version != 2) return fail(FV_ERROR_UNSUPPORTED, "HDF5 object header version %d; 1 and 2 are read", (int)version);
  fv__cursor_skip(&at, (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4u : 0u));
  int64_t size = (int64_t)fv__cursor_number(&at, 1 << (flags & 3));
  int64_t prefix = (int64_t)(at.at - head);
  if (at.spent || size < 0 || size > walk->file->end) return fail(FV_ERROR_FORMAT, "an HDF5 object header ends early");
  TRY(add_block(list, object, prefix + size + 4));
  const struct framing version_2 = {.type_width = 1, .reserved = flags & 0x04 ? 2 : 0};
  for (int32_t i = 0; i < list->count; i++) {
    fv__cursor block;
    TRY(load_block(&block, header, walk, list->blocks[i].address, list->blocks[i].size));
    TRY(check_block(&block));
    const uint8_t *start = fv__cursor_bytes(&block, i == 0 ? (size_t)prefix : 4);
    if (!start || memcmp(start, i == 0 ? "OHDR" : "OCHK", 4))
      return fail(FV_ERROR_FORMAT, "an HDF5 object header block has no signature");
    TRY(read_messages(header, list, block, &version_2));
  }
  return FV_OK;
}

fv_status fv__hdf5_header_load(fv__hdf5_header *header, fv__hdf5 *file, fv__hdf5_object object) {
  *header = (fv__hdf5_header){0};
  fv__hdf5_walk walk = fv__hdf5_walk_begin(file);
  uint8_t first[4];
  TRY(fv__hdf5_bytes(&walk, object, first, sizeof first));
  walk = fv__hdf5_walk_begin(file);
  block_list *list = malloc(sizeof *list);
  if (!list) return fail(FV_ERROR_MEMORY, "no memory for an HDF5 object");
  list->count = 0;
  fv_status status;
  if (first[0] == 1)
    status = load_version_1(header, &walk, list, object);
  else if (!memcmp(first, "OHDR", 4))
    status = load_version_2(header, &walk, list, object);
  else
    status = fail(FV_ERROR_FORMAT, "no HDF5 object at address %lld", (long long)object);
  free(list);
  return status;
}

/* lookup3 (Bob Jenkins, 2006, public domain), as the HDF5 specification names it for metadata. */
static uint32_t rotate(uint32_t x, int k) { return x << k | x >> (32 - k); }

uint32_t fv__hdf5_checksum(const uint8_t *bytes, size_t size) {
  uint32_t a, b, c;
  a = b = c = 0xdeadbeefu + (uint32_t)size;
  while (size > 12) {
    fv__cursor at = fv__cursor_over(bytes, 12);
    a += (uint32_t)fv__cursor_number(&at, 4);
    b += (uint32_t)fv__cursor_number(&at, 4);
    c += (uint32_t)fv__cursor_number(&at, 4);
    a = (a - c) ^ rotate(c, 4), c += b;
    b = (b - a) ^ rotate(a, 6), a += c;
    c = (c - b) ^ rotate(b, 8), b += a;
    a = (a - c) ^ rotate(c, 16), c += b;
    b = (b - a) ^ rotate(a, 19), a += c;
    c = (c - b) ^ rotate(b, 4), b += a;
    bytes += 12;
    size -= 12;
  }
  if (size == 0) return c;
  uint8_t last[12] = {0};
  memcpy(last, bytes, size);
  fv__cursor at = fv__cursor_over(last, 12);
  a += (uint32_t)fv__cursor_number(&at, 4);
  b += (uint32_t)fv__cursor_number(&at, 4);
  c += (uint32_t)fv__cursor_number(&at, 4);
  c = (c ^ b) - rotate(b, 14);
  a = (a ^ c) - rotate(c, 11);
  b = (b ^ a) - rotate(a, 25);
  c = (c ^ b) - rotate(b, 16);
  a = (a ^ c) - rotate(c, 4);
  b = (b ^ a) - rotate(a, 14);
  return (c ^ b) - rotate(b, 24);
}
