/* Kernels of a layer as pictures: the window of each filter on each input channel, what it is like, and which named
 * filter of fovea/filter.h it resembles.
 */
#ifndef FOVEA_KERNEL_MAPS_H
#define FOVEA_KERNEL_MAPS_H

#include <fovea/filter.h>
#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

/* The kernel of a layer: number (y, x) of filter f on input channel i is numbers[y * row + x * column + i * input +
 * f * filter]. Lent as the model's weights are. */
typedef struct fv_kernel_maps {
  const float *numbers, *bias; /* bias NULL: none */
  int64_t height, width;       /* of the window; 1 by 1 for Dense */
  int64_t inputs, filters; /* inputs that one filter reads: 1 for depthwise convolutions, those of a group for grouped
                              ones */
  int64_t row, column, input, filter;
} fv_kernel_maps;

/* Errors: FV_ERROR_INVALID for a layer that is not there, FV_ERROR_UNSUPPORTED for one without a kernel. Of a separable
 * convolution it is the depthwise part. */
FV_API FV_CHECK fv_status fv_kernel_maps_of(fv_kernel_maps *maps, fv_model *model, int32_t layer);

/* Writes filters [first, first + count) on inputs [first_input, first_input + input_count), filter after filter, each
 * input after input, each height x width. Errors: FV_ERROR_INVALID for what is not there. */
FV_API FV_CHECK fv_status fv_kernel_maps_draw(float *planes, const fv_kernel_maps *maps, int64_t first, int64_t count,
                                              int64_t first_input, int64_t input_count);

/* Below this a likeness is none. */
#define FV_KERNEL_LIKENESS_LEAST 0.7

/* One filter. NaN among its numbers makes NaN of what they enter. */
typedef struct fv_kernel_statistics {
  float norm; /* square root of the sum of squares */
  float mean, min, max;
  float sum;        /* the gain of flat areas, all inputs alike */
  float sparsity;   /* share of numbers below 1/1000 of the layer's largest magnitude */
  float bias;       /* 0 without */
  const char *name; /* the named filter that it resembles, lent for ever; NULL: none by FV_KERNEL_LIKENESS_LEAST */
  float
      likeness; /* their cosine, below 0 when it is that filter with the other sign; of the nearest also without name */
  int64_t compared; /* the input channel whose window was compared, the one with the largest norm; -1: the sum of all,
                       for up to four inputs, which is what a gray picture meets */
} fv_kernel_statistics;

/* Fills statistics[0 .. filters). Windows of one number resemble nothing; larger ones than a named filter's are brought
 * to its size by the means of their cells. Errors: FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_kernel_maps_measure(fv_kernel_statistics *statistics, const fv_kernel_maps *maps);

/* The likeness of each filter to a kernel of one's own: likeness[0 .. filters), compared as above. Errors:
 * FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_kernel_maps_compare(float *likeness, const fv_kernel_maps *maps,
                                                 const fv_filter_kernel *kernel);

FV_END_DECLARATIONS

#endif
