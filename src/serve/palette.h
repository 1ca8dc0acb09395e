/* Colours for numbers, as the page has them: for numbers from 0 up, and for numbers on both sides of 0. No rainbow: its
 * steps are not in the data. */
#ifndef FOVEA_SERVE_PALETTE_H
#define FOVEA_SERVE_PALETTE_H

#include <stdint.h>

/* Names in order, ended by NULL; the last is for both sides of 0. */
extern const char *const fv__palette_names[];

/* Fills 256 colours of palette `index`. */
void fv__palette_fill(uint8_t colours[256][3], int index);

enum { FV__PALETTE_DIVERGING = 4 };

#endif
