/* Writing files: a name stands for the whole old file or the whole new one, and who is killed leaves nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static char folder[] = "/tmp/fovea-file-XXXXXX", path[64];

static int make_folder(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  snprintf(path, sizeof path, "%s/a file", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  unlink(path);
  return rmdir(folder);
}

static int files_in_folder(void) {
  int count = 0;
  DIR *listing = opendir(folder);
  assert_non_null(listing);
  while (readdir(listing)) count++;
  closedir(listing);
  return count - 2; /* "." and ".." */
}

static void expect_text(const char *expected) {
  uint8_t *bytes;
  size_t size;
  assert_int_equal(fv__file_read(&bytes, &size, path, 1 << 20), FV_OK);
  assert_string_equal((char *)bytes, expected);
  assert_int_equal(size, strlen(expected));
  free(bytes);
}

static void old_or_new_and_nothing_else(void **state) {
  (void)state;
  fv__file_writer writer;
  assert_int_equal(fv__file_write(path, "old", 3), FV_OK);
  assert_int_equal(chmod(path, 0640), 0);
  assert_int_equal(fv__file_write_begin(&writer, path), FV_OK);
  fputs("thrown away", writer.stream);
  fflush(writer.stream);
  expect_text("old");
  fv__file_write_cancel(&writer);
  expect_text("old");
  assert_int_equal(files_in_folder(), 1);
  assert_int_equal(fv__file_write(path, "new", 3), FV_OK);
  expect_text("new");
  assert_int_equal(files_in_folder(), 1);
  struct stat facts;
  assert_int_equal(stat(path, &facts), 0);
  assert_int_equal(facts.st_mode & 07777, 0640);
}

/* A name that a temporary file would take is left to whoever has it. */
static void names_of_others_are_left_alone(void **state) {
  (void)state;
  char taken[128];
  snprintf(taken, sizeof taken, "%s.%ld-0.tmp", path, (long)getpid());
  assert_int_equal(symlink("/nowhere", taken), 0);
  assert_int_equal(fv__file_write(path, "newer", 5), FV_OK);
  expect_text("newer");
  assert_int_equal(files_in_folder(), 2);
  assert_int_equal(unlink(taken), 0);
}

/* Where the file system has files without names, most do, a killed writer leaves none. */
static void a_killed_writer_leaves_nothing(void **state) {
  (void)state;
  fv__file_writer writer;
  assert_int_equal(fv__file_write_begin(&writer, path), FV_OK);
  bool unnamed = writer.unnamed;
  fv__file_write_cancel(&writer);
  if (!unnamed) skip();
  pid_t child = fork();
  if (child == 0) {
    if (fv__file_write_begin(&writer, path)) _exit(1);
    fputs("half", writer.stream);
    fflush(writer.stream);
    raise(SIGKILL);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
  expect_text("newer");
  assert_int_equal(files_in_folder(), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(old_or_new_and_nothing_else),
      cmocka_unit_test(names_of_others_are_left_alone),
      cmocka_unit_test(a_killed_writer_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
