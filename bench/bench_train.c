/* Steps of training, in milliseconds: LeNet-5 with batches of 128 digits, and the chapter's program: VGG16 on 224 x 224
 * pixels with a head of its own, layers[:5] frozen, batches of 16.
 *
 *   bench_train [lenet|vgg16] [THREADS] [STEPS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "training.h"

static double megabytes(int64_t bytes) { return (double)bytes / (1024 * 1024); }

static void run(const char *name, int32_t threads, int steps) {
  training t;
  training_open(&t, name, 0.5, threads);
  double least = 1e30, sum = 0;
  training_step(&t); /* memory is touched for the first time */
  for (int step = 0; step < steps; step++) {
    const double before = training_seconds();
    training_step(&t);
    const double took = training_seconds() - before;
    least = took < least ? took : least;
    sum += took;
  }
  const fv_learner_memory memory = fv_learner_memory_use(t.learner);
  printf("%-6s batch %3d, %d threads: step %8.2f ms (mean %8.2f), %7.3f ms an image; activations %.0f MB, gradients "
         "%.0f MB, optimizer %.0f MB, packed and scratch %.0f MB\n",
         name, (int)t.batch, (int)threads, least * 1e3, sum / steps * 1e3, least * 1e3 / t.batch,
         megabytes(memory.plan.activations), megabytes(memory.plan.gradients), megabytes(memory.optimizer),
         megabytes(memory.plan.packed + memory.plan.scratch));
  training_close(&t);
}

int main(int argc, char **argv) {
  const char *only = argc > 1 ? argv[1] : NULL;
  const int32_t threads = argc > 2 ? atoi(argv[2]) : 2;
  const int steps = argc > 3 ? atoi(argv[3]) : 0;
  if (!only || !strcmp(only, "lenet")) run("lenet", threads, steps > 0 ? steps : 200);
  if (!only || !strcmp(only, "vgg16")) run("vgg16", threads, steps > 0 ? steps : 2);
  return 0;
}
