/* A picture with boxes around what was found in it: each class has a colour, each box its class and score above it. */
#include <fovea-tools/figure.h>

#include <stdio.h>
#include <string.h>

#include "figure/canvas.h"

typedef struct scene {
  fv_image image; /* RGB */
  const fv_object *objects;
  int32_t count;
  const char *const *names;
} scene;

/* Colours that are told apart also where red and green are not (Okabe and Ito 2008). */
static void set_colour(cairo_t *cr, int32_t class_index) {
  static const double colours[][3] = {{0.90, 0.62, 0.00}, {0.34, 0.71, 0.91}, {0.00, 0.62, 0.45}, {0.94, 0.89, 0.26},
                                      {0.00, 0.45, 0.70}, {0.84, 0.37, 0.00}, {0.80, 0.47, 0.65}};
  const double *c = colours[(size_t)class_index % (sizeof colours / sizeof *colours)];
  cairo_set_source_rgb(cr, c[0], c[1], c[2]);
}

static void draw_pixels(cairo_t *cr, const fv_image *image) {
  cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, image->width, image->height);
  uint8_t *bytes = cairo_image_surface_get_data(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  const uint8_t *from = image->pixels;
  for (int32_t y = 0; bytes && y < image->height; y++)
    for (int32_t x = 0; x < image->width; x++, from += 3) {
      const uint32_t pixel = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
      memcpy(bytes + (ptrdiff_t)y * stride + 4 * x, &pixel, sizeof pixel);
    }
  cairo_surface_mark_dirty(surface);
  cairo_set_source_surface(cr, surface, 0, 0);
  cairo_paint(cr);
  cairo_surface_destroy(surface);
}

/* The label stands on the box, or inside where there is no room above. */
static void draw_object(cairo_t *cr, const scene *s, const fv_object *object, double size) {
  char label[160];
  const fv_box *b = &object->box;
  const double width = size / 7 > 1.5 ? size / 7 : 1.5, height = size * 1.35;
  const double top = (double)b->y0 >= height ? (double)b->y0 - height : (double)b->y0;
  set_colour(cr, object->class_index);
  cairo_set_line_width(cr, width);
  cairo_rectangle(cr, (double)b->x0, (double)b->y0, (double)(b->x1 - b->x0), (double)(b->y1 - b->y0));
  cairo_stroke(cr);
  snprintf(label, sizeof label, "%.120s %.2f", s->names[object->class_index], (double)object->score);
  fv__canvas_font(cr, size, false);
  const double text = fv__canvas_text_width(cr, label);
  cairo_rectangle(cr, (double)b->x0 - width / 2, top, text + size * 0.6, height);
  cairo_fill(cr);
  cairo_set_source_rgb(cr, 0, 0, 0);
  fv__canvas_text(cr, label, (double)b->x0 + size * 0.3, top + size, text + 1, false);
}

static void draw(cairo_t *cr, const void *figure) {
  const scene *s = figure;
  const int32_t smaller = s->image.height < s->image.width ? s->image.height : s->image.width;
  const double size = smaller / 32.0 < 9 ? 9 : smaller / 32.0;
  draw_pixels(cr, &s->image);
  for (int32_t i = s->count; i-- > 0;) draw_object(cr, s, &s->objects[i], size); /* the best on top */
}

static fv_status draw_scene(fv_image *figure, const char *path, const fv_image *image, const fv_object *objects,
                            int32_t count, const char *const *names) {
  scene s = {.objects = objects, .count = count, .names = names};
  fv_status status = fv_image_convert(&s.image, image, 3);
  if (status) return status;
  const fv__canvas canvas = {s.image.width, s.image.height, draw, &s, 0};
  status = figure ? fv__canvas_paint(figure, &canvas) : fv__canvas_write(path, &canvas);
  fv_image_destroy(&s.image);
  return status;
}

fv_status fv_figure_objects(const char *path, const fv_image *image, const fv_object *objects, int32_t count,
                            const char *const *names) {
  return draw_scene(NULL, path, image, objects, count, names);
}

fv_status fv_figure_objects_draw(fv_image *figure, const fv_image *image, const fv_object *objects, int32_t count,
                                 const char *const *names) {
  *figure = (fv_image){0};
  return draw_scene(figure, NULL, image, objects, count, names);
}
