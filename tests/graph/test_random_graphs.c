/* Graphs drawn at random: values read by several layers, nested concatenations, chains of activations, sums with
 * repeated axes, padding read twice, layers called twice, outputs that others read too. Whatever passes run, whatever
 * the mode and the threads, the answers agree. Before a run all memory is NaN, so that a number read before it was
 * written, or written over while it was wanted, shows. The draws are the same every time; a failure names its graph.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/fovea.h>

#include "graph/plan.h"
#undef fail

#include <cmocka.h>

enum { GRAPHS = 900, VALUES = 40, OUTPUTS = 4, LARGEST = 20000 /* numbers in one value */ };

static uint64_t state_of_draws;

/* splitmix64 */
static uint32_t draw(uint32_t below) {
  uint64_t z = state_of_draws += 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

/* A graph being drawn: all its values so far. */
typedef struct drawing {
  fv_graph *g;
  fv_value values[VALUES];
  int32_t count;
} drawing;

static int64_t elements_of(fv_shape shape) {
  int64_t elements = 1;
  for (int32_t i = 0; i < shape.rank; i++) elements *= shape.dims[i] < 0 ? 2 : shape.dims[i];
  return elements;
}

static void keep(drawing *d, fv_value value) {
  if (value.node && d->count < VALUES && elements_of(fv_graph_shape(d->g, value)) < LARGEST)
    d->values[d->count++] = value;
}

/* Late values are likelier, so that graphs get deep. */
static fv_value any(const drawing *d) {
  const int32_t back = (int32_t)(draw(2) ? draw(3) : draw((uint32_t)d->count));
  return d->values[d->count - 1 - (back < d->count ? back : 0)];
}

/* An image, at least `side` high and wide; node 0 after some tries. */
static fv_value any_image(const drawing *d, int64_t side) {
  for (int tries = 0; tries < 20; tries++) {
    fv_value value = any(d);
    fv_shape shape = fv_graph_shape(d->g, value);
    if (shape.rank == 4 && shape.dims[1] >= side && shape.dims[2] >= side) return value;
  }
  return (fv_value){0, 0};
}

/* A value whose shape agrees with `shape` but along `axis` (-1: everywhere). */
static fv_value any_like(const drawing *d, fv_shape shape, int32_t axis) {
  for (int tries = 0; tries < 20; tries++) {
    fv_value value = any(d);
    fv_shape other = fv_graph_shape(d->g, value);
    bool fits = other.rank == shape.rank;
    for (int32_t i = 0; fits && i < shape.rank; i++) fits = i == axis || other.dims[i] == shape.dims[i];
    if (fits) return value;
  }
  return (fv_value){0, 0};
}

static const char *any_activation(void) {
  static const char *const names[] = {"linear", "linear", "relu", "relu6", "tanh", "sigmoid"};
  return names[draw(6)];
}

static int32_t less(int32_t most) { return (int32_t)draw((uint32_t)most) + 1; }

static fv_conv2d_options convolution(fv_shape shape) {
  const int32_t groups = shape.dims[3] % 2 == 0 && draw(4) == 0 ? 2 : 1, stride = draw(4) ? 1 : 2;
  return (fv_conv2d_options){.filters = groups * less(9),
                             .kernel_size = {less(3), less(3)},
                             .strides = {stride, stride},
                             .dilation_rate = {stride == 1 && draw(4) == 0 ? 2 : 1},
                             .padding = FV_SAME,
                             .groups = groups,
                             .no_bias = draw(2),
                             .activation = any_activation()};
}

static void draw_convolution(drawing *d) {
  fv_value x = any_image(d, 3);
  if (!x.node) return;
  fv_conv2d_options options = convolution(fv_graph_shape(d->g, x));
  if (draw(3) == 0) options.padding = FV_VALID, options.dilation_rate = (fv_pair){1, 1};
  options.input = x;
  keep(d, fv_conv2d_with(d->g, &options));
}

/* One layer, called on two values or twice on one. */
static void draw_shared_convolution(drawing *d) {
  fv_value x = any_image(d, 1);
  if (!x.node) return;
  fv_shape shape = fv_graph_shape(d->g, x);
  fv_conv2d_options options = convolution(shape);
  const int32_t layer = fv_graph_add(d->g, "Conv2D", &options);
  fv_value other = any_image(d, 1);
  if (!other.node || fv_graph_shape(d->g, other).dims[3] != shape.dims[3]) other = x;
  keep(d, fv_graph_call(d->g, layer, &x, 1));
  keep(d, fv_graph_call(d->g, layer, &other, 1));
}

/* What residual networks hold: a convolution of as many channels, added to where it came from. */
static void draw_block(drawing *d) {
  fv_value x = any_image(d, 1);
  if (!x.node) return;
  fv_value y =
      fv_conv2d(d->g, x, .filters = (int32_t)fv_graph_shape(d->g, x).dims[3], .kernel_size = {3}, .padding = FV_SAME);
  if (draw(2)) y = fv_batch_normalization(d->g, y);
  if (draw(4) == 0) keep(d, y);
  y = draw(2) ? fv_add(d->g, {x, y}) : fv_add(d->g, {y, x});
  if (draw(2)) y = fv_re_lu(d->g, y, .max_value = draw(2) ? 6 : INFINITY);
  keep(d, y);
}

static void draw_depthwise(drawing *d) {
  fv_value x = any_image(d, 1);
  if (x.node)
    keep(d, fv_depthwise_conv2d(d->g, x, .kernel_size = {draw(2) ? 3 : 5, 3}, .padding = FV_SAME,
                                .depth_multiplier = draw(4) ? 1 : 2, .activation = any_activation()));
}

/* Padding, sometimes read by two convolutions, sometimes by a pooling too, sometimes padded again. */
static void draw_padding(drawing *d) {
  fv_value x = any_image(d, 2);
  if (!x.node) return;
  fv_value y = fv_zero_padding2d(d->g, x, .padding = {less(2), (int32_t)draw(3), less(2), (int32_t)draw(2)});
  if (draw(4) == 0) y = fv_zero_padding2d(d->g, y, .padding = {1, 1, 1, 1});
  for (uint32_t readers = draw(3) + 1; readers; readers--) {
    fv_conv2d_options options = {.input = y, .filters = less(6), .kernel_size = {3, 2}, .padding = FV_VALID};
    if (draw(2)) options.padding = FV_SAME;
    keep(d, fv_conv2d_with(d->g, &options));
  }
  if (draw(3) == 0) keep(d, fv_max_pooling2d(d->g, y));
  if (draw(3) == 0) keep(d, y);
}

static void draw_pooling(drawing *d) {
  fv_value x = any_image(d, 2);
  if (!x.node) return;
  if (draw(2))
    keep(d, fv_max_pooling2d(d->g, x, .pool_size = {less(3) + 1}, .strides = {less(2)}, .padding = FV_SAME));
  else
    keep(d, fv_average_pooling2d(d->g, x, .pool_size = {2}, .strides = {less(2)}, .padding = FV_SAME));
}

static void draw_concatenation(drawing *d) {
  fv_value first = any(d);
  const fv_shape shape = fv_graph_shape(d->g, first);
  const int32_t axis = draw(2) ? shape.rank - 1 : 1 + (int32_t)draw((uint32_t)shape.rank - 1);
  const fv_value inputs[4] = {first, any_like(d, shape, axis), any_like(d, shape, axis), any_like(d, shape, axis)};
  int32_t count = 1, wanted = less(4);
  while (count < wanted && inputs[count].node) count++;
  const int32_t layer = fv_graph_add(d->g, "Concatenate", &(fv_concatenate_options){.axis = axis});
  keep(d, fv_graph_call(d->g, layer, inputs, count));
}

/* Sums and products, of like values, of one value with itself, with axes that are repeated. */
static void draw_merge(drawing *d) {
  fv_value a = any(d), b = any_like(d, fv_graph_shape(d->g, a), -1);
  if (draw(3) == 0 && fv_graph_shape(d->g, a).rank == 4)
    b = draw(2) ? fv_global_average_pooling2d(d->g, a, .keepdims = true)
                : fv_conv2d(d->g, a, .filters = 1, .kernel_size = {1});
  if (!b.node) return;
  if (draw(2)) {
    fv_value swap = a;
    a = b, b = swap;
  }
  switch (draw(4)) {
  case 0: keep(d, fv_multiply(d->g, {a, b})); break;
  case 1: keep(d, fv_maximum(d->g, {a, b})); break;
  case 2: keep(d, fv_add(d->g, {a, b, a})); break;
  default: keep(d, fv_add(d->g, {a, b})); break;
  }
}

/* One to four layers in a row that may be done in place. */
static void draw_chain(drawing *d) {
  fv_value x = any(d);
  for (uint32_t links = draw(4) + 1; links; links--) {
    switch (draw(7)) {
    case 0: x = fv_batch_normalization(d->g, x); break;
    case 1: x = fv_re_lu(d->g, x); break;
    case 2: x = fv_re_lu(d->g, x, .max_value = 6); break;
    case 3: x = fv_activation(d->g, x, .activation = "tanh"); break;
    case 4: x = fv_dropout(d->g, x, .rate = 0.5); break;
    case 5: x = fv_rescaling(d->g, x, .scale = 0.5, .offset = 0.25); break;
    default: x = fv_softmax(d->g, x); break;
    }
    if (draw(3) == 0) keep(d, x);
  }
  keep(d, x);
}

static void draw_reshaping(drawing *d) {
  fv_value x = any(d);
  const fv_shape shape = fv_graph_shape(d->g, x);
  if (shape.rank == 2) {
    keep(d, fv_reshape(d->g, x, .target_shape = {1, 1, (int32_t)shape.dims[1]}));
    return;
  }
  switch (draw(4)) {
  case 0: keep(d, fv_flatten(d->g, x)); break;
  case 1: keep(d, fv_dense(d->g, fv_flatten(d->g, x), .units = less(12), .activation = any_activation())); break;
  case 2: keep(d, fv_dense(d->g, x, .units = less(12), .activation = any_activation())); break;
  default:
    keep(d,
         fv_reshape(d->g, x, .target_shape = {(int32_t)shape.dims[2], (int32_t)shape.dims[1], (int32_t)shape.dims[3]}));
    break;
  }
}

static void draw_cropping(drawing *d) {
  fv_value x = any_image(d, 4);
  if (x.node) keep(d, fv_cropping2d(d->g, x, .cropping = {(int32_t)draw(2), 1, 1, (int32_t)draw(2)}));
}

static fv_model *draw_model(void) {
  static void (*const kinds[])(drawing *) = {
      draw_convolution, draw_shared_convolution, draw_block,         draw_depthwise, draw_padding,
      draw_pooling,     draw_concatenation,      draw_concatenation, draw_merge,     draw_chain,
      draw_chain,       draw_reshaping,          draw_cropping};
  drawing d = {.g = fv_graph_create()};
  keep(&d, fv_input(d.g, .shape = {8, 7, less(6)}));
  if (draw(3) == 0) keep(&d, fv_input(d.g, .shape = {8, 7, less(6)}));
  keep(&d, fv_conv2d(d.g, d.values[0], .filters = 8, .kernel_size = {1}));
  for (uint32_t i = draw(12) + 3; i; i--) kinds[draw(sizeof kinds / sizeof *kinds)](&d);
  fv_value outputs[OUTPUTS] = {d.values[d.count - 1]};
  const int32_t output_count = less(OUTPUTS);
  for (int32_t i = 1; i < output_count; i++) outputs[i] = any(&d);
  fv_model *model;
  const fv_status status = fv_model_create_with(&model, d.g, NULL, 0, outputs, output_count);
  if (status) print_error("%s\n", fv_error_message());
  assert_int_equal(status, FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:5"), FV_OK);
  return model;
}

/* A plan that has run on memory full of NaN. */
static fv_plan *plan_and_run(fv_model *model, const fv_plan_options *options, const fv_run_options *run) {
  fv_plan *plan;
  assert_int_equal(fv_plan_create(&plan, model, options), FV_OK);
  memset(plan->block, 0xFF, plan->block_bytes);
  for (int32_t i = 0; i < fv_model_input_count(model); i++) {
    const fv_shape shape = fv_plan_input_shape(plan, i);
    fv_fill_by_name(fv_plan_input(plan, i), i ? "second" : "first", &shape, 3, "input");
  }
  assert_int_equal(fv_run(plan, run), FV_OK);
  return plan;
}

static void assert_close(int graph, const char *what, const float *a, const float *b, int64_t count) {
  double difference = 0, size = 0;
  for (int64_t i = 0; i < count; i++) {
    difference += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    size += (double)b[i] * b[i];
  }
  if (!(difference <= 1e-10 * size)) /* also where there is NaN */
    fail_msg("graph %d, %s: relative difference %g", graph, what, sqrt(difference / size));
}

static void compare(int graph, const char *what, fv_model *model, const fv_plan_options *options,
                    const fv_plan *plain) {
  fv_plan *plan = plan_and_run(model, options, NULL);
  for (int32_t i = 0; i < fv_model_output_count(model); i++)
    assert_close(graph, what, fv_plan_output(plan, i), fv_plan_output(plain, i),
                 elements_of(fv_plan_output_shape(plain, i)));
  fv_plan_destroy(plan);
}

/* The names of the passes that `mask` has not, comma-separated. */
static void name_passes(char *text, size_t size, uint32_t mask) {
  size_t used = 0;
  text[0] = '\0';
  for (int32_t i = 0; fv_plan_pass_name(i); i++)
    if (!(mask >> i & 1))
      used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "," : "", fv_plan_pass_name(i));
}

static void any_passes_agree(void **state) {
  (void)state;
  int32_t passes = 0;
  while (fv_plan_pass_name(passes)) passes++;
  for (int graph = 0; graph < GRAPHS; graph++) {
    state_of_draws = (uint64_t)graph;
    fv_model *model = draw_model();
    assert_int_equal(fv_cpu_set_level((fv_cpu_level)draw((uint32_t)fv_cpu_best() + 1)), FV_OK);
    const int32_t batch = less(2);
    fv_plan *plain = plan_and_run(model, &(fv_plan_options){.batch = batch, .threads = 1, .without = "all"}, NULL);
    compare(graph, "every pass", model, &(fv_plan_options){.batch = batch, .threads = 1}, plain);
    for (int32_t pass = 0; pass < passes + 2; pass++) {
      char without[256];
      name_passes(without, sizeof without, pass < passes ? 1u << pass : draw(1u << passes));
      compare(graph, without, model, &(fv_plan_options){.batch = batch, .threads = 1, .without = without}, plain);
    }
    const fv_plan_options inspect = {.batch = batch, .threads = 1, .mode = FV_PLAN_INSPECT};
    compare(graph, "inspect", model, &inspect, plain);
    fv_plan_destroy(plain);
    fv_model_destroy(model);
  }
}

/* What `plan` found for a node, for the caller to free. */
static float *read_node(const fv_plan *plan, int32_t node, int64_t *count) {
  *count = elements_of(fv_plan_shape(plan, (fv_value){node, 0}));
  float *numbers = malloc((size_t)*count * sizeof *numbers);
  assert_non_null(numbers);
  assert_int_equal(fv_plan_read(plan, (fv_value){node, 0}, numbers), FV_OK);
  return numbers;
}

static void assert_same_outputs(const fv_model *model, const fv_plan *a, const fv_plan *b) {
  for (int32_t i = 0; i < fv_model_output_count(model); i++)
    assert_memory_equal(fv_plan_output(a, i), fv_plan_output(b, i),
                        (size_t)elements_of(fv_plan_output_shape(a, i)) * sizeof(float));
}

/* A fresh plan that starts behind any node, with what that node gave, gives the same answers. With other numbers for
 * the node, a plan that has run, and recomputes only what changes, agrees with a fresh one. */
static void a_run_may_start_behind_any_node(void **state) {
  (void)state;
  for (int graph = 0; graph < GRAPHS; graph += 9) {
    state_of_draws = (uint64_t)graph;
    fv_model *model = draw_model();
    const fv_plan_options inspect = {.threads = 1, .mode = FV_PLAN_INSPECT};
    fv_plan *whole = plan_and_run(model, &inspect, NULL);
    for (int32_t node = 1; node <= fv_model_node_count(model); node++) {
      if (fv_plan_shape(whole, (fv_value){node, 0}).rank == 0 || fv_model_node(model, node).input_count == 0) continue;
      int64_t count;
      float *numbers = read_node(whole, node, &count);
      fv_plan *part = plan_and_run(model, &inspect, &(fv_run_options){.from = {node, 0}, .from_data = numbers});
      assert_same_outputs(model, part, whole);
      for (int64_t i = 0; i < count; i++) numbers[i] += 1;
      const fv_run_options changed = {.from = {node, 0}, .from_data = numbers};
      fv_plan *fresh = plan_and_run(model, &inspect, &changed);
      assert_int_equal(fv_run(whole, &changed), FV_OK);
      assert_same_outputs(model, whole, fresh);
      assert_int_equal(fv_run(whole, NULL), FV_OK);
      free(numbers);
      fv_plan_destroy(part);
      fv_plan_destroy(fresh);
    }
    fv_plan_destroy(whole);
    fv_model_destroy(model);
  }
}

static void threads_change_no_bit(void **state) {
  (void)state;
  for (int graph = 1; graph < GRAPHS; graph += 3) {
    state_of_draws = (uint64_t)graph;
    fv_model *model = draw_model();
    const int32_t batch = less(3);
    fv_plan *one = plan_and_run(model, &(fv_plan_options){.batch = batch, .threads = 1}, NULL);
    const int32_t threads[] = {2, 3, less(8)};
    for (int t = 0; t < 3; t++) {
      fv_plan *more = plan_and_run(model, &(fv_plan_options){.batch = batch, .threads = threads[t]}, NULL);
      assert_same_outputs(model, one, more);
      fv_plan_destroy(more);
    }
    fv_plan_destroy(one);
    fv_model_destroy(model);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(any_passes_agree),
                                     cmocka_unit_test(a_run_may_start_behind_any_node),
                                     cmocka_unit_test(threads_change_no_bit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
