/* What `fovea train` and `fovea evaluate` make of their options: wrong ones are refused before any work and by the name
 * they were typed with, standardisation goes into the model, a resume may write more files than before, recipes take
 * JSON's own types, and two parts of a training end with the better of both. */
#include "small_training.h"

#include <math.h>
#include <signal.h>

#define TRAIN(output, ...)                                                                                             \
  FOVEA("train", path_of("photos"), "-o", output, "--model", path_of("network.keras"), "--rescale", "1/255",           \
        "--batch-size", "4", "--backup", "none", __VA_ARGS__)

static void expect_success(outcome result) {
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  end(&result);
}

static const char *copy_of_path(const char *name) {
  static char kept[400];
  snprintf(kept, sizeof kept, "%s", path_of(name));
  return kept;
}

static void write_text(const char *name, const char *text) { write_bytes(name, text, strlen(text)); }

/* ---- what is refused */

static void wrong_numbers(void **state) {
  (void)state;
  const char *out = copy_of_path("none.keras");
  expect_failure(TRAIN(out, "--max-steps", "1.5"), 2, "--max-steps must be a whole number, not 1.5");
  expect_failure(TRAIN(out, "--validation-samples", "2.5"), 2, "--validation-samples must be a whole number");
  expect_failure(TRAIN(out, "--accumulate", "0"), 2, "--accumulate must be between 1 and");
  expect_failure(TRAIN(out, "--seed", "5000000000"), 2, "--seed must be one whole number from 0 to 2147483647");
  expect_failure(FOVEA("train", path_of("photos"), "-o", out, "--model", path_of("network.keras"), "--rescale", "0"), 2,
                 "--rescale must be a number such as 1/255, and not 0");
}

static void options_that_exclude_each_other(void **state) {
  (void)state;
  const char *out = copy_of_path("none.keras");
  expect_failure(TRAIN(out, "--schedule", "cosine:0.1", "--reduce-lr", "patience=1"), 2,
                 "--schedule and --reduce-lr exclude each other: both would set the rate");
  expect_failure(TRAIN(out, "--schedule", "cosine:0.1", "--learning-rate", "0.1"), 2,
                 "the rate is a part of the schedule, as in --schedule cosine:0.05");
  expect_failure(TRAIN(out, "--early-stopping", "patence=1"), 2, "--early-stopping: 'patence' is none");
  outcome result = TRAIN(out, "--class-weight", "one=x");
  assert_int_equal(result.status, 2);
  assert_true(has(result.err, "--class-weight must be a number"));
  end(&result);
}

/* Before the first step, whatever it is that cannot be written. */
static void files_that_cannot_be_written(void **state) {
  (void)state;
  const char *out = copy_of_path("none.keras");
  static const char *const options[] = {"--csv-log", "--log-file",    "--checkpoint", "--plot",
                                        "--backup",  "--tensorboard", "--save-recipe"};
  static const char *const names[] = {"x.csv", "x.jsonl", "x.h5", "x.png", "x.h5", "x", "x.json"};
  char path[400], said[100];
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    snprintf(path, sizeof path, "%s/%s", path_of("network.keras"), names[i]);
    snprintf(said, sizeof said, "%s: ", options[i]);
    expect_failure(FOVEA("train", path_of("photos"), "-o", out, options[i], path), 1, said);
  }
  expect_failure(FOVEA("train", path_of("photos"), "-o", out, "--csv-log", path_of("photos")), 1, "it is a folder");
  expect_failure(FOVEA("train", path_of("photos"), "-o", out, "--resume", path_of("no.h5")), 3, "--resume: ");
  expect_failure(FOVEA("evaluate", out, path_of("photos"), "--figure", path_of("network.keras/x.png")), 1,
                 "--figure: ");
  outcome result = TRAIN(out, "--checkpoint", path_of("{val_acuracy:.2f}.h5"));
  assert_int_equal(result.status, 2);
  assert_true(has(result.err, "--checkpoint: training has no number 'val_acuracy'"));
  assert_false(has(result.out, "Epoch 1"));
  end(&result);
  result = TRAIN(out, "--validation", "none", "--early-stopping", "patience=1", "--monitor", "val_loss");
  assert_int_equal(result.status, 2);
  assert_true(has(result.err, "training has no number 'val_loss'"));
  end(&result);
}

