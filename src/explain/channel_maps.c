/* Channel maps: statistics and planes of a value's channels.
 *
 * Work is cut into groups of channels, which are read side by side; drawing also into bands of rows. A run of pixels
 * has its own mean and squares about it, and runs are joined in double by the rule of Chan, Golub and LeVeque, Updating
 * Formulae and a Pairwise Algorithm for Computing Sample Variances (1979), so that nothing is lost where a channel is
 * far from 0 and nearly constant.
 */
#include <fovea/channel_maps.h>

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/workers.h"
#include "kernels/kernels.h"

enum { RUN_PIXELS = 128, BAND_ROWS = 8 };

fv_channel_maps fv_channel_maps_of(const float *numbers, const fv_shape *shape) {
  fv_channel_maps maps = {numbers, 1, 1, 0};
  if (shape->rank < 2) return maps;
  for (int32_t axis = 1; axis < shape->rank; axis++) {
    if (shape->dims[axis] < 1) return (fv_channel_maps){numbers, 0, 0, 0};
    if (axis < shape->rank - 2) maps.height *= shape->dims[axis];
    if (axis == shape->rank - 2) maps.width = shape->dims[axis];
  }
  maps.channels = shape->dims[shape->rank - 1];
  return maps;
}

/* ---- statistics */

/* A channel so far. */
typedef struct tally {
  int64_t count, zeros; /* of finite numbers */
  double mean, squares; /* squares: sum of (x - mean)^2 */
  float min, max;
  int64_t largest; /* its pixel */
  int64_t not_finite;
} tally;

static void join(tally *to, const tally *more) {
  if (more->count == 0) return;
  if (to->count == 0 || more->max > to->max) {
    to->max = more->max;
    to->largest = more->largest;
  }
  if (to->count == 0 || more->min < to->min) to->min = more->min;
  const int64_t count = to->count + more->count;
  const double distance = more->mean - to->mean, part = (double)more->count / (double)count;
  to->squares += more->squares + distance * distance * part * (double)to->count;
  to->mean += distance * part;
  to->count = count;
  to->zeros += more->zeros;
}

/* Channel `c` of a run of finite numbers that begins at pixel `first`. */
static tally tally_of(const fv__map_run *run, int64_t c, int64_t count, int64_t first) {
  const double rest = (double)run->rest[c] / (double)count;
  return (tally){.count = count,
                 .zeros = run->zeros[c],
                 .mean = (double)run->mean[c] + rest,
                 .squares = fmax((double)run->squares[c] - rest * (double)run->rest[c], 0),
                 .min = run->min[c],
                 .max = run->max[c],
                 .largest = first + run->largest[c]};
}

/* One channel of a run that has numbers which are not finite, or squares beyond float32. */
static void join_finite(tally *to, const float *x, int64_t step, int64_t count, int64_t first) {
  for (int64_t i = 0; i < count; i++) {
    const float value = x[i * step];
    if (!isfinite(value))
      to->not_finite++;
    else
      join(to, &(tally){.count = 1,
                        .zeros = value == 0,
                        .mean = (double)value,
                        .min = value,
                        .max = value,
                        .largest = first + i});
  }
}

static fv_channel_statistics statistics_of(const tally *t, int64_t pixels, int64_t width) {
  fv_channel_statistics s = {.bits = t->not_finite ? FV_CHANNEL_NOT_FINITE : 0, .not_finite = t->not_finite};
  if (t->count == 0) return s;
  const bool constant = t->min == t->max;
  const double mean = constant ? (double)t->min : t->mean, squares = constant ? 0 : t->squares;
  s.min = t->min;
  s.max = t->max;
  s.mean = (float)mean;
  s.deviation = (float)sqrt(squares / (double)t->count);
  s.norm = (float)sqrt(squares + (double)t->count * mean * mean);
  s.zero_share = (float)((double)t->zeros / (double)pixels);
  s.row = (int32_t)(t->largest / width);
  s.column = (int32_t)(t->largest % width);
  if (constant && !t->not_finite) s.bits |= FV_CHANNEL_CONSTANT | (t->max == 0 ? FV_CHANNEL_DEAD : 0);
  return s;
}

