/* Steps of training, in milliseconds: LeNet-5 with batches of 128 digits, and the chapter's program: VGG16 on 224 x 224
 * pixels with a head of its own, layers[:5] frozen, batches of 16. Numbers are made up: speed does not depend on them.
 *
 *   bench_train [lenet|vgg16] [THREADS] [STEPS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fovea/fovea.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(fv_status status) {
  if (!status) return;
  fprintf(stderr, "bench_train: %s\n", fv_error_message());
  exit(1);
}

static fv_model *finish(fv_graph *g, fv_value y) {
  fv_model *model;
  must(fv_model_create(&model, g, y));
  must(fv_model_initialize(model, "random:1"));
  return model;
}

static fv_model *lenet(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {28, 28, 1});
  x = fv_conv2d(g, x, .filters = 6, .kernel_size = {5, 5}, .padding = FV_SAME, .activation = "tanh");
  x = fv_average_pooling2d(g, x);
  x = fv_conv2d(g, x, .filters = 16, .kernel_size = {5, 5}, .activation = "tanh");
  x = fv_flatten(g, fv_average_pooling2d(g, x));
  x = fv_dense(g, x, .units = 120, .activation = "tanh");
  x = fv_dense(g, x, .units = 84, .activation = "tanh");
  return finish(g, fv_dense(g, x, .units = 10, .activation = "softmax"));
}

static fv_model *vgg16(void) {
  static const int32_t filters[] = {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0};
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {224, 224, 3});
  for (int i = 0; i < 18; i++)
    x = filters[i] ? fv_conv2d(g, x, .filters = filters[i], .kernel_size = {3, 3}, .padding = FV_SAME,
                               .activation = "relu", .frozen = i < 4)
                   : fv_max_pooling2d(g, x);
  x = fv_dense(g, fv_flatten(g, x), .units = 1024, .activation = "relu");
  x = fv_dropout(g, x, .rate = 0.5);
  x = fv_dense(g, x, .units = 1024, .activation = "relu");
  return finish(g, fv_dense(g, x, .units = 2, .activation = "softmax"));
}

static void run(const char *name, fv_model *model, int32_t batch, int32_t threads, int steps) {
  fv_learner *learner;
  const fv_learner_options options = {.optimizer = "sgd",
                                      .optimizer_options =
                                          &(fv_optimizer_options){.learning_rate = 1e-4, .momentum = 0.9},
                                      .batch_size = batch,
                                      .threads = threads};
  must(fv_learner_create(&learner, model, &options));
  fv_shape in = fv_model_input_shape(model, 0), out = fv_model_output_shape(model, 0);
  in.dims[0] = out.dims[0] = batch;
  int64_t inputs, outputs;
  must(fv_shape_elements(&inputs, &in));
  must(fv_shape_elements(&outputs, &out));
  float *x = calloc((size_t)inputs, sizeof *x), *y = calloc((size_t)outputs, sizeof *y);
  if (!x || !y) exit(1);
  fv_fill_by_name(x, "input", &in, 1, "input");
  for (int32_t i = 0; i < batch; i++) y[i * out.dims[1] + i % out.dims[1]] = 1;
  const float *xs[] = {x}, *ys[] = {y};
  const fv_learner_batch data = {.count = batch, .inputs = xs, .targets = ys};
  double least = 1e30, sum = 0;
  for (int step = 0; step <= steps; step++) {
    const double before = now();
    must(fv_train_on_batch(learner, &data, NULL));
    const double took = now() - before;
    if (step == 0) continue; /* memory is touched for the first time */
    least = took < least ? took : least;
    sum += took;
  }
  const fv_learner_memory memory = fv_learner_memory_use(learner);
  const double mb = 1024 * 1024;
  printf("%-6s batch %3d, %d threads: step %8.2f ms (mean %8.2f), %7.3f ms an image; activations %.0f MB, gradients "
         "%.0f MB, optimizer %.0f MB, packed and scratch %.0f MB\n",
         name, (int)batch, (int)threads, least * 1e3, sum / steps * 1e3, least * 1e3 / batch,
         (double)memory.plan.activations / mb, (double)memory.plan.gradients / mb, (double)memory.optimizer / mb,
         (double)(memory.plan.packed + memory.plan.scratch) / mb);
  free(x);
  free(y);
  fv_learner_destroy(learner);
  fv_model_destroy(model);
}

int main(int argc, char **argv) {
  const char *only = argc > 1 ? argv[1] : NULL;
  const int32_t threads = argc > 2 ? atoi(argv[2]) : 2;
  const int steps = argc > 3 ? atoi(argv[3]) : 0;
  if (!only || !strcmp(only, "lenet")) run("LeNet5", lenet(), 128, threads, steps ? steps : 200);
  if (!only || !strcmp(only, "vgg16")) run("VGG16", vgg16(), 16, threads, steps ? steps : 2);
  return 0;
}
