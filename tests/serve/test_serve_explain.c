/* The routes that explain, against the library on the same numbers: heat, channels and their measured effects,
 * overlays, numbers taken apart, receptive fields, profiles, the laboratory. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>

#include "serve/client.h"
#include "serve/small.h"

static char *the_run, *the_picture;

static int start(void **state) {
  (void)state;
  if (make_folder()) return -1;
  put_picture("plain.png", 24, 3);
  put_picture("another.png", 30, 5);
  model = small_model();
  start_with(model, &(fv_explore_options){.threads = 2});
  the_picture = picture_id("plain.png");
  the_run = run_on("default", the_picture);
  return 0;
}

static int stop(void **state) {
  (void)state;
  free(the_run);
  free(the_picture);
  fv_explorer_stop(explorer);
  fv_model_destroy(model);
  return remove_folder();
}

/* ---- asking */

static json_t *json_of(reply r, int status) {
  json_error_t error;
  if (r.status != status) fail_msg("%d: %s", r.status, r.body);
  json_t *json = json_loadb(r.body, r.size, JSON_REJECT_DUPLICATES, &error);
  if (!json) fail_msg("%s: %s", error.text, r.body);
  end_reply(&r);
  return json;
}

static reply post_of(const char *format, const char *one, const char *body) {
  char target[600];
  snprintf(target, sizeof target, format, one);
  return post_json(port, target, body);
}

static double number(const json_t *json, const char *key) {
  const json_t *field = json_object_get(json, key);
  if (!json_is_number(field)) fail_msg("no number %s", key);
  return json_number_value(field);
}

/* The planes of a block as floats, and its extents. */
static float *planes_of(reply r, uint32_t extent[3]) {
  uint32_t data;
  if (r.status != 200) fail_msg("%d: %s", r.status, r.body);
  memcpy(extent, r.body + 8, 12);
  memcpy(&data, r.body + 52, 4);
  const size_t size = (size_t)extent[0] * extent[1] * extent[2] * sizeof(float);
  assert_int_equal(r.size, data + size);
  float *planes = malloc(size);
  memcpy(planes, r.body + data, size);
  end_reply(&r);
  return planes;
}

static void wait_for_job(json_t *answer) {
  const char *id = json_string_value(json_object_get(answer, "job"));
  assert_non_null(id);
  for (int i = 0; i < 2000; i++) {
    json_t *job = json_of(get_of("/api/v1/jobs/%s", id, NULL), 200);
    const char *state = json_string_value(json_object_get(job, "state"));
    const bool done = !strcmp(state, "done"), failed = !strcmp(state, "failed") || !strcmp(state, "cancelled");
    if (failed) fail_msg("%s", json_string_value(json_object_get(job, "detail")));
    json_decref(job);
    if (done) break;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
  }
  json_decref(answer);
}

/* ---- the same by the library */

typedef struct mirror {
  fv_plan *plan;
  fv_activations seen;
} mirror;

static void look(mirror *m) {
  uint32_t extent[3];
  float *planes = planes_of(get_of("/api/v1/images/%s/input?fit=0&dtype=f32", the_picture, NULL), extent);
  assert_int_equal(fv_plan_create(&m->plan, model, &(fv_plan_options){.mode = FV_PLAN_INSPECT}), FV_OK);
  for (int i = 0; i < 24 * 24 * 3; i++) fv_plan_input(m->plan, 0)[i] = planes[i % 3 * 24 * 24 + i / 3];
  free(planes);
  assert_int_equal(fv_run(m->plan, NULL), FV_OK);
  assert_int_equal(fv_activations_lend(&m->seen, m->plan, model), FV_OK);
}

static void end(mirror *m) {
  fv_activations_destroy(&m->seen);
  fv_plan_destroy(m->plan);
}

static fv_value value_of(const char *layer) {
  return (fv_value){fv_model_layer(model, fv_model_find_layer(model, layer)).nodes[0], 0};
}

/* ---- heat */

