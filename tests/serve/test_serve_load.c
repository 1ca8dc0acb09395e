/* Many clients, slow clients, more work than can be done: what is refused is refused at once, memory is bounded, and
 * whoever behaves is answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <sys/resource.h>

#include <cmocka.h>

#include "serve/client.h"
#include "serve/connections.h"
#include "serve/queue.h"
#include "serve/small.h"

/* Sanitizers take memory of their own for each byte. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SLOW = 500, MEBIBYTES = 2000 };
#else
enum { SLOW = 2000, MEBIBYTES = 256 };
#endif

static int start(void **state) {
  (void)state;
  struct rlimit limit = {0};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
  setrlimit(RLIMIT_NOFILE, &limit);
  return make_folder();
}

static int stop(void **state) {
  (void)state;
  return remove_folder();
}

/* ---- deadlines */

static void test_deadlines_are_absolute(void **state) {
  (void)state;
  int pair[2];
  fv__connections *connections;
  assert_int_equal(fv__connections_create(&connections), FV_OK);
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  fv__connection *line = fv__connections_add(connections, pair[0]);
  const int64_t given = atomic_load(&line->deadline) - fv__milliseconds();
  assert_true(given > 9000 && given <= 10000); /* for headers, from the first moment on */
  fv__connections_sweep(connections);
  assert_true(send(pair[1], "x", 1, MSG_NOSIGNAL) == 1); /* still open; and bytes that drip change nothing */
  assert_true(atomic_load(&line->deadline) - fv__milliseconds() <= given);
  fv__connection_allow(line, 1);
  nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
  fv__connections_sweep(connections);
  char byte;
  assert_int_equal(recv(pair[1], &byte, 1, 0), 0);
  fv__connections_remove(connections, line);
  fv__connections_destroy(connections);
  close(pair[0]);
  close(pair[1]);
}

/* ---- many */

static int64_t resident(void) {
  reply r = get(port, "/api/v1/stats");
  const char *at = strstr(r.body, "\"resident_bytes\":");
  assert_non_null(at);
  const int64_t bytes = atoll(at + 17);
  end_reply(&r);
  return bytes;
}

/* Opens connections that say the beginning of something, and no more. */
static void hold(int *sockets, int count, const char *text) {
  for (int i = 0; i < count; i++) {
    sockets[i] = connect_to(port);
    if (sockets[i] < 0) fail_msg("connection %d is refused", i);
    send_bytes(sockets[i], text, strlen(text));
  }
}

static void let_go(const int *sockets, int count) {
  for (int i = 0; i < count; i++) close(sockets[i]);
}

static void test_slow_clients_stop_nobody(void **state) {
  (void)state;
  static int sockets[SLOW];
  char body[300];
  put_picture("a.png", 24, 1);
  model = small_model();
  start_with(model, &(fv_explore_options){.threads = 1});
  snprintf(body, sizeof body,
           "POST /api/v1/runs HTTP/1.1\r\nHost: localhost:%d\r\nX-Explorer-Token: %s\r\nContent-Type: "
           "application/json\r\nContent-Length: 1000000\r\n\r\n{",
           port, token_of(port));
  const char *const kinds[] = {"", "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ", body};
  const int64_t before = resident();
  for (int k = 0; k < 3; k++) {
    hold(sockets, SLOW, kinds[k]);
    for (int i = 0; i < 50; i++) assert_int_equal(status_of(get(port, i % 2 ? "/healthz" : "/api/v1/hello")), 200);
    assert_true(resident() - before < (int64_t)MEBIBYTES << 20);
    let_go(sockets, SLOW);
  }
  char *picture = picture_id("a.png");
  free(run_on("default", picture));
  free(picture);
  fv_explorer_stop(explorer);
  fv_model_destroy(model);
}

/* Clients that ask for much and read nothing: answers wait within a limit, beyond it there is 503. */
static void test_clients_that_do_not_read(void **state) {
  (void)state;
  enum { CLIENTS = 150 };
  static int sockets[CLIENTS];
  char text[300];
  put_picture("a.png", 24, 1);
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {256, 256, 3});
  x = fv_conv2d(g, x, .name = "wide", .filters = 16, .kernel_size = {1});
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  start_with(model, &(fv_explore_options){.threads = 1});
  char *picture = picture_id("a.png"), *run = run_on("default", picture);
  const int64_t before = resident();
  snprintf(text, sizeof text, "GET /api/v1/runs/%s/maps/wide?fit=0&dtype=f32 HTTP/1.1\r\nHost: localhost:%d\r\n\r\n",
           run, port);
  hold(sockets, CLIENTS, text); /* 4 MB each */
  for (int i = 0; i < 20; i++) assert_int_equal(status_of(get(port, "/healthz")), 200);
  assert_true(resident() - before < (int64_t)3 * MEBIBYTES << 20);
  let_go(sockets, CLIENTS);
  assert_int_equal(status_of(get(port, "/api/v1/hello")), 200);
  free(picture);
  free(run);
  fv_explorer_stop(explorer);
  fv_model_destroy(model);
}

