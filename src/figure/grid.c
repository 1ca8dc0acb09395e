/* A grid of pictures.
 *
 *   +--------------------------------------+   every column is as wide as its widest picture, every row as high as its
 *   |  figure title                        |   highest; a cell is title, picture with a hairline around it, remark.
 *   |  title      title      title         |
 *   |  [picture]  [picture]  [picture]     |   Pictures are brought to their size with the library's own resizing and
 *   |  remark     remark     remark        |   drawn pixel by pixel, so they are as sharp as they can be.
 *   +--------------------------------------+
 */
#include <fovea-tools/figure.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figure/canvas.h"

enum { MARGIN = 28, GAP = 22, TITLE = 24, REMARK = 20, HEADING = 40, SIDE = 300, MOST_SIDE = 2048 };

typedef struct cell {
  fv_image image; /* at its final size */
  double x, y;    /* of the picture's upper left corner */
} cell;

typedef struct grid {
  const fv_figure_picture *pictures;
  int32_t count, columns, rows, side;
  const char *title;
  cell *cells;
  int32_t width, height;
} grid;

/* ---- sizes */

static fv_status check(const fv_figure_picture *pictures, int32_t count, const fv_figure_options *options) {
  if (count < 1 || count > FV_FIGURE_MAX_PICTURES)
    return fv_error_set(FV_ERROR_INVALID, "a figure has 1 to 1024 pictures");
  for (int32_t i = 0; i < count; i++)
    if (!pictures[i].image || !pictures[i].image->pixels)
      return fv_error_set(FV_ERROR_INVALID, "a picture of the figure is empty");
  if (options->columns < 0 || options->side < 0 || (options->side && options->side < 16) || options->side > MOST_SIDE)
    return fv_error_set(FV_ERROR_INVALID, "a figure has at least one column, and pictures of 16 to 2048 pixels");
  return FV_OK;
}

static int32_t choose_columns(int32_t count, int32_t asked) {
  if (asked) return asked < count ? asked : count;
  return count <= 5 ? count : (int32_t)ceil(sqrt(count));
}

/* The picture in RGB, its larger side `side` pixels: shrunk smoothly, or enlarged with visible pixels. */
static fv_status fit(fv_image *out, const fv_image *in, int32_t side) {
  int32_t larger = in->height > in->width ? in->height : in->width;
  double factor = (double)side / larger;
  int32_t height = (int32_t)lround(in->height * factor), width = (int32_t)lround(in->width * factor);
  fv_image sized;
  fv_status status = fv_image_resize(&sized, in, height < 1 ? 1 : height, width < 1 ? 1 : width,
                                     factor < 1 ? "pil-bicubic" : "pil-nearest");
  if (status) return status;
  status = fv_image_convert(out, &sized, 3);
  if (!status && sized.channels == 4) /* on white */
    for (size_t i = 0, n = (size_t)out->height * (size_t)out->width; i < n; i++)
      for (size_t c = 0; c < 3; c++) {
        unsigned alpha = sized.pixels[4 * i + 3];
        out->pixels[3 * i + c] = (uint8_t)((out->pixels[3 * i + c] * alpha + 255u * (255u - alpha) + 127u) / 255u);
      }
  fv_image_destroy(&sized);
  return status;
}

/* Gives every cell its place and the grid its extents. */
static void place(grid *g) {
  double y = MARGIN + (g->title ? HEADING : 0), right = 0;
  for (int32_t row = 0; row < g->rows; row++) {
    double x = MARGIN, tallest = 0;
    for (int32_t column = 0; column < g->columns && row * g->columns + column < g->count; column++) {
      cell *here = &g->cells[row * g->columns + column];
      double widest = 0;
      for (int32_t i = column; i < g->count; i += g->columns)
        if (g->cells[i].image.width > widest) widest = g->cells[i].image.width;
      here->x = x + floor((widest - here->image.width) / 2);
      here->y = y + TITLE;
      if (here->image.height > tallest) tallest = here->image.height;
      x += widest + GAP;
    }
    if (x > right) right = x;
    y += TITLE + tallest + REMARK + GAP;
  }
  g->width = (int32_t)(right - GAP + MARGIN);
  g->height = (int32_t)(y - GAP + MARGIN);
}

