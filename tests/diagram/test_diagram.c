/* Diagrams of small and of odd models: folding, shared layers, models inside, many inputs, random nets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <fovea/diagram.h>
#include <fovea/fovea.h>

#include "support/diagrams.h"

/* ---- models */

static fv_model *finish(fv_graph *g, fv_value output) {
  fv_model *model;
  if (fv_model_create(&model, g, output)) fail_msg("%s", fv_error_message());
  return model;
}

static fv_model *one_layer(void) {
  fv_graph *g = fv_graph_create();
  return finish(g, fv_input(g, .shape = {4, 4, 1}));
}

static fv_value unit(fv_graph *g, fv_value x, int32_t filters) {
  x = fv_conv2d(g, x, .filters = filters, .kernel_size = {3}, .padding = FV_SAME);
  return fv_activation(g, fv_batch_normalization(g, x), .activation = "relu");
}

/* Convolutions with shortcuts over every second one. */
static fv_model *residual(int32_t blocks) {
  fv_graph *g = fv_graph_create();
  fv_value x = unit(g, fv_input(g, .shape = {8, 8, 3}), 4);
  for (int32_t i = 0; i < blocks; i++) x = fv_add(g, {x, unit(g, unit(g, x, 4), 4)});
  return finish(g, fv_dense(g, fv_flatten(g, x), .units = 2));
}

static fv_model *u_net(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {64, 64, 3}), left[4];
  for (int i = 0; i < 4; i++) {
    left[i] = x = unit(g, unit(g, x, 4 << i), 4 << i);
    x = fv_max_pooling2d(g, x);
  }
  x = unit(g, x, 64);
  for (int i = 3; i >= 0; i--) {
    x = fv_concatenate(g, {fv_up_sampling2d(g, x), left[i]});
    x = unit(g, x, 4 << i);
  }
  return finish(g, fv_conv2d(g, x, .filters = 1, .kernel_size = {1}, .activation = "sigmoid"));
}

/* Two inputs, one convolution called on both, two outputs. */
static fv_model *two_of_all(void) {
  fv_graph *g = fv_graph_create();
  fv_value inputs[2] = {fv_input(g, .shape = {8, 8, 3}), fv_input(g, .shape = {8, 8, 3})};
  int32_t shared = fv_graph_add(g, "Conv2D", &(fv_conv2d_options){.name = "shared", .filters = 5, .kernel_size = {3}});
  fv_value a = fv_graph_call(g, shared, &inputs[0], 1), b = fv_graph_call(g, shared, &inputs[1], 1);
  fv_value sum = fv_add(g, {a, b});
  fv_value outputs[2] = {fv_flatten(g, sum), fv_global_average_pooling2d(g, b)};
  fv_model *model;
  if (fv_model_create_with(&model, g, inputs, 2, outputs, 2)) fail_msg("%s", fv_error_message());
  return model;
}

/* ---- checks */

static fv_diagram *lay_out(const fv_model *model, fv_fold fold, int32_t columns) {
  fv_diagram *diagram;
  if (fv_diagram_create(&diagram, model, fold)) fail_msg("%s", fv_error_message());
  if (fv_diagram_lay_out(diagram, &(fv_diagram_options){.columns = columns})) fail_msg("%s", fv_error_message());
  const char *wrong = check_boxes(diagram);
  if (!wrong) wrong = check_lines(diagram);
  if (!wrong) wrong = check_apart(diagram);
  if (!wrong) wrong = check_calls(diagram, model);
  if (wrong) fail_msg("fold %d, %d columns: %s", (int)fold, (int)columns, wrong);
  return diagram;
}

/* Lays a model out in all ways and ends it. */
static void all_ways(fv_model *model) {
  for (int fold = FV_FOLD_NONE; fold <= FV_FOLD_BLOCKS; fold++)
    for (int32_t columns = 0; columns < 9; columns += 1 + columns / 2)
      fv_diagram_destroy(lay_out(model, (fv_fold)fold, columns));
  fv_model_destroy(model);
}

static const fv_diagram_box *box_of(const fv_diagram *diagram, const char *name) {
  for (int32_t i = 0; i < fv_diagram_box_count(diagram); i++)
    if (!strcmp(fv_diagram_box_at(diagram, i)->name, name)) return fv_diagram_box_at(diagram, i);
  fail_msg("there is no box %s", name);
  return NULL;
}

static double middle(const fv_diagram *diagram, const char *name) {
  const fv_diagram_box *box = box_of(diagram, name);
  return box->x + box->width / 2;
}

/* ---- tests */

