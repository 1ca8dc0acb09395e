/* One tensor of an HDF5 file into its place in the model. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "formats/keras/keras.h"

fv_status fv__weights_check_finite(const float *values, int64_t count) {
  enum { PIECE = 4096 };
  const uint32_t exponent = 0x7f800000u;
  for (int64_t start = 0; start < count; start += PIECE) {
    int64_t end = start + PIECE < count ? start + PIECE : count;
    uint32_t bad = 0;
    for (int64_t i = start; i < end; i++) {
      uint32_t bits;
      memcpy(&bits, &values[i], sizeof bits);
      bad |= (bits & exponent) == exponent;
    }
    for (int64_t i = start; bad && i < end; i++)
      if (!isfinite(values[i]))
        return fail(FV_ERROR_NUMBERS, "element %" PRId64 " is %s", i, isnan(values[i]) ? "not a number" : "infinite");
  }
  return FV_OK;
}

static fv_status read(fv_model *model, int32_t index, fv__hdf5 *file, fv__hdf5_object dataset) {
  fv_weight_info weight = fv_model_weight(model, index);
  fv__hdf5_numbers numbers;
  TRY(fv__hdf5_numbers_of(file, &numbers, dataset));
  if (!fv_shape_equal(&numbers.shape, &weight.shape)) {
    char wanted[96], found[96];
    return fail(FV_ERROR_SHAPE, "expected shape %s, found %s", fv_shape_text(wanted, sizeof wanted, &weight.shape),
                fv_shape_text(found, sizeof found, &numbers.shape));
  }
  float *values = fv_model_weight_data(model, index);
  TRY(fv__hdf5_read(file, values, numbers.count, dataset));
  return fv__weights_check_finite(values, numbers.count);
}

fv_status fv__keras_read_weight(fv_model *model, int32_t index, fv__hdf5 *file, fv__hdf5_object dataset) {
  fv_status status = read(model, index, file, dataset);
  return status ? note(status, "%s", fv_model_weight(model, index).path) : FV_OK;
}
