/* What may go wrong while `fovea train` is at work: a disk that is full, pictures that are none, numbers that are none,
 * a resume of another training. Each ends, or is passed over, with the files and the sentence it should leave. */
#include "small_training.h"

#include <dirent.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <time.h>

static const training alone = {0, "alone", "1", {NULL}};
static size_t backup_size;

static size_t size_of(const char *path) {
  struct stat about;
  return stat(path, &about) ? 0 : (size_t)about.st_size;
}

static int run(const training *t, bool resumes) { return wait_for(begin(t, resumes)); }

/* `path` as one command's argument; the command must succeed. */
static void shell(const char *format, const char *a, const char *b) {
  char command[1000];
  snprintf(command, sizeof command, format, a, b);
  if (system(command)) fail_msg("%s", command);
}

/* Ended after `steps`, with its backup beside it. */
static void train_steps(const char *name, const char *steps) {
  const training t = {0, name, "1", {"--max-steps", steps, "--backup", path_of("part.backup.h5")}};
  const int status = run(&t, false);
  if (status) complain(name, status);
  shell("mv '%s' '%s'", path_of("part.backup.h5"), file_of(&t, "backup.h5"));
}

static void left_alone(void **state) {
  (void)state;
  finish(&alone, "alone");
  train_steps("size", "2");
  backup_size = size_of(path_of("size.backup.h5"));
  assert_true(backup_size > 8000);
}

/* ---- a disk that is full */

static void expect_full_disk(int status, const char *reason) {
  char *text = contents(path_of("messages.txt"));
  if (status != 4 || !has(text, reason) || !has(text, "a backup of about ")) complain(reason, status);
  free(text);
}

static int files_in(const char *path) {
  int count = 0;
  DIR *open_folder = opendir(path);
  assert_non_null(open_folder);
  for (struct dirent *entry; (entry = readdir(open_folder)) != NULL;) count += entry->d_name[0] != '.';
  closedir(open_folder);
  return count;
}

/* There is room for one backup and a half: the second finds none beside the first. */
static void a_disk_of_one_backup_and_a_half(void **state) {
  (void)state;
  char disk[400], size[40];
  snprintf(disk, sizeof disk, "%s", path_of("disk"));
  snprintf(size, sizeof size, "size=%zuk", backup_size * 3 / 2 / 1024);
  assert_int_equal(mkdir(disk, 0700), 0);
  if (mount("tmpfs", disk, "tmpfs", 0, size)) {
    print_message("a full disk is not tried: a small file system cannot be mounted here\n");
    skip();
  }
  const training full = {0, "disk/full", "1", {NULL}}, on = {0, "copied", "1", {NULL}};
  const int status = run(&full, false);
  const int count = files_in(disk);
  const int copied = access(file_of(&full, "backup.h5"), F_OK);
  if (!copied) shell("cp '%s' '%s'", file_of(&full, "backup.h5"), file_of(&on, "backup.h5"));
  const int ended = umount(disk);
  expect_full_disk(status, "No space left on device");
  assert_int_equal(count, 2); /* the backup and the table of epochs */
  assert_int_equal(copied, 0);
  assert_int_equal(ended, 0);
  finish(&on, "after a full disk");
  expect_same_files(&alone, &on, "after a full disk");
}

/* No file may grow beyond half a backup. */
static void a_limit_of_half_a_backup(void **state) {
  (void)state;
  const training t = {0, "limited", "1", {NULL}};
  train_steps("limited", "3");
  shell("cp '%s' '%s'", file_of(&t, "backup.h5"), path_of("before"));
  struct rlimit usual;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){backup_size / 2, usual.rlim_max}), 0);
  const pid_t child = begin(&t, true);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
  expect_full_disk(wait_for(child), "File too large");
  shell("cmp '%s' '%s'", file_of(&t, "backup.h5"), path_of("before"));
  finish(&t, "after a limit");
  expect_same_files(&alone, &t, "after a limit");
}

static void logs_on_a_full_device(void **state) {
  (void)state;
  const training t = {0, "device", "1", {"--log-file", "/dev/full", NULL}};
  if (access("/dev/full", W_OK)) skip();
  const int status = run(&t, false);
  char *text = contents(path_of("messages.txt"));
  if (status != 4 || !has(text, "/dev/full: cannot write: No space left on device")) complain("/dev/full", status);
  free(text);
  assert_int_not_equal(access(file_of(&t, "keras"), F_OK), 0);
}

/* ---- pictures that are none */

enum { CLASSES = 4, SMALL = 6, EACH = 250 };

typedef struct bad_file {
  const char *name;
  bool is_sound; /* odd, but a picture */
} bad_file;
static const bad_file bad_files[] = {
    {"cut10.jpg", false},  {"cut50.jpg", false},    {"cut99.jpg", false}, {"empty.jpg", false}, {"page.jpg", false},
    {"gif.png", false},    {"dangling.jpg", false}, {"pipe.jpg", false},  {"huge.png", false},  {"gone.png", false},
    {"secret.png", false}, {"one pixel.png", true}, {"gray.jpg", true},   {"cmyk.jpg", true},   {"folder.jpg", true}};

