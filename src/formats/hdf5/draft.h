/* HDF5, written: what Keras writes, so that h5py, libhdf5 and fovea's own reader open it.
 *
 * A draft is a tree of groups and datasets with their attributes in memory; it is written from front to back, always
 * with the same bytes: superblock 0, object headers 1, groups as symbol tables with their children by name, contiguous
 * datasets, no times. Numbers of datasets are lent until the draft ends.
 *
 * Failures stick: after the first one every call does nothing, nodes are NULL, and fv__hdf5_draft_finish reports it.
 * Every function accepts NULL nodes then.
 */
#ifndef FOVEA_FORMATS_HDF5_DRAFT_H
#define FOVEA_FORMATS_HDF5_DRAFT_H

#include <fovea/shape.h>

#include "base/sink.h"
#include "formats/bytes/element.h"

typedef struct fv__hdf5_draft fv__hdf5_draft;
typedef struct fv__hdf5_node fv__hdf5_node;

/* End it with fv__hdf5_draft_destroy, which accepts NULL. */
fv_status fv__hdf5_draft_create(fv__hdf5_draft **draft) FV_CHECK;
void fv__hdf5_draft_destroy(fv__hdf5_draft *draft);
fv__hdf5_node *fv__hdf5_draft_root(fv__hdf5_draft *draft);

/* A group in a group, found or made. `path` may have several parts, "a/b". */
fv__hdf5_node *fv__hdf5_add_group(fv__hdf5_draft *draft, fv__hdf5_node *parent, const char *path);

/* A dataset of little-endian elements: float32 and the whole numbers. */
void fv__hdf5_add_numbers(fv__hdf5_draft *draft, fv__hdf5_node *parent, const char *path, const fv_shape *shape,
                          fv__element element, const void *numbers);

/* Attributes, as h5py writes what Keras gives it: a text as a string of variable length; a list of texts as strings of
 * one length, padded with zeros, in pieces name0, name1 ... when it is longer than an object header takes; an empty
 * list as no doubles. Texts are copied. */
void fv__hdf5_add_text(fv__hdf5_draft *draft, fv__hdf5_node *node, const char *name, const char *text);
void fv__hdf5_add_texts(fv__hdf5_draft *draft, fv__hdf5_node *node, const char *name, const char *const *texts,
                        int32_t count);

/* Sorts and places everything. Errors: the first failure; FV_ERROR_UNSUPPORTED when two children of a group have one
 * name or a text is longer than an object header takes; FV_ERROR_MEMORY. Nothing is added afterwards. */
fv_status fv__hdf5_draft_finish(fv__hdf5_draft *draft) FV_CHECK;

/* Writes a finished draft; may be called again. */
void fv__hdf5_draft_write(fv__hdf5_draft *draft, fv__sink *sink);

#endif
