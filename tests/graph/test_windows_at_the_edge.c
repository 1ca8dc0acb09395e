/* Windows at the edge of what has a meaning: kernels, strides, dilations and groups of nothing and below, kernels
 * larger than their input, images of one pixel, padding on one side, windows wholly outside. Each is refused or has an
 * output of the right extent, forward and backward, of numbers. What is right is said by a function of this file alone:
 * Keras's arithmetic. 4,000 draws, or FOVEA_CONFIGURATIONS. Sanitizers watch where they are built in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <math.h>

#include <fovea/fovea.h>

#include "graph/train.h"
#include "model/model.h"
#include "support/drawing.h"
#undef fail

#include <cmocka.h>

typedef enum kind { CONV, DEPTHWISE, TRANSPOSE, MAXIMUM, AVERAGE, KINDS } kind;
static const char *const names[] = {"Conv2D", "DepthwiseConv2D", "Conv2DTranspose", "MaxPooling2D", "AveragePooling2D"};

/* Numbers as a user gives them: 0 is left out, FV_ZERO is 0. */
typedef struct configuration {
  kind kind;
  int32_t input[3]; /* rows, columns, channels */
  fv_pair kernel, strides, dilation;
  int32_t groups, filters, multiplier;
  bool same;
} configuration;

/* ---- the specification */

typedef struct extents {
  bool is_legal;
  int64_t rows, columns, channels;
} extents;

/* A number that was left out has its default, a width that was left out is the height. */
static fv_pair whole(fv_pair given, fv_pair usual) {
  if (!given.height && !given.width) return usual;
  return (fv_pair){given.height, given.width ? given.width : given.height};
}

static int64_t along(int64_t input, int64_t kernel, int64_t stride, int64_t dilation, bool same, bool transposed) {
  const int64_t span = (kernel - 1) * dilation + 1;
  if (transposed) return same ? input * stride : input * stride + (span > stride ? span - stride : 0);
  return same ? (input + stride - 1) / stride : span > input ? 0 : (input - span) / stride + 1;
}

static extents specify(const configuration *c) {
  const bool pools = c->kind == MAXIMUM || c->kind == AVERAGE;
  const fv_pair one = {1, 1}, none = {0, 0};
  const fv_pair kernel = whole(c->kernel, pools ? (fv_pair){2, 2} : none);
  const fv_pair strides = whole(c->strides, pools ? kernel : one), dilation = pools ? one : whole(c->dilation, one);
  const int32_t groups = c->kind == CONV && c->groups ? c->groups : 1;
  const int32_t channels = c->input[2];
  const int32_t filters = pools                  ? channels
                          : c->kind == DEPTHWISE ? channels * (c->multiplier ? c->multiplier : 1)
                                                 : c->filters;
  extents e = {.channels = filters};
  e.is_legal = kernel.height >= 1 && kernel.width >= 1 && strides.height >= 1 && strides.width >= 1 &&
               dilation.height >= 1 && dilation.width >= 1 && groups >= 1 && filters >= 1;
  if (!e.is_legal) return e;
  e.rows = along(c->input[0], kernel.height, strides.height, dilation.height, c->same, c->kind == TRANSPOSE);
  e.columns = along(c->input[1], kernel.width, strides.width, dilation.width, c->same, c->kind == TRANSPOSE);
  e.is_legal = e.rows >= 1 && e.columns >= 1 && channels % groups == 0 && filters % groups == 0;
  return e;
}

/* ---- the layer */

static fv_value add(fv_graph *g, fv_value x, const configuration *c) {
  const int32_t padding = c->same ? FV_SAME : draw(2) ? FV_VALID : FV_PADDING_DEFAULT;
  switch (c->kind) {
  case CONV:
    return fv_conv2d(g, x, .filters = c->filters, .kernel_size = c->kernel, .strides = c->strides,
                     .dilation_rate = c->dilation, .groups = c->groups, .padding = padding);
  case DEPTHWISE:
    return fv_depthwise_conv2d(g, x, .kernel_size = c->kernel, .strides = c->strides, .dilation_rate = c->dilation,
                               .depth_multiplier = c->multiplier, .padding = padding);
  case TRANSPOSE:
    return fv_conv2d_transpose(g, x, .filters = c->filters, .kernel_size = c->kernel, .strides = c->strides,
                               .dilation_rate = c->dilation, .padding = padding);
  case MAXIMUM: return fv_max_pooling2d(g, x, .pool_size = c->kernel, .strides = c->strides, .padding = padding);
  default: return fv_average_pooling2d(g, x, .pool_size = c->kernel, .strides = c->strides, .padding = padding);
  }
}

