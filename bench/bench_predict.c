/* What a user waits for and what a plan holds.
 *
 *   start     `fovea --version`, the best of many. At most 5 ms
 *   predict   `fovea predict` with MobileNet from its file on a photo of 500 x 375, from start to answer, the best of
 *             some runs. At most 40 ms
 *   size      libfovea.so, stripped. At most 2 MB
 *   plan      building InceptionV3 and planning it, packed weights included, the best of some runs. At most 150 ms
 *   memory    private memory of a process that has run VGG16: at most 1.6 times its weights and 60 MB,
 *             1.1 times when asked to be exact
 *
 * Usage: bench_predict [ROUNDS]. Exit status 1 when a limit is missed.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fovea/fovea.h>

static char command[] = FOVEA_BINARY_DIR "/fovea";

static double wall_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A picture with something in it. */
static bool write_photo(const char *path) {
  enum { WIDTH = 500, HEIGHT = 375 };
  FILE *file = fopen(path, "wb");
  if (!file) return false;
  fprintf(file, "P6\n%d %d\n255\n", WIDTH, HEIGHT);
  for (int i = 0; i < HEIGHT; i++)
    for (int j = 0; j < WIDTH; j++) {
      const double wave = 60 * sin(i * 0.07) * cos(j * 0.05);
      const unsigned char pixel[3] = {(unsigned char)(128 + wave), (unsigned char)(i / 2), (unsigned char)(j / 2)};
      fwrite(pixel, 1, 3, file);
    }
  return fclose(file) == 0;
}

/* Runs the command without its output; the seconds it took, or a negative number when it failed. */
static double run_once(char *const arguments[]) {
  const double start = wall_seconds();
  const pid_t child = fork();
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    execv(arguments[0], arguments);
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return -1;
  return wall_seconds() - start;
}

/* The best of some runs; a negative number when one failed. */
static double best_of(int rounds, char *const arguments[]) {
  double best = INFINITY;
  for (int i = 0; i < rounds && best >= 0; i++) {
    const double seconds = run_once(arguments);
    if (seconds < best) best = seconds;
  }
  if (best < 0) fprintf(stderr, "%s %s failed\n", arguments[0], arguments[1]);
  return best;
}

static bool measure_start(int rounds) {
  char *const version[] = {command, "--version", NULL};
  const double best = best_of(4 * rounds, version);
  printf("fovea --version: %.1f ms (limit 5)\n", best * 1e3);
  return best >= 0 && best <= 0.005;
}

/* MobileNet as a file; what is in the weights does not matter. */
static bool write_model(const char *path) {
  fv_model *model = NULL;
  const bool failed = fv_zoo_build(&model, "MobileNet", &(fv_zoo_options){.weights = "random:1"}) ||
                      fv_model_save(model, path, &(fv_model_save_options){.format = "h5"});
  if (failed) fprintf(stderr, "%s\n", fv_error_message());
  fv_model_destroy(model);
  return !failed;
}

static bool measure_predict(int rounds) {
  char folder[] = "/tmp/fovea-bench-XXXXXX", photo[64], model[64];
  char *const predict[] = {command, "predict", model, photo, NULL};
  if (!mkdtemp(folder)) return false;
  snprintf(photo, sizeof photo, "%s/photo.ppm", folder);
  snprintf(model, sizeof model, "%s/mobilenet.h5", folder);
  const double best = write_photo(photo) && write_model(model) ? best_of(rounds, predict) : -1;
  unlink(photo);
  unlink(model);
  rmdir(folder);
  printf("fovea predict, MobileNet: %.1f ms (limit 40)\n", best * 1e3);
  return best >= 0 && best <= 0.040;
}

static bool measure_size(void) {
  char copy[] = "/tmp/fovea-bench-XXXXXX", library[] = FOVEA_BINARY_DIR "/libfovea.so";
  char strip[] = "/usr/bin/strip", to[] = "-o";
  char *const arguments[] = {strip, to, copy, library, NULL};
  const int file = mkstemp(copy);
  struct stat facts = {0};
  const bool found = file >= 0 && run_once(arguments) >= 0 && stat(copy, &facts) == 0;
  if (file >= 0) close(file);
  unlink(copy);
  printf("libfovea.so, stripped: %.2f MB (limit 2)\n", (double)facts.st_size * 1e-6);
  return found && facts.st_size <= 2000000;
}

static bool measure_plan(int rounds) {
  double best = INFINITY;
  for (int i = 0; i < rounds; i++) {
    fv_model *model;
    fv_plan *plan;
    const double start = wall_seconds();
    if (fv_zoo_build(&model, "InceptionV3", NULL) || fv_plan_create(&plan, model, NULL)) {
      fprintf(stderr, "%s\n", fv_error_message());
      return false;
    }
    best = fmin(best, wall_seconds() - start);
    fv_plan_destroy(plan);
    fv_model_destroy(model);
  }
  printf("InceptionV3, built and planned: %.1f ms (limit 150)\n", best * 1e3);
  return best <= 0.150;
}

/* Private memory of this process in bytes; negative when the system does not say. */
static double private_memory(void) {
  FILE *file = fopen("/proc/self/smaps_rollup", "r");
  if (!file) return -1;
  char line[256];
  double total = 0, kilobytes;
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "Private_Clean: %lf", &kilobytes) == 1 || sscanf(line, "Private_Dirty: %lf", &kilobytes) == 1)
      total += kilobytes * 1024;
  fclose(file);
  return total;
}

static bool measure_memory(const char *name, fv_accuracy accuracy, double times) {
  fv_model *model;
  fv_plan *plan;
  if (fv_zoo_build(&model, "VGG16", &(fv_zoo_options){.weights = "by-name:1"}) ||
      fv_plan_create(&plan, model, &(fv_plan_options){.accuracy = accuracy}) || fv_run(plan, NULL)) {
    fprintf(stderr, "%s\n", fv_error_message());
    return false;
  }
  const double weights = 4 * (double)fv_model_parameters(model), limit = times * weights + 60e6;
  const double found = private_memory();
  printf("VGG16, %s: weights %.1f MB, private memory %.1f MB (limit %.1f)\n", name, weights * 1e-6, found * 1e-6,
         limit * 1e-6);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
  return found <= limit;
}

int main(int count, char **arguments) {
  const int rounds = count > 1 ? atoi(arguments[1]) : 15;
  const bool starts = measure_start(rounds);
  const bool quick = measure_predict(rounds);
  const bool slim = measure_size();
  const bool planned = measure_plan(rounds);
  const bool small = measure_memory("exact", FV_ACCURACY_EXACT, 1.1);
  const bool fair = measure_memory("by default", FV_ACCURACY_DEFAULT, 1.6);
  return starts && quick && slim && planned && small && fair ? 0 : 1;
}
