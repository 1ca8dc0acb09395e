/* PyTorch's files of tensors (.pth, .pt), read without executing anything.
 *
 * The old form (torch.save before 1.6, or with _use_new_zipfile_serialization=False): five pickles in a row (magic
 * number, protocol, facts about the machine, the object, the keys of its storages), then each storage as a count of
 * elements (8 bytes) and the elements. The object's pickle is read by a machine that knows containers, numbers, texts
 * and the few names from which a state dict is built; any other name is refused.
 *
 * Tensors keep the file's order. Nested containers give names with '/' between keys: "state_dict/conv.weight".
 * Messages do not name the file; whoever knows its name adds it.
 */
#ifndef FOVEA_FORMATS_TORCH_TORCH_H
#define FOVEA_FORMATS_TORCH_TORCH_H

#include <fovea/shape.h>

#include "base/source.h"
#include "formats/bytes/element.h"

typedef struct fv__torch fv__torch;

typedef struct fv__torch_tensor {
  const char *name; /* lent by the file */
  fv_shape shape;
  int64_t count; /* elements */
  fv__element element;
  int64_t strides[FV_MAX_RANK]; /* in elements of its storage, 0 or more */
  int64_t offset;               /* of the first element, likewise */
  int64_t extent;               /* elements of the storage from the first to the last one used */
  int64_t address;              /* of the storage's elements in the file */
} fv__torch_tensor;

/* True when the first bytes are a pickle of torch's magic number. */
bool fv__torch_probe_old(const void *bytes, size_t size);

/* True when they are a zip whose first member is one of torch's newer form. */
bool fv__torch_probe_zip(const void *bytes, size_t size);

/* Reads the names and places of all tensors. `source` must outlive the file. Errors: FV_ERROR_FORMAT,
 * FV_ERROR_UNSUPPORTED (a name that is not a tensor's, another number type), FV_ERROR_MEMORY. */
fv_status fv__torch_open(fv__torch **file, const fv__source *source) FV_CHECK;
void fv__torch_close(fv__torch *file);

int32_t fv__torch_count(const fv__torch *file);
const fv__torch_tensor *fv__torch_tensor_at(const fv__torch *file, int32_t index);

/* The tensor of this name, or NULL. */
const fv__torch_tensor *fv__torch_find(const fv__torch *file, const char *name);

/* Reads a tensor as float32, row-major in torch's axes, into `values` (room for `tensor->count`). */
fv_status fv__torch_read(const fv__torch *file, float *values, const fv__torch_tensor *tensor) FV_CHECK;

#endif
