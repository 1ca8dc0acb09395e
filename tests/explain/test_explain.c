/* Heat, estimates and measured effects against runs with changed values and central differences; overlays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "explain/small.h"

static const char *const LAYERS[] = {"first", "left", "right", "norm", "sum", "joined", "last", "pool", "drop"};
enum { LAYER_COUNT = sizeof LAYERS / sizeof *LAYERS };

typedef struct fixture {
  fv_model *model;
  fv_plan *plan;
  fv_activations seen;
} fixture;

static void begin(fixture *f) {
  f->model = small_model();
  f->plan = run_inspected(f->model);
  assert_int_equal(fv_activations_lend(&f->seen, f->plan, f->model), FV_OK);
}

static void end(fixture *f) {
  fv_activations_destroy(&f->seen);
  fv_plan_destroy(f->plan);
  fv_model_destroy(f->model);
}

static double score_now(const fv_plan *plan, const fv_score *score) {
  const float *logits = fv_plan_logits(plan, 0);
  return (double)logits[score->index] - (score->is_against ? (double)logits[score->against] : 0);
}

static void logits_are_what_softmax_is_made_of(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  double sum = 0;
  for (int c = 0; c < SMALL_CLASSES; c++) sum += exp((double)fv_plan_logits(f.plan, 0)[c]);
  for (int c = 0; c < SMALL_CLASSES; c++)
    assert_float_equal(fv_plan_output(f.plan, 0)[c], (float)(exp((double)fv_plan_logits(f.plan, 0)[c]) / sum), 1e-6);
  assert_null(fv_plan_logits(f.plan, 1));
  end(&f);
}

/* The score with one number of a value moved by `step`. */
static double moved(fv_plan *other, fv_value value, float *numbers, int64_t at, float step, const fv_score *score) {
  const float before = numbers[at];
  numbers[at] = before + step;
  assert_int_equal(fv_run(other, &(fv_run_options){.from = value, .from_data = numbers}), FV_OK);
  numbers[at] = before;
  return score_now(other, score);
}

static void gradients_equal_differences(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  fv_plan *other = run_inspected(f.model);
  const fv_explain_options options = {.score = {.index = 2, .is_against = true, .against = 4}};
  for (int i = 0; i < LAYER_COUNT; i++) {
    const fv_value value = value_of(f.model, LAYERS[i]);
    fv_tensor gradient;
    if (fv_explain_gradient(&gradient, &f.seen, value, &options)) fail_msg("%s: %s", LAYERS[i], fv_error_message());
    float *numbers = read_value(f.plan, value);
    for (int64_t at = 0; at < elements_of(&gradient.shape); at += 5) {
      const float step = 0x1p-8f;
      const double expected = (moved(other, value, numbers, at, step, &options.score) -
                               moved(other, value, numbers, at, -step, &options.score)) /
                              (2 * (double)step);
      if (!(fabs(expected - (double)gradient.data[at]) <= 3e-4 + 3e-3 * fabs(expected)))
        fail_msg("%s[%d]: %.7g, expected %.7g", LAYERS[i], (int)at, (double)gradient.data[at], expected);
    }
    free(numbers);
    fv_tensor_destroy(&gradient);
  }
  fv_plan_destroy(other);
  end(&f);
}

static void the_gradient_of_an_input_is_there_too(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  fv_plan *other = run_inspected(f.model);
  const fv_explain_options options = {.score = {.index = 1}};
  const fv_value input = value_of(f.model, "picture");
  fv_tensor gradient;
  assert_int_equal(fv_explain_gradient(&gradient, &f.seen, input, &options), FV_OK);
  for (int64_t at = 0; at < 9 * 8 * 3; at += 11) {
    double score[2];
    for (int side = 0; side < 2; side++) {
      fv_plan_input(other, 0)[at] += side ? -0x1p-7f : 0x1p-8f;
      assert_int_equal(fv_run(other, NULL), FV_OK);
      score[side] = score_now(other, &options.score);
    }
    fv_plan_input(other, 0)[at] += 0x1p-8f;
    const double expected = (score[0] - score[1]) / 0x1p-7;
    if (!(fabs(expected - (double)gradient.data[at]) <= 3e-4 + 3e-3 * fabs(expected)))
      fail_msg("[%d]: %.7g, expected %.7g", (int)at, (double)gradient.data[at], expected);
  }
  fv_tensor_destroy(&gradient);
  fv_plan_destroy(other);
  end(&f);
}

