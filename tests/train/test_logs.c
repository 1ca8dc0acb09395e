/* Logs of training, read back: tables, JSON lines, TensorBoard's event files (by a reader of the test's own: lengths,
 * checksums, messages). A resumed training leaves the log of an undisturbed one; a full disk is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "train/callback.h"
#include "train/event_file.h"
#include "train/weight_pictures.h"

#undef fail
#include <cmocka.h>

#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fovea/fovea.h>

#include "support/trainer.h"

/* ---- a folder of its own */

static char folder[200];

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/fovea logs XXXXXX");
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  char command[300];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return system(command);
}

static const char *in_folder(const char *name) {
  static char path[400];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static char *read_text(const char *path) {
  uint8_t *bytes;
  size_t size;
  if (fv__file_read(&bytes, &size, path, 1 << 24)) fail_msg("%s", fv_error_message());
  return (char *)bytes;
}

/* ---- a training of two steps an epoch */

enum { BEGINS = 1, ENDS = 2 };

static void train(const fv_callback *callback, fv_model *model, int32_t from, int32_t to, int what) {
  pretence p = {.rate = 0.1};
  const fv_trainer trainer = trainer_of(&p, model);
  fv_train_number logs[] = {{"loss", NAN}, {"accuracy", NAN}, {"learning_rate", NAN}, {"val_loss", NAN}};
  fv_train_event event = {.epochs = 9, .steps = 2, .logs = logs, .log_count = 4, .samples_per_second = 20};
  if (what & BEGINS) assert_int_equal(fv__callbacks_call(callback, &trainer, 1, FV__TRAIN_BEGIN, &event), FV_OK);
  for (event.epoch = from; event.epoch < to; event.epoch++) {
    for (int i = 0; i < 3; i++) logs[i].value = 1.0 / (event.epoch + i + 2);
    event.log_count = 3;
    for (event.step = 0; event.step < 2; event.step++) {
      event.iteration = 2 * event.epoch + event.step + 1;
      event.gradient_norm = event.step ? NAN : 0.5;
      assert_int_equal(fv__callbacks_call(callback, &trainer, 1, FV__BATCH_END, &event), FV_OK);
    }
    logs[3].value = event.epoch == 1 ? (double)NAN : 2;
    event.log_count = event.epoch == 2 ? 3 : 4;
    event.seconds = 59;
    if (fv__callbacks_call(callback, &trainer, 1, FV__EPOCH_END, &event)) fail_msg("%s", fv_error_message());
  }
  if (what & ENDS) assert_int_equal(fv__callbacks_call(callback, &trainer, 1, FV__TRAIN_END, &event), FV_OK);
}

static fv_callback make(const char *name, const fv_callback_options *options) {
  fv_callback made;
  if (fv_callback_create(&made, name, options)) fail_msg("%s", fv_error_message());
  return made;
}

/* Backed up after epoch 2, killed after epoch 3, resumed in a new process: the file is that of an undisturbed training.
 */
static void expect_resumable(const char *name, const char *whole) {
  const fv_callback_options options = {.filename = in_folder("logs/resumed")};
  fv_train_number numbers[FV_CALLBACK_MAX_NUMBERS];
  fv_callback first = make(name, &options);
  train(&first, NULL, 0, 2, BEGINS);
  const int32_t count = first.save(first.context, numbers);
  train(&first, NULL, 2, 3, 0);
  fv_callback_destroy(&first);
  fv_callback second = make(name, &options);
  assert_int_equal(second.restore(second.context, numbers, count), FV_OK);
  train(&second, NULL, 2, 4, BEGINS | ENDS);
  fv_callback_destroy(&second);
  char *text = read_text(in_folder("logs/resumed"));
  assert_string_equal(text, whole);
  free(text);
}

/* ---- tables */

static void tables(void **state) {
  (void)state;
  fv_callback callback = make("csv_logger", &(fv_callback_options){.filename = in_folder("new/folder/log.csv")});
  train(&callback, NULL, 0, 4, BEGINS | ENDS);
  fv_callback_destroy(&callback);
  char *text = read_text(in_folder("new/folder/log.csv"));
  const char *expected = "epoch,accuracy,learning_rate,loss,val_loss\r\n"
                         "0,0.3333333333333333,0.25,0.5,2\r\n"
                         "1,0.25,0.2,0.3333333333333333,nan\r\n"
                         "2,0.2,0.16666666666666666,0.25,NA\r\n"
                         "3,0.16666666666666666,0.14285714285714285,0.2,2\r\n";
  assert_string_equal(text, expected);
  expect_resumable("csv_logger", text);
  free(text);
}

static void tables_of_keras(void **state) {
  (void)state;
  const fv_callback_options options = {
      .filename = in_folder("keras.csv"), .separator = ";", .append = true, .compat = FV_CALLBACK_KERAS3};
  for (int i = 0; i < 2; i++) {
    fv_callback callback = make("CSVLogger", &options);
    pretence p = {0};
    const fv_trainer trainer = trainer_of(&p, NULL);
    assert_int_equal(callback.on_train_begin(callback.context, &trainer, &(fv_train_event){0}), FV_OK);
    assert_int_equal(trainer_epoch(&callback, &p, i, "loss", 0.5), FV_OK);
    fv_callback_destroy(&callback);
  }
  char *text = read_text(in_folder("keras.csv"));
  assert_string_equal(text, "epoch;loss;val_loss\r\n0;0.5;NA\r\n1;0.5;NA\r\n");
  free(text);
}

/* ---- JSON */

static void lines_of_json(void **state) {
  (void)state;
  fv_callback callback = make("json_logger", &(fv_callback_options){.filename = in_folder("log.jsonl")});
  train(&callback, NULL, 0, 4, BEGINS | ENDS);
  fv_callback_destroy(&callback);
  char *text = read_text(in_folder("log.jsonl"));
  expect_resumable("json_logger", text);
  const char *first =
      "{\"event\":\"train.step\",\"t\":\"t_1\",\"step\":1,\"epoch\":1,\"loss\":0.5,\"accuracy\":0.3333333,"
      "\"learning_rate\":0.25,\"sps\":20,\"gnorm\":0.5}\n";
  assert_memory_equal(text, first, strlen(first));
  int count = 0, steps = 0;
  for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1, count++) {
    *end = 0;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    if (!object) fail_msg("%s", line);
    steps += !strcmp(json_string_value(json_object_get(object, "event")), "train.step");
    if (count == 5) { /* the second epoch's end */
      assert_true(json_is_null(json_object_get(object, "val_loss")));
      assert_true(json_is_null(json_object_get(object, "patience_left")));
      assert_true(json_number_value(json_object_get(object, "sec")) == 59);
    }
    json_decref(object);
  }
  assert_int_equal(count, 12);
  assert_int_equal(steps, 8);
  free(text);
}

