/* The gradient of a bias: dbias[o] += sum over pixels of dy[pixel][o].
 *
 * Pixels are cut into parts, each with sums of its own, added up in their order. A part sums blocks of rows from 0 and
 * adds each once. Where channels are few, a row is several pixels side by side, so that vectors are full.
 *
 * Scratch: per part the sums of a block and those of the part, a row of numbers each.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/conv.h"
#include "ops/way.h"

enum { PARTS = 16, BLOCK = 128, LEAST_ROW = 64, LINE = 16 };

static const float ONES[FV__ROWS_ADDED] = {1, 1, 1, 1, 1, 1, 1, 1};

typedef struct job {
  const fv__backward_call *call;
  int64_t pixels, row, rows; /* pixels per row, numbers per row, whole rows */
  float *sums;
} job;

static int64_t most_of_row(const fv__window_problem *p) {
  return fv__round_up(p->out_c < LEAST_ROW ? LEAST_ROW / p->out_c * p->out_c : p->out_c, LINE);
}

size_t fv__conv_bias_bytes(const fv__op *op) { return (size_t)(2 * PARTS * most_of_row(&op->window)) * sizeof(float); }

static void add(float *to, const float *from, int64_t count) {
  for (int64_t i = 0; i < count; i++) to[i] += from[i];
}

/* Rows [first, end), some at a time. */
static void add_rows(const job *j, int64_t first, int64_t end, float *to) {
  const float *rows[FV__ROWS_ADDED];
  for (int64_t row = first; row < end; row += FV__ROWS_ADDED) {
    const int64_t count = fv__min(FV__ROWS_ADDED, end - row);
    for (int64_t i = 0; i < count; i++) rows[i] = fv__view_at_pixel(&j->call->dy, (row + i) * j->pixels);
    j->call->op->kernels->gemm->add_rows(ONES, rows, count, j->row, to);
  }
}

static void sum_part(void *context, int64_t part, int thread) {
  (void)thread;
  const job *j = context;
  float *block = j->sums + 2 * part * most_of_row(&j->call->op->window), *sums = block + j->row;
  const size_t bytes = (size_t)j->row * sizeof *sums;
  const int64_t end = (part + 1) * j->rows / PARTS;
  memset(sums, 0, bytes);
  for (int64_t first = part * j->rows / PARTS; first < end; first += BLOCK) {
    memset(block, 0, bytes);
    add_rows(j, first, fv__min(end, first + BLOCK), block);
    add(sums, block, j->row);
  }
}

void fv__conv_bias_gradient(const fv__backward_call *call, float *scratch) {
  const fv__window_problem *p = &call->op->window;
  const bool dense = fv__view_is_dense(&call->dy);
  const int64_t pixels = fv__view_pixels(&call->dy);
  job j = {.call = call, .pixels = dense && p->out_c < LEAST_ROW ? LEAST_ROW / p->out_c : 1, .sums = scratch};
  j.row = j.pixels * p->out_c;
  j.rows = pixels / j.pixels;
  fv__parallel_for(call->pool, PARTS, sum_part, &j);
  if (call->overwrite) memset(call->dbias, 0, (size_t)p->out_c * sizeof *call->dbias);
  for (int64_t part = 0; part < PARTS; part++)
    for (int64_t i = 0; i < j.pixels; i++)
      add(call->dbias, scratch + 2 * part * most_of_row(p) + j.row + i * p->out_c, p->out_c);
  for (int64_t pixel = j.rows * j.pixels; pixel < pixels; pixel++)
    add(call->dbias, fv__view_at_pixel(&call->dy, pixel), p->out_c);
}
