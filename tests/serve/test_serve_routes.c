/* What the routes answer, on a small network and a folder of pictures with difficult names. */
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
  put_picture("a 'quoted' <b>.PNG", 40, 1);
  put_picture("\xe8\x8a\xb1.jpg", 30, 2);
  put_picture("plain.png", 24, 3);
  put_file("broken.png", "\x89PNG\r\n\x1a\n----", 12);
  put_file("moving.gif", "GIF89a----", 10);
  put_file("notes.txt", "no picture", 10);
  mkdir(in_folder("more"), 0700);
  put_picture("more/deep.png", 20, 4);
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

static json_t *json_of(reply r) {
  json_error_t error;
  if (r.status != 200) fail_msg("%d: %s", r.status, r.body);
  json_t *json = json_loadb(r.body, r.size, JSON_REJECT_DUPLICATES, &error);
  if (!json) fail_msg("%s: %s", error.text, r.body);
  end_reply(&r);
  return json;
}

/* An answer's block of maps, checked for its form. */
typedef struct fmap {
  reply r;
  uint32_t channels, height, width, first, full_height, full_width, data;
  uint16_t type, flags;
  float low, high;
} fmap;

static uint32_t u32_at(const reply *r, size_t at) {
  uint32_t value;
  memcpy(&value, r->body + at, 4);
  return value;
}

static float float_at(const reply *r, size_t at) {
  float value;
  memcpy(&value, r->body + at, 4);
  return value;
}

static fmap fmap_of(reply r) {
  if (r.status != 200) fail_msg("%d: %s", r.status, r.body);
  assert_string_equal(header(&r, "Content-Type"), "application/vnd.fmap");
  fmap f = {.r = r};
  assert_memory_equal(r.body, "FMP1", 4);
  memcpy(&f.type, r.body + 4, 2);
  memcpy(&f.flags, r.body + 6, 2);
  f.channels = u32_at(&r, 8);
  f.height = u32_at(&r, 12);
  f.width = u32_at(&r, 16);
  f.first = u32_at(&r, 20);
  f.full_height = u32_at(&r, 24);
  f.full_width = u32_at(&r, 28);
  f.low = float_at(&r, 32);
  f.high = float_at(&r, 36);
  assert_int_equal(u32_at(&r, 48), 64);
  f.data = u32_at(&r, 52);
  assert_int_equal(f.data % 64, 0);
  assert_int_equal(u32_at(&r, 56), 36);
  const size_t bytes = f.type == 0 ? 1 : f.type == 1 ? 2 : 4;
  assert_int_equal(r.size, f.data + bytes * f.channels * f.height * f.width);
  return f;
}

/* ---- models */

static void test_hello(void **state) {
  (void)state;
  json_t *hello = json_of(get(port, "/api/v1/hello"));
  const json_t *first = json_array_get(json_object_get(hello, "models"), 0);
  assert_string_equal(json_string_value(json_object_get(first, "name")), "small");
  assert_string_equal(json_string_value(json_object_get(first, "state")), "ready");
  assert_non_null(json_string_value(json_object_get(json_object_get(hello, "default"), "image")));
  json_decref(hello);
}

static void test_a_model(void **state) {
  (void)state;
  json_t *about = json_of(get(port, "/api/v1/models/default"));
  assert_int_equal(json_integer_value(json_object_get(about, "classes")), 10);
  assert_int_equal(json_array_size(json_object_get(about, "layers")), 6);
  assert_int_equal(json_integer_value(json_object_get(json_object_get(about, "totals"), "parameters")),
                   fv_model_parameters(model));
  const json_t *warning = json_array_get(json_object_get(about, "warnings"), 0);
  assert_string_equal(json_string_value(json_object_get(warning, "code")), "guessed_preprocessing");
  json_decref(about);
  assert_int_equal(status_of(get(port, "/api/v1/models/m_0000000000000000")), 404);
}