static void path_of_bad(char path[400], const char *name) { snprintf(path, 400, "%s/%s", path_of("many/b"), name); }

static void write_sound(void) {
  assert_int_equal(mkdir(path_of("many"), 0700), 0);
  for (int c = 0; c < CLASSES; c++) {
    char name[64];
    snprintf(name, sizeof name, "many/%c", 'a' + c);
    assert_int_equal(mkdir(path_of(name), 0700), 0);
    for (int i = 0; i < EACH; i++) {
      snprintf(name, sizeof name, "many/%c/%03d.ppm", 'a' + c, i);
      unsigned char bytes[11 + SMALL * SMALL * 3] = "P6\n6 6\n255\n";
      for (int k = 0; k < SMALL * SMALL * 3; k++) bytes[11 + k] = (unsigned char)(k * (i + 3) + 60 * c);
      write_bytes(name, bytes, sizeof bytes);
    }
  }
}

static void cut_picture(const char *name, size_t percent) {
  FILE *file = fopen(FOVEA_SOURCE_DIR "/tests/golden/pictures/baseline.jpg", "rb");
  assert_non_null(file);
  static char bytes[1 << 16];
  const size_t size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  write_bytes(name, bytes, size * percent / 100);
}

static void write_bad(void) {
  char path[400];
  cut_picture("many/b/cut10.jpg", 10);
  cut_picture("many/b/cut50.jpg", 50);
  cut_picture("many/b/cut99.jpg", 99);
  write_bytes("many/b/empty.jpg", "", 0);
  write_bytes("many/b/page.jpg", "<!DOCTYPE html><html><body>404</body></html>", 44);
  write_bytes("many/b/gif.png", "GIF89a\1\0\1\0\0\0\0;", 14);
  write_bytes("many/b/huge.png", huge_png, sizeof huge_png - 1);
  write_bytes("many/b/one pixel.png", "P5\n1 1\n255\n*", 12);
  shell("cp '%s' '%s'", FOVEA_SOURCE_DIR "/tests/golden/pictures/gray.jpg", path_of("many/b/gray.jpg"));
  shell("cp '%s' '%s'", FOVEA_SOURCE_DIR "/tests/golden/pictures/cmyk.jpg", path_of("many/b/cmyk.jpg"));
  shell("cp '%s' '%s'", FOVEA_SOURCE_DIR "/tests/golden/pictures/rgb.png", path_of("many/b/gone.png"));
  shell("cp '%s' '%s'", FOVEA_SOURCE_DIR "/tests/golden/pictures/rgb.png", path_of("many/b/secret.png"));
  assert_int_equal(chmod(path_of("many/b/secret.png"), 0), 0);
  path_of_bad(path, "dangling.jpg");
  assert_int_equal(symlink("nowhere.jpg", path), 0);
  path_of_bad(path, "pipe.jpg");
  assert_int_equal(mkfifo(path, 0600), 0);
  path_of_bad(path, "folder.jpg");
  assert_int_equal(mkdir(path, 0700), 0);
}

static int times_in(const char *text, const char *part) {
  int count = 0;
  for (const char *at = text; (at = strstr(at, part)) != NULL; at++) count++;
  return count;
}

/* Training waits for the reader of its log while one picture goes away. */
static pid_t train_while_one_goes(const char *const *words, int *reader) {
  char log[400];
  snprintf(log, sizeof log, "%s", path_of("log"));
  assert_int_equal(mkfifo(log, 0600), 0);
  const pid_t child = fork();
  assert_true(child >= 0);
  if (!child) {
    if (!freopen("/dev/null", "wb", stdout) || !freopen(path_of("messages.txt"), "wb", stderr)) _exit(99);
    execv(words[0], (char *const *)(uintptr_t)words);
    _exit(99);
  }
  *reader = open(log, O_RDONLY | O_CLOEXEC); /* returns when training has opened it */
  assert_true(*reader >= 0);
  char path[400];
  path_of_bad(path, "gone.png");
  assert_int_equal(unlink(path), 0);
  return child;
}

