/* Dropout: a net whole, and the thinned one that a step of training sees. Which nodes are left out is drawn as fovea
 * draws numbers, with half of those inside dropped; inputs and outputs stay. */
#include <string.h>

#include <fovea/model.h>

#include "figure/lessons.h"

enum { LAYERS = 4, MOST = 7, ACROSS = 120, DOWN = 52, RADIUS = 14 };

static const int32_t counts[LAYERS] = {5, 7, 7, 3};

typedef struct net {
  bool lives[LAYERS][MOST];
} net;

static double height_of(int32_t layer, int32_t node) { return 110 + (MOST - counts[layer]) * DOWN / 2.0 + node * DOWN; }

static void draw_lines(cairo_t *cr, const net *n, double x) {
  cairo_set_line_width(cr, 0.8);
  fv__lesson_colour(cr, 4, 0.8);
  for (int32_t l = 0; l + 1 < LAYERS; l++)
    for (int32_t a = 0; a < counts[l]; a++)
      for (int32_t b = 0; b < counts[l + 1]; b++) {
        if (!n->lives[l][a] || !n->lives[l + 1][b]) continue;
        cairo_move_to(cr, x + l * ACROSS, height_of(l, a));
        cairo_line_to(cr, x + (l + 1) * ACROSS, height_of(l + 1, b));
        cairo_stroke(cr);
      }
}

static void draw_node(cairo_t *cr, double x, double y, bool lives) {
  const double arm = RADIUS * 0.6;
  cairo_arc(cr, x, y, RADIUS, 0, 6.28318530718);
  if (lives)
    fv__lesson_colour(cr, 0, 0.3);
  else
    cairo_set_source_rgb(cr, 1, 1, 1);
  cairo_fill_preserve(cr);
  fv__lesson_colour(cr, lives ? 0 : 4, 1);
  cairo_set_line_width(cr, 1.4);
  if (!lives) cairo_set_dash(cr, (const double[]){3, 3}, 2, 0);
  cairo_stroke(cr);
  cairo_set_dash(cr, NULL, 0, 0);
  if (lives) return;
  cairo_move_to(cr, x - arm, y - arm);
  cairo_line_to(cr, x + arm, y + arm);
  cairo_move_to(cr, x - arm, y + arm);
  cairo_line_to(cr, x + arm, y - arm);
  cairo_stroke(cr);
}

static void draw_net(cairo_t *cr, const net *n, double x, const char *title) {
  cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
  fv__lesson_text(cr, title, x - RADIUS, 78, 14, false);
  draw_lines(cr, n, x);
  for (int32_t l = 0; l < LAYERS; l++)
    for (int32_t i = 0; i < counts[l]; i++) draw_node(cr, x + l * ACROSS, height_of(l, i), n->lives[l][i]);
}

static void draw(cairo_t *cr, const void *figure) {
  net whole;
  memset(&whole, 1, sizeof whole);
  fv__lesson_begin(cr, "Dropout");
  draw_net(cr, &whole, 60, "the whole net, which answers");
  draw_net(cr, figure, 540, "one step of training: rate 0.5, the living count double");
}

fv_status fv__lesson_dropout(const char *path) {
  net thinned;
  for (int32_t l = 0; l < LAYERS; l++) {
    float draws[MOST];
    const fv_shape shape = {.rank = 1, .dims = {MOST}};
    fv_fill_by_name(draws, l == 1 ? "first" : "second", &shape, 3, "input");
    for (int32_t i = 0; i < MOST; i++) thinned.lives[l][i] = l == 0 || l == LAYERS - 1 || draws[i] > 0;
  }
  return fv__canvas_write(path, &(fv__canvas){FV__LESSON_WIDTH, 480, draw, &thinned, 2});
}
