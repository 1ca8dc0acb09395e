/* Chains of ops that run row by row.
 *
 *   x            the chain's input, whole
 *    | conv      makes the rows that the next op's windows reach and that are not there yet
 *   ring         those rows: row r of the map lies at r modulo the ring's height; one ring for each thread
 *    | depthwise
 *   ring
 *    | conv 1x1
 *   y            the chain's output, whole
 *
 * A piece of work is a few rows of y. Pieces next to each other find in the rings what they have in common; a thread
 * that begins elsewhere makes some rows again. Every number is the same sum whoever makes it, so bits depend neither on
 * that nor on whether ops run by rows at all.
 */
#include "ops/by_rows.h"

#include <time.h>

#include "base/size.h"
#include "kernels/kernels.h"
#include "ops/conv.h"
#include "ops/depthwise.h"
#include "ops/way.h"

enum {
  PIECE_PIXELS = 96, /* of y, at least: enough tiles for the matrix products */
  ALIGN = 64,
  MAX_KERNEL_H = 32
};

static int64_t reach(const fv__window *window) { return (int64_t)(window->kernel_h - 1) * window->dilation_h + 1; }

static bool is_plain(const fv__window_problem *p) {
  const fv__window *w = &p->window;
  return p->groups == 1 && w->kernel_h == 1 && w->kernel_w == 1 && w->stride_h == 1 && w->stride_w == 1 && !w->top &&
         !w->bottom && !w->left && !w->right;
}

bool fv__by_rows_may_start(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  if (op->type != &fv__op_conv) return fv__by_rows_may_follow(op);
  return is_plain(p) || (p->groups == 1 && p->window.stride_h > 1 && p->window.stride_w > 1);
}

bool fv__by_rows_may_follow(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  if (op->type == &fv__op_conv) return is_plain(p);
  return op->type == &fv__op_depthwise && p->out_c == p->c && p->window.kernel_h <= MAX_KERNEL_H;
}

/* Where a thread's op stands: the rows [first, end) of an image are in its ring, or have been written to y. */
typedef struct progress {
  int64_t image, first, end;
} progress;

typedef struct thread_state {
  progress made[FV__BY_ROWS_OPS];
  int64_t nanoseconds[FV__BY_ROWS_OPS];
} thread_state;

/* How a chain is cut, and where things lie in a thread's scratch. */
typedef struct layout {
  int64_t rows[FV__BY_ROWS_OPS]; /* that each op makes at once, at most: the height of its ring */
  size_t ring[FV__BY_ROWS_OPS], product, bytes;
} layout;

/* The op on `rows` rows of its output; padding and input rows are those of windows that all lie inside. */
static fv__op of_rows(const fv__op *op, int64_t rows) {
  fv__op part = *op;
  part.window.n = 1;
  part.window.out_h = rows;
  part.window.h = (rows - 1) * op->window.window.stride_h + reach(&op->window.window);
  part.window.window.top = part.window.window.bottom = 0;
  return part;
}

static bool add_bytes(size_t *at, size_t bytes) {
  if (bytes > SIZE_MAX / 4 - *at) return false;
  *at += (bytes + ALIGN - 1) / ALIGN * ALIGN;
  return true;
}

static bool lay_out(layout *l, const fv__op *const *ops, int count) {
  const fv__window_problem *last = &ops[count - 1]->window;
  l->rows[count - 1] = fv__min(last->out_h, (PIECE_PIXELS + last->out_w - 1) / fv__max(1, last->out_w));
  for (int k = count - 1; k > 0; k--) {
    const fv__window *window = &ops[k]->window.window;
    l->rows[k - 1] = fv__min(ops[k]->window.h, (l->rows[k] - 1) * window->stride_h + reach(window));
  }
  l->bytes = 0;
  if (!add_bytes(&l->bytes, sizeof(thread_state))) return false;
  size_t product = 0;
  for (int k = 0; k < count; k++) {
    const fv__window_problem *p = &ops[k]->window;
    int64_t floats = l->rows[k];
    size_t bytes;
    if (!fv__size_multiply(&floats, floats, p->out_w) || !fv__size_multiply(&floats, floats, p->out_c) ||
        !fv__size_bytes(&bytes, floats, sizeof(float)))
      return false;
    l->ring[k] = l->bytes;
    if (k + 1 < count && !add_bytes(&l->bytes, bytes)) return false;
    if (ops[k]->type != &fv__op_conv) continue;
    const fv__op part = of_rows(ops[k], l->rows[k]);
    const size_t needed = fv__conv_gemm.scratch_bytes(&part, 1);
    if (needed > product) product = needed;
  }
  l->product = l->bytes;
  return add_bytes(&l->bytes, product);
}

