/* What a network is: one file in src/zoo ending in one constant `const fv__network fv__network_FILENAME`.
 *
 * build() writes layers with the builder, in Keras's creation order and with Keras's names, and returns the output. Its
 * options are complete: the input shape, classes and alpha are explicit, pooling and classifier_activation are words.
 */
#ifndef FOVEA_ZOO_NETWORK_H
#define FOVEA_ZOO_NETWORK_H

#include <fovea/graph.h>
#include <fovea/zoo.h>

#include "base/fail.h"

typedef struct fv__network {
  fv_zoo_entry entry;
  fv_value (*build)(fv_graph *graph, const fv_zoo_options *options);

  /* The official file for these options, and where it comes from (an address without the file's name, or a command).
   * Errors: FV_ERROR_INVALID where there is none. NULL when there are no ImageNet weights at all. */
  fv_status (*weights_file)(char *file, size_t size, const fv_zoo_options *options);
  const char *weights_source;
} fv__network;

extern const fv__network *const fv__network_table[];

/* The input layer, called "input_layer" unless `name` is given. */
fv_value fv__zoo_input(fv_graph *graph, const fv_zoo_options *options, const char *name);

/* The end of a network without its top: pooling over the image as the options say. */
fv_value fv__zoo_pool(fv_graph *graph, fv_value x, const fv_zoo_options *options);

/* The activation of the classifier as the layers want it: "linear" for "none". */
const char *fv__zoo_activation(const fv_zoo_options *options);

/* Conv2D without bias, BatchNormalization with epsilon 1e-3, ReLU6: names NAME, NORM and RELU (NULL: no ReLU). */
typedef struct fv__zoo_unit {
  const char *name, *norm, *relu;
  int32_t filters; /* 0: depthwise */
  int32_t kernel, stride;
  int32_t padding; /* fv_padding */
} fv__zoo_unit;
fv_value fv__zoo_unit_build(fv_graph *graph, fv_value x, const fv__zoo_unit *unit);

#endif
