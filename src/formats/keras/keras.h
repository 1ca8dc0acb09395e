/* Keras's files, whatever container they come in: configurations, weights.
 *
 *   json.c      JSON text, with limits
 *   options.c   a layer's configuration -> its options structure, through the option table
 *   network.c   a model's configuration -> graph
 *   by_layer.c  weights of .h5: attributes layer_names, weight_names
 *   by_class.c  weights of .keras and .weights.h5: layers/conv2d_1/vars/0
 */
#ifndef FOVEA_FORMATS_KERAS_KERAS_H
#define FOVEA_FORMATS_KERAS_KERAS_H

#include <jansson.h>

#include <fovea/model.h>

#include "base/arena.h"
#include "base/fail.h"
#include "formats/hdf5/hdf5.h"
#include "layers/layer.h"

/* JSON. Duplicate keys, more than 64 levels, more than 64 MiB are refused. NaN and the infinities, which old Keras
 * writes, become null: "the default". json_decref(*root). */
fv_status fv__json_read(json_t **root, const char *text, size_t size) FV_CHECK;

/* "2.21.0" -> 2; 1 where the file says nothing, as Keras 1 did. */
int fv__keras_major_version(const char *version);

/* Fills `options` (zeroed, of type->kind.options_size) from a layer's configuration. Texts are lent by `config` or live
 * in `arena`. Errors: FV_ERROR_INVALID, FV_ERROR_UNSUPPORTED, naming the option. */
fv_status fv__keras_options(void *options, const fv__layer_type *type, const json_t *config, int version,
                            fv__arena *arena) FV_CHECK;

/* The input's shape without the batch, from batch_shape or batch_input_shape; *found says whether there is one. */
fv_status fv__keras_input_shape(int32_t shape[FV_OPTION_INTS_MAX], bool *found, const json_t *config) FV_CHECK;

/* Layers as the file lists them, nested models inside: what .keras files number their weights by. */
typedef struct fv__keras_entry {
  const char *class_name, *name;
  const char *path;                /* the layer's name in the model; NULL for nested models */
  struct fv__keras_entry *entries; /* of a nested model */
  int32_t entry_count;
} fv__keras_entry;

typedef struct fv__keras_network {
  fv__arena arena;
  json_t *json;         /* lends its texts */
  fv__keras_entry root; /* the model itself */
} fv__keras_network;

/* Builds a model from the text of its configuration. `network` (zeroed) is filled and lives until
 * fv__keras_network_free, also after a failure. */
fv_status fv__keras_build(fv_model **model, fv__keras_network *network, const char *text, size_t size,
                          int version) FV_CHECK;

/* The same list for a model that is already there. */
fv_status fv__keras_network_of(fv__keras_network *network, const fv_model *model) FV_CHECK;
void fv__keras_network_free(fv__keras_network *network);

/* Weights. `group` holds layer_names, or holds the group model_weights that does. */
fv_status fv__keras_weights_by_layer(fv_model *model, fv__hdf5 *file, fv__hdf5_object group) FV_CHECK;
fv_status fv__keras_weights_by_class(fv_model *model, fv__hdf5 *file, const fv__keras_network *network) FV_CHECK;

/* Whether the root has the group "layers" or one of its older names, and no layer_names: the layout by class. */
fv_status fv__keras_is_by_class(bool *answer, fv__hdf5 *file) FV_CHECK;

/* Reads one tensor into weight `index` of the model, checking shape and finiteness. */
fv_status fv__keras_read_weight(fv_model *model, int32_t index, fv__hdf5 *file, fv__hdf5_object dataset) FV_CHECK;

/* Shared with other formats: FV_ERROR_NUMBERS, naming the first element that is not finite. */
fv_status fv__weights_check_finite(const float *values, int64_t count) FV_CHECK;

#endif
