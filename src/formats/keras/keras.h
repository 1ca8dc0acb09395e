/* Keras's files, whatever container they come in: configurations, weights.
 *
 *   json.c      JSON text, with limits
 *   options.c   a layer's configuration -> its options structure, through the option table
 *   keras1.c    configurations of Keras 1 -> those of Keras 2
 *   branches.c  Sequentials of Keras 1 that begin with branches -> functional models
 *   channels_first.c  networks on (C, H, W) -> networks on (H, W, C)
 *   network.c   a model's configuration -> graph
 *   calls.c     its part that makes the calls of layers
 *   regularizers.c  what weights cost in training, from configurations and back
 *   outline.c   the file's list of layers, kept for who shows it
 *   nesting.c   which models were inside a model
 *   unknown.c   what is said of classes that fovea does not have
 *   by_layer.c  weights of .h5: attributes layer_names, weight_names
 *   layout.c    how a file orders the numbers of a tensor
 *   state.c     a file's tensors as they are stored
 *   by_class.c  weights of .keras and .weights.h5: layers/conv2d_1/vars/0
 *   training.c  how the model was compiled, and its optimizer's arrays
 */
#ifndef FOVEA_FORMATS_KERAS_KERAS_H
#define FOVEA_FORMATS_KERAS_KERAS_H

#include <jansson.h>

#include <fovea/file.h>
#include <fovea/state.h>

#include "base/arena.h"
#include "base/fail.h"
#include "formats/hdf5/hdf5.h"
#include "layers/layer.h"

/* JSON. Duplicate keys, more than 64 levels, 8 MiB or 400000 values are refused. NaN and the infinities, which old
 * Keras writes, become null: "the default". json_decref(*root). */
fv_status fv__json_read(json_t **root, const char *text, size_t size) FV_CHECK;

/* "2.21.0" -> 2; 1 where the file says nothing, as Keras 1 did. */
int fv__keras_major_version(const char *version);

/* Rewrites a model's configuration of Keras 1 in the words of Keras 2. Errors: FV_ERROR_UNSUPPORTED, naming the layer.
 */
fv_status fv__keras1_rewrite(json_t *model) FV_CHECK;

/* The first step of it: a Sequential that begins with a Merge of branches becomes functional. Errors:
 * FV_ERROR_UNSUPPORTED for other branches than Sequentials. */
fv_status fv__keras1_unfold(json_t *model) FV_CHECK;

/* Whether the model's images are (C, H, W). Errors: FV_ERROR_UNSUPPORTED when only some are. */
fv_status fv__keras_channels_first(bool *answer, const json_t *model) FV_CHECK;

/* How a layer of such a model is called on images that are (H, W, C). */
typedef enum fv__keras_turning {
  FV__KERAS_AS_IT_IS,
  FV__KERAS_AXIS_MOVED, /* as it is; its axis was 1 and is -1 now, which is the same for images and for (N, C) */
  FV__KERAS_TURNED      /* images are turned to (C, H, W) for it, its own back */
} fv__keras_turning;

/* Rewrites a layer of such a model. */
fv_status fv__keras_make_channels_last(json_t *layer, const char *class_name, fv__keras_turning *turning) FV_CHECK;

/* Calls a layer that has been rewritten or not; `turns` counts the Permute layers that this took. */
typedef struct fv__keras_call_facts {
  int32_t layer; /* in the graph */
  fv__keras_turning turning;
  const char *path; /* its name */
  const fv_value *inputs;
  int32_t count;
} fv__keras_call_facts;
fv_status fv__keras_call(fv_value *output, fv_graph *graph, fv__arena *arena, const fv__keras_call_facts *call,
                         int32_t *turns) FV_CHECK;

/* Classes and functions that Keras lacks are called so in files, as those are that its users register. Without it. */
#define FV__KERAS_PACKAGE "fovea>"
const char *fv__keras_bare_word(const char *word); /* NULL stays NULL */

/* FV_ERROR_UNSUPPORTED, with what a user can do about it. */
fv_status fv__keras_unknown_class(const char *class_name) FV_CHECK;

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
  const json_t *config;            /* of a layer that is no input */
  struct fv__keras_entry *entries; /* of a nested model */
  int32_t entry_count;
} fv__keras_entry;

typedef struct fv__keras_network {
  fv__arena arena;
  json_t *json;         /* lends its texts */
  fv__keras_entry root; /* the model itself */
  bool channels_first;  /* the file's images are (C, H, W), the model's are not */
  bool unbuilt;         /* a Sequential that says no shape of an input: why fv__keras_build failed */
  bool by_name;         /* the list is flat though models are inside: layers are found by name */
  bool maybe_flat;      /* the list has models inside, the file may have all layers in one list: then by name */
} fv__keras_network;

/* Builds a model from the text of its configuration. `network` (zeroed) is filled and lives until
 * fv__keras_network_free, also after a failure. `as_it_is`: what cannot be made is left out with all that reads it, and
 * what it read become outputs; the model then has an open list of flaws (model/flaws.h). */
typedef struct fv__keras_text {
  const char *text;
  size_t size;
  int version;
  bool as_it_is;
} fv__keras_text;
fv_status fv__keras_build(fv_model **model, fv__keras_network *network, const fv__keras_text *text) FV_CHECK;

