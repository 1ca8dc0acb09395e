/* Where long networks continue in a next column.
 *
 * Among all ways to cut the rows into a number of columns the one is taken whose columns are about equally high and are
 * cut where few lines pass: dynamic programming over rows.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "diagram/layout.h"

static const double PER_LINE = 0.04; /* what another line from column to column costs, in squared heights */

/* height[r]: of rows 0 to r - 1 with what is between them. */
static void add_heights(double *height, const fv__rows *rows, double gap) {
  height[0] = 0;
  for (int32_t r = 0; r < rows->count; r++) {
    double tallest = 0;
    for (int32_t i = rows->start[r]; i < rows->start[r + 1]; i++) {
      int32_t box = rows->cells[rows->order[i]].box;
      if (box >= 0) tallest = fmax(tallest, rows->diagram->boxes[box].height);
    }
    height[r + 1] = height[r] + tallest + gap;
  }
}

/* Different boxes whose lines pass from row `row` to the next, less one. */
static int32_t lines_below(const fv__rows *rows, int32_t row, int32_t *met) {
  int32_t count = 0;
  for (int32_t i = rows->link_start[row]; i < rows->link_start[row + 1]; i++) {
    int32_t source = rows->cells[rows->links[i].upper].source;
    count += met[source] != row + 1;
    met[source] = row + 1;
  }
  return count > 0 ? count - 1 : 0;
}

/* cost[c][r]: of the best cut of rows 0 to r - 1 into c columns; from[c][r]: where its last column begins. */
static void find_cuts(double *cost, int32_t *from, const double *height, const int32_t *lines, int32_t columns,
                      int32_t count) {
  double target = height[count] / columns;
  size_t width = (size_t)count + 1;
  for (size_t i = 0; i < width * ((size_t)columns + 1); i++) cost[i] = INFINITY;
  cost[0] = 0;
  for (int32_t c = 1; c <= columns; c++)
    for (int32_t r = c; r <= count; r++)
      for (int32_t k = r - 1; k >= c - 1; k--) {
        double off = (height[r] - height[k]) / target - 1;
        if (off > 1 && k < r - 1) break;
        double here = cost[(size_t)(c - 1) * width + (size_t)k] + off * off + (k ? PER_LINE * lines[k - 1] : 0);
        if (here >= cost[(size_t)c * width + (size_t)r]) continue;
        cost[(size_t)c * width + (size_t)r] = here;
        from[(size_t)c * width + (size_t)r] = k;
      }
}

fv_status fv__cut_columns(int32_t *start, int32_t columns, const fv__rows *rows, double gap, fv__arena *arena) {
  size_t width = (size_t)rows->count + 1, states = width * ((size_t)columns + 1);
  double *height = FV__TAKE(arena, width, double), *cost = FV__TAKE(arena, states, double);
  int32_t *lines = FV__TAKE(arena, width, int32_t), *met = FV__TAKE(arena, rows->diagram->box_count, int32_t);
  int32_t *from = FV__TAKE(arena, states, int32_t);
  if (!height || !cost || !lines || !met || !from) return fv__diagram_no_memory();
  add_heights(height, rows, gap);
  for (int32_t r = 0; r < rows->count; r++) lines[r] = lines_below(rows, r, met);
  find_cuts(cost, from, height, lines, columns, rows->count);
  start[columns] = rows->count;
  for (int32_t c = columns; c > 0; c--) start[c - 1] = from[(size_t)c * width + (size_t)start[c]];
  return FV_OK;
}