static void check_heat(const mirror *m, const char *body, const char *layer, const fv_explain_options *options) {
  json_t *json = json_of(post_of("/api/v1/runs/%s/explain", the_run, body), 200);
  assert_string_equal(json_string_value(json_object_get(json, "state")), "done");
  assert_string_equal(json_string_value(json_object_get(json, "layer")), layer);
  uint32_t extent[3];
  fv_tensor heat;
  float *found = planes_of(get(port, json_string_value(json_object_get(json, "heat"))), extent);
  const fv_value value = value_of(layer);
  assert_int_equal(fv_explain_heat(&heat, &m->seen, &value, 1, options), FV_OK);
  assert_true(extent[0] == 1 && extent[1] == heat.shape.dims[0] && extent[2] == heat.shape.dims[1]);
  float largest = 0;
  for (uint32_t i = 0; i < extent[1] * extent[2]; i++) {
    assert_float_equal(found[i], heat.data[i], 1e-5);
    largest = fmaxf(largest, heat.data[i]);
  }
  assert_float_equal((float)json_number_value(json_array_get(json_object_get(json, "range"), 1)), largest, 1e-5);
  free(found);
  fv_tensor_destroy(&heat);
  json_decref(json);
}

static void heat_is_the_librarys(void **state) {
  (void)state;
  mirror m;
  look(&m);
  fv_explain_options options = {.score = {.index = 4}};
  check_heat(&m, "{\"method\":\"gradcam\",\"target\":4,\"layer\":\"auto\"}", "block/second", &options);
  check_heat(&m, "{\"target\":4,\"layer\":\"first\"}", "first", &options);
  check_heat(&m, "{\"target\":4,\"layer\":\"pool\"}", "pool", &options);
  options.heat = FV_HEAT_HIRES;
  options.score = (fv_score){.index = 2, .is_against = true, .against = 7};
  check_heat(&m, "{\"method\":\"hirescam\",\"target\":2,\"against\":7}", "block/second", &options);
  end(&m);
}

/* ---- channels */

static json_t *channels_of(const char *query) {
  return json_of(get_of("/api/v1/runs/%s/channels/block%%2Fsecond?%s", the_run, query), 200);
}

static void channels_are_estimated_then_measured(void **state) {
  (void)state;
  mirror m;
  look(&m);
  const fv_explain_options options = {.score = {.index = 4, .is_against = true, .against = 1}};
  float estimates[9];
  fv_ablation effects[9];
  const fv_value value = value_of("block/second");
  assert_int_equal(fv_explain_channels(estimates, &m.seen, value, &options), FV_OK);
  assert_int_equal(fv_explain_ablations(effects, &m.seen, value, NULL, 9, FV_OVERLAY_ZERO, &options, NULL), FV_OK);
  json_t *json = channels_of("target=4&against=1");
  const float *logits = fv_plan_logits(m.plan, 0);
  assert_string_equal(json_string_value(json_object_get(json, "target")), "logit[4]-logit[1]");
  assert_float_equal((float)number(json, "actual_difference"), logits[4] - logits[1], 1e-5);
  const json_t *list = json_object_get(json, "channels");
  assert_int_equal(json_array_size(list), 9);
  for (size_t c = 0; c < 9; c++) {
    assert_float_equal((float)number(json_array_get(list, c), "est"), estimates[c], 1e-5);
    assert_true(json_is_null(json_object_get(json_array_get(list, c), "measured")));
  }
  json_decref(json);
  static const char *const bodies[] = {"{\"layer\":\"block/second\",\"target\":4,\"against\":1,\"channels\":[7,2]}",
                                       "{\"layer\":\"block/second\",\"target\":4,\"against\":1,\"channels\":[0]}"};
  for (int i = 0; i < 2; i++) wait_for_job(json_of(post_of("/api/v1/runs/%s/ablate-scan", the_run, bodies[i]), 202));
  json = channels_of("target=4&against=1");
  list = json_object_get(json, "channels");
  for (size_t c = 0; c < 9; c++) {
    const json_t *measured = json_object_get(json_array_get(list, c), "measured");
    assert_int_equal(json_is_number(measured), c == 0 || c == 2 || c == 7);
    if (json_is_number(measured))
      assert_float_equal((float)json_number_value(measured), (float)effects[c].effect, 1e-5);
  }
  json_decref(json);
  json = channels_of("target=4"); /* another question */
  assert_true(json_is_null(json_object_get(json_array_get(json_object_get(json, "channels"), 0), "measured")));
  json_decref(json);
  end(&m);
}

