/* Cutting off ends. */
#include "layers/support/crop.h"

#include <inttypes.h>

fv_status fv__crop_extent(int64_t input, int32_t before, int32_t after, int64_t *output) {
  *output = -1;
  if (input < 0) return FV_OK;
  const int64_t cut = (int64_t)before + after;
  if (cut >= input)
    return fail(FV_ERROR_SHAPE, "cutting %" PRId64 " of %" PRId64 " leaves nothing, expected at most %" PRId64, cut,
                input, input - 1);
  *output = input - cut;
  return FV_OK;
}
