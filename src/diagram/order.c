/* The order of cells within rows.
 *
 * A walk from the inputs gives a first order that keeps branches together; then rows are sorted by the mean place of
 * their neighbours, downwards and upwards in turn, and the order with the fewest crossings is kept.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "diagram/layout.h"

enum { SWEEPS = 16 };

typedef struct sorter {
  fv__rows *rows;
  double *value;           /* of a cell: where its neighbours are */
  int32_t *best, *scratch; /* the best order; room for one row's links */
  int32_t *places;
} sorter;

static void number_row(const fv__rows *rows, int32_t row) {
  for (int32_t i = rows->start[row]; i < rows->start[row + 1]; i++)
    rows->cells[rows->order[i]].place = i - rows->start[row];
}

/* ---- the first order */

/* Cells below `cell` onto the stack so that lines that skip nothing are walked first, in their order. */
static int32_t push_below(const fv__rows *rows, int32_t cell, int32_t *stack, int32_t depth) {
  for (int32_t pulls = 0; pulls <= 1; pulls++)
    for (int32_t i = rows->down_start[cell + 1] - 1; i >= rows->down_start[cell]; i--) {
      const fv__link *link = &rows->links[rows->down_list[i]];
      if (link->pulls == (pulls == 1)) stack[depth++] = link->lower;
    }
  return depth;
}

static void walk(fv__rows *rows, int32_t *stack, int32_t *filled) {
  for (int32_t c = 0; c < rows->cell_count; c++) rows->cells[c].place = -1;
  for (int32_t box = 0; box < rows->diagram->box_count; box++) {
    if (rows->up_start[box] != rows->up_start[box + 1]) continue;
    int32_t depth = 0;
    stack[depth++] = box;
    while (depth > 0) {
      int32_t cell = stack[--depth], row = rows->cells[cell].row;
      if (rows->cells[cell].place >= 0) continue;
      rows->cells[cell].place = filled[row];
      rows->order[rows->start[row] + filled[row]++] = cell;
      depth = push_below(rows, cell, stack, depth);
    }
  }
}

/* ---- crossings */

/* How many pairs of `values` stand in the wrong order; sorts them. */
static int64_t count_inversions(int32_t *values, int32_t *room, int32_t count) {
  if (count < 2) return 0;
  int32_t half = count / 2, a = 0, b = half, to = 0;
  int64_t found = count_inversions(values, room, half) + count_inversions(values + half, room, count - half);
  while (a < half && b < count) {
    if (values[b] < values[a]) {
      room[to++] = values[b++];
      found += half - a;
    } else {
      room[to++] = values[a++];
    }
  }
  memcpy(room + to, values + a, (size_t)(half - a) * sizeof *room);
  memcpy(values, room, (size_t)(to + half - a) * sizeof *room);
  return found;
}

static int compare_places(const void *a, const void *b) {
  int32_t first = *(const int32_t *)a, second = *(const int32_t *)b;
  return first < second ? -1 : first > second;
}

static int64_t crossings_below(const sorter *s, int32_t row) {
  const fv__rows *rows = s->rows;
  int32_t count = 0;
  for (int32_t i = rows->start[row]; i < rows->start[row + 1]; i++) {
    int32_t cell = rows->order[i], first = count;
    for (int32_t k = rows->down_start[cell]; k < rows->down_start[cell + 1]; k++)
      s->places[count++] = rows->cells[rows->links[rows->down_list[k]].lower].place;
    qsort(s->places + first, (size_t)(count - first), sizeof *s->places, compare_places);
  }
  return count_inversions(s->places, s->scratch, count);
}

static int64_t crossings(const sorter *s) {
  int64_t found = 0;
  for (int32_t r = 0; r + 1 < s->rows->count; r++) found += crossings_below(s, r);
  return found;
}

/* ---- sweeps */

static void weigh(const sorter *s, int32_t cell, bool down) {
  const fv__rows *rows = s->rows;
  const int32_t *start = down ? rows->up_start : rows->down_start, *list = down ? rows->up_list : rows->down_list;
  double sum = 0;
  int32_t count = start[cell + 1] - start[cell];
  for (int32_t i = start[cell]; i < start[cell + 1]; i++) {
    const fv__link *link = &rows->links[list[i]];
    sum += rows->cells[down ? link->upper : link->lower].place;
  }
  s->value[cell] = count ? sum / count : rows->cells[cell].place;
}

static void sort_row(const sorter *s, int32_t row, bool down) {
  const fv__rows *rows = s->rows;
  int32_t *order = rows->order + rows->start[row], count = rows->start[row + 1] - rows->start[row];
  for (int32_t i = 0; i < count; i++) weigh(s, order[i], down);
  for (int32_t i = 1; i < count; i++) {
    int32_t cell = order[i], to = i;
    while (to > 0 && s->value[order[to - 1]] > s->value[cell]) {
      order[to] = order[to - 1];
      to--;
    }
    order[to] = cell;
  }
  number_row(rows, row);
}

static void sweep(const sorter *s, bool down) {
  int32_t rows = s->rows->count;
  for (int32_t i = 1; i < rows; i++) sort_row(s, down ? i : rows - 1 - i, down);
}

/* Swaps neighbours where that saves crossings. */
static void swap_neighbours(const sorter *s) {
  const fv__rows *rows = s->rows;
  for (int32_t r = 0; r < rows->count; r++)
    for (int32_t i = rows->start[r]; i + 1 < rows->start[r + 1]; i++) {
      int64_t before = (r ? crossings_below(s, r - 1) : 0) + (r + 1 < rows->count ? crossings_below(s, r) : 0);
      if (!before) break;
      int32_t left = rows->order[i];
      rows->order[i] = rows->order[i + 1];
      rows->order[i + 1] = left;
      number_row(rows, r);
      int64_t after = (r ? crossings_below(s, r - 1) : 0) + (r + 1 < rows->count ? crossings_below(s, r) : 0);
      if (after < before) continue;
      rows->order[i + 1] = rows->order[i];
      rows->order[i] = left;
      number_row(rows, r);
    }
}

fv_status fv__rows_order(fv__rows *rows, fv__arena *arena) {
  size_t links = (size_t)rows->link_count, cells = (size_t)rows->cell_count;
  sorter s = {rows, FV__TAKE(arena, cells, double), FV__TAKE(arena, cells, int32_t), FV__TAKE(arena, links, int32_t),
              FV__TAKE(arena, links, int32_t)};
  int32_t *stack = FV__TAKE(arena, links + 1, int32_t), *filled = FV__TAKE(arena, rows->count, int32_t);
  if (!s.value || !s.best || !s.scratch || !s.places || !stack || !filled) return fv__diagram_no_memory();
  walk(rows, stack, filled);
  int64_t least = crossings(&s);
  memcpy(s.best, rows->order, cells * sizeof *s.best);
  for (int32_t i = 0; i < SWEEPS && least > 0; i++) {
    sweep(&s, i % 2 == 0);
    if (i % 4 == 3 && cells < 20000) swap_neighbours(&s);
    int64_t found = crossings(&s);
    if (found >= least) continue;
    least = found;
    memcpy(s.best, rows->order, cells * sizeof *s.best);
  }
  memcpy(rows->order, s.best, cells * sizeof *s.best);
  for (int32_t r = 0; r < rows->count; r++) number_row(rows, r);
  return FV_OK;
}
