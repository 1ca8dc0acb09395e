/* Counter-based random numbers: a draw is a pure function of (state, index), so nothing depends on the order of
 * threads.
 *
 *   state   fnv1a64(name) XOR seed * GOLDEN
 *   draw i  splitmix64(state + (i + 1) * GOLDEN) >> 40, over 2^24: uniform in [0, 1), exact in float
 */
#ifndef FOVEA_BASE_RNG_H
#define FOVEA_BASE_RNG_H

#include <stdint.h>

uint64_t fv__rng_state(const char *name, uint64_t seed);

/* Draw `index` (from 0), 64 mixed bits. */
uint64_t fv__rng_bits(uint64_t state, uint64_t index);

/* Draw `index` as a double in [0, 1) with 24 bits. */
double fv__rng_uniform(uint64_t state, uint64_t index);

#endif