/* ---- what is said */

static void missing_folders_are_made(void **state) {
  (void)state;
  char out[400];
  snprintf(out, sizeof out, "%s", path_of("new/a/m.keras"));
  expect_success(TRAIN(out, "--epochs", "1", "--plot", path_of("new/b/c.png"), "--csv-log", path_of("new/d/e.csv")));
  assert_int_equal(access(out, F_OK), 0);
  assert_int_equal(access(path_of("new/b/c.png"), F_OK), 0);
  expect_success(FOVEA("evaluate", out, path_of("photos"), "--figure", path_of("new/f/g.svg")));
  assert_int_equal(access(path_of("new/f/g.svg"), F_OK), 0);
}

static void what_is_watched_without_validation(void **state) {
  (void)state;
  outcome result = TRAIN(path_of("w.keras"), "--epochs", "1", "--validation", "none", "--early-stopping", "patience=2");
  assert_int_equal(result.status, 0);
  assert_true(has(result.err, "there is no validation: --early-stopping watches the loss of training"));
  end(&result);
}

static void rates_are_told_as_they_are_tried(void **state) {
  (void)state;
  outcome result = FOVEA("train", path_of("photos"), "--find-lr", "--model", path_of("network.keras"), "--rescale",
                         "1/255", "--batch-size", "4");
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  assert_true(has(result.out, "no model is written.\n      rate      loss\n     1e-07 "));
  end(&result);
}

/* Keras 1.2's bar of an epoch that --max-steps has cut short stands where training stands. */
static void a_bar_of_an_epoch_cut_short(void **state) {
  (void)state;
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) || unlockpt(master)) skip();
  char slave[100];
  snprintf(slave, sizeof slave, "%s", ptsname(master));
  const int held = open(slave, O_RDWR | O_NOCTTY);
  setenv("TERM", "xterm", 1);
  const char *const words[] = {"train",
                               path_of("photos"),
                               "-o",
                               path_of("bar.keras"),
                               "--model",
                               path_of("network.keras"),
                               "--rescale",
                               "1/255",
                               "--batch-size",
                               "4",
                               "--backup",
                               "none",
                               "--max-steps",
                               "2",
                               "--style",
                               "keras1",
                               NULL};
  assert_int_equal(spawn("/dev/null", slave, path_of(".err"), words), 0);
  char text[8192];
  const ssize_t size = read(master, text, sizeof text - 1);
  close(held);
  close(master);
  assert_true(size > 0);
  text[size] = 0;
  if (!has(text, " 8/17 [=============>................] - 0s - ")) fail_msg("%s", text);
  assert_false(has(text, "17/17 ["));
}

/* ---- standardisation */

/* Of the training pictures, and in the model: the numbers of evaluation are those that training had. */
static void standardisation_goes_into_the_model(void **state) {
  (void)state;
  char out[400], loss[64];
  snprintf(out, sizeof out, "%s", path_of("standard.keras"));
  outcome result =
      FOVEA("train", path_of("photos"), "-o", out, "--model", path_of("network.keras"), "--batch-size", "4", "--backup",
            "none", "--epochs", "2", "--validation", path_of("photos"), "--format", "json", "--augment",
            "rescale=1/255 featurewise_center featurewise_std_normalization horizontal_flip");
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  const char *at = result.out;
  for (const char *next; (next = strstr(at, "\"val_loss\":")) != NULL;) at = next + 11;
  snprintf(loss, sizeof loss, "%.6g", strtod(at, NULL));
  end(&result);
  result = FOVEA("evaluate", out, path_of("photos"), "--format", "json");
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  const char *found = strstr(result.out, "\"loss\": ");
  char evaluated[64];
  snprintf(evaluated, sizeof evaluated, "%.6g", strtod(found + 8, NULL));
  assert_string_equal(loss, evaluated);
  end(&result);
  fv_model *model;
  assert_int_equal(fv_model_load(&model, out, NULL), FV_OK);
  const fv_preprocessing p = fv_model_preprocessing(model);
  assert_true(fabs(p.scale - 1 / 255.0) < 1e-9 && p.mean[0] > 0.3 && p.mean[0] < 0.7 && p.std[0] > 0.1 &&
              p.std[0] < 0.5);
  fv_model_destroy(model);
  expect_failure(TRAIN(out, "--augment", "rescale=1/255"), 2, "so does --rescale");
  expect_failure(TRAIN(out, "--augment", "zca_whitening"), 2, "--augment: zca_whitening mixes all numbers");
  expect_failure(TRAIN(out, "--augment", "samplewise_center"), 2, "take other numbers for each picture");
}

