/* fovea train and fovea evaluate: pictures made here become a classifier that names them; the same again; recipes; what
 * is refused; stopping and going on; a full disk. */
#include "outcome.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

enum { PICTURES = 14, SIDE = 16 };

/* Reddish and bluish noise, and one file that is no picture. */
static int make_pictures(void **state) {
  if (make_folder(state)) return -1;
  static const char *const classes[] = {"red", "blue things"};
  if (mkdir(path_of("photos"), 0700)) return -1;
  for (int c = 0; c < 2; c++) {
    char name[128];
    snprintf(name, sizeof name, "photos/%s", classes[c]);
    if (mkdir(path_of(name), 0700)) return -1;
    for (int k = 0; k < PICTURES; k++) {
      fv_image image;
      if (fv_image_create(&image, SIDE, SIDE, 3)) return -1;
      for (int i = 0; i < SIDE * SIDE; i++)
        for (int channel = 0; channel < 3; channel++)
          image.pixels[i * 3 + channel] =
              (uint8_t)((i * 37 + k * 91 + channel * 13) % 90 + (channel == (c ? 2 : 0) ? 150 : 0));
      snprintf(name, sizeof name, "photos/%s/%02d.png", classes[c], k);
      if (fv_image_write(path_of(name), &image)) return -1;
      fv_image_destroy(&image);
    }
  }
  FILE *broken = fopen(path_of("photos/red/broken.png"), "wb");
  if (!broken) return -1;
  fputs("no picture at all", broken);
  return fclose(broken);
}

/* A tiny network on these pictures; more words may follow. */
#define TRAIN(output, ...)                                                                                             \
  FOVEA("train", path_of("photos"), "-o", output, "--model", "LeNet5", "--input-shape", "16,16,3", "--batch-size",     \
        "4", __VA_ARGS__)

static void expect_success(outcome result) {
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  end(&result);
}

static void expect_same_file(const char *a, const char *b, bool same) {
  FILE *files[2] = {fopen(a, "rb"), fopen(b, "rb")};
  assert_non_null(files[0]);
  assert_non_null(files[1]);
  int first, second;
  do {
    first = getc(files[0]);
    second = getc(files[1]);
  } while (first == second && first != EOF);
  assert_int_equal(first == second, same);
  fclose(files[0]);
  fclose(files[1]);
}

static void pictures_become_a_classifier(void **state) {
  (void)state;
  char model[400], photo[400];
  snprintf(model, sizeof model, "%s", path_of("a model.keras"));
  snprintf(photo, sizeof photo, "%s", path_of("photos/blue things/03.png"));
  outcome result = TRAIN(model, "--epochs", "6", "--plot", path_of("curves.png"));
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  assert_true(has(result.out, "blue things 11+3, red 11+3"));
  assert_true(has(result.out, "parameters learn"));
  assert_true(has(result.out, "Epoch 6/6 - "));
  assert_true(has(result.out, "val_accuracy: "));
  assert_true(has(result.err, "broken.png"));
  assert_true(has(result.err, "1 file is left out"));
  end(&result);
  result = FOVEA("predict", model, photo, "--top", "1");
  assert_int_equal(result.status, 0);
  assert_true(has(result.out, "blue things"));
  end(&result);
  result = FOVEA("evaluate", model, path_of("photos"), "--format", "json", "--figure", path_of("confusion.png"));
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  assert_true(has(result.out, "{\"samples\": 28, \"loss\": "));
  assert_true(has(result.out, "\"accuracy\": 1,"));
  assert_true(has(result.out, "\"confusion\": [[14, 0], [0, 14]]"));
  end(&result);
  fv_image figure;
  assert_int_equal(fv_image_read(&figure, path_of("curves.png")), FV_OK);
  fv_image_destroy(&figure);
  assert_int_equal(fv_image_read(&figure, path_of("confusion.png")), FV_OK);
  fv_image_destroy(&figure);
  assert_int_not_equal(access(path_of("a model.backup.h5"), F_OK), 0);
}

