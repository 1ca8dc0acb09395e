/* A confusion matrix: a row for what pictures are, a column for what they were found to be.
 *
 *              found
 *         [ 9][ 1][  ]  90 %      recall of the row       diagonal: right, blue
 *      is [  ][10][  ] 100 %                              else: mistakes, orange
 *         [ 2][  ][ 8]  80 %                              darker: a larger part of the row
 *          82   91  100 %         precision of the column
 *
 * Counts are written where they fit; from 41 classes on cells have colours alone.
 */
#include <fovea-tools/figure.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figure/canvas.h"

enum { MARGIN = 28, HEADING = 40, CAPTION = 22, LABELS = 150, RATES = 56, SIDE = 680 };
enum { MOST_CLASSES = 2000, MOST_NAMED = 40, LARGEST_CELL = 64 };

typedef struct matrix {
  const char *title;
  const int64_t *counts;
  const char *const *names;
  int32_t classes;
  double cell, labels, rates, x, y; /* a cell's side, room for names and rates, the upper left corner of the cells */
} matrix;

static double count_of(const matrix *m, int32_t row, int32_t column) {
  return (double)m->counts[(int64_t)row * m->classes + column];
}

static double row_sum(const matrix *m, int32_t row) {
  double sum = 0;
  for (int32_t i = 0; i < m->classes; i++) sum += count_of(m, row, i);
  return sum;
}

static double column_sum(const matrix *m, int32_t column) {
  double sum = 0;
  for (int32_t i = 0; i < m->classes; i++) sum += count_of(m, i, column);
  return sum;
}

static void set_gray(cairo_t *cr, double gray) { cairo_set_source_rgb(cr, gray, gray, gray); }

/* Between white and the colour; small parts are to be seen too. */
static void set_shade(cairo_t *cr, bool is_right, double part) {
  const double strength = part > 0 ? 0.12 + 0.88 * sqrt(part) : 0;
  if (is_right)
    cairo_set_source_rgb(cr, 1 - 0.84 * strength, 1 - 0.62 * strength, 1 - 0.38 * strength);
  else
    cairo_set_source_rgb(cr, 1 - 0.18 * strength, 1 - 0.62 * strength, 1 - 0.9 * strength);
}

static void draw_cell(cairo_t *cr, const matrix *m, int32_t row, int32_t column, double sum) {
  const double count = count_of(m, row, column), part = sum > 0 ? count / sum : 0;
  const double x = m->x + column * m->cell, y = m->y + row * m->cell;
  char text[32];
  set_shade(cr, row == column, part);
  cairo_rectangle(cr, x, y, m->cell, m->cell);
  cairo_fill(cr);
  if (m->classes > MOST_NAMED) return;
  set_gray(cr, 0.86);
  cairo_set_line_width(cr, 1);
  cairo_rectangle(cr, floor(x) + 0.5, floor(y) + 0.5, m->cell, m->cell);
  cairo_stroke(cr);
  if (count == 0) return;
  snprintf(text, sizeof text, "%.0f", count);
  double size = fmin(14, m->cell * 0.42);
  fv__canvas_font(cr, size, false);
  const double width = fv__canvas_text_width(cr, text);
  if (width > m->cell - 3) {
    size *= (m->cell - 3) / width;
    fv__canvas_font(cr, size, false);
  }
  set_gray(cr, part > 0.45 ? 1 : 0.1);
  fv__canvas_text(cr, text, x + m->cell / 2, y + m->cell / 2 + size * 0.36, m->cell + 2, true);
}

/* ---- words around it */

static const char *name_of(char number[16], const matrix *m, int32_t index) {
  if (m->names) return m->names[index];
  snprintf(number, 16, "%" PRId32, index);
  return number;
}

static void draw_upright(cairo_t *cr, const char *text, double x, double y, double room) {
  cairo_save(cr);
  cairo_translate(cr, x, y);
  cairo_rotate(cr, -1.57079632679);
  fv__canvas_text(cr, text, 0, 0, room, false);
  cairo_restore(cr);
}

static void draw_names(cairo_t *cr, const matrix *m) {
  char number[16];
  const double size = fmin(13, m->cell * 0.75);
  fv__canvas_font(cr, size, false);
  set_gray(cr, 0.1);
  for (int32_t i = 0; i < m->classes; i++) {
    const char *name = name_of(number, m, i);
    const double middle = (i + 0.5) * m->cell + size * 0.36, room = m->labels - 10;
    const double width = fmin(fv__canvas_text_width(cr, name), room);
    fv__canvas_text(cr, name, m->x - 8 - width, m->y + middle, room, false);
    draw_upright(cr, name, m->x + middle, m->y - 8, room);
  }
}

/* Per cent; all and nothing are kept for all and nothing. */
static double rate_of(double right, double all) {
  if (right == 0 || right == all) return 100 * right / all;
  return fmax(1, fmin(99, round(100 * right / all)));
}