static void test_a_layer_with_a_slash_in_its_name(void **state) {
  (void)state;
  json_t *about = json_of(get(port, "/api/v1/models/default/layers/block%2Fsecond"));
  assert_string_equal(json_string_value(json_object_get(about, "name")), "block/second");
  assert_string_equal(json_string_value(json_object_get(about, "sentence")),
                      "9 filters of 3 x 3 on 6 channels; 9 maps of 10 x 10; 495 parameters; each number sees 8 x 8 "
                      "pixels.");
  json_decref(about);
  about = json_of(get(port, "/api/v1/models/default/layers/1"));
  assert_string_equal(json_string_value(json_object_get(about, "name")), "first");
  json_decref(about);
  assert_int_equal(status_of(get(port, "/api/v1/models/default/layers/99")), 404);
  assert_int_equal(status_of(get(port, "/api/v1/models/default/layers/block/second")), 404);
}

static void test_the_graph_in_three_folds(void **state) {
  (void)state;
  static const char *const folds[] = {"none", "block", "module"};
  for (int i = 0; i < 3; i++) {
    json_t *graph = json_of(get_of("/api/v1/models/default/graph?fold=%s", folds[i], ""));
    const json_t *nodes = json_object_get(graph, "nodes"), *edges = json_object_get(graph, "edges");
    if (i == 0) assert_int_equal(json_array_size(nodes), 6);
    assert_true(json_array_size(nodes) >= 1);
    assert_true(json_array_size(edges) + 1 >= json_array_size(nodes));
    assert_true(json_number_value(json_object_get(graph, "w")) > 0);
    json_decref(graph);
  }
  assert_int_equal(status_of(get(port, "/api/v1/models/default/graph?fold=all")), 422);
}

static void test_kernels_are_the_weights(void **state) {
  (void)state;
  const fv_layer_info layer = fv_model_layer(model, 1);
  const float *kernel = fv_model_weight_data(model, layer.weights[0]);
  fmap f = fmap_of(get(port, "/api/v1/models/default/layers/first/weights?dtype=f32&out=2-3&in=1-2"));
  assert_int_equal(f.channels, 4);
  assert_int_equal(f.height, 3);
  for (uint32_t p = 0; p < 9; p++) /* plane 1: filter 2, input 2 */
    assert_true(float_at(&f.r, f.data + (9 + p) * 4) == kernel[(p * 3 + 2) * 6 + 2]);
  end_reply(&f.r);
  reply r = get(port, "/api/v1/models/default/layers/first/weights.npy");
  assert_memory_equal(r.body, "\x93NUMPY\1\0", 8);
  assert_memory_equal(r.body + r.size - 648, kernel, 648);
  end_reply(&r);
  json_t *stats = json_of(get(port, "/api/v1/models/default/layers/first/weights/stats"));
  assert_int_equal(json_array_size(json_object_get(stats, "filters")), 6);
  fv_kernel_maps maps;
  fv_kernel_statistics expected[6];
  assert_int_equal(fv_kernel_maps_of(&maps, model, fv_model_find_layer(model, "first")), FV_OK);
  assert_int_equal(fv_kernel_maps_measure(expected, &maps), FV_OK);
  for (size_t i = 0; i < 6; i++) {
    const json_t *one = json_array_get(json_object_get(stats, "filters"), i), *like = json_object_get(one, "like");
    assert_float_equal((float)json_number_value(json_object_get(one, "norm")), expected[i].norm, 1e-5);
    assert_int_equal(like != NULL, expected[i].name != NULL);
    if (like) assert_string_equal(json_string_value(json_object_get(like, "name")), expected[i].name);
  }
  json_decref(stats);
  assert_int_equal(status_of(get(port, "/api/v1/models/default/layers/pool/weights")), 404);
  assert_int_equal(status_of(get(port, "/api/v1/models/default/layers/first/weights?out=6")), 422);
}

/* ---- pictures */

