/* The stream of events: numbers, replay, slow listeners; a training's log that is followed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>

#include "serve/client.h"
#include "serve/hub.h"
#include "serve/series.h"
#include "serve/small.h"

static int start(void **state) {
  (void)state;
  return make_folder();
}

static int stop(void **state) {
  (void)state;
  return remove_folder();
}

/* ---- the hub alone */

static int woken, paused;
static void wake(void *context) {
  (void)context;
  woken++;
}
static void do_pause(void *context) {
  (void)context;
  paused++;
}

static void publish(fv__hub *hub, const char *event, const char *topic, int number, bool droppable) {
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_whole(&json, "n", number);
  fv__writer_end(&json);
  fv__hub_publish(hub, event, topic, &json, droppable);
}

/* Everything there is for a listener now. */
static char *all_of(fv__listener *listener) {
  static char text[1 << 21];
  size_t used = 0;
  for (ssize_t got; (got = fv__hub_read(listener, text + used, sizeof text - 1 - used, do_pause)) > 0;)
    used += (size_t)got;
  text[used] = '\0';
  return text;
}

static int count_of(const char *text, const char *word) {
  int count = 0;
  for (; (text = strstr(text, word)); text += strlen(word)) count++;
  return count;
}

static void test_events_reach_those_who_want_them(void **state) {
  (void)state;
  fv__hub *hub;
  assert_int_equal(fv__hub_create(&hub, 0xabc), FV_OK);
  fv__listener *all = fv__hub_listen(hub, NULL, 0, -1, wake, NULL);
  fv__listener *some = fv__hub_listen(hub, "run:r_1,job:*", 0, -1, wake, NULL);
  publish(hub, "run.done", "run:r_1", 1, false);
  publish(hub, "run.done", "run:r_2", 2, false);
  publish(hub, "job.done", "job:j_7", 3, false);
  const char *text = all_of(all);
  assert_non_null(strstr(text, "retry: 1500\n\n"));
  assert_non_null(strstr(text, "id: abc-1\nevent: run.done\ndata: {\"n\":1}\n\n"));
  assert_int_equal(count_of(text, "event: "), 3);
  text = all_of(some);
  assert_int_equal(count_of(text, "event: "), 2);
  assert_null(strstr(text, "\"n\":2"));
  const int before = woken;
  publish(hub, "job.done", "job:j_8", 4, false);
  assert_int_equal(woken, before + 2); /* both had read all there was */
  assert_true(paused >= 2);
  fv__hub_leave(all);
  fv__hub_leave(some);
  fv__hub_destroy(hub);
}

static void test_what_was_missed_comes_again(void **state) {
  (void)state;
  fv__hub *hub;
  assert_int_equal(fv__hub_create(&hub, 0xabc), FV_OK);
  for (int i = 1; i <= 20; i++) publish(hub, "e", "t", i, false);
  fv__listener *back = fv__hub_listen(hub, NULL, 0xabc, 15, wake, NULL);
  const char *text = all_of(back);
  assert_int_equal(count_of(text, "event: "), 5);
  assert_non_null(strstr(text, "id: abc-16\n"));
  fv__hub_leave(back);
  fv__listener *stranger = fv__hub_listen(hub, NULL, 0xdef, 15, wake, NULL); /* of another start */
  text = all_of(stranger);
  assert_int_equal(count_of(text, "event: "), 1);
  assert_non_null(strstr(text, "id: abc-20\nevent: reset\n"));
  fv__hub_leave(stranger);
  for (int i = 0; i < FV__HUB_KEPT + 50; i++) publish(hub, "e", "t", i, false);
  fv__listener *late = fv__hub_listen(hub, NULL, 0xabc, 15, wake, NULL); /* no longer there */
  assert_non_null(strstr(all_of(late), "event: reset\n"));
  fv__hub_leave(late);
  fv__hub_destroy(hub);
}

static void test_slow_listeners_miss_steps_alone(void **state) {
  (void)state;
  fv__hub *hub;
  assert_int_equal(fv__hub_create(&hub, 1), FV_OK);
  fv__listener *slow = fv__hub_listen(hub, NULL, 0, -1, wake, NULL);
  for (int i = 0; i < 5000; i++) publish(hub, i % 100 ? "train.step" : "train.epoch", "train:t_1", i, i % 100 != 0);
  const char *text = all_of(slow);
  assert_int_equal(count_of(text, "event: train.epoch"), 50);
  assert_true(count_of(text, "event: train.step") <= 200);
  fv__hub_leave(slow);
  fv__hub_destroy(hub);
}

