/* Models: a graph with weights, class names and the way it is fed.
 *
 * A model owns its weights in one block; plans (plan.h) share them. Layers are in Keras's order: by depth (longest
 * distance to an output) descending, ties by a walk from the outputs along the inputs. Many threads may run plans of
 * one model at once; changing weights while a plan runs is not allowed.
 */
#ifndef FOVEA_MODEL_H
#define FOVEA_MODEL_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_model fv_model;

/* A model from a graph with one output. Consumes `graph`, also on failure. Weights are zero until they are loaded or
 * initialised. The inputs are the graph's input layers that reach the output, in the order they were added.
 * Errors: the graph's first failure; FV_ERROR_INVALID when the output is empty or no input reaches it. */
FV_API FV_CHECK fv_status fv_model_create(fv_model **model, fv_graph *graph, fv_value output);

/* The same with inputs and outputs in a given order. `inputs` NULL: as above. */
FV_API FV_CHECK fv_status fv_model_create_with(fv_model **model, fv_graph *graph, const fv_value *inputs,
                                               int32_t input_count, const fv_value *outputs, int32_t output_count);

/* A part of a model: the layers that lead to `output`, as a model of its own that feeds pictures in the same way. Its
 * weights are copies. Keras writes Model(model.input, model.get_layer("fc2").output). Errors: FV_ERROR_INVALID for a
 * value that the model does not have, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_model_cut(fv_model **part, const fv_model *model, fv_value output);

/* Ends the model; plans made from it keep what they need until they are destroyed. NULL is fine. */
FV_API void fv_model_destroy(fv_model *model);

/* Lent until the model ends. Never NULL. */
FV_API const char *fv_model_name(const fv_model *model);
FV_API FV_CHECK fv_status fv_model_set_name(fv_model *model, const char *name);

FV_API int32_t fv_model_input_count(const fv_model *model);
FV_API int32_t fv_model_output_count(const fv_model *model);

/* Batch first, -1 where unknown. `index` from 0. */
FV_API fv_shape fv_model_input_shape(const fv_model *model, int32_t index);
FV_API fv_shape fv_model_output_shape(const fv_model *model, int32_t index);
FV_API const char *fv_model_input_name(const fv_model *model, int32_t index);  /* the input layer's name */
FV_API const char *fv_model_output_name(const fv_model *model, int32_t index); /* the producing layer's name */

/* One layer of a model. Everything is lent until the model ends. */
typedef struct fv_layer_info {
  const char *name;       /* with its modules, "encoder/conv1" */
  const char *kind;       /* Keras's class, "Conv2D" */
  const void *options;    /* the layer's options structure, all values explicit */
  const fv_option *table; /* that describes it */
  fv_shape output;        /* of the first node's first output */
  int32_t node_count;     /* how often it is called */
  const int32_t *nodes;   /* their numbers, from 1 */
  int32_t weight_count;
  const int32_t *weights; /* their numbers, from 0 */
  int64_t parameters;     /* elements of all weights */
  int64_t trainable_parameters;
  int64_t multiply_adds; /* per image, of the first node; 0 when extents are unknown, INT64_MAX: or more */
  bool frozen;
} fv_layer_info;

FV_API int32_t fv_model_layer_count(const fv_model *model);
FV_API fv_layer_info fv_model_layer(const fv_model *model, int32_t index);   /* index from 0, Keras's order */
FV_API int32_t fv_model_find_layer(const fv_model *model, const char *name); /* -1 when there is none */

/* One node: a call of a layer. */
typedef struct fv_node_info {
  int32_t layer; /* index of its layer */
  int32_t input_count;
  const fv_value *inputs; /* what it reads */
  int32_t output_count;
  fv_shape output;          /* of output 0 */
  int64_t multiply_adds;    /* per image; 0 when extents are unknown, INT64_MAX: or more */
  int64_t activation_bytes; /* of output 0 per image, float32; as multiply_adds */
} fv_node_info;