static void an_empty_class_is_said(void **state) {
  (void)state;
  assert_int_equal(mkdir(path_of("photos/yellow"), 0700), 0);
  outcome result = TRAIN(path_of("three.keras"), "--max-steps", "1");
  assert_int_equal(rmdir(path_of("photos/yellow")), 0);
  assert_int_equal(result.status, 0);
  assert_true(has(result.err, "photos: class 'yellow' has no picture"));
  assert_false(has(result.err, "class 'red'"));
  assert_true(has(result.out, "yellow 0+0"));
  end(&result);
}

/* Layers of the file by their names; here the file has them all. */
static void weights_are_taken_by_name(void **state) {
  (void)state;
  expect_success(TRAIN(path_of("some.h5"), "--max-steps", "1"));
  outcome result = TRAIN(path_of("named.keras"), "--max-steps", "1", "--weights", path_of("some.h5"), "--by-name");
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  assert_true(has(result.out, "LeNet5 with 2 of its 2 layers from some.h5, and a new head"));
  end(&result);
  result = TRAIN(path_of("named.keras"), "--weights", "random:1", "--by-name");
  assert_int_equal(result.status, 2);
  assert_true(has(result.err, "--by-name is for a network of the zoo and a file of weights"));
  end(&result);
}

/* Pictures under the wrong class are the mistakes. */
static void mistakes_are_shown(void **state) {
  (void)state;
  char model[400], list[400];
  snprintf(model, sizeof model, "%s", path_of("a model.keras"));
  snprintf(list, sizeof list, "%s", path_of("list.csv"));
  FILE *file = fopen(list, "wb");
  assert_non_null(file);
  fputs("photos/red/00.png,blue things\nphotos/red/01.png,red\nphotos/blue things/02.png,blue things\n", file);
  assert_int_equal(fclose(file), 0);
  outcome result = FOVEA("evaluate", model, list, "--mistakes", path_of("worst.png"));
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  assert_true(has(result.out, "2 of 3 right: accuracy 0.6667"));
  assert_true(has(result.out, "1  blue things taken for red"));
  end(&result);
  fv_image sheet;
  assert_int_equal(fv_image_read(&sheet, path_of("worst.png")), FV_OK);
  fv_image_destroy(&sheet);
  file = fopen(list, "wb");
  assert_non_null(file);
  fputs("photos/red/00.png,green\nphotos/red/01.png,red\n", file);
  assert_int_equal(fclose(file), 0);
  expect_failure(FOVEA("evaluate", model, list), 3,
                 "class 'green' is none of those that are expected: blue things, red");
}

static void the_same_again(void **state) {
  (void)state;
  const char *augment = "horizontal_flip rotation=20 zoom=0.2";
  expect_success(
      TRAIN(path_of("a.keras"), "--epochs", "2", "--augment", augment, "-j", "1", "--save-recipe", path_of("r.json")));
  expect_success(TRAIN(path_of("b.keras"), "--epochs", "2", "--augment", augment, "-j", "2"));
  expect_same_file(path_of("a.keras"), path_of("b.keras"), true);
  expect_success(FOVEA("train", path_of("r.json"), "-o", path_of("c.keras")));
  expect_same_file(path_of("a.keras"), path_of("c.keras"), true);
  expect_success(FOVEA("train", path_of("r.json"), "-o", path_of("c.keras"), "--seed", "2"));
  expect_same_file(path_of("a.keras"), path_of("c.keras"), false);
}

static void a_trained_model_learns_on(void **state) {
  (void)state;
  char first[400];
  snprintf(first, sizeof first, "%s", path_of("first.h5"));
  expect_success(TRAIN(first, "--epochs", "1"));
  outcome result = FOVEA("train", path_of("photos"), "-o", path_of("on.h5"), "--model", first, "--epochs", "1");
  assert_int_equal(result.status, 0);
  assert_true(has(result.out, "as it is"));
  end(&result);
  result = FOVEA("train", path_of("photos"), "-o", path_of("on.h5"), "--model", first, "--epochs", "1", "--head",
                 "dense:8:relu dropout:0.25");
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  assert_true(has(result.out, "with a new head"));
  assert_true(has(result.out, "c1, c3"));
  end(&result);
}