static void test_listeners_are_counted(void **state) {
  (void)state;
  fv__hub *hub;
  fv__listener *all[FV__HUB_LISTENERS];
  assert_int_equal(fv__hub_create(&hub, 1), FV_OK);
  for (int i = 0; i < FV__HUB_LISTENERS; i++) assert_non_null(all[i] = fv__hub_listen(hub, NULL, 0, -1, wake, NULL));
  assert_null(fv__hub_listen(hub, NULL, 0, -1, wake, NULL));
  fv__hub_close(hub);
  char byte[2000];
  while (fv__hub_read(all[0], byte, sizeof byte, do_pause) > 0) continue;
  assert_int_equal(fv__hub_read(all[0], byte, sizeof byte, do_pause), -1);
  for (int i = 0; i < FV__HUB_LISTENERS; i++) fv__hub_leave(all[i]);
  fv__hub_destroy(hub);
}

/* ---- over HTTP */

/* Listens; the headers are there when it returns. */
static int listen_to(const char *topics) {
  char text[300], head[4096];
  const int s = connect_to(port);
  assert_true(s >= 0);
  snprintf(text, sizeof text, "GET /api/v1/events?topics=%s HTTP/1.1\r\nHost: localhost:%d\r\n\r\n", topics, port);
  send_bytes(s, text, strlen(text));
  size_t size = 0;
  do {
    const ssize_t got = recv(s, head + size, sizeof head - 1 - size, 0);
    assert_true(got > 0);
    head[size += (size_t)got] = '\0';
  } while (!strstr(head, "retry: 1500"));
  assert_non_null(strstr(head, "text/event-stream"));
  return s;
}

/* Reads until `word` came, 10 seconds at most. */
static bool hears(int s, const char *word) {
  static char text[1 << 20];
  size_t size = 0;
  text[0] = '\0';
  while (!strstr(text, word)) {
    struct pollfd p = {.fd = s, .events = POLLIN};
    if (size > sizeof text / 2 || poll(&p, 1, 10000) <= 0) return false;
    const ssize_t got = recv(s, text + size, sizeof text - 1 - size, 0);
    if (got <= 0) return false;
    text[size += (size_t)got] = '\0';
  }
  return true;
}

static void test_a_run_is_told(void **state) {
  (void)state;
  put_picture("a.png", 24, 1); /* the first one's run begins by itself */
  put_picture("b.png", 24, 2);
  model = small_model();
  start_with(model, &(fv_explore_options){0});
  const int s = listen_to("run:*");
  char *picture = picture_id("b.png");
  char *run = run_on("default", picture), told[80];
  snprintf(told, sizeof told, "event: run.done\ndata: {\"r\":\"%s\"", run);
  assert_true(hears(s, told));
  free(run);
  free(picture);
  close(s);
  fv_explorer_stop(explorer);
  fv_model_destroy(model);
}

static void test_a_stream_ends_with_the_server(void **state) {
  (void)state;
  start_with(NULL, &(fv_explore_options){0});
  const int s = listen_to("");
  fv_explorer_stop(explorer);
  assert_false(hears(s, "no such word"));
  close(s);
}

/* A folder that was listed tells what comes to it and goes; other files than pictures do not count. */
static void test_a_folder_is_followed(void **state) {
  (void)state;
  assert_int_equal(mkdir(in_folder("deeper"), 0777), 0);
  put_picture("first.png", 8, 1);
  start_with(NULL, &(fv_explore_options){0});
  const int s = listen_to("images");
  put_picture("early.png", 8, 2); /* nobody has listed the folder yet */
  assert_int_equal(status_of(get(port, "/api/v1/images")), 200);
  put_file("notes.txt", "nothing to see", 14);
  put_picture("late.png", 8, 3);
  assert_true(hears(s, "event: images\ndata: {\"dir\":\"\",\"added\":1,\"removed\":0}"));
  reply r = get(port, "/api/v1/images");
  assert_non_null(strstr(r.body, "late.png"));
  end_reply(&r);
  assert_int_equal(rename(in_folder("late.png"), in_folder("deeper/late.png")), 0);
  assert_true(hears(s, "\"dir\":\"\",\"added\":0,\"removed\":1}"));
  assert_int_equal(status_of(get(port, "/api/v1/images?dir=deeper")), 200);
  put_picture("deeper/another.png", 8, 5);
  assert_true(hears(s, "{\"dir\":\"deeper\",\"added\":1,\"removed\":0}"));
  assert_int_equal(mkdir(in_folder("new"), 0777), 0);
  assert_true(hears(s, "{\"dir\":\"\",\"added\":1,\"removed\":0}"));
  close(s);
  fv_explorer_stop(explorer);
}

