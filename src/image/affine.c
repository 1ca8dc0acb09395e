/* Affine resampling as SciPy's ndimage.affine_transform does it, of orders 0 and 1.
 *
 *   nearest   aaa|abcd|ddd   the position is limited to [0, n - 1]
 *   constant  kkk|abcd|kkk   any position outside [0, n - 1] is cval; nothing is blended with cval
 *   reflect   cba|abcd|dcb   the edge is repeated: the two neighbours are mirrored, each for itself
 *   wrap      bcd|abcd|abc   period n - 1, so a and d stand for one another
 *
 * A position that rounding put outside by less than 1e-9 of a pixel is inside: a quarter turn has no border of cval.
 */
#include "image/affine.h"

#include <math.h>
#include <string.h>

/* Along one axis: the two neighbours and the part of the second. */
typedef struct neighbours {
  int64_t first, second;
  double part;
} neighbours;

static const double EDGE = 1e-9;

static int64_t mirror(double index, int32_t extent) {
  double period = 2.0 * extent, at = index - period * floor(index / period);
  int64_t whole = (int64_t)at;
  return whole < extent ? whole : 2 * (int64_t)extent - 1 - whole;
}

static double wrap(double position, int32_t extent) {
  double period = extent - 1;
  if (period == 0) return 0;
  if (position < 0) return position + period * (floor(-position / period) + 1);
  if (position > period) return position - period * floor(position / period);
  return position;
}

/* False where there is no picture but cval. */
static bool look(neighbours *n, double position, int32_t extent, const fv__affine_map *map) {
  const double last = extent - 1;
  if (position < 0 && position > -EDGE) position = 0;
  if (position > last && position < last + EDGE) position = last;
  if (map->fill == FV_AUGMENT_CONSTANT && !(position >= 0 && position <= last)) return false;
  if (map->fill == FV_AUGMENT_WRAP) position = wrap(position, extent);
  if (map->fill == FV_AUGMENT_NEAREST) position = position < 0 ? 0 : position > last ? last : position;
  const double base = floor(map->order ? position : position + 0.5);
  n->part = map->order ? position - base : 0;
  if (map->fill == FV_AUGMENT_REFLECT) {
    n->first = mirror(base, extent);
    n->second = mirror(base + 1, extent);
  } else {
    n->first = base < 0 ? 0 : base > last ? extent - 1 : (int64_t)base;
    n->second = n->first + 1 < extent ? n->first + 1 : extent - 1;
  }
  return true;
}

static void blend(float *out, const float *in, int32_t width, int64_t channels, const neighbours *row,
                  const neighbours *column) {
  const float *above = in + row->first * width * channels, *below = in + row->second * width * channels;
  const int64_t left = column->first * channels, right = column->second * channels;
  if (row->part == 0 && column->part == 0) {
    memcpy(out, above + left, (size_t)channels * sizeof *out);
    return;
  }
  const double a = (1 - row->part) * (1 - column->part), b = (1 - row->part) * column->part;
  const double c = row->part * (1 - column->part), d = row->part * column->part;
  for (int64_t k = 0; k < channels; k++)
    out[k] = (float)(a * (double)above[left + k] + b * (double)above[right + k] + c * (double)below[left + k] +
                     d * (double)below[right + k]);
}

void fv__affine_sample(float *out, const float *in, int32_t height, int32_t width, int64_t channels,
                       const fv__affine_map *map) {
  const double *m = map->matrix;
  for (int32_t r = 0; r < height; r++) {
    const double row = map->flip_rows ? height - 1 - r : r;
    for (int32_t c = 0; c < width; c++, out += channels) {
      const double column = map->flip_columns ? width - 1 - c : c;
      neighbours rows, columns;
      if (look(&rows, m[0] * row + m[1] * column + m[2], height, map) &&
          look(&columns, m[3] * row + m[4] * column + m[5], width, map))
        blend(out, in, width, channels, &rows, &columns);
      else
        for (int64_t k = 0; k < channels; k++) out[k] = map->cval;
    }
  }
}
