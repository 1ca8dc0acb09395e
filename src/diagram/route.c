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
  double *second;       /* of a link whose net was cut: y of its second lane, at x: */
  double *shift;
  fv__lanes gap; /* between two rows */
  double *ends;  /* rises and falls of its nets */
  int32_t *net;  /* of a link: its net, -1 */
  fv__arena *arena;
} router;

/* ---- nets of a gap */

static double x_of(const router *r, int32_t cell) { return r->rows->cells[cell].x; }

static bool is_bent(const router *r, const fv__link *link) { return x_of(r, link->upper) != x_of(r, link->lower); }

/* A link goes with the others that leave its upper cell, unless it is the only one and others reach its lower cell. */
static bool goes_with_lower(const fv__rows *rows, const fv__link *link) {
  return rows->down_start[link->upper + 1] - rows->down_start[link->upper] == 1 &&
         rows->up_start[link->lower + 1] - rows->up_start[link->lower] > 1;
}

static int32_t find_net(const fv__lanes *gap, int32_t cell, bool joins) {
  int32_t n = 0;
  while (n < gap->count && (gap->nets[n].cell != cell || gap->nets[n].joins != joins)) n++;
  return n;
}

static void add_end(double *list, int32_t *count, double x, fv__net *net) {
  for (int32_t i = 0; i < *count; i++)
    if (list[i] == x) return;
  list[(*count)++] = x;
  net->left = fmin(net->left, x);
  net->right = fmax(net->right, x);
}

