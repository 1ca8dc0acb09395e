/* Where samples come from: one file in src/data/sources per kind of source, ending in one constant
 * `const fv__data_source_type fv__data_source_FILENAME`.
 *
 * A source fills a store: how many samples there are, their classes, and whatever it needs to read sample i. Sets
 * (dataset.c) are lists of a store's samples; the store ends with the last of them. Nothing in a store changes after it
 * was opened, so many threads may read it.
 */
#ifndef FOVEA_DATA_SOURCE_H
#define FOVEA_DATA_SOURCE_H

#include <stdatomic.h>

#include <fovea/dataset.h>

#include "base/arena.h"
#include "base/fail.h"

/* What lies at a path. */
typedef struct fv__data_request {
  const char *path;
  bool is_folder, is_file; /* neither: nothing is there, or what cannot be read */
  uint8_t head[64];        /* the first bytes of a file */
  size_t head_bytes;
  bool validation; /* the part of the path that is for validation is wanted */
  const fv_dataset_options *options;
} fv__data_request;

typedef struct fv__data_source_type fv__data_source_type;

typedef struct fv__store {
  const fv__data_source_type *type;
  atomic_int users;
  fv__arena arena;          /* names, lists, whatever lives as long */
  char *path;               /* as it was given */
  int64_t count;            /* of samples */
  int32_t *labels;          /* a class number each; owned */
  const char **class_names; /* NULL until named: classes that are numbers alone */
  int32_t class_count;
  bool is_numbered;
  bool upright;
  bool gives_numbers; /* samples are floats, not bytes */
  fv_shape shape;     /* of every sample, else rank 0 */
  fv_broken_file *broken;
  int64_t broken_count;
  void *own; /* the source's */
} fv__store;

struct fv__data_source_type {
  const char *name;
  int (*matches)(const fv__data_request *request); /* 0: not this kind; of those that match the highest is taken */

  /* Fills the store; count 0 says that a part for validation was asked for and is not there. `close` is called also
   * after a failure, when `own` is set. */
  fv_status (*open)(fv__store *store, const fv__data_request *request);
  fv_status (*read)(fv_sample *sample, const fv__store *store, int64_t index);
  void (*name_sample)(char *text, size_t size, const fv__store *store, int64_t index);
  void (*close)(fv__store *store);
};

extern const fv__data_source_type *const fv__data_source_table[];

/* ---- what sources share */

/* "FOLDER/NAME" in the arena; NULL without memory. */
char *fv__store_join(fv__store *store, const char *folder, const char *name);

/* The part of a path that is its folder, "." when it has none; in the arena; NULL without memory. */
char *fv__store_folder_of(fv__store *store, const char *path);

/* Whether a regular file, or a folder, is there; links are followed. */
bool fv__data_is_file(const char *path);
bool fv__data_is_folder(const char *path);

/* Gives the store `count` labels to fill. Errors: FV_ERROR_MEMORY. */
fv_status fv__store_take_labels(fv__store *store, int64_t count) FV_CHECK;

/* Numbers classes by their names, one a sample: `count` of them, which must live as long as the store. Sorted by their
 * bytes, or by number when all are whole numbers. Errors: FV_ERROR_MEMORY. */
fv_status fv__store_number_classes(fv__store *store, const char *const *names, int64_t count) FV_CHECK;

/* Classes that are the numbers in `labels`, of 0 to 65535. Errors: FV_ERROR_FORMAT for another number. */
fv_status fv__store_numbered(fv__store *store) FV_CHECK;

/* Makes these classes the store's own. Errors: FV_ERROR_INVALID for a class with samples that is none of them,
 * FV_ERROR_MEMORY. */
fv_status fv__store_adopt_classes(fv__store *store, const char *const *names, int32_t count) FV_CHECK;

/* Names for numbered classes: of a file, of Fashion-MNIST or the numbers themselves. Errors: FV_ERROR_INVALID for too
 * few names, those of reading a file, FV_ERROR_MEMORY. */
fv_status fv__store_name_classes(fv__store *store, const fv_dataset_options *options) FV_CHECK;

#endif
