/* HDF5, read: the subset that Keras and h5py write, strictly and without libhdf5.
 *
 * Read: superblock 0 (and 2, 3); object headers 1 and 2; groups as symbol tables and as compact links; datasets that
 * are contiguous, compact or chunked over a version 1 B-tree, with deflate, shuffle and fletcher32; integers, floats
 * (also bfloat16), fixed and variable-length strings. Everything else is refused by its name: soft, external and
 * user-defined links, external storage, virtual datasets, other filters, compounds, references.
 *
 * Safety: every offset and size is checked against the file; nothing recurses; one walk over a structure may read no
 * more bytes than the file has (so a cycle ends), and what is kept in memory is bounded by four times the file's size.
 *
 * An object is named by the address of its header. Texts and lists are lent by the file until it is closed. Messages
 * do not name the file or the object; the caller adds both.
 * Source of the layout: The HDF Group, "HDF5 File Format Specification Version 3.0".
 */
#ifndef FOVEA_FORMATS_HDF5_HDF5_H
#define FOVEA_FORMATS_HDF5_HDF5_H

#include <fovea/shape.h>

#include "base/source.h"
#include "formats/bytes/element.h"

typedef struct fv__hdf5 fv__hdf5;
typedef int64_t fv__hdf5_object;

typedef struct fv__hdf5_list {
  int32_t count;
  const char **names;
  fv__hdf5_object *objects; /* of children; NULL in lists of texts */
} fv__hdf5_list;

/* True when the first bytes are those of an HDF5 file. */
bool fv__hdf5_probe(const void *bytes, size_t size);

/* Opens a file over `source`, which must outlive it. Errors: FV_ERROR_FORMAT, FV_ERROR_UNSUPPORTED, FV_ERROR_MEMORY. */
fv_status fv__hdf5_open(fv__hdf5 **file, const fv__source *source) FV_CHECK;
void fv__hdf5_close(fv__hdf5 *file);

fv__hdf5_object fv__hdf5_root(const fv__hdf5 *file);

/* The object at `path` ("a/b/c", relative to `group`). Errors: FV_ERROR_NOT_FOUND. */
fv_status fv__hdf5_find(fv__hdf5 *file, fv__hdf5_object *object, fv__hdf5_object group, const char *path) FV_CHECK;

/* The children of a group, in the file's order (by name for files of h5py). */
fv_status fv__hdf5_children(fv__hdf5 *file, fv__hdf5_list *children, fv__hdf5_object group) FV_CHECK;

/* Attributes. Errors: FV_ERROR_NOT_FOUND when there is none of the name. A list longer than an object header allows is
 * stored by Keras as name0, name1 ...: they are joined. An empty list may be of any type. */
fv_status fv__hdf5_text(fv__hdf5 *file, const char **text, fv__hdf5_object object, const char *name) FV_CHECK;
fv_status fv__hdf5_texts(fv__hdf5 *file, fv__hdf5_list *texts, fv__hdf5_object object, const char *name) FV_CHECK;
fv_status fv__hdf5_integer(fv__hdf5 *file, int64_t *integer, fv__hdf5_object object, const char *name) FV_CHECK;
fv_status fv__hdf5_attribute_names(fv__hdf5 *file, fv__hdf5_list *names, fv__hdf5_object object) FV_CHECK;

/* What a dataset holds. Errors: FV_ERROR_NOT_FOUND when the object is no dataset. */
typedef struct fv__hdf5_numbers {
  fv_shape shape;
  int64_t count; /* elements */
  fv__element element;
  bool big_endian;
} fv__hdf5_numbers;
fv_status fv__hdf5_numbers_of(fv__hdf5 *file, fv__hdf5_numbers *numbers, fv__hdf5_object dataset) FV_CHECK;

/* Looks at `count` numbers from number `first` of a dataset on; `values` is where the dataset begins. */
typedef fv_status fv__hdf5_check(const float *values, int64_t first, int64_t count);

/* Reads a whole dataset as float32 into `values`, which has room for `count` floats; `count` must be the dataset's.
 * Every number passes `check` (NULL: none) soon after it was read, while it is still in the processor's cache. */
fv_status fv__hdf5_read(fv__hdf5 *file, float *values, int64_t count, fv__hdf5_object dataset,
                        fv__hdf5_check *check) FV_CHECK;

/* The same for whole numbers, which keep all their digits. Errors: also FV_ERROR_UNSUPPORTED for numbers that are not
 * whole, for chunks, and for numbers beyond 2^63. */
fv_status fv__hdf5_read_integers(fv__hdf5 *file, int64_t *values, int64_t count, fv__hdf5_object dataset) FV_CHECK;

#endif
