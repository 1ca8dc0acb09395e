/* Weights that lie by fv__steps: the elements of an image that one of them, or a block of neighbours, belongs to. */
#ifndef FOVEA_OPS_SHARED_WEIGHTS_H
#define FOVEA_OPS_SHARED_WEIGHTS_H

#include "ops/way.h"

enum { FV__SHARED_BLOCK = 64 };

/* Rows, columns and channels of every image. Weight `first` + i belongs to channel c0 + i, or to all channels. */
typedef struct fv__shared {
  int64_t h0, h1, w0, w1, c0, c1, first, count;
} fv__shared;

static inline int64_t fv__shared_blocks(const fv__view *view) {
  return (view->c + FV__SHARED_BLOCK - 1) / FV__SHARED_BLOCK;
}

/* How many blocks there are; they are independent of each other. */
static inline int64_t fv__shared_count(const fv__steps *steps, const fv__view *view) {
  return (steps->h ? view->h : 1) * (steps->w ? view->w : 1) * (steps->c ? fv__shared_blocks(view) : 1);
}

static inline fv__shared fv__shared_at(const fv__steps *steps, const fv__view *view, int64_t index) {
  fv__shared s = {0, view->h, 0, view->w, 0, view->c, 0, 1};
  if (steps->c) {
    s.c0 = index % fv__shared_blocks(view) * FV__SHARED_BLOCK;
    s.c1 = fv__min(view->c, s.c0 + FV__SHARED_BLOCK);
    s.count = s.c1 - s.c0;
    index /= fv__shared_blocks(view);
  }
  if (steps->w) {
    s.w0 = index % view->w;
    s.w1 = s.w0 + 1;
    index /= view->w;
  }
  if (steps->h) {
    s.h0 = index;
    s.h1 = s.h0 + 1;
  }
  s.first = s.h0 * steps->h + s.w0 * steps->w + s.c0 * steps->c;
  return s;
}

#endif
