/* Rows: how far each box is from the top, and the cells where long lines pass.
 *
 * A box stands one row below the lowest that it reads. What only an input leads to moves down to where it is needed, so
 * that a second input is drawn beside what reads it.
 */
#include <stdlib.h>

#include "base/fail.h"
#include "diagram/layout.h"

bool fv__sort_boxes(int32_t *order, int32_t count, const fv_diagram_edge *edges, int32_t edge_count,
                    int32_t *open_edges, int32_t *first_edge, int32_t *next_edge) {
  for (int32_t b = 0; b < count; b++) {
    open_edges[b] = 0;
    first_edge[b] = -1;
  }
  for (int32_t e = edge_count - 1; e >= 0; e--) {
    open_edges[edges[e].to]++;
    next_edge[e] = first_edge[edges[e].from];
    first_edge[edges[e].from] = e;
  }
  int32_t sorted = 0;
  for (int32_t b = 0; b < count; b++)
    if (!open_edges[b]) order[sorted++] = b;
  for (int32_t i = 0; i < sorted; i++)
    for (int32_t e = first_edge[order[i]]; e >= 0; e = next_edge[e])
      if (--open_edges[edges[e].to] == 0) order[sorted++] = edges[e].to;
  return sorted == count;
}

/* What the rows are made with; lists of lines that leave a box. */
typedef struct maker {
  fv_diagram *diagram;
  int32_t *order, *first_edge, *next_edge, *open_edges;
  int32_t *row, *leaving; /* of a box: its row, how many lines leave it */
  bool *loose;            /* nothing but inputs leads there */
} maker;

static fv_status start(maker *m, fv_diagram *diagram, fv__arena *arena) {
  int32_t boxes = diagram->box_count;
  *m = (maker){.diagram = diagram,
               .order = FV__TAKE(arena, boxes, int32_t),
               .first_edge = FV__TAKE(arena, boxes, int32_t),
               .next_edge = FV__TAKE(arena, diagram->edge_count, int32_t),
               .open_edges = FV__TAKE(arena, boxes, int32_t),
               .row = FV__TAKE(arena, boxes, int32_t),
               .leaving = FV__TAKE(arena, boxes, int32_t),
               .loose = FV__TAKE(arena, boxes, bool)};
  if (!m->order || !m->first_edge || !m->next_edge || !m->open_edges || !m->row || !m->leaving || !m->loose)
    return fv__diagram_no_memory();
  if (!fv__sort_boxes(m->order, boxes, diagram->edges, diagram->edge_count, m->open_edges, m->first_edge, m->next_edge))
    return fail(FV_ERROR_STATE, "the lines of a diagram make a circle");
  return FV_OK;
}

static void choose_rows(maker *m) {
  const fv_diagram *d = m->diagram;
  for (int32_t e = 0; e < d->edge_count; e++) m->leaving[d->edges[e].from]++;
  for (int32_t b = 0; b < d->box_count; b++) m->loose[b] = true;
  for (int32_t i = 0; i < d->box_count; i++) {
    int32_t box = m->order[i];
    for (int32_t e = m->first_edge[box]; e >= 0; e = m->next_edge[e]) {
      int32_t to = d->edges[e].to;
      if (m->row[to] < m->row[box] + 1) m->row[to] = m->row[box] + 1;
      m->loose[to] = m->loose[to] && m->loose[box] && m->leaving[box] == 1;
    }
  }
  for (int32_t i = d->box_count - 1; i >= 0; i--) {
    int32_t box = m->order[i], least = INT32_MAX;
    for (int32_t e = m->first_edge[box]; e >= 0; e = m->next_edge[e])
      if (m->row[d->edges[e].to] < least) least = m->row[d->edges[e].to];
    if (m->loose[box] && least != INT32_MAX) m->row[box] = least - 1;
  }
}