/* Heat from the formulas, with gradients that were checked above. */
static void heat_follows_from_gradients(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  fv_explain_options options = {.score = {.index = 3}};
  for (int kind = 0; kind < 2; kind++)
    for (int i = 0; i < LAYER_COUNT; i++) {
      const fv_value value = value_of(f.model, LAYERS[i]);
      fv_tensor gradient, heat;
      options.heat = kind ? FV_HEAT_HIRES : FV_HEAT_GRADCAM;
      assert_int_equal(fv_explain_gradient(&gradient, &f.seen, value, &options), FV_OK);
      assert_int_equal(fv_explain_heat(&heat, &f.seen, &value, 1, &options), FV_OK);
      float *numbers = read_value(f.plan, value);
      const int64_t h = gradient.shape.dims[1], w = gradient.shape.dims[2], c = gradient.shape.dims[3];
      assert_true(heat.shape.rank == 2 && heat.shape.dims[0] == h && heat.shape.dims[1] == w);
      for (int64_t at = 0; at < h * w; at++) {
        double sum = 0;
        for (int64_t k = 0; k < c; k++) {
          double weight = 0;
          for (int64_t p = 0; p < h * w; p++) weight += (double)gradient.data[p * c + k] / (double)(h * w);
          if (kind) weight = (double)gradient.data[at * c + k];
          sum += weight * (double)numbers[at * c + k];
        }
        assert_float_equal(heat.data[at], sum > 0 ? (float)sum : 0, 1e-6);
      }
      free(numbers);
      fv_tensor_destroy(&gradient);
      fv_tensor_destroy(&heat);
    }
  end(&f);
}

static void all_stages_come_from_one_run_back(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  fv_value stages[FV_STAGES];
  const int32_t count = fv_model_stages(stages, FV_STAGES, f.model);
  assert_int_equal(count, 2);
  assert_int_equal(stages[0].node, value_of(f.model, "joined").node);
  assert_int_equal(stages[1].node, value_of(f.model, "last").node);
  assert_int_equal(fv_model_stages(stages, 1, f.model), 1);
  assert_int_equal(fv_model_stages(stages, FV_STAGES, f.model), 2);
  const fv_explain_options options = {.score = {.index = 3}};
  fv_tensor together[2], alone;
  assert_int_equal(fv_explain_heat(together, &f.seen, stages, 2, &options), FV_OK);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(fv_explain_heat(&alone, &f.seen, &stages[i], 1, &options), FV_OK);
    for (int64_t k = 0; k < elements_of(&alone.shape); k++)
      assert_float_equal(alone.data[k], together[i].data[k], 1e-6);
    fv_tensor_destroy(&alone);
    fv_tensor_destroy(&together[i]);
  }
  end(&f);
}

/* Two branches that meet as vectors: no layer has everything go through it. */
static void branches_have_stages_of_their_own(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value a = fv_input(g, .shape = {8, 8, 1}, .name = "a"), b = fv_input(g, .shape = {8, 8, 1}, .name = "b");
  a = fv_global_average_pooling2d(g, fv_conv2d(g, a, .filters = 2, .kernel_size = {3, 3}, .name = "of_a"));
  b = fv_global_average_pooling2d(g, fv_conv2d(g, b, .filters = 2, .kernel_size = {3, 3}, .name = "of_b"));
  fv_value y = fv_dense(g, fv_concatenate(g, {a, b}), .units = 3, .activation = "softmax");
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, y), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  fv_value stages[FV_STAGES];
  assert_int_equal(fv_model_stages(stages, FV_STAGES, model), 1);
  fv_plan *plan = run_inspected(model);
  fv_activations seen;
  fv_tensor heat;
  assert_int_equal(fv_activations_lend(&seen, plan, model), FV_OK);
  assert_int_equal(fv_explain_heat(&heat, &seen, stages, 1, &(fv_explain_options){.score = {.index = 1}}), FV_OK);
  assert_true(heat.shape.dims[0] == 6 && heat.shape.dims[1] == 6);
  fv_tensor_destroy(&heat);
  fv_activations_destroy(&seen);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