static void progress_in_other_words(void **state) {
  (void)state;
  outcome result = TRAIN(path_of("j.keras"), "--epochs", "1", "--format", "json");
  assert_int_equal(result.status, 0);
  for (const char *line = result.out; *line; line = strchr(line, '\n') + 1) assert_int_equal(line[0], '{');
  assert_true(has(result.out, "{\"event\":\"train.epoch\",\"epoch\":1,\"loss\":"));
  end(&result);
  result = TRAIN(path_of("j.keras"), "--epochs", "1", "--style", "keras1", "--checkpoint", path_of("c.h5"), "--monitor",
                 "val_acc", "--save-best-only");
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  assert_true(has(result.out, "Epoch 1/1\n"));
  assert_true(has(result.out, "Epoch 00000: val_acc improved from -inf to "));
  assert_true(has(result.out, "s - loss: "));
  assert_true(has(result.out, " - acc: "));
  end(&result);
  result = TRAIN(path_of("j.keras"), "--epochs", "1", "--quiet");
  assert_int_equal(result.status, 0);
  assert_string_equal(result.out, "");
  end(&result);
}

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(path_of(name), "wb");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
}

static void wrong_words_are_refused(void **state) {
  (void)state;
  char photos[400], out[400], recipe[400];
  snprintf(photos, sizeof photos, "%s", path_of("photos"));
  snprintf(out, sizeof out, "%s", path_of("none.keras"));
  snprintf(recipe, sizeof recipe, "%s", path_of("wrong.json"));
  expect_failure(FOVEA("train", "-o", out), 2, "train needs data");
  expect_failure(FOVEA("train", photos), 2, "nothing would be kept");
  expect_failure(FOVEA("train", photos, "-o", "model.pth"), 2, "must end in .keras or .h5");
  expect_failure(FOVEA("train", photos, "-o", path_of("photos/red/00.png/where.keras")), 1, "cannot be written");
  expect_failure(FOVEA("train", path_of("nothing"), "-o", out), 3, "nothing");
  expect_failure(FOVEA("train", photos, "-o", out, "--optimizer", "sdg"), 2, "did you mean sgd?");
  expect_failure(FOVEA("train", photos, "-o", out, "--optimizer", "adam", "--momentum", "0.9"), 2, "has no 'momentum'");
  expect_failure(FOVEA("train", photos, "-o", out, "--optimizer", "sgd", "--schedule", "cosin"), 2, "cosine");
  expect_failure(FOVEA("train", photos, "-o", out, "--optimizer", "sgd", "--loss", "mse:x=1"), 2, "has no 'x'");
  expect_failure(FOVEA("train", photos, "-o", out, "--plot", "curves.txt"), 2, "--plot");
  expect_failure(FOVEA("train", photos, "-o", out, "--validation", photos, "--validation-split", "0.3"), 2, "exclude");
  expect_failure(FOVEA("train", photos, "-o", out, "--model", "LeNet5", "--save-best-only"), 2, "needs --checkpoint");
  expect_failure(FOVEA("train", photos, "-o", out, "--model", "LeNet5", "--resume-anyway"), 2, "needs --resume");
  write_text("wrong.json", "{\"data\": \"photos\", \"epoch\": 3}");
  expect_failure(FOVEA("train", recipe), 2, "did you mean 'epochs'?");
  write_text("wrong.json", "{\"data\": \"photos\", \"epochs\": 3, \"epochs\": 4}");
  expect_failure(FOVEA("train", recipe), 3, "duplicate");
  write_text("wrong.json", "{\"data\": {}}");
  expect_failure(FOVEA("train", recipe), 2, "data must be a text");
  expect_failure(FOVEA("evaluate", out), 2, "needs a model and data");
  expect_failure(FOVEA("evaluate", out, photos), 3, "none.keras");
}