/* ---- overlays */

static char *run_with(const char *overlay) {
  char body[200];
  snprintf(body, sizeof body, "{\"model\":\"default\",\"image\":\"%s\",\"overlay\":\"%s\"}", the_picture, overlay);
  reply r = post_json(port, "/api/v1/runs", body);
  if (r.status != 200 && r.status != 202) fail_msg("%d: %s", r.status, r.body);
  char *run = text_of(&r, "run");
  end_reply(&r);
  assert_true(wait_for_run(run));
  return run;
}

static void an_overlay_changes_what_follows(void **state) {
  (void)state;
  const char *changes = "{\"ops\":[{\"op\":\"ablate\",\"layer\":\"pool\",\"channels\":[4,1],\"with\":\"zero\"}]}";
  reply r = post_json(port, "/api/v1/overlays", changes);
  assert_int_equal(r.status, 201);
  char *id = text_of(&r, "id");
  end_reply(&r);
  json_t *json = json_of(get_of("/api/v1/overlays/%s", id, NULL), 200);
  char *text = json_dumps(json_object_get(json, "overlay"), JSON_COMPACT);
  assert_string_equal(text, "{\"ops\":[{\"op\":\"ablate\",\"layer\":\"pool\",\"channels\":[1,4],\"with\":\"zero\"}]}");
  free(text);
  json_decref(json);
  char *run = run_with(id), *again = run_with(id), *without = run_with("o_none");
  assert_string_equal(run, again);
  assert_string_equal(without, the_run);
  assert_string_not_equal(run, the_run);

  mirror m;
  look(&m);
  fv_overlay *overlay;
  assert_int_equal(fv_overlay_create(&overlay, model), FV_OK);
  assert_int_equal(fv_overlay_read(overlay, changes, strlen(changes)), FV_OK);
  fv_activations_destroy(&m.seen);
  assert_int_equal(fv_overlay_run(m.plan, overlay, NULL), FV_OK);
  assert_int_equal(fv_activations_lend(&m.seen, m.plan, model), FV_OK);
  static const char *const layers[] = {"first", "pool", "block/second", "classes"};
  for (int i = 0; i < 4; i++) {
    uint32_t extent[3];
    const char *address = i == 2 ? "block%2Fsecond" : layers[i];
    float *found = planes_of(get_of("/api/v1/runs/%s/maps/%s?fit=0&dtype=f32", run, address), extent);
    const float *numbers = m.seen.values[value_of(layers[i]).node - 1];
    const uint32_t pixels = extent[1] * extent[2];
    for (uint32_t k = 0; k < pixels * extent[0]; k++)
      assert_float_equal(found[k], numbers[k % pixels * extent[0] + k / pixels], 1e-6);
    free(found);
  }
  r = get_of("/api/v1/runs/%s/maps/pool?fit=0&dtype=f32", run, NULL);
  for (int c = 0; c < 6; c++) {
    uint32_t rows, bits;
    memcpy(&rows, r.body + 48, 4);
    memcpy(&bits, r.body + rows + 36 * (uint32_t)c + 28, 4);
    assert_int_equal(bits & 8, c == 1 || c == 4 ? 8 : 0);
  }
  end_reply(&r);
  json = json_of(get_of("/api/v1/runs/%s/top?k=1&vs=%s", run, the_run), 200);
  json_decref(json);
  fv_overlay_destroy(overlay);
  end(&m);
  free(run);
  free(again);
  free(without);
  free(id);
}

/* The mean of a channel of layer "first" over a run's pixels. */
static double mean_in(const char *run, uint32_t channel) {
  uint32_t extent[3];
  double sum = 0;
  float *planes = planes_of(get_of("/api/v1/runs/%s/maps/first?fit=0&dtype=f32", run, NULL), extent);
  const uint32_t pixels = extent[1] * extent[2];
  for (uint32_t i = 0; i < pixels; i++) sum += (double)planes[channel * pixels + i];
  free(planes);
  return sum / pixels;
}

