/* The gradient of every layer there is, by its inputs and its weights, against differences of its outputs: options and
 * inputs drawn at random, 20 legal draws of each layer or FOVEA_GRADIENTS. The loop is over the table of layers, so
 * that a new one is met here without being asked for; those that gradients do not go through are listed below.
 *
 *   (L(x + h d) - L(x - h d)) / 2h = sum gradient d       L = sum upstream y, d a random direction, h = 2^-10
 *
 * Outputs are float32, sums double: what rounding may do is part of the tolerance. A draw that lies beside a corner (of
 * a maximum, of relu) is drawn again.
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
#include "layers/layer.h"
#include "model/model.h"
#include "support/drawing.h"
#undef fail

#include <cmocka.h>

/* Nothing is differentiable here, or nobody trains through it. */
static const char *const without_gradients[] = {NULL};

enum { TRIES = 4000, CORNERS = 4, MOST = 6000 };

static double real(void) { return (double)draw(1 << 16) / (1 << 15) - 1; }

/* ---- a layer */

static int32_t draw_integer(void) {
  static const int32_t usual[] = {0, 0, 1, 1, 2, 2, 3, 4};
  return usual[draw(sizeof usual / sizeof *usual)];
}

static void draw_option(void *options, const fv_option *option) {
  static const double reals[] = {0, 0, 0.25, 0.5, 1, 2};
  static const char *const words[] = {NULL, "relu", "tanh", "softmax"};
  static const char *const tables[] = {"xx", "x.x,xx.", "x.,.x,xx"};
  static const char *const objects[] = {NULL, "0.5", "0.1, 0.2", "[-0.2, 0.3]"};
  void *at = (char *)options + option->offset;
  switch (option->kind) {
  case FV_OPTION_INT: *(int32_t *)at = draw_integer(); break;
  case FV_OPTION_PAIR: *(fv_pair *)at = (fv_pair){draw_integer(), draw_integer()}; break;
  case FV_OPTION_QUAD:
    *(fv_quad *)at = (fv_quad){draw_integer(), draw_integer(), draw_integer(), draw_integer()};
    break;
  case FV_OPTION_INTS:
    for (uint32_t i = 0, count = draw(4); i < count; i++) ((int32_t *)at)[i] = less(4);
    break;
  case FV_OPTION_FLOAT: *(double *)at = reals[draw(6)]; break;
  case FV_OPTION_BOOL:
  case FV_OPTION_NOT_BOOL: *(bool *)at = draw(3) == 0; break;
  case FV_OPTION_NAME: *(int32_t *)at = (int32_t)draw(4); break;
  case FV_OPTION_TEXT:
    *(const char **)at = strcmp(option->name, "connections") ? words[draw(4)] : tables[draw(3)];
    break;
  case FV_OPTION_OBJECT: *(const char **)at = objects[draw(4)]; break;
  }
}

static fv_value draw_input(fv_graph *g, int32_t rank, const int32_t extents[3]) {
  fv_input_layer_options input = {.name = NULL};
  for (int32_t i = 0; i + 1 < rank; i++) input.shape[i] = extents[i];
  return fv_input_layer_with(g, &input);
}

/* A model of one layer, or NULL where the draw makes none. */
static fv_model *draw_layer(const fv__layer_type *type) {
  static const int32_t extents[] = {1, 2, 3, 4, 5, 6};
  const fv_layer_kind *kind = &type->kind;
  void *options = calloc(1, kind->options_size);
  assert_non_null(options);
  for (const fv_option *option = kind->table; option->name; option++)
    if (!option->default_text || draw(3) == 0) draw_option(options, option);
  fv_graph *g = fv_graph_create();
  fv_value inputs[3];
  const int32_t rank = draw(4) ? 4 : (int32_t)draw(2) + 2;
  const int32_t shape[3] = {extents[draw(6)], extents[draw(6)], extents[draw(6)]};
  const int32_t count = type->min_inputs + (type->max_inputs != type->min_inputs && draw(2));
  for (int32_t i = 0; i < count; i++) inputs[i] = draw_input(g, rank, shape);
  fv_value y = fv_graph_call(g, fv_graph_add(g, kind->name ? kind->name : kind->function, options), inputs, count);
  free(options);
  fv_model *model = NULL;
  if (fv_graph_status(g)) {
    fv_graph_destroy(g);
    return NULL;
  }
  return fv_model_create(&model, g, y) ? NULL : model;
}

