/* Lines: where they run sideways, and through which points.
 *
 *     |  |            Between two rows every net (what leaves one cell, or what reaches one cell) that is not straight
 *     |  +---+        has a lane, a level of its own unless it is far from the others. Nets are ordered so that they
 *     +-+    |        cross little and never run on top of each other.
 *       |    |
 *   +--- ... ---+     From a column to the next, lines leave below the column, rise between the two, each in a lane of
 *   |   |   +---+-+   its own, and enter from above. The rightmost turns first, so none cross.
 *   +---+   |     |
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "diagram/layout.h"

enum { ABOVE = 9, BELOW = 12 }; /* from a row to the first lane, from the last lane to an arrow's box */

typedef struct net {
  int32_t cell; /* what all its links have in common */
  bool joins;   /* it is their lower end */
  double left, right;
  int32_t first, count; /* its links, in `members` */
  int32_t lane;
} net;

typedef struct router {
  fv__rows *rows;
  const fv_diagram_options *options;
  const int32_t *start; /* of columns */
  int32_t columns;
  double *level; /* of a link: y of its lane */
  double *turn;  /* of a link from column to column: x between the two; and where it enters: */
  double *entry;
  double *top, *height; /* of rows */
  double *left, *width; /* of columns */
  net *nets;            /* room for one gap */
  int32_t *members, *taken;
} router;

/* ---- nets of a gap */

static double x_of(const router *r, int32_t cell) { return r->rows->cells[cell].x; }

static bool is_bent(const router *r, const fv__link *link) { return x_of(r, link->upper) != x_of(r, link->lower); }

/* A link goes with the others that leave its upper cell, unless it is the only one and others reach its lower cell. */
static bool goes_with_lower(const fv__rows *rows, const fv__link *link) {
  return rows->down_start[link->upper + 1] - rows->down_start[link->upper] == 1 &&
         rows->up_start[link->lower + 1] - rows->up_start[link->lower] > 1;
}

static int32_t make_nets(const router *r, int32_t row) {
  const fv__rows *rows = r->rows;
  int32_t count = 0;
  for (int32_t i = rows->link_start[row]; i < rows->link_start[row + 1]; i++) {
    const fv__link *link = &rows->links[i];
    if (!is_bent(r, link)) continue;
    bool joins = goes_with_lower(rows, link);
    int32_t cell = joins ? link->lower : link->upper, n = 0;
    while (n < count && (r->nets[n].cell != cell || r->nets[n].joins != joins)) n++;
    double a = x_of(r, link->upper), b = x_of(r, link->lower);
    if (n == count) r->nets[count++] = (net){.cell = cell, .joins = joins, .left = fmin(a, b), .right = fmax(a, b)};
    r->nets[n].left = fmin(r->nets[n].left, fmin(a, b));
    r->nets[n].right = fmax(r->nets[n].right, fmax(a, b));
    r->nets[n].count++;
    r->taken[i] = n;
  }
  int32_t first = 0;
  for (int32_t n = 0; n < count; n++) {
    r->nets[n].first = first;
    first += r->nets[n].count;
    r->nets[n].count = 0;
  }
  for (int32_t i = rows->link_start[row]; i < rows->link_start[row + 1]; i++) {
    if (!is_bent(r, &rows->links[i])) continue;
    net *n = &r->nets[r->taken[i]];
    r->members[n->first + n->count++] = i;
  }
  return count;
}

/* What it costs that `upper` runs above `lower`: its falling ends cross the lower lane, the lower's rising ends cross
 * the upper lane; ends on top of each other cost most. */
static int32_t cost_above(const router *r, const net *upper, const net *lower) {
  int32_t cost = 0;
  for (int32_t i = 0; i < upper->count; i++) {
    double x = x_of(r, r->rows->links[r->members[upper->first + i]].lower);
    cost += x > lower->left && x < lower->right;
    for (int32_t k = 0; k < lower->count; k++)
      cost += x == x_of(r, r->rows->links[r->members[lower->first + k]].upper) ? 100 : 0;
  }
  for (int32_t i = 0; i < lower->count; i++) {
    double x = x_of(r, r->rows->links[r->members[lower->first + i]].upper);
    cost += x > upper->left && x < upper->right;
  }
  return cost;
}

static bool meet(const net *a, const net *b) { return a->left < b->right + FV__LANE && b->left < a->right + FV__LANE; }

/* Gives lanes, 0 on top; answers how many. */
static int32_t choose_lanes(const router *r, int32_t count) {
  for (int32_t i = 1; i < count; i++)
    for (int32_t k = i; k > 0; k--) {
      net *a = &r->nets[k - 1], *b = &r->nets[k];
      if (!meet(a, b) || cost_above(r, a, b) <= cost_above(r, b, a)) break;
      net swapped = *a;
      *a = *b;
      *b = swapped;
    }
  int32_t lanes = 0;
  for (int32_t i = 0; i < count; i++) {
    r->nets[i].lane = 0;
    for (int32_t k = 0; k < i; k++)
      if (meet(&r->nets[i], &r->nets[k]) && r->nets[k].lane >= r->nets[i].lane) r->nets[i].lane = r->nets[k].lane + 1;
    if (r->nets[i].lane >= lanes) lanes = r->nets[i].lane + 1;
  }
  return lanes;
}