static void bad_pictures_are_named_once(void **state) {
  (void)state;
  char data[400], output[400], network[400], log[400];
  snprintf(data, sizeof data, "%s", path_of("many"));
  snprintf(output, sizeof output, "%s", path_of("many.keras"));
  snprintf(network, sizeof network, "%s", path_of("network.keras"));
  snprintf(log, sizeof log, "%s", path_of("log"));
  write_sound();
  write_bad();
  const char *const words[] = {FOVEA_BINARY_DIR "/fovea",
                               "train",
                               data,
                               "-o",
                               output,
                               "--model",
                               network,
                               "--rescale",
                               "1/255",
                               "--epochs",
                               "3",
                               "--log-file",
                               log,
                               "--backup",
                               "none",
                               "--validation-split",
                               "0.05",
                               NULL};
  int reader;
  const pid_t child = train_while_one_goes(words, &reader);
  char bytes[4096];
  while (read(reader, bytes, sizeof bytes) > 0) continue;
  close(reader);
  const int status = wait_for(child);
  if (status) complain("bad pictures", status);
  char *text = contents(path_of("messages.txt"));
  for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
    const bad_file *bad = &bad_files[i];
    char path[400];
    path_of_bad(path, bad->name);
    const bool is_readable = bad->is_sound || (!strcmp(bad->name, "secret.png") && access(path, R_OK) == 0);
    const int count = times_in(text, path);
    if (count != !is_readable) fail_msg("%s is named %d times:\n%s", bad->name, count, text);
  }
  free(text);
  assert_int_equal(access(output, F_OK), 0);
}

/* ---- numbers that are none */

/* A rate without measure: weights are infinite after a step, and the next one says so. */
static void numbers_that_are_none(void **state) {
  (void)state;
  const training good = {0, "good", "1", {NULL}};
  finish(&good, "good");
  shell("cp '%s' '%s'", file_of(&good, "best.h5"), path_of("best before"));
  char out[400], best[400], photos[400], network[400];
  snprintf(out, sizeof out, "%s", file_of(&good, "keras"));
  snprintf(best, sizeof best, "%s", file_of(&good, "best.h5"));
  snprintf(photos, sizeof photos, "%s", path_of("photos"));
  snprintf(network, sizeof network, "%s", path_of("network.keras"));
  shell("cp '%s' '%s'", out, path_of("before"));
  outcome result = FOVEA("train", photos, "-o", out, "--model", network, "--rescale", "1/255", "--optimizer", "sgd",
                         "--learning-rate", "1e30", "--epochs", "3", "--batch-size", "4", "--checkpoint", best,
                         "--save-best-only", "--freeze", "none");
  if (result.status != 5 || !has(result.err, "epoch 1, step 2") || !has(result.err, "layer '") ||
      !has(result.err, "photos/"))
    fail_msg("status %d: %s", result.status, result.err);
  end(&result);
  shell("cmp '%s' '%s'", out, path_of("before"));
  shell("cmp '%s' '%s'", best, path_of("best before"));
}

/* ---- another training */

static void expect_difference(const training *t, const char *what) {
  char quoted[200];
  const int status = run(t, true);
  char *text = contents(path_of("messages.txt"));
  snprintf(quoted, sizeof quoted, "%s", what);
  if (status != 2 || !has(text, "the training that was kept is another one") || !has(text, quoted))
    complain(what, status);
  free(text);
}

/* The backup of a fovea of another version: the number stands in it as a text. */
static void change_version(const char *path) {
  char *bytes = contents(path), line[64];
  const size_t size = size_of(path);
  snprintf(line, sizeof line, "fovea=%s", fv_version());
  char *at = memmem(bytes, size, line, strlen(line));
  assert_non_null(at);
  at[strlen("fovea=")] ^= 1;
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
  free(bytes);
}

static void another_training_is_refused(void **state) {
  (void)state;
  train_steps("other", "3");
  const training faster = {0, "other", "1", {"--momentum", "0.8", NULL}}, same = {0, "other", "1", {NULL}};
  const training seeded = {0, "other", "1", {"--seed", "5", "--batch-size", "3"}};
  expect_difference(&faster, "--momentum is 0.8, was 0.9");
  expect_difference(&seeded, "--seed is 5, was 1");
  expect_difference(&seeded, "--batch-size is 3, was 4");
  shell("mv '%s' '%s'", path_of("photos/two"), path_of("photos/three"));
  expect_difference(&same, "class 1 is three, ");
  shell("mv '%s' '%s'", path_of("photos/three"), path_of("photos/two"));
  shell("cp -p '%s' '%s'", path_of("photos/two/01.png"), path_of("kept.png"));
  shell("cat '%s' >> '%s'", path_of("kept.png"), path_of("photos/two/01.png"));
  expect_difference(&same, "the set of training pictures is not what it was");
  shell("mv '%s' '%s'", path_of("kept.png"), path_of("photos/two/01.png"));
  change_version(file_of(&same, "backup.h5"));
  expect_difference(&same, "the version of fovea is ");
  const training anyway = {0, "other", "1", {"--resume-anyway", NULL}};
  finish(&anyway, "anyway");
  expect_same_files(&alone, &anyway, "anyway");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(left_alone),
      cmocka_unit_test(a_disk_of_one_backup_and_a_half),
      cmocka_unit_test(a_limit_of_half_a_backup),
      cmocka_unit_test(logs_on_a_full_device),
      cmocka_unit_test(bad_pictures_are_named_once),
      cmocka_unit_test(numbers_that_are_none),
      cmocka_unit_test(another_training_is_refused),
  };
  return cmocka_run_group_tests(tests, begin_tests, remove_folder);
}
