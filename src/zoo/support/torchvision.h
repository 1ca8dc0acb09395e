/* Pieces of torchvision's networks. Layers are called by their module's path with '_' for '.', "layer1.0.conv1" being
 * "layer1_0_conv1"; what torchvision does in between without a module (sums, joins, functions) gets a name of ours.
 */
#ifndef FOVEA_ZOO_SUPPORT_TORCHVISION_H
#define FOVEA_ZOO_SUPPORT_TORCHVISION_H

#include "zoo/network.h"

enum { FV__TORCHVISION_NAME = 96 };

/* "PREFIX_SUFFIX", or "SUFFIX" after an empty prefix, in `name`. */
const char *fv__torchvision_name(char name[FV__TORCHVISION_NAME], const char *prefix, const char *suffix);

/* Convolution with the same padding on both sides. */
typedef struct fv__torchvision_conv {
  int32_t filters;
  fv_pair kernel, padding; /* {3}: 3 x 3 */
  int32_t stride;          /* 0: 1 */
  int32_t groups;          /* 0: 1 */
  bool bias;
} fv__torchvision_conv;

/* "same" where that is the same thing, else zeros around the image ("NAME_pad") and a convolution without padding: only
 * layers that Keras has. */
fv_value fv__torchvision_convolve(fv_graph *graph, fv_value x, const char *name, fv__torchvision_conv conv);

/* Batch normalization as BatchNorm2d. */
fv_value fv__torchvision_normalise(fv_graph *graph, fv_value x, const char *name, double epsilon);

fv_value fv__torchvision_relu(fv_graph *graph, fv_value x, const char *name);

/* torchvision's BasicConv2d: "PREFIX_conv" without bias, "PREFIX_bn" with epsilon 1e-3, and a ReLU, "PREFIX_relu". */
fv_value fv__torchvision_basic(fv_graph *graph, fv_value x, const char *prefix, fv__torchvision_conv conv);

/* MaxPool2d(3, 2, padding=1) after a ReLU: zeros around ("NAME_pad") change no maximum of numbers that are 0 or more.
 */
fv_value fv__torchvision_pool3(fv_graph *graph, fv_value x, const char *name);

/* The line of a table of official weights: FILE of download.pytorch.org, whose name ends in the first digits of its
 * sha256; it serves networks without the classifier too. */
#define FV__TORCHVISION_WEIGHTS(named, digits, size)                                                                   \
  {                                                                                                                    \
    {.file = named "-" digits ".pth",                                                                                  \
     .address = "https://download.pytorch.org/models/",                                                                \
     .checksum = "sha256:" digits,                                                                                     \
     .bytes = size,                                                                                                    \
     .licence = "BSD-3-Clause"},                                                                                       \
        {.file = named "-" digits ".pth",                                                                              \
         .address = "https://download.pytorch.org/models/",                                                            \
         .checksum = "sha256:" digits,                                                                                 \
         .bytes = size,                                                                                                \
         .licence = "BSD-3-Clause",                                                                                    \
         .no_top = true},                                                                                              \
        {.file = NULL},                                                                                                \
  }

#endif
