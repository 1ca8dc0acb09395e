/* Numbers as a file of NumPy's, version 1.0 of its format, float32. */
#ifndef FOVEA_SERVE_NPY_H
#define FOVEA_SERVE_NPY_H

#include "serve/answer.h"

/* Answers with all numbers of a value of this shape. */
void fv__npy_answer(fv__answer *answer, const float *numbers, const fv_shape *shape);

#endif
