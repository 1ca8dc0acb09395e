/* Medians of large windows, by counting.
 *
 * Every pixel is replaced by its rank among the channel's different numbers. While a window slides along a row, counts
 * of the ranks in it are kept, the columns that leave taken off, those that enter added. The number with k below it is
 * found in three steps, through sums of 2^16 and of 2^8 ranks.
 *
 * Up to 256 ranks, as bytes have: each column of the picture keeps counts of its own pixels in the rows of the window,
 * changed by one pixel when the window moves down; a window gains and loses whole columns of counts. So the work for a
 * window does not grow with its size (S. Perreault and P. Hébert, Median Filtering in Constant Time, 2007).
 */
#include "image/median.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

enum { FEW = 256, BLOCK_BITS = 8 };

/* A window along one axis, inside the picture. */
typedef struct span {
  int64_t from, to;
} span;

typedef struct counter {
  float *numbers;              /* by rank, ascending */
  int64_t ranks;               /* how many; NaN has none */
  int32_t *rank_of;            /* of every pixel, [height][width]; -1 for NaN */
  uint32_t *counts;            /* of the window: of each rank, */
  uint32_t *blocks, *chapters; /* of 2^8 and of 2^16 of them; not kept for FEW */
  int64_t nans;                /* in the window */
  uint16_t *column_counts;     /* FEW: [width][FEW], within the present rows */
  uint32_t *column_nans;       /* [width] */
} counter;

static span window_at(const fv__sweep *sweep, int64_t index) {
  const int64_t from = index * sweep->stride - sweep->before, to = from + sweep->window;
  return (span){from < 0 ? 0 : from, to > sweep->in ? sweep->in : to};
}

/* ---- ranks */