/* ---- heights */

static double row_height(const fv__rows *rows, int32_t row) {
  double tallest = 0;
  for (int32_t i = rows->start[row]; i < rows->start[row + 1]; i++) {
    int32_t box = rows->cells[rows->order[i]].box;
    if (box >= 0) tallest = fmax(tallest, rows->diagram->boxes[box].height);
  }
  return tallest;
}

/* Levels of the links below a row whose lower edge is `bottom`; answers where the next row begins. */
static double pass_gap(const router *r, int32_t row, double bottom) {
  int32_t count = make_nets(r, row), lanes = choose_lanes(r, count);
  double least = r->options->row_gap, room = lanes ? ABOVE + BELOW + (lanes - 1) * FV__LANE : 0;
  double first = room < least ? floor((least - room) / 2) + ABOVE : ABOVE;
  if (lanes == 1 && room >= least) first = ABOVE;
  for (int32_t n = 0; n < count; n++)
    for (int32_t i = 0; i < r->nets[n].count; i++)
      r->level[r->members[r->nets[n].first + i]] = bottom + first + r->nets[n].lane * FV__LANE;
  return bottom + fmax(least, room);
}

/* ---- from column to column */

static int compare_x_falling(const void *a, const void *b) {
  const net *first = a, *second = b;
  if (first->right != second->right) return first->right > second->right ? -1 : 1;
  return first->cell < second->cell ? -1 : first->cell > second->cell;
}

/* Nets of the lines that leave a column, by the cell they leave, the rightmost first. */
static int32_t leaving_nets(const router *r, int32_t row) {
  const fv__rows *rows = r->rows;
  int32_t count = 0;
  for (int32_t i = rows->link_start[row]; i < rows->link_start[row + 1]; i++) {
    int32_t cell = rows->links[i].upper, n = 0;
    while (n < count && r->nets[n].cell != cell) n++;
    if (n == count) r->nets[count++] = (net){.cell = cell, .right = x_of(r, cell)};
  }
  qsort(r->nets, (size_t)count, sizeof *r->nets, compare_x_falling);
  return count;
}

static int32_t net_of(const router *r, int32_t count, int32_t cell) {
  int32_t n = 0;
  while (n < count && r->nets[n].cell != cell) n++;
  return n;
}

/* ---- all columns */

/* Rows of a column from y = 0 on; answers its height. */
static double stack_rows(const router *r, int32_t column) {
  double y = 0;
  for (int32_t row = r->start[column]; row < r->start[column + 1]; row++) {
    r->top[row] = y;
    r->height[row] = row_height(r->rows, row);
    y += r->height[row];
    if (row + 1 < r->start[column + 1]) y = pass_gap(r, row, y);
  }
  return y;
}

/* Lanes below column `column` and between it and the next; answers how far they reach down. */
static double turn_lines(const router *r, int32_t column, double bottom, double top, int32_t count) {
  const fv__rows *rows = r->rows;
  int32_t row = r->start[column + 1] - 1;
  double right = r->left[column] + r->width[column], gap = r->options->column_gap;
  for (int32_t i = rows->link_start[row]; i < rows->link_start[row + 1]; i++) {
    int32_t n = net_of(r, count, rows->links[i].upper);
    r->level[i] = bottom + ABOVE + n * FV__LANE;
    r->turn[i] = right + floor(gap / 2) + n * FV__LANE;
    r->entry[i] = top - BELOW - (count - 1 - n) * FV__LANE;
  }
  return count ? bottom + ABOVE + (count - 1) * FV__LANE : bottom;
}

static void move_column(const router *r, int32_t column, double down) {
  const fv__rows *rows = r->rows;
  for (int32_t row = r->start[column]; row < r->start[column + 1]; row++) {
    r->top[row] += down;
    for (int32_t i = rows->start[row]; i < rows->start[row + 1]; i++) rows->cells[rows->order[i]].x += r->left[column];
    for (int32_t i = rows->link_start[row]; row + 1 < r->start[column + 1] && i < rows->link_start[row + 1]; i++)
      r->level[i] += down;
  }
}

static fv_status place_all(router *r, fv__arena *arena) {
  fv_diagram *d = r->rows->diagram;
  double *height = FV__TAKE(arena, r->columns, double), top = 0, x = 0;
  int32_t *leaving = FV__TAKE(arena, r->columns, int32_t);
  if (!height || !leaving) return fv__diagram_no_memory();
  for (int32_t c = 0; c < r->columns; c++) {
    TRY(fv__place_column(r->rows, r->start[c], r->start[c + 1], r->options->box_gap, &r->width[c], arena));
    height[c] = stack_rows(r, c);
    leaving[c] = c + 1 < r->columns ? leaving_nets(r, r->start[c + 1] - 1) : 0;
    if (leaving[c]) top = fmax(top, BELOW + leaving[c] * FV__LANE);
    r->left[c] = x;
    x += r->width[c] + (c + 1 < r->columns ? r->options->column_gap + fmax(0, leaving[c] - 1) * FV__LANE : 0);
  }
  d->width = x;
  d->height = 0;
  for (int32_t c = 0; c < r->columns; c++) move_column(r, c, top);
  for (int32_t c = 0; c < r->columns; c++) {
    int32_t count = c + 1 < r->columns ? leaving_nets(r, r->start[c + 1] - 1) : 0;
    double bottom = top + height[c];
    if (c + 1 < r->columns) bottom = turn_lines(r, c, bottom, top, count);
    d->height = fmax(d->height, bottom);
  }
  return FV_OK;
}

