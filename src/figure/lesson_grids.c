/* Lessons on grids of numbers: a kernel's sweep, stride and padding, pooling. The numbers are those that
 * fv_filter_apply and fv_pooling_apply answer. */
#include <stdio.h>
#include <string.h>

#include <fovea-tools/figure.h>
#include <fovea/pool.h>

#include "figure/lessons.h"

static const double colours[FV__LESSON_COLOURS][3] = {
    {0.2, 0.42, 0.65}, {0.75, 0.36, 0.1}, {0.45, 0.3, 0.6}, {0.12, 0.48, 0.3}, {0.55, 0.55, 0.55}};

/* ---- drawing */

void fv__lesson_colour(cairo_t *cr, int colour, double alpha) {
  const double *c = colours[colour];
  cairo_set_source_rgb(cr, 1 - alpha * (1 - c[0]), 1 - alpha * (1 - c[1]), 1 - alpha * (1 - c[2]));
}

void fv__lesson_text(cairo_t *cr, const char *text, double x, double y, double size, bool centred) {
  fv__canvas_font(cr, size, false);
  fv__canvas_text(cr, text, x, y, FV__LESSON_WIDTH, centred);
}

void fv__lesson_begin(cairo_t *cr, const char *title) {
  cairo_set_source_rgb(cr, 1, 1, 1);
  cairo_paint(cr);
  cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
  fv__canvas_font(cr, 19, true);
  fv__canvas_text(cr, title, FV__LESSON_MARGIN, FV__LESSON_MARGIN + 16, FV__LESSON_WIDTH, false);
}

static void outline(cairo_t *cr, const fv__number_grid *grid, fv__cells c) {
  cairo_rectangle(cr, grid->x + c.column * grid->cell, grid->y + c.row * grid->cell, c.columns * grid->cell,
                  c.rows * grid->cell);
}

void fv__lesson_fill(cairo_t *cr, const fv__number_grid *grid, fv__cells cells, int colour) {
  fv__lesson_colour(cr, colour, 0.25);
  outline(cr, grid, cells);
  cairo_fill(cr);
}

void fv__lesson_frame(cairo_t *cr, const fv__number_grid *grid, fv__cells cells, int colour) {
  fv__lesson_colour(cr, colour, 1);
  cairo_set_line_width(cr, 2.5);
  outline(cr, grid, cells);
  cairo_stroke(cr);
}

void fv__lesson_grid(cairo_t *cr, const fv__number_grid *grid) {
  const int32_t shown = grid->shown ? grid->shown : grid->rows * grid->columns;
  cairo_set_line_width(cr, 1);
  cairo_set_source_rgb(cr, 0.7, 0.7, 0.7);
  for (int32_t i = 0; i < grid->rows * grid->columns; i++)
    outline(cr, grid, (fv__cells){i / grid->columns, i % grid->columns, 1, 1});
  cairo_stroke(cr);
  cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
  fv__canvas_font(cr, grid->cell * 0.42, false);
  for (int32_t i = 0; grid->numbers && i < shown; i++) {
    char text[24];
    snprintf(text, sizeof text, "%.4g", (double)grid->numbers[i] + 0.0);
    if (text[0] == '-') memmove(text + 3, text + 1, strlen(text)), memcpy(text, "\xe2\x88\x92", 3);
    fv__canvas_text(cr, text, grid->x + (i % grid->columns + 0.5) * grid->cell,
                    grid->y + (i / grid->columns + 0.65) * grid->cell, grid->cell, true);
  }
}

/* ---- a kernel's sweep */

enum { SIDE = 6, KERNEL = 3, LEFT = SIDE - KERNEL + 1, PLACES = 3 };

/* A dark field beside a bright one. */
static float picture[SIDE * SIDE] = {1, 1, 1, 5, 5, 5, 1, 1, 1, 5, 5, 5, 1, 1, 1, 5, 5, 5,
                                     1, 1, 5, 5, 5, 5, 1, 1, 5, 5, 5, 5, 1, 5, 5, 5, 5, 5};

typedef struct sweep {
  float kernel[KERNEL * KERNEL];
  fv_tensor result;
} sweep;

