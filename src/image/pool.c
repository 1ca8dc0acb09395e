/* Pooling of pictures. Window (i, j) covers rows [i s - before, i s - before + size), cut off at the picture's edges.
 *
 * Written for pictures and for reading; networks pool with the kernels of src/ops.
 */
#include <fovea/pool.h>

#include <math.h>
#include <stdlib.h>

#include "base/fail.h"
#include "image/median.h"

const char *const fv_pooling_type_names[] = {"max", "average", "min", "median", "l2", NULL};
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

static float length(const float *at, span rows, span columns, const fv__picture *p) {
  double sum = 0;
  for (int64_t y = rows.from; y < rows.to; y++)
    for (int64_t x = columns.from; x < columns.to; x++) {
      double value = (double)at[(y * p->width + x) * p->channels];
      sum += value * value;
    }
  return (float)sqrt(sum);
}

/* Moves the `place`-th smallest of `count` numbers to its place, smaller ones before it (C. A. R. Hoare, 1961). */
static void select_place(float *numbers, int64_t count, int64_t place) {
  int64_t from = 0, to = count - 1;
  while (from < to) {
    float pivot = numbers[(from + to) / 2];
    int64_t i = from, j = to;
    while (i <= j) {
      while (numbers[i] < pivot) i++;
      while (pivot < numbers[j]) j--;
      if (i > j) break;
      float swapped = numbers[i];
      numbers[i++] = numbers[j];
      numbers[j--] = swapped;
    }
    if (place <= j)
      to = j;
    else if (place >= i)
      from = i;
    else
      return;
  }
}

/* `window` has room for all its pixels. */
static float median(const float *at, span rows, span columns, const fv__picture *p, float *window) {
  int64_t count = 0;
  for (int64_t y = rows.from; y < rows.to; y++)
    for (int64_t x = columns.from; x < columns.to; x++) {
      window[count] = at[(y * p->width + x) * p->channels];
      if (isnan(window[count])) return window[count];
      count++;
    }
  select_place(window, count, count / 2);
  float upper = window[count / 2];
  if (count % 2) return upper;
  float lower = -INFINITY;
  for (int64_t i = 0; i < count / 2; i++)
    if (window[i] > lower) lower = window[i];
  return lower == upper ? upper : (float)(((double)lower + (double)upper) / 2);
}

static float pool_window(const float *at, span rows, span columns, const fv__picture *p, int32_t type, float *window) {
  switch (type) {
  case FV_POOLING_MAX: return extreme(at, rows, columns, p, 1);
  case FV_POOLING_MIN: return extreme(at, rows, columns, p, -1);
  case FV_POOLING_AVERAGE: return average(at, rows, columns, p);
  case FV_POOLING_L2: return length(at, rows, columns, p);
  default: return median(at, rows, columns, p, window);
  }
}

/* Whether windows so large or so near to each other are better counted than selected from: operations per window, as
 * measured on 8-bit pictures. */
static bool is_counted(const fv__sweep *rows, const fv__sweep *columns, int64_t tallest, int64_t widest) {
  const int64_t moved = columns->stride < widest ? columns->stride : widest;
  return 5 * tallest * widest > 500 + 128 * moved && rows->out * columns->out > 1;
}

static fv_status count_medians(float *out, const float *in, const fv__picture *p, const fv__sweep *rows,
                               const fv__sweep *columns) {
  for (int64_t c = 0; c < p->channels; c++) TRY(fv__median_sweep(out, in, p, rows, columns, c));
  return FV_OK;
}

static fv_status pool_all(float *out, const float *in, const fv__picture *p, const fv__sweep *rows,
                          const fv__sweep *columns, int32_t type) {
  int64_t tallest = rows->window < p->height ? rows->window : p->height;
  int64_t widest = columns->window < p->width ? columns->window : p->width;
  if (type == FV_POOLING_MEDIAN && is_counted(rows, columns, tallest, widest))
    return count_medians(out, in, p, rows, columns);
  float *window = type == FV_POOLING_MEDIAN ? calloc((size_t)tallest, (size_t)widest * sizeof *window) : NULL;
  if (type == FV_POOLING_MEDIAN && !window) return fail(FV_ERROR_MEMORY, "no memory for a window");
  for (int64_t i = 0; i < rows->out; i++)
    for (int64_t j = 0; j < columns->out; j++)
      for (int64_t c = 0; c < p->channels; c++)
        *out++ = pool_window(in + c, window_at(rows, i), window_at(columns, j), p, type, window);
  free(window);
  return FV_OK;
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
  fv_status status = pool_all(out->data, in->data, &picture, &rows, &columns, options.type);
  if (status) fv_tensor_destroy(out);
  fv__sweep_report(report, &rows, &columns);
  return status;
}
