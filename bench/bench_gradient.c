/* Forward, packing and the two gradients of convolutions: time, GFLOP/s of the direct convolution and share of the
 * processor's multiply-add peak, which Winograd's ways may exceed.
 *
 * Usage: bench_gradient [ROUNDS [TEXT [THREADS]]]: the layers whose names hold TEXT. Minima. With one thread processor
 * time is measured, with more the clock on the wall.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/rng.h"
#include "kernels/kernels.h"
#include "measure.h"
#include "ops/backward.h"

typedef struct layer {
  const char *name;
  int64_t images, size, c, out_c;
  int32_t kernel, stride;
} layer;

static const layer LAYERS[] = {{"vgg16 224 64-64", 16, 224, 64, 64, 3, 1},
                               {"vgg16 112 64-128", 16, 112, 64, 128, 3, 1},
                               {"vgg16 112 128-128", 16, 112, 128, 128, 3, 1},
                               {"vgg16 56 128-256", 16, 56, 128, 256, 3, 1},
                               {"vgg16 56 256-256", 16, 56, 256, 256, 3, 1},
                               {"vgg16 28 256-512", 16, 28, 256, 512, 3, 1},
                               {"vgg16 28 512-512", 16, 28, 512, 512, 3, 1},
                               {"vgg16 14 512-512", 16, 14, 512, 512, 3, 1},
                               {"resnet50 224 3-64 7x7 s2", 16, 224, 3, 64, 7, 2},
                               {"resnet50 56 64-256 1x1", 16, 56, 64, 256, 1, 1},
                               {"resnet50 56 256-64 1x1", 16, 56, 256, 64, 1, 1},
                               {"resnet50 56 64-64", 16, 56, 64, 64, 3, 1},
                               {"resnet50 56 128-128 s2", 16, 56, 128, 128, 3, 2},
                               {"resnet50 28 128-512 1x1", 16, 28, 128, 512, 1, 1},
                               {"resnet50 56 256-512 1x1 s2", 16, 56, 256, 512, 1, 2},
                               {"resnet50 14 1024-256 1x1", 16, 14, 1024, 256, 1, 1},
                               {"resnet50 14 256-256", 16, 14, 256, 256, 3, 1},
                               {"resnet50 14 512-512 s2", 16, 14, 512, 512, 3, 2},
                               {"resnet50 7 512-512", 16, 7, 512, 512, 3, 1},
                               {"resnet50 7 512-2048 1x1", 16, 7, 512, 2048, 1, 1},
                               {"lenet 28 1-6 5x5", 128, 28, 1, 6, 5, 1},
                               {"lenet 14 6-16 5x5", 128, 14, 6, 16, 5, 1}};

enum { COUNT = sizeof LAYERS / sizeof *LAYERS };

typedef struct scene {
  fv__op op;
  const fv__way *way;
  const fv__gradient_way *input, *weight;
  fv__op_call forward;
  fv__backward_call input_call, weight_call;
  fv__op_weights weights;
  void *packed;
  fv__pool *pool;
  int threads;
} scene;

enum { FORWARD, REPACK, INPUT, WEIGHT, PARTS };

static void *take(size_t bytes) {
  void *memory = fv__block_take(bytes);
  if (!memory) exit(4);
  return memory;
}

static float *numbers(int64_t count, double reach) {
  float *to = take((size_t)count * sizeof *to);
  for (int64_t i = 0; i < count; i++) to[i] = (float)(reach * (2 * fv__rng_uniform(7, (uint64_t)i) - 1));
  return to;
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

/* Memory lives to the end of the program. */
static void prepare(scene *s, const layer *l) {
  s->op = measure_window(&fv__op_conv, l->size, l->size, l->c, l->out_c, l->kernel, l->stride);
  fv__window_problem *p = &s->op.window;
  p->n = l->images;
  if (strstr(l->name, "lenet 14")) { /* valid */
    p->out_h = p->out_w = l->size - l->kernel + 1;
    p->window.top = p->window.bottom = p->window.left = p->window.right = 0;
  }
  s->op.kernels = fv__kernels_for(fv_cpu());
  char reasons[1];
  s->way = fv__op_choose(&s->op, NULL, reasons, sizeof reasons);
  s->input = fv__gradient_choose(&s->op, s->op.type->input_gradient);
  s->weight = fv__gradient_choose(&s->op, s->op.type->weight_gradient);
  const int64_t x = p->n * p->h * p->w * p->c, y = p->n * p->out_h * p->out_w * p->out_c;
  const int64_t kernel = (int64_t)l->kernel * l->kernel * l->c * l->out_c;
  size_t scratch = s->way->scratch_bytes ? s->way->scratch_bytes(&s->op, s->threads) : 0;
  scratch = larger(scratch, s->input->scratch_bytes ? s->input->scratch_bytes(&s->op, s->threads) : 0);
  scratch = larger(scratch, s->weight->scratch_bytes ? s->weight->scratch_bytes(&s->op, s->threads) : 0);
  s->weights = (fv__op_weights){.kernel = numbers(kernel, 0.1), .bias = numbers(l->out_c, 1)};
  s->packed = take(s->way->packed_bytes(&s->op));
  s->forward = (fv__op_call){.op = &s->op,
                             .kernel = s->weights.kernel,
                             .bias = s->weights.bias,
                             .packed = s->packed,
                             .scratch = take(scratch),
                             .pool = s->pool};
  s->forward.x[0] = fv__view_dense(numbers(x, 1), p->n, p->h, p->w, p->c);
  s->forward.y = fv__view_dense(numbers(y, 1), p->n, p->out_h, p->out_w, p->out_c);
  s->input_call = (fv__backward_call){.op = &s->op,
                                      .x = {s->forward.x[0]},
                                      .dy = s->forward.y,
                                      .kernel = s->weights.kernel,
                                      .scratch = s->forward.scratch,
                                      .pool = s->pool,
                                      .overwrite = s->input->overwrites};
  s->weight_call = s->input_call;
  s->input_call.dx[0] = s->forward.x[0];
  s->input_call.dx[0].data = numbers(x, 1);
  s->weight_call.dkernel = numbers(kernel, 1);
  s->weight_call.dbias = numbers(l->out_c, 1);
  s->weight_call.overwrite = s->weight->overwrites;
}

