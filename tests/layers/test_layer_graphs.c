/* Three networks of Keras's that hold every normalisation, every reshaping layer and the preprocessing layers: each
 * layer's output against Keras's, at every CPU level; and the same outputs with all passes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "support/golden.h"

#include <cmocka.h>

static void no_failure(fv_status status) {
  if (status) fail_msg("%s", fv_error_message());
}

static fv_model *normalisations(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {20, 24, 3}, .name = "in");
  x = fv_conv2d(g, x, .name = "conv", .filters = 8, .kernel_size = {3}, .strides = {2}, .padding = FV_SAME,
                .no_bias = true);
  x = fv_batch_normalization(g, x, .name = "bn_noscale", .epsilon = 1e-5, .no_scale = true);
  x = fv_batch_normalization(g, x, .name = "bn_nocenter", .epsilon = 0.01, .no_center = true);
  x = fv_batch_normalization(g, x, .name = "bn_none", .no_center = true, .no_scale = true);
  x = fv_batch_normalization(g, x, .name = "bn");
  x = fv_activation(g, x, .name = "act", .activation = "relu");
  fv_value ln = fv_layer_normalization(g, x, .name = "ln", .epsilon = 1e-5);
  fv_value ln_axes = fv_layer_normalization(g, x, .name = "ln_axes", .axis = {1, 2, 3}, .no_center = true);
  fv_value gn = fv_group_normalization(g, x, .name = "gn", .groups = 4, .epsilon = 1e-4);
  fv_value gn_inst = fv_group_normalization(g, x, .name = "gn_inst", .groups = 8, .no_scale = true);
  fv_value gn_one = fv_group_normalization(g, x, .name = "gn_one", .groups = 1);
  fv_value un = fv_unit_normalization(g, x, .name = "un");
  x = fv_concatenate(g, {ln, ln_axes, gn, gn_inst, gn_one, un}, .name = "cat");
  x = fv_conv2d(g, x, .name = "conv2", .filters = 4, .kernel_size = {3}, .strides = {2});
  x = fv_dense(g, fv_flatten(g, x, .name = "flat"), .name = "dense", .units = 9, .no_bias = true);
  x = fv_batch_normalization(g, x, .name = "bn_1d");
  x = fv_layer_normalization(g, x, .name = "ln_1d", .epsilon = 1e-6, .no_scale = true);
  fv_model *model;
  no_failure(fv_model_create(&model, g, x));
  return model;
}

static fv_value one_end(fv_graph *g, fv_value crop) {
  fv_value x = fv_permute(g, crop, .name = "perm", .dims = {2, 1, 3});
  x = fv_spatial_dropout2d(g, x, .name = "sdrop", .rate = 0.2);
  x = fv_conv2d(g, x, .name = "conv_p", .filters = 2, .kernel_size = {5}, .strides = {4});
  return fv_flatten(g, fv_permute(g, x, .name = "perm_chw", .dims = {3, 1, 2}), .name = "flat_chw");
}

static fv_value other_end(fv_graph *g, fv_value conv) {
  fv_value x = fv_up_sampling2d(g, conv, .name = "up_bil", .size = {3, 2}, .interpolation = FV_BILINEAR);
  x = fv_cropping2d(g, x, .name = "crop_int", .cropping = {2, 2, 2, 2});
  x = fv_conv2d(g, x, .name = "conv_q", .filters = 2, .kernel_size = {5}, .strides = {5});
  return fv_flatten(g, fv_reshape(g, x, .name = "resh4", .target_shape = {4, -1, 2}), .name = "flat_q");
}

static fv_value third_end(fv_graph *g, fv_value conv) {
  fv_value x = fv_zero_padding2d(g, conv, .name = "pad_int");
  x = fv_zero_padding2d(g, x, .name = "pad_pair", .padding = {0, 0, 2, 2});
  x = fv_reshape(g, x, .name = "resh", .target_shape = {-1, 4});
  return fv_flatten(g, fv_dense(g, x, .name = "dense_seq", .units = 2, .activation = "tanh"), .name = "flat_seq");
}

static fv_model *shapes(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {20, 24, 3}, .name = "in");
  x = fv_zero_padding2d(g, x, .name = "pad", .padding = {1, 2, 3, 0});
  fv_value conv =
      fv_conv2d(g, x, .name = "conv", .filters = 4, .kernel_size = {3}, .strides = {2}, .activation = "relu");
  x = fv_up_sampling2d(g, conv, .name = "up_near", .size = {2, 3});
  fv_value crop = fv_cropping2d(g, x, .name = "crop", .cropping = {1, 2, 0, 5});
  x = fv_concatenate(g, {one_end(g, crop), other_end(g, conv), third_end(g, conv)}, .name = "cat");
  x = fv_dropout(g, x, .name = "drop", .rate = 0.4);
  x = fv_dense(g, x, .name = "dense", .units = 7, .activation = "relu");
  x = fv_gaussian_dropout(g, x, .name = "gdrop", .rate = 0.3);
  fv_value noise = fv_gaussian_noise(g, crop, .name = "noise", .stddev = 0.1);
  fv_value outputs[] = {fv_dense(g, x, .name = "out", .units = 5, .activation = "softmax"), noise};
  fv_model *model;
  no_failure(fv_model_create_with(&model, g, NULL, 0, outputs, 2));
  return model;
}

static fv_model *preprocessing(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {20, 24, 3}, .name = "in");
  x = fv_random_flip(g, x, .name = "flip", .mode = FV_FLIP_HORIZONTAL);
  x = fv_random_rotation(g, x, .name = "rot", .factor = "[-0.1, 0.1]");
  x = fv_rescaling(g, x, .name = "scale", .scale = 127.5, .offset = 127.5);
  fv_value norm = fv_normalization(g, x, .name = "norm", .mean = "[123.68, 116.78, 103.94]",
                                   .variance = "[3400.0, 3300.0, 3500.0]");
  x = fv_resizing(g, norm, .name = "up", .height = 31, .width = 37);
  x = fv_center_crop(g, x, .name = "crop", .height = 25, .width = 28);
  x = fv_resizing(g, x, .name = "near", .height = 17, .width = 13, .interpolation = FV_NEAREST);
  fv_value down = fv_resizing(g, norm, .name = "down", .height = 9, .width = 11);
  fv_value aspect = fv_resizing(g, norm, .name = "aspect", .height = 9, .width = 11, .crop_to_aspect_ratio = true);
  fv_value conv = fv_conv2d(g, x, .name = "conv", .filters = 6, .kernel_size = {9, 3}, .activation = "silu");
  fv_value both = fv_concatenate(g, {down, aspect}, .name = "down_cat");
  fv_model *model;
  no_failure(fv_model_create(&model, g, fv_concatenate(g, {conv, both}, .name = "out")));
  return model;
}

/* Outputs with everything kept and nothing merged, then with all passes. */
static void passes_change_nothing(fv_model *model) {
  fv_plan *plans[2] = {NULL};
  for (int i = 0; i < 2; i++) {
    no_failure(
        fv_plan_create(&plans[i], model, &(fv_plan_options){.batch = 2, .mode = i ? FV_PLAN_INFER : FV_PLAN_INSPECT}));
    fv_shape shape = fv_plan_input_shape(plans[i], 0);
    fv_fill_by_name(fv_plan_input(plans[i], 0), "input", &shape, 3, "input");
    no_failure(fv_run(plans[i], NULL));
  }
  for (int32_t output = 0; output < fv_model_output_count(model); output++) {
    fv_shape shape = fv_plan_output_shape(plans[0], output);
    int64_t count;
    no_failure(fv_shape_elements(&count, &shape));
    double error = golden_relative_rms(fv_plan_output(plans[1], output), fv_plan_output(plans[0], output), count);
    if (!(error <= 1e-6)) fail_msg("output %d differs by %g", (int)output, error);
  }
  fv_plan_destroy(plans[0]);
  fv_plan_destroy(plans[1]);
}

static void check(const char *file, fv_model *model) {
  json_t *layers = golden_json(file);
  assert_non_null(layers);
  json_t *reference = json_pack("{s:i, s:O}", "seed", 3, "layers", layers);
  no_failure(fv_model_initialize(model, "by-name:3"));
  for (int level = FV_CPU_BASELINE; level <= (int)fv_cpu_best(); level++) {
    golden_report report;
    no_failure(fv_cpu_set_level((fv_cpu_level)level));
    no_failure(golden_inspect(model, reference, 2, &report));
    if (!(report.layers <= 1)) fail_msg("%s differs by %g times what is allowed", report.worst, report.layers);
    passes_change_nothing(model);
  }
  fv_model_destroy(model);
  json_decref(reference);
  json_decref(layers);
}

static void normalisations_match(void **state) {
  (void)state;
  check("layers/sink_norm.json", normalisations());
}

static void shapes_match(void **state) {
  (void)state;
  check("layers/sink_shape.json", shapes());
}

static void preprocessing_matches(void **state) {
  (void)state;
  check("layers/sink_preproc.json", preprocessing());
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(normalisations_match),
      cmocka_unit_test(shapes_match),
      cmocka_unit_test(preprocessing_matches),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
