/* What must hold of every diagram that was laid out. */
#include "support/diagrams.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static char problem[300];

static bool apart(const fv_diagram_box *a, const fv_diagram_box *b) {
  return a->x + a->width <= b->x || b->x + b->width <= a->x || a->y + a->height <= b->y || b->y + b->height <= a->y;
}

const char *check_boxes(const fv_diagram *diagram) {
  for (int32_t i = 0; i < fv_diagram_box_count(diagram); i++) {
    const fv_diagram_box *a = fv_diagram_box_at(diagram, i);
    bool inside = a->x >= 0 && a->y >= 0 && a->x + a->width <= fv_diagram_width(diagram) &&
                  a->y + a->height <= fv_diagram_height(diagram);
    if (!inside || floor(a->x) != a->x || floor(a->y) != a->y) {
      snprintf(problem, sizeof problem, "%.60s at %g, %g is not inside", a->name, a->x, a->y);
      return problem;
    }
    for (int32_t k = 0; k < i; k++)
      if (!apart(a, fv_diagram_box_at(diagram, k))) {
        snprintf(problem, sizeof problem, "%.60s lies on %.60s", a->name, fv_diagram_box_at(diagram, k)->name);
        return problem;
      }
  }
  return NULL;
}

/* Whether a level or upright piece goes through the inside of a box. */
static bool crosses(fv_diagram_point a, fv_diagram_point b, const fv_diagram_box *box) {
  return fmax(a.x, b.x) > box->x && fmin(a.x, b.x) < box->x + box->width && fmax(a.y, b.y) > box->y &&
         fmin(a.y, b.y) < box->y + box->height;
}

static const char *check_line(const fv_diagram *diagram, const fv_diagram_edge *edge) {
  const fv_diagram_box *from = fv_diagram_box_at(diagram, edge->from), *to = fv_diagram_box_at(diagram, edge->to);
  const fv_diagram_point *p = edge->points;
  int32_t last = edge->point_count - 1;
  if (last < 1 || p[0].x != from->x + from->width / 2 || p[0].y != from->y + from->height ||
      p[last].x != to->x + to->width / 2 || p[last].y != to->y)
    return "does not touch its boxes";
  for (int32_t i = 0; i < last; i++) {
    if ((p[i].x == p[i + 1].x) == (p[i].y == p[i + 1].y)) return "has a piece that is neither level nor upright";
    if (p[i].x < 0 || p[i].x > fv_diagram_width(diagram) || p[i].y < 0 || p[i].y > fv_diagram_height(diagram))
      return "leaves the diagram";
    for (int32_t b = 0; b < fv_diagram_box_count(diagram); b++)
      if (crosses(p[i], p[i + 1], fv_diagram_box_at(diagram, b))) return "goes through a box";
  }
  return p[last - 1].y < p[last].y && p[1].y > p[0].y ? NULL : "does not lead down";
}

const char *check_lines(const fv_diagram *diagram) {
  for (int32_t i = 0; i < fv_diagram_edge_count(diagram); i++) {
    const fv_diagram_edge *edge = fv_diagram_edge_at(diagram, i);
    const char *wrong = check_line(diagram, edge);
    if (!wrong) continue;
    snprintf(problem, sizeof problem, "the line from %.60s to %.60s %s", fv_diagram_box_at(diagram, edge->from)->name,
             fv_diagram_box_at(diagram, edge->to)->name, wrong);
    return problem;
  }
  return NULL;
}

static bool overlap(double a, double b, double c, double d) {
  return fmax(fmin(a, b), fmin(c, d)) < fmin(fmax(a, b), fmax(c, d));
}

/* Whether pieces of two lines run on top of each other; merely crossing is no harm. */
static bool run_together(const fv_diagram_edge *a, const fv_diagram_edge *b) {
  for (int32_t i = 0; i + 1 < a->point_count; i++)
    for (int32_t k = 0; k + 1 < b->point_count; k++) {
      const fv_diagram_point *p = a->points + i, *q = b->points + k;
      bool upright = p[0].x == p[1].x && q[0].x == q[1].x && p[0].x == q[0].x;
      bool level = p[0].y == p[1].y && q[0].y == q[1].y && p[0].y == q[0].y;
      if (upright && overlap(p[0].y, p[1].y, q[0].y, q[1].y)) return true;
      if (level && overlap(p[0].x, p[1].x, q[0].x, q[1].x)) return true;
    }
  return false;
}

/* Whether a piece of one line crosses one of the other. */
static bool cross(const fv_diagram_edge *a, const fv_diagram_edge *b) {
  for (int32_t i = 0; i + 1 < a->point_count; i++)
    for (int32_t k = 0; k + 1 < b->point_count; k++) {
      const fv_diagram_point *p = a->points + i, *q = b->points + k;
      if ((p[0].x == p[1].x) == (q[0].x == q[1].x)) continue;
      const fv_diagram_point *upright = p[0].x == p[1].x ? p : q, *level = upright == p ? q : p;
      if (upright->x > fmin(level[0].x, level[1].x) && upright->x < fmax(level[0].x, level[1].x) &&
          level->y > fmin(upright[0].y, upright[1].y) && level->y < fmax(upright[0].y, upright[1].y))
        return true;
    }
  return false;
}

/* Looks for two lines without a common box of which `wrong` is true. */
static const char *check_pairs(const fv_diagram *diagram,
                               bool (*wrong)(const fv_diagram_edge *a, const fv_diagram_edge *b), const char *what) {
  for (int32_t i = 0; i < fv_diagram_edge_count(diagram); i++)
    for (int32_t k = 0; k < i; k++) {
      const fv_diagram_edge *a = fv_diagram_edge_at(diagram, i), *b = fv_diagram_edge_at(diagram, k);
      if (a->from == b->from || a->to == b->to || !wrong(a, b)) continue;
      snprintf(problem, sizeof problem, "the lines from %.60s to %.60s and from %.60s to %.60s %s",
               fv_diagram_box_at(diagram, a->from)->name, fv_diagram_box_at(diagram, a->to)->name,
               fv_diagram_box_at(diagram, b->from)->name, fv_diagram_box_at(diagram, b->to)->name, what);
      return problem;
    }
  return NULL;
}

const char *check_apart(const fv_diagram *diagram) { return check_pairs(diagram, run_together, "run together"); }
const char *check_crossings(const fv_diagram *diagram) { return check_pairs(diagram, cross, "cross"); }

const char *check_calls(const fv_diagram *diagram, const fv_model *model) {
  int32_t *met = calloc((size_t)fv_model_node_count(model) + 1, sizeof *met);
  int64_t parameters = 0;
  const char *wrong = met ? NULL : "no memory";
  for (int32_t i = 0; !wrong && i < fv_diagram_box_count(diagram); i++) {
    const fv_diagram_box *box = fv_diagram_box_at(diagram, i);
    parameters += box->parameters;
    for (int32_t k = 0; k < box->node_count; k++)
      if (met[box->nodes[k]]++) wrong = "a call is in two boxes";
  }
  for (int32_t l = 0; !wrong && l < fv_model_layer_count(model); l++) {
    fv_layer_info layer = fv_model_layer(model, l);
    for (int32_t k = 0; k < layer.node_count; k++)
      if (!met[layer.nodes[k]]) wrong = "a call is in no box";
  }
  free(met);
  if (!wrong && parameters != fv_model_parameters(model)) wrong = "the boxes' parameters are not the model's";
  return wrong;
}
