/* Convolution of a line of numbers, drawn as it is explained: flip, shift, multiply, sum.
 *
 *   signal                      all of it
 *   kernel        flipped       its numbers
 *   place i       place j       place k         three places: the signal there, the flipped kernel shifted to it,
 *                                               their products, and the sum of these
 *   result                      with the three places marked
 */
#include <fovea-tools/figure.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figure/canvas.h"

enum { WIDTH = 960, MARGIN = 28, GAP = 24, PLOT = 96, HEADING = 40, LABEL = 22, PLACES = 3, MOST_STEMS = 120 };

typedef struct colour {
  double red, green, blue;
} colour;

static const colour ink = {0.1, 0.1, 0.1}, pale = {0.42, 0.42, 0.42}, hairline = {0.8, 0.8, 0.8},
                    signal_colour = {0.2, 0.42, 0.65}, kernel_colour = {0.75, 0.36, 0.1},
                    product_colour = {0.45, 0.3, 0.6}, result_colour = {0.12, 0.48, 0.3};

typedef struct window { /* what lies under the kernel at one place */
  int64_t place, first; /* index of the result; index of the signal under the first element, maybe outside */
  double *signal, *products;
  double sum;
} window;

typedef struct convolution {
  const char *title;
  const fv_tensor *signal;
  fv_tensor result;
  int32_t size; /* of the kernel */
  double *kernel, *flipped;
  window windows[PLACES];
  int32_t places;
  double *values; /* signal, then result, for plots */
  int64_t count, result_count;
} convolution;

/* ---- plots */

typedef struct plot {
  double x, y, width, height; /* of the frame */
  const double *values;
  int64_t count;
  colour line;
  double low, high; /* 0 is always in */
} plot;

static void set_colour(cairo_t *cr, colour c) { cairo_set_source_rgb(cr, c.red, c.green, c.blue); }

static void find_range(plot *p) {
  p->low = p->high = 0;
  for (int64_t i = 0; i < p->count; i++) {
    if (p->values[i] < p->low) p->low = p->values[i];
    if (p->values[i] > p->high) p->high = p->values[i];
  }
  if (p->high <= p->low) p->high = p->low + 1;
}

static double height_of(const plot *p, double value) {
  double room = p->height - 12;
  return p->y + 6 + room * (p->high / (p->high - p->low) - value / (p->high - p->low));
}

static double middle_of(const plot *p, int64_t index) {
  return p->x + p->width * ((double)index + 0.5) / (double)p->count;
}

static void draw_stems(cairo_t *cr, const plot *p) {
  double dot = fmin(3.5, p->width / (double)p->count / 3);
  for (int64_t i = 0; i < p->count; i++) {
    double x = middle_of(p, i), y = height_of(p, p->values[i]);
    cairo_move_to(cr, x, height_of(p, 0));
    cairo_line_to(cr, x, y);
    cairo_stroke(cr);
    cairo_arc(cr, x, y, dot, 0, 6.28318530718);
    cairo_fill(cr);
  }
}

/* One step a number, or where there are more than pixels the lowest and the highest of each pixel. */
static void draw_curve(cairo_t *cr, const plot *p) {
  int64_t columns = p->count < 2 * (int64_t)p->width ? p->count : (int64_t)p->width;
  for (int64_t i = 0; i < columns; i++) {
    int64_t from = i * p->count / columns, to = (i + 1) * p->count / columns;
    double low = p->values[from], high = low, x = p->x + p->width * ((double)i + 0.5) / (double)columns;
    for (int64_t k = from; k < to; k++) {
      low = fmin(low, p->values[k]);
      high = fmax(high, p->values[k]);
    }
    if (i)
      cairo_line_to(cr, x, height_of(p, low));
    else
      cairo_move_to(cr, x, height_of(p, low));
    if (high > low) cairo_line_to(cr, x, height_of(p, high));
  }
  cairo_stroke(cr);
}

static void draw_plot(cairo_t *cr, const plot *p) {
  cairo_set_line_width(cr, 1);
  set_colour(cr, hairline);
  cairo_rectangle(cr, p->x + 0.5, p->y + 0.5, p->width - 1, p->height - 1);
  cairo_stroke(cr);
  cairo_move_to(cr, p->x, floor(height_of(p, 0)) + 0.5);
  cairo_line_to(cr, p->x + p->width, floor(height_of(p, 0)) + 0.5);
  cairo_stroke(cr);
  set_colour(cr, p->line);
  cairo_set_line_width(cr, 1.6);
  if (p->count <= MOST_STEMS)
    draw_stems(cr, p);
  else
    draw_curve(cr, p);
}

