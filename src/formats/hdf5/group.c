/* Groups: their children, by walking or by name.
 *
 * Old form: a symbol table message names a B-tree, whose leaves are symbol table nodes, and a local heap of names.
 *   node   0 "SNOD", version 1, reserved, number of symbols; then per symbol 40 bytes:
 *          name's offset in the heap, header address, cache type (2: a soft link), reserved, scratch
 *   heap   0 "HEAP", version 0, 3 reserved; 8 size of the data; 16 free list; 24 address of the data
 * New form: one link message per child, in the object header.
 */
#include "formats/hdf5/parse.h"

#include <stdlib.h>
#include <string.h>

enum { SYMBOL_BYTES = 40, SOFT_LINK = 2 };

/* What is done with each child. */
struct visitor {
  fv__hdf5_walk walk;
  fv_status (*child)(struct visitor *visitor, const char *name, fv__hdf5_object object, bool *done);
  char *names; /* the local heap's data, ended by a NUL of our own */
  int64_t names_size;
  const char *wanted; /* find: the name, not ended by NUL */
  size_t wanted_length;
  fv__hdf5_object found;
  fv__hdf5_list *list; /* children: grows */
  int32_t room;
};

static fv_status visit_symbol(struct visitor *visitor, fv__cursor symbol, bool *done) {
  int64_t offset = fv__hdf5_address(&symbol), object = fv__hdf5_address(&symbol);
  uint64_t cache = fv__cursor_number(&symbol, 4);
  if (offset < 0 || offset >= visitor->names_size) return fail(FV_ERROR_FORMAT, "an HDF5 name outside its heap");
  const char *name = visitor->names + offset;
  if (cache == SOFT_LINK || object < 0) return fail(FV_ERROR_UNSUPPORTED, "'%.100s' is a soft link", name);
  TRY(fv__hdf5_walk_spend(&visitor->walk, (int64_t)strlen(name)));
  return visitor->child(visitor, name, object, done);
}

static fv_status visit_symbol_node(void *context, const uint8_t *key, int64_t address, bool *done) {
  (void)key;
  struct visitor *visitor = context;
  uint8_t head[8];
  TRY(fv__hdf5_bytes(&visitor->walk, address, head, sizeof head));
  if (memcmp(head, "SNOD", 4)) return fail(FV_ERROR_FORMAT, "no HDF5 symbol node at address %lld", (long long)address);
  int count = head[6] | head[7] << 8;
  if (count > 2 * visitor->walk.file->group_leaf_half)
    return fail(FV_ERROR_FORMAT, "an HDF5 symbol node of %d symbols, at most %d expected", count,
                2 * visitor->walk.file->group_leaf_half);
  for (int i = 0; i < count && !*done; i++) {
    uint8_t symbol[SYMBOL_BYTES];
    TRY(fv__hdf5_bytes(&visitor->walk, address + 8 + (int64_t)i * SYMBOL_BYTES, symbol, sizeof symbol));
    TRY(visit_symbol(visitor, fv__cursor_over(symbol, sizeof symbol), done));
  }
  return FV_OK;
}

static fv_status load_names(struct visitor *visitor, int64_t address) {
  uint8_t head[32];
  TRY(fv__hdf5_bytes(&visitor->walk, address, head, sizeof head));
  if (memcmp(head, "HEAP", 4)) return fail(FV_ERROR_FORMAT, "no HDF5 name heap at address %lld", (long long)address);
  fv__cursor at = fv__cursor_over(head + 8, sizeof head - 8);
  int64_t size = fv__hdf5_address(&at);
  (void)fv__hdf5_address(&at);
  int64_t data = fv__hdf5_address(&at);
  if (size < 0 || size > visitor->walk.file->end)
    return fail(FV_ERROR_FORMAT, "an HDF5 name heap larger than the file");
  visitor->names = malloc((size_t)size + 1);
  if (!visitor->names) return fail(FV_ERROR_MEMORY, "no memory for HDF5 names");
  TRY(fv__hdf5_bytes(&visitor->walk, data, visitor->names, size));
  visitor->names[size] = '\0';
  visitor->names_size = size;
  return FV_OK;
}

static fv_status walk_symbol_table(struct visitor *visitor, fv__cursor table) {
  int64_t tree = fv__hdf5_address(&table), heap = fv__hdf5_address(&table);
  if (table.spent) return fail(FV_ERROR_FORMAT, "an HDF5 symbol table ends early");
  TRY(load_names(visitor, heap));
  /* The tree reads through a walk of its own: both copies are bounded by the file. */
  fv__hdf5_walk walk = fv__hdf5_walk_begin(visitor->walk.file);
  return fv__hdf5_tree_walk(&walk, tree, FV__HDF5_GROUP_TREE, 8, visit_symbol_node, visitor);
}

