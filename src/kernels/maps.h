/* Looking at values channel by channel: statistics over a run of pixels, and cells of pixels made one, turned from
 * channels last to one plane a channel.
 */
#ifndef FOVEA_KERNELS_MAPS_H
#define FOVEA_KERNELS_MAPS_H

#include <stdint.h>

#include "kernels/channels.h"

enum { FV__MAP_GROUP = 32 }; /* channels at a time; a whole number of vectors at every level */

/* Of one run of pixels, channel by channel. */
typedef struct fv__map_run {
  float min[FV__MAP_GROUP], max[FV__MAP_GROUP], mean[FV__MAP_GROUP];
  float rest[FV__MAP_GROUP];    /* sum of x - mean, which rounding left */
  float squares[FV__MAP_GROUP]; /* sum of (x - mean)^2 */
  float poison[FV__MAP_GROUP];  /* 0, or NaN: not all numbers are finite and all else of the channel is void */
  int32_t zeros[FV__MAP_GROUP], largest[FV__MAP_GROUP]; /* how many; which pixel, the first of several */
} fv__map_run;

/* A rectangle of pixels in rows `row` floats apart, pixels `pixel` floats apart. */
typedef struct fv__map_cell {
  const float *data;
  int64_t height, width, row, pixel;
} fv__map_cell;

typedef struct fv__map_kernels {
  /* `count` pixels, at least 1, of `channels` channels, up to FV__MAP_GROUP. */
  void (*measure)(fv__pixels x, int64_t count, int64_t channels, fv__map_run *run);

  /* y[c * plane] of each channel, up to FV__MAP_GROUP: the mean of the cell, or its number farthest from 0. */
  void (*mean)(const fv__map_cell *cell, int64_t channels, float *y, int64_t plane);
  void (*peak)(const fv__map_cell *cell, int64_t channels, float *y, int64_t plane);

  /* bytes[i] = (x[i] - low) * scale, rounded half to even, limited to 0 ... 255; 0 for NaN. */
  void (*to_bytes)(const float *x, int64_t count, float low, float scale, uint8_t *bytes);
} fv__map_kernels;

#endif