static void a_contrast_turned_round_changes_its_sign(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  float one[6], other[6];
  fv_explain_options options = {.score = {.index = 0, .is_against = true, .against = 4}};
  const fv_value last = value_of(f.model, "last");
  assert_int_equal(fv_explain_channels(one, &f.seen, last, &options), FV_OK);
  options.score = (fv_score){.index = 4, .is_against = true, .against = 0};
  assert_int_equal(fv_explain_channels(other, &f.seen, last, &options), FV_OK);
  for (int c = 0; c < 6; c++) assert_float_equal(one[c], -other[c], 1e-6);
  end(&f);
}

/* Behind the last layer but one the score is linear: there estimates are exact. */
static void estimates_add_up_where_all_is_linear(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  const fv_explain_options options = {.score = {.index = 1}};
  float estimates[72];
  const fv_value flat = value_of(f.model, "flat");
  const fv_shape shape = fv_plan_shape(f.plan, flat);
  assert_int_equal(fv_explain_channels(estimates, &f.seen, flat, &options), FV_OK);
  double sum = 0;
  for (int64_t c = 0; c < shape.dims[1]; c++) sum += (double)estimates[c];
  const int32_t bias = fv_model_layer(f.model, layer_of(f.model, "answer")).weights[1];
  assert_float_equal((float)sum + fv_model_weight_data(f.model, bias)[1], (float)score_now(f.plan, &options.score),
                     1e-5);
  end(&f);
}

/* One channel after another, each by an overlay of its own. */
static void measured_effects_are_those_of_overlays(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  fv_plan *other = run_inspected(f.model);
  const fv_explain_options options = {.score = {.index = 2, .is_against = true, .against = 0}};
  const double whole = score_now(f.plan, &options.score);
  for (int with = FV_OVERLAY_ZERO; with <= FV_OVERLAY_MEAN; with++)
    for (int i = 0; i < LAYER_COUNT; i++) {
      const fv_value value = value_of(f.model, LAYERS[i]);
      const fv_shape shape = fv_plan_shape(f.plan, value);
      fv_ablation found[12];
      if (fv_explain_ablations(found, &f.seen, value, NULL, shape.dims[3], (fv_overlay_kind)with, &options, NULL))
        fail_msg("%s: %s", LAYERS[i], fv_error_message());
      for (int64_t c = 0; c < shape.dims[3]; c++) {
        fv_overlay *overlay;
        assert_int_equal(fv_overlay_create(&overlay, f.model), FV_OK);
        assert_int_equal(fv_overlay_add(overlay, layer_of(f.model, LAYERS[i]), c, (fv_overlay_kind)with, 0), FV_OK);
        assert_int_equal(fv_overlay_run(other, overlay, NULL), FV_OK);
        const double score = score_now(other, &options.score);
        assert_int_equal(found[c].channel, c);
        assert_float_equal((float)found[c].score, (float)score, 1e-5);
        assert_float_equal((float)found[c].effect, (float)(whole - score), 1e-5);
        assert_float_equal(found[c].output, fv_plan_output(other, 0)[2], 1e-6);
        for (int k = 0; k < SMALL_CLASSES; k++) assert_true(found[c].top_output >= fv_plan_output(other, 0)[k] - 1e-6f);
        fv_overlay_destroy(overlay);
      }
    }
  assert_int_equal(fv_overlay_run(other, NULL, NULL), FV_OK);
  assert_memory_equal(fv_plan_output(other, 0), fv_plan_output(f.plan, 0), SMALL_CLASSES * sizeof(float));
  fv_plan_destroy(other);
  end(&f);
}

