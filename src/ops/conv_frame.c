/* Images inside frames of zeros, for windows that then never leave them. */
#include <string.h>

#include "ops/conv.h"
#include "ops/way.h"

typedef struct framing {
  const fv__window *window;
  const fv__view *x, *frame;
} framing;

static void frame_row(void *context, int64_t piece, int thread) {
  (void)thread;
  const framing *f = context;
  const fv__view *x = f->x, *frame = f->frame;
  const int64_t c = frame->c, n = piece / frame->h, row = piece % frame->h, from_row = row - f->window->top;
  float *to = fv__view_at(frame, n, row, 0);
  if (from_row < 0 || from_row >= x->h) {
    memset(to, 0, (size_t)frame->row * sizeof *to);
    return;
  }
  const int64_t left = fv__min(f->window->left, frame->w), count = fv__min(x->w, frame->w - left);
  const float *from = fv__view_at(x, n, from_row, 0);
  memset(to, 0, (size_t)(left * c) * sizeof *to);
  to += left * c;
  if (x->pixel == c)
    memcpy(to, from, (size_t)(count * c) * sizeof *to);
  else
    for (int64_t j = 0; j < count; j++) memcpy(to + j * c, from + j * x->pixel, (size_t)c * sizeof *to);
  memset(to + count * c, 0, (size_t)((frame->w - left - count) * c) * sizeof *to);
}

void fv__frame(fv__pool *pool, const fv__window *window, const fv__view *x, const fv__view *frame) {
  framing f = {window, x, frame};
  fv__parallel_for(pool, frame->n * frame->h, frame_row, &f);
}
