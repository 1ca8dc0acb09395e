/* Learning curves: a panel for each number (loss, accuracy), its lines over epochs.
 *
 *   title
 *   loss  - training 0.12  - validation 0.31       the legend has the last number of each line
 *   |\                                             a ring marks the best epoch
 *   | \___
 *   +------ epoch
 */
#include <fovea-tools/figure.h>

#include <math.h>
#include <stdio.h>

#include "figure/canvas.h"

enum { MARGIN = 28, HEADING = 40, WIDTH = 440, HEIGHT = 260, LEGEND = 44, AXIS = 52, FOOT = 44, GAP = 30 };
enum { MOST_PANELS = 16, MOST_DOTS = 60 };

typedef struct colour {
  double red, green, blue;
} colour;

static const colour ink = {0.1, 0.1, 0.1}, pale = {0.42, 0.42, 0.42}, hairline = {0.88, 0.88, 0.88};
static const colour line_colours[] = {{0.2, 0.42, 0.65}, {0.82, 0.4, 0.1}, {0.12, 0.48, 0.3}, {0.45, 0.3, 0.6}};

typedef struct curves {
  const char *title;
  const fv_figure_panel *panels;
  int32_t count, columns;
} curves;

/* What a panel shows: epochs 1 to `epochs`, numbers from low to high, a hairline every step. */
typedef struct frame {
  const fv_figure_panel *panel;
  double x, y;
  int32_t epochs;
  double low, high, step;
} frame;

static void set_colour(cairo_t *cr, colour c) { cairo_set_source_rgb(cr, c.red, c.green, c.blue); }

static bool is_in(const fv_figure_line *line, int32_t i) { return i < line->count && isfinite(line->values[i]); }

/* ---- scales */

/* 1, 2 or 5 times a power of ten, at least `least`. */
static double round_step(double least) {
  const double power = pow(10, floor(log10(least)));
  for (int i = 0; i < 3; i++) {
    static const double factors[] = {1, 2, 5};
    if (factors[i] * power >= least * (1 - 1e-9)) return factors[i] * power;
  }
  return 10 * power;
}

static frame frame_of(const fv_figure_panel *panel, double x, double y) {
  frame f = {panel, x, y, 1, INFINITY, -INFINITY, 1};
  for (int32_t l = 0; l < panel->line_count; l++) {
    const fv_figure_line *line = &panel->lines[l];
    if (line->count > f.epochs) f.epochs = line->count;
    for (int32_t i = 0; i < line->count; i++) {
      if (!isfinite(line->values[i])) continue;
      f.low = fmin(f.low, line->values[i]);
      f.high = fmax(f.high, line->values[i]);
    }
  }
  if (!(f.low <= f.high)) f.low = 0, f.high = 1;
  f.low = fmax(f.low, -1e307); /* so that their difference is a number */
  f.high = fmin(f.high, 1e307);
  if (f.high - f.low <= 1e-9 * fmax(fabs(f.low), fabs(f.high)) + 1e-290) { /* a level line in the middle */
    const double room = fmax(fabs(f.low), 1e-3) / 2;
    f.low -= room;
    f.high += room;
  }
  f.step = round_step((f.high - f.low) / 5);
  f.low = floor(f.low / f.step + 1e-9) * f.step;
  f.high = ceil(f.high / f.step - 1e-9) * f.step;
  return f;
}

static double x_of(const frame *f, int32_t epoch) {
  if (f->epochs == 1) return f->x + AXIS + (WIDTH - AXIS) / 2.0;
  return f->x + AXIS + 8 + (WIDTH - AXIS - 16) * (double)epoch / (f->epochs - 1);
}

static double y_of(const frame *f, double value) {
  return f->y + LEGEND + HEIGHT * (f->high - value) / (f->high - f->low);
}

/* ---- drawing */

static void draw_right(cairo_t *cr, const char *text, double right, double y) {
  fv__canvas_text(cr, text, right - fv__canvas_text_width(cr, text), y, AXIS, false);
}

static void draw_line(cairo_t *cr, double x1, double y1, double x2, double y2) {
  cairo_move_to(cr, x1, y1);
  cairo_line_to(cr, x2, y2);
  cairo_stroke(cr);
}

static void draw_scales(cairo_t *cr, const frame *f) {
  char text[32];
  const int64_t steps = llround((f->high - f->low) / f->step);
  cairo_set_line_width(cr, 1);
  fv__canvas_font(cr, 11, false);
  for (int64_t i = 0; i <= steps; i++) {
    const double value = f->low + (double)i * f->step, y = floor(y_of(f, value)) + 0.5;
    set_colour(cr, hairline);
    draw_line(cr, f->x + AXIS, y, f->x + WIDTH, y);
    snprintf(text, sizeof text, "%.6g", fabs(value) < f->step / 2 ? 0.0 : value);
    set_colour(cr, pale);
    draw_right(cr, text, f->x + AXIS - 8, y + 4);
  }
  const int32_t every = (int32_t)fmax(1, round_step(f->epochs / 8.0));
  const double below = f->y + LEGEND + HEIGHT + 17;
  for (int32_t epoch = 0; epoch < f->epochs; epoch++) {
    if (epoch != 0 && (epoch + 1) % every) continue;
    snprintf(text, sizeof text, "%d", epoch + 1);
    fv__canvas_text(cr, text, x_of(f, epoch), below, AXIS, true);
  }
  fv__canvas_text(cr, "epoch", f->x + AXIS + (WIDTH - AXIS) / 2.0, below + 17, WIDTH, true);
}

