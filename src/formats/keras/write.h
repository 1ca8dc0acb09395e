/* Writing Keras's files, whatever container they go to.
 *
 *   names.c      names that both Kerases accept, and fovea's own back again
 *   config.c     a layer's options -> its configuration, through the option table
 *   compose.c    a model's graph -> the configuration of a model
 *   text.c       JSON -> text, always the same
 *   extras.c     what Keras has no place for: preprocessing, class names, fovea's names
 *   store.c      weights -> groups and datasets
 *   compile.c    how the model was compiled, and its optimizer's arrays
 */
#ifndef FOVEA_FORMATS_KERAS_WRITE_H
#define FOVEA_FORMATS_KERAS_WRITE_H

#include <jansson.h>

#include <fovea/training.h>

#include "base/arena.h"
#include "base/fail.h"
#include "formats/format.h"
#include "formats/hdf5/draft.h"
#include "formats/keras/keras.h"
#include "layers/layer.h"

/* Whose words are written. */
typedef enum fv__keras_dialect {
  FV__KERAS_2 = 2, /* .h5 and TensorFlow.js: both Kerases read them */
  FV__KERAS_3 = 3  /* .keras */
} fv__keras_dialect;

typedef struct fv__keras_draft {
  const fv__save *save;
  const fv_model *model;
  fv__keras_dialect dialect;
  fv__arena arena;
  const char *name;    /* of the model, as it is written */
  const char **layers; /* names of its layers, as they are written, in Keras's order */
  bool is_renamed;     /* some are not the model's own */
  /* Which hard_sigmoid a file of dialect 2 means depends on the version it names: one of the two can be written. */
  bool means_keras3;
} fv__keras_draft;

/* Begins a file: names and version. End it with fv__keras_draft_end, also after a failure. */
fv_status fv__keras_draft_begin(fv__keras_draft *draft, const fv__save *save, fv__keras_dialect dialect) FV_CHECK;
void fv__keras_draft_end(fv__keras_draft *draft);
const char *fv__keras_draft_version(const fv__keras_draft *draft); /* what it says in keras_version */

/* Gives the draft its names: letters, digits and "_.-" alone, beginning with a letter or digit, each once. */
fv_status fv__keras_names_make(fv__keras_draft *draft) FV_CHECK;

/* A layer's configuration. Errors: FV_ERROR_MEMORY, FV_ERROR_UNSUPPORTED. */
fv_status fv__keras_config(json_t **config, const fv__keras_draft *draft, int32_t layer) FV_CHECK;

/* What the file calls a layer's class: "Conv2D", "fovea>LocalResponseNormalization" in dialect 2. */
const char *fv__keras_written_class(const fv__keras_draft *draft, int32_t layer, char text[100]);

/* Where Keras has such a class: "keras.layers"; NULL when it lacks it. */
const char *fv__keras_module(const char *class_name);

/* A model's configuration with class_name, config and so on. */
fv_status fv__keras_compose(json_t **model, const fv__keras_draft *draft) FV_CHECK;

/* Building JSON: an object with one more key, an array with one more value. `value` is taken in any case. NULL without
 * memory, for a NULL container, or for a value that is NULL; the container has ended then. (json_pack forgets values in
 * some of its failures.) */
json_t *fv__keras_with(json_t *object, const char *key, json_t *value);
json_t *fv__keras_append(json_t *array, json_t *value);

/* JSON of a text that is fovea's own, checked when it came. NULL without memory: then jansson may also drop a character
 * of a word and say nothing, so it reads twice, and both must agree. */
json_t *fv__keras_parse(const char *text);

/* JSON as text in ASCII: keys in the order they were set, the shortest digits that read back. free() it. */
fv_status fv__keras_json_text(char **text, const json_t *json) FV_CHECK;

/* What fovea has to say in a file besides: NULL when there is nothing. json_decref(*extras); free(*text). */
fv_status fv__keras_extras(json_t **extras, const fv__keras_draft *draft) FV_CHECK;
fv_status fv__keras_extras_text(char **text, const fv__keras_draft *draft) FV_CHECK;

/* Takes it back: preprocessing, class names, names. */
fv_status fv__keras_take_extras(fv_model *model, const char *text) FV_CHECK;

/* training_config of .h5, compile_config of .keras (compile.c); *config NULL when there is none. */
fv_status fv__keras_compile(json_t **config, const fv__keras_draft *draft) FV_CHECK;

/* Weights by layer and name, into a group that gets layer_names; and by class and number, as .keras has them: all
 * layers in one list, or as far as it is known in those of the models that were inside. */
fv_status fv__keras_store_by_layer(fv__hdf5_draft *file, fv__hdf5_node *group, const fv__keras_draft *draft) FV_CHECK;
fv_status fv__keras_store_by_class(fv__hdf5_draft *file, const fv__keras_draft *draft, bool flat) FV_CHECK;

/* An optimizer's arrays: by name into optimizer_weights, or by number into optimizer. */
fv_status fv__keras_store_training(fv__hdf5_draft *file, const fv__keras_draft *draft) FV_CHECK;

/* The name of a weight in Keras 2, "depthwise_kernel" where fovea and Keras 3 say "kernel". */
const char *fv__keras2_weight_name(const fv_model *model, int32_t weight);

#endif
