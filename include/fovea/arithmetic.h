/* The arithmetic of one number: which numbers a layer adds up to make it.
 *
 * Layers that sum products, and those that do little else, can be asked: convolutions of all kinds, Dense, poolings,
 * normalisation of batches, Add and other layers that join, padding, cropping, copying; each with its activation.
 */
#ifndef FOVEA_ARITHMETIC_H
#define FOVEA_ARITHMETIC_H

#include <fovea/explain.h>

FV_BEGIN_DECLARATIONS

enum { FV_TERMS = 64 };

/* One product: a number that the layer read, times a weight. */
typedef struct fv_term {
  int32_t input;                /* of the layer's call, from 0; -1: a number in between, made by the layer itself */
  int64_t row, column, channel; /* where the number stands in it; of a line the column is the step */
  int32_t kernel_row, kernel_column; /* 0 without a window */
  float number, weight;
  double product;
} fv_term;

typedef struct fv_arithmetic {
  const char *operation;  /* "convolution", "matrix product", "maximum" ... lent for ever */
  const char *activation; /* what is done to the sum afterwards, "relu", lent as long as the model; NULL: nothing */
  float value;            /* as the run made it */
  double sum;             /* bias and products, added up in double */
  double result; /* what the activation makes of it: `value` but for rounding. NaN when other numbers take part,
                    as in softmax */
  double bias;
  bool has_window;
  int64_t top, left;       /* of the window, in rows and columns of the input; may lie outside */
  int64_t height, width;   /* rows and columns from its first to its last */
  int64_t padded;          /* products that fall away since they lie outside the input */
  int64_t total;           /* products in all */
  int32_t count;           /* of `terms` */
  fv_term terms[FV_TERMS]; /* the largest ones, by magnitude */
  double rest;             /* sum of the others */
} fv_arithmetic;

/* What made the number of a value at (row, column, channel) of the first image; a vector has row and column 0, a line
 * row 0. Errors: FV_ERROR_INVALID for a place that is not there; FV_ERROR_UNSUPPORTED, with the layer's kind, where the
 * number is no sum; FV_ERROR_STATE for values that were not kept, and for a number that `overlay` (the run's; NULL:
 * none) has changed; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_explain_number(fv_arithmetic *arithmetic, const fv_activations *activations,
                                            fv_value value, int64_t row, int64_t column, int64_t channel,
                                            const fv_overlay *overlay);

FV_END_DECLARATIONS

#endif
