/* Model files, read and written: Keras's .h5 and .keras and TensorFlow.js's model.json, whole models and weights alone;
 * networks alone, as Keras's to_json writes them, which are loaded without_weights; PyTorch's .pth, .safetensors and
 * NumPy's .npz, weights alone; read only: Darknet's .cfg with its .weights.
 *
 * What a file is, is decided by its content, not by its name. Nothing in a file is ever executed. A file never makes
 * another file be opened, but for a model.json, whose shards are regular files of its own folder, no links, and a .cfg
 * with its .weights likewise. What a file declares is believed only as far as its size allows. Messages name the file,
 * the layer, the tensor, what was expected and what was found:
 *
 *   model.h5: block1_conv1/kernel: expected 6912 bytes, found 3
 */
#ifndef FOVEA_FILE_H
#define FOVEA_FILE_H

#include <fovea/flaw.h>
#include <fovea/model.h>
#include <fovea/outline.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_model_load_options {
  bool without_weights; /* the network alone; its weights are zero */
  const char *backend;  /* as in fv_weights_options */
  bool with_training;   /* also how it was compiled and its optimizer's state: fv_model_training (training.h) */
  bool as_it_is;        /* also what is broken: weights that are not finite, NaN for weights that the file lacks or that
                           are another shape, and the network up to layers that cannot be made. fv_model_flaw (flaw.h)
                           says what that was */
  fv_outline **unbuilt; /* where the outline goes of a Sequential of Keras that was never built: such a load fails with
                           FV_ERROR_SHAPE. Set to NULL by all others; fv_outline_destroy. May be NULL */
} fv_model_load_options;

/* What a load of weights found. Counted are layers with weights; a nested model is one. */
typedef struct fv_weights_report {
  int32_t loaded;     /* layers that have the file's weights now */
  int32_t missing;    /* layers of the model that the file does not have: as they were */
  int32_t unused;     /* layers of the file that the model does not have */
  int32_t mismatched; /* layers whose shapes differ: as they were */
  char names[400];    /* of those not loaded, "fc1, fc2"; ends in "..." when there are more */
} fv_weights_report;

typedef struct fv_weights_options {
  bool by_name;        /* layers are paired by name alone; those without partner are reported, no error */
  bool skip_mismatch;  /* layers whose shapes differ are reported, no error */
  const char *backend; /* "theano" or "tensorflow" trained the weights: Theano's kernels are turned by half a turn.
                          NULL: what the file says; one of Keras 1, which cannot say it, is Theano's when its
                          kernels are (out, in, height, width) */
  bool as_it_is;       /* weights that are not finite are taken: fv_model_flaw says which */
  fv_weights_report *report; /* filled also after a failure; may be NULL */
} fv_weights_options;

/* Loads a whole model: Keras 1, 2 and 3, .h5 and .keras, sequential and functional, models inside models. Networks on
 * (C, H, W), Keras's channels_first, become networks on (H, W, C): so their inputs and outputs are. `options` may be
 * NULL. Of TensorFlow.js its layers-models. Of Darknet NAME.cfg with NAME.weights beside it: convolutional, connected,
 * maxpool, avgpool, upsample, dropout, softmax, route, shortcut and yolo sections; one with yolo sections is a detector
 * (detector.h). The caller destroys *model, which is NULL on failure. Preprocessing and
 * class names that fovea has stored in the file come with it. Errors: FV_ERROR_NOT_FOUND, FV_ERROR_IO; FV_ERROR_FORMAT
 * for a damaged file or one that is no model; FV_ERROR_UNSUPPORTED for a layer or option that fovea does not have,
 * naming it, and for files with weights alone; FV_ERROR_SHAPE, also for a model that was never built; FV_ERROR_NUMBERS
 * for weights that are not finite; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_model_load(fv_model **model, const char *path, const fv_model_load_options *options);

/* Fills the weights of a model that is already built.
 *   .h5       layers are paired by name where all names of the file are the model's, else in order (layers without
 *             weights left out), as Keras does; the file may be a whole model
 *   .keras, .weights.h5   paired by class and its count ("conv2d_3"), as Keras does; into a model with models inside
 *             by name, where the file has names (Keras 3)
 *   model.json   paired by name, "dense/kernel" with whatever scopes before it; tensors of no weight are ignored
 *   .pth, .pt   paired by name: "layer1.0.conv1.weight" is "layer1_0_conv1/kernel". Parts that the model has been built
 *             without (classifier, auxiliary heads) are reported as unused; a tensor of a part that it has otherwise
 *             says that the file is another network's
 *   .weights  of Darknet, into a model that a .cfg made: section by section
 *   .safetensors, .npz   as .pth, or by the model's own names, "layer1_0_conv1/kernel" in the model's shape
 * Every weight must be there, in the model's shape. On failure some weights may already be the file's. Errors: as
 * above; FV_ERROR_SHAPE when the file is another network's; FV_ERROR_NOT_FOUND for a weight that the file lacks. */
