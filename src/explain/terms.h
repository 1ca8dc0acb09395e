/* The products that an op adds up to make one number. */
#ifndef FOVEA_EXPLAIN_TERMS_H
#define FOVEA_EXPLAIN_TERMS_H

#include <fovea/arithmetic.h>

#include "explain/lowered.h"

/* One product as it is found. */
typedef struct fv__product {
  fv__place place; /* of the number, settled */
  int32_t kernel_row, kernel_column;
  double number, weight;
} fv__product;

/* Walking over products. `take` is called for each; what else goes into the sum is added to `bias`. */
typedef struct fv__walk {
  const fv__lowered *lowered;
  const fv_activations *activations;
  void (*take)(void *context, const fv__product *product);
  void *context;
  double bias;
  int64_t padded;
  bool has_window;
  int64_t top, left, height, width;
  const char *operation; /* NULL: the op is no sum */
  fv_status status;      /* the first failure; sticks */
} fv__walk;

/* The products of `op` for the number at `at` of its output, each times `factor`. */
void fv__walk_op(fv__walk *walk, const fv__op *op, const fv__place *at, double factor);

/* A number: read where a node keeps it, else made anew by the op that makes it. */
double fv__walk_number(fv__walk *walk, fv__place place);

#endif
