/* Attributes: texts, lists of texts, integers.
 *
 *   message  version; version 1: reserved, 2 and 3: flags (1, 2: shared type or space)
 *            sizes of name, datatype, dataspace (2 each); version 3: character set
 *            name, datatype, dataspace (each padded to 8 in version 1), data
 *   a variable-length string is 16 bytes: length, address of a global heap, index there
 *   global heap  0 "GCOL", version 1, 3 reserved; 8 size of all; then objects: index, references, 4 reserved,
 *                size, data padded to 8; index 0 is the free rest
 */
#include "formats/hdf5/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

enum { CHUNKS_MAX = 4096 };

struct attribute {
  const char *name; /* lent by the header; ended by NUL */
  fv__hdf5_type type;
  fv_shape shape;
  int64_t count;
  fv__cursor data;
};

static fv__cursor part(fv__cursor *at, size_t size, bool padded) {
  const uint8_t *bytes = fv__cursor_bytes(at, size);
  if (padded && bytes) fv__cursor_skip(at, (8 - size % 8) % 8);
  return fv__cursor_over(bytes, bytes ? size : 0);
}

/* Splits an attribute message; its type and data are looked at only by attribute_open. */
static fv_status attribute_split(struct attribute *attribute, fv__cursor *type, fv__cursor *space, fv__cursor at) {
  uint64_t version = fv__cursor_number(&at, 1), flags = fv__cursor_number(&at, 1);
  if (version < 1 || version > 3) return fail(FV_ERROR_UNSUPPORTED, "HDF5 attribute version %d", (int)version);
  if (version > 1 && (flags & 3)) return fail(FV_ERROR_UNSUPPORTED, "an HDF5 attribute with a committed datatype");
  size_t name_size = (size_t)fv__cursor_number(&at, 2), type_size = (size_t)fv__cursor_number(&at, 2);
  size_t space_size = (size_t)fv__cursor_number(&at, 2);
  if (version == 3) fv__cursor_skip(&at, 1);
  fv__cursor name = part(&at, name_size, version == 1);
  *type = part(&at, type_size, version == 1);
  *space = part(&at, space_size, version == 1);
  if (at.spent || name_size == 0 || !memchr(name.at, 0, name_size))
    return fail(FV_ERROR_FORMAT, "an HDF5 attribute ends early");
  *attribute = (struct attribute){.name = (const char *)name.at, .data = at};
  return FV_OK;
}

/* Finds an attribute of a loaded header. */
static fv_status attribute_open(struct attribute *attribute, const fv__hdf5_header *header, const char *name) {
  const fv__hdf5_message *info = fv__hdf5_message_find(header, FV__HDF5_ATTRIBUTE_INFO);
  for (int32_t i = 0; i < header->count; i++) {
    if (header->messages[i].type != FV__HDF5_ATTRIBUTE) continue;
    fv__cursor type, space;
    TRY(attribute_split(attribute, &type, &space, header->messages[i].data));
    if (strcmp(attribute->name, name)) continue;
    TRY(fv__hdf5_space_parse(&attribute->shape, &attribute->count, space));
    if (attribute->count > 0) TRY(fv__hdf5_type_parse(&attribute->type, type));
    size_t bytes;
    if (!fv__size_bytes(&bytes, attribute->count, attribute->type.size) || bytes > fv__cursor_left(&attribute->data))
      return fail(FV_ERROR_FORMAT, "attribute '%.100s' ends early", name);
    return FV_OK;
  }
  if (info) {
    fv__cursor at = info->data;
    fv__cursor_skip(&at, 1);
    if (fv__cursor_number(&at, 1) & 1) fv__cursor_skip(&at, 2);
    if (fv__hdf5_address(&at) >= 0) return fail(FV_ERROR_UNSUPPORTED, "HDF5 attributes in dense storage");
  }
  return fail(FV_ERROR_NOT_FOUND, "no attribute '%.100s'", name);
}

