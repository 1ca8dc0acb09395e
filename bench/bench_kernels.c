/* Kernels other than convolutions, one thread: what limits each, and how near it comes.
 *
 *   depthwise    share of the core's multiply-add peak, bytes in and out per second
 *   dense        bytes of weights per second against a plain read of as many bytes
 *   pool         bytes in and out per second
 *
 * Usage: bench_kernels [ROUNDS].
 */
#include <stdio.h>
#include <stdlib.h>

#include "measure.h"

typedef struct line {
  const char *name;
  const fv__op_type *type;
  int64_t size, c, out_c;
  int32_t kernel, stride;
} line;

static const line LINES[] = {{"depthwise 3x3 112x112x32", &fv__op_depthwise, 112, 32, 32, 3, 1},
                             {"depthwise 3x3 s2 112x112x64", &fv__op_depthwise, 112, 64, 64, 3, 2},
                             {"depthwise 3x3 56x56x144", &fv__op_depthwise, 56, 144, 144, 3, 1},
                             {"depthwise 3x3 28x28x256", &fv__op_depthwise, 28, 256, 256, 3, 1},
                             {"depthwise 3x3 s2 28x28x256", &fv__op_depthwise, 28, 256, 256, 3, 2},
                             {"depthwise 3x3 14x14x512", &fv__op_depthwise, 14, 512, 512, 3, 1},
                             {"depthwise 3x3 7x7x1024", &fv__op_depthwise, 7, 1024, 1024, 3, 1},
                             {"depthwise 5x5 28x28x240", &fv__op_depthwise, 28, 240, 240, 5, 1},
                             {"depthwise 5x5 14x14x672", &fv__op_depthwise, 14, 672, 672, 5, 1},
                             {"dense 1 x 25088 x 4096", &fv__op_dense, 1, 25088, 4096, 1, 1},
                             {"dense 1 x 4096 x 4096", &fv__op_dense, 1, 4096, 4096, 1, 1},
                             {"dense 1 x 1024 x 1000", &fv__op_dense, 1, 1024, 1000, 1, 1},
                             {"pool max 2x2 s2 224x224x64", &fv__op_pool, 224, 64, 64, 2, 2},
                             {"pool max 3x3 s2 112x112x64", &fv__op_pool, 112, 64, 64, 3, 2},
                             {"pool max 3x3 28x28x192", &fv__op_pool, 28, 192, 192, 3, 1}};

enum { COUNT = sizeof LINES / sizeof *LINES };

/* Seconds for reading `count` floats. */
static double read_once(const float *numbers, int64_t count) {
  const double start = measure_seconds();
  int32_t sum = 0;
  const int32_t *bits = (const int32_t *)(const void *)numbers;
  for (int64_t i = 0; i < count; i++) sum ^= bits[i];
  volatile int32_t keep = sum;
  (void)keep;
  return measure_seconds() - start;
}

static void report(const line *l, const measured_op *m, double peak, double read_rate) {
  const fv__window_problem *p = &m->op.window;
  const double values = (double)(p->h * p->w * p->c + p->out_h * p->out_w * p->out_c) * sizeof(float);
  const double weights = (double)(p->c * p->out_c) * sizeof(float);
  const double bytes = l->type == &fv__op_dense ? weights : values;
  printf("  %-28s %8.3f ms %6.1f GB/s", l->name, m->seconds * 1e3, bytes / m->seconds * 1e-9);
  if (l->type == &fv__op_depthwise) printf("  %5.1f %% of peak", m->flops / m->seconds * 1e-7 / peak);
  if (l->type == &fv__op_dense) printf("  %5.1f %% of a plain read", 100 * bytes / m->seconds * 1e-9 / read_rate);
  printf("\n");
}

int main(int count, char **arguments) {
  static measured_op ops[COUNT];
  const int rounds = count > 1 ? atoi(arguments[1]) : 15;
  double peak = 0, read_rate = 0;
  for (int i = 0; i < COUNT; i++) {
    const line *l = &LINES[i];
    const fv__op op = measure_window(l->type, l->size, l->size, l->c, l->out_c, l->kernel, l->stride);
    measure_prepare(&ops[i], &op, NULL);
  }
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < COUNT; i++) {
      const int64_t weights = LINES[i].c * LINES[i].out_c;
      const double now = fv_cpu_peak();
      if (now > peak) peak = now;
      for (int turn = 0; turn < 4; turn++) measure_once(&ops[i]);
      if (LINES[i].type != &fv__op_dense || weights < 50000000) continue;
      const double rate = (double)weights * sizeof(float) / read_once(ops[i].call.kernel, weights) * 1e-9;
      if (rate > read_rate) read_rate = rate;
    }
  printf("%s, one thread: peak %.1f GFLOP/s, plain read %.1f GB/s\n", fv_cpu_name(fv_cpu()), peak, read_rate);
  for (int i = 0; i < COUNT; i++) report(&LINES[i], &ops[i], peak, read_rate);
  return 0;
}
