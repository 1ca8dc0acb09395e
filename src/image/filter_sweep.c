/* Filtering in pieces: bands of output rows times strips of output columns, cut by the size of the picture alone.
 *
 * A piece keeps the input rows that its present output rows need in a ring of lines, floats with the border on both
 * sides; each input row is written into it once. Lines hold the pixels by phase, so that a stride costs nothing in the
 * kernels: with stride s, pixel j s + b of the strip is number j + b / s of phase b mod s.
 *
 *   line       phase 0: pixels 0, s, 2s ...    phase 1: pixels 1, s + 1, 2s + 1 ...
 *   element b of a kernel row reads from offset (b mod s) * phase + (b / s) * channels on
 *
 * Sums are float32, multiply-adds in the order of the elements; kernels of more than GROUP elements are added up in
 * groups of whole rows, which keeps rounding small.
 */
#include "image/filter_sweep.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"

enum { BAND_ROWS = 64, RING_BYTES = 24 << 10, ROWS_BYTES = 256 << 10, LEAST_STRIP = 256, GROUP = 64 };

typedef struct cut {
  const fv__filter_task *task;
  const fv__filter_kernels *kernels;
  const float *weights;   /* [rows.window][columns.window] */
  const int64_t *offsets; /* [columns.window] */
  int64_t group;          /* rows of the kernel at a time */
  int64_t phases, phase;  /* how many, and floats in each */
  int64_t line;           /* floats in a line */
  int64_t lines;          /* in a ring */
  int64_t strip, strips;  /* output columns in a strip, and how many */
  int64_t ahead, behind;  /* output columns of the strips at the edges where those inside need no lines, else 0 */
  int64_t thread_floats;  /* of scratch */
  float *scratch;         /* for each thread: the ring, a line of zeros, two rows of sums */
  const float **pointers; /* for each thread: lines + 1 */
} cut;

/* One piece on its thread. */
typedef struct piece {
  const cut *c;
  float *ring, *sums;
  const float **pointers;
  int64_t from, columns; /* the strip */
  bool inside;           /* read from the picture, without lines */
} piece;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/* ---- lines */

/* `count` pixels of input row y from column x on, all inside, `step` columns apart. */
static void copy_pixels(const piece *p, float *to, int64_t y, int64_t x, int64_t count, int64_t step) {
  const fv__filter_task *t = p->c->task;
  const int64_t channels = t->picture.channels, start = (y * t->picture.width + x) * channels;
  const int64_t run = step == 1 ? count * channels : channels, runs = step == 1 ? 1 : count;
  for (int64_t i = 0; i < runs; i++, to += run) {
    const int64_t at = start + i * step * channels;
    if (t->bytes)
      p->c->kernels->widen(to, t->bytes + at, run);
    else
      memcpy(to, t->floats + at, (size_t)run * sizeof *to);
  }
}

/* One pixel that lies outside, at column x. */
static void border_pixel(const piece *p, float *to, int64_t y, int64_t x) {
  const fv__filter_task *t = p->c->task;
  const int64_t source = fv_filter_border_source(x, t->picture.width, t->border);
  if (source < 0)
    memset(to, 0, (size_t)t->picture.channels * sizeof *to);
  else
    copy_pixels(p, to, y, source, 1, 1);
}

/* The strip of input row y, one phase: `count` pixels from column x on. */
static void fill_phase(const piece *p, float *to, int64_t y, int64_t x, int64_t count) {
  const fv__filter_task *t = p->c->task;
  const int64_t step = t->columns.stride, channels = t->picture.channels, width = t->picture.width;
  int64_t i = 0;
  for (; i < count && x + i * step < 0; i++) border_pixel(p, to + i * channels, y, x + i * step);
  const int64_t at = x + i * step, inside = at < width ? smaller(count - i, (width - 1 - at) / step + 1) : 0;
  if (inside > 0) copy_pixels(p, to + i * channels, y, at, inside, step);
  for (i += larger(inside, 0); i < count; i++) border_pixel(p, to + i * channels, y, x + i * step);
}

