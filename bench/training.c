/* The networks, and a step on the same batch over and over. */
#include "training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void training_end(const char *sentence) {
  fprintf(stderr, "training: %s\n", sentence);
  exit(1);
}

static void check(fv_status status) {
  if (status) training_end(fv_error_message());
}

double training_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static fv_model *finish(fv_graph *g, fv_value y) {
  fv_model *model;
  check(fv_model_create(&model, g, y));
  check(fv_model_initialize(model, "by-name:1"));
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

static fv_model *vgg16(double dropout) {
  static const int32_t filters[] = {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0};
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {224, 224, 3});
  for (int i = 0; i < 18; i++)
    x = filters[i] ? fv_conv2d(g, x, .filters = filters[i], .kernel_size = {3, 3}, .padding = FV_SAME,
                               .activation = "relu", .frozen = i < 4)
                   : fv_max_pooling2d(g, x);
  x = fv_dense(g, fv_flatten(g, x), .units = 1024, .activation = "relu");
  if (dropout > 0) x = fv_dropout(g, x, .rate = dropout);
  x = fv_dense(g, x, .units = 1024, .activation = "relu");
  return finish(g, fv_dense(g, x, .units = 2, .activation = "softmax"));
}

static float *numbers(const fv_shape *shape) {
  int64_t count;
  check(fv_shape_elements(&count, shape));
  float *made = calloc((size_t)count, sizeof *made);
  if (!made) training_end("no memory for a batch");
  return made;
}

void training_open(training *t, const char *name, double dropout, int32_t threads) {
  const bool is_lenet = !strcmp(name, "lenet");
  if (!is_lenet && strcmp(name, "vgg16") != 0) training_end("the network is lenet or vgg16");
  t->model = is_lenet ? lenet() : vgg16(dropout);
  t->batch = is_lenet ? 128 : 16;
  check(fv_learner_create(
      &t->learner, t->model,
      &(fv_learner_options){.optimizer = "sgd",
                            .optimizer_options =
                                &(fv_optimizer_options){.learning_rate = is_lenet ? 0.01 : 1e-5, .momentum = 0.9},
                            .batch_size = t->batch,
                            .threads = threads}));
  fv_shape in = fv_model_input_shape(t->model, 0), out = fv_model_output_shape(t->model, 0);
  in.dims[0] = out.dims[0] = t->batch;
  t->pictures = numbers(&in);
  t->classes = numbers(&out);
  fv_fill_by_name(t->pictures, "input", &in, 1, "input");
  for (int32_t i = 0; i < t->batch; i++) t->classes[i * out.dims[1] + i % out.dims[1]] = 1;
}

double training_step(training *t) {
  const float *pictures[] = {t->pictures}, *classes[] = {t->classes};
  fv_learner_result result;
  check(fv_train_on_batch(t->learner, &(fv_learner_batch){.count = t->batch, .inputs = pictures, .targets = classes},
                          &result));
  return result.loss;
}

void training_close(training *t) {
  free(t->pictures);
  free(t->classes);
  fv_learner_destroy(t->learner);
  fv_model_destroy(t->model);
}
