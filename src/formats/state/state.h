/* States: a file of named tensors in memory, whatever wrote it (PyTorch's word is state dict).
 *
 * Opening a file lists its tensors: names, shapes, element types, nothing of their numbers. A reader (one per format)
 * fills the list and later yields the elements of one tensor, row-major and without gaps. What uses tensors (a network
 * that takes them, `fovea weights`, `fovea diff`, writers) sees this list alone.
 *
 * Names are unique and in the file's order. Messages do not name the file; whoever knows its name adds it.
 */
#ifndef FOVEA_FORMATS_STATE_STATE_H
#define FOVEA_FORMATS_STATE_STATE_H

#include <fovea/file.h>
#include <fovea/state.h>

#include "base/arena.h"
#include "base/source.h"
#include "formats/bytes/element.h"

typedef struct fv__state_tensor {
  const char *name; /* lent by the state */
  fv_shape shape;   /* every extent known, at most 2^40 elements */
  int64_t count;    /* elements */
  fv__element element;
  int64_t place; /* the reader's: where it finds the elements */
} fv__state_tensor;

/* What a format gives. `state->owner` is its own. */
typedef struct fv__state_reader {
  /* All elements as they are stored, little-endian. NULL: the format gives floats alone. */
  fv_status (*bytes)(const fv_state *state, void *bytes, const fv__state_tensor *tensor);

  /* All elements as floats. NULL: they are made from the bytes. */
  fv_status (*floats)(const fv_state *state, float *values, const fv__state_tensor *tensor);

  /* Ends `state->owner`, which may be NULL. NULL: nothing to end. */
  void (*close)(fv_state *state);
} fv__state_reader;

struct fv_state {
  const fv__state_reader *reader;
  void *owner;
  fv__source *source; /* of a state that was opened by path, else NULL; owned */
  fv__arena arena;    /* names */
  fv__state_tensor *tensors;
  int32_t *by_name; /* numbers of tensors, by name */
  int32_t count, room;
};

/* An empty state. End it with fv_state_close, also after a failure of what follows. */
fv_status fv__state_create(fv_state **state, const fv__state_reader *reader) FV_CHECK;

/* One more tensor; the name is copied. Errors: FV_ERROR_SHAPE for too many elements, FV_ERROR_FORMAT for too many
 * tensors, FV_ERROR_MEMORY. */
fv_status fv__state_add(fv_state *state, const char *name, const fv_shape *shape, fv__element element,
                        int64_t place) FV_CHECK;

/* Ends the list. Errors: FV_ERROR_FORMAT for two tensors of one name. */
fv_status fv__state_finish(fv_state *state) FV_CHECK;

int32_t fv__state_count(const fv_state *state);
const fv__state_tensor *fv__state_tensor_at(const fv_state *state, int32_t index);

/* The tensor of this name, or NULL. */
const fv__state_tensor *fv__state_find(const fv_state *state, const char *name);

/* Reads a tensor as float32 into `values`, which has room for `tensor->count`. */
fv_status fv__state_read(const fv_state *state, float *values, const fv__state_tensor *tensor) FV_CHECK;

/* Whether elements can be had as they are stored, and they themselves: fv__element_size of them each. Where they
 * cannot, `bytes` are those of float32. */
bool fv__state_is_exact(const fv_state *state);
fv_status fv__state_bytes(const fv_state *state, void *bytes, const fv__state_tensor *tensor) FV_CHECK;

/* Fills a model's weights (load.c): tensors called like them, in their shapes, or, where none is, PyTorch's, which
 * alone are loaded with options. */
fv_status fv__state_load_weights(fv_model *model, const fv_state *state, const fv_weights_options *options) FV_CHECK;

#endif