/* ---- stopping */

static pid_t begin(const char *const *words) {
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child) return child;
  if (!freopen(path_of(".stopped"), "wb", stdout) || !freopen("/dev/null", "wb", stderr)) _exit(99);
  execv(words[0], (char *const *)(uintptr_t)words);
  _exit(99);
}

static void wait_for(const char *path) {
  const struct timespec pause = {.tv_nsec = 5000000};
  for (int i = 0; i < 4000 && access(path, F_OK); i++) nanosleep(&pause, NULL);
  assert_int_equal(access(path, F_OK), 0);
}

static void stopping_and_going_on(void **state) {
  (void)state;
  char photos[400], whole[400], part[400], backup[400];
  snprintf(photos, sizeof photos, "%s", path_of("photos"));
  snprintf(whole, sizeof whole, "%s", path_of("whole.h5"));
  snprintf(part, sizeof part, "%s", path_of("part.h5"));
  snprintf(backup, sizeof backup, "%s", path_of("part.backup.h5"));
  expect_success(TRAIN(whole, "--epochs", "60", "--quiet"));
  const char *const words[] = {
      FOVEA_BINARY_DIR "/fovea", "train",   photos,         "-o", part,       "--model", "LeNet5",
      "--input-shape",           "16,16,3", "--batch-size", "4",  "--epochs", "60",      NULL};
  const pid_t child = begin(words);
  wait_for(backup);
  kill(child, SIGINT);
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  if (WEXITSTATUS(status) == 0) skip(); /* it was faster than we */
  assert_int_equal(WEXITSTATUS(status), 75);
  assert_int_not_equal(access(part, F_OK), 0);
  /* A file that the user named is read, written, and stays. */
  char mine[400];
  snprintf(mine, sizeof mine, "%s", path_of("mine.h5"));
  assert_int_equal(rename(backup, mine), 0);
  expect_success(TRAIN(part, "--epochs", "60", "--quiet", "--resume", mine));
  expect_same_file(whole, part, true);
  assert_int_equal(access(mine, F_OK), 0);
  /* It was the last step's: from a copy under the backup's own name nothing is left to do, and that one goes. */
  assert_int_equal(rename(mine, backup), 0);
  expect_success(TRAIN(part, "--epochs", "60", "--quiet", "--resume", backup));
  assert_int_not_equal(access(backup, F_OK), 0);
}

static void a_full_disk(void **state) {
  (void)state;
  char disk[400], out[400];
  snprintf(disk, sizeof disk, "%s", path_of("disk"));
  snprintf(out, sizeof out, "%s", path_of("disk/m.keras"));
  assert_int_equal(mkdir(disk, 0700), 0);
  if (mount("tmpfs", disk, "tmpfs", 0, "size=64k")) {
    print_message("a full disk is not tried: a small file system cannot be mounted here\n");
    skip();
  }
  outcome result = TRAIN(out, "--epochs", "1");
  const int ended = umount(disk);
  if (result.status != 4) fail_msg("status %d: %s", result.status, result.err);
  assert_true(has(result.err, "No space left on device"));
  end(&result);
  assert_int_equal(ended, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pictures_become_a_classifier),
      cmocka_unit_test(an_empty_class_is_said),
      cmocka_unit_test(weights_are_taken_by_name),
      cmocka_unit_test(mistakes_are_shown),
      cmocka_unit_test(the_same_again),
      cmocka_unit_test(a_trained_model_learns_on),
      cmocka_unit_test(progress_in_other_words),
      cmocka_unit_test(wrong_words_are_refused),
      cmocka_unit_test(stopping_and_going_on),
      cmocka_unit_test(a_full_disk),
  };
  return cmocka_run_group_tests(tests, make_pictures, remove_folder);
}