size_t fv__by_rows_scratch_bytes(const fv__op *const *ops, int count, int threads) {
  layout l;
  if (!lay_out(&l, ops, count) || l.bytes > SIZE_MAX / 4 / (size_t)threads) return SIZE_MAX;
  return l.bytes * (size_t)threads;
}

typedef struct chain {
  const fv__op_call *calls;
  int count;
  bool is_timed;
  layout l;
  int64_t pieces; /* of one image */
} chain;

/* What one thread works with: views of maps whose row r lies at r modulo h. */
typedef struct worker {
  const chain *chain;
  thread_state *state;
  fv__view x[FV__BY_ROWS_OPS], y[FV__BY_ROWS_OPS];
  void *product;
} worker;

static float *row_at(const fv__view *map, int64_t n, int64_t row) {
  return fv__view_at(map, map->n > 1 ? n : 0, row % map->h, 0);
}

static int64_t now_nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The input rows [*first, *end) that rows [from, to) of a window's output need. */
static void input_rows(const fv__window_problem *p, int64_t from, int64_t to, int64_t *first, int64_t *end) {
  const fv__window *window = &p->window;
  *first = fv__min(p->h, fv__max(0, from * window->stride_h - window->top));
  *end = fv__max(*first, fv__min(p->h, (to - 1) * window->stride_h - window->top + reach(window)));
}

/* Rows [from, to) of a convolution, which lie side by side in x and y. */
static void convolve(const worker *w, int k, int64_t n, int64_t from, int64_t to) {
  const fv__op_call *call = &w->chain->calls[k];
  const fv__window_problem *p = &call->op->window;
  const fv__window *window = &p->window;
  int64_t first, end;
  input_rows(p, from, to, &first, &end);
  fv__op part = of_rows(call->op, to - from);
  part.window.window.top = (int32_t)(first - (from * window->stride_h - window->top));
  part.window.window.bottom = (int32_t)((to - 1) * window->stride_h - window->top + reach(window) - end);
  part.window.h = end - first;
  fv__op_call rows = {.op = &part, .packed = call->packed, .scratch = w->product};
  rows.x[0] = w->x[k];
  rows.x[0].data = row_at(&w->x[k], n, first);
  rows.x[0].h = end - first;
  rows.y = w->y[k];
  rows.y.data = row_at(&w->y[k], n, from);
  rows.y.h = to - from;
  rows.residual = call->residual;
  if (call->residual.data) rows.residual.data = fv__view_at(&call->residual, n, from, 0);
  rows.residual.h = to - from;
  rows.x[0].n = rows.y.n = rows.residual.n = 1;
  fv__conv_gemm.forward(&rows);
}

static void depthwise_row(const worker *w, int k, int64_t n, int64_t i) {
  const fv__op_call *call = &w->chain->calls[k];
  const fv__window *window = &call->op->window.window;
  const fv__view *x = &w->x[k];
  const float *rows[MAX_KERNEL_H];
  for (int32_t kh = 0; kh < window->kernel_h; kh++) {
    const int64_t row = i * window->stride_h - window->top + (int64_t)kh * window->dilation_h;
    rows[kh] = row >= 0 && row < call->op->window.h ? row_at(x, n, row) : NULL;
  }
  fv__depthwise_run_row(call, rows, x->pixel, row_at(&w->y[k], n, i), w->y[k].pixel,
                        call->residual.data ? fv__view_at(&call->residual, n, i, 0) : NULL);
}

