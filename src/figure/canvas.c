/* Surfaces of figures; see canvas.h. Lines go through memory, so that a file appears complete or not at all. */
#include "figure/canvas.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cairo-pdf.h>
#include <cairo-svg.h>

#include <fovea-tools/figure.h>
#include <fovea/bytes.h>
#include <fovea/text.h>

/* ---- text */

/* As much of `text` as fits; what cannot be shown (a file's name may hold any bytes) is written '?'. */
static void copy_text(char *to, size_t size, const char *text) {
  const char *at = text;
  size_t used = 0;
  while (*at) {
    const bool is_control = (unsigned char)*at < 0x20 || *at == 0x7f;
    size_t length = is_control ? 0 : fv_text_sign(at, 4), step = length ? length : 1;
    if (used + step >= size) break;
    if (length)
      memcpy(to + used, at, length);
    else
      to[used] = '?';
    used += step;
    at += step;
  }
  to[used] = '\0';
}

/* Shortens a text with an ellipsis until it is no wider than `room`; UTF-8 signs stay whole. */
static void shorten(cairo_t *cr, char *text, size_t size, double room) {
  cairo_text_extents_t extents;
  cairo_text_extents(cr, text, &extents);
  size_t length = strlen(text);
  while (extents.x_advance > room && length > 0) {
    do length--;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80);
    snprintf(text + length, size - length, "\xe2\x80\xa6");
    cairo_text_extents(cr, text, &extents);
  }
}

void fv__canvas_text(cairo_t *cr, const char *given, double x, double y, double room, bool centred) {
  char text[256];
  copy_text(text, sizeof text - 4, given);
  shorten(cr, text, sizeof text, room);
  cairo_text_extents_t extents;
  cairo_text_extents(cr, text, &extents);
  cairo_move_to(cr, centred ? floor(x - extents.x_advance / 2) : x, y);
  cairo_show_text(cr, text);
}

double fv__canvas_text_width(cairo_t *cr, const char *given) {
  char text[256];
  copy_text(text, sizeof text - 4, given);
  cairo_text_extents_t extents;
  cairo_text_extents(cr, text, &extents);
  return extents.x_advance;
}

void fv__canvas_font(cairo_t *cr, double size, bool bold) {
  cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                         bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cr, size);
}

/* ---- pixels */

static void copy_out(fv_image *figure, cairo_surface_t *surface) {
  cairo_surface_flush(surface);
  const uint8_t *bytes = cairo_image_surface_get_data(surface);
  int stride = cairo_image_surface_get_stride(surface);
  uint8_t *to = figure->pixels;
  for (int32_t y = 0; y < figure->height; y++)
    for (int32_t x = 0; x < figure->width; x++, to += 3) {
      uint32_t pixel;
      memcpy(&pixel, bytes + (ptrdiff_t)y * stride + 4 * x, sizeof pixel);
      to[0] = (uint8_t)(pixel >> 16);
      to[1] = (uint8_t)(pixel >> 8);
      to[2] = (uint8_t)pixel;
    }
}

static fv_status draw_on(cairo_surface_t *surface, double scale, const fv__canvas *canvas) {
  cairo_t *cr = cairo_create(surface);
  cairo_scale(cr, scale, scale);
  canvas->draw(cr, canvas->figure);
  bool good = cairo_status(cr) == CAIRO_STATUS_SUCCESS && cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS;
  cairo_destroy(cr);
  return good ? FV_OK : fv_error_set(FV_ERROR_MEMORY, "cairo could not draw the figure");
}

fv_status fv__canvas_paint(fv_image *figure, const fv__canvas *canvas) {
  double scale = canvas->scale > 0 ? canvas->scale : 1;
  int32_t width = (int32_t)fmax(1, canvas->width * scale), height = (int32_t)fmax(1, canvas->height * scale);
  fv_status status = fv_image_create(figure, height, width, 3);
  if (status) return status;
  cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
  status = draw_on(surface, scale, canvas);
  if (status)
    fv_image_destroy(figure);
  else
    copy_out(figure, surface);
  cairo_surface_destroy(surface);
  return status;
}

/* ---- lines */

typedef struct bytes {
  unsigned char *at;
  size_t size, room;
} bytes;

static cairo_status_t append(void *closure, const unsigned char *data, unsigned int length) {
  bytes *all = closure;
  if (all->room - all->size < length) {
    size_t room = 2 * all->room + length;
    unsigned char *larger = realloc(all->at, room);
    if (!larger) return CAIRO_STATUS_NO_MEMORY;
    all->at = larger;
    all->room = room;
  }
  if (length) memcpy(all->at + all->size, data, length);
  all->size += length;
  return CAIRO_STATUS_SUCCESS;
}

/* The longest side of a page that all readers take, in points. */
static const double PDF_SIDE = 14400;

static fv_status write_lines(const char *path, bool pdf, const fv__canvas *canvas) {
  bytes all = {0};
  double larger = canvas->width > canvas->height ? canvas->width : canvas->height;
  double unit = pdf ? fmin(0.75, PDF_SIDE / larger) : 1, width = canvas->width * unit, height = canvas->height * unit;
  cairo_surface_t *surface = pdf ? cairo_pdf_surface_create_for_stream(append, &all, width, height)
                                 : cairo_svg_surface_create_for_stream(append, &all, width, height);
  if (pdf) /* without the time of day the same figure has the same bytes */
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
  else
    cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
  fv_status status = draw_on(surface, unit, canvas);
  cairo_surface_finish(surface);
  if (!status && cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
    status = fv_error_set(FV_ERROR_MEMORY, "cairo could not write the figure");
  cairo_surface_destroy(surface);
  if (!status) status = fv_bytes_write(path, all.at, all.size);
  free(all.at);
  return status;
}

/* ---- files */

static bool ends_in(const char *path, const char *ending) {
  size_t length = strlen(path), tail = strlen(ending);
  return length >= tail && !strcasecmp(path + length - tail, ending);
}

fv_status fv_figure_check_name(const char *path) {
  if (ends_in(path, ".svg") || ends_in(path, ".pdf")) return FV_OK;
  if (fv_image_check_name(path) == FV_OK) return FV_OK;
  return fv_error_set(FV_ERROR_INVALID, "the name of a figure must end in .png, .svg, .pdf, .jpg, .bmp or .ppm");
}

fv_status fv__canvas_write(const char *path, const fv__canvas *canvas) {
  if (ends_in(path, ".svg") || ends_in(path, ".pdf")) return write_lines(path, ends_in(path, ".pdf"), canvas);
  fv_status status = fv_figure_check_name(path);
  if (status) return status;
  fv_image figure;
  status = fv__canvas_paint(&figure, canvas);
  if (status) return status;
  status = fv_image_write(path, &figure);
  fv_image_destroy(&figure);
  return status;
}