/* ---- whole pictures to learn from */

/* The numbers of one epoch. */
static void numbers_of(double numbers[2], outcome result) {
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  numbers[0] = strtod(strstr(result.out, "\"loss\":") + 7, NULL);
  numbers[1] = strtod(strstr(result.out, "\"val_loss\":") + 11, NULL);
  end(&result);
}

/* Training then is that of pictures without a crop, and validation that of pictures with one. */
static void a_crop_for_validation_alone(void **state) {
  (void)state;
  char out[400];
  double plain[2], cropped[2], whole[2];
  snprintf(out, sizeof out, "%s", path_of("crop.keras"));
  numbers_of(plain, TRAIN(out, "--epochs", "1", "--format", "json"));
  numbers_of(cropped, TRAIN(out, "--epochs", "1", "--format", "json", "--crop", "0.5"));
  numbers_of(whole, TRAIN(out, "--epochs", "1", "--format", "json", "--crop", "0.5", "--train-whole"));
  assert_true(plain[0] == whole[0] && plain[0] != cropped[0]);
  assert_true(plain[1] != whole[1]);
}

/* ---- classes that a set lacks */

static void a_set_may_lack_a_class(void **state) {
  (void)state;
  char out[400], list[400];
  snprintf(out, sizeof out, "%s", path_of("lacking.keras"));
  snprintf(list, sizeof list, "%s", path_of("list.csv"));
  expect_success(TRAIN(out, "--epochs", "1"));
  write_text("list.csv", "photos/two/00.png,two\nphotos/two/01.png,two\n");
  outcome result = FOVEA("evaluate", out, list, "--format", "json");
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  assert_true(has(result.out, "{\"samples\": 2, "));
  assert_true(has(result.out, "{\"name\": \"one\", \"precision\": 0, \"recall\": 0, \"f1\": 0, \"support\": 0}"));
  end(&result);
  write_text("list.csv", "photos/two/00.png,two\nphotos/two/01.png,three\n");
  expect_failure(FOVEA("evaluate", out, list), 3, "class 'three' is none of those that are expected: one, two");
  expect_failure(FOVEA("evaluate", out, path_of("photos/.."), "--training"), 3, "is none of those");
  write_text("list.csv", "photos/two/00.png,two\n");
  result = FOVEA("evaluate", out, list, "--training");
  assert_int_equal(result.status, 2);
  assert_true(has(result.err, "--training is for data in two sets"));
  end(&result);
}

/* ---- going on */

static void train_three_steps(const char *name) {
  char backup[400];
  snprintf(backup, sizeof backup, "%s/%s.backup.h5", folder, name);
  const training t = {0, name, "1", {"--backup", backup, "--max-steps", "3"}};
  const int status = wait_for(begin(&t, false));
  if (status) complain("three steps", status);
}

static void a_resume_may_write_more(void **state) {
  (void)state;
  train_three_steps("more");
  char log[400], board[400];
  snprintf(log, sizeof log, "%s", path_of("more.jsonl"));
  snprintf(board, sizeof board, "%s", path_of("board"));
  const training logged = {0, "more", "1", {"--log-file", log, "--tensorboard", board}};
  if (wait_for(begin(&logged, true))) complain("with a log", 0);
  assert_int_equal(access(log, F_OK), 0);
}

