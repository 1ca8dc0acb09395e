/* Inside the HDF5 reader: bounded reading, object headers, types.
 */
#ifndef FOVEA_FORMATS_HDF5_PARSE_H
#define FOVEA_FORMATS_HDF5_PARSE_H

#include "base/arena.h"
#include "base/fail.h"
#include "formats/bytes/cursor.h"
#include "formats/hdf5/hdf5.h"

/* Metadata are read in many small pieces that lie close together: pages of them are kept, each at one place. */
enum { FV__HDF5_PAGE = 4096, FV__HDF5_PAGES = 64 };

struct fv__hdf5 {
  const fv__source *source;
  int64_t page_numbers[FV__HDF5_PAGES]; /* from 1; 0: empty */
  uint8_t pages[FV__HDF5_PAGES][FV__HDF5_PAGE];
  fv__arena arena; /* texts and lists lent to the caller */
  int64_t memory;  /* bytes the arena may still give */
  int64_t end;     /* end of file, as the superblock says; within the source */
  fv__hdf5_object root;
  int32_t group_leaf_half, group_node_half; /* the K of symbol table nodes and of their B-tree */
};

/* One walk over a structure: the bytes it may still read, at first as many as the file has. */
typedef struct fv__hdf5_walk {
  fv__hdf5 *file;
  int64_t budget;
} fv__hdf5_walk;

fv__hdf5_walk fv__hdf5_walk_begin(fv__hdf5 *file);
fv_status fv__hdf5_walk_spend(fv__hdf5_walk *walk, int64_t bytes) FV_CHECK;

/* Reads `size` bytes at `address`, which must lie inside the file; counts them against the walk. */
fv_status fv__hdf5_bytes(fv__hdf5_walk *walk, int64_t address, void *buffer, int64_t size) FV_CHECK;

/* Memory that ends with the file, within its bound. */
fv_status fv__hdf5_take(fv__hdf5 *file, void *memory, size_t bytes) FV_CHECK; /* memory: where to put the pointer */

/* An address field: -1 for the undefined address, and for one beyond 2^63. */
int64_t fv__hdf5_address(fv__cursor *cursor);

/* Object headers, versions 1 and 2: all messages of all their blocks. */
typedef enum fv__hdf5_message_type {
  FV__HDF5_DATASPACE = 0x01,
  FV__HDF5_LINK_INFO = 0x02,
  FV__HDF5_DATATYPE = 0x03,
  FV__HDF5_LINK = 0x06,
  FV__HDF5_EXTERNAL = 0x07,
  FV__HDF5_LAYOUT = 0x08,
  FV__HDF5_FILTERS = 0x0b,
  FV__HDF5_ATTRIBUTE = 0x0c,
  FV__HDF5_CONTINUATION = 0x10,
  FV__HDF5_SYMBOL_TABLE = 0x11,
  FV__HDF5_ATTRIBUTE_INFO = 0x15
} fv__hdf5_message_type;

typedef struct fv__hdf5_message {
  int32_t type;
  uint8_t flags;
  fv__cursor data;
} fv__hdf5_message;

typedef struct fv__hdf5_header {
  fv__arena arena;
  int32_t count, room;
  fv__hdf5_message *messages;
} fv__hdf5_header;

/* End it with fv__hdf5_header_free, also after a failure. */
fv_status fv__hdf5_header_load(fv__hdf5_header *header, fv__hdf5 *file, fv__hdf5_object object) FV_CHECK;
void fv__hdf5_header_free(fv__hdf5_header *header);

/* The first message of a type, or NULL. */
const fv__hdf5_message *fv__hdf5_message_find(const fv__hdf5_header *header, fv__hdf5_message_type type);

/* Checksum of version 2 structures: Bob Jenkins's lookup3, little-endian, initial value 0. */
uint32_t fv__hdf5_checksum(const uint8_t *bytes, size_t size);

