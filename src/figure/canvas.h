/* Where figures are drawn: pixels (PNG, JPEG, BMP, PPM) or lines (SVG, PDF). A figure draws itself once, with cairo,
 * and does not know which. */
#ifndef FOVEA_FIGURE_CANVAS_H
#define FOVEA_FIGURE_CANVAS_H

#include <fovea/image.h>

#include <cairo.h>

typedef struct fv__canvas {
  int32_t width, height; /* pixels; 3/4 point each on paper */
  void (*draw)(cairo_t *cr, const void *figure);
  const void *figure;
  double scale; /* so many pixels for one, in images; 0: 1 */
} fv__canvas;

/* What kind of file is decided by the ending. Errors: FV_ERROR_INVALID for another ending; those of writing. */
fv_status fv__canvas_write(const char *path, const fv__canvas *canvas) FV_CHECK;

/* The same as a new image. */
fv_status fv__canvas_paint(fv_image *figure, const fv__canvas *canvas) FV_CHECK;

/* One line of text in the present font and colour, its baseline at y, shortened with an ellipsis to `room`; x is its
 * left end or, when `centred`, its middle. Bytes that are no UTF-8 and control characters appear as '?'. */
void fv__canvas_text(cairo_t *cr, const char *text, double x, double y, double room, bool centred);

/* How wide a text is in the present font, as far as a line of it is ever shown. */
double fv__canvas_text_width(cairo_t *cr, const char *text);

/* The font of figures, in pixels. */
void fv__canvas_font(cairo_t *cr, double size, bool bold);

#endif
