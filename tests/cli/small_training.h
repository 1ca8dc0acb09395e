/* A small training by the command that has all that has a state: batch normalization, dropout, augmentation, shuffled
 * passes, pictures that are left out, momentum with a schedule or Adam with a falling rate, averages of weights, early
 * stopping, a checkpoint of the best epoch. A backup is written after each step. One thread before it ends, two after.
 */
#ifndef FOVEA_TESTS_CLI_SMALL_TRAINING_H
#define FOVEA_TESTS_CLI_SMALL_TRAINING_H

#include "outcome.h"

#include <sys/stat.h>

#include <fovea/file.h>
#include <fovea/fovea.h>

enum { SIDE = 12, PICTURES = 10, RECIPES = 2, MAX_WORDS = 48 };

/* What is the same in all trainings of a recipe. */
static const char *const recipes[RECIPES][20] = {
    {"--optimizer", "sgd:use_ema=true,ema_momentum=0.8", "--momentum", "0.9", "--schedule", "cosine:0.05",
     "--early-stopping", "patience=5", "--epochs", "7", NULL},
    {"--optimizer", "adam:amsgrad=true", "--learning-rate", "0.01", "--accumulate", "2", "--reduce-lr",
     "factor=0.5,patience=1,min_delta=0.05", "--early-stopping", "patience=2,min_delta=0.02", "--epochs", "7", NULL}};

static const char *const kinds[] = {"keras", "best.h5", "csv"};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- what is trained */

static fv_status make_network(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {SIDE, SIDE, 3});
  x = fv_conv2d(g, x, .filters = 4, .kernel_size = {3});
  x = fv_batch_normalization(g, x);
  x = fv_re_lu(g, x);
  x = fv_max_pooling2d(g, x);
  x = fv_flatten(g, x);
  x = fv_dense(g, x, .units = 5, .activation = "softmax");
  fv_model *model;
  fv_status status = fv_model_create(&model, g, x);
  if (!status) status = fv_model_initialize(model, "random:3");
  if (!status) status = fv_model_save(model, path_of("network.keras"), NULL);
  fv_model_destroy(model);
  return status;
}

/* A whole PNG by its ends, of 60,000 x 60,000 pixels by its header: only decoding tells. */
static const char huge_png[] =
    "\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\xea\x60\x00\x00\xea\x60\x08\x02"
    "\x00\x00\x00\x0f\xb0\xe2\x15\x00\x00\x00\x08\x49\x44\x41\x54\x78\x9c\x03\x00\x00\x00\x00\x01\x48\x06\x89\xd2"
    "\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

static inline void write_bytes(const char *name, const void *bytes, size_t size) {
  FILE *file = fopen(path_of(name), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

/* In memory where that can be: a disk takes its time to keep a file safe. */
static inline int begin_tests(void **state) {
  static const char *const classes[] = {"one", "two"};
  if (access("/dev/shm", W_OK) == 0) snprintf(folder, sizeof folder, "/dev/shm/fovea-XXXXXX");
  if (make_folder(state) || make_network() || mkdir(path_of("photos"), 0700)) return -1;
  for (int c = 0; c < 2; c++) {
    char name[128];
    snprintf(name, sizeof name, "photos/%s", classes[c]);
    if (mkdir(path_of(name), 0700)) return -1;
    for (int k = 0; k < PICTURES; k++) {
      snprintf(name, sizeof name, "photos/%s/%02d.png", classes[c], k);
      write_picture(name, SIDE, 3 + 2 * k + c);
    }
  }
  write_bytes("photos/two/broken.png", "", 0);
  write_bytes("photos/one/huge.png", huge_png, sizeof huge_png - 1);
  return 0;
}

/* ---- running */

typedef struct training {
  int recipe;
  const char *name;    /* of its files: NAME.keras, NAME.best.h5, NAME.csv, NAME.backup.h5 */
  const char *threads; /* before it first ends */
  const char *extra[4];
} training;

static const char *file_of(const training *t, const char *kind) {
  char name[100];
  snprintf(name, sizeof name, "%s.%s", t->name, kind);
  return path_of(name);
}

static inline pid_t begin(const training *t, bool resumes) {
  char paths[7][400];
  const char *files[] = {path_of("photos"), path_of("network.keras"), file_of(t, "keras"),    file_of(t, "best.h5"),
                         file_of(t, "csv"), file_of(t, "backup.h5"),  path_of("messages.txt")};
  for (int i = 0; i < 7; i++) snprintf(paths[i], sizeof paths[i], "%s", files[i]);
  const char *words[MAX_WORDS] = {FOVEA_BINARY_DIR "/fovea",
                                  "train",
                                  paths[0],
                                  "-o",
                                  paths[2],
                                  "--model",
                                  paths[1],
                                  "--head",
                                  "flatten dropout:0.3",
                                  "--freeze",
                                  "none",
                                  "--rescale",
                                  "1/255",
                                  "--augment",
                                  "horizontal_flip rotation=20 zoom=0.2",
                                  "--batch-size",
                                  "4",
                                  "--checkpoint",
                                  paths[3],
                                  "--save-best-only",
                                  "--csv-log",
                                  paths[4],
                                  "--backup-steps",
                                  "1",
                                  "--quiet",
                                  "-j",
                                  resumes ? "2" : t->threads};
  int count = 0;
  while (words[count]) count++;
  for (int i = 0; recipes[t->recipe][i]; i++) words[count++] = recipes[t->recipe][i];
  for (int i = 0; i < 4 && t->extra[i]; i++) words[count++] = t->extra[i];
  if (resumes) {
    words[count++] = "--resume";
    words[count++] = paths[5];
  }
  assert_true(count < MAX_WORDS);
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child) return child;
  if (!freopen("/dev/null", "wb", stdout) || !freopen(paths[6], "wb", stderr)) _exit(99);
  execv(words[0], (char *const *)(uintptr_t)words);
  _exit(99);
}

/* Its exit status, or below 0 the signal that ended it. */
static inline int wait_for(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0) assert_int_equal(errno, EINTR);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static inline void remove_files(const training *t) {
  for (int i = 0; i < KINDS; i++) unlink(file_of(t, kinds[i]));
  unlink(file_of(t, "backup.h5"));
}

static inline void complain(const char *what, int status) {
  char *text = contents(path_of("messages.txt"));
  fail_msg("%s: ended with %d: %s", what, status, text);
}

/* To its end, from its backup if it has one. */
static inline void finish(const training *t, const char *what) {
  const int status = wait_for(begin(t, access(file_of(t, "backup.h5"), F_OK) == 0));
  if (status) complain(what, status);
}

static inline void expect_same_files(const training *a, const training *b, const char *what) {
  for (int i = 0; i < KINDS; i++) {
    char command[1000];
    snprintf(command, sizeof command, "cmp '%s' '%s' >&2", file_of(a, kinds[i]), file_of(b, kinds[i]));
    if (system(command)) fail_msg("%s: .%s is not that of a training left alone", what, kinds[i]);
  }
}

#endif
