/* Zeros in the frame of y: `top`, `bottom`, `left`, `right` pixels of the window. What lies inside is left as it is. */
#include <string.h>

#include "ops/way.h"

static void clear(const fv__view *y, int64_t n, int64_t row, int64_t first, int64_t end) {
  for (int64_t j = first; j < end; j++) memset(fv__view_at(y, n, row, j), 0, (size_t)y->c * sizeof(float));
}

static void rows(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window *frame = &call->op->window.window;
  const fv__view *y = &call->y;
  for (int64_t item = first; item < end; item++) {
    const int64_t n = item / y->h, row = item % y->h;
    if (row < frame->top || row >= y->h - frame->bottom) {
      clear(y, n, row, 0, y->w);
      continue;
    }
    clear(y, n, row, 0, fv__min(frame->left, y->w));
    clear(y, n, row, fv__max(0, y->w - frame->right), y->w);
  }
}

static void forward(const fv__op_call *call) { fv__for_ranges(call, call->y.n * call->y.h, 16, rows); }

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_zero_border = {.name = "zero border", .ways = WAYS};