/* The score under an overlay and with a channel of the first layer scaled besides. */
static double scaled(const fixture *f, fv_plan *other, const fv_overlay *overlay, int64_t channel, double by,
                     const fv_score *score) {
  fv_overlay *more;
  char *text = fv_overlay_text(overlay);
  assert_non_null(text);
  assert_int_equal(fv_overlay_create(&more, f->model), FV_OK);
  assert_int_equal(fv_overlay_read(more, text, strlen(text)), FV_OK);
  assert_int_equal(fv_overlay_add(more, layer_of(f->model, "first"), channel, FV_OVERLAY_SCALE, by), FV_OK);
  assert_int_equal(fv_overlay_run(other, more, NULL), FV_OK);
  free(text);
  fv_overlay_destroy(more);
  return score_now(other, score);
}

/* A channel is a number everywhere; its text says so, and reads back as the same. */
static void a_channel_is_set_to_a_number(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  fv_overlay *overlay, *again;
  const char *changes = "{\"ops\":[{\"op\":\"ablate\",\"layer\":\"sum\",\"channels\":[1],\"with\":-0.625},"
                        "{\"op\":\"ablate\",\"layer\":\"sum\",\"channels\":[0],\"with\":0}]}";
  assert_int_equal(fv_overlay_create(&overlay, f.model), FV_OK);
  assert_int_equal(fv_overlay_create(&again, f.model), FV_OK);
  assert_int_equal(fv_overlay_read(overlay, changes, strlen(changes)), FV_OK);
  assert_int_equal(fv_overlay_at(overlay, 0).kind, FV_OVERLAY_ZERO);
  assert_int_equal(fv_overlay_at(overlay, 1).kind, FV_OVERLAY_SET);
  char *text = fv_overlay_text(overlay);
  assert_non_null(strstr(text, "\"with\":-0.625"));
  assert_int_equal(fv_overlay_read(again, text, strlen(text)), FV_OK);
  assert_true(fv_overlay_hash(again) == fv_overlay_hash(overlay));
  free(text);
  const char *nothing = "{\"ops\":[{\"op\":\"ablate\",\"layer\":\"sum\",\"channels\":[1],\"with\":\"half\"}]}";
  assert_int_equal(fv_overlay_read(again, nothing, strlen(nothing)), FV_ERROR_FORMAT);
  assert_int_equal(fv_overlay_add(again, layer_of(f.model, "sum"), 1, FV_OVERLAY_SET, (double)NAN), FV_ERROR_INVALID);
  fv_plan *other = run_inspected(f.model);
  assert_int_equal(fv_overlay_run(other, overlay, NULL), FV_OK);
  const fv_value sum = value_of(f.model, "sum");
  const fv_shape shape = fv_plan_shape(other, sum);
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, &shape), FV_OK);
  float *numbers = malloc((size_t)count * sizeof *numbers);
  assert_int_equal(fv_plan_read(other, sum, numbers), FV_OK);
  for (int64_t i = 0; i < count; i += shape.dims[3]) assert_true(numbers[i] == 0 && numbers[i + 1] == -0.625f);
  free(numbers);
  fv_plan_destroy(other);
  fv_overlay_destroy(overlay);
  fv_overlay_destroy(again);
  end(&f);
}

