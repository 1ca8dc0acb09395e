/* `fovea explore` as users start it: the address comes at once, the page answers, a signal ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <signal.h>
#include <sys/stat.h>

#include "cli/outcome.h"
#include "serve/client.h"

static char out[300], err[300];

/* Starts it with words ended by NULL. The port, or 0 when it ended by itself. */
static int begin(pid_t *child, const char *const *words) {
  const char *arguments[20] = {FOVEA_BINARY_DIR "/fovea", "explore", "--port", "0", "--no-browser"};
  for (int i = 0; words[i]; i++) arguments[i + 5] = words[i];
  snprintf(out, sizeof out, "%s", path_of("address"));
  snprintf(err, sizeof err, "%s", path_of("remarks"));
  unlink(out);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  assert_int_equal(posix_spawn(child, arguments[0], &actions, NULL, (char *const *)arguments, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  for (int i = 0; i < 2000; i++) {
    char *text = access(out, R_OK) ? NULL : contents(out);
    const char *colon = text && strchr(text, '\n') ? strrchr(text, ':') : NULL;
    const int port = colon ? atoi(colon + 1) : 0;
    free(text);
    if (port) return port;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
  }
  return 0;
}

static int end_by(pid_t child, int signal_number) {
  int status;
  assert_int_equal(kill(child, signal_number), 0);
  while (waitpid(child, &status, 0) < 0) assert_int_equal(errno, EINTR);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static bool comes(int port, const char *target, const char *word) {
  for (int i = 0; i < 1000; i++) {
    reply r = get(port, target);
    const bool there = strstr(r.body, word) != NULL;
    end_reply(&r);
    if (there) return true;
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  }
  return false;
}

static void test_a_model_is_shown(void **state) {
  (void)state;
  pid_t child;
  write_picture("one.png", 32, 3);
  const int port = begin(&child, (const char *const[]){"LeNet5", folder, "--weights", "by-name:1", NULL});
  assert_true(port > 0);
  assert_true(comes(port, "/api/v1/hello", "\"state\":\"ready\""));
  assert_true(comes(port, "/api/v1/images", "one.png"));
  assert_int_equal(end_by(child, SIGTERM), 0);
}

static void test_a_training_is_shown(void **state) {
  (void)state;
  pid_t child;
  const int port = begin(&child, (const char *const[]){"--watch", path_of("log.jsonl"), NULL});
  assert_true(port > 0);
  FILE *log = fopen(path_of("log.jsonl"), "w");
  assert_non_null(log);
  fputs("{\"event\":\"train.step\",\"t\":\"t_1\",\"step\":1,\"loss\":2}\n", log);
  fclose(log);
  assert_true(comes(port, "/api/v1/train", "\"steps\":1"));
  assert_int_equal(end_by(child, SIGINT), 0);
}

static void test_a_port_that_is_taken(void **state) {
  (void)state;
  pid_t child;
  char number[16];
  const int port = begin(&child, (const char *const[]){"--watch", path_of("log.jsonl"), NULL});
  assert_true(port > 0);
  snprintf(number, sizeof number, "%d", port);
  expect_failure(FOVEA("explore", "--watch", path_of("log.jsonl"), "--port", number), 1, "--port 0");
  assert_int_equal(end_by(child, SIGTERM), 0);
}

/* Two classes of two pictures, one epoch. Nobody sits before it, so the page ends with the training. */
static void test_a_training_is_watched_while_it_runs(void **state) {
  (void)state;
  mkdir(path_of("set"), 0700);
  mkdir(path_of("set/a"), 0700);
  mkdir(path_of("set/b"), 0700);
  write_picture("set/a/1.png", 40, 1);
  write_picture("set/a/2.png", 40, 2);
  write_picture("set/b/1.png", 40, 7);
  write_picture("set/b/2.png", 40, 9);
  outcome result = FOVEA("train", path_of("set"), "-o", path_of("m.keras"), "--model", "LeNet5", "--epochs", "1",
                         "--explore", "--log-file", path_of("training.jsonl"));
  if (result.status) fail_msg("%d: %s", result.status, result.err);
  assert_true(has(result.err, "can be watched at http://127.0.0.1:"));
  end(&result);
  char *log = contents(path_of("training.jsonl"));
  assert_true(has(log, "train.step"));
  free(log);
}

static void test_mistakes(void **state) {
  (void)state;
  expect_failure(FOVEA("explore", "a", "b", "c"), 2, "a model and a folder");
  expect_failure(FOVEA("explore", "LeNet5", ".", "--port", "70000"), 2, "port");
  expect_failure(FOVEA("explore", "LeNet5", ".", "--port", "0", "--host", "0.0.0.0"), 2, "token");
  expect_failure(FOVEA("explore", "LeNet5", path_of("no such folder"), "--port", "0"), 3, "no such folder");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_model_is_shown),
      cmocka_unit_test(test_a_training_is_shown),
      cmocka_unit_test(test_a_port_that_is_taken),
      cmocka_unit_test(test_a_training_is_watched_while_it_runs),
      cmocka_unit_test(test_mistakes),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