static void test_the_folder(void **state) {
  (void)state;
  json_t *list = json_of(get(port, "/api/v1/images"));
  assert_int_equal(json_integer_value(json_object_get(list, "total")), 3);
  assert_int_equal(json_array_size(json_object_get(list, "folders")), 1);
  const json_t *rejects = json_object_get(list, "rejects");
  assert_int_equal(json_array_size(rejects), 2);
  for (size_t i = 0; i < 2; i++)
    assert_true(strlen(json_string_value(json_object_get(json_array_get(rejects, i), "reason"))) > 8);
  const json_t *images = json_object_get(list, "images");
  assert_string_equal(json_string_value(json_object_get(json_array_get(images, 0), "name")), "a 'quoted' <b>.PNG");
  assert_string_equal(json_string_value(json_object_get(json_array_get(images, 2), "name")), "\xe8\x8a\xb1.jpg");
  json_decref(list);
  list = json_of(get(port, "/api/v1/images?dir=more"));
  assert_int_equal(json_integer_value(json_object_get(list, "total")), 1);
  json_decref(list);
  list = json_of(get(port, "/api/v1/images?limit=2"));
  assert_int_equal(json_array_size(json_object_get(list, "images")), 2);
  assert_int_equal(json_integer_value(json_object_get(list, "next")), 2);
  json_decref(list);
  assert_int_equal(status_of(get(port, "/api/v1/images?dir=nothing")), 404);
}

static void test_thumbnails(void **state) {
  (void)state;
  char *id = picture_id("a 'quoted' <b>.PNG");
  reply r = get_of("/api/v1/images/%s/thumb.png?s=20", id, "");
  assert_int_equal(r.status, 200);
  fv_image image;
  assert_int_equal(fv_image_decode(&image, r.body, r.size, NULL), FV_OK);
  assert_int_equal(image.width, 20);
  assert_int_equal(image.height, 19);
  fv_image_destroy(&image);
  end_reply(&r);
  assert_int_equal(status_of(get(port, "/api/v1/images/i_0000000000000000/thumb.png")), 404);
  free(id);
}

static void test_a_picture_that_is_sent(void **state) {
  (void)state;
  fv_image image, back;
  void *bytes;
  size_t size;
  assert_int_equal(fv_image_create(&image, 5, 7, 3), FV_OK);
  assert_int_equal(fv_image_encode(&bytes, &size, &image, ".png"), FV_OK);
  reply r = post(port, "/api/v1/images?name=..%2F..%2Fetc%2Fblack.png", "image/png", bytes, size);
  assert_int_equal(r.status, 201);
  char *id = text_of(&r, "id"), *name = text_of(&r, "name");
  assert_string_equal(name, "black.png");
  end_reply(&r);
  r = get_of("/api/v1/images/%s/full.png", id, "");
  assert_int_equal(fv_image_decode(&back, r.body, r.size, NULL), FV_OK);
  assert_int_equal(back.width, 7);
  end_reply(&r);
  r = post(port, "/api/v1/images", "image/png", "no picture", 10);
  assert_int_equal(r.status, 422);
  assert_non_null(strstr(r.body, "\"code\":\"image_decode\""));
  end_reply(&r);
  assert_int_equal(status_of(post(port, "/api/v1/images", "text/plain", bytes, size)), 415);
  fv_image_destroy(&image);
  fv_image_destroy(&back);
  free(bytes);
  free(id);
  free(name);
}

static void test_the_input_is_what_the_network_sees(void **state) {
  (void)state;
  fmap f = fmap_of(get_of("/api/v1/images/%s/input?dtype=f32&fit=0", the_picture, ""));
  assert_int_equal(f.channels, 3);
  assert_int_equal(f.height, 24);
  fmap g = fmap_of(get_of("/api/v1/runs/%s/maps/0?dtype=f32&fit=0", the_run, ""));
  assert_memory_equal(f.r.body + f.data, g.r.body + g.data, 3 * 24 * 24 * 4);
  end_reply(&f.r);
  end_reply(&g.r);
}

/* ---- runs */

