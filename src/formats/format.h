/* What a file format is: one file in src/formats ending in one constant `const fv__format fv__format_FILENAME`.
 *
 * A file is asked for by its first bytes. Messages do not name the file: the door (door/) adds it.
 */
#ifndef FOVEA_FORMATS_FORMAT_H
#define FOVEA_FORMATS_FORMAT_H

#include <fovea/file.h>

#include "base/source.h"
#include <fovea/error.h>

enum { FV__PROBE_BYTES = 512 };

typedef struct fv__format {
  fv_file_format facts;

  /* Whether the first `size` (at most FV__PROBE_BYTES) bytes of a file look like this format. */
  bool (*probe)(const uint8_t *bytes, size_t size);

  /* A whole model; *model is left NULL on failure. NULL: the format has weights alone. */
  fv_status (*load)(fv_model **model, const fv__source *source, const fv_model_load_options *options);

  /* Weights into a model. */
  fv_status (*load_weights)(fv_model *model, const fv__source *source);

  /* The same with options; NULL: the format has none. */
  fv_status (*load_weights_with)(fv_model *model, const fv__source *source, const fv_weights_options *options);
} fv__format;

extern const fv__format *const fv__format_table[];

#endif
