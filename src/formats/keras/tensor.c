/* One tensor of an HDF5 file into its place in the model. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "formats/keras/keras.h"
#include "model/flaws.h"

static fv_status check_finite(const float *values, int64_t first, int64_t count) {
  enum { PIECE = 4096 };
  const uint32_t exponent = 0x7f800000u;
  for (int64_t start = first; start < first + count; start += PIECE) {
    int64_t end = start + PIECE < first + count ? start + PIECE : first + count;
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

fv_status fv__weights_check_finite(const float *values, int64_t count) { return check_finite(values, 0, count); }

fv_status fv__weights_refuse(fv_model *model, int32_t index, fv_status status) {
  if (!status || !fv__model_forgives(model)) return status;
  const fv_weight_info weight = fv_model_weight(model, index);
  status = note(status, "%s", weight.path);
  return fv__model_forgive(model, fv_model_layer(model, weight.layer).name, &index, 1, status);
}

/* The numbers in the file's order, brought into the model's; `check` may be NULL. */
static fv_status read_arranged(float *values, int64_t count, fv__hdf5 *file, fv__hdf5_object dataset,
                               const fv__keras_layout *layout, fv__hdf5_check *check) {
  size_t bytes;
  float *source = fv__size_bytes(&bytes, count, sizeof(float)) ? malloc(bytes + 1) : NULL;
  if (!source) return fail(FV_ERROR_MEMORY, "no memory for %" PRId64 " numbers", count);
  fv_status status = fv__hdf5_read(file, source, count, dataset, check);
  if (!status) fv__keras_arrange(values, source, layout);
  free(source);
  return status;
}

static fv_status read(fv_model *model, int32_t index, fv__hdf5 *file, fv__hdf5_object dataset,
                      const fv__keras_origin *origin) {
  fv__hdf5_numbers numbers;
  fv__keras_layout layout;
  TRY(fv__hdf5_numbers_of(file, &numbers, dataset));
  TRY(fv__keras_find_layout(&layout, model, index, &numbers.shape, origin));
  float *values = fv_model_weight_data(model, index);
  const bool forgives = fv__model_forgives(model);
  fv__hdf5_check *check = forgives ? NULL : check_finite;
  TRY(layout.needed ? read_arranged(values, numbers.count, file, dataset, &layout, check)
                    : fv__hdf5_read(file, values, numbers.count, dataset, check));
  return forgives ? check_finite(values, 0, numbers.count) : FV_OK;
}

fv_status fv__keras_read_weight(fv_model *model, int32_t index, fv__hdf5 *file, fv__hdf5_object dataset,
                                const fv__keras_origin *origin) {
  fv_status status = fv__weights_refuse(model, index, read(model, index, file, dataset, origin));
  return status ? note(status, "%s", fv_model_weight(model, index).path) : FV_OK;
}