static void a_full_disk_is_told(void **state) {
  (void)state;
  if (access("/dev/full", W_OK)) skip();
  fv_callback callback = make("json_logger", &(fv_callback_options){.filename = "/dev/full"});
  const fv_trainer trainer = trainer_of(&(pretence){0}, NULL);
  fv_train_event event = {0};
  assert_int_equal(fv__callbacks_call(&callback, &trainer, 1, FV__TRAIN_BEGIN, &event), FV_OK);
  assert_int_equal(fv__callbacks_call(&callback, &trainer, 1, FV__BATCH_END, &event), FV_ERROR_IO);
  assert_string_equal(fv_error_message(), "json_logger: /dev/full: cannot write: No space left on device");
  fv_callback_destroy(&callback);
  fv_callback folder_as_file = make("csv_logger", &(fv_callback_options){.filename = folder});
  assert_int_equal(fv__callbacks_call(&folder_as_file, &trainer, 1, FV__TRAIN_BEGIN, &event), FV_ERROR_IO);
  fv_callback_destroy(&folder_as_file);
}

/* ---- event files */

/* CRC-32C bit by bit, for what the file has; "123456789" is known to give e3069283. */
static uint32_t crc_of(const uint8_t *bytes, size_t size) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
  }
  return ~crc;
}

static uint32_t mask(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8u; }

static uint64_t number_at(const uint8_t *bytes, int width) {
  uint64_t number = 0;
  for (int i = 0; i < width; i++) number |= (uint64_t)bytes[i] << 8 * i;
  return number;
}

typedef struct span {
  const uint8_t *bytes;
  size_t size;
} span;

static uint64_t take_variant(span *s) {
  uint64_t number = 0;
  for (int shift = 0; s->size; shift += 7) {
    const uint8_t byte = *s->bytes++;
    s->size--;
    number |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) break;
  }
  return number;
}

/* The index-th field of a message with this number: bytes as a span, numbers as their 8 bytes in *number. */
static bool find_field(span message, uint64_t field, int index, span *found, uint64_t *number) {
  while (message.size) {
    const uint64_t key = take_variant(&message);
    span here = {NULL, 0};
    uint64_t value = 0;
    if ((key & 7) == 0) {
      value = take_variant(&message);
    } else {
      here.size = (key & 7) == 1 ? 8 : (size_t)take_variant(&message);
      assert_true((key & 7) <= 2 && here.size <= message.size);
      here.bytes = message.bytes;
      message = (span){message.bytes + here.size, message.size - here.size};
    }
    if (key >> 3 != field || index--) continue;
    if (found) *found = here;
    if (number) *number = value;
    return true;
  }
  return false;
}