/* "mean" is the folder's: known after a job, and then a number in the overlay's text. */
static void a_mean_is_the_folders(void **state) {
  (void)state;
  const char *changes = "{\"ops\":[{\"op\":\"ablate\",\"layer\":\"first\",\"channels\":[3],\"with\":\"mean\"},"
                        "{\"op\":\"scale\",\"layer\":\"pool\",\"channels\":[1],\"by\":2}]}";
  wait_for_job(json_of(post_json(port, "/api/v1/overlays", changes), 202));
  json_t *kept = json_of(post_json(port, "/api/v1/overlays", changes), 201);
  const json_t *ops = json_object_get(json_object_get(kept, "overlay"), "ops"), *op = json_array_get(ops, 0);
  assert_int_equal(json_array_size(ops), 2);
  char *picture = picture_id("another.png"), *other = run_on("default", picture);
  const double expected = (mean_in(the_run, 3) + mean_in(other, 3)) / 2;
  assert_float_equal((float)number(op, "with"), (float)expected, 1e-5);
  char *run = run_with(json_string_value(json_object_get(kept, "id")));
  assert_float_equal((float)mean_in(run, 3), (float)expected, 1e-5);
  free(picture);
  free(other);
  free(run);
  json_decref(kept);
}

static void heat_of_a_run_with_an_overlay(void **state) {
  (void)state;
  reply r = post_json(port, "/api/v1/overlays",
                      "{\"ops\":[{\"op\":\"scale\",\"layer\":\"block/second\",\"channels\":[3],\"by\":2}]}");
  char *id = text_of(&r, "id"), *run = run_with(id), *kept = the_run;
  end_reply(&r);
  mirror m;
  look(&m);
  fv_overlay *overlay;
  assert_int_equal(fv_overlay_create(&overlay, model), FV_OK);
  assert_int_equal(fv_overlay_add(overlay, fv_model_find_layer(model, "block/second"), 3, FV_OVERLAY_SCALE, 2), FV_OK);
  fv_activations_destroy(&m.seen);
  assert_int_equal(fv_overlay_run(m.plan, overlay, NULL), FV_OK);
  assert_int_equal(fv_activations_lend(&m.seen, m.plan, model), FV_OK);
  const fv_explain_options options = {.score = {.index = 0}, .overlay = overlay};
  the_run = run;
  check_heat(&m, "{\"target\":0,\"layer\":\"first\"}", "first", &options);
  the_run = kept;
  fv_overlay_destroy(overlay);
  end(&m);
  free(run);
  free(id);
}

/* ---- numbers and fields */

static void a_number_is_taken_apart(void **state) {
  (void)state;
  mirror m;
  look(&m);
  json_t *json = json_of(get_of("/api/v1/runs/%s/value/first?c=5&y=0&x=12&terms=1", the_run, NULL), 200);
  const float value = m.seen.values[value_of("first").node - 1][12 * 6 + 5];
  assert_float_equal((float)number(json, "value"), value, 1e-5);
  assert_float_equal((float)number(json, "sum_check"), value, 1e-4f * (1 + fabsf(value)));
  assert_int_equal(number(json, "terms_total"), 18);
  const json_t *window = json_object_get(json, "window");
  assert_true(number(window, "y0") == -1 && number(window, "x0") == 11 && number(window, "h") == 3);
  assert_true(json_is_true(json_object_get(window, "padded")));
  double sum = number(json, "bias") + number(json, "rest");
  for (size_t i = 0; i < json_array_size(json_object_get(json, "terms")); i++)
    sum += number(json_array_get(json_object_get(json, "terms"), i), "xw");
  assert_float_equal((float)sum, (float)number(json, "pre_activation"), 1e-5);
  json_decref(json);
  json = json_of(get_of("/api/v1/runs/%s/value/first?c=5&y=0&x=12", the_run, NULL), 200);
  assert_float_equal((float)number(json, "value"), value, 1e-5);
  json_decref(json);
  end(&m);
}