static void draw_place(cairo_t *cr, const sweep *s, double x, int32_t row, int32_t column) {
  enum { CELL = 34 };
  char text[128];
  const int32_t place = row * LEFT + column;
  double y = FV__LESSON_MARGIN + 50;
  const double sums = (double)s->result.data[place];
  const fv__number_grid input = {x, y + 12, CELL, SIDE, SIDE, picture, 0};
  const fv__number_grid kernel = {x, y + 12 + SIDE * CELL + 40, CELL, KERNEL, KERNEL, s->kernel, 0};
  const fv__number_grid output = {x + 124, kernel.y, CELL, LEFT, LEFT, s->result.data, place + 1};
  snprintf(text, sizeof text, "row %d, column %d", (int)row, (int)column);
  cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
  fv__lesson_text(cr, text, x, y, 14, false);
  fv__lesson_fill(cr, &input, (fv__cells){row, column, KERNEL, KERNEL}, 1);
  fv__lesson_grid(cr, &input);
  fv__lesson_frame(cr, &input, (fv__cells){row, column, KERNEL, KERNEL}, 1);
  cairo_set_source_rgb(cr, 0.4, 0.4, 0.4);
  fv__lesson_text(cr, "kernel", kernel.x, kernel.y - 8, 12, false);
  fv__lesson_text(cr, "result so far", output.x, output.y - 8, 12, false);
  fv__lesson_fill(cr, &kernel, (fv__cells){0, 0, KERNEL, KERNEL}, 1);
  fv__lesson_grid(cr, &kernel);
  fv__lesson_fill(cr, &output, (fv__cells){row, column, 1, 1}, 3);
  fv__lesson_grid(cr, &output);
  fv__lesson_frame(cr, &output, (fv__cells){row, column, 1, 1}, 3);
  cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
  snprintf(text, sizeof text, "nine products, one sum: %.4g", sums + 0.0);
  fv__lesson_text(cr, text, x, output.y + LEFT * CELL + 24, 13, false);
}

static void draw_sweep(cairo_t *cr, const void *figure) {
  static const int32_t places[PLACES][2] = {{0, 0}, {0, 1}, {3, 1}};
  fv__lesson_begin(cr, "A kernel is swept over a picture");
  for (int i = 0; i < PLACES; i++) draw_place(cr, figure, FV__LESSON_MARGIN + i * 312, places[i][0], places[i][1]);
}

static fv_tensor of_picture(void) { return (fv_tensor){.shape = {.rank = 2, .dims = {SIDE, SIDE}}, .data = picture}; }

fv_status fv__lesson_sweep(const char *path) {
  sweep s;
  const fv_tensor input = of_picture();
  const fv_filter_kernel *kernel = fv_filter_kernel_find("sobel-left");
  for (int i = 0; i < KERNEL * KERNEL; i++) s.kernel[i] = (float)kernel->weights[i];
  fv_status status = fv_filter_apply(&s.result, NULL, &input, kernel, &(fv_filter_options){.padding = "valid"});
  if (status) return status;
  status = fv__canvas_write(path, &(fv__canvas){FV__LESSON_WIDTH, 520, draw_sweep, &s, 2});
  fv_tensor_destroy(&s.result);
  return status;
}

/* ---- stride and padding */

enum { PANELS = 4 };

typedef struct strides {
  fv_tensor results[PANELS];
  fv_sweep_report reports[PANELS];
} strides;

static const struct panel {
  int32_t stride, padding;
  const char *text;
} panels[PANELS] = {
    {1, 0, "stride 1"}, {2, 0, "stride 2 does not fit"}, {3, 0, "stride 3"}, {1, 1, "stride 1, padding 1"}};

static void draw_panel(cairo_t *cr, const strides *s, int number, double x) {
  enum { CELL = 26 };
  char text[96];
  const struct panel *panel = &panels[number];
  const fv_sweep_report *report = &s->reports[number];
  const double y = FV__LESSON_MARGIN + 50;
  const int32_t border = panel->padding, whole = SIDE + 2 * border;
  const fv__number_grid around = {x, y + 14, CELL, whole, whole, NULL, 0};
  const fv__number_grid input = {x + border * CELL, y + 14 + border * CELL, CELL, SIDE, SIDE, picture, 0};
  const fv__number_grid output = {
      x, y + 14 + 8 * CELL + 44, CELL, report->output.height, report->output.width, s->results[number].data, 0};
  cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
  fv__lesson_text(cr, panel->text, x, y, 14, false);
  if (border) {
    fv__lesson_fill(cr, &around, (fv__cells){0, 0, whole, whole}, 4);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_rectangle(cr, input.x, input.y, SIDE * CELL, SIDE * CELL);
    cairo_fill(cr);
    fv__lesson_grid(cr, &around);
  }
  if (report->left_out.width > 0) {
    fv__lesson_fill(cr, &input, (fv__cells){0, SIDE - report->left_out.width, SIDE, report->left_out.width}, 2);
    fv__lesson_fill(cr, &input, (fv__cells){SIDE - report->left_out.height, 0, report->left_out.height, SIDE}, 2);
  }
  fv__lesson_grid(cr, &input);
  for (int32_t i = 1; i >= 0; i--)
    fv__lesson_frame(cr, &around, (fv__cells){0, i * panel->stride, KERNEL, KERNEL}, i ? 0 : 1);
  cairo_set_source_rgb(cr, 0.4, 0.4, 0.4);
  snprintf(text, sizeof text, "%d x %d numbers", (int)report->output.height, (int)report->output.width);
  fv__lesson_text(cr, text, x, output.y - 8, 12, false);
  if (report->left_out.width > 0) {
    snprintf(text, sizeof text, "%d row and %d column never read", (int)report->left_out.height,
             (int)report->left_out.width);
    fv__lesson_text(cr, text, x, y + 14 + SIDE * CELL + 18, 12, false);
  }
  fv__lesson_grid(cr, &output);
}

