/* Resampling of height and width: every output pixel is a weighted sum of up to taps x taps input pixels.
 *
 *   position   s = (i + 1/2) * input / output - 1/2     the centre of output pixel i among the input's
 *   nearest    floor(s + 1/2)
 *   bilinear   floor(s) and the next one, weighted by nearness; the edge pixel is repeated outside
 *   bicubic    four pixels, Keys's cubic with a = -1/2; pixels outside count nothing and the rest are scaled up to
 *              weights that sum to one
 *
 * Positions and the cubic's fractions (in 1024ths) are rounded as TensorFlow rounds them, in float, since nearest and
 * bicubic jump at them; sums are made in double. There is no antialiasing: shrinking by much skips pixels.
 * Sources: TensorFlow's image resize operations with half-pixel centres; Keys 1981.
 */
#include "ops/resample.h"
#include "ops/gradients.h"

#include <math.h>

enum { TAPS = FV__RESAMPLE_TAPS, PIECE = 16384, FRACTIONS = 1024 };

/* Keys's cubic at a distance of 0 to 2 pixels. */
static double cubic(double distance) {
  const double a = -0.5;
  if (distance <= 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
  return ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
}

static fv__resample_line cubic_line(float position, int64_t extent) {
  const float whole = floorf(position);
  const double fraction = (double)lrintf((position - whole) * FRACTIONS) / FRACTIONS;
  const double distances[TAPS] = {1 + fraction, fraction, 1 - fraction, 2 - fraction};
  fv__resample_line result = {.taps = TAPS};
  double sum = 0;
  for (int tap = 0; tap < TAPS; tap++) {
    const int64_t at = (int64_t)whole - 1 + tap;
    const bool inside = at >= 0 && at < extent;
    result.at[tap] = fv__min(fv__max(at, 0), extent - 1);
    result.weight[tap] = inside ? cubic(distances[tap]) : 0;
    sum += result.weight[tap];
  }
  for (int tap = 0; tap < TAPS; tap++) result.weight[tap] /= sum;
  return result;
}

fv__resample_line fv__resample_line_at(fv__resample_kind kind, int64_t index, int64_t extent, int64_t output) {
  if (kind == FV__RESAMPLE_NEAREST && output % extent == 0)
    return (fv__resample_line){.taps = 1, .at = {index / (output / extent)}, .weight = {1}};
  const float scale = (float)extent / (float)output;
  const float center = ((float)index + 0.5f) * scale;
  if (kind == FV__RESAMPLE_NEAREST)
    return (fv__resample_line){.taps = 1, .at = {fv__min((int64_t)floorf(center), extent - 1)}, .weight = {1}};
  const float position = center - 0.5f;
  if (kind == FV__RESAMPLE_BICUBIC) return cubic_line(position, extent);
  const float below = floorf(position);
  const double fraction = (double)(position - below);
  return (fv__resample_line){.taps = 2,
                             .at = {fv__max((int64_t)below, 0), fv__min((int64_t)ceilf(position), extent - 1)},
                             .weight = {1 - fraction, fraction}};
}

static void output_pixel(const fv__view *x, int64_t n, const fv__resample_line *rows, const fv__resample_line *columns,
                         float *y) {
  const float *from[TAPS * TAPS];
  double weight[TAPS * TAPS];
  const int taps = rows->taps * columns->taps;
  for (int tap = 0; tap < taps; tap++) {
    const int a = tap / columns->taps, b = tap % columns->taps;
    from[tap] = fv__view_at(x, n, rows->at[a], columns->at[b]);
    weight[tap] = rows->weight[a] * columns->weight[b];
  }
  for (int64_t c = 0; c < x->c; c++) {
    double sum = 0;
    for (int tap = 0; tap < taps; tap++) sum += weight[tap] * (double)from[tap][c];
    y[c] = taps == 1 ? from[0][c] : (float)sum;
  }
}

static void output_rows(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__view *x = &call->x[0], *y = &call->y;
  const fv__resample_kind kind = call->op->resample;
  for (int64_t item = first; item < end; item++) {
    const int64_t n = item / y->h, i = item % y->h;
    const fv__resample_line rows = fv__resample_line_at(kind, i, x->h, y->h);
    for (int64_t j = 0; j < y->w; j++) {
      const fv__resample_line columns = fv__resample_line_at(kind, j, x->w, y->w);
      output_pixel(x, n, &rows, &columns, fv__view_at(y, n, i, j));
    }
  }
}

static void forward(const fv__op_call *call) {
  const fv__view *y = &call->y;
  fv__for_ranges(call, y->n * y->h, fv__range_step(y->w * y->c, PIECE), output_rows);
}

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_resample = {.name = "resample", .ways = WAYS, .input_gradient = fv__resample_input_gradient};
