/* Owned dense tensors. See <fovea/tensor.h>. */
#include <fovea/tensor.h>

#include <stdlib.h>

#include "base/fail.h"
#include "base/size.h"

fv_status fv_tensor_create(fv_tensor *tensor, const fv_shape *shape) {
  *tensor = (fv_tensor){0};
  int64_t elements;
  TRY(fv_shape_elements(&elements, shape));
  size_t bytes;
  if (!fv__size_bytes(&bytes, elements, sizeof(float)))
    return fail(FV_ERROR_MEMORY, "no memory for %lld numbers", (long long)elements);
  float *data = calloc(bytes ? bytes : 1, 1);
  if (!data) return fail(FV_ERROR_MEMORY, "no memory for %lld numbers", (long long)elements);
  *tensor = (fv_tensor){*shape, data};
  return FV_OK;
}

void fv_tensor_destroy(fv_tensor *tensor) {
  if (!tensor) return;
  free(tensor->data);
  *tensor = (fv_tensor){0};
}