typedef struct measuring {
  const fv_channel_maps *maps;
  fv_channel_statistics *statistics;
  const fv__map_kernels *kernels;
} measuring;

static void measure_group(void *context, int64_t piece, int thread) {
  (void)thread;
  const measuring *m = context;
  const int64_t first = piece * FV__MAP_GROUP, step = m->maps->channels, pixels = m->maps->height * m->maps->width;
  const int64_t channels = step - first < FV__MAP_GROUP ? step - first : FV__MAP_GROUP;
  tally tallies[FV__MAP_GROUP] = {{0}};
  fv__map_run run;
  for (int64_t at = 0; at < pixels; at += RUN_PIXELS) {
    const float *x = m->maps->numbers + at * step + first;
    const int64_t count = pixels - at < RUN_PIXELS ? pixels - at : RUN_PIXELS;
    m->kernels->measure((fv__pixels){x, step}, count, channels, &run);
    for (int64_t c = 0; c < channels; c++)
      if (run.poison[c] == 0 && isfinite(run.squares[c])) {
        const tally all = tally_of(&run, c, count, at);
        join(&tallies[c], &all);
      } else {
        join_finite(&tallies[c], x + c, step, count, at);
      }
  }
  for (int64_t c = 0; c < channels; c++) m->statistics[first + c] = statistics_of(&tallies[c], pixels, m->maps->width);
}

void fv_channel_maps_measure(fv_channel_statistics *statistics, const fv_channel_maps *maps, fv_workers *workers) {
  measuring m = {maps, statistics, fv__kernels_for(fv_cpu())->maps};
  const int64_t groups = (maps->channels + FV__MAP_GROUP - 1) / FV__MAP_GROUP;
  fv__parallel_for(fv__workers_pool(workers), groups, measure_group, &m);
}

fv_channel_range fv_channel_range_of(const fv_channel_statistics *statistics, int64_t count, bool is_signed) {
  float min = INFINITY, max = -INFINITY;
  for (int64_t i = 0; i < count; i++) {
    min = fminf(min, statistics[i].min);
    max = fmaxf(max, statistics[i].max);
  }
  if (count < 1) min = max = 0;
  if (min >= 0 && !is_signed) return (fv_channel_range){min, max, false};
  const float high = fmaxf(fabsf(min), fabsf(max));
  return (fv_channel_range){-high * (128.0f / 127.0f), high, true};
}

/* ---- planes */

fv_pair fv_channel_maps_extent(const fv_channel_maps *maps, int32_t fit) {
  int64_t height = maps->height, width = maps->width;
  const int64_t longer = height > width ? height : width;
  if (fit > 0 && longer > fit) {
    height = (height * fit + longer / 2) / longer;
    width = (width * fit + longer / 2) / longer;
    if (height < 1) height = 1;
    if (width < 1) width = 1;
  }
  return (fv_pair){(int32_t)height, (int32_t)width};
}

typedef struct drawing {
  const fv_channel_maps *maps;
  fv_plane_options options; /* with `count` */
  fv_pair extent;
  const fv__map_kernels *kernels;
  float *rows; /* for each thread, one row of a group of planes */
  uint8_t *planes;
} drawing;

static uint16_t to_half(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00);  /* NaN */
  if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00); /* 65520 and more round to infinity */
  if (magnitude < 0x38800000) {                                  /* below 2^-14: in steps of 2^-24 */
    float size;
    memcpy(&size, &magnitude, sizeof size);
    return (uint16_t)(sign | (uint32_t)lrintf(size * 0x1p24f));
  }
  return (uint16_t)(sign | (magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13);
}

