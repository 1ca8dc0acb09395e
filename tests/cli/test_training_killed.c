/* `fovea train` ended at random moments, by kill -9 and by signals that ask it to end, goes on from its backup and ends
 * with the files of a training that was left alone, bit by bit: model, best epoch, table of epochs.
 *
 * A backup is written after each step, so that every moment is near one. 5 moments of each kind, or FOVEA_KILLS. Where
 * strace may be used, a training is also killed at the first, the second ... call to the system of each kind that a
 * save makes: every seventh, or all with FOVEA_KILLS.
 */
#include "small_training.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>

#include "support/drawing.h"

static int trials(void) {
  const char *wanted = getenv("FOVEA_KILLS");
  return wanted ? atoi(wanted) : 5;
}

static void sleep_microseconds(uint32_t microseconds) {
  struct timespec rest = {microseconds / 1000000, (long)(microseconds % 1000000) * 1000};
  while (nanosleep(&rest, &rest) && errno == EINTR) continue;
}

/* One training of each recipe that is left alone; how long it takes. */
static uint32_t train_alone(const training *t) {
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  finish(t, t->name);
  clock_gettime(CLOCK_MONOTONIC, &after);
  assert_int_not_equal(access(file_of(t, "backup.h5"), F_OK), 0);
  return (uint32_t)((after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000);
}

static const training alone[RECIPES] = {{0, "alone0", "1", {NULL}}, {1, "alone1", "1", {NULL}}};
static uint32_t duration;

static void left_alone(void **state) {
  (void)state;
  for (int i = 0; i < RECIPES; i++) {
    const uint32_t took = train_alone(&alone[i]);
    if (!duration || took < duration) duration = took;
  }
  char *table = contents(file_of(&alone[1], "csv"));
  assert_null(strstr(table, "\r\n6,")); /* early stopping has ended the second */
  free(table);
}

/* ---- ending it */

typedef struct ending {
  int count, midway, again, whole; /* trials; ended within training; twice; without a backup */
} ending;

/* Ends a training by one of `signals`, perhaps two or three times, then lets it finish. */
static void end_and_go_on(const int *signals, int signal_count, int n, ending *seen) {
  const training t = {n % RECIPES, "ended", "1", {NULL}};
  char what[60];
  remove_files(&t);
  for (int round = 0; round < 3; round++) {
    const int number = signals[draw((uint32_t)signal_count)];
    const uint32_t at = draw(duration);
    snprintf(what, sizeof what, "trial %d: signal %d after %u us", n, number, at);
    const bool resumes = access(file_of(&t, "backup.h5"), F_OK) == 0;
    const pid_t child = begin(&t, resumes);
    sleep_microseconds(at);
    kill(child, number);
    const int status = wait_for(child);
    if (status > 0 && status != 75) complain(what, status);
    if (status == 75 && access(file_of(&t, "backup.h5"), F_OK)) fail_msg("%s: has left no backup", what);
    seen->midway += status != 0 && access(file_of(&t, "backup.h5"), F_OK) == 0;
    seen->again += resumes && status != 0;
    seen->whole += status != 0 && access(file_of(&t, "backup.h5"), F_OK) != 0;
    if (status == 0 || draw(2)) break;
  }
  finish(&t, what);
  expect_same_files(&alone[t.recipe], &t, what);
  seen->count++;
}

static void try_all(const char *name, uint64_t seed, const int *signals, int signal_count) {
  ending seen = {0};
  draw_from(seed);
  for (int n = 0; n < trials(); n++) end_and_go_on(signals, signal_count, n, &seen);
  print_message("%s, seed %d: %d trainings, ended %d times with a backup, %d without, %d while they went on\n", name,
                (int)seed, seen.count, seen.midway, seen.whole, seen.again);
}

static void killed(void **state) {
  (void)state;
  try_all("kill -9", 2026, (const int[]){SIGKILL}, 1);
}

/* Before training listens they end it as they end any program. */
static void asked_to_end(void **state) {
  (void)state;
  try_all("SIGINT, SIGTERM, SIGUSR1", 7, (const int[]){SIGINT, SIGTERM, SIGUSR1}, 3);
}

/* ---- twice */

/* A log that nobody reads holds training up within a step: the first signal waits for the step's end, the second does
 * not. */
static void a_second_signal_does_not_wait(void **state) {
  (void)state;
  char log[400];
  snprintf(log, sizeof log, "%s", path_of("log"));
  assert_int_equal(mkfifo(log, 0600), 0);
  const int reader = open(log, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  assert_true(reader >= 0);
  fcntl(reader, F_SETPIPE_SZ, 4096);
  const training t = {0, "twice", "1", {"--log-file", log, NULL}};
  const pid_t child = begin(&t, false);
  int waiting = 0, before;
  do {
    before = waiting;
    sleep_microseconds(100000);
    assert_int_equal(ioctl(reader, FIONREAD, &waiting), 0);
    assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
  } while (waiting == 0 || waiting != before);
  kill(child, SIGINT);
  sleep_microseconds(100000);
  assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
  kill(child, SIGINT);
  assert_int_equal(wait_for(child), -SIGINT);
  close(reader);
  unlink(log);
  const training on = {0, "twice", "1", {"--log-file", log, NULL}};
  finish(&on, "after two signals");
  expect_same_files(&alone[0], &on, "after two signals");
}

/* ---- at each call */

/* Three steps, killed at call number `at` of one kind; false when it did not come to that. */
static bool kill_at(const training *t, const char *call, int at) {
  char command[2000];
  snprintf(command, sizeof command,
           "strace -f -o /dev/null -e trace=%s -e inject=%s:signal=KILL:when=%d '" FOVEA_BINARY_DIR
           "/fovea' train '%s' --model '%s' -o '%s' --backup-steps 1 --freeze none --rescale 1/255 --batch-size 4 "
           "--max-steps 3 -j 1 "
           "--quiet > /dev/null 2>&1",
           call, call, at, path_of("photos"), path_of("network.keras"), file_of(t, "keras"));
  return system(command) != 0;
}

static void finish_three_steps(const training *t, const char *what) {
  const bool resumes = access(file_of(t, "backup.h5"), F_OK) == 0;
  outcome result = FOVEA("train", path_of("photos"), "--model", path_of("network.keras"), "-o", file_of(t, "keras"),
                         "--backup-steps", "1", "--freeze", "none", "--rescale", "1/255", "--batch-size", "4",
                         "--max-steps", "3", "--quiet", resumes ? "--resume" : NULL, file_of(t, "backup.h5"));
  if (result.status) fail_msg("%s: %d, %s", what, result.status, result.err);
  end(&result);
}

static void killed_at_each_call(void **state) {
  (void)state;
  static const char *const calls[] = {"openat", "write", "writev",    "pwrite64", "fsync", "linkat",
                                      "rename", "close", "renameat2", "unlink",   "lseek"};
  const training whole = {0, "whole", "1", {NULL}}, t = {0, "at", "1", {NULL}};
  const int step = getenv("FOVEA_KILLS") ? 1 : 7;
  int count = 0;
  finish_three_steps(&whole, "whole");
  if (kill_at(&t, "openat", 60000)) {
    print_message("not killed at each call: strace cannot be used here\n");
    skip();
  }
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    for (int at = 1;; at += step) {
      char what[60];
      snprintf(what, sizeof what, "killed at call %d of %s", at, calls[i]);
      remove_files(&t);
      if (!kill_at(&t, calls[i], at)) break;
      finish_three_steps(&t, what);
      char command[1000];
      snprintf(command, sizeof command, "cmp '%s' '%s' >&2", file_of(&whole, "keras"), file_of(&t, "keras"));
      if (system(command)) fail_msg("%s: the model is not that of a training left alone", what);
      count++;
    }
  print_message("killed at %d calls\n", count);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(left_alone),          cmocka_unit_test(killed),
      cmocka_unit_test(asked_to_end),        cmocka_unit_test(a_second_signal_does_not_wait),
      cmocka_unit_test(killed_at_each_call),
  };
  return cmocka_run_group_tests(tests, begin_tests, remove_folder);
}
