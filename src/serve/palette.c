/* Palettes by their corner points, straight lines between them. viridis (S. van der Walt, N. Smith) and cividis (J.
 * Nunez, C. Anderton, R. Renslow, Optimizing colormaps with consideration for color vision deficiency, 2018) look
 * evenly spaced to all eyes; the diverging one goes from blue over nearly white to orange. */
#include "serve/palette.h"

#include <stddef.h>

const char *const fv__palette_names[] = {"viridis", "cividis", "grey", "inverted", "diverging", NULL};

enum { MOST_CORNERS = 9 };

static const struct {
  int count;
  uint8_t corners[MOST_CORNERS][3];
} palettes[] = {
    {9,
     {{68, 1, 84},
      {71, 44, 122},
      {59, 81, 139},
      {44, 113, 142},
      {33, 144, 141},
      {39, 173, 129},
      {92, 200, 99},
      {170, 220, 50},
      {253, 231, 37}}},
    {5, {{0, 34, 78}, {65, 77, 107}, {124, 123, 120}, {188, 175, 111}, {254, 232, 56}}},
    {2, {{0, 0, 0}, {255, 255, 255}}},
    {2, {{255, 255, 255}, {0, 0, 0}}},
    {5, {{5, 64, 140}, {102, 161, 209}, {245, 245, 245}, {242, 163, 90}, {166, 72, 3}}},
};

void fv__palette_fill(uint8_t colours[256][3], int index) {
  const int parts = palettes[index].count - 1;
  for (int v = 0; v < 256; v++) {
    const int at = v * parts, part = at / 255 < parts ? at / 255 : parts - 1, rest = at - part * 255;
    for (int k = 0; k < 3; k++) {
      const int from = palettes[index].corners[part][k], to = palettes[index].corners[part + 1][k];
      colours[v][k] = (uint8_t)((from * (255 - rest) + to * rest + 127) / 255);
    }
  }
}