/* ---- drawing */

static void draw_pixels(cairo_t *cr, const cell *here) {
  const fv_image *image = &here->image;
  cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, image->width, image->height);
  uint8_t *bytes = cairo_image_surface_get_data(surface);
  int stride = cairo_image_surface_get_stride(surface);
  const uint8_t *from = image->pixels;
  for (int32_t y = 0; bytes && y < image->height; y++)
    for (int32_t x = 0; x < image->width; x++, from += 3) {
      uint32_t pixel = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
      memcpy(bytes + (ptrdiff_t)y * stride + 4 * x, &pixel, sizeof pixel);
    }
  cairo_surface_mark_dirty(surface);
  cairo_set_source_surface(cr, surface, here->x, here->y);
  cairo_paint(cr);
  cairo_surface_destroy(surface);
}

static void draw_cell(cairo_t *cr, const fv_figure_picture *picture, const cell *here, double room) {
  double width = here->image.width, height = here->image.height, middle = here->x + width / 2;
  draw_pixels(cr, here);
  cairo_set_source_rgb(cr, 0.72, 0.72, 0.72);
  cairo_set_line_width(cr, 1);
  cairo_rectangle(cr, here->x - 0.5, here->y - 0.5, width + 1, height + 1);
  cairo_stroke(cr);
  if (picture->title) {
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    fv__canvas_font(cr, 15, false);
    fv__canvas_text(cr, picture->title, middle, here->y - 9, room, true);
  }
  char size[48];
  snprintf(size, sizeof size, "%d \xc3\x97 %d", (int)picture->image->height, (int)picture->image->width);
  cairo_set_source_rgb(cr, 0.42, 0.42, 0.42);
  fv__canvas_font(cr, 12, false);
  fv__canvas_text(cr, picture->remark ? picture->remark : size, middle, here->y + height + 17, room, true);
}

static void draw(cairo_t *cr, const void *figure) {
  const grid *g = figure;
  cairo_set_source_rgb(cr, 1, 1, 1);
  cairo_paint(cr);
  if (g->title) {
    fv__canvas_font(cr, 19, true);
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    fv__canvas_text(cr, g->title, MARGIN, MARGIN + 18, g->width - 2 * MARGIN, false);
  }
  for (int32_t i = 0; i < g->count; i++) {
    double room = g->cells[i].image.width > g->side / 2 ? g->cells[i].image.width + GAP : g->side / 2;
    draw_cell(cr, &g->pictures[i], &g->cells[i], room);
  }
}

/* Draws into `*image`, or where it is NULL into a file. */
static fv_status draw_grid(fv_image *image, const char *path, const fv_figure_picture *pictures, int32_t count,
                           const fv_figure_options *given) {
  fv_figure_options options = given ? *given : (fv_figure_options){0};
  fv_status status = check(pictures, count, &options);
  if (status) return status;
  grid g = {
      .pictures = pictures, .count = count, .columns = choose_columns(count, options.columns), .title = options.title};
  g.rows = (count + g.columns - 1) / g.columns;
  g.side = options.side ? options.side : SIDE;
  g.cells = calloc((size_t)count, sizeof *g.cells);
  if (!g.cells) return fv_error_set(FV_ERROR_MEMORY, "no memory for a figure");
  for (int32_t i = 0; !status && i < count; i++) status = fit(&g.cells[i].image, pictures[i].image, g.side);
  if (!status) {
    place(&g);
    fv__canvas canvas = {g.width, g.height, draw, &g};
    status = image ? fv__canvas_paint(image, &canvas) : fv__canvas_write(path, &canvas);
  }
  for (int32_t i = 0; i < count; i++) fv_image_destroy(&g.cells[i].image);
  free(g.cells);
  return status;
}

fv_status fv_figure_grid_draw(fv_image *figure, const fv_figure_picture *pictures, int32_t count,
                              const fv_figure_options *options) {
  *figure = (fv_image){0};
  return draw_grid(figure, NULL, pictures, count, options);
}

fv_status fv_figure_grid(const char *path, const fv_figure_picture *pictures, int32_t count,
                         const fv_figure_options *options) {
  return draw_grid(NULL, path, pictures, count, options);
}