static void draw_rates(cairo_t *cr, const matrix *m) {
  char text[32];
  const double end = m->classes * m->cell, size = fmin(11, m->cell * 0.5);
  fv__canvas_font(cr, size, false);
  set_gray(cr, 0.42);
  for (int32_t i = 0; i < m->classes; i++) {
    const double row = row_sum(m, i), column = column_sum(m, i), middle = (i + 0.5) * m->cell;
    if (row > 0) {
      snprintf(text, sizeof text, "%.0f %%", rate_of(count_of(m, i, i), row));
      fv__canvas_text(cr, text, m->x + end + 8, m->y + middle + size * 0.36, m->rates, false);
    }
    if (column > 0) {
      snprintf(text, sizeof text, "%.0f", rate_of(count_of(m, i, i), column));
      fv__canvas_text(cr, text, m->x + middle, m->y + end + 16, m->cell + 12, true);
    }
  }
  fv__canvas_font(cr, 12, false);
  fv__canvas_text(cr, "recall", m->x + end + 8, m->y - 8, m->rates, false);
  const double width = fv__canvas_text_width(cr, "precision %");
  fv__canvas_text(cr, "precision %", m->x - 8 - width, m->y + end + 16, m->labels, false);
}

static void draw(cairo_t *cr, const void *figure) {
  const matrix *m = figure;
  const double end = m->classes * m->cell;
  set_gray(cr, 1);
  cairo_paint(cr);
  set_gray(cr, 0.1);
  if (m->title) {
    fv__canvas_font(cr, 19, true);
    fv__canvas_text(cr, m->title, MARGIN, MARGIN + 18, m->x + end + m->rates - MARGIN, false);
  }
  fv__canvas_font(cr, 13, true);
  fv__canvas_text(cr, "found", m->x + end / 2, m->y - m->labels - 6, end, true);
  draw_upright(cr, "is", m->x - m->labels - 6, m->y + end / 2 + 6, end);
  for (int32_t row = 0; row < m->classes; row++) {
    const double sum = row_sum(m, row);
    for (int32_t column = 0; column < m->classes; column++) draw_cell(cr, m, row, column, sum);
  }
  set_gray(cr, 0.6);
  cairo_set_line_width(cr, 1);
  cairo_rectangle(cr, floor(m->x) + 0.5, floor(m->y) + 0.5, end, end);
  cairo_stroke(cr);
  if (m->classes > MOST_NAMED) return;
  draw_names(cr, m);
  draw_rates(cr, m);
}

/* ---- the figure */

/* Room for the longest name, as wide as its signs are in general. */
static double label_room(const matrix *m) {
  size_t longest = 4;
  for (int32_t i = 0; m->names && i < m->classes; i++)
    longest = strlen(m->names[i]) > longest ? strlen(m->names[i]) : longest;
  return floor(fmin(LABELS, 16 + 7.6 * (double)longest));
}

static fv_status make(fv_image *image, const char *path, const char *title, const int64_t *counts,
                      const char *const *names, int32_t classes) {
  if (classes < 1 || classes > MOST_CLASSES)
    return fv_error_set(FV_ERROR_INVALID, "a confusion matrix has 1 to 2000 classes");
  for (int64_t i = 0; i < (int64_t)classes * classes; i++)
    if (counts[i] < 0) return fv_error_set(FV_ERROR_INVALID, "a count of a confusion matrix is negative");
  for (int32_t i = 0; names && i < classes; i++)
    if (!names[i]) return fv_error_set(FV_ERROR_INVALID, "a class of a confusion matrix has no name");
  const bool is_named = classes <= MOST_NAMED;
  matrix m = {.title = title, .counts = counts, .names = names, .classes = classes};
  m.cell = fmax(1, fmin(LARGEST_CELL, floor((double)SIDE / classes)));
  m.labels = is_named ? label_room(&m) : 6;
  m.rates = is_named ? RATES : 0;
  m.x = MARGIN + CAPTION + m.labels;
  m.y = MARGIN + (title ? HEADING : 0) + CAPTION + m.labels;
  const double end = classes * m.cell;
  const fv__canvas canvas = {.width = (int32_t)(m.x + end + m.rates + MARGIN),
                             .height = (int32_t)(m.y + end + (is_named ? 20 : 0) + MARGIN),
                             .draw = draw,
                             .figure = &m};
  return image ? fv__canvas_paint(image, &canvas) : fv__canvas_write(path, &canvas);
}

fv_status fv_figure_confusion(const char *path, const char *title, const int64_t *counts, const char *const *names,
                              int32_t classes) {
  return make(NULL, path, title, counts, names, classes);
}

fv_status fv_figure_confusion_draw(fv_image *figure, const char *title, const int64_t *counts, const char *const *names,
                                   int32_t classes) {
  *figure = (fv_image){0};
  return make(figure, NULL, title, counts, names, classes);
}