/* ---- points */

typedef struct path {
  fv_diagram_point *points;
  int32_t count;
} path;

static void add_point(path *p, double x, double y) {
  fv_diagram_point *at = p->points + p->count;
  if (p->count && at[-1].x == x && at[-1].y == y) return;
  bool straight = p->count > 1 && ((at[-1].x == x && at[-2].x == x) || (at[-1].y == y && at[-2].y == y));
  if (straight)
    at[-1] = (fv_diagram_point){x, y};
  else
    p->points[p->count++] = (fv_diagram_point){x, y};
}

static int32_t link_between(const fv__rows *rows, int32_t upper, int32_t lower) {
  int32_t i = rows->up_start[lower];
  while (rows->links[rows->up_list[i]].upper != upper) i++;
  return rows->up_list[i];
}

static void follow(const router *r, int32_t link, path *p) {
  const fv__cell *upper = &r->rows->cells[r->rows->links[link].upper];
  const fv__cell *lower = &r->rows->cells[r->rows->links[link].lower];
  if (r->turn[link] > 0) {
    add_point(p, upper->x, r->level[link]);
    add_point(p, r->turn[link], r->level[link]);
    add_point(p, r->turn[link], r->entry[link]);
    add_point(p, lower->x, r->entry[link]);
  } else if (upper->x != lower->x) {
    add_point(p, upper->x, r->level[link]);
    add_point(p, lower->x, r->level[link]);
  }
}

static fv_status draw_line(const router *r, fv_diagram_edge *edge, path *scratch) {
  const fv__rows *rows = r->rows;
  fv_diagram *d = rows->diagram;
  const fv_diagram_box *from = &d->boxes[edge->from], *to = &d->boxes[edge->to];
  scratch->count = 0;
  add_point(scratch, rows->cells[edge->from].x, from->y + from->height);
  for (int32_t row = rows->cells[edge->from].row; row < rows->cells[edge->to].row; row++)
    follow(r, link_between(rows, fv__rows_cell(rows, edge, row), fv__rows_cell(rows, edge, row + 1)), scratch);
  add_point(scratch, rows->cells[edge->to].x, to->y);
  edge->points = fv__arena_copy(&d->places, scratch->points, (size_t)scratch->count * sizeof *scratch->points);
  edge->point_count = scratch->count;
  return edge->points ? FV_OK : fv__diagram_no_memory();
}

static fv_status write_places(const router *r, fv__arena *arena) {
  const fv__rows *rows = r->rows;
  fv_diagram *d = rows->diagram;
  for (int32_t b = 0; b < d->box_count; b++) {
    const fv__cell *cell = &rows->cells[b];
    d->boxes[b].x = cell->x - d->boxes[b].width / 2;
    d->boxes[b].y = r->top[cell->row] + floor((r->height[cell->row] - d->boxes[b].height) / 2);
  }
  path scratch = {FV__TAKE(arena, 4 * (size_t)rows->count + 4, fv_diagram_point), 0};
  if (!scratch.points) return fv__diagram_no_memory();
  for (int32_t e = 0; e < d->edge_count; e++) TRY(draw_line(r, &d->edges[e], &scratch));
  return FV_OK;
}

fv_status fv__route(fv__rows *rows, const int32_t *start, int32_t columns, const fv_diagram_options *options,
                    fv__arena *arena) {
  size_t links = (size_t)rows->link_count;
  router r = {.rows = rows,
              .options = options,
              .start = start,
              .columns = columns,
              .level = FV__TAKE(arena, links, double),
              .turn = FV__TAKE(arena, links, double),
              .entry = FV__TAKE(arena, links, double),
              .top = FV__TAKE(arena, rows->count, double),
              .height = FV__TAKE(arena, rows->count, double),
              .left = FV__TAKE(arena, columns, double),
              .width = FV__TAKE(arena, columns, double),
              .nets = FV__TAKE(arena, links, net),
              .members = FV__TAKE(arena, links, int32_t),
              .taken = FV__TAKE(arena, links, int32_t)};
  if (!r.level || !r.turn || !r.entry || !r.top || !r.height || !r.left || !r.width || !r.nets || !r.members ||
      !r.taken)
    return fv__diagram_no_memory();
  fv__arena_clear(&rows->diagram->places);
  rows->diagram->columns = columns;
  TRY(place_all(&r, arena));
  return write_places(&r, arena);
}