static span field_of(span message, uint64_t field, int index) {
  span found = {NULL, 0};
  if (!find_field(message, field, index, &found, NULL)) fail_msg("no field %d", (int)field);
  return found;
}

typedef struct event {
  char tag[100], plugin[20];
  uint64_t step, type;
  span tensor, content;
} event;

enum { MOST_EVENTS = 100 };
typedef struct events {
  uint8_t *bytes;
  int count;
  event all[MOST_EVENTS];
} events;

static void copy_text(char *text, size_t size, span from) {
  snprintf(text, size, "%.*s", (int)from.size, (const char *)from.bytes);
}

static event read_event(span message) {
  event e = {.step = 0};
  const span value = field_of(field_of(message, 5, 0), 1, 0);
  find_field(message, 2, 0, NULL, &e.step);
  copy_text(e.tag, sizeof e.tag, field_of(value, 1, 0));
  copy_text(e.plugin, sizeof e.plugin, field_of(field_of(field_of(value, 9, 0), 1, 0), 1, 0));
  e.tensor = field_of(value, 8, 0);
  find_field(e.tensor, 1, 0, NULL, &e.type);
  find_field(e.tensor, 4, 0, &e.content, NULL);
  return e;
}

/* All records of the one file in logs/NAME. */
static events read_events(const char *name) {
  events found = {NULL, 0, {{{0}, {0}, 0, 0, {0}, {0}}}};
  char path[700] = "";
  DIR *place = opendir(in_folder(name));
  assert_non_null(place);
  for (const struct dirent *entry; (entry = readdir(place));)
    if (!strncmp(entry->d_name, "events.out.tfevents.", 20)) {
      assert_string_equal(path, "");
      snprintf(path, sizeof path, "%s/%s", in_folder(name), entry->d_name);
    }
  closedir(place);
  size_t size;
  if (fv__file_read(&found.bytes, &size, path, 1 << 24)) fail_msg("%s", fv_error_message());
  for (size_t at = 0, n = 0; at < size; n++) {
    assert_true(size - at > 16);
    const uint8_t *record = found.bytes + at;
    const size_t length = (size_t)number_at(record, 8);
    assert_true(length <= size - at - 16);
    assert_int_equal(number_at(record + 8, 4), mask(crc_of(record, 8)));
    assert_int_equal(number_at(record + 12 + length, 4), mask(crc_of(record + 12, length)));
    const span message = {record + 12, length};
    assert_true(field_of(message, 1, 0).size == 8);
    if (n == 0)
      assert_memory_equal(field_of(message, 3, 0).bytes, "brain.Event:2", 13);
    else
      found.all[found.count++] = read_event(message);
    at += length + 16;
  }
  return found;
}

static const event *find_event(const events *all, const char *tag, uint64_t step) {
  for (int i = 0; i < all->count; i++)
    if (!strcmp(all->all[i].tag, tag) && all->all[i].step == step) return &all->all[i];
  fail_msg("no %s of step %d", tag, (int)step);
  return NULL;
}

static double scalar_of(const events *all, const char *tag, uint64_t step) {
  const event *e = find_event(all, tag, step);
  float value;
  assert_string_equal(e->plugin, "scalars");
  assert_int_equal(e->type, 1);
  assert_int_equal(e->content.size, 4);
  memcpy(&value, e->content.bytes, 4);
  return value;
}

static double double_at(span content, size_t index) {
  double value;
  memcpy(&value, content.bytes + 8 * index, 8);
  return value;
}

/* conv (3, 3, 3, 2) and dense (8, 2). */
static fv_model *small_model(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {4, 4, 3});
  x = fv_conv2d(g, x, .filters = 2, .kernel_size = {3, 3}, .name = "conv");
  x = fv_flatten(g, x);
  x = fv_dense(g, x, .units = 2, .name = "head");
  fv_model *model;
  if (fv_model_create(&model, g, x)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  return model;
}

static void check_histogram(const events *all, fv_model *model) {
  const event *e = find_event(all, "conv/kernel/histogram", 2);
  const float *weights = fv_model_weight_data(model, 0);
  float low = weights[0], high = weights[0];
  for (int i = 0; i < 54; i++) low = fminf(low, weights[i]), high = fmaxf(high, weights[i]);
  assert_string_equal(e->plugin, "histograms");
  assert_int_equal(e->type, 2);
  assert_int_equal(e->content.size, 30 * 3 * 8);
  double sum = 0;
  for (size_t i = 0; i < 30; i++) {
    double expected = 0;
    const double left = double_at(e->content, 3 * i), right = double_at(e->content, 3 * i + 1);
    for (int k = 0; k < 54; k++) expected += weights[k] >= left && (weights[k] < right || i == 29);
    assert_true(fabs(double_at(e->content, 3 * i + 2) - expected) <= 1); /* a number at an edge */
    sum += double_at(e->content, 3 * i + 2);
  }
  assert_true(sum == 54);
  assert_true(double_at(e->content, 0) == low && double_at(e->content, 89 - 1) == high);
}