static double now(const scene *s) {
  if (s->threads == 1) return measure_seconds();
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double once(scene *s, int part) {
  const double start = now(s);
  if (part == FORWARD) s->way->forward(&s->forward);
  if (part == REPACK) fv__way_repack(s->way, &s->op, &s->weights, s->packed, s->pool);
  if (part == INPUT) s->input->backward(&s->input_call);
  if (part == WEIGHT) s->weight->backward(&s->weight_call);
  return now(s) - start;
}

static void measure_layer(const layer *l, int rounds, int threads, double sums[PARTS]) {
  scene s = {.threads = threads};
  double best[PARTS], peak = fv_cpu_peak() * threads;
  if (fv__pool_create(&s.pool, threads)) exit(4);
  prepare(&s, l);
  once(&s, REPACK);
  for (int part = 0; part < PARTS; part++) best[part] = INFINITY;
  for (int round = 0; round < rounds; round++) {
    peak = fmax(peak, fv_cpu_peak() * threads);
    for (int part = 0; part < PARTS; part++) best[part] = fmin(best[part], once(&s, part));
  }
  const double flops = 2e-9 * (double)fv__op_multiply_adds(&s.op);
  printf("%-27s", l->name);
  for (int part = 0; part < PARTS; part++) {
    sums[part] += best[part];
    printf(" %8.2f ms", best[part] * 1e3);
    if (part != REPACK) printf(" %4.0f (%3.0f %%)", flops / best[part], 100 * flops / best[part] / peak);
  }
  printf("  %s, %s, %s\n", s.way->name, s.input->name, s.weight->name);
  fv__pool_destroy(s.pool);
}

int main(int count, char **arguments) {
  const int rounds = count > 1 ? atoi(arguments[1]) : 3, threads = count > 3 ? atoi(arguments[3]) : 1;
  double sums[PARTS] = {0};
  printf("%-27s %19s %14s %19s %22s\n", "ms, GFLOP/s, share of peak", "forward", "packing", "by input", "by weights");
  for (int i = 0; i < COUNT; i++)
    if (count <= 2 || strstr(LAYERS[i].name, arguments[2])) measure_layer(&LAYERS[i], rounds, threads, sums);
  printf("%-27s %8.2f ms %23.2f ms %8.2f ms %23.2f ms\n", "all", sums[FORWARD] * 1e3, sums[REPACK] * 1e3,
         sums[INPUT] * 1e3, sums[WEIGHT] * 1e3);
  return 0;
}
