/* Inside the HDF5 writer: the tree that draft.c makes and write.c places and writes. */
#ifndef FOVEA_FORMATS_HDF5_NODE_H
#define FOVEA_FORMATS_HDF5_NODE_H

#include "base/arena.h"
#include "base/fail.h"
#include "formats/hdf5/draft.h"

/* How a superblock of version 0 says that groups are stored: symbol table nodes of at most 8 names, tree nodes of at
 * most 32 children. These are what h5py takes. */
enum { FV__HDF5_LEAF_HALF = 4, FV__HDF5_TREE_HALF = 16 };

typedef struct fv__hdf5_draft_attribute {
  struct fv__hdf5_draft_attribute *next;
  const char *name;
  const char *text;        /* a text of variable length, or NULL */
  int32_t heap_index;      /* of the text, from 1 */
  const char *const *list; /* a list of texts */
  int32_t count;
  size_t width; /* of each; 0: the list is empty */
} fv__hdf5_draft_attribute;

struct fv__hdf5_node {
  fv__hdf5_node *next; /* in its group */
  const char *name;
  size_t name_offset; /* in its group's heap of names */
  fv__hdf5_draft_attribute *attributes, *last_attribute;
  bool is_group;

  fv__hdf5_node *children, *last; /* of a group, as added */
  fv__hdf5_node **sorted;         /* by name; after finishing */
  int32_t count;

  fv_shape shape; /* of a dataset */
  fv__element element;
  const void *numbers;
  size_t bytes;

  int64_t header;     /* where its parts are; known after placing */
  int64_t tree, heap; /* of a group */
  int64_t data;       /* of a dataset */
};

struct fv__hdf5_draft {
  fv__arena arena;
  fv__hdf5_node *root;
  int32_t text_count;
  int64_t text_heap; /* address of the heap of texts */
  int64_t size;      /* of the whole file */
  fv_status status;
  char message[FV__MESSAGE_SIZE];
};

/* Gives every part of a sorted tree its address. */
void fv__hdf5_draft_place(fv__hdf5_draft *draft);

#endif