/* B-trees of version 1: calls visit(context, key, child) for every entry of every leaf, in order, until it sets *done.
 * `key` has `key_size` bytes. */
typedef fv_status fv__hdf5_visit(void *context, const uint8_t *key, int64_t child, bool *done);
typedef enum fv__hdf5_tree { FV__HDF5_GROUP_TREE = 0, FV__HDF5_CHUNK_TREE = 1 } fv__hdf5_tree;
fv_status fv__hdf5_tree_walk(fv__hdf5_walk *walk, int64_t address, fv__hdf5_tree tree, size_t key_size,
                             fv__hdf5_visit *visit, void *context) FV_CHECK;

/* Datatypes. */
typedef enum fv__hdf5_class { FV__HDF5_NUMBER, FV__HDF5_TEXT, FV__HDF5_LONG_TEXT, FV__HDF5_OPAQUE2 } fv__hdf5_class;
typedef struct fv__hdf5_type {
  fv__hdf5_class class; /* LONG_TEXT: variable length, in a global heap; OPAQUE2: two bytes that an attribute explains
                         */
  uint32_t size;        /* bytes of one element */
  fv__element element;  /* of NUMBER */
  bool big_endian;
} fv__hdf5_type;
fv_status fv__hdf5_type_parse(fv__hdf5_type *type, fv__cursor cursor) FV_CHECK;

/* Dataspaces: extents and their product. A null dataspace has rank 1 and no elements. */
fv_status fv__hdf5_space_parse(fv_shape *shape, int64_t *count, fv__cursor cursor) FV_CHECK;

/* One entry of a variable-length string (16 bytes: length, heap, index) as text in the file's memory. */
fv_status fv__hdf5_heap_text(fv__hdf5_walk *walk, const char **text, const uint8_t entry[16]) FV_CHECK;

/* Chunked data (dataset.c opens, chunks.c reads). */
enum { FV__HDF5_FILTERS_MAX = 8 };
typedef enum fv__hdf5_filter { FV__HDF5_DEFLATE = 1, FV__HDF5_SHUFFLE = 2, FV__HDF5_FLETCHER32 = 3 } fv__hdf5_filter;
typedef enum fv__hdf5_layout { FV__HDF5_COMPACT, FV__HDF5_CONTIGUOUS, FV__HDF5_CHUNKED } fv__hdf5_layout;
typedef struct fv__hdf5_dataset {
  fv__hdf5_header header;
  fv_shape shape;
  int64_t count, bytes; /* elements, and elements times their size */
  fv__hdf5_type type;
  fv__hdf5_layout layout;
  const uint8_t *compact;     /* COMPACT: its data, in the header */
  int64_t address;            /* CONTIGUOUS: of the data, CHUNKED: of the B-tree; -1: nothing was stored */
  int64_t stored;             /* CONTIGUOUS: bytes */
  int64_t chunk[FV_MAX_RANK]; /* CHUNKED: extents */
  int32_t filter_count;
  fv__hdf5_filter filters[FV__HDF5_FILTERS_MAX]; /* in the order of writing */
} fv__hdf5_dataset;

/* End it with fv__hdf5_header_free of its header, also after a failure. Errors: also when it has not `count` elements;
 * -1: any number. */
fv_status fv__hdf5_dataset_open(fv__hdf5_dataset *dataset, fv__hdf5 *file, fv__hdf5_object object,
                                int64_t count) FV_CHECK;

/* Data that are not in chunks: what the file declares must be what it stores. */
fv_status fv__hdf5_dataset_check(const fv__hdf5 *file, const fv__hdf5_dataset *dataset) FV_CHECK;
fv_status fv__hdf5_filters_parse(fv__hdf5_dataset *dataset, fv__cursor cursor) FV_CHECK;
fv_status fv__hdf5_chunks_read(fv__hdf5 *file, float *values, const fv__hdf5_dataset *dataset) FV_CHECK;

#endif