/* ---- what is measured */

typedef struct trial {
  fv_model *model;
  fv_plan *plan;
  float *upstream;
  int64_t outputs;
  double size; /* of what is summed: sum |upstream y| */
} trial;

static int64_t elements(fv_shape shape) {
  int64_t count = 0;
  assert_int_equal(fv_shape_elements(&count, &shape), FV_OK);
  return count;
}

static double value_of(trial *t) {
  fv__plan_forward(t->plan, (fv__draw){7, 3, 0});
  const float *y = fv_plan_output(t->plan, 0);
  double sum = 0;
  t->size = 0;
  for (int64_t i = 0; i < t->outputs; i++) {
    sum += (double)t->upstream[i] * y[i];
    t->size += fabs((double)t->upstream[i] * y[i]);
  }
  return sum;
}

static void set(float *numbers, const float *from, const float *direction, double by, int64_t count) {
  for (int64_t i = 0; i < count; i++) numbers[i] = (float)(from[i] + by * direction[i]);
}

/* Whether the gradient says what a step along a direction does to `numbers`, of an input or a weight. */
static bool agrees(trial *t, float *numbers, const float *gradient, int64_t count, double found[2]) {
  static float from[MOST], direction[MOST];
  const double h = 1.0 / 1024;
  double expected = 0;
  memcpy(from, numbers, (size_t)count * sizeof *from);
  for (int64_t i = 0; i < count; i++) direction[i] = (float)real();
  set(numbers, from, direction, h, count);
  const double up = value_of(t);
  set(numbers, from, direction, -h, count);
  const double down = value_of(t);
  memcpy(numbers, from, (size_t)count * sizeof *from);
  for (int64_t i = 0; i < count; i++) expected += (double)gradient[i] * direction[i];
  found[0] = (up - down) / (2 * h);
  found[1] = expected;
  const double tolerance = 0.01 * fmax(fabs(found[0]), fabs(expected)) + 1e-6 * (t->size + 1) / h;
  return fabs(found[0] - expected) <= tolerance;
}

static void fill(trial *t) {
  for (int32_t i = 0; i < fv_model_input_count(t->model); i++)
    for (int64_t k = 0; k < elements(fv_plan_input_shape(t->plan, i)); k++)
      fv_plan_input(t->plan, i)[k] = (float)(1.5 * real());
  for (int32_t w = 0; w < fv_model_weight_count(t->model); w++) {
    const fv_weight_info info = fv_model_weight(t->model, w);
    const bool is_positive =
        strstr(info.name, "variance") || strstr(info.name, "gamma") || strstr(info.name, "inhibition");
    for (int64_t k = 0; k < elements(info.shape); k++)
      fv_model_weight_data(t->model, w)[k] = (float)(is_positive ? 1 + 0.5 * real() : 0.8 * real());
  }
  for (int64_t i = 0; i < t->outputs; i++) t->upstream[i] = (float)real();
}

static int64_t weight_gradient(const fv_plan *plan, int32_t weight, const float **gradient) {
  int32_t count;
  int64_t length;
  const fv__gradient_place *places = fv__plan_gradient_places(plan, &count);
  for (int32_t p = 0; p < count; p++)
    if (places[p].weight == weight) {
      *gradient = fv__plan_gradients((fv_plan *)plan, &length) + places[p].offset;
      return places[p].count;
    }
  return 0;
}

/* All inputs and trainable weights; *where names the first that disagrees. */
static bool all_agree(trial *t, const char **where, double found[2]) {
  static float gradient[MOST];
  fill(t);
  value_of(t);
  memcpy(fv__plan_seed(t->plan, 0).gradient, t->upstream, (size_t)t->outputs * sizeof *t->upstream);
  for (int32_t i = 0; i < fv_model_input_count(t->model); i++) {
    const int64_t count = elements(fv_plan_input_shape(t->plan, i));
    value_of(t);
    memcpy(fv__plan_seed(t->plan, 0).gradient, t->upstream, (size_t)t->outputs * sizeof *t->upstream);
    fv__plan_backward(t->plan, false);
    memcpy(gradient, fv__plan_input_gradient(t->plan, i), (size_t)count * sizeof *gradient);
    *where = fv_model_input_name(t->model, i);
    if (!agrees(t, fv_plan_input(t->plan, i), gradient, count, found)) return false;
  }
  for (int32_t w = 0; w < fv_model_weight_count(t->model); w++) {
    const float *at = NULL;
    value_of(t);
    memcpy(fv__plan_seed(t->plan, 0).gradient, t->upstream, (size_t)t->outputs * sizeof *t->upstream);
    fv__plan_backward(t->plan, false);
    const int64_t count = weight_gradient(t->plan, w, &at);
    if (count == 0) continue;
    memcpy(gradient, at, (size_t)count * sizeof *gradient);
    *where = fv_model_weight(t->model, w).path;
    if (!agrees(t, fv_model_weight_data(t->model, w), gradient, count, found)) return false;
  }
  return true;
}