FV_API FV_CHECK fv_status fv_model_load_weights(fv_model *model, const char *path);

/* The same with options, which may be NULL; only .h5 with names of layers and PyTorch's weights have them. Errors: also
 * FV_ERROR_UNSUPPORTED for an option that the format lacks. */
FV_API FV_CHECK fv_status fv_model_load_weights_with(fv_model *model, const char *path,
                                                     const fv_weights_options *options);

/* The formats there are, for help; NULL after the last. */
typedef struct fv_file_format {
  const char *name;       /* "keras_h5" */
  const char *extensions; /* ".h5 .hdf5" */
  const char *help;       /* one lower-case sentence */
} fv_file_format;

FV_API const fv_file_format *fv_file_format_at(int32_t index);
FV_API bool fv_file_format_is_written(int32_t index); /* by fv_model_save */

/* What a reader of the file should know: that a layer needs a class that Keras lacks, that the two Kerases compute a
 * word differently, that something had to be left out. */
typedef struct fv_save_report {
  int32_t count;    /* of remarks */
  char texts[2000]; /* one lower-case sentence a line; the last is "..." when there are more than fit */
} fv_save_report;

typedef struct fv_model_save_options {
  const char *format; /* a format's name ("keras_zip") or one of its endings without the dot ("keras"); NULL: by the
                         path's ending */
  const char *dtype;  /* how numbers are stored, for formats that have a choice: "float32" (NULL), "float16", "uint8" */
  fv_save_report *report; /* filled also after a failure; may be NULL */
} fv_model_save_options;

/* Writes the model: the same model and options give the same bytes, on every machine. The file appears whole or not at
 * all: until the end it has another name in the same folder, so that a full disk or a killed process leaves what was
 * there before. `options` may be NULL.
 *   .h5           whole models in the dialect of Keras 2, which Keras 2 and Keras 3 open
 *   .keras        whole models of Keras 3
 *   .weights.h5   weights alone, of Keras 3
 *   .safetensors  weights alone: a tensor "conv1/kernel" per weight, in the order of the reference writer
 *   .npz          weights alone, for NumPy: an array "conv1/kernel" per tensor
 *   .json         a layers-model of TensorFlow.js; its numbers are in NAME.CHECKSUM.bin beside NAME.json
 * Preprocessing and class names travel with whole models, in places that Keras ignores. Layers that Keras lacks are
 * written as registered classes, "fovea>LocalResponseNormalization", and reported.
 * Errors: FV_ERROR_INVALID for an ending or a format that is not written, naming those that are, and for a dtype the
 * format lacks; FV_ERROR_UNSUPPORTED for what the format cannot hold; FV_ERROR_NOT_FOUND for a folder that is not
 * there; FV_ERROR_IO; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_model_save(const fv_model *model, const char *path, const fv_model_save_options *options);

FV_END_DECLARATIONS

#endif
