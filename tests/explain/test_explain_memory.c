/* Every allocation may fail: explanations, overlays, numbers taken apart, boxes, kernels and profiles end in
 * FV_ERROR_MEMORY, leak nothing and leave the plan as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "explain/small.h"
#include "support/failing_malloc.h"

static fv_model *model;
static fv_plan *plan;
static fv_activations seen;

static const fv_explain_options options = {.score = {.index = 2}, .threads = 1};

static fv_status try_lend(void) {
  fv_activations again;
  const fv_status status = fv_activations_lend(&again, plan, model);
  fv_activations_destroy(&again);
  return status;
}

static fv_status try_heat(void) {
  fv_value stages[FV_STAGES];
  fv_tensor heats[FV_STAGES];
  const int32_t count = fv_model_stages(stages, FV_STAGES, model);
  const fv_status status = fv_explain_heat(heats, &seen, stages, count, &options);
  for (int32_t i = 0; i < count; i++) {
    assert_true(!status == (heats[i].data != NULL));
    fv_tensor_destroy(&heats[i]);
  }
  return status;
}

/* With an overlay behind the layer. */
static fv_status try_ablations(void) {
  fv_overlay *overlay;
  fv_ablation found[4];
  fv_status status = fv_overlay_create(&overlay, model);
  if (!status) status = fv_overlay_add(overlay, fv_model_find_layer(model, "sum"), -1, FV_OVERLAY_MEAN, 0);
  fv_explain_options changed = options;
  changed.overlay = overlay;
  if (!status)
    status = fv_explain_ablations(found, &seen, value_of(model, "first"), NULL, 4, FV_OVERLAY_ZERO, &changed, NULL);
  fv_overlay_destroy(overlay);
  return status;
}

/* Not read from JSON: what jansson has no memory for it calls wrong. */
static fv_status try_overlay(void) {
  fv_overlay *overlay;
  fv_status status = fv_overlay_create(&overlay, model);
  if (!status) status = fv_overlay_add(overlay, fv_model_find_layer(model, "left"), -1, FV_OVERLAY_ZERO, 0);
  if (!status) status = fv_overlay_run(plan, overlay, NULL);
  if (!status) status = fv_overlay_run(plan, NULL, NULL);
  char *written = status ? NULL : fv_overlay_text(overlay);
  if (!status && !written) status = FV_ERROR_MEMORY;
  free(written);
  fv_overlay_destroy(overlay);
  return status;
}

static fv_status try_number(void) {
  fv_arithmetic a;
  return fv_explain_number(&a, &seen, value_of(model, "right"), 3, 3, 1, NULL);
}

static fv_status try_box(void) {
  fv_receptive_box box;
  return fv_model_receptive_box(&box, model, NULL, value_of(model, "last"), 1, 1);
}

static fv_status try_kernels(void) {
  fv_kernel_maps maps;
  fv_kernel_statistics statistics[4];
  fv_status status = fv_kernel_maps_of(&maps, model, fv_model_find_layer(model, "first"));
  return status ? status : fv_kernel_maps_measure(statistics, &maps);
}

static fv_status try_profile(void) {
  fv_profile *profile;
  const fv_status status = fv_profile_create(&profile, model, &(fv_profile_options){.repeat = 1, .threads = 1});
  fv_profile_destroy(profile);
  return status;
}

static fv_status try_planes(void) {
  float planes[9 * 8 * 3];
  const fv_channel_maps maps = {seen.values[value_of(model, "picture").node - 1], 9, 8, 3};
  return fv_channel_maps_draw(planes, &maps, NULL);
}

/* Lets the first, the second, the third ... allocation fail until nothing does. */
static void fail_everywhere(fv_status (*attempt)(void)) {
  assert_int_equal(attempt(), FV_OK); /* what libraries keep is taken now */
  for (int mode = 0; mode < 2; mode++)
    for (int64_t n = 0;; n++) {
      assert_true(n < 10000);
      for_ever = mode;
      const int64_t already = living;
      before_failure = n;
      const fv_status status = attempt();
      const bool all_succeeded = before_failure > 0;
      before_failure = -1;
      if (living != already)
        fail_msg("%lld allocations leak when number %lld fails", (long long)(living - already), (long long)n);
      if (status == FV_OK && all_succeeded) break;
      /* one that fails may be made up for by a smaller batch or fewer threads; then all is well */
      if (status != FV_OK && status != FV_ERROR_MEMORY)
        fail_msg("status %d when allocation %lld fails: %s", status, (long long)n, fv_error_message());
    }
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  if (!OWN_MALLOC) skip();
  fv_status (*const tries[])(void) = {try_lend, try_heat,    try_ablations, try_overlay, try_number,
                                      try_box,  try_kernels, try_profile,   try_planes};
  float before[SMALL_CLASSES];
  memcpy(before, fv_plan_output(plan, 0), sizeof before);
  for (size_t t = 0; t < sizeof tries / sizeof *tries; t++) fail_everywhere(tries[t]);
  assert_int_equal(fv_overlay_run(plan, NULL, NULL), FV_OK);
  assert_memory_equal(before, fv_plan_output(plan, 0), sizeof before);
}

static int start(void **state) {
  (void)state;
  model = small_model();
  plan = run_inspected(model);
  return fv_activations_lend(&seen, plan, model) ? -1 : 0;
}

static int stop(void **state) {
  (void)state;
  fv_activations_destroy(&seen);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
  return cmocka_run_group_tests(tests, start, stop);
}