/* Under an overlay: what is behind the layer asked about is changed in the part that is run, too. */
static void explanations_of_a_run_with_an_overlay(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  fv_activations_destroy(&f.seen);
  fv_overlay *overlay;
  assert_int_equal(fv_overlay_create(&overlay, f.model), FV_OK);
  assert_int_equal(fv_overlay_add(overlay, layer_of(f.model, "sum"), 1, FV_OVERLAY_SCALE, 2.5), FV_OK);
  assert_int_equal(fv_overlay_add(overlay, layer_of(f.model, "sum"), 2, FV_OVERLAY_SET, 0.375), FV_OK);
  assert_int_equal(fv_overlay_add(overlay, layer_of(f.model, "shared"), 3, FV_OVERLAY_ZERO, 0), FV_OK);
  assert_int_equal(fv_overlay_add(overlay, layer_of(f.model, "last"), 2, FV_OVERLAY_MEAN, 0), FV_OK);
  assert_int_equal(fv_overlay_run(f.plan, overlay, NULL), FV_OK);
  assert_int_equal(fv_activations_lend(&f.seen, f.plan, f.model), FV_OK);
  const fv_explain_options options = {.score = {.index = 2}, .overlay = overlay};
  const fv_value first = value_of(f.model, "first");
  fv_tensor gradient;
  assert_int_equal(fv_explain_gradient(&gradient, &f.seen, first, &options), FV_OK);
  fv_plan *other = run_inspected(f.model);
  for (int64_t c = 0; c < 4; c++) {
    const double more = scaled(&f, other, overlay, c, 1 + 0x1p-6, &options.score);
    const double less = scaled(&f, other, overlay, c, 1 - 0x1p-6, &options.score), expected = (more - less) / 0x1p-5;
    double sum = 0;
    const float *numbers = f.seen.values[first.node - 1];
    for (int64_t p = 0; p < 9 * 8; p++) sum += (double)numbers[p * 4 + c] * (double)gradient.data[p * 4 + c];
    if (!(fabs(expected - sum) <= 2e-4 + 5e-3 * fabs(expected)))
      fail_msg("channel %d: %.7g, expected %.7g", (int)c, sum, expected);
  }
  fv_ablation found[4];
  assert_int_equal(fv_explain_ablations(found, &f.seen, first, NULL, 4, FV_OVERLAY_ZERO, &options, NULL), FV_OK);
  assert_int_equal(fv_overlay_add(overlay, layer_of(f.model, "first"), 3, FV_OVERLAY_ZERO, 0), FV_OK);
  assert_int_equal(fv_overlay_run(other, overlay, NULL), FV_OK);
  assert_float_equal((float)found[3].score, (float)score_now(other, &options.score), 1e-5);
  fv_tensor_destroy(&gradient);
  fv_plan_destroy(other);
  fv_overlay_destroy(overlay);
  end(&f);
}

static void overlays_are_the_same_in_any_order(void **state) {
  (void)state;
  fv_model *model = small_model();
  static const char *const texts[] = {
      "{\"ops\":[{\"op\":\"ablate\",\"layer\":\"left\",\"channels\":[3,1],\"with\":\"zero\"},"
      "{\"op\":\"scale\",\"layer\":\"sum\",\"channels\":[2],\"by\":1.5},"
      "{\"op\":\"ablate\",\"layer\":\"first\",\"channels\":\"all\",\"with\":\"mean\"}]}",
      "{\"ops\":[{\"op\":\"ablate\",\"layer\":\"first\",\"channels\":[0,1,2,3],\"with\":\"mean\"},"
      "{\"op\":\"scale\",\"layer\":\"sum\",\"channels\":[2],\"by\":3}, "
      "{\"op\":\"scale\",\"layer\":\"norm\",\"channels\":"
      "[2],\"by\":1},{\"op\":\"ablate\",\"layer\":\"left\",\"channels\":[1]},"
      "{\"op\":\"scale\",\"layer\":\"sum\",\"channels\":[2],\"by\":0.5},"
      "{\"op\":\"scale\",\"layer\":\"left\",\"channels\":[3],\"by\":0}]}"};
  const char *canonical = "{\"ops\":[{\"op\":\"ablate\",\"layer\":\"first\",\"channels\":[0,1,2,3],\"with\":\"mean\"},"
                          "{\"op\":\"ablate\",\"layer\":\"left\",\"channels\":[1,3],\"with\":\"zero\"},"
                          "{\"op\":\"scale\",\"layer\":\"sum\",\"channels\":[2],\"by\":1.5}]}";
  uint64_t hashes[2];
  for (int i = 0; i < 2; i++) {
    fv_overlay *overlay;
    assert_int_equal(fv_overlay_create(&overlay, model), FV_OK);
    assert_int_equal(fv_overlay_hash(overlay), 0);
    if (fv_overlay_read(overlay, texts[i], strlen(texts[i]))) fail_msg("%s", fv_error_message());
    char *text = fv_overlay_text(overlay);
    assert_string_equal(text, canonical);
    free(text);
    hashes[i] = fv_overlay_hash(overlay);
    assert_int_equal(fv_overlay_count(overlay), 7);
    fv_overlay_destroy(overlay);
  }
  assert_true(hashes[0] == hashes[1] && hashes[0] != 0);
  fv_model_destroy(model);
}

