/* Layers with options and inputs drawn at random around what is legal: each gives an error in words or runs. Nothing is
 * compared; sanitizers watch. The draws are the same every time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/fovea.h>

#include "layers/layer.h"
#undef fail

#include <cmocka.h>

static uint64_t state_of_draws;

/* splitmix64 */
static uint32_t draw(uint32_t below) {
  uint64_t z = state_of_draws += 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

static bool huge; /* a number was drawn whose memory should not be asked for */

static int32_t draw_integer(void) {
  static const int32_t usual[] = {0, 0, 1, 1, 2, 2, 3, 4, 5, 8, -1, -2, FV_ZERO};
  if (draw(200) == 0) {
    huge = true;
    return draw(2) ? INT32_MAX : 65535;
  }
  return usual[draw(sizeof usual / sizeof *usual)];
}

static const char *draw_text(const fv_option *option) {
  static const char *const words[] = {NULL, NULL, "relu", "tanh", "softmax", "nothing of the kind"};
  static const char *const objects[] = {NULL, "0.5", "0.1, 0.2", "[-0.2, 0.3]", "[[1], [2], [3]]", "[1", "word", ""};
  if (option->kind == FV_OPTION_TEXT) return words[draw(6)];
  return objects[draw(8)];
}

static void draw_option(void *options, const fv_option *option) {
  static const double reals[] = {0, 0, 0.25, 0.5, 1, 2, -1, 1e30, (double)FV_ZERO};
  void *at = (char *)options + option->offset;
  switch (option->kind) {
  case FV_OPTION_INT: *(int32_t *)at = draw_integer(); break;
  case FV_OPTION_PAIR: *(fv_pair *)at = (fv_pair){draw_integer(), draw_integer()}; break;
  case FV_OPTION_QUAD:
    *(fv_quad *)at = (fv_quad){draw_integer(), draw_integer(), draw_integer(), draw_integer()};
    break;
  case FV_OPTION_INTS: {
    const uint32_t count = draw(5);
    for (uint32_t i = 0; i < count; i++) ((int32_t *)at)[i] = draw(8) ? (int32_t)draw(4) + 1 : -(int32_t)draw(5);
    break;
  }
  case FV_OPTION_FLOAT: *(double *)at = reals[draw(9)]; break;
  case FV_OPTION_BOOL:
  case FV_OPTION_NOT_BOOL: *(bool *)at = draw(3) == 0; break;
  case FV_OPTION_NAME: *(int32_t *)at = (int32_t)draw(4); break;
  case FV_OPTION_TEXT:
  case FV_OPTION_OBJECT: *(const char **)at = draw_text(option); break;
  }
}

static fv_value draw_input(fv_graph *g, int32_t rank) {
  static const int32_t extents[] = {1, 1, 2, 3, 4, 5, 6, 8};
  fv_input_layer_options input = {.batch_size = draw(4) ? -1 : 2};
  for (int32_t i = 0; i + 1 < rank; i++) input.shape[i] = draw(40) ? extents[draw(8)] : -1;
  return fv_input_layer_with(g, &input);
}

static void run_model(fv_graph *g, fv_value y) {
  fv_model *model;
  if (fv_model_create(&model, g, y)) return;
  assert_int_equal(fv_model_initialize(model, "random:1"), FV_OK);
  fv_shape shapes[3];
  for (int32_t i = 0; i < fv_model_input_count(model); i++) {
    shapes[i] = fv_model_input_shape(model, i);
    for (int32_t axis = 0; axis < shapes[i].rank; axis++)
      if (shapes[i].dims[axis] < 0) shapes[i].dims[axis] = 3;
  }
  fv_plan *plan;
  const fv_plan_options options = {.input_shapes = shapes,
                                   .threads = 1,
                                   .memory_limit = 64 << 20,
                                   .mode = draw(2) ? FV_PLAN_INFER : FV_PLAN_INSPECT};
  fv_status status = fv_plan_create(&plan, model, &options);
  if (!status) {
    for (int32_t i = 0; i < fv_model_input_count(model); i++) {
      int64_t count;
      assert_int_equal(fv_shape_elements(&count, &shapes[i]), FV_OK);
      for (int64_t k = 0; k < count; k++) fv_plan_input(plan, i)[k] = (float)((k * 37 + 11) % 64 - 32) / 16;
    }
    assert_int_equal(fv_run(plan, NULL), FV_OK);
    fv_plan_destroy(plan);
  } else {
    assert_true(*fv_error_message() != '\0');
  }
  fv_model_destroy(model);
}

/* True when the layer was accepted. */
static bool one_layer(const fv__layer_type *type) {
  const fv_layer_kind *kind = &type->kind;
  const char *name = kind->name ? kind->name : kind->function;
  void *options = calloc(1, kind->options_size);
  assert_non_null(options);
  huge = false;
  for (const fv_option *option = kind->table; option->name; option++)
    if (!option->default_text || draw(3) == 0) draw_option(options, option);
  fv_graph *g = fv_graph_create();
  fv_value inputs[3];
  const int32_t rank = draw(3) ? 4 : (int32_t)draw(4) + 1;
  const int32_t count = type->min_inputs + (type->max_inputs != type->min_inputs && draw(2));
  for (int32_t i = 0; i < count; i++) inputs[i] = i && draw(2) ? inputs[0] : draw_input(g, draw(8) ? rank : 3);
  fv_value y = fv_graph_call(g, fv_graph_add(g, name, options), inputs, count);
  const bool accepted = fv_graph_status(g) == FV_OK;
  if (accepted && !huge)
    run_model(g, draw(4) ? y : fv_activation(g, y, .activation = "relu"));
  else
    fv_graph_destroy(g);
  free(options);
  return accepted;
}

static void anything_goes_or_is_refused(void **state) {
  (void)state;
  int accepted = 0, drawn = 0;
  state_of_draws = 2026;
  for (int round = 0; round < 300; round++)
    for (const fv__layer_type *const *type = fv__layer_table; *type; type++) {
      if ((*type)->inputs_in_options == 0) continue;
      drawn++;
      accepted += one_layer(*type);
    }
  assert_true(drawn >= 20000);
  assert_true(accepted >= drawn / 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(anything_goes_or_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