static void test_the_same_run_is_not_computed_again(void **state) {
  (void)state;
  json_t *before = json_of(get(port, "/api/v1/stats"));
  char *again = run_on("default", the_picture);
  assert_string_equal(again, the_run);
  free(again);
  json_t *after = json_of(get(port, "/api/v1/stats"));
  assert_int_equal(json_integer_value(json_object_get(json_object_get(before, "runs"), "computed")),
                   json_integer_value(json_object_get(json_object_get(after, "runs"), "computed")));
  json_decref(before);
  json_decref(after);
}

static void test_wrong_runs(void **state) {
  (void)state;
  static const char *const bodies[] = {"",
                                       "[]",
                                       "{",
                                       "{\"model\":1}",
                                       "{\"model\":\"default\"}",
                                       "{\"model\":\"default\",\"images\":[]}",
                                       "{\"model\":\"default\",\"images\":[\"a\",\"b\"]}"};
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
    assert_int_equal(status_of(post_json(port, "/api/v1/runs", bodies[i])), 422);
  assert_int_equal(status_of(post_json(port, "/api/v1/runs", "{\"model\":\"default\",\"image\":\"i_1\"}")), 404);
  assert_int_equal(status_of(post_json(port, "/api/v1/runs", "{\"model\":\"m_1\",\"image\":\"i_1\"}")), 404);
  assert_int_equal(status_of(get(port, "/api/v1/runs/r_0000000000000000/top")), 404);
}

static void test_the_answer(void **state) {
  (void)state;
  json_t *top = json_of(get_of("/api/v1/runs/%s/top?k=10", the_run, ""));
  const json_t *list = json_object_get(top, "top");
  assert_int_equal(json_array_size(list), 10);
  double sum = 0, last = 2, logits[10], numbers[10];
  for (size_t i = 0; i < 10; i++) {
    const json_t *one = json_array_get(list, i);
    numbers[i] = json_number_value(json_object_get(one, "p"));
    logits[i] = json_number_value(json_object_get(one, "logit"));
    assert_true(numbers[i] <= last);
    last = numbers[i];
    sum += numbers[i];
  }
  assert_true(fabs(sum - 1) < 1e-5);
  for (int i = 1; i < 10; i++) assert_true(fabs(log(numbers[0] / numbers[i]) - (logits[0] - logits[i])) < 1e-3);
  assert_true(fabs(json_number_value(json_object_get(top, "margin")) - (numbers[0] - numbers[1])) < 1e-6);
  assert_true(json_is_true(json_object_get(top, "unknown_labels")));
  json_decref(top);
  top = json_of(get_of("/api/v1/runs/%s/top?k=1&t=100", the_run, ""));
  assert_true(json_number_value(json_object_get(json_array_get(json_object_get(top, "top"), 0), "p")) <
              numbers[0] + 1e-9);
  json_decref(top);
  fmap f = fmap_of(get_of("/api/v1/runs/%s/output", the_run, ""));
  assert_int_equal(f.channels, 10);
  assert_int_equal(f.type, 2);
  end_reply(&f.r);
}

