/* B-trees of version 1, walked with one frame per level and no recursion.
 *
 *   0  "TREE", type (0 group, 1 chunks), level (0: its children are leaves)
 *   6  entries used, 8 left sibling, 16 right sibling
 *   24 key 0, child 0, key 1, child 1, ... key n
 *
 * Every child must be one level lower than its parent, so no path is longer than the root's level.
 */
#include "formats/hdf5/parse.h"

#include <string.h>

enum { LEVELS_MAX = 32, HEAD = 24 };

typedef struct frame {
  fv__cursor entries;
  int32_t left;
} frame;

static fv_status open_node(frame *node, int *level, fv__arena *arena, fv__hdf5_walk *walk, int64_t address,
                           fv__hdf5_tree tree, size_t key_size) {
  uint8_t head[HEAD];
  TRY(fv__hdf5_bytes(walk, address, head, sizeof head));
  fv__cursor at = fv__cursor_over(head, sizeof head);
  if (memcmp(fv__cursor_bytes(&at, 4), "TREE", 4))
    return fail(FV_ERROR_FORMAT, "no HDF5 B-tree node at address %lld", (long long)address);
  if (fv__cursor_number(&at, 1) != (uint64_t)tree) return fail(FV_ERROR_FORMAT, "an HDF5 B-tree of the wrong kind");
  *level = (int)fv__cursor_number(&at, 1);
  node->left = (int32_t)fv__cursor_number(&at, 2);
  int64_t size = node->left * (int64_t)(key_size + 8);
  uint8_t *bytes = fv__arena_take(arena, (size_t)size);
  if (!bytes) return fail(FV_ERROR_MEMORY, "no memory for an HDF5 B-tree");
  TRY(fv__hdf5_bytes(walk, address + HEAD, bytes, size));
  node->entries = fv__cursor_over(bytes, (size_t)size);
  return FV_OK;
}

static fv_status walk_levels(fv__arena *arena, fv__hdf5_walk *walk, int64_t address, fv__hdf5_tree tree,
                             size_t key_size, fv__hdf5_visit *visit, void *context) {
  frame frames[LEVELS_MAX];
  int top, level;
  TRY(open_node(&frames[0], &top, arena, walk, address, tree, key_size));
  if (top >= LEVELS_MAX) return fail(FV_ERROR_FORMAT, "an HDF5 B-tree of %d levels", top);
  int depth = 0;
  bool done = false;
  while (depth >= 0 && !done) {
    frame *node = &frames[depth];
    if (node->left == 0) {
      depth--;
      continue;
    }
    node->left--;
    const uint8_t *key = fv__cursor_bytes(&node->entries, key_size);
    int64_t child = fv__hdf5_address(&node->entries);
    if (depth == top) {
      TRY(visit(context, key, child, &done));
      continue;
    }
    depth++;
    TRY(open_node(&frames[depth], &level, arena, walk, child, tree, key_size));
    if (level != top - depth) return fail(FV_ERROR_FORMAT, "an HDF5 B-tree whose levels do not descend");
  }
  return FV_OK;
}

fv_status fv__hdf5_tree_walk(fv__hdf5_walk *walk, int64_t address, fv__hdf5_tree tree, size_t key_size,
                             fv__hdf5_visit *visit, void *context) {
  fv__arena arena = {0};
  fv_status status = walk_levels(&arena, walk, address, tree, key_size, visit, context);
  fv__arena_clear(&arena);
  return status;
}
