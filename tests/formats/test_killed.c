/* Whoever kills a writer, at whatever moment, finds one whole file afterwards, the old or the new. (Between two calls
 * to the system the new one has a temporary name too; those that are left then are counted.) A child writes two models
 * in turn to one name until it is killed; 20 times, or as often as FOVEA_KILLS says. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <dirent.h>
#include <sys/wait.h>

#include <fovea/fovea.h>

#include "support/drawing.h"
#include "support/rewriting.h"

#include <cmocka.h>

static const char *const names[] = {"victim.h5", "victim.keras", "victim.npz"};

static fv_model *make_model(const char *rule) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_dense(g, fv_input(g, .shape = {700}), .units = 700);
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(model, rule), FV_OK);
  return model;
}

static char *save_and_read(const fv_model *model, const char *path, size_t *size) {
  assert_int_equal(fv_model_save(model, path, NULL), FV_OK);
  return rewriting_read(path, size);
}

/* A child that writes for ever; the write end of `started` is closed when it begins. */
static pid_t begin_writing(fv_model *const models[2], const char *path) {
  int started[2];
  char nothing;
  assert_int_equal(pipe(started), 0);
  pid_t child = fork();
  if (child == 0) {
    close(started[0]);
    close(started[1]);
    for (int turn = 0;; turn ^= 1)
      if (fv_model_save(models[turn], path, NULL)) _exit(1);
  }
  assert_true(child > 0);
  close(started[1]);
  assert_int_equal(read(started[0], &nothing, 1), 0);
  close(started[0]);
  return child;
}

static void kill_later(pid_t child, uint32_t microseconds) {
  struct timespec wait = {0, (long)microseconds * 1000};
  int status;
  while (nanosleep(&wait, &wait) && errno == EINTR) continue;
  assert_int_equal(kill(child, SIGKILL), 0);
  while (waitpid(child, &status, 0) < 0) assert_int_equal(errno, EINTR);
  assert_true(WIFSIGNALED(status)); /* it had not failed before */
}

/* Removes what is left in the folder; returns how many files. */
static int sweep(void) {
  int count = 0;
  DIR *folder = opendir(rewriting_folder());
  assert_non_null(folder);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
    if (strstr(entry->d_name, ".tmp")) count += unlinkat(dirfd(folder), entry->d_name, 0) == 0;
  closedir(folder);
  return count;
}

static void a_killed_writer_leaves_a_whole_file(void **state) {
  const char *wanted = getenv("FOVEA_KILLS");
  int kills = wanted ? atoi(wanted) : 20, changed = 0, left = 0;
  fv_model *models[2] = {make_model("by-name:1"), make_model("by-name:2")};
  (void)state;
  draw_from(2026);
  for (int n = 0; n < kills; n++) {
    char path[300];
    size_t sizes[2], size;
    snprintf(path, sizeof path, "%s/%s", rewriting_folder(), names[n % 3]);
    char *second = save_and_read(models[1], path, &sizes[1]), *first = save_and_read(models[0], path, &sizes[0]);
    kill_later(begin_writing(models, path), draw(30000));
    char *found = rewriting_read(path, &size);
    bool old = size == sizes[0] && !memcmp(found, first, size), new = size == sizes[1] && !memcmp(found, second, size);
    if (!old && !new) fail_msg("kill %d: %s is neither the old file nor the new one", n, path);
    changed += new;
    free(first);
    free(second);
    free(found);
    unlink(path);
    left += sweep();
  }
  print_message("%d kills, %d found the second model, %d left a temporary file\n", kills, changed, left);
  fv_model_destroy(models[0]);
  fv_model_destroy(models[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_killed_writer_leaves_a_whole_file)};
  return cmocka_run_group_tests(tests, rewriting_begin, rewriting_end);
}
