/* Channel maps: what each channel of a value is like, and its picture at a size to look at.
 *
 *   fv_channel_maps maps = fv_channel_maps_of(numbers, &shape);
 *   fv_channel_statistics *statistics = calloc(maps.channels, sizeof *statistics);
 *   fv_channel_maps_measure(statistics, &maps, workers);
 *   fv_channel_range range = fv_channel_range_of(statistics, maps.channels, false);
 *   fv_plane_options options = {.fit = 64, .type = FV_PLANE_U8, .ranges = &range, .workers = workers};
 *   fv_pair extent = fv_channel_maps_extent(&maps, options.fit);
 *   uint8_t *planes = malloc(maps.channels * extent.height * extent.width);
 *   fv_channel_maps_draw(planes, &maps, &options);
 *
 * Values lie channels last; planes come out one channel after another. Results do not depend on the number of workers,
 * in no bit.
 */
#ifndef FOVEA_CHANNEL_MAPS_H
#define FOVEA_CHANNEL_MAPS_H

#include <fovea/option.h>
#include <fovea/shape.h>
#include <fovea/workers.h>

FV_BEGIN_DECLARATIONS

/* The channels of one image's value. Lent by the caller. */
typedef struct fv_channel_maps {
  const float *numbers; /* row after row without gaps, channels last */
  int64_t height, width, channels;
} fv_channel_maps;

/* The first image of a value of this shape, whose first axis counts images and whose last axis is channels: (N, H, W,
 * C) as it is, lines (N, steps, C) as one row, vectors (N, C) as one pixel; of more axes the first ones together are
 * rows. A shape with an axis that is unknown or 0 has no channels. */
FV_API fv_channel_maps fv_channel_maps_of(const float *numbers, const fv_shape *shape);

enum {
  FV_CHANNEL_DEAD = 1,       /* 0 everywhere */
  FV_CHANNEL_NOT_FINITE = 2, /* NaN or an infinity somewhere */
  FV_CHANNEL_CONSTANT = 4    /* the same number everywhere */
};

/* One channel. Numbers that are not finite are left out, but for `zero_share`, which counts pixels; all is 0 when
 * nothing is left. */
typedef struct fv_channel_statistics {
  float min, max, mean;
  float deviation;     /* the standard deviation of the pixels, over their number */
  float zero_share;    /* of the pixels, 0 to 1 */
  float norm;          /* the square root of the sum of squares (L2) */
  int32_t row, column; /* where the largest is, the first of several */
  uint32_t bits;       /* FV_CHANNEL_... */
  int64_t not_finite;  /* pixels that are NaN or an infinity */
} fv_channel_statistics;

/* Fills statistics[0 .. channels). `workers` may be NULL. Sums are made in float32 over at most 128 pixels and in
 * double over these; 64 maps of 224 by 224 take about 2 ms. */
FV_API void fv_channel_maps_measure(fv_channel_statistics *statistics, const fv_channel_maps *maps,
                                    fv_workers *workers);

/* What the codes of 8-bit planes mean: code v is low + v (high - low) / 255. */
typedef struct fv_channel_range {
  float low, high;
  bool is_signed; /* there are numbers below 0: then code 128 is exactly 0 and code 1 is -high */
} fv_channel_range;

/* The range of `count` channels together: [min, max], or when there is anything below 0, or `is_signed` says that the
 * channels shall look like such ones, as wide as the larger of |min| and |max| on both sides of 0. All channels of a
 * value for a scale to compare them on; one for its own. */
FV_API fv_channel_range fv_channel_range_of(const fv_channel_statistics *statistics, int64_t count, bool is_signed);

typedef enum fv_plane_type {
  FV_PLANE_F32,
  FV_PLANE_F16, /* rounded half to even; infinities beyond 65,504 */
  FV_PLANE_U8   /* by ranges; limited to them, NaN is code 0 */
} fv_plane_type;

/* How the pixels of a cell become one. NaN stays NaN. */
typedef enum fv_plane_pool {
  FV_PLANE_MEAN,
  FV_PLANE_PEAK /* the one that is farthest from 0 */
} fv_plane_pool;

typedef struct fv_plane_options {
  int64_t first, count; /* channels; count 0: `first` and all after it */
  int32_t fit;          /* the longer side of planes that are larger; 0: they stay as they are */
  fv_plane_pool pool;
  fv_plane_type type;
  const fv_channel_range *ranges; /* for FV_PLANE_U8 */
  bool range_each;                /* `ranges` has one for each channel drawn, else one for all */
  fv_workers *workers;
} fv_plane_options;

/* Height and width of the planes for `fit`: the longer side becomes `fit` when it is longer, the other one keeps the
 * proportion, rounded, at least 1. */
FV_API fv_pair fv_channel_maps_extent(const fv_channel_maps *maps, int32_t fit);

/* Writes the planes, row-major without gaps, of 4, 2 or 1 bytes a number. The row i of `height` rows that become `rows`
 * is made of the rows from i height / rows, rounded down, up to the next one's first: each pixel belongs to one cell.
 * `options` may be NULL. Errors: FV_ERROR_INVALID for channels that are not there, a `fit` below 0, FV_PLANE_U8 without
 * ranges; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_channel_maps_draw(void *planes, const fv_channel_maps *maps,
                                               const fv_plane_options *options);

FV_END_DECLARATIONS

#endif