static void a_place_sees_a_part_of_the_picture(void **state) {
  (void)state;
  json_t *json = json_of(get(port, "/api/v1/models/default/rf/block%2Fsecond?y=4&x=0"), 200);
  char *box = json_dumps(json_object_get(json, "box"), JSON_COMPACT);
  char *clipped = json_dumps(json_object_get(json, "clipped"), JSON_COMPACT);
  char *size = json_dumps(json_object_get(json, "size"), JSON_COMPACT);
  assert_string_equal(size, "[8,8]");
  assert_string_equal(box, "[7,-1,8,8]");
  assert_string_equal(clipped, "[7,0,8,7]");
  assert_float_equal((float)number(json, "covers"), 8 * 7 / (24.0f * 24), 1e-6);
  free(box);
  free(clipped);
  free(size);
  json_decref(json);
}

static void a_profile_is_measured_once_and_kept(void **state) {
  (void)state;
  assert_int_equal(status_of(get(port, "/api/v1/models/default/profile")), 404);
  wait_for_job(json_of(post_json(port, "/api/v1/models/default/profile", "{\"repeat\":3,\"warmup\":0}"), 202));
  json_t *json = json_of(get(port, "/api/v1/models/default/profile"), 200);
  assert_int_equal(number(json, "repeat"), 3);
  assert_true(number(json, "total_ns") > 0);
  const json_t *rows = json_object_get(json, "rows");
  assert_true(json_array_size(rows) >= 4);
  for (size_t i = 0; i < json_array_size(rows); i++)
    assert_true(fv_model_find_layer(model, json_string_value(json_object_get(json_array_get(rows, i), "layer"))) >= 0);
  reply r = get(port, "/api/v1/models/default/profile?format=csv");
  assert_int_equal(r.status, 200);
  assert_string_equal(header(&r, "Content-Type"), "text/csv; charset=utf-8");
  size_t lines = 0;
  for (const char *at = r.body; (at = strstr(at, "\r\n")); at += 2) lines++;
  assert_int_equal(lines, json_array_size(rows) + 1);
  assert_non_null(strstr(r.body, "layer,kind,shape,nanoseconds,"));
  assert_non_null(strstr(r.body, "\r\nfirst,Conv2D,24x24x6,"));
  end_reply(&r);
  json_decref(json);
}

static void the_laboratory_answers(void **state) {
  (void)state;
  json_t *json = json_of(post_json(port, "/api/v1/lab/conv",
                                   "{\"image\":[[1,2,3,4],[5,6,7,8],[9,10,11,13]],\"kernel\":[[1,0],[0,-1]],"
                                   "\"padding\":\"valid\",\"stride\":[1,2]}"),
                         200);
  char *output = json_dumps(json_object_get(json, "output"), JSON_COMPACT | JSON_REAL_PRECISION(6));
  char *left = json_dumps(json_object_get(json, "left_out"), JSON_COMPACT);
  assert_string_equal(output, "[[-5,-5],[-5,-6]]");
  assert_string_equal(left, "[0,0]");
  free(output);
  free(left);
  json_decref(json);
  json =
      json_of(post_json(port, "/api/v1/lab/conv",
                        "{\"image\":[[1,2,3],[4,5,6],[7,8,9]],\"kernel\":[[1,2],[3,4]],\"dilation\":2,\"flip\":true}"),
              200);
  output = json_dumps(json_object_get(json, "output"), JSON_COMPACT);
  assert_string_equal(output, "[[36]]"); /* 4 1 + 3 3 + 2 7 + 1 9 */
  free(output);
  json_decref(json);
  json =
      json_of(post_json(port, "/api/v1/lab/pool", "{\"image\":[[1,2,3],[4,5,6],[7,8,10]],\"type\":\"average\"}"), 200);
  output = json_dumps(json_object_get(json, "output"), JSON_COMPACT);
  left = json_dumps(json_object_get(json, "left_out"), JSON_COMPACT);
  assert_string_equal(output, "[[3]]");
  assert_string_equal(left, "[1,1]");
  free(output);
  free(left);
  json_decref(json);
}

/* ---- what is wrong */

