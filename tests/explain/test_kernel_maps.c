/* Kernels as pictures in every layout, and the names of those that are known filters; profiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "explain/small.h"

static fv_model *finish(fv_graph *g, fv_value y) {
  fv_model *model;
  if (fv_model_create(&model, g, y)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_model_initialize(model, "by-name:3"), FV_OK);
  return model;
}

/* One layer of each layout. */
static fv_model *layouts(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {16, 16, 4});
  x = fv_conv2d(g, x, .filters = 6, .kernel_size = {3, 2}, .groups = 2, .name = "conv");
  x = fv_depthwise_conv2d(g, x, .kernel_size = {2, 3}, .depth_multiplier = 2, .name = "depthwise");
  x = fv_conv2d_transpose(g, x, .filters = 5, .kernel_size = {2, 2}, .name = "transposed");
  x = fv_separable_conv2d(g, x, .filters = 3, .kernel_size = {3, 3}, .name = "separable");
  x = fv_conv1d(g, fv_reshape(g, x, .target_shape = {-1, 3}), .filters = 2, .kernel_size = 4, .name = "line");
  return finish(g, fv_dense(g, x, .units = 7, .name = "dense"));
}

static void numbers_of_every_layout(void **state) {
  (void)state;
  fv_model *model = layouts();
  static const struct {
    const char *layer;
    int64_t height, width, inputs, filters, steps[4]; /* of row, column, input, filter in Keras's array */
  } cases[] = {{"conv", 3, 2, 2, 6, {24, 12, 6, 1}},
               {"depthwise", 2, 3, 1, 12, {36, 12, 0, 1}},
               {"transposed", 2, 2, 12, 5, {120, 60, 1, 12}},
               {"separable", 3, 3, 1, 5, {15, 5, 0, 1}},
               {"line", 1, 4, 3, 2, {0, 6, 2, 1}},
               {"dense", 1, 1, 2, 7, {0, 0, 7, 1}}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    fv_kernel_maps maps;
    const int32_t layer = layer_of(model, cases[k].layer);
    if (fv_kernel_maps_of(&maps, model, layer)) fail_msg("%s", fv_error_message());
    assert_true(maps.height == cases[k].height && maps.width == cases[k].width && maps.inputs == cases[k].inputs &&
                maps.filters == cases[k].filters);
    const float *kernel = fv_model_weight_data(model, fv_model_layer(model, layer).weights[0]);
    const int64_t first = maps.filters - 1, inputs = maps.inputs, plane = maps.height * maps.width;
    float *planes = malloc((size_t)(inputs * plane) * sizeof *planes);
    assert_int_equal(fv_kernel_maps_draw(planes, &maps, first, 1, 0, inputs), FV_OK);
    for (int64_t i = 0; i < inputs * plane; i++) {
      const int64_t input = i / plane, y = i % plane / maps.width, x = i % maps.width, *s = cases[k].steps;
      assert_true(planes[i] == kernel[y * s[0] + x * s[1] + input * s[2] + first * s[3]]);
    }
    free(planes);
    assert_int_equal(fv_kernel_maps_draw(NULL, &maps, maps.filters, 1, 0, 1), FV_ERROR_INVALID);
    assert_int_equal(fv_kernel_maps_draw(NULL, &maps, 0, 1, 1, maps.inputs), FV_ERROR_INVALID);
  }
  fv_kernel_maps maps;
  assert_int_equal(fv_kernel_maps_of(&maps, model, 0), FV_ERROR_UNSUPPORTED);
  assert_int_equal(fv_kernel_maps_of(&maps, model, 99), FV_ERROR_INVALID);
  fv_model_destroy(model);
}