static void wrong_overlays_are_refused(void **state) {
  (void)state;
  fv_model *model = small_model();
  static const struct {
    const char *text;
    fv_status status;
  } wrong[] = {
      {"", FV_ERROR_FORMAT},
      {"{}", FV_ERROR_FORMAT},
      {"{\"ops\":[3]}", FV_ERROR_FORMAT},
      {"{\"ops\":[{\"op\":\"mask\"}]}", FV_ERROR_FORMAT},
      {"{\"ops\":[{\"op\":\"ablate\",\"layer\":\"nobody\",\"channels\":[1]}]}", FV_ERROR_NOT_FOUND},
      {"{\"ops\":[{\"op\":\"ablate\",\"layer\":\"left\",\"channels\":[4]}]}", FV_ERROR_INVALID},
      {"{\"ops\":[{\"op\":\"ablate\",\"layer\":\"left\",\"channels\":[-1]}]}", FV_ERROR_FORMAT},
      {"{\"ops\":[{\"op\":\"ablate\",\"layer\":\"left\",\"channels\":[1.5]}]}", FV_ERROR_FORMAT},
      {"{\"ops\":[{\"op\":\"ablate\",\"layer\":\"left\",\"channels\":[1],\"with\":\"one\"}]}", FV_ERROR_FORMAT},
      {"{\"ops\":[{\"op\":\"scale\",\"layer\":\"left\",\"channels\":[1]}]}", FV_ERROR_FORMAT},
      {"{\"ops\":[{\"op\":\"ablate\",\"layer\":\"picture\",\"channels\":[1]}]}", FV_ERROR_UNSUPPORTED}};
  fv_overlay *overlay;
  assert_int_equal(fv_overlay_create(&overlay, model), FV_OK);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (fv_overlay_read(overlay, wrong[i].text, strlen(wrong[i].text)) != wrong[i].status)
      fail_msg("case %zu: %s", i, fv_error_message());
  assert_int_equal(fv_overlay_add(overlay, 1, 0, FV_OVERLAY_SCALE, NAN), FV_ERROR_INVALID);
  assert_int_equal(fv_overlay_add(overlay, 99, 0, FV_OVERLAY_ZERO, 0), FV_ERROR_INVALID);
  assert_int_equal(fv_overlay_count(overlay), 0);
  fv_overlay_destroy(overlay);
  fv_model_destroy(model);
}

static bool stop_at_ten(void *context, int64_t done, int64_t of) {
  assert_true(done <= of);
  return ++*(int *)context < 10;
}

static bool stop_at_once(void *context, int64_t done) {
  (void)context, (void)done;
  return false;
}