static void check_pictures(const events *all) {
  const event *e = find_event(all, "conv/kernel/image", 0);
  assert_string_equal(e->plugin, "images");
  assert_int_equal(e->type, 7);
  assert_memory_equal(field_of(e->tensor, 8, 0).bytes, "3", 1);
  fv_image picture;
  const span png = field_of(e->tensor, 8, 3);
  assert_int_equal(fv_image_decode(&picture, png.bytes, png.size, "picture"), FV_OK);
  assert_true(picture.height == 3 && picture.width == 3 && picture.channels == 3);
  fv_image_destroy(&picture);
  assert_false(find_field(e->tensor, 8, 4, NULL, NULL));
}

static void event_files(void **state) {
  (void)state;
  assert_int_equal(crc_of((const uint8_t *)"123456789", 9), 0xe3069283);
  fv_model *model = small_model();
  fv_callback callback = make(
      "TensorBoard", &(fv_callback_options){
                         .log_dir = in_folder("board"), .histogram_freq = 2, .update_freq = 4, .write_images = true});
  train(&callback, model, 0, 4, BEGINS | ENDS);
  fv_callback_destroy(&callback);
  events train_events = read_events("board/train"), validation = read_events("board/validation");
  assert_int_equal(train_events.count, 4 * 3 + 2 * 3 + 2 * 2 * 4);
  assert_int_equal(validation.count, 3 * 2);
  assert_true(scalar_of(&train_events, "epoch_loss", 0) == 0.5);
  assert_true(scalar_of(&train_events, "epoch_learning_rate", 2) == (float)(1.0 / 6));
  assert_true(scalar_of(&train_events, "batch_accuracy", 8) == (float)(1.0 / 6));
  assert_true(isnan(scalar_of(&validation, "epoch_loss", 1)));
  assert_true(scalar_of(&validation, "evaluation_loss_vs_iterations", 8) == 2);
  check_histogram(&train_events, model);
  check_pictures(&train_events);
  free(train_events.bytes);
  free(validation.bytes);
  fv_model_destroy(model);
}

static void odd_weights_have_histograms_and_pictures(void **state) {
  (void)state;
  fv__event_file file;
  const float values[] = {NAN, INFINITY, 2, 2, -INFINITY};
  assert_int_equal(fv__event_file_open(&file, in_folder("odd")), FV_OK);
  assert_int_equal(fv__event_file_histogram(&file, "same", 0, values, 5), FV_OK);
  assert_int_equal(fv__event_file_histogram(&file, "none", 0, values, 2), FV_OK);
  assert_int_equal(fv__event_file_close(&file), FV_OK);
  events all = read_events("odd");
  const event *same = find_event(&all, "same", 0), *none = find_event(&all, "none", 0);
  assert_true(double_at(same->content, 87) == 2 && double_at(same->content, 89) == 2);
  for (size_t i = 0; i < 90; i++) assert_true(double_at(none->content, i) == 0);
  free(all.bytes);
  static const struct {
    fv_shape shape;
    int32_t count, height, width, channels;
  } cases[] = {{{1, {5}}, 1, 1, 5, 1},          {{2, {4, 2}}, 1, 2, 4, 1},       {{2, {2, 3}}, 1, 2, 3, 1},
               {{4, {2, 2, 3, 2}}, 2, 2, 2, 3}, {{4, {2, 1, 1, 2}}, 1, 2, 2, 1}, {{4, {2, 2, 4, 5}}, 16, 2, 2, 1},
               {{3, {2, 3, 4}}, 4, 2, 3, 1},    {{1, {1}}, 1, 1, 1, 1},          {{5, {2, 2, 2, 2, 2}}, 0, 0, 0, 0},
               {{2, {0, 2}}, 0, 0, 0, 0}};
  const float many[80] = {1};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fv_image pictures[FV__WEIGHT_PICTURES];
    int32_t count;
    assert_int_equal(fv__weight_pictures(pictures, &count, many, &cases[i].shape), FV_OK);
    assert_int_equal(count, cases[i].count);
    for (int32_t k = 0; k < count; k++) {
      assert_true(pictures[k].height == cases[i].height && pictures[k].width == cases[i].width &&
                  pictures[k].channels == cases[i].channels);
      fv_image_destroy(&pictures[k]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables),        cmocka_unit_test(tables_of_keras),
      cmocka_unit_test(lines_of_json), cmocka_unit_test(a_full_disk_is_told),
      cmocka_unit_test(event_files),   cmocka_unit_test(odd_weights_have_histograms_and_pictures),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
