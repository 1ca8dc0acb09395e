/* Dense layers on a few rows: limited by how fast the kernel can be read, so every weight is read once, in order.
 *
 *   k is cut into parts, by the size of the kernel only; every part adds its rows of the kernel, eight at a time, to
 *   sums of its own:   scratch [part][row][out_c]
 *   then the parts are added in their order, and scale, shift, residual and clamp follow.
 *
 * Weights that only zeros would be multiplied with are not read: behind a ReLU that is half of them and more. What is
 * finite has the same bits with them as without; an infinite weight times 0, which would be NaN, is taken for 0.
 */
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"
#include "ops/dense.h"
#include "ops/way.h"

enum {
  MAX_ROWS = 6,
  PARTS = 8,
  PART_FROM = 1 << 18, /* weights from which on it pays to cut k */
  COLUMNS = 1024       /* per piece at the end */
};

static const char *why_not(const fv__op *op) {
  return fv__dense_rows(op) <= MAX_ROWS ? NULL : "there are more than 6 rows";
}

static int64_t parts_of(const fv__op *op) { return op->window.c * op->window.out_c >= PART_FROM ? PARTS : 1; }

static size_t scratch_bytes(const fv__op *op, int threads) {
  (void)threads;
  return (size_t)(parts_of(op) * fv__dense_rows(op) * op->window.out_c) * sizeof(float);
}

/* Rows of the kernel that wait to be added. */
typedef struct strip {
  const float *kernel[FV__ROWS_ADDED];
  float x[MAX_ROWS][FV__ROWS_ADDED];
  int64_t count;
} strip;

static void add_strip(const fv__op *op, strip *s, float *sums) {
  for (int64_t r = 0; r < fv__dense_rows(op); r++)
    op->kernels->gemm->add_rows(s->x[r], s->kernel, s->count, op->window.out_c, sums + r * op->window.out_c);
  s->count = 0;
}

static void add_part(void *context, int64_t part, int thread) {
  (void)thread;
  const fv__op_call *call = context;
  const fv__op *op = call->op;
  const int64_t rows = fv__dense_rows(op), c = op->window.c, out_c = op->window.out_c, parts = parts_of(op);
  float *sums = (float *)call->scratch + part * rows * out_c;
  const float *x[MAX_ROWS];
  strip s = {.count = 0};
  memset(sums, 0, (size_t)(rows * out_c) * sizeof *sums);
  for (int64_t r = 0; r < rows; r++) x[r] = fv__view_at_pixel(&call->x[0], r);
  for (int64_t k = part * c / parts; k < (part + 1) * c / parts; k++) {
    bool zero = true;
    for (int64_t r = 0; r < rows; r++) {
      s.x[r][s.count] = x[r][k];
      zero &= x[r][k] == 0;
    }
    s.kernel[s.count] = call->kernel + k * out_c;
    s.count += !zero;
    if (s.count == FV__ROWS_ADDED) add_strip(op, &s, sums);
  }
  add_strip(op, &s, sums);
}

/* Columns [first, end): adds up the parts. */
static void finish(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__op *op = call->op;
  const fv__vec_kernels *vec = op->kernels->vec;
  const int64_t rows = fv__dense_rows(op), out_c = op->window.out_c, parts = parts_of(op);
  const float *scale = (const float *)call->packed + first, *shift = scale + out_c;
  for (int64_t r = 0; r < rows; r++) {
    float *sums = (float *)call->scratch + r * out_c + first;
    for (int64_t part = 1; part < parts; part++)
      vec->binary[FV__BINARY_ADD](sums, sums + part * rows * out_c, sums, end - first, -INFINITY, INFINITY);
    const float *residual = call->residual.data ? fv__view_at_pixel(&call->residual, r) + first : NULL;
    vec->affine(sums, scale, shift, residual, fv__view_at_pixel(&call->y, r) + first, end - first, op->low, op->high);
  }
}

static void forward(const fv__op_call *call) {
  fv__parallel_for(call->pool, parts_of(call->op), add_part, (void *)call);
  fv__for_ranges(call, call->op->window.out_c, COLUMNS, finish);
}

const fv__way fv__dense_few_rows = {.name = "few rows",
                                    .why_not = why_not,
                                    .packed_bytes = fv__dense_packed_bytes,
                                    .pack = fv__dense_pack,
                                    .scratch_bytes = scratch_bytes,
                                    .forward = forward,
                                    .keeps_natural = true};
