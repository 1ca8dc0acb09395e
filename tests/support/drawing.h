/* Graphs drawn at random: values read by several layers, nested concatenations, chains of activations, sums with
 * repeated axes, padding read twice, layers called twice, outputs that others read too. The same seed draws the same.
 */
#ifndef FOVEA_TESTS_DRAWING_H
#define FOVEA_TESTS_DRAWING_H

#include <fovea/fovea.h>

void draw_from(uint64_t seed);
uint32_t draw(uint32_t below); /* 0 to below - 1 */
int32_t less(int32_t most);    /* 1 to most */

/* A model with numbers in its weights. Failures are the test's. */
fv_model *draw_model(void);

/* Unknown extents count as 2. */
int64_t elements_of(fv_shape shape);

#endif