static void test_maps(void **state) {
  (void)state;
  fmap f = fmap_of(get_of("/api/v1/runs/%s/maps/%s?dtype=f32&fit=0", the_run, "block%2Fsecond"));
  assert_int_equal(f.channels, 9);
  assert_int_equal(f.height, 10);
  assert_int_equal(f.flags & 1, 1);
  fmap g = fmap_of(get_of("/api/v1/runs/%s/maps/%s", the_run, "block%2Fsecond"));
  const float span = fmaxf(-f.low, f.high);
  for (uint32_t i = 0; i < 900; i++) { /* each code is its number within half a step */
    const float exact = float_at(&f.r, f.data + 4 * i);
    const float shown = ((float)(uint8_t)g.r.body[g.data + i] - 128) * span / 127;
    assert_true(fabsf(exact - shown) <= span / 253);
  }
  end_reply(&g.r);
  g = fmap_of(
      get_of("/api/v1/runs/%s/maps/%s?ch=3-5&fit=4&pool=peak&dtype=f16&range=channel", the_run, "block%2Fsecond"));
  assert_int_equal(g.channels, 3);
  assert_int_equal(g.first, 3);
  assert_int_equal(g.height, 4);
  assert_int_equal(g.full_height, 10);
  assert_int_equal(g.flags, 1 | 2 | 4 | 8);
  end_reply(&g.r);
  end_reply(&f.r);
  f = fmap_of(get_of("/api/v1/runs/%s/maps/classes", the_run, ""));
  assert_int_equal(f.channels, 10);
  assert_int_equal(f.height * f.width, 1);
  end_reply(&f.r);
  static const char *const wrong[] = {"fit=-1",    "fit=x", "dtype=u16", "pool=max",
                                      "range=all", "ch=9",  "ch=3-2",    "ch=a"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    assert_int_equal(status_of(get_of("/api/v1/runs/%s/maps/first?%s", the_run, wrong[i])), 422);
}

static void test_a_known_block_is_not_made_again(void **state) {
  (void)state;
  char target[200], headers[200];
  snprintf(target, sizeof target, "/api/v1/runs/%s/maps/first", the_run);
  reply r = get(port, target);
  snprintf(headers, sizeof headers, "If-None-Match: %s\r\n", header(&r, "ETag"));
  end_reply(&r);
  assert_int_equal(status_of(ask(port, "GET", target, headers, NULL, 0)), 304);
}

static void test_exports(void **state) {
  (void)state;
  reply r = get_of("/api/v1/runs/%s/maps/first.npy", the_run, "");
  assert_memory_equal(r.body, "\x93NUMPY\1\0", 8);
  assert_non_null(strstr(r.body + 10, "(1, 24, 24, 6,)"));
  assert_string_equal(header(&r, "Content-Disposition"), "attachment");
  end_reply(&r);
  r = get_of("/api/v1/runs/%s/maps/first/sheet.png?cols=3&tile=48&gap=1", the_run, "");
  fv_image image;
  assert_int_equal(fv_image_decode(&image, r.body, r.size, NULL), FV_OK);
  assert_int_equal(image.width, 3 * 49 + 1);
  assert_int_equal(image.height, 2 * 49 + 1);
  fv_image_destroy(&image);
  end_reply(&r);
}

static void test_layers_of_a_run(void **state) {
  (void)state;
  json_t *rows = json_of(get_of("/api/v1/runs/%s/layers", the_run, ""));
  const json_t *list = json_object_get(rows, "layers");
  assert_int_equal(json_array_size(list), 6);
  const json_t *first = json_array_get(list, 1);
  assert_true(json_is_true(json_object_get(first, "kept")));
  assert_true(json_number_value(json_object_get(first, "min")) == 0);
  assert_true(json_number_value(json_object_get(first, "zero")) > 0);
  json_decref(rows);
}

static void test_compressed_json(void **state) {
  (void)state;
  reply r = ask(port, "GET", "/api/v1/models/default", "Accept-Encoding: gzip\r\n", NULL, 0);
  assert_string_equal(header(&r, "Content-Encoding"), "gzip");
  assert_int_equal((unsigned char)r.body[0], 0x1f);
  end_reply(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hello),
      cmocka_unit_test(test_a_model),
      cmocka_unit_test(test_a_layer_with_a_slash_in_its_name),
      cmocka_unit_test(test_the_graph_in_three_folds),
      cmocka_unit_test(test_kernels_are_the_weights),
      cmocka_unit_test(test_the_folder),
      cmocka_unit_test(test_thumbnails),
      cmocka_unit_test(test_a_picture_that_is_sent),
      cmocka_unit_test(test_the_input_is_what_the_network_sees),
      cmocka_unit_test(test_the_same_run_is_not_computed_again),
      cmocka_unit_test(test_wrong_runs),
      cmocka_unit_test(test_the_answer),
      cmocka_unit_test(test_maps),
      cmocka_unit_test(test_a_known_block_is_not_made_again),
      cmocka_unit_test(test_exports),
      cmocka_unit_test(test_layers_of_a_run),
      cmocka_unit_test(test_compressed_json),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
