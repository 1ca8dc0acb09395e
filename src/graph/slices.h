/* Slices of the batch: which steps run a few images at a time, so that what one leaves the next finds in the cache. */
#ifndef FOVEA_GRAPH_SLICES_H
#define FOVEA_GRAPH_SLICES_H

#include "ops/program.h"

/* The pass that chooses them: sets `images` and `goes_on` of ops, `held` of values. The last, as it counts steps and
 * memory. */
void fv__slice_batch(fv__program *program);

#endif
