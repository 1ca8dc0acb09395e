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

#include <cairo.h>

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

/* The length of the UTF-8 sign at `at`, 0 when it is none that cairo takes (a file's name may hold any bytes). */
static size_t sign_length(const unsigned char *at) {
  size_t length = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;
  for (size_t i = 1; i < length; i++)
    if ((at[i] & 0xc0) != 0x80) return 0;
  if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f)) return 0;
  if ((at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f)) return 0;
  return length;
}

/* As much of `text` as fits, what cannot be shown written '?'. */
static void copy_text(char *to, size_t size, const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  size_t used = 0;
  while (*at) {
    size_t length = *at < 0x20 || *at == 0x7f ? 0 : sign_length(at), step = length ? length : 1;
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

/* One line of text, centred on `x` when `centred`, its baseline at y. */
static void draw_text(cairo_t *cr, const char *given, double x, double y, double room, bool centred) {
  char text[256];
  copy_text(text, sizeof text - 4, given);
  shorten(cr, text, sizeof text, room);
  cairo_text_extents_t extents;
  cairo_text_extents(cr, text, &extents);
  cairo_move_to(cr, centred ? floor(x - extents.x_advance / 2) : x, y);
  cairo_show_text(cr, text);
}

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
  cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  if (picture->title) {
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    cairo_set_font_size(cr, 15);
    draw_text(cr, picture->title, middle, here->y - 9, room, true);
  }
  char size[48];
  snprintf(size, sizeof size, "%d \xc3\x97 %d", (int)picture->image->height, (int)picture->image->width);
  cairo_set_source_rgb(cr, 0.42, 0.42, 0.42);
  cairo_set_font_size(cr, 12);
  draw_text(cr, picture->remark ? picture->remark : size, middle, here->y + height + 17, room, true);
}

static void draw(cairo_t *cr, const grid *g) {
  cairo_set_source_rgb(cr, 1, 1, 1);
  cairo_paint(cr);
  if (g->title) {
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
    cairo_set_font_size(cr, 19);
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    draw_text(cr, g->title, MARGIN, MARGIN + 18, g->width - 2 * MARGIN, false);
  }
  for (int32_t i = 0; i < g->count; i++) {
    double room = g->cells[i].image.width > g->side / 2 ? g->cells[i].image.width + GAP : g->side / 2;
    draw_cell(cr, &g->pictures[i], &g->cells[i], room);
  }
}

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

static fv_status paint(fv_image *figure, const grid *g) {
  fv_status status = fv_image_create(figure, g->height, g->width, 3);
  if (status) return status;
  cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, g->width, g->height);
  cairo_t *cr = cairo_create(surface);
  draw(cr, g);
  if (cairo_status(cr) == CAIRO_STATUS_SUCCESS && cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS)
    copy_out(figure, surface);
  else
    status = fv_error_set(FV_ERROR_MEMORY, "cairo could not draw the figure");
  cairo_destroy(cr);
  cairo_surface_destroy(surface);
  if (status) fv_image_destroy(figure);
  return status;
}

fv_status fv_figure_grid_draw(fv_image *figure, const fv_figure_picture *pictures, int32_t count,
                              const fv_figure_options *given) {
  *figure = (fv_image){0};
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
    status = paint(figure, &g);
  }
  for (int32_t i = 0; i < count; i++) fv_image_destroy(&g.cells[i].image);
  free(g.cells);
  return status;
}

fv_status fv_figure_grid(const char *path, const fv_figure_picture *pictures, int32_t count,
                         const fv_figure_options *options) {
  fv_image figure;
  fv_status status = fv_figure_grid_draw(&figure, pictures, count, options);
  if (status) return status;
  status = fv_image_write(path, &figure);
  fv_image_destroy(&figure);
  return status;
}