/* Marks what a box leads to: directly, or by way of others, down to row `lowest`. */
static void mark_reached(const maker *m, int32_t box, int32_t lowest, const int32_t *place, int32_t *direct,
                         int32_t *by_way) {
  int32_t last = place[box];
  for (int32_t i = place[box]; i <= last; i++) {
    int32_t here = m->order[i];
    if (here != box && direct[here] != box && by_way[here] != box) continue;
    for (int32_t e = m->first_edge[here]; e >= 0; e = m->next_edge[e]) {
      int32_t to = m->diagram->edges[e].to;
      if (m->row[to] > lowest) continue;
      if (here == box)
        direct[to] = box;
      else
        by_way[to] = box;
      if (place[to] > last) last = place[to];
    }
  }
}

static int32_t lowest_target(const maker *m, int32_t box) {
  int32_t lowest = m->row[box];
  for (int32_t e = m->first_edge[box]; e >= 0; e = m->next_edge[e])
    if (m->row[m->diagram->edges[e].to] > lowest) lowest = m->row[m->diagram->edges[e].to];
  return lowest;
}

/* A long line skips when another way leads from its first box to its last. */
static fv_status find_skips(const maker *m, fv__arena *arena) {
  fv_diagram *d = m->diagram;
  int32_t *place = FV__TAKE(arena, d->box_count, int32_t);
  int32_t *direct = FV__TAKE(arena, d->box_count, int32_t), *by_way = FV__TAKE(arena, d->box_count, int32_t);
  if (!place || !direct || !by_way) return fv__diagram_no_memory();
  for (int32_t i = 0; i < d->box_count; i++) {
    place[m->order[i]] = i;
    direct[i] = by_way[i] = -1;
  }
  for (int32_t box = 0; box < d->box_count; box++) {
    int32_t lowest = lowest_target(m, box);
    bool may_skip = m->leaving[box] > 1 && lowest > m->row[box] + 1;
    if (may_skip) mark_reached(m, box, lowest, place, direct, by_way);
    for (int32_t e = m->first_edge[box]; e >= 0; e = m->next_edge[e]) {
      int32_t to = d->edges[e].to;
      d->edges[e].skip = may_skip && by_way[to] == box && m->row[to] > m->row[box] + 1;
    }
  }
  return FV_OK;
}

/* ---- cells and links */

static fv_status make_cells(fv__rows *rows, const maker *m, fv__arena *arena) {
  const fv_diagram *d = m->diagram;
  int64_t cells = d->box_count;
  for (int32_t b = 0; b < d->box_count; b++) {
    int32_t passes = lowest_target(m, b) - m->row[b] - 1;
    cells += passes > 0 ? passes : 0;
  }
  if (cells > INT32_MAX / 4) return fail(FV_ERROR_INVALID, "a diagram with %lld places is too large", (long long)cells);
  rows->cell_count = (int32_t)cells;
  rows->cells = FV__TAKE(arena, cells, fv__cell);
  rows->passages = FV__TAKE(arena, d->box_count, int32_t);
  if (!rows->cells || !rows->passages) return fv__diagram_no_memory();
  int32_t next = d->box_count;
  for (int32_t b = 0; b < d->box_count; b++) {
    rows->cells[b] = (fv__cell){.row = m->row[b], .box = b, .source = b, .width = d->boxes[b].width};
    if (m->row[b] >= rows->count) rows->count = m->row[b] + 1;
    rows->passages[b] = next;
    int32_t passes = lowest_target(m, b) - m->row[b] - 1;
    for (int32_t i = 0; i < passes; i++)
      rows->cells[next++] = (fv__cell){.row = m->row[b] + 1 + i, .box = -1, .source = b, .width = FV__PASSAGE};
  }
  return FV_OK;
}

int32_t fv__rows_cell(const fv__rows *rows, const fv_diagram_edge *edge, int32_t row) {
  if (row == rows->cells[edge->from].row) return edge->from;
  if (row == rows->cells[edge->to].row) return edge->to;
  return rows->passages[edge->from] + row - rows->cells[edge->from].row - 1;
}

