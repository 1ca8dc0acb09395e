/* Backward of pooling. Average: dy divided by the pixels that the window covers goes to each of them. Maximum: dy goes
 * to the first pixel of the window that is the maximum (Keras's choice); a NaN counts as the maximum. Pieces: images.
 */
#include <math.h>

#include "ops/pool.h"

typedef struct range {
  int64_t first, end;
} range;

/* Pixels of x along one axis that window `i` covers, every `dilation`-th from first on. */
static range covered(int64_t i, int32_t stride, int32_t before, int32_t kernel, int32_t dilation, int64_t extent) {
  range r = {i * stride - before, i * stride - before + (int64_t)kernel * dilation};
  while (r.first < 0) r.first += dilation;
  return (range){r.first, fv__min(r.end, extent)};
}

/* As forward's adaptive windows. */
static range adaptive(int64_t i, int64_t extent, int64_t out) {
  return (range){i * extent / out, ((i + 1) * extent + out - 1) / out};
}

static void window_of(const fv__backward_call *call, int64_t n, int64_t i, int64_t j, int64_t c) {
  const fv__window_problem *p = &call->op->window;
  const fv__window *w = &p->window;
  const range rows =
      p->adaptive ? adaptive(i, p->h, p->out_h) : covered(i, w->stride_h, w->top, w->kernel_h, w->dilation_h, p->h);
  const range columns =
      p->adaptive ? adaptive(j, p->w, p->out_w) : covered(j, w->stride_w, w->left, w->kernel_w, w->dilation_w, p->w);
  const int64_t row_step = p->adaptive ? 1 : w->dilation_h, column_step = p->adaptive ? 1 : w->dilation_w;
  const float dy = fv__view_at(&call->dy, n, i, j)[c];
  float best = -INFINITY, *place = NULL;
  int64_t count = 0;
  for (int64_t row = rows.first; row < rows.end; row += row_step)
    for (int64_t column = columns.first; column < columns.end; column += column_step, count++) {
      const float value = p->average ? 0 : fv__view_at(&call->x[0], n, row, column)[c];
      if (place && !(value > best) && !(isnan(value) && !isnan(best))) continue;
      best = value;
      place = fv__view_at(&call->dx[0], n, row, column) + c;
    }
  if (!p->average && place) *place += dy;
  for (int64_t row = rows.first; p->average && row < rows.end; row += row_step)
    for (int64_t column = columns.first; column < columns.end; column += column_step)
      fv__view_at(&call->dx[0], n, row, column)[c] += dy / (float)count;
}

static void image(void *context, int64_t n, int thread) {
  (void)thread;
  const fv__backward_call *call = context;
  const fv__window_problem *p = &call->op->window;
  for (int64_t pixel = 0; pixel < p->out_h * p->out_w; pixel++)
    for (int64_t c = 0; c < p->c; c++) window_of(call, n, pixel / p->out_w, pixel % p->out_w, c);
}

static void backward(const fv__backward_call *call) {
  fv__backward_call copy = *call;
  fv__parallel_for(call->pool, call->op->window.n, image, &copy);
}

const fv__gradient_way fv__pool_input_reference = {
    .name = "reference", .why_not = fv__way_fits, .backward = backward, .reads_x = true};