/* Class and name of a layer of a list. The name stands beside or in the configuration. */
fv_status fv__keras_name_entry(fv__keras_entry *entry, const json_t *layer) FV_CHECK;

/* Whether a layer of this class is a list of layers itself. */
bool fv__keras_is_model(const char *class_name);

/* Keeps in a model how the file lists its layers (fovea/outline.h). */
fv_status fv__keras_outline(fv_model *model, const fv__keras_network *network) FV_CHECK;

/* Gives the model's weights the regularizers of its layers' configurations, and back: adds a layer's to its own. */
fv_status fv__keras_take_regularizers(fv_model *model, const fv__keras_entry *root) FV_CHECK;
bool fv__keras_put_regularizers(json_t *config, const fv_model *model, int32_t layer, bool is_keras3);

/* What a load answers that has made no model: `status`, unless the model was never built, its outline is wanted
 * (fv_model_load_options.unbuilt) and cannot be made. */
fv_status fv__keras_outline_unbuilt(const fv__keras_network *network, int version, const fv_model_load_options *options,
                                    fv_status status) FV_CHECK;

/* The same list for a model that is already there, as far as it knows which models were inside; and as it is written
 * in whole files, all layers in one. */
fv_status fv__keras_network_of(fv__keras_network *network, const fv_model *model) FV_CHECK;
fv_status fv__keras_flat_network_of(fv__keras_network *network, const fv_model *model) FV_CHECK;

/* Which models are inside, as JSON (nesting.c): what the model knows, *json NULL for none; and to know it from a file's
 * extras, NULL for nothing. */
fv_status fv__keras_nesting(json_t **json, const fv_model *model) FV_CHECK;
fv_status fv__keras_take_nesting(fv_model *model, const json_t *json) FV_CHECK;
void fv__keras_network_free(fv__keras_network *network);

/* Weights by layer. The root holds layer_names (or nb_layers), or holds the group model_weights that does.
 * `channels_first`: the file is known to be a model's on (C, H, W). */
fv_status fv__keras_weights_by_layer(fv_model *model, fv__hdf5 *file, bool channels_first,
                                     const fv_weights_options *options) FV_CHECK;
fv_status fv__keras_weights_by_class(fv_model *model, fv__hdf5 *file, const fv__keras_network *network) FV_CHECK;

/* Keeps in the model what it was compiled with (`compile`: an object in the words of training_config or compile_config,
 * or NULL) and the optimizer's arrays in `file`, NULL for none. */
fv_status fv__keras_training(fv_model *model, const json_t *compile, fv__hdf5 *file, int version) FV_CHECK;

/* "conv2d", "conv2d_1" ...: the key of entry `index`, counting those of its class before it. `counts` has a counter per
 * entry, zero at first, kept at the first entry of each class. */
enum { FV__KERAS_KEY_BYTES = 128 };
void fv__keras_class_key(char key[FV__KERAS_KEY_BYTES], const fv__keras_entry *entries, int32_t index, int32_t *counts);

/* Whether the root has the group "layers" or one of its older names, and no layer_names: the layout by class. */
fv_status fv__keras_is_by_class(bool *answer, fv__hdf5 *file) FV_CHECK;

/* Who wrote a file of weights: what the order of its numbers depends on. */
typedef struct fv__keras_origin {
  int version;         /* major */
  bool channels_first; /* of Keras 1: dim_ordering "th" */
  bool turned;         /* kernels are Theano's */
} fv__keras_origin;

/* Axis i of a weight is axis axes[i] of the file's tensor; `turned`: the first two count backwards. */
enum { FV__KERAS_LAYOUT_AXES = 4 };
typedef struct fv__keras_layout {
  int64_t target[FV__KERAS_LAYOUT_AXES];
  int8_t axes[FV__KERAS_LAYOUT_AXES];
  bool turned;
  bool needed; /* false: the numbers are in order */
} fv__keras_layout;

/* How a tensor of shape `found` becomes weight `index`. `origin` NULL: Keras 3. Errors: FV_ERROR_SHAPE when its shape
 * is another's in any order. */
fv_status fv__keras_find_layout(fv__keras_layout *layout, const fv_model *model, int32_t index, const fv_shape *found,
                                const fv__keras_origin *origin) FV_CHECK;
void fv__keras_arrange(float *target, const float *source, const fv__keras_layout *layout);

/* What a kernel's shape says about Keras 1's dim_ordering: 1 for "th", -1 for "tf", 0 when it may be either. */
int fv__keras_order_vote(const fv_model *model, int32_t index, const fv_shape *found);

/* Reads one tensor into weight `index` of the model, checking shape and finiteness. */
fv_status fv__keras_read_weight(fv_model *model, int32_t index, fv__hdf5 *file, fv__hdf5_object dataset,
                                const fv__keras_origin *origin) FV_CHECK;

/* The tensors of a .h5 or a .keras as they are stored; `source` outlives *state. */
fv_status fv__keras_open_state(fv_state **state, const fv__source *source) FV_CHECK;

/* Shared with other formats: FV_ERROR_NUMBERS, naming the first element that is not finite. */
fv_status fv__weights_check_finite(const float *values, int64_t count) FV_CHECK;

/* What comes of weight `index` that cannot be had (model/flaws.h): `status`, whose sentence does not name it yet; or
 * FV_OK, and it is NaN. */
fv_status fv__weights_refuse(fv_model *model, int32_t index, fv_status status) FV_CHECK;

#endif