static fv_status keep_text(fv__hdf5 *file, const char **text, const uint8_t *bytes, size_t length) {
  char *copy;
  TRY(fv__hdf5_take(file, &copy, length + 1));
  if (length) memcpy(copy, bytes, length);
  copy[length] = '\0';
  *text = copy;
  return FV_OK;
}

fv_status fv__hdf5_heap_text(fv__hdf5_walk *walk, const char **text, const uint8_t entry[16]) {
  fv__cursor at = fv__cursor_over(entry, 16);
  int64_t length = (int64_t)fv__cursor_number(&at, 4), heap = fv__hdf5_address(&at);
  uint64_t wanted = fv__cursor_number(&at, 4);
  if (length == 0 || heap <= 0) return keep_text(walk->file, text, NULL, 0);
  uint8_t head[16];
  TRY(fv__hdf5_bytes(walk, heap, head, sizeof head));
  if (memcmp(head, "GCOL", 4)) return fail(FV_ERROR_FORMAT, "no HDF5 global heap at address %lld", (long long)heap);
  at = fv__cursor_over(head + 8, 8);
  int64_t size = fv__hdf5_address(&at), offset = 16;
  while (size >= 0 && offset <= size - 16) {
    uint8_t object[16];
    TRY(fv__hdf5_bytes(walk, heap + offset, object, sizeof object));
    at = fv__cursor_over(object, sizeof object);
    uint64_t index = fv__cursor_number(&at, 2);
    fv__cursor_skip(&at, 6);
    int64_t bytes = fv__hdf5_address(&at);
    if (index == 0) break;
    if (bytes < 0 || bytes > size - offset - 16) return fail(FV_ERROR_FORMAT, "an HDF5 text runs over its heap");
    if (index == wanted) {
      if (length > bytes)
        return fail(FV_ERROR_FORMAT, "an HDF5 text of %lld bytes has %lld", (long long)length, (long long)bytes);
      char *copy;
      TRY(fv__hdf5_take(walk->file, &copy, (size_t)length + 1));
      TRY(fv__hdf5_bytes(walk, heap + offset + 16, copy, length));
      *text = copy;
      return FV_OK;
    }
    offset += 16 + (bytes + 7) / 8 * 8;
  }
  return fail(FV_ERROR_FORMAT, "an HDF5 text is missing in its heap");
}

/* Element `index` of a text attribute. */
static fv_status text_element(fv__hdf5 *file, const char **text, const struct attribute *attribute, int64_t index) {
  const uint8_t *bytes = attribute->data.at + index * (int64_t)attribute->type.size;
  if (attribute->type.class == FV__HDF5_LONG_TEXT) {
    fv__hdf5_walk walk = fv__hdf5_walk_begin(file);
    return fv__hdf5_heap_text(&walk, text, bytes);
  }
  return keep_text(file, text, bytes, strnlen((const char *)bytes, attribute->type.size));
}

static bool is_text(const struct attribute *attribute) {
  return attribute->type.class == FV__HDF5_TEXT || attribute->type.class == FV__HDF5_LONG_TEXT;
}

fv_status fv__hdf5_text(fv__hdf5 *file, const char **text, fv__hdf5_object object, const char *name) {
  *text = NULL;
  fv__hdf5_header header;
  struct attribute attribute;
  fv_status status = fv__hdf5_header_load(&header, file, object);
  if (!status) status = attribute_open(&attribute, &header, name);
  if (!status) {
    if (attribute.count != 1 || !is_text(&attribute))
      status = fail(FV_ERROR_FORMAT, "attribute '%.100s' is not a text", name);
    else
      status = text_element(file, text, &attribute, 0);
  }
  fv__hdf5_header_free(&header);
  return status;
}