/* One row of one plane; `channel` counts from the first drawn. */
static void put_row(const drawing *d, int64_t channel, int64_t row, const float *x) {
  const int64_t width = d->extent.width, at = (channel * d->extent.height + row) * width;
  if (d->options.type == FV_PLANE_U8) {
    const fv_channel_range *range = &d->options.ranges[d->options.range_each ? channel : 0];
    const float length = range->high - range->low, only = range->is_signed ? -128 : range->low; /* without length */
    d->kernels->to_bytes(x, width, length > 0 ? range->low : only, length > 0 ? 255.0f / length : 1, d->planes + at);
  } else if (d->options.type == FV_PLANE_F32) {
    memcpy(d->planes + at * (int64_t)sizeof *x, x, (size_t)width * sizeof *x);
  } else {
    for (int64_t i = 0; i < width; i++) {
      const uint16_t half = to_half(x[i]);
      memcpy(d->planes + (at + i) * (int64_t)sizeof half, &half, sizeof half);
    }
  }
}

/* Row `i` of the planes of a group of channels. */
static void draw_row(const drawing *d, int64_t first, int64_t channels, int64_t i, float *row) {
  const fv_channel_maps *maps = d->maps;
  const int64_t top = i * maps->height / d->extent.height, bottom = (i + 1) * maps->height / d->extent.height;
  const int64_t width = d->extent.width;
  fv__map_cell cell = {.height = bottom - top, .row = maps->width * maps->channels, .pixel = maps->channels};
  const float *line = maps->numbers + top * cell.row + d->options.first + first;
  int64_t left = 0;
  for (int64_t j = 0; j < width; j++, left += cell.width) {
    cell.data = line + left * cell.pixel;
    cell.width = (j + 1) * maps->width / width - left;
    if (d->options.pool == FV_PLANE_PEAK)
      d->kernels->peak(&cell, channels, row + j, width);
    else
      d->kernels->mean(&cell, channels, row + j, width);
  }
  for (int64_t c = 0; c < channels; c++) put_row(d, first + c, i, row + c * width);
}

static void draw_band(void *context, int64_t piece, int thread) {
  const drawing *d = context;
  const int64_t groups = (d->options.count + FV__MAP_GROUP - 1) / FV__MAP_GROUP;
  const int64_t first = piece % groups * FV__MAP_GROUP, left = d->options.count - first;
  const int64_t top = piece / groups * BAND_ROWS;
  float *row = d->rows + (int64_t)thread * FV__MAP_GROUP * d->extent.width;
  for (int64_t i = top; i < top + BAND_ROWS && i < d->extent.height; i++)
    draw_row(d, first, left < FV__MAP_GROUP ? left : FV__MAP_GROUP, i, row);
}

static fv_status check_drawing(const fv_channel_maps *maps, const fv_plane_options *options) {
  if (options->first < 0 || options->count < 1 || options->first > maps->channels - options->count)
    return fail(FV_ERROR_INVALID, "channels %" PRId64 " to %" PRId64 " of a value that has %" PRId64, options->first,
                options->first + options->count - 1, maps->channels);
  if (options->fit < 0) return fail(FV_ERROR_INVALID, "planes cannot fit %" PRId32 " pixels", options->fit);
  if (options->type == FV_PLANE_U8 && !options->ranges)
    return fail(FV_ERROR_INVALID, "planes of bytes need the range that the bytes stand for");
  return FV_OK;
}

fv_status fv_channel_maps_draw(void *planes, const fv_channel_maps *maps, const fv_plane_options *options) {
  drawing d = {.maps = maps, .options = options ? *options : (fv_plane_options){0}, .planes = planes};
  if (d.options.count == 0) d.options.count = maps->channels - d.options.first;
  TRY(check_drawing(maps, &d.options));
  d.extent = fv_channel_maps_extent(maps, d.options.fit);
  d.kernels = fv__kernels_for(fv_cpu())->maps;
  fv__pool *pool = fv__workers_pool(d.options.workers);
  d.rows = calloc((size_t)fv__pool_threads(pool), (size_t)d.extent.width * FV__MAP_GROUP * sizeof *d.rows);
  if (!d.rows) return fail(FV_ERROR_MEMORY, "no memory to draw channels");
  const int64_t groups = (d.options.count + FV__MAP_GROUP - 1) / FV__MAP_GROUP;
  const int64_t bands = (d.extent.height + BAND_ROWS - 1) / BAND_ROWS;
  fv__parallel_for(pool, groups * bands, draw_band, &d);
  free(d.rows);
  return FV_OK;
}
