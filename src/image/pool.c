/* Pooling of pictures. Window (i, j) covers rows [i s - before, i s - before + size), cut off at the picture's edges.
 *
 * Written for pictures and for reading; networks pool with the kernels of src/ops.
 */
#include <fovea/pool.h>

#include <math.h>

#include "base/fail.h"
#include "image/sweep.h"

const char *const fv_pooling_type_names[] = {"max", "average", "min", NULL};
const char *const fv_pooling_padding_names[] = {"valid", "same", NULL};

typedef struct whole {
  fv_pooling_options all;
} whole;

static const fv_option option_table[] = {FV_POOLING_OPTION_ROWS(whole, all), {0}};

/* A window along one axis, inside the picture. */
typedef struct span {
  int64_t from, to;
} span;

static span window_at(const fv__sweep *sweep, int64_t index) {
  int64_t from = index * sweep->stride - sweep->before, to = from + sweep->window;
  return (span){from < 0 ? 0 : from, to > sweep->in ? sweep->in : to};
}

static float extreme(const float *at, span rows, span columns, const fv__picture *p, float sign) {
  float best = -INFINITY; /* of sign * pixel */
  for (int64_t y = rows.from; y < rows.to; y++)
    for (int64_t x = columns.from; x < columns.to; x++) {
      float value = sign * at[(y * p->width + x) * p->channels];
      if (value > best || isnan(value)) best = value;
      if (isnan(best)) return best;
    }
  return sign * best;
}

static float average(const float *at, span rows, span columns, const fv__picture *p) {
  double sum = 0;
  for (int64_t y = rows.from; y < rows.to; y++)
    for (int64_t x = columns.from; x < columns.to; x++) sum += (double)at[(y * p->width + x) * p->channels];
  return (float)(sum / (double)((rows.to - rows.from) * (columns.to - columns.from)));
}

static void pool_all(float *out, const float *in, const fv__picture *p, const fv__sweep *rows, const fv__sweep *columns,
                     int32_t type) {
  for (int64_t i = 0; i < rows->out; i++)
    for (int64_t j = 0; j < columns->out; j++) {
      span high = window_at(rows, i), wide = window_at(columns, j);
      for (int64_t c = 0; c < p->channels; c++)
        *out++ = type == FV_POOLING_AVERAGE ? average(in + c, high, wide, p)
                                            : extreme(in + c, high, wide, p, type == FV_POOLING_MAX ? 1 : -1);
    }
}

/* "same": the surplus of the last window beyond the picture is shared out, the odd pixel after it. */
static void sweep_same(fv__sweep *sweep, int64_t in, int64_t size, int64_t stride) {
  int64_t out = (in + stride - 1) / stride, surplus = (out - 1) * stride + size - in;
  fv__sweep_centred(sweep, in, size, stride, surplus > 0 ? surplus / 2 : 0);
}

fv_status fv_pooling_apply(fv_tensor *out, fv_sweep_report *report, const fv_tensor *in,
                           const fv_pooling_options *given) {
  *out = (fv_tensor){0};
  fv_pooling_options options = given ? *given : (fv_pooling_options){0};
  TRY(fv_options_complete(&options, option_table));
  if (!options.stride.height) options.stride.height = options.size.height;
  if (!options.stride.width) options.stride.width = options.size.width;
  fv__picture picture;
  TRY(fv__picture_of(&picture, in));
  fv__sweep rows, columns;
  if (options.padding == FV_POOLING_SAME) {
    sweep_same(&rows, picture.height, options.size.height, options.stride.height);
    sweep_same(&columns, picture.width, options.size.width, options.stride.width);
  } else {
    TRY(fv__sweep_padded(&rows, picture.height, options.size.height, options.stride.height, 0, "rows"));
    TRY(fv__sweep_padded(&columns, picture.width, options.size.width, options.stride.width, 0, "columns"));
    rows.fitting = rows.left_out ? -1 : 0;
    columns.fitting = columns.left_out ? -1 : 0;
  }
  TRY(fv__picture_create(out, in, rows.out, columns.out));
  pool_all(out->data, in->data, &picture, &rows, &columns, options.type);
  fv__sweep_report(report, &rows, &columns);
  return FV_OK;
}