/* Links from a box through its passages, then one to each target; unsorted. */
static void link_box(fv__rows *rows, const maker *m, int32_t box) {
  const fv_diagram *d = m->diagram;
  int32_t row = m->row[box], passes = lowest_target(m, box) - row - 1;
  for (int32_t i = 0; i < passes; i++) {
    bool pulls = false;
    for (int32_t e = m->first_edge[box]; e >= 0; e = m->next_edge[e])
      pulls = pulls || (!d->edges[e].skip && m->row[d->edges[e].to] > row + 1 + i);
    rows->links[rows->link_count++] = (fv__link){i ? rows->passages[box] + i - 1 : box, rows->passages[box] + i, pulls};
  }
  for (int32_t e = m->first_edge[box]; e >= 0; e = m->next_edge[e]) {
    const fv_diagram_edge *edge = &d->edges[e];
    rows->links[rows->link_count++] =
        (fv__link){fv__rows_cell(rows, edge, m->row[edge->to] - 1), edge->to, !edge->skip};
  }
}

/* Sorts links by the upper cell's row, and lists them for both of their cells. */
static fv_status sort_links(fv__rows *rows, fv__arena *arena) {
  int32_t links = rows->link_count, cells = rows->cell_count;
  fv__link *sorted = FV__TAKE(arena, links, fv__link);
  rows->link_start = FV__TAKE(arena, rows->count + 1, int32_t);
  rows->down_start = FV__TAKE(arena, cells + 2, int32_t);
  rows->up_start = FV__TAKE(arena, cells + 2, int32_t);
  rows->down_list = FV__TAKE(arena, links, int32_t);
  rows->up_list = FV__TAKE(arena, links, int32_t);
  int32_t *fill = FV__TAKE(arena, rows->count + 1, int32_t);
  if (!sorted || !rows->link_start || !rows->down_start || !rows->up_start || !rows->down_list || !rows->up_list ||
      !fill)
    return fv__diagram_no_memory();
  for (int32_t i = 0; i < links; i++) rows->link_start[rows->cells[rows->links[i].upper].row + 1]++;
  for (int32_t r = 0; r < rows->count; r++) rows->link_start[r + 1] += rows->link_start[r];
  for (int32_t r = 0; r <= rows->count; r++) fill[r] = rows->link_start[r];
  for (int32_t i = 0; i < links; i++) sorted[fill[rows->cells[rows->links[i].upper].row]++] = rows->links[i];
  rows->links = sorted;
  for (int32_t i = 0; i < links; i++) {
    rows->down_start[sorted[i].upper + 2]++;
    rows->up_start[sorted[i].lower + 2]++;
  }
  for (int32_t c = 0; c < cells; c++) {
    rows->down_start[c + 2] += rows->down_start[c + 1];
    rows->up_start[c + 2] += rows->up_start[c + 1];
  }
  for (int32_t i = 0; i < links; i++) {
    rows->down_list[rows->down_start[sorted[i].upper + 1]++] = i;
    rows->up_list[rows->up_start[sorted[i].lower + 1]++] = i;
  }
  return FV_OK;
}

fv_status fv__rows_make(fv__rows *rows, fv_diagram *diagram, fv__arena *arena) {
  maker m;
  *rows = (fv__rows){.diagram = diagram};
  TRY(start(&m, diagram, arena));
  choose_rows(&m);
  TRY(find_skips(&m, arena));
  TRY(make_cells(rows, &m, arena));
  rows->start = FV__TAKE(arena, rows->count + 1, int32_t);
  rows->order = FV__TAKE(arena, rows->cell_count, int32_t);
  rows->links = FV__TAKE(arena, (size_t)rows->cell_count + (size_t)diagram->edge_count, fv__link);
  if (!rows->start || !rows->order || !rows->links) return fv__diagram_no_memory();
  for (int32_t b = 0; b < diagram->box_count; b++) link_box(rows, &m, b);
  for (int32_t c = 0; c < rows->cell_count; c++) rows->start[rows->cells[c].row + 1]++;
  for (int32_t r = 0; r < rows->count; r++) rows->start[r + 1] += rows->start[r];
  return sort_links(rows, arena);
}