FV_API int32_t fv_model_node_count(const fv_model *model);
FV_API fv_node_info fv_model_node(const fv_model *model, int32_t node); /* from 1, an order in which they can run */

/* One weight tensor. */
typedef struct fv_weight_info {
  const char *name; /* "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance" */
  const char *path; /* "block1_conv1/kernel" */
  int32_t layer;    /* index of its layer */
  fv_shape shape;   /* Keras's layout: HWIO, [in, out] */
  bool trainable;
} fv_weight_info;

/* Weights in Keras's order: by layer, within a layer trainable ones first. */
FV_API int32_t fv_model_weight_count(const fv_model *model);
FV_API fv_weight_info fv_model_weight(const fv_model *model, int32_t index);

/* The numbers themselves, row-major float32, lent until the model ends. Whoever writes calls
 * fv_model_weights_changed afterwards: plans made before answer FV_ERROR_STATE from then on. */
FV_API float *fv_model_weight_data(fv_model *model, int32_t index);
FV_API void fv_model_weights_changed(fv_model *model);

/* Fills all weights by a rule: "by-name:SEED" (every tensor from its path: for tests and benchmarks), or
 * "random:SEED" (Keras's defaults: glorot_uniform kernels, zeros, ones). Errors: FV_ERROR_INVALID for another word,
 * FV_ERROR_MEMORY when there is not as much memory as there are weights. */
FV_API FV_CHECK fv_status fv_model_initialize(fv_model *model, const char *rule);

/* Numbers of `count` elements of a tensor of the by-name rule: name "input", kind "input" gives 2u - 1; kernels, biases
 * and so on as for weights. `kind` NULL: the last part of the name. */
FV_API void fv_fill_by_name(float *values, const char *name, const fv_shape *shape, uint64_t seed, const char *kind);

/* Freezes layers first to last - 1 in the model's order, so that training leaves their weights alone; Keras's
 * "for layer in model.layers[first:last]: layer.trainable = False". Negative numbers count from the end, and INT32_MAX
 * is all the rest. A frozen BatchNormalization also uses its moving statistics and keeps them. Learners made before are
 * not concerned. Files keep it. Errors: FV_ERROR_INVALID for a number outside. */
FV_API FV_CHECK fv_status fv_model_freeze(fv_model *model, int32_t first, int32_t last);
FV_API FV_CHECK fv_status fv_model_unfreeze(fv_model *model, int32_t first, int32_t last);

/* Freezes by a word, and unfreezes all layers that it does not speak of: "none"; "all"; "all-but-head", where the head
 * is all that comes after the last layer with weights that still makes an image, or the last layer with weights where
 * that is itself one; a number N, the first N layers, or -N, all but the last N; a name, all up to and with that layer.
 * Behind it, apart by commas, may stand kinds of layers that are frozen wherever they are: "10,BatchNormalization".
 * Errors: FV_ERROR_NOT_FOUND for an unknown name or kind, FV_ERROR_INVALID for a number outside. */
FV_API FV_CHECK fv_status fv_model_freeze_to(fv_model *model, const char *word);

/* Numbers in the weights of all layers, and in the trainable ones. */
FV_API int64_t fv_model_parameters(const fv_model *model);
FV_API int64_t fv_model_trainable_parameters(const fv_model *model);

/* The layer kinds there are, for help: name from 0 until NULL; the table and help of one (NULL: no such kind). */
typedef struct fv_layer_kind {
  const char *name;     /* "Conv2D"; NULL for a pure activation function */
  const char *function; /* its word for activation=, or NULL */
  const char *help;
  const fv_option *table;
  size_t options_size;
} fv_layer_kind;

FV_API const fv_layer_kind *fv_layer_kind_at(int32_t index); /* NULL after the last */
FV_API const fv_layer_kind *fv_layer_kind_find(const char *name);

FV_END_DECLARATIONS

#endif