/* Filters of a first layer set to named ones. */
static void known_filters_are_named(void **state) {
  (void)state;
  static const char *const names[] = {"sobel-left", "sobel-upper", "laplacian", "blur", "identity", "sharpen"};
  enum { FILTERS = sizeof names / sizeof *names };
  for (int64_t inputs = 1; inputs <= 6; inputs += 5) {
    fv_graph *g = fv_graph_create();
    fv_value x = fv_input(g, .shape = {8, 8, (int32_t)inputs});
    fv_model *model = finish(g, fv_conv2d(g, x, .filters = FILTERS + 2, .kernel_size = {3, 3}));
    float *kernel = fv_model_weight_data(model, 0);
    const int64_t filters = FILTERS + 2, strongest = inputs - 1;
    memset(kernel, 0, (size_t)(9 * inputs * filters) * sizeof *kernel);
    for (int64_t f = 0; f < FILTERS; f++)
      for (int64_t i = 0; i < 9; i++)
        kernel[(i * inputs + strongest) * filters + f] =
            (f == 1 ? -0.5f : 2.0f) * (float)fv_filter_kernel_find(names[f])->weights[i];
    kernel[(0 * inputs + strongest) * filters + FILTERS] = 1; /* a corner: no named filter */
    kernel[(1 * inputs + strongest) * filters + FILTERS] = -1;
    fv_kernel_maps maps;
    fv_kernel_statistics found[FILTERS + 2];
    assert_int_equal(fv_kernel_maps_of(&maps, model, 1), FV_OK);
    assert_int_equal(fv_kernel_maps_measure(found, &maps), FV_OK);
    for (int f = 0; f < FILTERS; f++) {
      if (f == 1) { /* with the other sign upper is lower */
        assert_true(!strcmp(found[f].name, "sobel-upper") || !strcmp(found[f].name, "sobel-lower"));
        assert_float_equal(fabsf(found[f].likeness), 1, 1e-6);
      } else {
        assert_string_equal(found[f].name, names[f]);
        assert_float_equal(found[f].likeness, 1, 1e-6);
      }
      assert_int_equal(found[f].compared, inputs > 4 ? strongest : -1);
    }
    assert_null(found[FILTERS].name);
    assert_true(fabsf(found[FILTERS].likeness) < 0.7f);
    assert_float_equal(found[FILTERS].sum, 0, 1e-7);
    assert_float_equal(found[FILTERS].norm, sqrtf(2), 1e-6);
    assert_float_equal(found[FILTERS].sparsity, 1 - 2.0f / (9 * (float)inputs), 1e-6);
    assert_null(found[FILTERS + 1].name); /* nothing but zeros */
    assert_float_equal(found[FILTERS + 1].sparsity, 1, 0);
    assert_float_equal(found[2].bias, fv_model_weight_data(model, 1)[2], 0);
    float likeness[FILTERS + 2];
    assert_int_equal(fv_kernel_maps_compare(likeness, &maps, fv_filter_kernel_find("sobel-left")), FV_OK);
    assert_float_equal(likeness[0], 1, 1e-6);
    assert_float_equal(likeness[1], 0, 1e-6);
    fv_model_destroy(model);
  }
}

/* A derivative over seven pixels looks like a Sobel filter. */
static void large_windows_are_brought_to_size(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {9, 9, 1});
  fv_model *model = finish(g, fv_conv2d(g, x, .filters = 1, .kernel_size = {7, 7}));
  float *kernel = fv_model_weight_data(model, 0);
  for (int i = 0; i < 49; i++) {
    const double y = i / 7 - 3, across = i % 7 - 3;
    kernel[i] = (float)(-across * exp(-(y * y + across * across) / 8));
  }
  fv_kernel_maps maps;
  fv_kernel_statistics found;
  assert_int_equal(fv_kernel_maps_of(&maps, model, 1), FV_OK);
  assert_int_equal(fv_kernel_maps_measure(&found, &maps), FV_OK);
  assert_non_null(found.name);
  assert_non_null(strstr(found.name, "left"));
  assert_true(found.likeness > 0.95f);
  fv_model_destroy(model);
}

static bool stop_at_three(void *context, int64_t done, int64_t of) {
  assert_true(done <= of);
  return ++*(int *)context < 3;
}

static void profiles_add_up(void **state) {
  (void)state;
  fv_model *model = small_model();
  for (int inspect = 0; inspect < 2; inspect++) {
    fv_profile *profile;
    const fv_profile_options options = {.repeat = 5, .inspect = inspect};
    assert_int_equal(fv_profile_create(&profile, model, &options), FV_OK);
    assert_int_equal(profile->passes, 5);
    assert_int_equal(profile->count, fv_plan_step_count(profile->plan));
    int64_t fastest = 0;
    for (int32_t i = 0; i < profile->count; i++) {
      assert_true(profile->rows[i].nanoseconds >= profile->rows[i].fastest && profile->rows[i].fastest >= 0);
      assert_true(profile->rows[i].layer >= 0 && profile->rows[i].step.node_count > 0);
      fastest += profile->rows[i].fastest;
    }
    assert_true(fastest <= profile->fastest && profile->fastest <= profile->nanoseconds);
    assert_true(profile->memory.activations > 0);
    fv_profile_destroy(profile);
  }
  int calls = 0;
  fv_profile *profile;
  assert_int_equal(
      fv_profile_create(&profile, model, &(fv_profile_options){.goes_on = stop_at_three, .context = &calls}),
      FV_ERROR_STOPPED);
  assert_null(profile);
  assert_int_equal(fv_profile_create(&profile, model, &(fv_profile_options){.repeat = -1}), FV_ERROR_INVALID);
  assert_int_equal(fv_profile_create(&profile, model, &(fv_profile_options){.warm_up = -2}), FV_ERROR_INVALID);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_of_every_layout),
      cmocka_unit_test(known_filters_are_named),
      cmocka_unit_test(large_windows_are_brought_to_size),
      cmocka_unit_test(profiles_add_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