static void odd_models_are_drawn(void **state) {
  (void)state;
  all_ways(one_layer());
  all_ways(residual(1));
  all_ways(u_net());
  all_ways(two_of_all());
}

static void chains_hold_what_follows(void **state) {
  (void)state;
  fv_model *model = residual(2);
  fv_diagram *diagram = lay_out(model, FV_FOLD_CHAINS, 1);
  assert_int_equal(fv_diagram_box_count(diagram), 1 + 1 + 2 * 3 + 2);
  const fv_diagram_box *box = box_of(diagram, "conv2d_1");
  assert_string_equal(box->detail, "Conv2D 3\xc3\x97"
                                   "3, 4 + BN + relu");
  assert_int_equal(box->layer_count, 3);
  assert_int_equal(box->parameters, 3 * 3 * 4 * 4 + 4 + 4 * 4);
  assert_int_equal(box->family, FV_FAMILY_CONVOLUTION);
  /* the trunk is straight, and what skips it runs beside */
  assert_true(middle(diagram, "conv2d") == middle(diagram, "add"));
  assert_true(middle(diagram, "conv2d_1") == middle(diagram, "add"));
  assert_true(middle(diagram, "dense") == middle(diagram, "add"));
  int32_t skips = 0;
  for (int32_t i = 0; i < fv_diagram_edge_count(diagram); i++) skips += fv_diagram_edge_at(diagram, i)->skip;
  assert_int_equal(skips, 2);
  fv_diagram_destroy(diagram);
  diagram = lay_out(model, FV_FOLD_BLOCKS, 1);
  assert_int_equal(fv_diagram_box_count(diagram), 1 + 1 + 2 + 2);
  assert_string_equal(box_of(diagram, "add_1")->detail, "7 layers, 2 convolutions");
  fv_diagram_destroy(diagram);
  fv_model_destroy(model);
}

static void calls_of_a_shared_layer_are_counted(void **state) {
  (void)state;
  fv_model *model = two_of_all();
  fv_diagram *diagram = lay_out(model, FV_FOLD_NONE, 0);
  int32_t met = 0;
  for (int32_t i = 0; i < fv_diagram_box_count(diagram); i++) {
    const fv_diagram_box *box = fv_diagram_box_at(diagram, i);
    if (strcmp(box->name, "shared") != 0) continue;
    assert_int_equal(box->call, ++met);
    assert_int_equal(box->calls, 2);
    assert_int_equal(box->parameters, met == 1 ? 3 * 3 * 3 * 5 + 5 : 0);
  }
  assert_int_equal(met, 2);
  fv_diagram_destroy(diagram);
  fv_model_destroy(model);
}

static void models_inside_are_blocks(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = unit(g, fv_input(g, .shape = {8, 8, 3}), 4);
  fv_graph_begin_module(g, "encoder");
  for (int i = 0; i < 3; i++) x = unit(g, x, 4);
  fv_graph_end_module(g);
  fv_model *model = finish(g, fv_flatten(g, x));
  fv_diagram *diagram = lay_out(model, FV_FOLD_BLOCKS, 0);
  assert_int_equal(fv_diagram_box_count(diagram), 4);
  assert_string_equal(box_of(diagram, "encoder")->block, "encoder");
  assert_string_equal(box_of(diagram, "encoder")->detail, "9 layers, 3 convolutions");
  fv_diagram_destroy(diagram);
  fv_model_destroy(model);
}

static void branches_stand_evenly(void **state) {
  (void)state;
  fv_model *model;
  assert_int_equal(fv_zoo_build(&model, "InceptionV3", NULL), FV_OK);
  fv_diagram *diagram = lay_out(model, FV_FOLD_CHAINS, 1);
  double left = middle(diagram, "conv2d_5") + middle(diagram, "conv2d_6");
  double right = middle(diagram, "conv2d_8") + middle(diagram, "average_pooling2d");
  assert_true(left + right == 4 * middle(diagram, "mixed0"));
  assert_true(middle(diagram, "input_layer") == middle(diagram, "predictions"));
  fv_diagram_destroy(diagram);
  diagram = lay_out(model, FV_FOLD_BLOCKS, 0);
  assert_int_equal(fv_diagram_box_count(diagram), 21);
  assert_string_equal(box_of(diagram, "mixed9")->detail, "31 layers, 9 convolutions");
  fv_diagram_destroy(diagram);
  fv_model_destroy(model);
}

static void a_thousand_layers_take_less_than_a_second(void **state) {
  (void)state;
  fv_model *model = residual(143); /* 1004 layers */
  assert_true(fv_model_layer_count(model) > 1000);
  clock_t start = clock();
  fv_diagram_destroy(lay_out(model, FV_FOLD_NONE, 0));
  assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 3); /* checks included, and sanitizers */
  fv_model_destroy(model);
}