/* ---- more work than can be done */

static void test_a_full_queue_says_so(void **state) {
  (void)state;
  enum { ASKED = 30 };
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {256, 256, 3});
  x = fv_conv2d(g, x, .filters = 64, .kernel_size = {7});
  x = fv_conv2d(g, x, .filters = 64, .kernel_size = {7}); /* 13 billion multiplications */
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  for (int i = 0; i < ASKED; i++) {
    char name[20];
    snprintf(name, sizeof name, "p%d.png", i);
    put_picture(name, 30 + i, i);
  }
  start_with(model, &(fv_explore_options){.threads = 1});
  int refused = 0;
  for (int i = 0; i < ASKED; i++) {
    char name[20], body[200];
    snprintf(name, sizeof name, "p%d.png", i);
    char *picture = picture_id(name);
    snprintf(body, sizeof body, "{\"model\":\"default\",\"image\":\"%s\"}", picture);
    reply r = post_json(port, "/api/v1/runs", body);
    if (r.status == 503) {
      refused++;
      assert_string_equal(header(&r, "Retry-After"), "1");
      assert_non_null(strstr(r.body, "\"code\":\"busy\""));
    } else {
      assert_true(r.status == 202 || r.status == 200);
    }
    end_reply(&r);
    free(picture);
    assert_int_equal(status_of(get(port, "/healthz")), 200);
  }
  assert_true(refused > 0);
  fv_explorer_stop(explorer); /* what waits is given up, what runs is stopped */
  fv_model_destroy(model);
}

/* ---- the queue alone */

static atomic_int started, go_on;

