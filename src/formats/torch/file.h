/* An open file of torch.save: what its forms (old.c, zip.c) share with what is common to them (torch.c). */
#ifndef FOVEA_FORMATS_TORCH_FILE_H
#define FOVEA_FORMATS_TORCH_FILE_H

#include "base/zip.h"
#include "formats/torch/pickle.h"
#include "formats/torch/torch.h"

enum { FV__TORCH_DEPTH_MAX = 64, FV__TORCH_VALUES_MAX = 1 << 20 };

/* How a tensor lies in its storage; strides are 0 or more and everything is inside, which names.c has checked. */
typedef struct fv__torch_layout {
  const fv__pickle_value *storage;
  int64_t strides[FV_MAX_RANK]; /* in elements */
  int64_t offset;               /* of the first element, likewise */
  int64_t extent;               /* elements from the first to the last one used */
} fv__torch_layout;

typedef struct fv__torch {
  const fv__source *source;
  fv__zip *zip; /* NULL in the old form */
  fv__arena arena;
  fv__pickle pickle;
  fv__torch_layout *layouts; /* one per tensor of the state */
  int32_t room;
  int32_t visited; /* values seen while flattening */
} fv__torch;

/* Each reads the pickles and yields the object. The old form also gives every storage its address in the file. */
fv_status fv__torch_read_old(fv__torch *file, const fv__pickle_value **root) FV_CHECK;
fv_status fv__torch_read_zip(fv__torch *file, const fv__pickle_value **root) FV_CHECK;

/* The zip form: finds a storage's member; its number becomes the address. `file->zip` must be open. */
fv_status fv__torch_place_member(const fv__torch *file, fv__pickle_value *storage) FV_CHECK;

#endif
