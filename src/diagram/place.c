/* Places within rows.
 *
 * Cells that should stand exactly below each other form a block: calls in a chain, the passages of one long line, and
 * all rows that hold a single cell (the trunk). Blocks are then put where
 *
 *     sum over links of weight * (x_upper - x_lower)^2   is least, while   x_right - x_left >= distance
 *
 * for neighbours in every row: each block goes half the way to the mean of what it is linked to, and Hildreth's method
 * (Hildreth 1957) brings them apart again, one pair of neighbours at a time. A module's branches so stand evenly about
 * the trunk. At the end two passes, one that pushes to the right and one that pushes to the left, make the distances
 * exact; the mean of both keeps them too.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "diagram/layout.h"

enum { ROUNDS = 240, PASSES = 12 };

static const double WEAK = 0.02, ANCHOR = 0.001; /* of lines that skip; of the middle */

typedef struct pair {
  int32_t left, right; /* blocks */
  double distance, force;
} pair;

typedef struct pull {
  int32_t one, other;
  double weight;
} pull;

typedef struct column {
  fv__rows *rows;
  int32_t first, end; /* rows */
  double gap;
  int32_t *parent, *block; /* of a cell: towards the first of its block; number of the block */
  int32_t block_count, pair_count, pull_count, trunk;
  pair *pairs;
  pull *pulls;
  double *x, *aim, *weight, *other; /* of a block */
  int32_t *sorted, *waiting, *first_pair;
  int32_t *mark;
} column;

/* ---- blocks */

static int32_t first_of(const column *c, int32_t cell) {
  while (c->parent[cell] != cell) cell = c->parent[cell] = c->parent[c->parent[cell]];
  return cell;
}

static void join(const column *c, int32_t a, int32_t b) { c->parent[first_of(c, b)] = first_of(c, a); }

static int32_t pulling(const fv__rows *rows, const int32_t *start, const int32_t *list, int32_t cell) {
  int32_t count = 0;
  for (int32_t i = start[cell]; i < start[cell + 1]; i++) count += rows->links[list[i]].pulls;
  return count;
}

static bool is_straight(const fv__rows *rows, const fv__link *link) {
  if (rows->cells[link->upper].box < 0 && rows->cells[link->lower].box < 0) return true;
  return link->pulls && pulling(rows, rows->down_start, rows->down_list, link->upper) == 1 &&
         pulling(rows, rows->up_start, rows->up_list, link->lower) == 1;
}

/* Joins straight links of one gap between rows from left to right, leaving out those that cross one before. */
static void join_gap(const column *c, int32_t row, bool chains) {
  const fv__rows *rows = c->rows;
  int32_t last = -1;
  for (int32_t i = rows->start[row]; i < rows->start[row + 1]; i++) {
    int32_t cell = rows->order[i];
    for (int32_t k = rows->down_start[cell]; k < rows->down_start[cell + 1]; k++) {
      const fv__link *link = &rows->links[rows->down_list[k]];
      bool passage = rows->cells[link->upper].box < 0 && rows->cells[link->lower].box < 0;
      if (rows->cells[link->lower].place <= last || !(passage || (chains && is_straight(rows, link)))) continue;
      join(c, link->upper, link->lower);
      last = rows->cells[link->lower].place;
      break;
    }
  }
}

static void make_blocks(column *c, int32_t boldness) {
  const fv__rows *rows = c->rows;
  int32_t single = -1, from = rows->start[c->first], to = rows->start[c->end];
  for (int32_t i = from; i < to; i++) c->parent[rows->order[i]] = rows->order[i];
  for (int32_t r = c->first; boldness > 0 && r + 1 < c->end; r++) join_gap(c, r, boldness > 1);
  for (int32_t r = c->first; boldness > 2 && r < c->end; r++) {
    if (rows->start[r + 1] - rows->start[r] != 1) continue;
    if (single >= 0) join(c, single, rows->order[rows->start[r]]);
    single = rows->order[rows->start[r]];
  }
  c->block_count = 0;
  for (int32_t i = from; i < to; i++)
    if (first_of(c, rows->order[i]) == rows->order[i]) c->block[rows->order[i]] = c->block_count++;
  for (int32_t i = from; i < to; i++) c->block[rows->order[i]] = c->block[first_of(c, rows->order[i])];
  c->trunk = single >= 0 ? c->block[single] : -1;
}

static int compare_pairs(const void *a, const void *b) {
  const pair *first = a, *second = b;
  if (first->left != second->left) return first->left < second->left ? -1 : 1;
  if (first->right != second->right) return first->right < second->right ? -1 : 1;
  return first->distance > second->distance ? -1 : first->distance < second->distance;
}

