/* Cells of the neocognitron: what S and C cells share. Fukushima 1980, numbers of its equations in brackets; the whole
 * is told in src/zoo/neocognitron.c.
 */
#ifndef FOVEA_OPS_CELLS_H
#define FOVEA_OPS_CELLS_H

#include "ops/way.h"

/* The synapses of a window, one a tap, row by row: decay^|v| with |v| the distance from the window's middle, brought to
 * the sum `gain`. c(v) of [3] and d(v) of [4]. */
void fv__cells_synapses(const fv__cells_problem *cells, double *synapses);
size_t fv__cells_synapses_bytes(const fv__cells_problem *cells);

/* v of [3] at one place: the root of sum over the window of c(v) * mean over the planes of u^2. */
double fv__cells_root_mean_square(const fv__cells_problem *cells, const double *synapses, const fv__view *u,
                                  int64_t image, int64_t row, int64_t column);

#endif
