/* Writing an HDF5 file from front to back.
 *
 *   superblock   signature, versions 0, sizes 8, halves of nodes, addresses, symbol table entry of the root
 *   per group    object header, local heap with the names, symbol table nodes, tree nodes from the lowest level up;
 *                then its children
 *   texts        one global heap with all texts of variable length
 *   numbers      one dataset after the other, each at a multiple of 8
 *
 * Everything is written twice by the same code: first nowhere, which tells every part's address, then in earnest. Sizes
 * do not depend on addresses, so both runs agree.
 *
 * A tree node of level 0 has up to 32 symbol table nodes of 8 names, one of level n up to 32 of level n - 1. Its keys
 * are names: key i is not before any name of child i - 1, and before all of child i.
 * Source: The HDF Group, "HDF5 File Format Specification Version 3.0", and files of h5py read byte by byte.
 */
#include <string.h>

#include "formats/hdf5/node.h"

enum {
  NAMES_PER_LEAF = 2 * FV__HDF5_LEAF_HALF,
  CHILDREN_PER_NODE = 2 * FV__HDF5_TREE_HALF,
  LEAF_BYTES = 8 + NAMES_PER_LEAF * 40,
  NODE_BYTES = 24 + (CHILDREN_PER_NODE + 1) * 8 + CHILDREN_PER_NODE * 8,
  HEAP_BYTES_MIN = 4096 /* libhdf5 reads as much of a global heap at once */
};

static const uint64_t undefined = UINT64_MAX;

static void put(fv__sink *out, uint64_t number, int width) { fv__sink_number(out, number, width); }

static size_t padded(size_t bytes) { return (bytes + 7) / 8 * 8; }

static void put_padded(fv__sink *out, const void *bytes, size_t size) {
  fv__sink_put(out, bytes, size);
  fv__sink_zeros(out, padded(size) - size);
}

/* Datatypes. */

static size_t float_type_size(fv__element element) {
  return element == FV__FLOAT32 || element == FV__FLOAT64 ? 20 : 12;
}

static void put_number_type(fv__sink *out, fv__element element) {
  bool is_double = element == FV__FLOAT64;
  size_t size = fv__element_size(element);
  if (element == FV__FLOAT32 || is_double) {
    put(out, 0x11, 1);
    put(out, is_double ? 0x3f20 : 0x1f20, 3); /* the place of the sign; a leading one that is not stored */
    put(out, size, 4);
    put(out, 0, 2);
    put(out, 8 * size, 2);
    put(out, is_double ? 52 : 23, 1);
    put(out, is_double ? 11 : 8, 1);
    put(out, 0, 1);
    put(out, is_double ? 52 : 23, 1);
    put(out, is_double ? 1023 : 127, 4);
    return;
  }
  bool is_signed = element == FV__INT8 || element == FV__INT16 || element == FV__INT32 || element == FV__INT64;
  put(out, 0x10, 1);
  put(out, is_signed ? 8 : 0, 3);
  put(out, size, 4);
  put(out, 0, 2);
  put(out, 8 * size, 2);
}

/* Object headers. */

static void put_message(fv__sink *out, int type, size_t size, int flags) {
  put(out, (uint64_t)type, 2);
  put(out, size, 2);
  put(out, (uint64_t)flags, 1);
  fv__sink_zeros(out, 3);
}

static size_t attribute_size(const fv__hdf5_draft_attribute *a) {
  size_t type = a->text ? 24 : a->count ? 8 : 24, space = a->text ? 8 : 16;
  return 8 + padded(strlen(a->name) + 1) + type + space + padded(a->text ? 16 : (size_t)a->count * a->width);
}

