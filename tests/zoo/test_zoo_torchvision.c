/* PyTorch's networks, and those as in their papers, against their references: every layer in inspect mode, outputs with
 * all passes on. The larger references are those of `make conformance`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/golden.h"

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_SLOW = 1 };
#else
enum { IS_SLOW = 0 };
#endif

static fv_model *build(const char *name, const fv_zoo_options *options) {
  fv_model *model;
  if (fv_zoo_build(&model, name, options)) fail_msg("%s: %s", name, fv_error_message());
  return model;
}

static void check_report(const char *name, const char *how, const golden_report *report) {
  if (!(report->logits <= report->logits_allowed))
    fail_msg("%s, %s at %s: outputs differ by %g, allowed %g", name, how, fv_cpu_name(fv_cpu()), report->logits,
             report->logits_allowed);
  if (!(report->layers <= 1))
    fail_msg("%s, %s at %s: %s differs by %g times what is allowed", name, how, fv_cpu_name(fv_cpu()), report->worst,
             report->layers);
}

/* At every level from `first` on; 1 and 2 threads give the same bits. */
static void check_numbers(const char *name, const char *file, bool auxiliary, int first) {
  json_t *reference = golden_json(file);
  if (!reference) fail_msg("tests/golden/%s is missing", file);
  fv_model *model =
      build(name, &(fv_zoo_options){.weights = "by-name:1", .classifier_activation = "none", .auxiliary = auxiliary});
  for (int level = first; level <= (int)fv_cpu_best(); level++) {
    golden_report report;
    fv_tensor one, two;
    int64_t elements;
    assert_int_equal(fv_cpu_set_level((fv_cpu_level)level), FV_OK);
    if (golden_inspect(model, reference, 0, &report)) fail_msg("%s: %s", name, fv_error_message());
    check_report(name, "inspect", &report);
    if (golden_infer(model, reference, 1, &report, &one)) fail_msg("%s: %s", name, fv_error_message());
    check_report(name, "infer", &report);
    if (golden_infer(model, reference, 2, &report, &two)) fail_msg("%s: %s", name, fv_error_message());
    assert_int_equal(fv_shape_elements(&elements, &one.shape), FV_OK);
    assert_memory_equal(one.data, two.data, (size_t)elements * sizeof(float));
    fv_tensor_destroy(&one);
    fv_tensor_destroy(&two);
  }
  json_decref(reference);
  fv_model_destroy(model);
}

static void lenet5_1998_numbers(void **state) {
  (void)state;
  check_numbers("LeNet5_1998", "history/lenet5_1998.json", false, FV_CPU_BASELINE);
}

static void alexnet_numbers(void **state) {
  (void)state;
  if (IS_SLOW) skip();
  check_numbers("AlexNet", "history/alexnet_2012.json", false, (int)fv_cpu_best());
  check_numbers("AlexNetTorchvision", "history/alexnet_torchvision.json", false, (int)fv_cpu_best());
}

static void googlenet_numbers_with_both_heads(void **state) {
  (void)state;
  check_numbers("GoogLeNet", "history/googlenet.json", true, IS_SLOW ? (int)fv_cpu_best() : FV_CPU_BASELINE);
}

static void resnet18_numbers(void **state) {
  (void)state;
  check_numbers("ResNet18Torchvision", "torchvision/resnet18.json", false, (int)fv_cpu_best());
}

static void squeezenet_numbers(void **state) {
  (void)state;
  check_numbers("SqueezeNet1_1Torchvision", "torchvision/squeezenet1_1.json", false, FV_CPU_BASELINE);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(lenet5_1998_numbers), cmocka_unit_test(alexnet_numbers),
                                     cmocka_unit_test(googlenet_numbers_with_both_heads),
                                     cmocka_unit_test(resnet18_numbers), cmocka_unit_test(squeezenet_numbers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
