/* Implicit GEMM against the core's peak, one thread: VGG16's convolutions 2 to 13, then the shapes of other networks.
 *
 * Usage: bench_gemm [ROUNDS]. Peak and layers are measured in turn; the best of each counts. Exit status 1 when VGG16's
 * share is below 85 % (not at the baseline level, whose multiply-adds are several instructions).
 */
#include <stdio.h>
#include <stdlib.h>

#include "measure.h"
#include "ops/conv.h"

typedef struct layer {
  const char *name;
  int64_t size, c, out_c;
  int32_t kernel, stride;
} layer;

static const layer VGG16[] = {
    {"block1_conv2", 224, 64, 64, 3, 1},  {"block2_conv1", 112, 64, 128, 3, 1}, {"block2_conv2", 112, 128, 128, 3, 1},
    {"block3_conv1", 56, 128, 256, 3, 1}, {"block3_conv2", 56, 256, 256, 3, 1}, {"block3_conv3", 56, 256, 256, 3, 1},
    {"block4_conv1", 28, 256, 512, 3, 1}, {"block4_conv2", 28, 512, 512, 3, 1}, {"block4_conv3", 28, 512, 512, 3, 1},
    {"block5_conv1", 14, 512, 512, 3, 1}, {"block5_conv2", 14, 512, 512, 3, 1}, {"block5_conv3", 14, 512, 512, 3, 1}};

static const layer OTHERS[] = {
    {"1x1 112x112 32-64", 112, 32, 64, 1, 1},     {"1x1 56x56 128-128", 56, 128, 128, 1, 1},
    {"1x1 14x14 512-512", 14, 512, 512, 1, 1},    {"1x1 7x7 1024-1024", 7, 1024, 1024, 1, 1},
    {"1x1 112x112 16-96", 112, 16, 96, 1, 1},     {"1x1 112x112 24-48", 112, 24, 48, 1, 1},
    {"1x1 s2 56x56 256-512", 56, 256, 512, 1, 2}, {"3x3 s2 56x56 128-128", 56, 128, 128, 3, 2},
    {"stem 7x7 s2 224x224", 224, 3, 64, 7, 2},    {"stem 3x3 s2 224x224", 224, 3, 32, 3, 2},
    {"stem 3x3 224x224", 224, 3, 64, 3, 1}};

enum { VGG16_COUNT = sizeof VGG16 / sizeof *VGG16, OTHER_COUNT = sizeof OTHERS / sizeof *OTHERS };

static double peak;

static void measure(const layer *layers, int count, measured_op *ops, int rounds) {
  for (int i = 0; i < count; i++) {
    const layer *l = &layers[i];
    const fv__op op = measure_window(&fv__op_conv, l->size, l->size, l->c, l->out_c, l->kernel, l->stride);
    measure_prepare(&ops[i], &op, &fv__conv_gemm);
  }
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < count; i++) {
      const double now = fv_cpu_peak();
      if (now > peak) peak = now;
      measure_once(&ops[i]);
    }
}

static double report(const layer *layers, int count, const measured_op *ops) {
  double flops = 0, seconds = 0;
  for (int i = 0; i < count; i++) {
    const double rate = ops[i].flops / ops[i].seconds * 1e-9;
    printf("  %-22s %8.3f ms %7.1f GFLOP/s %5.1f %%\n", layers[i].name, ops[i].seconds * 1e3, rate, 100 * rate / peak);
    flops += ops[i].flops;
    seconds += ops[i].seconds;
  }
  return flops / seconds * 1e-9 / peak;
}

int main(int count, char **arguments) {
  static measured_op vgg16[VGG16_COUNT], others[OTHER_COUNT];
  const int rounds = count > 1 ? atoi(arguments[1]) : 7;
  measure(VGG16, VGG16_COUNT, vgg16, rounds);
  measure(OTHERS, OTHER_COUNT, others, 4 * rounds);
  printf("%s, one thread: peak %.1f GFLOP/s\n", fv_cpu_name(fv_cpu()), peak);
  const double share = report(VGG16, VGG16_COUNT, vgg16);
  printf("VGG16 layers 2..13: %.1f %% of peak\n", 100 * share);
  report(OTHERS, OTHER_COUNT, others);
  return fv_cpu() != FV_CPU_BASELINE && share < 0.85;
}