static int32_t number(void) {
  static const int32_t usual[] = {0, 1, 1, 2, 2, 3, 4, 5, 7, 9, FV_ZERO, -1, -3};
  return usual[draw(draw(4) ? 8 : 13)];
}

static configuration draw_configuration(void) {
  return (configuration){.kind = draw(KINDS),
                         .input = {less(6), less(6), less(6)},
                         .kernel = {number(), number()},
                         .strides = {number(), number()},
                         .dilation = draw(3) ? (fv_pair){0, 0} : (fv_pair){number(), number()},
                         .groups = draw(2) ? number() : 0,
                         .filters = draw(8) ? less(6) : number(),
                         .multiplier = draw(3) ? 0 : number(),
                         .same = draw(2)};
}

static void complain(const configuration *c, const char *what) {
  fail_msg("%s of %d x %d x %d, kernel %d,%d strides %d,%d dilation %d,%d groups %d filters %d multiplier %d %s: %s",
           names[c->kind], c->input[0], c->input[1], c->input[2], c->kernel.height, c->kernel.width, c->strides.height,
           c->strides.width, c->dilation.height, c->dilation.width, c->groups, c->filters, c->multiplier,
           c->same ? "same" : "valid", what);
}

static void expect_numbers(const configuration *c, const float *numbers, int64_t count, const char *what) {
  for (int64_t i = 0; i < count; i++)
    if (!isfinite(numbers[i])) complain(c, what);
}

static void fill(float *numbers, int64_t count) {
  for (int64_t i = 0; i < count; i++) numbers[i] = (float)((i * 37 + 11) % 64 - 32) / 32;
}

/* Forward and backward; a batch of none is the plan's to refuse. */
static void run(const configuration *c, fv_model *model, const extents *e) {
  fv_plan *plan;
  const int32_t batch = less(2);
  if (fv__plan_create_training(&plan, model->core, &(fv_plan_options){.batch = batch, .threads = 1 + (int32_t)draw(2)},
                               &(fv__training_options){.input_gradients = true}))
    complain(c, fv_error_message());
  const fv_shape output = fv_plan_output_shape(plan, 0);
  if (output.dims[0] != batch || output.dims[1] != e->rows || output.dims[2] != e->columns ||
      output.dims[3] != e->channels)
    complain(c, "the output has another shape");
  const int64_t inputs = (int64_t)batch * c->input[0] * c->input[1] * c->input[2], outputs = elements_of(output);
  fill(fv_plan_input(plan, 0), inputs);
  fv__plan_forward(plan, (fv__draw){0});
  expect_numbers(c, fv_plan_output(plan, 0), outputs, "an output is no number");
  float *seed = fv__plan_seed(plan, 0).gradient;
  fill(seed, outputs);
  fv__plan_backward(plan, false);
  expect_numbers(c, fv__plan_input_gradient(plan, 0), inputs, "a gradient of the input is no number");
  int64_t length;
  const float *gradients = fv__plan_gradients(plan, &length);
  expect_numbers(c, gradients, length, "a gradient of a weight is no number");
  fv_plan_destroy(plan);
}

/* Whether it was legal. */
static bool try_one(void) {
  const configuration c = draw_configuration();
  const extents e = specify(&c);
  fv_graph *g = fv_graph_create();
  const fv_value x = fv_input(g, .shape = {c.input[0], c.input[1], c.input[2]}), y = add(g, x, &c);
  fv_model *model = NULL;
  const bool is_taken = fv_model_create(&model, g, y) == FV_OK;
  if (is_taken != e.is_legal) complain(&c, is_taken ? "is taken" : fv_error_message());
  if (!is_taken) return false;
  if (fv_model_initialize(model, "random:1")) complain(&c, fv_error_message());
  run(&c, model, &e);
  fv_model_destroy(model);
  return true;
}

static void refused_or_right(void **state) {
  (void)state;
  const char *wanted = getenv("FOVEA_CONFIGURATIONS");
  const int draws = wanted ? atoi(wanted) : 4000;
  int legal = 0;
  draw_from(13);
  for (int i = 0; i < draws; i++) legal += try_one();
  print_message("%d configurations, %d of them legal\n", draws, legal);
  assert_true(legal > draws / 5 && legal < draws * 4 / 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(refused_or_right)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