static void draw_label(cairo_t *cr, const char *text, double x, double y, double room, bool strong) {
  set_colour(cr, strong ? ink : pale);
  fv__canvas_font(cr, strong ? 14 : 12, false);
  fv__canvas_text(cr, text, x, y, room, false);
}

/* A plot under its label; the numbers themselves are written into the label when there are few. */
static double draw_panel(cairo_t *cr, plot p, const char *label, bool with_numbers) {
  char text[256];
  size_t used = (size_t)snprintf(text, sizeof text, "%s", label);
  for (int64_t i = 0; with_numbers && p.count <= 9 && i < p.count && used < sizeof text; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%s %.4g", i ? "," : ":", p.values[i] + 0.0);
  draw_label(cr, text, p.x, p.y + 14, p.width, true);
  p.y += LABEL;
  find_range(&p);
  draw_plot(cr, &p);
  return p.y + p.height;
}

/* ---- the figure */

static void draw_place(cairo_t *cr, const convolution *c, const window *w, double x, double y, double width) {
  char text[96];
  snprintf(text, sizeof text, "shift to place %lld", (long long)w->place);
  draw_label(cr, text, x, y + 14, width, true);
  y += 8;
  plot p = {x, y, width, 64, w->signal, c->size, signal_colour, 0, 0};
  y = draw_panel(cr, p, "", false);
  p = (plot){x, y - LABEL + 6, width, 64, c->flipped, c->size, kernel_colour, 0, 0};
  y = draw_panel(cr, p, "", false);
  p = (plot){x, y + 4, width, 64, w->products, c->size, product_colour, 0, 0};
  y = draw_panel(cr, p, "multiply", true);
  snprintf(text, sizeof text, "sum: %.6g", w->sum + 0.0);
  draw_label(cr, text, x, y + 18, width, true);
}

static void draw_marks(cairo_t *cr, const convolution *c, double y) {
  plot p = {MARGIN, y + LABEL, WIDTH - 2 * MARGIN, PLOT, c->values + c->count, c->result_count, result_colour, 0, 0};
  find_range(&p);
  set_colour(cr, product_colour);
  cairo_set_line_width(cr, 1.6);
  for (int32_t i = 0; i < c->places; i++) {
    int64_t place = c->windows[i].place;
    cairo_arc(cr, middle_of(&p, place), height_of(&p, p.values[place]), 6, 0, 6.28318530718);
    cairo_stroke(cr);
  }
}

static void draw(cairo_t *cr, const void *figure) {
  const convolution *c = figure;
  double whole = WIDTH - 2 * MARGIN, half = (whole - GAP) / 2, third = (whole - 2 * GAP) / 3, y = MARGIN;
  cairo_set_source_rgb(cr, 1, 1, 1);
  cairo_paint(cr);
  if (c->title) {
    set_colour(cr, ink);
    fv__canvas_font(cr, 19, true);
    fv__canvas_text(cr, c->title, MARGIN, y + 18, whole, false);
    y += HEADING;
  }
  char text[64];
  snprintf(text, sizeof text, "signal, %lld numbers", (long long)c->count);
  y = draw_panel(cr, (plot){MARGIN, y, whole, PLOT, c->values, c->count, signal_colour, 0, 0}, text, false) + GAP;
  draw_panel(cr, (plot){MARGIN, y, half, 64, c->kernel, c->size, kernel_colour, 0, 0}, "kernel", true);
  y = draw_panel(cr, (plot){MARGIN + half + GAP, y, half, 64, c->flipped, c->size, kernel_colour, 0, 0}, "flip", true);
  y += GAP;
  for (int32_t i = 0; i < c->places; i++) draw_place(cr, c, &c->windows[i], MARGIN + i * (third + GAP), y, third);
  y += 8 + LABEL + 64 + 6 + 64 + 4 + LABEL + 64 + 26 + GAP;
  snprintf(text, sizeof text, "result, %lld numbers", (long long)c->result_count);
  plot last = {MARGIN, y, whole, PLOT, c->values + c->count, c->result_count, result_colour, 0, 0};
  draw_panel(cr, last, text, false);
  draw_marks(cr, c, y);
}

/* ---- numbers */

/* Three places worth a look: the first, the one with the largest answer, the last; or the middle where two are one. */
static void choose_places(convolution *c) {
  int64_t count = c->result_count, strongest = 0;
  for (int64_t i = 0; i < count; i++)
    if (fabs((double)c->result.data[i]) > fabs((double)c->result.data[strongest])) strongest = i;
  if (strongest == 0 || strongest == count - 1) strongest = count / 2;
  int64_t chosen[PLACES] = {0, strongest, count - 1};
  for (int32_t i = 0; i < PLACES; i++)
    if (i == 0 || chosen[i] != c->windows[c->places - 1].place) c->windows[c->places++].place = chosen[i];
}

static void look_under(const convolution *c, window *w, const fv_filter_options *options) {
  int64_t step = options->stride.width ? options->stride.width : options->stride.height ? options->stride.height : 1;
  int32_t border = options->border ? options->border : FV_BORDER_EDGE;
  bool valid = options->padding && !strcmp(options->padding, "valid");
  w->first = w->place * step - (valid ? 0 : (c->size - 1) / 2);
  for (int32_t k = 0; k < c->size; k++) {
    int64_t source = fv_filter_border_source(w->first + k, c->count, border);
    w->signal[k] = source < 0 ? 0 : (double)c->signal->data[source];
    w->products[k] = w->signal[k] * c->flipped[k];
    w->sum += w->products[k];
  }
}

/* Fills the figure's numbers into `memory`: signal, result, kernel, flipped kernel, and two lines for each place. */
static void fill(convolution *c, double *memory, const fv_filter_kernel *kernel, const fv_filter_options *options) {
  c->values = memory;
  c->kernel = memory + c->count + c->result_count;
  c->flipped = c->kernel + c->size;
  for (int64_t i = 0; i < c->count; i++) c->values[i] = (double)c->signal->data[i];
  for (int64_t i = 0; i < c->result_count; i++) c->values[c->count + i] = (double)c->result.data[i];
  for (int32_t k = 0; k < c->size; k++) {
    c->kernel[k] = kernel->weights[k];
    c->flipped[k] = kernel->weights[c->size - 1 - k];
  }
  choose_places(c);
  for (int32_t i = 0; i < c->places; i++) {
    c->windows[i].signal = c->flipped + (1 + 2 * i) * c->size;
    c->windows[i].products = c->windows[i].signal + c->size;
    look_under(c, &c->windows[i], options);
  }
}

fv_status fv_figure_convolution(const char *path, const fv_tensor *signal, const fv_filter_kernel *kernel,
                                const fv_filter_options *given, const char *title) {
  if (signal->shape.rank != 2 || signal->shape.dims[0] != 1 || kernel->height != 1)
    return fv_error_set(FV_ERROR_SHAPE, "a figure of convolution needs a signal and a kernel of one row each");
  fv_filter_options options = given ? *given : (fv_filter_options){0};
  if (options.padding && strcmp(options.padding, "same") && strcmp(options.padding, "valid"))
    return fv_error_set(FV_ERROR_INVALID, "a signal is padded same or valid");
  options.flip = true;
  convolution c = {.title = title, .signal = signal, .size = kernel->width, .count = signal->shape.dims[1]};
  fv_status status = fv_filter_apply(&c.result, NULL, signal, kernel, &options);
  if (status) return status;
  c.result_count = c.result.shape.dims[1];
  size_t numbers = (size_t)(c.count + c.result_count + (2 + 2 * PLACES) * c.size);
  double *memory = calloc(numbers, sizeof *memory);
  if (memory) {
    fill(&c, memory, kernel, &options);
    fv__canvas canvas = {WIDTH, (title ? HEADING : 0) + 2 * MARGIN + 3 * GAP + 2 * (LABEL + PLOT) + LABEL + 64 + 280,
                         draw, &c};
    status = fv__canvas_write(path, &canvas);
  } else {
    status = fv_error_set(FV_ERROR_MEMORY, "no memory for a figure");
  }
  free(memory);
  fv_tensor_destroy(&c.result);
  return status;
}
