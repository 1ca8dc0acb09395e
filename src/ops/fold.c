/* Folding a few rows, in the order of the result. */
#include "ops/fold.h"

#include <string.h>

enum { STEP = FV__FOLD_SLACK };

/* A row of a square: `side` pixels of x from `column` on, of which some may be outside. */
static void copy_carefully(const fv__squares *f, const float *row, int64_t column, float *to) {
  const int64_t c = f->x->c;
  for (int64_t b = 0; b < f->side; b++, to += c) {
    if (row && column + b >= 0 && column + b < f->x->w)
      memcpy(to, row + (column + b) * f->x->pixel, (size_t)c * sizeof *to);
    else
      memset(to, 0, (size_t)c * sizeof *to);
  }
}

/* The same of pixels without gaps, STEP floats at a time: up to STEP - 1 too many are read and written. */
static void copy_steps(const float *from, int64_t count, float *to) {
  for (int64_t i = 0; i < count; i += STEP) memcpy(to + i, from + i, STEP * sizeof *to);
}

/* Rows of squares lie in the order of their channels, so that what was written too much is written over. */
static void fold_row(const fv__squares *f, const float *const *rows, float *to) {
  const int64_t run = f->side * f->x->c;
  const int64_t last = f->x->w - f->side - (STEP + f->x->c - 1) / f->x->c; /* a column with enough pixels behind it */
  for (int64_t j = 0; j < f->columns; j++, to += f->pixel) {
    const int64_t column = f->left + j * f->side;
    const bool inside = column >= 0 && column <= last && f->x->pixel == f->x->c;
    for (int64_t a = 0; a < f->side; a++) {
      if (inside && rows[a])
        copy_steps(rows[a] + column * f->x->pixel, run, to + a * run);
      else
        copy_carefully(f, rows[a], column, to + a * run);
    }
  }
}

void fv__fold_squares(const fv__squares *f, float *to) {
  const float *rows[FV__FOLD_SIDE];
  for (int64_t i = 0; i < f->rows; i++, to += f->columns * f->pixel) {
    for (int64_t a = 0; a < f->side; a++) {
      const int64_t row = f->top + i * f->side + a;
      rows[a] = row >= 0 && row < f->x->h ? fv__view_at(f->x, f->n, row, 0) : NULL;
    }
    fold_row(f, rows, to);
  }
}