/* Rows [from, to) of op k, whose input is there. Convolutions behind another op read as many rows as they write. */
static void compute(const worker *w, int k, int64_t n, int64_t from, int64_t to) {
  if (w->chain->calls[k].op->type == &fv__op_depthwise) {
    for (int64_t i = from; i < to; i++) depthwise_row(w, k, n, i);
    return;
  }
  for (int64_t next; from < to; from = next) {
    next = fv__min(to, from + w->y[k].h - from % w->y[k].h);
    if (k > 0) next = fv__min(next, from + w->x[k].h - from % w->x[k].h);
    convolve(w, k, n, from, next);
  }
}

/* Sees to it that rows [first, end) of op k's output are there. */
static void make_rows(const worker *w, int k, int64_t n, int64_t first, int64_t end) {
  progress *made = &w->state->made[k];
  if (made->image != n || made->first > first || made->end < first) *made = (progress){n, first, first};
  if (made->end >= end) return;
  if (k > 0) {
    int64_t from, to;
    input_rows(&w->chain->calls[k].op->window, made->end, end, &from, &to);
    make_rows(w, k - 1, n, from, to);
  }
  const int64_t before = w->chain->is_timed ? now_nanoseconds() : 0;
  compute(w, k, n, made->end, end);
  if (w->chain->is_timed) w->state->nanoseconds[k] += now_nanoseconds() - before;
  made->end = end;
  made->first = fv__max(made->first, end - w->chain->l.rows[k]);
}

static thread_state *state_of(const chain *c, int thread) {
  return (thread_state *)(void *)((char *)c->calls[0].scratch + (size_t)thread * c->l.bytes);
}

static void run_piece(void *context, int64_t piece, int thread) {
  const chain *c = context;
  worker w = {.chain = c, .state = state_of(c, thread)};
  char *scratch = (char *)w.state;
  w.product = scratch + c->l.product;
  for (int k = 0; k < c->count; k++) {
    const fv__window_problem *p = &c->calls[k].op->window;
    w.x[k] = k ? w.y[k - 1] : c->calls[0].x[0];
    w.y[k] = k + 1 < c->count
                 ? fv__view_dense((float *)(void *)(scratch + c->l.ring[k]), 1, c->l.rows[k], p->out_w, p->out_c)
                 : c->calls[k].y;
  }
  const int64_t rows = c->calls[c->count - 1].op->window.out_h, i = piece % c->pieces;
  make_rows(&w, c->count - 1, piece / c->pieces, i * rows / c->pieces, (i + 1) * rows / c->pieces);
}

/* Divides the time that has passed as the threads' work was divided. */
static void share_time(const chain *c, int threads, int64_t passed, int64_t *nanoseconds) {
  int64_t work[FV__BY_ROWS_OPS] = {0}, all = 0;
  for (int t = 0; t < threads; t++)
    for (int k = 0; k < c->count; k++) work[k] += state_of(c, t)->nanoseconds[k];
  for (int k = 0; k < c->count; k++) all += work[k];
  for (int k = 0; k < c->count; k++)
    nanoseconds[k] = all ? (int64_t)((double)passed * (double)work[k] / (double)all) : 0;
}

void fv__by_rows_forward(const fv__op_call *calls, int count, int64_t *nanoseconds) {
  const fv__op *ops[FV__BY_ROWS_OPS];
  const int threads = fv__pool_threads(calls[0].pool);
  const int64_t before = nanoseconds ? now_nanoseconds() : 0;
  chain c = {.calls = calls, .count = count, .is_timed = nanoseconds != NULL};
  for (int k = 0; k < count; k++) ops[k] = calls[k].op;
  (void)lay_out(&c.l, ops, count); /* has been asked for its bytes: it does not fail */
  for (int t = 0; t < threads; t++) {
    thread_state *state = state_of(&c, t);
    *state = (thread_state){0};
    for (int k = 0; k < count; k++) state->made[k].image = -1;
  }
  const fv__window_problem *last = &ops[count - 1]->window;
  c.pieces = last->out_h ? (last->out_h + c.l.rows[count - 1] - 1) / c.l.rows[count - 1] : 0;
  fv__parallel_for(calls[0].pool, last->n * c.pieces, run_piece, &c);
  if (nanoseconds) share_time(&c, threads, now_nanoseconds() - before, nanoseconds);
}
