/* Unpooling: numbers go back to where pooling had found them. x0 (n, out_h, out_w, c) is laid into a map of zeros with
 * the extents of x1 (n, h, w, c), each number at the first pixel of its window of x1 that is the maximum; a NaN counts
 * as the maximum. Windows do not overlap. It is what the gradient of maximum pooling does with dy, and done by its
 * kernels.
 *
 *   op->window   of the pooling of x1: its y has the extents of x0
 */
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"
#include "ops/gradients.h"

enum { PIECE = 100000 };

static void clear_pixels(const fv__op_call *call, int64_t n, int64_t row, int64_t first, int64_t end) {
  for (int64_t j = first; j < end; j++) memset(fv__view_at(&call->y, n, row, j), 0, (size_t)call->y.c * sizeof(float));
}

/* Rows of windows, counted through all images; the last of an image clears what no window covers below it. */
static void window_rows(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  const fv__window *w = &p->window;
  const fv__view *x = &call->x[1], *y = &call->y;
  for (int64_t item = first; item < end; item++) {
    const int64_t n = item / p->out_h, i = item % p->out_h, row = i * w->stride_h;
    const fv__window_gradient at = {.x = fv__view_at(x, n, row, 0),
                                    .dy = fv__view_at(&call->x[0], n, i, 0),
                                    .dx = fv__view_at(y, n, row, 0),
                                    .height = w->kernel_h,
                                    .width = w->kernel_w,
                                    .x_row = x->row,
                                    .x_pixel = x->pixel,
                                    .x_step = x->pixel * w->stride_w,
                                    .dx_row = y->row,
                                    .dx_pixel = y->pixel,
                                    .dx_step = y->pixel * w->stride_w,
                                    .windows = p->out_w,
                                    .channels = p->c,
                                    .dy_pixel = call->x[0].pixel,
                                    .overwrite = true};
    call->op->kernels->pool_gradient->maximum(&at);
    const int64_t covered = row + w->stride_h;
    for (int64_t r = row; r < covered; r++) clear_pixels(call, n, r, p->out_w * w->stride_w, p->w);
    for (int64_t r = covered; i + 1 == p->out_h && r < p->h; r++) clear_pixels(call, n, r, 0, p->w);
  }
}

static void forward(const fv__op_call *call) {
  const fv__window_problem *p = &call->op->window;
  const int64_t cost = p->out_w * p->c * p->window.kernel_h * p->window.kernel_w;
  fv__for_ranges(call, p->n * p->out_h, fv__range_step(cost, PIECE), window_rows);
}

/* ---- plain C, channel by channel */

/* The pixel of window (i, j) of x1 that is the maximum of a channel. */
static void find(int64_t *row, int64_t *column, const fv__window_problem *p, const fv__view *x, int64_t n, int64_t i,
                 int64_t j, int64_t c) {
  float best = 0;
  *row = -1;
  for (int64_t a = 0; a < p->window.kernel_h; a++)
    for (int64_t b = 0; b < p->window.kernel_w; b++) {
      const float value = fv__view_at(x, n, i * p->window.stride_h + a, j * p->window.stride_w + b)[c];
      if (*row >= 0 && !(value > best) && !(isnan(value) && !isnan(best))) continue;
      best = value;
      *row = i * p->window.stride_h + a;
      *column = j * p->window.stride_w + b;
    }
}

static void reference_images(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  for (int64_t n = first; n < end; n++) {
    for (int64_t r = 0; r < p->h; r++) clear_pixels(call, n, r, 0, p->w);
    for (int64_t window = 0; window < p->out_h * p->out_w; window++)
      for (int64_t c = 0; c < p->c; c++) {
        int64_t row, column = 0;
        const int64_t i = window / p->out_w, j = window % p->out_w;
        find(&row, &column, p, &call->x[1], n, i, j, c);
        fv__view_at(&call->y, n, row, column)[c] = fv__view_at(&call->x[0], n, i, j)[c];
      }
  }
}

static void reference_forward(const fv__op_call *call) {
  fv__for_ranges(call, call->op->window.n, 1, reference_images);
}

static const fv__way WINDOWS = {.name = "windows apart", .why_not = fv__way_fits, .forward = forward};
static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = reference_forward};
static const fv__way *const WAYS[] = {&WINDOWS, &REFERENCE, NULL};

const fv__op_type fv__op_unpool = {
    .name = "unpool", .counts_images = true, .ways = WAYS, .input_gradient = fv__unpool_input_gradient};