static void another_optimizer_begins_anew(void **state) {
  (void)state;
  train_three_steps("anew");
  char photos[400], network[400], out[400], backup[400];
  snprintf(photos, sizeof photos, "%s", path_of("photos"));
  snprintf(network, sizeof network, "%s", path_of("network.keras"));
  snprintf(out, sizeof out, "%s", path_of("anew.keras"));
  snprintf(backup, sizeof backup, "%s", path_of("anew.backup.h5"));
  outcome result =
      FOVEA("train", photos, "-o", out, "--model", network, "--head", "flatten dropout:0.3", "--freeze", "none",
            "--rescale", "1/255", "--batch-size", "4", "--epochs", "3", "--optimizer", "adam", "--resume", backup);
  assert_int_equal(result.status, 2);
  assert_true(has(result.err, "the training that was kept is another one: "));
  assert_true(has(result.err, "--optimizer is adam, was sgd"));
  assert_true(has(result.err, "--resume-anyway goes on all the same"));
  assert_false(has(result.err, "optimizer."));
  end(&result);
  result = FOVEA("train", photos, "-o", out, "--model", network, "--head", "flatten dropout:0.3", "--freeze", "none",
                 "--rescale", "1/255", "--batch-size", "4", "--epochs", "3", "--optimizer", "adam", "--resume", backup,
                 "--resume-anyway");
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  assert_true(has(result.err, "the optimizer begins anew"));
  end(&result);
}

/* ---- recipes */

static void recipes_take_the_types_of_json(void **state) {
  (void)state;
  char recipe[400], out[400], other[400], text[2048];
  snprintf(recipe, sizeof recipe, "%s", path_of("types.json"));
  snprintf(out, sizeof out, "%s", path_of("types.keras"));
  snprintf(other, sizeof other, "%s", path_of("typed.keras"));
  snprintf(text, sizeof text,
           "{\"data\": \"%s\", \"model\": \"%s\", \"rescale\": \"1/255\", \"batch_size\": 4, \"epochs\": 2,"
           " \"optimizer\": {\"name\": \"sgd\", \"nesterov\": true}, \"learning_rate\": 0.01, \"momentum\": 0.9,"
           " \"metrics\": [\"accuracy\", \"top_k_categorical_accuracy:k=1\"], \"seed\": 3,"
           " \"early_stopping\": {\"patience\": 3, \"min_delta\": 0.001}, \"class_weight\": {\"one\": 2, \"two\": 1},"
           " \"augment\": {\"horizontal_flip\": true, \"zoom\": [0.9, 1.1], \"rotation\": 5}, \"backup\": \"none\"}",
           path_of("photos"), path_of("network.keras"));
  write_text("types.json", text);
  expect_success(FOVEA("train", recipe, "-o", out));
  expect_success(TRAIN(other, "--epochs", "2", "--optimizer", "sgd:nesterov=true", "--learning-rate", "0.01",
                       "--momentum", "0.9", "--metrics", "accuracy top_k_categorical_accuracy:k=1", "--seed", "3",
                       "--early-stopping", "patience=3,min_delta=0.001", "--class-weight", "one=2,two=1", "--augment",
                       "horizontal_flip zoom=0.9,1.1 rotation=5"));
  char command[900];
  snprintf(command, sizeof command, "cmp '%s' '%s' >&2", out, other);
  assert_int_equal(system(command), 0);
  write_text("types.json", "{\"metrics\": []}");
  expect_failure(FOVEA("train", recipe), 2, "metrics must be");
}

/* ---- two parts */

/* Whatever the second part comes to, the model is the best of all epochs by the loss of validation. */
static void two_parts_end_with_the_better_one(void **state) {
  (void)state;
  char out[400];
  snprintf(out, sizeof out, "%s", path_of("parts.keras"));
  outcome result = FOVEA("train", path_of("photos"), "-o", out, "--model", path_of("network.keras"), "--rescale",
                         "1/255", "--validation", path_of("photos"), "--format", "json", "--backup", "none");
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  double best = INFINITY;
  int parts = 0;
  for (const char *at = result.out; (at = strstr(at, "\"val_loss\":")) != NULL;)
    best = fmin(best, strtod(at += 11, NULL));
  for (const char *at = result.out; (at = strstr(at, "\"train.begin\"")) != NULL; at++) parts++;
  assert_int_equal(parts, 2);
  end(&result);
  result = FOVEA("evaluate", out, path_of("photos"), "--format", "json");
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  const double loss = strtod(strstr(result.out, "\"loss\": ") + 8, NULL);
  if (!(fabs(loss - best) < 1e-5)) fail_msg("the best epoch had %.9g, the model has %.9g", best, loss);
  end(&result);
}