/* Neighbours of all rows, each pair of blocks once with its largest distance. */
static void list_pairs(column *c) {
  const fv__rows *rows = c->rows;
  c->pair_count = 0;
  for (int32_t r = c->first; r < c->end; r++)
    for (int32_t i = rows->start[r]; i + 1 < rows->start[r + 1]; i++) {
      const fv__cell *left = &rows->cells[rows->order[i]], *right = &rows->cells[rows->order[i + 1]];
      double gap = left->box < 0 && right->box < 0 ? 0 : left->box < 0 || right->box < 0 ? c->gap / 2 : c->gap;
      c->pairs[c->pair_count++] = (pair){c->block[rows->order[i]], c->block[rows->order[i + 1]],
                                         ceil((left->width + right->width) / 2 + gap), 0};
    }
  qsort(c->pairs, (size_t)c->pair_count, sizeof *c->pairs, compare_pairs);
  int32_t kept = 0;
  for (int32_t i = 0; i < c->pair_count; i++)
    if (!kept || c->pairs[i].left != c->pairs[kept - 1].left || c->pairs[i].right != c->pairs[kept - 1].right)
      c->pairs[kept++] = c->pairs[i];
  c->pair_count = kept;
}

/* Blocks from left to right; false when no order satisfies all rows. */
static bool sort_blocks(column *c) {
  for (int32_t b = 0; b <= c->block_count; b++) c->first_pair[b] = c->waiting[b] = 0;
  for (int32_t i = 0; i < c->pair_count; i++) {
    if (c->pairs[i].left == c->pairs[i].right) return false;
    c->first_pair[c->pairs[i].left + 1]++;
    c->waiting[c->pairs[i].right]++;
  }
  for (int32_t b = 0; b < c->block_count; b++) c->first_pair[b + 1] += c->first_pair[b];
  int32_t sorted = 0;
  for (int32_t b = 0; b < c->block_count; b++)
    if (!c->waiting[b]) c->sorted[sorted++] = b;
  for (int32_t i = 0; i < sorted; i++)
    for (int32_t k = c->first_pair[c->sorted[i]]; k < c->first_pair[c->sorted[i] + 1]; k++)
      if (--c->waiting[c->pairs[k].right] == 0) c->sorted[sorted++] = c->pairs[k].right;
  return sorted == c->block_count;
}

/* ---- forces */

static void list_pulls(column *c) {
  const fv__rows *rows = c->rows;
  c->pull_count = 0;
  for (int32_t b = 0; b < c->block_count; b++) c->weight[b] = ANCHOR;
  for (int32_t r = c->first; r + 1 < c->end; r++)
    for (int32_t i = rows->link_start[r]; i < rows->link_start[r + 1]; i++) {
      const fv__link *link = &rows->links[i];
      pull p = {c->block[link->upper], c->block[link->lower], link->pulls ? 1 : WEAK};
      if (p.one == p.other) continue;
      c->pulls[c->pull_count++] = p;
      c->weight[p.one] += p.weight;
      c->weight[p.other] += p.weight;
    }
}

/* Rows packed about the middle; a block begins at the mean of its cells. */
static void begin(column *c) {
  const fv__rows *rows = c->rows;
  for (int32_t b = 0; b < c->block_count; b++) c->x[b] = c->other[b] = 0;
  for (int32_t r = c->first; r < c->end; r++) {
    double width = 0, at = 0;
    for (int32_t i = rows->start[r]; i < rows->start[r + 1]; i++) width += rows->cells[rows->order[i]].width + c->gap;
    for (int32_t i = rows->start[r]; i < rows->start[r + 1]; i++) {
      double here = rows->cells[rows->order[i]].width + c->gap;
      c->x[c->block[rows->order[i]]] += at + here / 2 - width / 2;
      c->other[c->block[rows->order[i]]] += 1;
      at += here;
    }
  }
  for (int32_t b = 0; b < c->block_count; b++) c->x[b] = b == c->trunk ? 0 : c->x[b] / c->other[b];
}

static void aim(const column *c) {
  for (int32_t b = 0; b < c->block_count; b++) c->aim[b] = 0;
  for (int32_t i = 0; i < c->pull_count; i++) {
    const pull *p = &c->pulls[i];
    c->aim[p->one] += p->weight * c->x[p->other];
    c->aim[p->other] += p->weight * c->x[p->one];
  }
  for (int32_t b = 0; b < c->block_count; b++) c->aim[b] = b == c->trunk ? 0 : (c->x[b] + c->aim[b] / c->weight[b]) / 2;
}

