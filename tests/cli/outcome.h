/* Running the command in tests: words in, exit status and texts out. Files live in a folder of the test's own. */
#ifndef FOVEA_TESTS_CLI_OUTCOME_H
#define FOVEA_TESTS_CLI_OUTCOME_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <fovea/image.h>

extern char **environ;

static char folder[] = "/tmp/fovea-cli-XXXXXX";

/* What a command left. */
typedef struct outcome {
  int status;
  char *out, *err;
} outcome;

static char *path_of(const char *name) {
  static char paths[8][400];
  static int next;
  char *path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static char *contents(const char *path) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  size_t room = 1 << 20, size;
  char *text = malloc(room);
  assert_non_null(text);
  size = fread(text, 1, room - 1, file);
  text[size] = '\0';
  fclose(file);
  return text;
}

/* Runs fovea with words ended by NULL; stdin from `in`, stdout to `out` (NULL: closed). */
static int spawn(const char *in, const char *out, const char *err, const char *const *words) {
  const char *arguments[40] = {FOVEA_BINARY_DIR "/fovea"};
  for (int i = 0; words[i]; i++) arguments[i + 1] = words[i];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, in, O_RDONLY, 0);
  if (out)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  else
    posix_spawn_file_actions_addclose(&actions, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child;
  assert_int_equal(posix_spawn(&child, arguments[0], &actions, NULL, (char *const *)arguments, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  int status;
  while (waitpid(child, &status, 0) < 0) assert_int_equal(errno, EINTR);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static outcome fovea_reading(const char *in, const char *const *words) {
  outcome result = {.status = spawn(in, path_of(".out"), path_of(".err"), words)};
  result.out = contents(path_of(".out"));
  result.err = contents(path_of(".err"));
  return result;
}

static void end(outcome *result) {
  free(result->out);
  free(result->err);
}

#define FOVEA(...) fovea_reading("/dev/null", (const char *const[]){__VA_ARGS__, NULL})

static bool has(const char *text, const char *part) { return strstr(text, part) != NULL; }

/* A failure: this status, nothing on stdout, one line on stderr that holds `part`. */
static inline void expect_failure(outcome result, int status, const char *part) {
  if (result.status != status || !has(result.err, part) || result.out[0])
    fail_msg("expected status %d and '%s', found %d, '%s', '%s'", status, part, result.status, result.err, result.out);
  assert_true(!strncmp(result.err, "fovea: ", 7));
  assert_ptr_equal(strchr(result.err, '\n'), result.err + strlen(result.err) - 1);
  end(&result);
}

static inline void write_picture(const char *name, int side, int seed) {
  fv_image image;
  assert_int_equal(fv_image_create(&image, side, side + 3, 3), FV_OK);
  for (int i = 0; i < side * (side + 3) * 3; i++) image.pixels[i] = (uint8_t)(i * seed + i / 50);
  assert_int_equal(fv_image_write(path_of("picture.png"), &image), FV_OK);
  assert_int_equal(rename(path_of("picture.png"), path_of(name)), 0);
  fv_image_destroy(&image);
}

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  char command[100];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return system(command);
}

#endif