static fv_status wait_here(fv__job *job, void *context) {
  (void)context;
  atomic_fetch_add(&started, 1);
  for (int i = 0; i < 4000 && !atomic_load(&go_on); i++) {
    if (fv__job_is_cancelled(job)) return fv_error_set(FV_ERROR_STOPPED, "stopped");
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  return FV_OK;
}

static char order[8];
static int order_size;

static fv_status note_order(fv__job *job, void *context) {
  (void)job;
  order[order_size++] = *(const char *)context;
  return FV_OK;
}

static void test_who_waits_and_who_comes_first(void **state) {
  (void)state;
  fv__queue *queue;
  char first[FV__ID_SIZE], id[FV__ID_SIZE];
  fv__job_view view;
  static char letters[] = "abc";
  assert_int_equal(fv__queue_create(&queue, NULL), FV_OK);
  const fv__task blocks = {.work = wait_here};
  assert_true(fv__queue_add(queue, &blocks, 1, first));
  while (!atomic_load(&started)) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  const fv__priority priorities[] = {FV__BACKGROUND, FV__PREVIEW, FV__INTERACTIVE};
  for (int i = 0; i < 3; i++) {
    const fv__task task = {.work = note_order, .context = &letters[i], .priority = priorities[i]};
    assert_true(fv__queue_add(queue, &task, 100 + (uint64_t)i, id));
  }
  assert_true(fv__queue_add(queue, &blocks, 1, NULL)); /* is there already */
  assert_int_equal(fv__queue_waiting(queue), 3);
  const fv__task more = {.work = note_order, .context = &letters[0], .priority = FV__BACKGROUND};
  for (uint64_t i = 3; i < FV__QUEUE_WAITING; i++) assert_true(fv__queue_add(queue, &more, 1000 + i, NULL));
  assert_false(fv__queue_add(queue, &more, 5000, NULL));
  for (uint64_t i = 3; i < FV__QUEUE_WAITING; i++) {
    char name[FV__ID_SIZE];
    assert_true(fv__queue_cancel(queue, fv__hash_id(name, 'j', 1000 + i)));
  }
  atomic_store(&go_on, 1);
  char last[FV__ID_SIZE];
  fv__hash_id(last, 'j', 100);
  fv__queue_wait(queue, last);
  assert_true(fv__queue_look(queue, first, &view));
  assert_int_equal(view.state, FV__JOB_DONE);
  assert_string_equal(order, "cba");
  fv__queue_destroy(queue);
}

static void test_a_job_is_stopped(void **state) {
  (void)state;
  fv__queue *queue;
  char id[FV__ID_SIZE];
  fv__job_view view;
  atomic_store(&go_on, 0);
  atomic_store(&started, 0);
  assert_int_equal(fv__queue_create(&queue, NULL), FV_OK);
  const fv__task blocks = {.work = wait_here};
  assert_true(fv__queue_add(queue, &blocks, 7, id));
  while (!atomic_load(&started)) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  assert_true(fv__queue_cancel(queue, id));
  fv__queue_wait(queue, id);
  assert_true(fv__queue_look(queue, id, &view));
  assert_int_equal(view.state, FV__JOB_CANCELLED);
  fv__queue_destroy(queue);
}

/* ---- questions that wait for a long job */

static fv_model *slow_model(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {64, 64, 3});
  for (int i = 0; i < 3; i++) x = fv_conv2d(g, x, .filters = 64, .kernel_size = {5}, .padding = FV_SAME);
  x = fv_global_average_pooling2d(g, x);
  x = fv_dense(g, x, .units = 10, .activation = "softmax");
  fv_model *made;
  assert_int_equal(fv_model_create(&made, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(made, "by-name:1"), FV_OK);
  return made;
}

static bool is_running(const char *job) {
  reply r = get_of("/api/v1/jobs/%s", job, "");
  const bool runs = strstr(r.body, "\"state\":\"running\"") != NULL;
  end_reply(&r);
  return runs;
}

/* Explanations wait for a job that takes seconds; a picture and a layer's maps come at once all the same. */
static void test_who_waits_holds_nobody_up(void **state) {
  (void)state;
  put_picture("a.png", 24, 1);
  model = slow_model();
  start_with(model, &(fv_explore_options){.threads = 1});
  char *picture = picture_id("a.png"), *run = run_on("default", picture), request[300];
  reply r = post_json(port, "/api/v1/models/default/profile", "{\"repeat\":100}");
  char *job = text_of(&r, "job");
  end_reply(&r);
  while (!is_running(job)) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  int waiting[8];
  for (int i = 0; i < 8; i++) {
    waiting[i] = connect_to(port);
    snprintf(request, sizeof request, "GET /api/v1/runs/%s/channels/1?target=%d HTTP/1.1\r\nHost: localhost:%d\r\n\r\n",
             run, i, port);
    assert_true(send_bytes(waiting[i], request, strlen(request)));
  }
  nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
  r = get_of("/api/v1/images/%s/thumb.png?s=32", picture, "");
  assert_int_equal(r.status, 200);
  end_reply(&r);
  r = get_of("/api/v1/runs/%s/maps/2", run, "");
  assert_int_equal(r.status, 200);
  end_reply(&r);
  assert_true(is_running(job)); /* the thumb did not wait for it */
  assert_int_equal(status_of(ask(port, "DELETE", "/api/v1/jobs/none", "", NULL, 0)), 403);
  char header_line[200], target[100];
  reply hello = get(port, "/api/v1/hello");
  char *token = text_of(&hello, "token");
  end_reply(&hello);
  snprintf(header_line, sizeof header_line, "X-Explorer-Token: %s\r\n", token);
  snprintf(target, sizeof target, "/api/v1/jobs/%s", job);
  assert_int_equal(status_of(ask(port, "DELETE", target, header_line, NULL, 0)), 200);
  for (int i = 0; i < 8; i++) { /* and these are answered when it is over */
    reply answer = receive(waiting[i], 20000);
    assert_int_equal(answer.status, 200);
    end_reply(&answer);
    close(waiting[i]);
  }
  free(token);
  free(job);
  free(run);
  free(picture);
  fv_explorer_stop(explorer);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_deadlines_are_absolute),        cmocka_unit_test(test_slow_clients_stop_nobody),
      cmocka_unit_test(test_clients_that_do_not_read),      cmocka_unit_test(test_a_full_queue_says_so),
      cmocka_unit_test(test_who_waits_and_who_comes_first), cmocka_unit_test(test_a_job_is_stopped),
      cmocka_unit_test(test_who_waits_holds_nobody_up),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