/* The nearest places to the aims that keep the distances, nearly. */
static void part(const column *c) {
  memcpy(c->other, c->aim, (size_t)c->block_count * sizeof *c->aim);
  double *x = c->other;
  for (int32_t i = 0; i < c->pair_count; i++) {
    x[c->pairs[i].left] -= c->pairs[i].force / c->weight[c->pairs[i].left];
    x[c->pairs[i].right] += c->pairs[i].force / c->weight[c->pairs[i].right];
  }
  for (int pass = 0; pass < PASSES; pass++)
    for (int32_t i = 0; i < c->pair_count; i++) {
      pair *p = &c->pairs[i];
      double left = 1 / c->weight[p->left], right = 1 / c->weight[p->right];
      double more = (p->distance - (x[p->right] - x[p->left])) / (left + right);
      if (more < -p->force) more = -p->force;
      p->force += more;
      x[p->left] -= more * left;
      x[p->right] += more * right;
    }
}

static void settle(const column *c) {
  double *pushed = c->aim;
  memcpy(pushed, c->x, (size_t)c->block_count * sizeof *pushed);
  for (int32_t i = 0; i < c->block_count; i++)
    for (int32_t k = c->first_pair[c->sorted[i]]; k < c->first_pair[c->sorted[i] + 1]; k++) {
      const pair *p = &c->pairs[k];
      if (pushed[p->right] < pushed[p->left] + p->distance) pushed[p->right] = pushed[p->left] + p->distance;
    }
  for (int32_t i = c->block_count - 1; i >= 0; i--)
    for (int32_t k = c->first_pair[c->sorted[i]]; k < c->first_pair[c->sorted[i] + 1]; k++) {
      const pair *p = &c->pairs[k];
      if (c->x[p->left] > c->x[p->right] - p->distance) c->x[p->left] = c->x[p->right] - p->distance;
    }
  for (int32_t b = 0; b < c->block_count; b++) c->x[b] = floor((c->x[b] + pushed[b]) / 2 + 0.5);
}

static void relax(column *c) {
  list_pulls(c);
  if (c->trunk >= 0) c->weight[c->trunk] = 1e9;
  begin(c);
  for (int round = 0; round < ROUNDS; round++) {
    aim(c);
    part(c);
    double moved = 0;
    for (int32_t b = 0; b < c->block_count; b++) moved = fmax(moved, fabs(c->other[b] - c->x[b]));
    memcpy(c->x, c->other, (size_t)c->block_count * sizeof *c->x);
    if (moved < 0.02) break;
  }
  settle(c);
}

static double shift(const column *c) {
  fv__rows *rows = c->rows;
  double left = INFINITY, right = -INFINITY;
  for (int32_t i = rows->start[c->first]; i < rows->start[c->end]; i++) {
    fv__cell *cell = &rows->cells[rows->order[i]];
    cell->x = c->x[c->block[rows->order[i]]];
    left = fmin(left, floor(cell->x - cell->width / 2));
    right = fmax(right, ceil(cell->x + cell->width / 2));
  }
  for (int32_t i = rows->start[c->first]; i < rows->start[c->end]; i++) rows->cells[rows->order[i]].x -= left;
  return right - left;
}

fv_status fv__place_column(fv__rows *rows, int32_t first, int32_t end, double gap, double *width, fv__arena *arena) {
  size_t cells = (size_t)(rows->start[end] - rows->start[first]);
  size_t links = (size_t)(rows->link_start[end - 1] - rows->link_start[first]);
  column c = {.rows = rows,
              .first = first,
              .end = end,
              .gap = gap,
              .parent = FV__TAKE(arena, rows->cell_count, int32_t),
              .block = FV__TAKE(arena, rows->cell_count, int32_t),
              .pairs = FV__TAKE(arena, cells, pair),
              .pulls = FV__TAKE(arena, links, pull),
              .x = FV__TAKE(arena, cells, double),
              .aim = FV__TAKE(arena, cells, double),
              .weight = FV__TAKE(arena, cells, double),
              .other = FV__TAKE(arena, cells, double),
              .sorted = FV__TAKE(arena, cells, int32_t),
              .waiting = FV__TAKE(arena, cells + 1, int32_t),
              .first_pair = FV__TAKE(arena, cells + 2, int32_t)};
  if (!c.parent || !c.block || !c.pairs || !c.pulls || !c.x || !c.aim || !c.weight || !c.other || !c.sorted ||
      !c.waiting || !c.first_pair)
    return fv__diagram_no_memory();
  /* Blocks are tried from bold to timid: without any the order of rows alone always has a solution. */
  for (int32_t boldness = 3; boldness >= 0; boldness--) {
    make_blocks(&c, boldness);
    list_pairs(&c);
    if (sort_blocks(&c)) break;
  }
  relax(&c);
  *width = shift(&c);
  return FV_OK;
}