static void put_text_attribute(fv__sink *out, const fv__hdf5_draft *draft, const fv__hdf5_draft_attribute *a) {
  put(out, 0x19, 1); /* variable length: a string, ended by zero, ASCII */
  put(out, 1, 3);
  put(out, 16, 4);
  put_number_type(out, FV__UINT8);
  fv__sink_zeros(out, 4);
  put(out, 1, 1); /* a dataspace of no axes */
  fv__sink_zeros(out, 7);
  put(out, strlen(a->text), 4);
  put(out, a->heap_index ? (uint64_t)draft->text_heap : 0, 8);
  put(out, (uint64_t)a->heap_index, 4);
}

static void put_list_attribute(fv__sink *out, const fv__hdf5_draft_attribute *a) {
  if (a->count) {
    put(out, 0x13, 1); /* strings of one length, padded with zeros, ASCII */
    put(out, 1, 3);
    put(out, a->width, 4);
  } else {
    put_number_type(out, FV__FLOAT64);
    fv__sink_zeros(out, 4);
  }
  put(out, 1, 1); /* one axis */
  put(out, 1, 1);
  fv__sink_zeros(out, 6);
  put(out, (uint64_t)a->count, 8);
  for (int32_t i = 0; i < a->count; i++) {
    size_t length = strlen(a->list[i]);
    fv__sink_put(out, a->list[i], length);
    fv__sink_zeros(out, a->width - length);
  }
  fv__sink_zeros(out, padded((size_t)a->count * a->width) - (size_t)a->count * a->width);
}

static void put_attribute(fv__sink *out, const fv__hdf5_draft *draft, const fv__hdf5_draft_attribute *a) {
  size_t name = strlen(a->name) + 1, type = a->text ? 20 : a->count ? 8 : 20;
  put_message(out, 0x0c, attribute_size(a), 0);
  put(out, 1, 2);
  put(out, name, 2);
  put(out, type, 2);
  put(out, a->text ? 8 : 16, 2);
  put_padded(out, a->name, name);
  if (a->text)
    put_text_attribute(out, draft, a);
  else
    put_list_attribute(out, a);
}

/* Version 1: versions and counts, then the messages of the object itself, then its attributes. */
static void put_header(fv__sink *out, const fv__hdf5_node *node, int messages, size_t bytes) {
  for (const fv__hdf5_draft_attribute *a = node->attributes; a; a = a->next) {
    messages++;
    bytes += 8 + attribute_size(a);
  }
  put(out, 1, 2);
  put(out, (uint64_t)messages, 2);
  put(out, 1, 4);
  put(out, bytes, 4);
  fv__sink_zeros(out, 4);
}

static void put_attributes(fv__sink *out, const fv__hdf5_draft *draft, const fv__hdf5_node *node) {
  for (const fv__hdf5_draft_attribute *a = node->attributes; a; a = a->next) put_attribute(out, draft, a);
}

static void put_dataset_header(fv__sink *out, const fv__hdf5_draft *draft, const fv__hdf5_node *node) {
  size_t rank = (size_t)node->shape.rank, type = padded(float_type_size(node->element));
  put_header(out, node, 4, 8 + 8 + 8 * rank + 8 + type + 8 + 8 + 8 + 24);
  put_message(out, 0x01, 8 + 8 * rank, 0);
  put(out, 1, 1);
  put(out, rank, 1);
  fv__sink_zeros(out, 6);
  for (size_t i = 0; i < rank; i++) put(out, (uint64_t)node->shape.dims[i], 8);
  put_message(out, 0x03, type, 1);
  put_number_type(out, node->element);
  fv__sink_zeros(out, type - float_type_size(node->element));
  put_message(out, 0x05, 8, 1); /* the number that fills what is not written: zero, of no bytes */
  put(out, 0x01020202, 4);
  put(out, 0, 4);
  put_message(out, 0x08, 24, 0); /* contiguous, all of it */
  put(out, 0x0103, 2);
  put(out, node->bytes ? (uint64_t)node->data : undefined, 8);
  put(out, node->bytes, 8);
  fv__sink_zeros(out, 6);
  put_attributes(out, draft, node);
}

/* Groups. */