static uint32_t next_random(uint32_t *state, uint32_t below) {
  *state = *state * 1664525u + 1013904223u;
  return (*state >> 8) % below;
}

/* Values made from earlier ones, near or far, one or several; all ends are added up. */
static fv_model *random_model(uint32_t seed) {
  enum { MOST = 70 };
  fv_graph *g = fv_graph_create();
  fv_value values[MOST], ends[FV_MERGE_INPUTS] = {{0}};
  bool read[MOST] = {false};
  int32_t count = 1 + (int32_t)next_random(&seed, 3), most = 6 + (int32_t)next_random(&seed, MOST - 8), open = 0;
  uint32_t reach = 1 + next_random(&seed, 12);
  for (int32_t i = 0; i < count; i++) values[i] = fv_input(g, .shape = {8, 8, 2});
  for (; count < most; count++) {
    fv_value from[4];
    int32_t many = next_random(&seed, 3) ? 1 : 2 + (int32_t)next_random(&seed, 3);
    for (int32_t i = 0; i < many; i++) {
      int32_t which = count - 1 - (int32_t)next_random(&seed, reach);
      from[i] = values[which < 0 ? 0 : which];
      read[which < 0 ? 0 : which] = true;
    }
    int32_t layer = many > 1                ? fv_graph_add(g, "Add", &(fv_add_options){0})
                    : next_random(&seed, 3) ? fv_graph_add(g, "ReLU", &(fv_re_lu_options){0})
                    : next_random(&seed, 2)
                        ? fv_graph_add(g, "BatchNormalization", &(fv_batch_normalization_options){0})
                        : fv_graph_add(g, "Conv2D", &(fv_conv2d_options){.filters = 2, .kernel_size = {1}});
    values[count] = fv_graph_call(g, layer, from, many);
  }
  for (int32_t i = count - 1; i >= 0 && open < FV_MERGE_INPUTS; i--)
    if (!read[i]) ends[open++] = values[i];
  fv_value end = ends[0];
  if (open > 1) end = fv_graph_call(g, fv_graph_add(g, "Add", &(fv_add_options){0}), ends, open);
  return finish(g, end);
}

static void random_models_are_drawn(void **state) {
  (void)state;
  for (uint32_t seed = 1; seed <= 150; seed++) all_ways(random_model(seed * 2654435761u));
}

static void wide_models_are_drawn(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {4, 4, 2}), ends[60];
  for (int i = 0; i < 60; i++) {
    ends[i] = unit(g, x, 2);
    for (int k = 0; k < i % 4; k++) ends[i] = unit(g, ends[i], 2);
  }
  all_ways(finish(g, fv_graph_call(g, fv_graph_add(g, "Add", &(fv_add_options){0}), ends, 60)));
}

static void what_cannot_be_is_refused(void **state) {
  (void)state;
  fv_model *model = one_layer();
  fv_diagram *diagram;
  assert_int_equal(fv_diagram_create(&diagram, model, (fv_fold)9), FV_ERROR_INVALID);
  assert_null(diagram);
  assert_int_equal(fv_diagram_create(&diagram, model, FV_FOLD_DEFAULT), FV_OK);
  assert_int_equal(fv_diagram_lay_out(diagram, &(fv_diagram_options){.columns = -1}), FV_ERROR_INVALID);
  assert_int_equal(fv_diagram_lay_out(diagram, &(fv_diagram_options){.columns = 65}), FV_ERROR_INVALID);
  assert_int_equal(fv_diagram_lay_out(diagram, &(fv_diagram_options){.row_gap = -1}), FV_ERROR_INVALID);
  assert_int_equal(fv_diagram_lay_out(diagram, &(fv_diagram_options){.page_width = 1e300}), FV_ERROR_INVALID);
  assert_string_equal(fv_diagram_family_name(FV_FAMILY_DENSE), "dense");
  fv_diagram_destroy(diagram);
  fv_diagram_destroy(NULL);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(odd_models_are_drawn),
      cmocka_unit_test(chains_hold_what_follows),
      cmocka_unit_test(calls_of_a_shared_layer_are_counted),
      cmocka_unit_test(models_inside_are_blocks),
      cmocka_unit_test(branches_stand_evenly),
      cmocka_unit_test(a_thousand_layers_take_less_than_a_second),
      cmocka_unit_test(random_models_are_drawn),
      cmocka_unit_test(wide_models_are_drawn),
      cmocka_unit_test(what_cannot_be_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