static bool is_small(const fv_model *model, const fv_plan *plan) {
  int64_t most = elements(fv_plan_output_shape(plan, 0));
  for (int32_t i = 0; i < fv_model_input_count(model); i++) {
    const int64_t count = elements(fv_plan_input_shape(plan, i));
    if (count > most) most = count;
  }
  return most > 0 && most <= MOST && fv_model_parameters(model) <= MOST;
}

/* FV_OK when it was compared, FV_ERROR_SHAPE when the draw made nothing, FV_ERROR_UNSUPPORTED without a gradient. */
static fv_status one_draw(const fv__layer_type *type) {
  fv_model *model = draw_layer(type);
  if (!model) return FV_ERROR_SHAPE;
  trial t = {.model = model};
  if (fv_model_initialize(model, "random:1")) fail_msg("%s", fv_error_message());
  fv_status status = fv__plan_create_training(
      &t.plan, model->core,
      &(fv_plan_options){.batch = 2, .threads = 1, .memory_limit = 32 << 20, .accuracy = FV_ACCURACY_EXACT},
      &(fv__training_options){.input_gradients = true});
  if (!status && (!is_small(model, t.plan) || !fv__plan_seed(t.plan, 0).gradient)) status = FV_ERROR_SHAPE;
  if (!status) {
    const char *where = "";
    double found[2];
    bool right = false;
    t.outputs = elements(fv_plan_output_shape(t.plan, 0));
    t.upstream = malloc((size_t)t.outputs * sizeof *t.upstream);
    assert_non_null(t.upstream);
    for (int corner = 0; corner < CORNERS && !right; corner++) right = all_agree(&t, &where, found);
    if (!right) {
      const fv_layer_info layer = fv_model_layer(model, fv_model_layer_count(model) - 1);
      print_message("%s:", layer.kind);
      for (const fv_option *o = layer.table; o->name; o++) {
        char text[200];
        print_message(" %s=%s", o->name, fv_option_text(text, sizeof text, layer.options, o));
      }
      fail_msg("\n%s: differences say %.9g, the gradient of %s %.9g", type->kind.name, found[0], where, found[1]);
    }
    free(t.upstream);
  }
  fv_plan_destroy(t.plan);
  fv_model_destroy(model);
  return status == FV_ERROR_MEMORY ? FV_ERROR_SHAPE : status;
}

static bool is_listed(const fv__layer_type *type) {
  for (int i = 0; without_gradients[i]; i++)
    if (type->kind.name && !strcmp(type->kind.name, without_gradients[i])) return true;
  return false;
}

static void every_layer(void **state) {
  (void)state;
  const char *wanted = getenv("FOVEA_GRADIENTS");
  const int draws = wanted ? atoi(wanted) : 20;
  int layers = 0;
  draw_from(2026);
  for (const fv__layer_type *const *type = fv__layer_table; *type; type++) {
    const char *name = (*type)->kind.name ? (*type)->kind.name : (*type)->kind.function;
    if ((*type)->inputs_in_options == 0) continue;
    int compared = 0, refused = 0;
    for (int i = 0; i < TRIES * (draws / 20 + 1) && compared < draws; i++) {
      const fv_status status = one_draw(*type);
      if (status && status != FV_ERROR_SHAPE && status != FV_ERROR_UNSUPPORTED)
        fail_msg("%s: %s", name, fv_error_message());
      compared += status == FV_OK;
      refused += status == FV_ERROR_UNSUPPORTED;
    }
    if (!compared != is_listed(*type))
      fail_msg("%s: %d draws compared, %d without gradient: %s", name, compared, refused, fv_error_message());
    layers++;
    if (compared < draws) print_message("%s: %d draws\n", name, compared);
  }
  print_message("%d layers\n", layers);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_layer)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
