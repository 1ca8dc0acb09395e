/* Winograd's transforms against implicit GEMM, one thread: every way that fits each layer, in turn, with the time that
 * the choice between them expects (src/ops/estimate.c) beside the time it takes.
 *
 * Usage: bench_winograd [ROUNDS [TEXT]]: the layers whose names hold TEXT. Minima of processor time. The way marked *
 * is the one a plan takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

typedef struct layer {
  const char *name;
  int64_t size, c, out_c;
  int32_t kernel_h, kernel_w;
} layer;

static const layer LAYERS[] = {
    {"224x224 64-64", 224, 64, 64, 3, 3},      {"112x112 64-128", 112, 64, 128, 3, 3},
    {"112x112 128-128", 112, 128, 128, 3, 3},  {"56x56 64-64", 56, 64, 64, 3, 3},
    {"56x56 64-192", 56, 64, 192, 3, 3},       {"56x56 128-256", 56, 128, 256, 3, 3},
    {"56x56 256-256", 56, 256, 256, 3, 3},     {"35x35 64-96", 35, 64, 96, 3, 3},
    {"28x28 128-128", 28, 128, 128, 3, 3},     {"28x28 256-512", 28, 256, 512, 3, 3},
    {"28x28 512-512", 28, 512, 512, 3, 3},     {"28x28 32-64 5x5", 28, 32, 64, 5, 5},
    {"14x14 256-256", 14, 256, 256, 3, 3},     {"14x14 512-512", 14, 512, 512, 3, 3},
    {"13x13 192-384", 13, 192, 384, 3, 3},     {"14x14 16-48", 14, 16, 48, 3, 3},
    {"7x7 512-512", 7, 512, 512, 3, 3},        {"17x17 128-192 1x7", 17, 128, 192, 1, 7},
    {"17x17 192-192 7x1", 17, 192, 192, 7, 1}, {"8x8 384-384 1x3", 8, 384, 384, 1, 3},
    {"8x8 448-384", 8, 448, 384, 3, 3},
};

enum { LAYER_COUNT = sizeof LAYERS / sizeof *LAYERS, MOST_WAYS = 16 };

static fv__op op_of(const layer *l) {
  fv__op op = measure_window(&fv__op_conv, l->size, l->size, l->c, l->out_c, 3, 1);
  fv__window *w = &op.window.window;
  w->kernel_h = l->kernel_h;
  w->kernel_w = l->kernel_w;
  w->top = w->bottom = l->kernel_h / 2;
  w->left = w->right = l->kernel_w / 2;
  op.accuracy = FV_ACCURACY_FAST;
  return op;
}

static void measure_layer(const layer *l, int rounds) {
  measured_op ops[MOST_WAYS], chosen;
  fv__op op = op_of(l);
  int count = 0;
  measure_prepare(&chosen, &op, NULL);
  for (const fv__way *const *way = op.type->ways; *way; way++) {
    op.kernels = chosen.op.kernels;
    if (!(*way)->estimate || (*way)->why_not(&op)) continue;
    measure_prepare(&ops[count++], &op, *way);
  }
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < count; i++) measure_once(&ops[i]);
  for (int i = 0; i < count; i++) {
    const double expected = ops[i].way->estimate(&ops[i].op) * 1e-6, found = ops[i].seconds * 1e3;
    printf("%-20s %c %-20s %8.3f ms  x %.2f  expected %8.3f (%+3.0f %%)\n", i ? "" : l->name,
           ops[i].way == chosen.way ? '*' : ' ', ops[i].way->name, found, ops[0].seconds / ops[i].seconds, expected,
           100 * (expected / found - 1));
  }
  for (int i = 0; i < count; i++) measure_release(&ops[i]);
  measure_release(&chosen);
}

int main(int count, char **arguments) {
  const int rounds = count > 1 ? atoi(arguments[1]) : 7;
  for (int i = 0; i < LAYER_COUNT; i++)
    if (count <= 2 || strstr(LAYERS[i].name, arguments[2])) measure_layer(&LAYERS[i], rounds);
  return 0;
}
