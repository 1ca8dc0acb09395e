/* .weights.h5 of Keras 3: weights alone, numbered by class. Reading belongs to the .h5 format, which looks inside. */
#include "base/fail.h"
#include "formats/format.h"
#include "formats/keras/write.h"

static bool probe(const uint8_t *bytes, size_t size) {
  (void)bytes, (void)size;
  return false;
}

static fv_status save(const fv__save *save, FILE *stream) {
  fv__hdf5_draft *file;
  fv__keras_draft draft;
  TRY(fv__save_float32(save));
  TRY(fv__hdf5_draft_create(&file));
  fv_status status = fv__keras_draft_begin(&draft, save, FV__KERAS_3);
  if (!status) status = fv__keras_store_by_class(file, &draft, false);
  if (!status) status = fv__hdf5_draft_finish(file);
  if (!status) fv__hdf5_draft_write(file, &(fv__sink){.stream = stream});
  fv__keras_draft_end(&draft);
  fv__hdf5_draft_destroy(file);
  return status;
}

const fv__format fv__format_keras_weights = {
    .facts = {"keras_weights", ".weights.h5", "weights alone of Keras 3, in HDF5"},
    .probe = probe,
    .save = save,
};
