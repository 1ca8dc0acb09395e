/* What one core can do at most: multiply-adds on registers and nothing else. */
#ifndef FOVEA_KERNELS_PEAK_H
#define FOVEA_KERNELS_PEAK_H

typedef struct fv__peak_kernels {
  /* Some million multiply-adds; returns how many operations, two each. `result` (16 numbers) is written so that nothing
   * can be left out. */
  double (*multiply_add)(float *result);
} fv__peak_kernels;

#endif
