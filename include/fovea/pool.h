/* Pooling: a picture made smaller by the largest, mean, smallest or median pixel of each window, or its length. */
#ifndef FOVEA_POOL_H
#define FOVEA_POOL_H

#include <fovea/filter.h>

FV_BEGIN_DECLARATIONS

typedef enum fv_pooling_type {
  FV_POOLING_MAX = 1,
  FV_POOLING_AVERAGE,
  FV_POOLING_MIN,
  FV_POOLING_MEDIAN,
  FV_POOLING_L2
} fv_pooling_type;
typedef enum fv_pooling_padding { FV_POOLING_VALID = 1, FV_POOLING_SAME } fv_pooling_padding;

/* The words for these in an option table; ended by NULL. */
FV_API extern const char *const fv_pooling_type_names[];
FV_API extern const char *const fv_pooling_padding_names[];

typedef struct fv_pooling_options {
  int32_t type;    /* fv_pooling_type; max */
  fv_pair size;    /* of the window; 2 */
  fv_pair stride;  /* from one window to the next; 0: as large as the window */
  int32_t padding; /* fv_pooling_padding; valid */
} fv_pooling_options;

/* The rows of an option table for a structure that holds an fv_pooling_options as `field`. */
#define FV_POOLING_OPTION_ROWS(structure, field)                                                                       \
  {"type", FV_OPTION_NAME,        offsetof(structure, field.type),    "max", 0,                                        \
   0,      fv_pooling_type_names, "which pixel stands for its window"},                                                \
      {"size", FV_OPTION_PAIR, offsetof(structure, field.size), "2", 1, 65535, NULL, "rows and columns of a window"},  \
      {"stride",                                                                                                       \
       FV_OPTION_PAIR,                                                                                                 \
       offsetof(structure, field.stride),                                                                              \
       "0",                                                                                                            \
       0,                                                                                                              \
       65535,                                                                                                          \
       NULL,                                                                                                           \
       "rows and columns from one window to the next; 0: the size of the window"},                                     \
  {                                                                                                                    \
    "padding", FV_OPTION_NAME, offsetof(structure, field.padding), "valid", 0, 0, fv_pooling_padding_names,            \
        "valid: only windows that are wholly inside; same: windows at the edge count too"                              \
  }

/* Pools every channel of a tensor (height, width) or (height, width, channels) into a new tensor of the same rank.
 *
 * valid: floor((n - size) / stride) + 1 windows. same: ceil(n / stride) windows, the picture centred under them with
 * the odd pixel after it; what is beyond the edge never counts: maximum and minimum ignore it, the average divides by
 * the number of real pixels (Keras's and TensorFlow's rule). The median of an even number of pixels is the mean of the
 * two in the middle. l2 is the square root of the sum of the squares, as PyTorch's LPPool2d has it: a flat picture of
 * 100 becomes 200 under windows of 2 x 2. NaN passes through. Sums are taken in double precision. In the report a
 * fitting_padding of -1 means that only "same" takes every pixel in. `report` and `options` may be NULL. Errors:
 * FV_ERROR_SHAPE when no window fits, FV_ERROR_INVALID, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_pooling_apply(fv_tensor *out, fv_sweep_report *report, const fv_tensor *in,
                                           const fv_pooling_options *options);

FV_END_DECLARATIONS

#endif
