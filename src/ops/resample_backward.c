/* Backward of resampling: every output pixel's dy goes to the pixels that it was made of, as they counted. Pieces:
 * images. */
#include "ops/gradients.h"
#include "ops/resample.h"

static void output_pixel(const fv__backward_call *call, int64_t n, const fv__resample_line *rows,
                         const fv__resample_line *columns, const float *dy) {
  for (int a = 0; a < rows->taps; a++)
    for (int b = 0; b < columns->taps; b++) {
      float *dx = fv__view_at(&call->dx[0], n, rows->at[a], columns->at[b]);
      const double weight = rows->weight[a] * columns->weight[b];
      for (int64_t c = 0; c < call->dy.c; c++) dx[c] = (float)((double)dx[c] + weight * (double)dy[c]);
    }
}

static void images(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__view *dx = &call->dx[0], *dy = &call->dy;
  const fv__resample_kind kind = call->op->resample;
  for (int64_t item = first * dy->h; item < end * dy->h; item++) {
    const int64_t n = item / dy->h, i = item % dy->h;
    const fv__resample_line rows = fv__resample_line_at(kind, i, dx->h, dy->h);
    for (int64_t j = 0; j < dy->w; j++) {
      const fv__resample_line columns = fv__resample_line_at(kind, j, dx->w, dy->w);
      output_pixel(call, n, &rows, &columns, fv__view_at(dy, n, i, j));
    }
  }
}

static void backward(const fv__backward_call *call) { fv__gradient_ranges(call, call->dy.n, 1, images); }

static const fv__gradient_way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .backward = backward};

fv__gradient_list fv__resample_input_gradient = {&REFERENCE, NULL};
