/* What the figures of lessons share: grids of numbers in panels. */
#ifndef FOVEA_FIGURE_LESSONS_H
#define FOVEA_FIGURE_LESSONS_H

#include <fovea/tensor.h>

#include "figure/canvas.h"

/* Cells of a grid, drawn over its numbers. */
typedef struct fv__cells {
  int32_t row, column, rows, columns;
} fv__cells;

typedef struct fv__number_grid {
  double x, y, cell; /* upper left corner, side of a cell; pixels */
  int32_t rows, columns;
  const float *numbers; /* row by row; NULL: none are written */
  int32_t shown;        /* only the first so many are written; 0: all */
} fv__number_grid;

enum { FV__LESSON_WIDTH = 960, FV__LESSON_MARGIN = 28 };

/* The page and its title; the pen is ink afterwards. */
void fv__lesson_begin(cairo_t *cr, const char *title);

/* Text that stands left, or on the middle `x`. */
void fv__lesson_text(cairo_t *cr, const char *text, double x, double y, double size, bool centred);

void fv__lesson_grid(cairo_t *cr, const fv__number_grid *grid);

/* The colours there are: 0 blue, 1 orange, 2 violet, 3 green, 4 gray. */
enum { FV__LESSON_COLOURS = 5 };
void fv__lesson_colour(cairo_t *cr, int colour, double alpha);
void fv__lesson_fill(cairo_t *cr, const fv__number_grid *grid, fv__cells cells, int colour);
void fv__lesson_frame(cairo_t *cr, const fv__number_grid *grid, fv__cells cells, int colour);

fv_status fv__lesson_sweep(const char *path) FV_CHECK;
fv_status fv__lesson_stride(const char *path) FV_CHECK;
fv_status fv__lesson_pooling(const char *path) FV_CHECK;
fv_status fv__lesson_dropout(const char *path) FV_CHECK;

#endif
