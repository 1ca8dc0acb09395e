/* Graphs drawn at random. See drawing.h. */
#include "support/drawing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { VALUES = 40, OUTPUTS = 4, LARGEST = 20000 /* numbers in one value */ };

static uint64_t state_of_draws;

void draw_from(uint64_t seed) { state_of_draws = seed; }

/* splitmix64 */
uint32_t draw(uint32_t below) {
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

int64_t elements_of(fv_shape shape) {
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

int32_t less(int32_t most) { return (int32_t)draw((uint32_t)most) + 1; }

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

fv_model *draw_model(void) {
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
