/* What S and C cells share: synapses that weaken from the middle of a window, and the inhibitory cell of S cells. */
#include "ops/cells.h"

#include <math.h>

size_t fv__cells_synapses_bytes(const fv__cells_problem *cells) {
  return (size_t)cells->window.kernel_h * (size_t)cells->window.kernel_w * sizeof(double);
}

void fv__cells_synapses(const fv__cells_problem *cells, double *synapses) {
  const int32_t rows = cells->window.kernel_h, columns = cells->window.kernel_w;
  double sum = 0;
  for (int32_t a = 0; a < rows; a++)
    for (int32_t b = 0; b < columns; b++)
      sum += synapses[a * columns + b] = pow(cells->decay, hypot(a - (rows - 1) / 2.0, b - (columns - 1) / 2.0));
  for (int32_t i = 0; i < rows * columns; i++) synapses[i] *= cells->gain / sum;
}

double fv__cells_root_mean_square(const fv__cells_problem *cells, const double *synapses, const fv__view *u,
                                  int64_t image, int64_t row, int64_t column) {
  const fv__window *w = &cells->window;
  double sum = 0;
  for (int32_t a = 0; a < w->kernel_h; a++)
    for (int32_t b = 0; b < w->kernel_w; b++) {
      const int64_t i = row + a - w->top, j = column + b - w->left;
      if (i < 0 || i >= u->h || j < 0 || j >= u->w) continue;
      const float *x = fv__view_at(u, image, i, j);
      double squares = 0;
      for (int64_t c = 0; c < u->c; c++) squares += (double)x[c] * (double)x[c];
      sum += synapses[a * w->kernel_w + b] * squares;
    }
  return sqrt(sum / (double)u->c);
}
