/* The clock, the peak, and ops made ready for measuring. */
#include "measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/rng.h"
#include "kernels/kernels.h"

double measure_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *take(measured_op *m, size_t bytes) {
  void *memory = fv__block_take(bytes);
  if (!memory) {
    fprintf(stderr, "no memory for %zu bytes\n", bytes);
    exit(4);
  }
  m->blocks[m->block_count] = memory;
  m->block_bytes[m->block_count++] = bytes;
  return memory;
}

static float *random_numbers(measured_op *m, int64_t count, double reach) {
  float *numbers = take(m, (size_t)count * sizeof(float));
  for (int64_t i = 0; i < count; i++) numbers[i] = (float)(reach * (2 * fv__rng_uniform(7, (uint64_t)i) - 1));
  return numbers;
}

fv__op measure_window(const fv__op_type *type, int64_t h, int64_t w, int64_t c, int64_t out_c, int32_t kernel,
                      int32_t stride) {
  fv__op op = {.type = type, .residual = -1, .bias = 0, .kernel = 0, .low = 0, .high = INFINITY};
  fv__window_problem *p = &op.window;
  *p = (fv__window_problem){.n = 1, .h = h, .w = w, .c = c, .out_c = out_c, .groups = 1};
  p->out_h = (h + stride - 1) / stride;
  p->out_w = (w + stride - 1) / stride;
  const int32_t rest_h = (int32_t)((p->out_h - 1) * stride + kernel - h);
  const int32_t rest_w = (int32_t)((p->out_w - 1) * stride + kernel - w);
  const int32_t pad_h = rest_h > 0 ? rest_h : 0, pad_w = rest_w > 0 ? rest_w : 0;
  p->window =
      (fv__window){kernel, kernel, stride, stride, 1, 1, pad_h / 2, pad_h - pad_h / 2, pad_w / 2, pad_w - pad_w / 2};
  return op;
}

void measure_prepare(measured_op *m, const fv__op *op, const fv__way *way) {
  const fv__window_problem *p = &op->window;
  *m = (measured_op){.op = *op, .seconds = INFINITY};
  m->op.kernels = fv__kernels_for(fv_cpu());
  char reasons[1000];
  m->way = way ? way : fv__op_choose(&m->op, NULL, reasons, sizeof reasons);
  int64_t kernel = (int64_t)p->window.kernel_h * p->window.kernel_w * p->out_c;
  if (op->type != &fv__op_depthwise) kernel *= p->c / p->groups;
  if (op->type == &fv__op_pool || op->type == &fv__op_global_pool) kernel = 1;
  const fv__op_weights weights = {.kernel = random_numbers(m, kernel, 0.1), .bias = random_numbers(m, p->out_c, 1)};
  const size_t packed_bytes = m->way->packed_bytes ? m->way->packed_bytes(&m->op) : 0;
  void *packed = take(m, packed_bytes);
  if (packed_bytes) m->way->pack(&m->op, &weights, packed);
  m->call = (fv__op_call){.op = &m->op, .kernel = weights.kernel, .bias = weights.bias, .packed = packed};
  m->call.x[0] = fv__view_dense(random_numbers(m, p->n * p->h * p->w * p->c, 1), p->n, p->h, p->w, p->c);
  m->call.y = fv__view_dense(take(m, (size_t)(p->n * p->out_h * p->out_w * p->out_c) * sizeof(float)), p->n, p->out_h,
                             p->out_w, p->out_c);
  m->call.scratch = take(m, m->way->scratch_bytes ? m->way->scratch_bytes(&m->op, 1) : 0);
  m->flops = 2 * (double)fv__op_multiply_adds(&m->op);
}

void measure_once(measured_op *m) {
  const double start = measure_seconds();
  m->way->forward(&m->call);
  const double seconds = measure_seconds() - start;
  if (seconds < m->seconds) m->seconds = seconds;
}

void measure_release(measured_op *m) {
  for (int i = 0; i < m->block_count; i++) fv__block_free(m->blocks[i], m->block_bytes[i]);
}