static void draw_strides(cairo_t *cr, const void *figure) {
  fv__lesson_begin(cr, "Stride and padding: the first two places of a kernel of 3 x 3, and what comes out");
  for (int i = 0; i < PANELS; i++) draw_panel(cr, figure, i, FV__LESSON_MARGIN + i * 232);
}

fv_status fv__lesson_stride(const char *path) {
  strides s = {.results = {{.data = NULL}}};
  const fv_tensor input = of_picture();
  fv_status status = FV_OK;
  for (int i = 0; i < PANELS && !status; i++)
    status = fv_filter_apply(&s.results[i], &s.reports[i], &input, fv_filter_kernel_find("sobel-left"),
                             &(fv_filter_options){.stride = {panels[i].stride, panels[i].stride},
                                                  .padding = panels[i].padding ? "1" : "valid",
                                                  .border = FV_BORDER_ZERO});
  if (!status) status = fv__canvas_write(path, &(fv__canvas){FV__LESSON_WIDTH, 520, draw_strides, &s, 2});
  for (int i = 0; i < PANELS; i++) fv_tensor_destroy(&s.results[i]);
  return status;
}

/* ---- pooling */

enum { WINDOW = 2, POOLED = 4, HALF = POOLED / WINDOW, KINDS = 3 };
static float pooled_picture[POOLED * POOLED] = {3, 8, 1, 0, 5, 2, 4, 7, 9, 6, 2, 2, 1, 4, 6, 3};

static void draw_pooling(cairo_t *cr, const void *figure) {
  enum { CELL = 48 };
  static const char *const names[KINDS] = {"largest", "mean", "smallest"};
  const fv_tensor *results = figure;
  const double y = FV__LESSON_MARGIN + 76;
  const fv__number_grid input = {FV__LESSON_MARGIN, y, CELL, POOLED, POOLED, pooled_picture, 0};
  fv__lesson_begin(cr, "Pooling: each window of 2 x 2 becomes one number");
  for (int32_t w = 0; w < HALF * HALF; w++) {
    const fv__cells window = {w / HALF * WINDOW, w % HALF * WINDOW, WINDOW, WINDOW};
    fv__lesson_fill(cr, &input, window, (int)w);
  }
  fv__lesson_grid(cr, &input);
  for (int i = 0; i < KINDS; i++) {
    const fv__number_grid output = {
        FV__LESSON_MARGIN + 290 + i * 220, y + CELL, CELL * 1.2, HALF, HALF, results[i].data, 0};
    for (int32_t w = 0; w < HALF * HALF; w++)
      fv__lesson_fill(cr, &output, (fv__cells){w / HALF, w % HALF, 1, 1}, (int)w);
    fv__lesson_grid(cr, &output);
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    fv__lesson_text(cr, names[i], output.x, y + CELL - 12, 14, false);
  }
}

fv_status fv__lesson_pooling(const char *path) {
  static const int32_t types[KINDS] = {FV_POOLING_MAX, FV_POOLING_AVERAGE, FV_POOLING_MIN};
  const fv_tensor input = {.shape = {.rank = 2, .dims = {POOLED, POOLED}}, .data = pooled_picture};
  fv_tensor results[KINDS] = {{.data = NULL}};
  fv_status status = FV_OK;
  for (int i = 0; i < KINDS && !status; i++)
    status =
        fv_pooling_apply(&results[i], NULL, &input, &(fv_pooling_options){.type = types[i], .size = {WINDOW, WINDOW}});
  if (!status) status = fv__canvas_write(path, &(fv__canvas){FV__LESSON_WIDTH, 330, draw_pooling, results, 2});
  for (int i = 0; i < KINDS; i++) fv_tensor_destroy(&results[i]);
  return status;
}