static void what_cannot_be_explained_is_told(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  int calls = 0;
  fv_tensor heat;
  fv_ablation found[4];
  const fv_value first = value_of(f.model, "first"), flat = value_of(f.model, "flat");
  const fv_explain_options stopped = {.goes_on = stop_at_ten, .context = &calls}, options = {.score = {.index = 0}};
  assert_int_equal(fv_explain_heat(&heat, &f.seen, &first, 1, &stopped), FV_ERROR_STOPPED);
  assert_int_equal(calls, 10);
  assert_null(heat.data);
  assert_int_equal(fv_explain_heat(&heat, &f.seen, &flat, 1, &options), FV_ERROR_SHAPE);
  assert_int_equal(fv_explain_heat(&heat, &f.seen, &(fv_value){99, 0}, 1, &options), FV_ERROR_INVALID);
  assert_int_equal(fv_explain_heat(&heat, &f.seen, &first, 1, &(fv_explain_options){.score = {.index = 5}}),
                   FV_ERROR_INVALID);
  assert_int_equal(fv_explain_heat(&heat, &f.seen, &first, 1, &(fv_explain_options){.score = {.output = 1}}),
                   FV_ERROR_INVALID);
  assert_int_equal(fv_explain_ablations(found, &f.seen, first, (int64_t[]){4}, 1, FV_OVERLAY_ZERO, &options, NULL),
                   FV_ERROR_INVALID);
  assert_int_equal(fv_explain_ablations(found, &f.seen, first, NULL, 4, FV_OVERLAY_SCALE, &options, NULL),
                   FV_ERROR_INVALID);
  assert_int_equal(fv_explain_ablations(found, &f.seen, first, NULL, 4, FV_OVERLAY_ZERO, &options, stop_at_once),
                   FV_ERROR_STOPPED);
  assert_int_equal(fv_explain_ablations(found, &f.seen, first, NULL, 0, FV_OVERLAY_ZERO, &options, NULL), FV_OK);
  fv_plan *infer;
  assert_int_equal(fv_plan_create(&infer, f.model, NULL), FV_OK);
  fv_activations none;
  assert_int_equal(fv_activations_lend(&none, infer, f.model), FV_ERROR_STATE);
  fv_plan_destroy(infer);
  end(&f);
}

/* Values that the caller kept itself, one of them not. */
static void values_may_be_kept_by_the_caller(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  const int32_t nodes = fv_model_node_count(f.model);
  const float **values = calloc((size_t)nodes, sizeof *values);
  for (int32_t n = 0; n < nodes; n++) values[n] = f.seen.values[n];
  const fv_activations own = {.model = f.model, .shapes = f.seen.shapes, .values = values};
  const fv_explain_options options = {.score = {.index = 0}};
  const fv_value last = value_of(f.model, "last");
  fv_tensor heat;
  values[value_of(f.model, "first").node - 1] = NULL; /* not needed behind the last */
  assert_int_equal(fv_explain_heat(&heat, &own, &last, 1, &options), FV_OK);
  fv_tensor_destroy(&heat);
  values[last.node - 1] = NULL;
  assert_int_equal(fv_explain_heat(&heat, &own, &last, 1, &options), FV_ERROR_STATE);
  free(values);
  end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(logits_are_what_softmax_is_made_of),
      cmocka_unit_test(gradients_equal_differences),
      cmocka_unit_test(the_gradient_of_an_input_is_there_too),
      cmocka_unit_test(heat_follows_from_gradients),
      cmocka_unit_test(all_stages_come_from_one_run_back),
      cmocka_unit_test(branches_have_stages_of_their_own),
      cmocka_unit_test(a_contrast_turned_round_changes_its_sign),
      cmocka_unit_test(estimates_add_up_where_all_is_linear),
      cmocka_unit_test(measured_effects_are_those_of_overlays),
      cmocka_unit_test(a_channel_is_set_to_a_number),
      cmocka_unit_test(explanations_of_a_run_with_an_overlay),
      cmocka_unit_test(overlays_are_the_same_in_any_order),
      cmocka_unit_test(wrong_overlays_are_refused),
      cmocka_unit_test(what_cannot_be_explained_is_told),
      cmocka_unit_test(values_may_be_kept_by_the_caller),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