static int by_size(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* Whether all pixels are whole numbers of a byte: those need no sorting. */
static bool are_bytes(counter *c, const float *in, const fv__picture *p) {
  for (int64_t i = 0; i < p->height * p->width; i++) {
    const float value = in[i * p->channels];
    if (!(value >= 0 && value <= 255 && value == floorf(value))) return false;
  }
  for (c->ranks = 0; c->ranks < FEW; c->ranks++) c->numbers[c->ranks] = (float)c->ranks;
  return true;
}

static void find_numbers(counter *c, const float *in, const fv__picture *p) {
  int64_t count = 0, kept = 0;
  for (int64_t i = 0; i < p->height * p->width; i++)
    if (!isnan(in[i * p->channels])) c->numbers[count++] = in[i * p->channels];
  qsort(c->numbers, (size_t)count, sizeof *c->numbers, by_size);
  for (int64_t i = 0; i < count; i++)
    if (kept == 0 || c->numbers[i] > c->numbers[kept - 1]) c->numbers[kept++] = c->numbers[i];
  c->ranks = kept;
}

static int32_t rank_of(const counter *c, float value) {
  if (isnan(value)) return -1;
  int64_t from = 0, to = c->ranks; /* numbers[from] <= value < numbers[to] */
  while (to - from > 1) {
    const int64_t middle = (from + to) / 2;
    if (c->numbers[middle] <= value)
      from = middle;
    else
      to = middle;
  }
  return (int32_t)from;
}

/* ---- many ranks */

static void count_pixel(counter *c, int32_t rank, uint32_t step) {
  if (rank < 0) {
    c->nans += (int32_t)step;
    return;
  }
  c->counts[rank] += step;
  c->blocks[rank >> BLOCK_BITS] += step;
  c->chapters[rank >> 2 * BLOCK_BITS] += step;
}

/* Adds columns `at` of the rows (step 1), or takes them off (-1). */
static void count_columns(counter *c, const fv__picture *p, span rows, span at, uint32_t step) {
  for (int64_t y = rows.from; y < rows.to; y++)
    for (int64_t x = at.from; x < at.to; x++) count_pixel(c, c->rank_of[y * p->width + x], step);
}

/* The first place from which on more than `left` are counted; `left` becomes what is left there. */
static int64_t skip(const uint32_t *counts, int64_t from, int64_t *left) {
  while (*left >= (int64_t)counts[from]) *left -= (int64_t)counts[from++];
  return from;
}

/* The number with `below` others in the window below it. */
static float number_with(const counter *c, int64_t below) {
  int64_t place = 0;
  if (c->ranks > FEW) {
    place = skip(c->chapters, 0, &below) << BLOCK_BITS;
    place = skip(c->blocks, place, &below) << BLOCK_BITS;
  }
  return c->numbers[skip(c->counts, place, &below)];
}

static float median_of(const counter *c, int64_t pixels) {
  if (c->nans) return NAN;
  const float upper = number_with(c, pixels / 2);
  if (pixels % 2) return upper;
  const float lower = number_with(c, pixels / 2 - 1);
  return lower == upper ? upper : (float)(((double)lower + (double)upper) / 2);
}

/* ---- few ranks */

static void count_row(counter *c, const fv__picture *p, int64_t y, uint32_t step) {
  for (int64_t x = 0; x < p->width; x++) {
    const int32_t rank = c->rank_of[y * p->width + x];
    if (rank < 0)
      c->column_nans[x] += step;
    else
      c->column_counts[x * FEW + rank] = (uint16_t)(c->column_counts[x * FEW + rank] + step);
  }
}

static void move_down(counter *c, const fv__picture *p, span before, span now) {
  for (int64_t y = before.from; y < before.to && y < now.from; y++) count_row(c, p, y, (uint32_t)-1);
  for (int64_t y = now.from > before.to ? now.from : before.to; y < now.to; y++) count_row(c, p, y, 1);
}

static void gain_columns(counter *c, span at) {
  for (int64_t x = at.from; x < at.to; x++) {
    c->nans += c->column_nans[x];
    for (int i = 0; i < FEW; i++) c->counts[i] += c->column_counts[x * FEW + i];
  }
}

static void lose_columns(counter *c, span at) {
  for (int64_t x = at.from; x < at.to; x++) {
    c->nans -= c->column_nans[x];
    for (int i = 0; i < FEW; i++) c->counts[i] -= c->column_counts[x * FEW + i];
  }
}

/* ---- sliding */

static void move_right(counter *c, const fv__picture *p, span rows, span before, span now) {
  const span leaving = {before.from, before.to < now.from ? before.to : now.from};
  const span entering = {now.from > before.to ? now.from : before.to, now.to};
  if (c->column_counts) {
    lose_columns(c, leaving);
    gain_columns(c, entering);
  } else {
    count_columns(c, p, rows, leaving, (uint32_t)-1);
    count_columns(c, p, rows, entering, 1);
  }
}

static void sweep_rows(counter *c, float *out, const fv__picture *p, const fv__sweep *rows, const fv__sweep *columns) {
  span down = {0, 0};
  for (int64_t i = 0; i < rows->out; i++) {
    const span now = window_at(rows, i);
    if (c->column_counts) move_down(c, p, down, now);
    down = now;
    span across = {0, 0};
    for (int64_t j = 0; j < columns->out; j++, out += p->channels) {
      const span place = window_at(columns, j);
      move_right(c, p, down, across, place);
      across = place;
      *out = median_of(c, (down.to - down.from) * (across.to - across.from));
    }
    move_right(c, p, down, across, (span){across.to, across.to}); /* empty again */
  }
}

static bool take_counts(counter *c, const fv__picture *p) {
  const size_t ranks = (size_t)(c->ranks > FEW ? c->ranks : FEW);
  c->counts = calloc(ranks, sizeof *c->counts);
  c->blocks = calloc((ranks >> BLOCK_BITS) + 1, sizeof *c->blocks);
  c->chapters = calloc((ranks >> 2 * BLOCK_BITS) + 1, sizeof *c->chapters);
  if (c->ranks <= FEW) {
    c->column_counts = calloc((size_t)p->width, FEW * sizeof *c->column_counts);
    c->column_nans = calloc((size_t)p->width, sizeof *c->column_nans);
    if (!c->column_counts || !c->column_nans) return false;
  }
  return c->counts && c->blocks && c->chapters;
}

fv_status fv__median_sweep(float *out, const float *in, const fv__picture *picture, const fv__sweep *rows,
                           const fv__sweep *columns, int64_t channel) {
  const size_t pixels = (size_t)picture->height * (size_t)picture->width;
  counter c = {.numbers = malloc((pixels + FEW) * sizeof *c.numbers), .rank_of = malloc(pixels * sizeof *c.rank_of)};
  bool there = c.numbers && c.rank_of;
  if (there) {
    if (!are_bytes(&c, in + channel, picture)) find_numbers(&c, in + channel, picture);
    for (size_t i = 0; i < pixels; i++) c.rank_of[i] = rank_of(&c, in[(int64_t)i * picture->channels + channel]);
    there = take_counts(&c, picture);
  }
  if (there) sweep_rows(&c, out + channel, picture, rows, columns);
  free(c.numbers);
  free(c.rank_of);
  free(c.counts);
  free(c.blocks);
  free(c.chapters);
  free(c.column_counts);
  free(c.column_nans);
  return there ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for the medians of a picture");
}
