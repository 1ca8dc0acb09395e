/* Model files: Keras's .h5 and .keras and TensorFlow.js's model.json, whole models and weights alone; PyTorch's .pth,
 * weights alone.
 *
 * What a file is, is decided by its content, not by its name. Nothing in a file is ever executed. A file never makes
 * another file be opened, but for a model.json, whose shards are regular files of its own folder, no links. What a file
 * declares is believed only as far as its size allows. Messages name the file, the layer, the tensor, what was expected
 * and what was found:
 *
 *   model.h5: block1_conv1/kernel: expected 6912 bytes, found 3
 */
#ifndef FOVEA_FILE_H
#define FOVEA_FILE_H

#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_model_load_options {
  bool without_weights; /* the network alone; its weights are zero */
} fv_model_load_options;

/* Loads a whole model: Keras 2 and 3, .h5 and .keras, sequential and functional, models inside models. `options` may be
 * NULL. Of TensorFlow.js its layers-models. The caller destroys *model, which is NULL on failure. Preprocessing and
 * class names that fovea has stored in the file come with it. Errors: FV_ERROR_NOT_FOUND, FV_ERROR_IO; FV_ERROR_FORMAT
 * for a damaged file or one that is no model; FV_ERROR_UNSUPPORTED for a layer or option that fovea does not have,
 * naming it, and for files with weights alone; FV_ERROR_SHAPE; FV_ERROR_NUMBERS for weights that are not finite;
 * FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_model_load(fv_model **model, const char *path, const fv_model_load_options *options);

/* Fills the weights of a model that is already built.
 *   .h5       layers are paired by name where all names of the file are the model's, else in order (layers without
 *             weights left out), as Keras does; the file may be a whole model
 *   .keras, .weights.h5   paired by class and its count ("conv2d_3"), as Keras does
 *   model.json   paired by name, "dense/kernel" with whatever scopes before it; tensors of no weight are ignored
 *   .pth      paired by name: "layer1.0.conv1.weight" is "layer1_0_conv1/kernel"; tensors of no layer are ignored
 * Every weight must be there, in the model's shape. On failure some weights may already be the file's. Errors: as
 * above; FV_ERROR_SHAPE when the file is another network's; FV_ERROR_NOT_FOUND for a weight that the file lacks. */
FV_API FV_CHECK fv_status fv_model_load_weights(fv_model *model, const char *path);

/* The formats there are, for help; NULL after the last. */
typedef struct fv_file_format {
  const char *name;       /* "keras_h5" */
  const char *extensions; /* ".h5 .hdf5" */
  const char *help;       /* one lower-case sentence */
} fv_file_format;

FV_API const fv_file_format *fv_file_format_at(int32_t index);

FV_END_DECLARATIONS

#endif