/* The line of input row `row`, which may lie outside. */
static float *line_at(const piece *p, int64_t row) {
  const int64_t lines = p->c->lines, slot = (row % lines + lines) % lines;
  return p->ring + slot * p->c->line;
}

static void fill_line(const piece *p, int64_t row) {
  const cut *c = p->c;
  const fv__filter_task *t = c->task;
  const int64_t y = fv_filter_border_source(row, t->picture.height, t->border);
  float *to = line_at(p, row);
  if (y < 0) {
    memset(to, 0, (size_t)c->line * sizeof *to);
    return;
  }
  for (int64_t phase = 0; phase < c->phases; phase++) {
    const int64_t count = p->columns + (t->columns.window - 1 - phase) / t->columns.stride;
    fill_phase(p, to + phase * c->phase, y, p->from * t->columns.stride + phase - t->columns.before, count);
  }
}

/* ---- rows */

/* Where the strip of input row `row` begins; past the last line of the ring stands one of zeros. */
static const float *row_at(const piece *p, int64_t row) {
  const fv__filter_task *t = p->c->task;
  if (!p->inside) return line_at(p, row);
  const int64_t y = fv_filter_border_source(row, t->picture.height, t->border);
  if (y < 0) return p->ring + p->c->lines * p->c->line;
  return t->floats + (y * t->picture.width + p->from - t->columns.before) * t->picture.channels;
}

/* Output rows i and, where `both`, i + 1, whose lines are there. */
static void filter_rows(const piece *p, int64_t i, bool both) {
  const cut *c = p->c;
  const fv__filter_task *t = c->task;
  const int64_t channels = t->picture.channels, numbers = p->columns * channels;
  const int64_t first = i * t->rows.stride - t->rows.before, out = (i * t->columns.out + p->from) * channels;
  const int64_t next = t->columns.out * channels;
  for (int64_t a = 0; a < t->rows.window + both; a++) p->pointers[a] = row_at(p, first + a);
  float *y[2] = {p->sums, p->sums + c->strip * channels};
  if (t->out_floats) y[0] = t->out_floats + out, y[1] = y[0] + (both ? next : 0);
  for (int64_t a = 0; a < t->rows.window; a += c->group) {
    const fv__filter_taps taps = {smaller(c->group, t->rows.window - a), t->columns.window,
                                  c->weights + a * t->columns.window, c->offsets};
    if (both)
      c->kernels->two(y, p->pointers + a, &taps, numbers, a > 0);
    else
      c->kernels->one(y[0], p->pointers + a, &taps, numbers, a > 0);
  }
  for (int r = 0; t->out_bytes && r <= both; r++) c->kernels->narrow(t->out_bytes + out + r * next, y[r], numbers);
}

/* Sets the columns of strip `number`: one at either edge if there are such, the others between. */
static void place_strip(piece *p, int64_t number) {
  const cut *c = p->c;
  const int64_t out = c->task->columns.out, past = out - c->behind;
  p->inside = c->ahead && number > 0 && number < c->strips - 1;
  p->from = !c->ahead || number == 0 ? number * c->strip : c->ahead + (number - 1) * c->strip;
  int64_t to = smaller(p->from + c->strip, past);
  if (c->ahead && number == 0) to = c->ahead;
  if (c->ahead && number == c->strips - 1) p->from = past, to = out;
  p->columns = to - p->from;
}

static void filter_piece(void *context, int64_t number, int thread) {
  const cut *c = context;
  const fv__filter_task *t = c->task;
  piece p = {.c = c};
  place_strip(&p, number % c->strips);
  p.ring = c->scratch + thread * c->thread_floats;
  p.sums = p.ring + (c->lines + 1) * c->line;
  p.pointers = c->pointers + thread * (c->lines + 1);
  const int64_t begin = number / c->strips * BAND_ROWS, end = smaller(begin + BAND_ROWS, t->rows.out);
  int64_t filled = INT64_MIN; /* lines up to here, exclusive, are there */
  for (int64_t i = begin; i < end;) {
    const bool both = t->rows.stride == 1 && i + 1 < end;
    const int64_t first = i * t->rows.stride - t->rows.before, past = first + t->rows.window + both;
    for (filled = larger(filled, first); !p.inside && filled < past; filled++) fill_line(&p, filled);
    filter_rows(&p, i, both);
    i += 1 + both;
  }
}

