/* Graphs: the builder, in Keras's words.
 *
 *   fv_graph *g = fv_graph_create();
 *   fv_value  x = fv_input(g, .shape = {28, 28, 1});
 *   x = fv_conv2d(g, x, .filters = 6, .kernel_size = {5}, .padding = FV_SAME, .activation = "tanh");
 *   x = fv_flatten(g, x);
 *   x = fv_dense(g, x, .units = 10, .activation = "softmax");
 *   fv_model *model;
 *   if (fv_model_create(&model, g, x)) puts(fv_error_message());
 *
 * A layer has a kind, a configuration and weights; a node is one call of a layer. A layer called twice has two nodes
 * and one set of weights. Failures stick: after the first one every builder call answers the empty value, and
 * fv_model_create reports that first failure. Builder calls accept a failed or NULL graph and the empty value. Strings
 * are copied. fv_model_create consumes the graph, also when it fails.
 */
#ifndef FOVEA_GRAPH_H
#define FOVEA_GRAPH_H

#include <fovea/option.h>
#include <fovea/shape.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_graph fv_graph;

/* One output of a node. Nodes are numbered from 1; node 0 is "none", the empty value. */
typedef struct fv_value {
  int32_t node, output;
} fv_value;

/* Inputs a merging layer takes in its options structure; fv_graph_call takes any number. */
enum { FV_MERGE_INPUTS = 16 };

/* The paddings of convolutions and poolings, as every `padding` option stores them; causal for lines only. */
typedef enum fv_padding { FV_PADDING_DEFAULT, FV_VALID, FV_SAME, FV_CAUSAL } fv_padding;

/* How layers that resize find what lies between pixels, as `interpolation` options store it. */
typedef enum fv_interpolation { FV_INTERPOLATION_DEFAULT, FV_NEAREST, FV_BILINEAR, FV_BICUBIC } fv_interpolation;

/* What lies outside an image that is moved, as `fill_mode` options store it. */
typedef enum fv_fill_mode { FV_FILL_MODE_DEFAULT, FV_REFLECT, FV_CONSTANT, FV_WRAP, FV_EDGE } fv_fill_mode;

/* NULL only when there is no memory; every function below accepts NULL. */
FV_API fv_graph *fv_graph_create(void);
FV_API void fv_graph_destroy(fv_graph *graph);

/* Adds a layer of Keras class `kind` ("Conv2D") and calls it once on the inputs named in its options structure (the
 * `input` or `inputs` field). What fv_conv2d and its kin do. */
FV_API fv_value fv_graph_build(fv_graph *graph, const char *kind, const void *options);

/* Adds a layer without calling it; the inputs named in `options` are ignored. Returns its number, from 1, or 0. */
FV_API int32_t fv_graph_add(fv_graph *graph, const char *kind, const void *options);

/* Calls layer `layer` on `count` inputs: a new node, whose first output is returned. Shapes are checked here. */
FV_API fv_value fv_graph_call(fv_graph *graph, int32_t layer, const fv_value *inputs, int32_t count);

/* Output shape of a value, batch first, -1 where unknown. rank 0 for the empty value. */
FV_API fv_shape fv_graph_shape(const fv_graph *graph, fv_value value);

/* Layers added between these two belong to a module (a nested model): its name stands before theirs, "encoder/conv1".
 */
FV_API void fv_graph_begin_module(fv_graph *graph, const char *name);
FV_API void fv_graph_end_module(fv_graph *graph);

/* Automatic names start at "conv2d" (the default, as in Keras 3) or at "conv2d_1" (as in Keras 1 and 2). */
FV_API void fv_graph_number_names_from_one(fv_graph *graph);

/* The name given to the model's file and summary. Copied. */
FV_API void fv_graph_set_name(fv_graph *graph, const char *name);

/* The first failure so far, FV_OK when there is none; the sentence is raised again for fv_error_message. */
FV_API FV_CHECK fv_status fv_graph_status(const fv_graph *graph);

/* Makes the functions of one layer header: fv_NAME_with(graph, options) in C; in C++ also fv_NAME(graph, options). */
#ifdef __cplusplus
#define FV_LAYER_BUILDER(name, kind)                                                                                   \
  static inline fv_value fv_##name##_with(fv_graph *graph, const fv_##name##_options *options) {                       \
    return fv_graph_build(graph, kind, options);                                                                       \
  }                                                                                                                    \
  static inline fv_value fv_##name(fv_graph *graph, const fv_##name##_options &options) {                              \
    return fv_graph_build(graph, kind, &options);                                                                      \
  }
#else
#define FV_LAYER_BUILDER(name, kind)                                                                                   \
  static inline fv_value fv_##name##_with(fv_graph *graph, const fv_##name##_options *options) {                       \
    return fv_graph_build(graph, kind, options);                                                                       \
  }
#endif

FV_END_DECLARATIONS

#endif