/* Neighbours are joined; what is no number is a gap. */
static void draw_curve(cairo_t *cr, const frame *f, const fv_figure_line *line, colour c) {
  set_colour(cr, c);
  cairo_set_line_width(cr, 1.8);
  cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
  for (int32_t i = 0; i < line->count; i++) {
    if (!is_in(line, i)) continue;
    if (i && is_in(line, i - 1))
      cairo_line_to(cr, x_of(f, i), y_of(f, line->values[i]));
    else
      cairo_move_to(cr, x_of(f, i), y_of(f, line->values[i]));
  }
  cairo_stroke(cr);
  for (int32_t i = 0; i < line->count; i++) {
    const bool stands_alone = is_in(line, i) && !(i && is_in(line, i - 1)) && !is_in(line, i + 1);
    if (!is_in(line, i) || (f->epochs > MOST_DOTS && !stands_alone)) continue;
    cairo_arc(cr, x_of(f, i), y_of(f, line->values[i]), 2.6, 0, 6.28318530718);
    cairo_fill(cr);
  }
}

/* A ring around the best epoch on the last line, which is validation's where there is one. */
static void draw_best(cairo_t *cr, const frame *f) {
  const int32_t best = f->panel->best_epoch - 1;
  const fv_figure_line *line = &f->panel->lines[f->panel->line_count - 1];
  if (best < 0 || !is_in(line, best)) return;
  set_colour(cr, ink);
  cairo_set_line_width(cr, 1.4);
  cairo_arc(cr, x_of(f, best), y_of(f, line->values[best]), 6, 0, 6.28318530718);
  cairo_stroke(cr);
}

static void draw_legend(cairo_t *cr, const frame *f) {
  char text[160];
  const double y = f->y + 18;
  double x = f->x + AXIS;
  set_colour(cr, ink);
  fv__canvas_font(cr, 15, true);
  fv__canvas_text(cr, f->panel->title, x, y, WIDTH / 2, false);
  x += fmin(fv__canvas_text_width(cr, f->panel->title), WIDTH / 2) + 22;
  fv__canvas_font(cr, 12, false);
  for (int32_t l = 0; l < f->panel->line_count; l++) {
    const fv_figure_line *line = &f->panel->lines[l];
    int32_t last = line->count - 1;
    while (last >= 0 && !is_in(line, last)) last--;
    if (last >= 0)
      snprintf(text, sizeof text, "%.100s %.4g", line->name, line->values[last]);
    else
      snprintf(text, sizeof text, "%.100s", line->name);
    set_colour(cr, line_colours[l]);
    cairo_set_line_width(cr, 3);
    draw_line(cr, x, y - 4.5, x + 16, y - 4.5);
    set_colour(cr, ink);
    const double room = f->x + WIDTH - x - 22;
    if (room > 20) fv__canvas_text(cr, text, x + 22, y, room, false);
    x += 22 + fv__canvas_text_width(cr, text) + 18;
  }
}

static void draw_panel(cairo_t *cr, const frame *f) {
  draw_scales(cr, f);
  for (int32_t l = 0; l < f->panel->line_count; l++) draw_curve(cr, f, &f->panel->lines[l], line_colours[l]);
  draw_best(cr, f);
  draw_legend(cr, f);
}

static void draw(cairo_t *cr, const void *figure) {
  const curves *c = figure;
  double top = MARGIN;
  cairo_set_source_rgb(cr, 1, 1, 1);
  cairo_paint(cr);
  if (c->title) {
    set_colour(cr, ink);
    fv__canvas_font(cr, 19, true);
    fv__canvas_text(cr, c->title, MARGIN, MARGIN + 18, c->columns * (WIDTH + GAP) - GAP, false);
    top += HEADING;
  }
  for (int32_t i = 0; i < c->count; i++) {
    const frame f = frame_of(&c->panels[i], MARGIN + (i % c->columns) * (WIDTH + GAP),
                             top + (i / c->columns) * (LEGEND + HEIGHT + FOOT + GAP));
    draw_panel(cr, &f);
  }
}

/* ---- the figure */

static fv_status check(const fv_figure_panel *panels, int32_t count) {
  bool is_right = count >= 1 && count <= MOST_PANELS;
  for (int32_t i = 0; is_right && i < count; i++) {
    is_right = panels[i].title && panels[i].line_count >= 1 && panels[i].line_count <= FV_FIGURE_LINES;
    for (int32_t l = 0; is_right && l < panels[i].line_count; l++)
      is_right = panels[i].lines[l].name && panels[i].lines[l].count >= 0;
  }
  return is_right ? FV_OK
                  : fv_error_set(FV_ERROR_INVALID, "curves are 1 to 16 panels with a title and 1 to 4 lines each");
}

static fv_status make(fv_image *image, const char *path, const char *title, const fv_figure_panel *panels,
                      int32_t count) {
  fv_status status = check(panels, count);
  if (status) return status;
  const curves c = {title, panels, count, count > 1 ? 2 : 1};
  const int32_t rows = (count + c.columns - 1) / c.columns;
  const fv__canvas canvas = {.width = 2 * MARGIN + c.columns * (WIDTH + GAP) - GAP,
                             .height = 2 * MARGIN + (title ? HEADING : 0) + rows * (LEGEND + HEIGHT + FOOT + GAP) - GAP,
                             .draw = draw,
                             .figure = &c};
  return image ? fv__canvas_paint(image, &canvas) : fv__canvas_write(path, &canvas);
}

fv_status fv_figure_curves(const char *path, const char *title, const fv_figure_panel *panels, int32_t count) {
  return make(NULL, path, title, panels, count);
}

fv_status fv_figure_curves_draw(fv_image *figure, const char *title, const fv_figure_panel *panels, int32_t count) {
  *figure = (fv_image){0};
  return make(figure, NULL, title, panels, count);
}