/* ---- the cuts */

/* Floats are read where they lie but for strips at the edges: there, and just as far from the right edge as the kernels
 * read too much. */
static void cut_off_edges(cut *c, const fv__filter_task *t) {
  const int64_t window = t->columns.window, channels = t->picture.channels, out = t->columns.out;
  if (!t->floats || t->columns.stride != 1) return;
  const int64_t ahead = larger(t->columns.before, 1);
  const int64_t last = t->picture.width + t->columns.before - window + 1 - (FV__FILTER_SLACK + channels - 1) / channels;
  if (last - ahead < LEAST_STRIP) return; /* columns up to `last`, exclusive, may be inside */
  c->ahead = ahead;
  c->behind = larger(out - last, 1);
}

static void cut_up(cut *c, const fv__filter_task *t) {
  const int64_t stride = t->columns.stride, window = t->columns.window, channels = t->picture.channels;
  c->group = larger(1, GROUP / window);
  c->lines = t->rows.window + (t->rows.stride == 1);
  c->phases = smaller(stride, window);
  cut_off_edges(c, t);
  const int64_t room = (c->ahead ? ROWS_BYTES : RING_BYTES) / (int64_t)sizeof(float) / c->lines / c->phases;
  c->strip = smaller(larger(larger(room, LEAST_STRIP / c->phases) / channels, 1), t->columns.out);
  const int64_t middle = t->columns.out - c->ahead - c->behind;
  c->strips = (middle + c->strip - 1) / c->strip + (c->ahead ? 2 : 0);
  const int64_t widest = c->ahead ? larger(c->ahead, c->behind) : c->strip; /* of those with lines */
  c->phase = (widest + (window - 1) / stride) * channels;
  c->line = c->phases * c->phase + FV__FILTER_SLACK;
  if (c->ahead) c->line = larger(c->line, (c->strip + window - 1) * channels + FV__FILTER_SLACK); /* of zeros */
  c->thread_floats = (c->lines + 1) * c->line + 2 * c->strip * channels;
}

static bool take_memory(cut *c, const fv__filter_task *t, int threads, float **weights, int64_t **offsets) {
  const size_t elements = (size_t)(t->rows.window * t->columns.window);
  *weights = malloc(elements * sizeof **weights);
  *offsets = malloc((size_t)t->columns.window * sizeof **offsets);
  c->scratch = calloc((size_t)threads * (size_t)c->thread_floats, sizeof *c->scratch);
  c->pointers = calloc((size_t)threads * (size_t)(c->lines + 1), sizeof *c->pointers);
  if (!*weights || !*offsets || !c->scratch || !c->pointers) return false;
  for (size_t i = 0; i < elements; i++) (*weights)[i] = (float)t->weights[i];
  for (int64_t b = 0; b < t->columns.window; b++)
    (*offsets)[b] = b % t->columns.stride * c->phase + b / t->columns.stride * t->picture.channels;
  c->weights = *weights;
  c->offsets = *offsets;
  return true;
}

fv_status fv__filter_sweep(const fv__filter_task *task, fv__pool *pool) {
  cut c = {.task = task, .kernels = fv__kernels_for(fv_cpu())->filter};
  float *weights;
  int64_t *offsets;
  cut_up(&c, task);
  const bool there = take_memory(&c, task, fv__pool_threads(pool), &weights, &offsets);
  if (there) fv__parallel_for(pool, (task->rows.out + BAND_ROWS - 1) / BAND_ROWS * c.strips, filter_piece, &c);
  free(weights);
  free(offsets);
  free(c.scratch);
  free(c.pointers);
  return there ? FV_OK : fail(FV_ERROR_MEMORY, "no memory to filter a picture");
}