/* Killed after an epoch of the second part. Its output is a pipe. */
static void kill_in_the_second_part(const char *const *words) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  const pid_t child = fork();
  assert_true(child >= 0);
  if (!child) {
    dup2(ends[1], STDOUT_FILENO);
    if (!freopen("/dev/null", "wb", stderr)) _exit(99);
    execv(words[0], (char *const *)(uintptr_t)words);
    _exit(99);
  }
  close(ends[1]);
  FILE *lines = fdopen(ends[0], "r");
  char line[4096];
  int parts = 0, epochs = 0;
  while (epochs < 1 && fgets(line, sizeof line, lines)) {
    parts += has(line, "\"train.begin\"");
    epochs += parts == 2 && has(line, "\"train.epoch\"");
  }
  kill(child, SIGKILL);
  fclose(lines);
  waitpid(child, NULL, 0);
  assert_int_equal(parts, 2);
}

/* What early stopping knows of the first part comes back with the backup. */
static void the_second_part_goes_on(void **state) {
  (void)state;
  char photos[400], network[400], whole[400], killed[400], backup[400], command[900];
  snprintf(photos, sizeof photos, "%s", path_of("photos"));
  snprintf(network, sizeof network, "%s", path_of("network.keras"));
  snprintf(whole, sizeof whole, "%s", path_of("whole.keras"));
  snprintf(killed, sizeof killed, "%s", path_of("killed.keras"));
  snprintf(backup, sizeof backup, "%s", path_of("killed.backup.h5"));
  outcome result = FOVEA("train", photos, "-o", whole, "--model", network, "--rescale", "1/255");
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  assert_true(has(result.out, "The head has learnt; now the last layers learn with it, slowly."));
  assert_true(has(result.out, "learning     sgd, rate 0.01, then cosine; 8 epochs"));
  end(&result);
  const char *const words[] = {FOVEA_BINARY_DIR "/fovea",
                               "train",
                               photos,
                               "-o",
                               killed,
                               "--model",
                               network,
                               "--rescale",
                               "1/255",
                               "--format",
                               "json",
                               "--backup-steps",
                               "1",
                               NULL};
  kill_in_the_second_part(words);
  if (access(backup, F_OK)) skip(); /* it was faster than we */
  expect_success(FOVEA("train", photos, "-o", killed, "--model", network, "--rescale", "1/255", "--resume", backup));
  snprintf(command, sizeof command, "cmp '%s' '%s' >&2", whole, killed);
  assert_int_equal(system(command), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wrong_numbers),
      cmocka_unit_test(options_that_exclude_each_other),
      cmocka_unit_test(files_that_cannot_be_written),
      cmocka_unit_test(missing_folders_are_made),
      cmocka_unit_test(what_is_watched_without_validation),
      cmocka_unit_test(rates_are_told_as_they_are_tried),
      cmocka_unit_test(a_bar_of_an_epoch_cut_short),
      cmocka_unit_test(standardisation_goes_into_the_model),
      cmocka_unit_test(a_crop_for_validation_alone),
      cmocka_unit_test(a_set_may_lack_a_class),
      cmocka_unit_test(a_resume_may_write_more),
      cmocka_unit_test(another_optimizer_begins_anew),
      cmocka_unit_test(recipes_take_the_types_of_json),
      cmocka_unit_test(two_parts_end_with_the_better_one),
      cmocka_unit_test(the_second_part_goes_on),
  };
  return cmocka_run_group_tests(tests, begin_tests, remove_folder);
}
