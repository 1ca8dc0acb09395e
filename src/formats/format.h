/* What a file format is: one file in src/formats ending in one constant `const fv__format fv__format_FILENAME`.
 *
 * A file is asked for by its first bytes. Messages do not name the file: the door (door/) adds it.
 */
#ifndef FOVEA_FORMATS_FORMAT_H
#define FOVEA_FORMATS_FORMAT_H

#include <stdio.h>

#include <fovea/error.h>
#include <fovea/file.h>
#include <fovea/state.h>

#include "base/source.h"

enum { FV__PROBE_BYTES = 512 };

/* Adds to a Keras .h5 what Keras does not look at. */
struct fv__hdf5_draft;
typedef fv_status fv__save_addition(void *context, struct fv__hdf5_draft *file);

/* One saving. */
typedef struct fv__save {
  const fv_model *model;
  const char *path;       /* of the file behind `stream`; for formats that have more files than one, and messages */
  const char *dtype;      /* "float32" when nobody said; checked by the format, see fv__save_float32 */
  fv_save_report *report; /* never NULL; add with fv__save_remark */
  fv__save_addition *add; /* NULL: nothing; formats other than keras_h5 do without */
  void *context;
} fv__save;

typedef struct fv__format {
  fv_file_format facts;

  /* Whether the first `size` (at most FV__PROBE_BYTES) bytes of a file look like this format. */
  bool (*probe)(const uint8_t *bytes, size_t size);

  /* A whole model; *model is left NULL on failure. NULL: the format has weights alone. */
  fv_status (*load)(fv_model **model, const fv__source *source, const fv_model_load_options *options);

  /* Weights into a model. */
  fv_status (*load_weights)(fv_model *model, const fv__source *source);

  /* The same with options; NULL: the format has none. One of the two is enough. */
  fv_status (*load_weights_with)(fv_model *model, const fv__source *source, const fv_weights_options *options);

  /* The file's tensors as they are stored (state/state.h); `source` outlives *state. NULL: the format has none. */
  fv_status (*open_state)(fv_state **state, const fv__source *source);

  /* Writes the whole file to `stream`, which is not seekable and whose errors the door looks at afterwards: nobody
   * needs to check fwrite. A failure leaves the old file. NULL: the format is only read. */
  fv_status (*save)(const fv__save *save, FILE *stream);
} fv__format;

extern const fv__format *const fv__format_table[];

/* The format whose probe knows the first bytes (door/load.c). Errors: FV_ERROR_FORMAT, naming those that are read. */
fv_status fv__format_find(const fv__format **found, const fv__source *source) FV_CHECK;

/* Writes a whole model as Keras's .h5, whatever the path's ending, with an addition; as fv_model_save. */
fv_status fv__model_save_with(const fv_model *model, const char *path, fv__save_addition *add, void *context) FV_CHECK;

/* The numbers of a weight. */
const float *fv__save_weight(const fv__save *save, int32_t index);

/* FV_ERROR_INVALID unless the dtype is float32: for formats that have no choice. */
fv_status fv__save_float32(const fv__save *save) FV_CHECK;

/* Adds a sentence to the report, once. */
void fv__save_remark(const fv__save *save, const char *format, ...) FV_PRINTF(2, 3);

#endif