static void wrong_questions_are_told(void **state) {
  (void)state;
  static const struct {
    const char *target, *body; /* body NULL: GET */
    int status;
  } cases[] = {
      {"/api/v1/runs/%s/explain", "[]", 422},
      {"/api/v1/runs/%s/explain", "{\"method\":\"guided\"}", 422},
      {"/api/v1/runs/%s/explain", "{\"target\":10}", 422},
      {"/api/v1/runs/%s/explain", "{\"target\":1,\"against\":-1}", 422},
      {"/api/v1/runs/%s/explain", "{\"layer\":\"nobody\"}", 404},
      {"/api/v1/runs/%s/explain", "{\"layer\":\"mean\"}", 422},
      {"/api/v1/runs/%s/heat/first?target=99", NULL, 422},
      {"/api/v1/runs/%s/heat/nobody", NULL, 404},
      {"/api/v1/runs/%s/channels/nobody", NULL, 404},
      {"/api/v1/runs/%s/channels/first?target=x", NULL, 422},
      {"/api/v1/runs/%s/ablate-scan", "{\"layer\":\"first\",\"channels\":[6]}", 422},
      {"/api/v1/runs/%s/ablate-scan", "{\"layer\":\"first\",\"channels\":[]}", 422},
      {"/api/v1/runs/%s/value/first?y=24", NULL, 422},
      {"/api/v1/runs/%s/value/nobody", NULL, 404},
      {"/api/v1/models/default/rf/first?y=24", NULL, 422},
      {"/api/v1/models/default/rf/nobody", NULL, 404},
      {"/api/v1/models/nobody/profile", "{}", 404},
      {"/api/v1/models/default/profile", "{\"repeat\":0}", 422},
      {"/api/v1/models/default/profile", "{\"warmup\":1000}", 422},
      {"/api/v1/overlays/o_0000000000000000", NULL, 404},
      {"/api/v1/overlays", "{\"ops\":[{\"op\":\"ablate\",\"layer\":\"first\",\"channels\":[6]}]}", 422},
      {"/api/v1/overlays", "{\"ops\":[{\"op\":\"ablate\",\"layer\":\"nobody\",\"channels\":[1]}]}", 404},
      {"/api/v1/overlays", "nothing", 422},
      {"/api/v1/lab/conv", "{}", 422},
      {"/api/v1/lab/conv", "{\"image\":[[1,2],[3]],\"kernel\":[[1]]}", 422},
      {"/api/v1/lab/conv", "{\"image\":[[1,2]],\"kernel\":[[1,1,1]]}", 422},
      {"/api/v1/lab/conv", "{\"image\":[[1,2]],\"kernel\":[[1]],\"stride\":0}", 422},
      {"/api/v1/lab/conv", "{\"image\":[[1,2]],\"kernel\":[[1]],\"border\":\"none\"}", 422},
      {"/api/v1/lab/pool", "{\"image\":[[1,2]],\"type\":\"sum\"}", 422},
      {"/api/v1/lab/pool", "{\"image\":[[1,2]],\"size\":2}", 422},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    reply r = cases[i].body ? post_of(cases[i].target, the_run, cases[i].body) : get_of(cases[i].target, the_run, NULL);
    if (r.status != cases[i].status) fail_msg("%s %s: %d %s", cases[i].target, cases[i].body, r.status, r.body);
    assert_string_equal(header(&r, "Content-Type"), "application/problem+json");
    end_reply(&r);
  }
  char body[200];
  snprintf(body, sizeof body, "{\"model\":\"default\",\"image\":\"%s\",\"overlay\":\"o_1234567890123456\"}",
           the_picture);
  assert_int_equal(status_of(post_json(port, "/api/v1/runs", body)), 404);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(heat_is_the_librarys),
      cmocka_unit_test(channels_are_estimated_then_measured),
      cmocka_unit_test(an_overlay_changes_what_follows),
      cmocka_unit_test(a_mean_is_the_folders),
      cmocka_unit_test(heat_of_a_run_with_an_overlay),
      cmocka_unit_test(a_number_is_taken_apart),
      cmocka_unit_test(a_place_sees_a_part_of_the_picture),
      cmocka_unit_test(a_profile_is_measured_once_and_kept),
      cmocka_unit_test(the_laboratory_answers),
      cmocka_unit_test(wrong_questions_are_told),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
