/* Eigenvalues and eigenvectors of a symmetric matrix. */
#ifndef FOVEA_DATA_EIGEN_H
#define FOVEA_DATA_EIGEN_H

#include "base/fail.h"

/* `a` is n x n, symmetric, row-major; column k becomes the eigenvector of values[k]. `spare` has room for n numbers.
 * Errors: FV_ERROR_NUMBERS when it does not converge, as with NaN. */
fv_status fv__eigen_symmetric(double *a, double *values, double *spare, int32_t n) FV_CHECK;

#endif
