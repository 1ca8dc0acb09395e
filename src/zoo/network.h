/* What a network is: one file in src/zoo ending in one constant `const fv__network fv__network_FILENAME`. A file that
 * builds a family (VGG11, VGG13, ...) ends in its first member, `next` leads to the others.
 *
 * build() writes layers with the builder, in Keras's creation order and with Keras's names, and returns the output. Its
 * options are complete: the input shape, classes and alpha are explicit, pooling and classifier_activation are words.
 */
#ifndef FOVEA_ZOO_NETWORK_H
#define FOVEA_ZOO_NETWORK_H

#include <fovea/graph.h>
#include <fovea/zoo.h>

#include "base/fail.h"

enum { FV__ZOO_HEADS = 2 };

typedef struct fv__network {
  fv_zoo_entry entry;
  fv_value (*build)(fv_graph *graph, const fv_zoo_options *options);
  const struct fv__network *next; /* of the family; NULL after the last */

  /* The official files, ended by one without a name; NULL: there are none. The one for an alpha, a side and with or
   * without the top is looked up. */
  const fv_zoo_weights *weights;

  /* Layers whose first output is an output of the model, after the classifier's, with options->auxiliary: build() adds
   * them then. NULL where there are fewer. */
  const char *auxiliary[FV__ZOO_HEADS];
} fv__network;

extern const fv__network *const fv__network_table[];

/* "PREFIXSUFFIX", cut to fit; `fv__zoo_named(block, "_1_conv").text` lives to the end of the whole expression. */
typedef struct fv__zoo_name {
  char text[64];
} fv__zoo_name;
fv__zoo_name fv__zoo_named(const char *prefix, const char *suffix);

/* The input layer, called "input_layer" unless `name` is given. */
fv_value fv__zoo_input(fv_graph *graph, const fv_zoo_options *options, const char *name);

/* What the layer called `name` gives; the empty value where there is none. */
fv_value fv__zoo_value(const fv_graph *graph, const char *name);

/* The layers of a detector's backbone, without its top, on the input of these options. */
fv_value fv__zoo_backbone(fv_graph *graph, const fv_zoo_options *options);

/* The end of a network without its top: pooling over the image as the options say. */
fv_value fv__zoo_pool(fv_graph *graph, fv_value x, const fv_zoo_options *options);

/* The same with the pooling layers called "avg_pool" and "max_pool". */
fv_value fv__zoo_named_pool(fv_graph *graph, fv_value x, const fv_zoo_options *options);

/* The usual top: average over the image, "avg_pool", then the classifier, "predictions". */
fv_value fv__zoo_top(fv_graph *graph, fv_value x, const fv_zoo_options *options);

/* Zeros before a convolution of stride 2 without padding, an odd kernel for side `kernel`, as Keras's correct_pad has
 * them: one less above and left where the extent is even or unknown. */
fv_value fv__zoo_correct_pad(fv_graph *graph, fv_value x, const char *name, int32_t kernel);

/* The activation of the classifier as the layers want it: "linear" for "none". */
const char *fv__zoo_activation(const fv_zoo_options *options);

/* Conv2D without bias, BatchNormalization with epsilon 1e-3, ReLU6: names NAME, NORM and RELU (NULL: no ReLU). */
typedef struct fv__zoo_unit {
  const char *name, *norm, *relu;
  int32_t filters; /* 0: depthwise */
  int32_t kernel, stride;
  int32_t padding;  /* fv_padding */
  double momentum;  /* of the normalization; 0: 0.99 */
  int32_t dilation; /* of a depthwise one; 0: 1 */
} fv__zoo_unit;
fv_value fv__zoo_unit_build(fv_graph *graph, fv_value x, const fv__zoo_unit *unit);

/* ---- of segmenters */

/* Channels by the options' alpha, at least 4. */
int32_t fv__zoo_wide(int32_t filters, const fv_zoo_options *options);

/* Conv2D of 3 x 3 without bias, BatchNormalization, ReLU: NAME, NAME_bn, NAME_relu. The statistics follow quickly
 * (momentum 0.9): a segmenter learns from few batches. */
fv_value fv__zoo_normal_conv(fv_graph *graph, fv_value x, const char *name, int32_t filters, int32_t dilation);

/* A class for every pixel: Conv2D of 1 x 1, then softmax. */
fv_value fv__zoo_pixels(fv_graph *graph, fv_value x, const fv_zoo_options *options);

#endif
