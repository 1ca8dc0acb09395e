/* The figures of lessons, by name. Networks and parts of them are built as the zoo builds them and drawn as any network
 * is; the rest is drawn here. */
#include <string.h>

#include <fovea-tools/figure.h>
#include <fovea/layers.h>
#include <fovea/zoo.h>

#include "figure/lessons.h"

static fv_status convolution(const char *path) {
  static float numbers[] = {0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0.25F, 0.5F, 0.75F, 1, 1, 0, 0, 0};
  const fv_tensor signal = {.shape = {.rank = 2, .dims = {1, sizeof numbers / sizeof *numbers}}, .data = numbers};
  fv_filter_kernel kernel;
  fv_status status = fv_filter_kernel_parse(&kernel, "0.1 0.2 0.7");
  if (status) return status;
  status = fv_figure_convolution(path, &signal, &kernel, NULL, "Convolution in one dimension");
  fv_filter_kernel_destroy(&kernel);
  return status;
}

static fv_status draw_model(const char *path, fv_status built, fv_model *model) {
  fv_status status =
      built ? built : fv_figure_network(path, model, &(fv_figure_network_options){.fold = FV_FOLD_CHAINS});
  fv_model_destroy(model);
  return status;
}

static fv_status network(const char *path, const char *name) {
  fv_model *model = NULL;
  fv_status built = fv_zoo_build(&model, name, &(fv_zoo_options){.weights = "random:1"});
  return draw_model(path, built, model);
}

static fv_status lenet5(const char *path) { return network(path, "LeNet5"); }

static fv_value convolve(fv_graph *g, fv_value x, const char *name, int32_t filters, int32_t size) {
  return fv_conv2d(g, x, .name = name, .filters = filters, .kernel_size = {size}, .padding = FV_SAME,
                   .activation = "relu");
}

/* GoogLeNet's inception (3a). Szegedy et al., 2015. */
static fv_status inception(const char *path) {
  fv_graph *g = fv_graph_create();
  fv_model *model = NULL;
  fv_graph_set_name(g, "inception 3a");
  const fv_value x = fv_input(g, .name = "previous layer", .shape = {28, 28, 192});
  const fv_value one = convolve(g, x, "1x1", 64, 1);
  const fv_value three = convolve(g, convolve(g, x, "3x3 reduce", 96, 1), "3x3", 128, 3);
  const fv_value five = convolve(g, convolve(g, x, "5x5 reduce", 16, 1), "5x5", 32, 5);
  const fv_value pool = fv_max_pooling2d(g, x, .name = "pool", .pool_size = {3}, .strides = {1}, .padding = FV_SAME);
  const fv_value joined = fv_concatenate(g, {one, three, five, convolve(g, pool, "pool proj", 32, 1)}, .name = "all");
  const fv_status built = fv_model_create(&model, g, joined);
  return draw_model(path, built, model);
}

/* ResNet's bottleneck. He et al., 2016. */
static fv_status residual(const char *path) {
  fv_graph *g = fv_graph_create();
  fv_model *model = NULL;
  fv_graph_set_name(g, "residual block");
  const fv_value x = fv_input(g, .name = "x", .shape = {56, 56, 256});
  fv_value f = convolve(g, convolve(g, x, "reduce", 64, 1), "look", 64, 3);
  f = fv_conv2d(g, f, .name = "restore", .filters = 256, .kernel_size = {1});
  const fv_value sum = fv_add(g, {x, f}, .name = "x + F(x)");
  const fv_status built = fv_model_create(&model, g, fv_re_lu(g, sum, .name = "relu"));
  return draw_model(path, built, model);
}

static const struct lesson {
  fv_figure_lesson facts;
  fv_status (*draw)(const char *path);
} lessons[] = {{{"convolution", "flip, shift, multiply and sum in one dimension"}, convolution},
               {{"sweep", "a kernel is swept over a picture"}, fv__lesson_sweep},
               {{"stride", "stride and padding, and a stride that does not fit"}, fv__lesson_stride},
               {{"pooling", "largest, mean and smallest of each window"}, fv__lesson_pooling},
               {{"dropout", "a net, and the thinned one of a step of training"}, fv__lesson_dropout},
               {{"lenet-5", "LeNet-5 as a network of the zoo"}, lenet5},
               {{"inception", "an Inception module of GoogLeNet"}, inception},
               {{"residual", "a residual block with a bottleneck"}, residual}};

enum { COUNT = sizeof lessons / sizeof *lessons };

const fv_figure_lesson *fv_figure_lesson_at(int32_t index) {
  return index >= 0 && index < COUNT ? &lessons[index].facts : NULL;
}

fv_status fv_figure_lesson_draw(const char *path, const char *name) {
  fv_status status = fv_figure_check_name(path);
  if (status) return status;
  for (int i = 0; i < COUNT; i++)
    if (!strcmp(lessons[i].facts.name, name)) return lessons[i].draw(path);
  return fv_error_set(FV_ERROR_NOT_FOUND, "no figure of this name");
}