/* ---- a training */

static void append(const char *name, const char *text) {
  FILE *file = fopen(in_folder(name), "ab");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

/* Waits until the training has this many steps. */
static void wait_for_steps(int steps) {
  char word[40];
  snprintf(word, sizeof word, "\"steps\":%d,", steps);
  for (int i = 0; i < 1000; i++) {
    reply r = get(port, "/api/v1/train");
    const bool there = strstr(r.body, word) != NULL;
    end_reply(&r);
    if (there) return;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
  }
  fail_msg("never %d steps", steps);
}

static void test_a_log_is_followed(void **state) {
  (void)state;
  char log[100];
  snprintf(log, sizeof log, "%s", in_folder("log.jsonl"));
  start_with(NULL, &(fv_explore_options){.watch = log}); /* not there yet */
  const int s = listen_to("train:*");
  append("log.jsonl", "{\"event\":\"train.step\",\"t\":\"t_1\",\"step\":1,\"epoch\":1,\"loss\":0.5}\n");
  assert_true(hears(s, "\"step\":1"));
  append("log.jsonl", "no JSON\n{\"event\":\"other\"}\n{\"event\":\"train.step\",\"t\":\"t_1\",\"step\":2,");
  append("log.jsonl", "\"epoch\":1,\"loss\":null,\"accuracy\":0.25}\n");
  append("log.jsonl", "{\"event\":\"train.epoch\",\"t\":\"t_1\",\"epoch\":1,\"val_loss\":0.75}\n");
  assert_true(hears(s, "event: train.epoch"));
  wait_for_steps(2);
  reply r = get(port, "/api/v1/train/t_1/series");
  assert_non_null(strstr(r.body, "\"step\":[1,2]"));
  assert_non_null(strstr(r.body, "\"loss\":[0.5,null]"));
  assert_non_null(strstr(r.body, "\"accuracy\":[null,0.25]"));
  assert_non_null(strstr(r.body, "\"val_loss\":[0.75]"));
  end_reply(&r);
  r = get(port, "/api/v1/train/t_1/series?keys=loss&from=1");
  assert_non_null(strstr(r.body, "\"step\":[2]"));
  assert_null(strstr(r.body, "accuracy"));
  end_reply(&r);
  r = get(port, "/api/v1/train/t_1");
  assert_non_null(strstr(r.body, "\"bad_lines\":2"));
  end_reply(&r);
  assert_int_equal(status_of(get(port, "/api/v1/train/t_2")), 404);
  assert_int_equal(remove(in_folder("log.jsonl")), 0); /* a new training under the old name */
  append("log.jsonl", "{\"event\":\"train.step\",\"t\":\"t_1\",\"step\":1,\"epoch\":1,\"loss\":0.25}\n");
  wait_for_steps(1);
  close(s);
  fv_explorer_stop(explorer);
}

static void test_many_steps_become_few_points(void **state) {
  (void)state;
  fv__table table = {0};
  for (int i = 1; i <= 100000; i++) {
    json_t *row = json_pack("{s:i,s:f}", "step", i, "loss", i == 54321 ? -7.0 : sin(i));
    fv__table_add(&table, row);
    json_decref(row);
  }
  fv__writer json = {0};
  fv__table_write(&json, NULL, &table, NULL, 0, 2000);
  assert_non_null(strstr(json.text, "{\"step\":[1,100,"));
  assert_non_null(strstr(json.text, ",100000]"));
  assert_non_null(strstr(json.text, "-7")); /* no spike is lost */
  assert_true(json.size < 60000);
  assert_true(fv__table_last(&table, "step") == 100000);
  free(json.text);
  fv__table_end(&table);
}

static void test_a_log_without_folder(void **state) {
  (void)state;
  fv_explorer *none;
  assert_int_equal(
      fv_explorer_start(&none, NULL, &(fv_explore_options){.port = -1, .watch = "/tmp/no such folder/log.jsonl"}),
      FV_ERROR_NOT_FOUND);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_events_reach_those_who_want_them),
      cmocka_unit_test(test_what_was_missed_comes_again),
      cmocka_unit_test(test_slow_listeners_miss_steps_alone),
      cmocka_unit_test(test_listeners_are_counted),
      cmocka_unit_test(test_a_run_is_told),
      cmocka_unit_test(test_a_stream_ends_with_the_server),
      cmocka_unit_test(test_a_folder_is_followed),
      cmocka_unit_test(test_a_log_is_followed),
      cmocka_unit_test(test_many_steps_become_few_points),
      cmocka_unit_test(test_a_log_without_folder),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