/* The nets of the gap below a row, first how many links they have, then their ends. */
static void make_nets(router *r, int32_t row) {
  const fv__rows *rows = r->rows;
  fv__lanes *gap = &r->gap;
  int32_t first = rows->link_start[row], end = rows->link_start[row + 1];
  gap->count = gap->upright_count = 0;
  for (int32_t i = first; i < end; i++) {
    const fv__link *link = &rows->links[i];
    r->net[i] = -1;
    if (!is_bent(r, link)) continue;
    bool joins = goes_with_lower(rows, link);
    int32_t cell = joins ? link->lower : link->upper, n = find_net(gap, cell, joins);
    if (n == gap->count)
      gap->nets[gap->count++] =
          (fv__net){.cell = cell, .joins = joins, .left = INFINITY, .right = -INFINITY, .part_of = n, .rest = -1};
    gap->nets[n].rise_count++;
    r->net[i] = n;
  }
  double *ends = r->ends;
  for (int32_t n = 0; n < gap->count; n++) {
    fv__net *net = &gap->nets[n];
    net->rises = ends;
    net->falls = ends + net->rise_count;
    ends += 2 * net->rise_count;
    net->rise_count = 0;
  }
  for (int32_t i = first; i < end; i++) {
    if (r->net[i] < 0) continue;
    fv__net *net = &gap->nets[r->net[i]];
    add_end(net->rises, &net->rise_count, x_of(r, rows->links[i].upper), net);
    add_end(net->falls, &net->fall_count, x_of(r, rows->links[i].lower), net);
  }
  for (int32_t i = rows->start[row]; i < rows->start[row + 2]; i++)
    gap->uprights[gap->upright_count++] = x_of(r, rows->order[i]);
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

/* Levels of the links below a row whose lower edge is `bottom`; sets where the next row begins. */
static fv_status pass_gap(router *r, int32_t row, double bottom, double *next) {
  const fv__rows *rows = r->rows;
  fv__lanes *gap = &r->gap;
  make_nets(r, row);
  TRY(fv__lanes_choose(gap, r->arena));
  double least = r->options->row_gap, room = gap->used ? ABOVE + BELOW + (gap->used - 1) * FV__LANE : 0;
  double top = bottom + ABOVE + (room < least ? floor((least - room) / 2) : 0);
  for (int32_t i = rows->link_start[row]; i < rows->link_start[row + 1]; i++) {
    if (r->net[i] < 0) continue;
    const fv__net *net = &gap->nets[r->net[i]];
    r->level[i] = top + net->lane * FV__LANE;
    r->shift[i] = -1;
    if (net->rest < 0) continue;
    r->shift[i] = net->turn;
    r->second[i] = top + gap->nets[net->rest].lane * FV__LANE;
  }
  *next = bottom + fmax(least, room);
  return FV_OK;
}

/* ---- from column to column */

static int compare_x_falling(const void *a, const void *b) {
  const fv__net *first = a, *second = b;
  if (first->right != second->right) return first->right > second->right ? -1 : 1;
  return first->cell < second->cell ? -1 : first->cell > second->cell;
}

/* Nets of the lines that leave a column, by the cell they leave, the rightmost first. */
static int32_t leaving_nets(router *r, int32_t row) {
  const fv__rows *rows = r->rows;
  fv__lanes *gap = &r->gap;
  gap->count = 0;
  for (int32_t i = rows->link_start[row]; i < rows->link_start[row + 1]; i++) {
    int32_t cell = rows->links[i].upper;
    if (find_net(gap, cell, false) == gap->count)
      gap->nets[gap->count++] = (fv__net){.cell = cell, .right = x_of(r, cell)};
  }
  qsort(gap->nets, (size_t)gap->count, sizeof *gap->nets, compare_x_falling);
  return gap->count;
}

/* ---- all columns */

/* Rows of a column from y = 0 on, and its height. */
static fv_status stack_rows(router *r, int32_t column, double *height) {
  double y = 0;
  for (int32_t row = r->start[column]; row < r->start[column + 1]; row++) {
    r->top[row] = y;
    r->height[row] = row_height(r->rows, row);
    y += r->height[row];
    if (row + 1 < r->start[column + 1]) TRY(pass_gap(r, row, y, &y));
  }
  *height = y;
  return FV_OK;
}

/* Lanes below column `column` and between it and the next; answers how far they reach down. */
static double turn_lines(const router *r, int32_t column, double bottom, double top, int32_t count) {
  const fv__rows *rows = r->rows;
  int32_t row = r->start[column + 1] - 1;
  double right = r->left[column] + r->width[column], gap = r->options->column_gap;
  for (int32_t i = rows->link_start[row]; i < rows->link_start[row + 1]; i++) {
    int32_t n = find_net(&r->gap, rows->links[i].upper, false);
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
    for (int32_t i = rows->link_start[row]; row + 1 < r->start[column + 1] && i < rows->link_start[row + 1]; i++) {
      r->level[i] += down;
      r->second[i] += down;
      if (r->shift[i] >= 0) r->shift[i] += r->left[column];
    }
  }
}

static fv_status place_all(router *r, fv__arena *arena) {
  fv_diagram *d = r->rows->diagram;
  double *height = FV__TAKE(arena, r->columns, double), top = 0, x = 0;
  int32_t *leaving = FV__TAKE(arena, r->columns, int32_t);
  if (!height || !leaving) return fv__diagram_no_memory();
  for (int32_t c = 0; c < r->columns; c++) {
    TRY(fv__place_column(r->rows, r->start[c], r->start[c + 1], r->options->box_gap, &r->width[c], arena));
    TRY(stack_rows(r, c, &height[c]));
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
    if (r->shift[link] >= 0) {
      add_point(p, r->shift[link], r->level[link]);
      add_point(p, r->shift[link], r->second[link]);
      add_point(p, lower->x, r->second[link]);
    } else {
      add_point(p, lower->x, r->level[link]);
    }
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
              .second = FV__TAKE(arena, links, double),
              .shift = FV__TAKE(arena, links, double),
              .gap = {.nets = FV__TAKE(arena, 2 * links, fv__net),
                      .uprights = FV__TAKE(arena, (size_t)rows->cell_count + links, double)},
              .ends = FV__TAKE(arena, 2 * links, double),
              .net = FV__TAKE(arena, links, int32_t),
              .arena = arena};
  if (!r.level || !r.turn || !r.entry || !r.top || !r.height || !r.left || !r.width || !r.second || !r.shift ||
      !r.gap.nets || !r.gap.uprights || !r.ends || !r.net)
    return fv__diagram_no_memory();
  fv__arena_clear(&rows->diagram->places);
  rows->diagram->columns = columns;
  TRY(place_all(&r, arena));
  return write_places(&r, arena);
}