static fv_status append_texts(fv__hdf5 *file, fv__hdf5_list *texts, const struct attribute *attribute) {
  if (attribute->count == 0) return FV_OK;
  if (!is_text(attribute)) return fail(FV_ERROR_FORMAT, "attribute '%.100s' is no list of texts", attribute->name);
  if (attribute->count > INT32_MAX / 16 - texts->count)
    return fail(FV_ERROR_FORMAT, "attribute '%.100s' has too many texts", attribute->name);
  const char **names;
  size_t room = (size_t)(texts->count + attribute->count);
  TRY(fv__hdf5_take(file, &names, room * sizeof *names));
  if (texts->count) memcpy(names, texts->names, (size_t)texts->count * sizeof *names);
  texts->names = names;
  for (int64_t i = 0; i < attribute->count; i++) TRY(text_element(file, &texts->names[texts->count++], attribute, i));
  return FV_OK;
}

/* `name`, or else name0, name1 ... */
static fv_status collect_texts(fv__hdf5 *file, fv__hdf5_list *texts, const fv__hdf5_header *header, const char *name) {
  struct attribute attribute;
  fv_status status = attribute_open(&attribute, header, name);
  if (!status) return append_texts(file, texts, &attribute);
  if (status != FV_ERROR_NOT_FOUND) return status;
  for (int i = 0; i < CHUNKS_MAX; i++) {
    char numbered[128];
    snprintf(numbered, sizeof numbered, "%.100s%d", name, i);
    status = attribute_open(&attribute, header, numbered);
    if (status == FV_ERROR_NOT_FOUND && i > 0) return FV_OK;
    if (status == FV_ERROR_NOT_FOUND) return fail(FV_ERROR_NOT_FOUND, "no attribute '%.100s'", name);
    if (status) return status;
    TRY(append_texts(file, texts, &attribute));
  }
  return fail(FV_ERROR_FORMAT, "attribute '%.100s' comes in more than %d pieces", name, CHUNKS_MAX);
}

fv_status fv__hdf5_texts(fv__hdf5 *file, fv__hdf5_list *texts, fv__hdf5_object object, const char *name) {
  *texts = (fv__hdf5_list){0};
  fv__hdf5_header header;
  fv_status status = fv__hdf5_header_load(&header, file, object);
  if (!status) status = collect_texts(file, texts, &header, name);
  fv__hdf5_header_free(&header);
  return status;
}

fv_status fv__hdf5_integer(fv__hdf5 *file, int64_t *integer, fv__hdf5_object object, const char *name) {
  *integer = 0;
  fv__hdf5_header header;
  struct attribute attribute;
  fv_status status = fv__hdf5_header_load(&header, file, object);
  if (!status) status = attribute_open(&attribute, &header, name);
  if (!status) {
    const fv__hdf5_type *type = &attribute.type;
    if (attribute.count != 1 || type->class != FV__HDF5_NUMBER || type->element < FV__INT8 || type->big_endian) {
      status = fail(FV_ERROR_FORMAT, "attribute '%.100s' is no integer", name);
    } else {
      uint64_t bits = fv__cursor_number(&attribute.data, (int)type->size);
      unsigned unused = 64 - 8 * type->size;
      bool is_signed = type->element <= FV__INT64;
      *integer = is_signed ? (int64_t)(bits << unused) >> unused : (int64_t)bits;
    }
  }
  fv__hdf5_header_free(&header);
  return status;
}

static fv_status collect_names(fv__hdf5 *file, fv__hdf5_list *names, const fv__hdf5_header *header) {
  TRY(fv__hdf5_take(file, &names->names, ((size_t)header->count + 1) * sizeof *names->names));
  for (int32_t i = 0; i < header->count; i++) {
    if (header->messages[i].type != FV__HDF5_ATTRIBUTE) continue;
    struct attribute attribute;
    fv__cursor type, space;
    TRY(attribute_split(&attribute, &type, &space, header->messages[i].data));
    TRY(keep_text(file, &names->names[names->count++], (const uint8_t *)attribute.name, strlen(attribute.name)));
  }
  return FV_OK;
}

fv_status fv__hdf5_attribute_names(fv__hdf5 *file, fv__hdf5_list *names, fv__hdf5_object object) {
  *names = (fv__hdf5_list){0};
  fv__hdf5_header header;
  fv_status status = fv__hdf5_header_load(&header, file, object);
  if (!status) status = collect_names(file, names, &header);
  fv__hdf5_header_free(&header);
  return status;
}
