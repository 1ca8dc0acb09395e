/* Sights that layers share. */
#include "layers/support/sight.h"

#include "layers/support/resample.h"

void fv__sight_whole(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  (void)options, (void)input, (void)output;
  sight->whole = true;
}

void fv__sight_mixes(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  (void)options, (void)input, (void)output;
  sight->mixes = true;
}

void fv__sight_scatters(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  (void)options, (void)input, (void)output;
  sight->scatters = true;
}

void fv__sight_axes(const int32_t *axes, int32_t rank, fv__sight *sight) {
  for (; *axes; axes++) {
    const int32_t axis = *axes < 0 ? *axes + rank : *axes;
    if (axis < rank - 1)
      sight->whole = true;
    else
      sight->mixes = true;
  }
}

/* Pixels that a number between pixels is made of. */
static double pixels_read(int32_t interpolation, int64_t from, int64_t to) {
  return from == to || interpolation == FV_NEAREST ? 1 : interpolation == FV_BILINEAR ? 2 : 4;
}

static double step(int64_t from, int64_t to) { return from > 0 && to > 0 ? (double)from / (double)to : 0; }

void fv__sight_resized(int32_t interpolation, const fv_shape *part, const fv_shape *output, fv__sight *sight) {
  const int64_t *from = part->dims, *to = output->dims;
  sight->resamples = true;
  sight->reads_h = pixels_read(interpolation, from[1], to[1]);
  sight->reads_w = pixels_read(interpolation, from[2], to[2]);
  sight->step_h = step(from[1], to[1]);
  sight->step_w = step(from[2], to[2]);
}