/* The empty name, then the children's. */
static void put_name_heap(fv__sink *out, const fv__hdf5_node *group) {
  size_t bytes = 8;
  for (int32_t i = 0; i < group->count; i++) {
    group->sorted[i]->name_offset = bytes;
    bytes += padded(strlen(group->sorted[i]->name) + 1);
  }
  fv__sink_put(out, "HEAP", 4);
  put(out, 0, 4);
  put(out, bytes, 8);
  put(out, 1, 8); /* no free list */
  put(out, (uint64_t)out->size + 8, 8);
  fv__sink_zeros(out, 8);
  for (int32_t i = 0; i < group->count; i++)
    put_padded(out, group->sorted[i]->name, strlen(group->sorted[i]->name) + 1);
}

static void put_leaf(fv__sink *out, const fv__hdf5_node *group, int32_t first) {
  int32_t count = group->count - first < NAMES_PER_LEAF ? group->count - first : NAMES_PER_LEAF;
  fv__sink_put(out, "SNOD", 4);
  put(out, 1, 2);
  put(out, (uint64_t)count, 2);
  for (int32_t i = first; i < first + count; i++) {
    const fv__hdf5_node *child = group->sorted[i];
    put(out, child->name_offset, 8);
    put(out, (uint64_t)child->header, 8);
    put(out, child->is_group, 4); /* then the addresses below are kept here too */
    put(out, 0, 4);
    put(out, child->is_group ? (uint64_t)child->tree : 0, 8);
    put(out, child->is_group ? (uint64_t)child->heap : 0, 8);
  }
  fv__sink_zeros(out, (size_t)(NAMES_PER_LEAF - count) * 40);
}

/* Where the last name before number `end` is in the heap. */
static uint64_t last_name(const fv__hdf5_node *group, int64_t end) {
  if (end > group->count) end = group->count;
  return end ? group->sorted[end - 1]->name_offset : 0;
}

/* One tree node: children `first` to `end` of the level below, which begins at `below` and has nodes of `child_bytes`
 * with `names` names each. */
static void put_tree_node(fv__sink *out, const fv__hdf5_node *group, int level, int64_t first, int64_t end,
                          int64_t total, int64_t below, int64_t child_bytes, int64_t names) {
  int64_t here = out->size;
  fv__sink_put(out, "TREE", 4);
  put(out, 0, 1);
  put(out, (uint64_t)level, 1);
  put(out, (uint64_t)(end - first), 2);
  put(out, first ? (uint64_t)(here - NODE_BYTES) : undefined, 8);
  put(out, end < total ? (uint64_t)(here + NODE_BYTES) : undefined, 8);
  put(out, last_name(group, first * names), 8);
  for (int64_t i = first; i < end; i++) {
    put(out, (uint64_t)(below + i * child_bytes), 8);
    put(out, last_name(group, (i + 1) * names), 8);
  }
  fv__sink_zeros(out, (size_t)(here + NODE_BYTES - out->size));
}

static void put_tree(fv__sink *out, fv__hdf5_node *group, int64_t leaves) {
  int64_t below = leaves, count = (group->count + NAMES_PER_LEAF - 1) / NAMES_PER_LEAF, names = NAMES_PER_LEAF;
  int64_t child_bytes = LEAF_BYTES;
  for (int level = 0;; level++) {
    int64_t here = out->size, nodes = count ? (count + CHILDREN_PER_NODE - 1) / CHILDREN_PER_NODE : 1;
    for (int64_t i = 0; i < nodes; i++) {
      int64_t first = i * CHILDREN_PER_NODE,
              end = first + CHILDREN_PER_NODE < count ? first + CHILDREN_PER_NODE : count;
      put_tree_node(out, group, level, first, end, count, below, child_bytes, names);
    }
    below = here;
    count = nodes;
    names *= CHILDREN_PER_NODE;
    child_bytes = NODE_BYTES;
    if (nodes == 1) break;
  }
  group->tree = below;
}