static fv_status visit_link(struct visitor *visitor, fv__cursor link, bool *done) {
  uint64_t version = fv__cursor_number(&link, 1), flags = fv__cursor_number(&link, 1);
  if (version != 1) return fail(FV_ERROR_UNSUPPORTED, "HDF5 link version %d; 1 is read", (int)version);
  uint64_t kind = flags & 0x08 ? fv__cursor_number(&link, 1) : 0;
  fv__cursor_skip(&link, (flags & 0x04 ? 8u : 0u) + (flags & 0x10 ? 1u : 0u));
  uint64_t length = fv__cursor_number(&link, 1 << (flags & 3));
  const uint8_t *bytes = length < 65536 ? fv__cursor_bytes(&link, (size_t)length) : NULL;
  if (!bytes) return fail(FV_ERROR_FORMAT, "an HDF5 link ends early");
  int shown = length < 100 ? (int)length : 100;
  if (kind == 1) return fail(FV_ERROR_UNSUPPORTED, "'%.*s' is a soft link", shown, (const char *)bytes);
  if (kind == 64) return fail(FV_ERROR_UNSUPPORTED, "'%.*s' is an external link", shown, (const char *)bytes);
  if (kind != 0) return fail(FV_ERROR_UNSUPPORTED, "'%.*s' is a user-defined link", shown, (const char *)bytes);
  int64_t object = fv__hdf5_address(&link);
  if (link.spent) return fail(FV_ERROR_FORMAT, "an HDF5 link ends early");
  char *name = malloc((size_t)length + 1);
  if (!name) return fail(FV_ERROR_MEMORY, "no memory for an HDF5 name");
  memcpy(name, bytes, (size_t)length);
  name[length] = '\0';
  fv_status status = visitor->child(visitor, name, object, done);
  free(name);
  return status;
}

static fv_status walk_links(struct visitor *visitor, const fv__hdf5_header *header) {
  const fv__hdf5_message *info = fv__hdf5_message_find(header, FV__HDF5_LINK_INFO);
  if (!info) return fail(FV_ERROR_NOT_FOUND, "no HDF5 group");
  fv__cursor at = info->data;
  fv__cursor_skip(&at, 1);
  if (fv__cursor_number(&at, 1) & 1) fv__cursor_skip(&at, 8);
  if (fv__hdf5_address(&at) >= 0) return fail(FV_ERROR_UNSUPPORTED, "an HDF5 group with dense link storage");
  if (at.spent) return fail(FV_ERROR_FORMAT, "an HDF5 group ends early");
  bool done = false;
  for (int32_t i = 0; i < header->count && !done; i++)
    if (header->messages[i].type == FV__HDF5_LINK) TRY(visit_link(visitor, header->messages[i].data, &done));
  return FV_OK;
}

static fv_status walk_group(struct visitor *visitor, fv__hdf5 *file, fv__hdf5_object group) {
  fv__hdf5_header header;
  visitor->walk = fv__hdf5_walk_begin(file);
  fv_status status = fv__hdf5_header_load(&header, file, group);
  if (!status) {
    const fv__hdf5_message *table = fv__hdf5_message_find(&header, FV__HDF5_SYMBOL_TABLE);
    status = table ? walk_symbol_table(visitor, table->data) : walk_links(visitor, &header);
  }
  free(visitor->names);
  visitor->names = NULL;
  fv__hdf5_header_free(&header);
  return status;
}

static fv_status compare_child(struct visitor *visitor, const char *name, fv__hdf5_object object, bool *done) {
  if (strlen(name) == visitor->wanted_length && !memcmp(name, visitor->wanted, visitor->wanted_length)) {
    visitor->found = object;
    *done = true;
  }
  return FV_OK;
}

fv_status fv__hdf5_find(fv__hdf5 *file, fv__hdf5_object *object, fv__hdf5_object group, const char *path) {
  *object = group;
  while (*path) {
    size_t length = strcspn(path, "/");
    if (length > 0) {
      struct visitor visitor = {.child = compare_child, .wanted = path, .wanted_length = length, .found = -1};
      TRY(walk_group(&visitor, file, *object));
      if (visitor.found < 0) return fail(FV_ERROR_NOT_FOUND, "no '%.*s' in the file", (int)length, path);
      *object = visitor.found;
    }
    path += length;
    while (*path == '/') path++;
  }
  return FV_OK;
}

/* Lists grow by doubling in the file's memory; the halves left behind are counted too. */
static fv_status grow(struct visitor *visitor) {
  fv__hdf5_list *list = visitor->list;
  if (list->count < visitor->room) return FV_OK;
  int32_t room = visitor->room ? 2 * visitor->room : 16;
  const char **names;
  fv__hdf5_object *objects;
  TRY(fv__hdf5_take(visitor->walk.file, &names, (size_t)room * sizeof *names));
  TRY(fv__hdf5_take(visitor->walk.file, &objects, (size_t)room * sizeof *objects));
  if (list->count) {
    memcpy(names, list->names, (size_t)list->count * sizeof *names);
    memcpy(objects, list->objects, (size_t)list->count * sizeof *objects);
  }
  list->names = names;
  list->objects = objects;
  visitor->room = room;
  return FV_OK;
}

static fv_status keep_child(struct visitor *visitor, const char *name, fv__hdf5_object object, bool *done) {
  (void)done;
  TRY(grow(visitor));
  fv__hdf5_list *list = visitor->list;
  char *copy;
  size_t size = strlen(name) + 1;
  TRY(fv__hdf5_take(visitor->walk.file, &copy, size));
  memcpy(copy, name, size);
  list->names[list->count] = copy;
  list->objects[list->count++] = object;
  return FV_OK;
}

fv_status fv__hdf5_children(fv__hdf5 *file, fv__hdf5_list *children, fv__hdf5_object group) {
  *children = (fv__hdf5_list){0};
  struct visitor visitor = {.child = keep_child, .list = children};
  return walk_group(&visitor, file, group);
}
