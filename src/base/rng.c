/* splitmix64 over a counter (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
#include "base/rng.h"

static const uint64_t GOLDEN = 0x9E3779B97F4A7C15u;

uint64_t fv__rng_state(const char *name, uint64_t seed) {
  uint64_t hash = 0xCBF29CE484222325u; /* FNV-1a, 64 bits */
  for (const unsigned char *c = (const unsigned char *)name; *c; c++) hash = (hash ^ *c) * 0x100000001B3u;
  return hash ^ (seed * GOLDEN);
}

uint64_t fv__rng_bits(uint64_t state, uint64_t index) {
  uint64_t z = state + (index + 1) * GOLDEN;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

double fv__rng_uniform(uint64_t state, uint64_t index) { return (double)(fv__rng_bits(state, index) >> 40) * 0x1p-24; }
