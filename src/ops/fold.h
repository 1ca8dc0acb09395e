/* Squares of pixels as single pixels of more channels: what makes a window with a stride one without.
 *
 *   folded pixel (i, j), channel (a side + b) c + k  =  x (i side + a, j side + b), channel k
 */
#ifndef FOVEA_OPS_FOLD_H
#define FOVEA_OPS_FOLD_H

#include "ops/way.h"

enum { FV__FOLD_SLACK = 8, FV__FOLD_SIDE = 8 /* the largest */ };

typedef struct fv__squares {
  const fv__view *x;
  int64_t n, top, left; /* the image, and the pixel of x with which the first square begins: also outside, zeros */
  int64_t side;
  int64_t rows, columns; /* of folded pixels */
  int64_t pixel;         /* floats between neighbouring folded pixels, at least side * side * c */
} fv__squares;

/* to = [rows][columns][pixel]; what of a pixel is beyond its channels is left to chance, and so are FV__FOLD_SLACK
 * floats behind. */
void fv__fold_squares(const fv__squares *f, float *to);

#endif
