/* Pictures of a batch mixed with one another: mixup and CutMix. */
#ifndef FOVEA_DATA_MIX_H
#define FOVEA_DATA_MIX_H

#include <fovea/loader.h>

typedef struct fv__mix {
  double mix_up, cut_mix; /* Beta's parameters; 0: not this one */
  uint64_t seed;
  fv_shape shape; /* of a sample: (height, width, channels) */
  int32_t classes;
} fv__mix;

/* Writes a batch mixed: inputs, targets and, where the batch has them, weights have room for as many as `batch` has.
 * `order` has room for its samples. */
void fv__mix_batch(float *inputs, float *targets, float *weights, int64_t *order, const fv_batch *batch,
                   const fv__mix *mix);

/* A draw of Beta(a, a), from 0 to 1; `a` above 0. */
double fv__draw_beta(uint64_t state, double a);

#endif