static void put_node(fv__sink *out, const fv__hdf5_draft *draft, fv__hdf5_node *node) {
  node->header = out->size;
  if (!node->is_group) {
    put_dataset_header(out, draft, node);
    return;
  }
  put_header(out, node, 1, 8 + 16);
  put_message(out, 0x11, 16, 0);
  put(out, (uint64_t)node->tree, 8);
  put(out, (uint64_t)node->heap, 8);
  put_attributes(out, draft, node);
  node->heap = out->size;
  put_name_heap(out, node);
  int64_t leaves = out->size;
  for (int32_t i = 0; i < node->count; i += NAMES_PER_LEAF) put_leaf(out, node, i);
  put_tree(out, node, leaves);
  for (int32_t i = 0; i < node->count; i++) put_node(out, draft, node->sorted[i]);
}

/* Texts. */

static void put_texts_of(fv__sink *out, const fv__hdf5_node *node, size_t *bytes) {
  for (const fv__hdf5_draft_attribute *a = node->attributes; a; a = a->next) {
    if (!a->heap_index) continue;
    size_t length = strlen(a->text);
    *bytes += 16 + padded(length);
    if (!out) continue;
    put(out, (uint64_t)a->heap_index, 2);
    put(out, 0, 6);
    put(out, length, 8);
    put_padded(out, a->text, length);
  }
  for (int32_t i = 0; i < node->count; i++) put_texts_of(out, node->sorted[i], bytes);
}

static void put_text_heap(fv__sink *out, fv__hdf5_draft *draft) {
  size_t bytes = 16;
  draft->text_heap = out->size;
  if (!draft->text_count) return;
  put_texts_of(NULL, draft->root, &bytes);
  size_t size = bytes + 16 < HEAP_BYTES_MIN ? HEAP_BYTES_MIN : bytes + 16, used = 16;
  fv__sink_put(out, "GCOL", 4);
  put(out, 1, 4);
  put(out, size, 8);
  put_texts_of(out, draft->root, &used);
  put(out, 0, 8); /* object 0: the rest is free */
  put(out, size - used, 8);
  fv__sink_zeros(out, size - used - 16);
}

static void put_numbers(fv__sink *out, fv__hdf5_node *node) {
  if (!node->is_group) {
    node->data = out->size;
    if (node->bytes) put_padded(out, node->numbers, node->bytes);
  }
  for (int32_t i = 0; i < node->count; i++) put_numbers(out, node->sorted[i]);
}

static void put_superblock(fv__sink *out, const fv__hdf5_draft *draft) {
  fv__sink_put(out, "\211HDF\r\n\032\n", 8);
  put(out, 0, 5);
  put(out, 8, 1);
  put(out, 8, 1);
  put(out, 0, 1);
  put(out, FV__HDF5_LEAF_HALF, 2);
  put(out, FV__HDF5_TREE_HALF, 2);
  put(out, 0, 4);
  put(out, 0, 8);
  put(out, undefined, 8);
  put(out, (uint64_t)draft->size, 8);
  put(out, undefined, 8);
  put(out, 0, 8);
  put(out, (uint64_t)draft->root->header, 8);
  put(out, 1, 8);
  put(out, (uint64_t)draft->root->tree, 8);
  put(out, (uint64_t)draft->root->heap, 8);
}

static void write_all(fv__hdf5_draft *draft, fv__sink *out) {
  put_superblock(out, draft);
  put_node(out, draft, draft->root);
  put_text_heap(out, draft);
  put_numbers(out, draft->root);
}

void fv__hdf5_draft_place(fv__hdf5_draft *draft) {
  fv__sink nowhere = {.stream = NULL};
  write_all(draft, &nowhere);
  draft->size = nowhere.size;
}

void fv__hdf5_draft_write(fv__hdf5_draft *draft, fv__sink *sink) {
  fv__sink out = {.stream = sink->stream, .is_checked = sink->is_checked, .checksum = sink->checksum};
  write_all(draft, &out); /* the places it notes are those they have */
  sink->checksum = out.checksum;
  sink->size += out.size;
}
