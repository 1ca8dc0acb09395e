/* What a user waits for and what a plan holds.
 *
 *   predict   `fovea predict` with MobileNet (width 0.75) on a photo of 500 x 375, from start to answer, the best of
 *             some runs: the file with real weights where it is, else made-up weights. At most 60 ms
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
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fovea/fovea.h>

static const char WEIGHTS_FILE[] = FOVEA_SOURCE_DIR "/../shared/golden/files/mobilenet_0.75_224.k2.h5";

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

static bool measure_predict(int rounds) {
  char photo[] = "/tmp/fovea-bench-XXXXXX", command[] = FOVEA_BINARY_DIR "/fovea";
  char file[sizeof WEIGHTS_FILE];
  memcpy(file, WEIGHTS_FILE, sizeof file);
  char *const with_file[] = {command, "predict", file, photo, NULL};
  char *const by_name[] = {command, "predict", "MobileNet", "--alpha", "0.75", "--weights", "by-name:1", photo, NULL};
  const bool real = access(WEIGHTS_FILE, R_OK) == 0;
  const int handle = mkstemp(photo);
  if (handle < 0 || close(handle) || !write_photo(photo)) {
    fprintf(stderr, "cannot write %s\n", photo);
    return false;
  }
  double best = INFINITY;
  for (int i = 0; i < rounds && best >= 0; i++) {
    const double seconds = run_once(real ? with_file : by_name);
    if (seconds < best) best = seconds;
  }
  unlink(photo);
  if (best < 0) {
    fprintf(stderr, "%s predict failed\n", command);
    return false;
  }
  printf("fovea predict, MobileNet 0.75, %s weights: %.1f ms (limit 60)\n", real ? "real" : "made-up", best * 1e3);
  return best <= 0.060;
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
  const bool quick = measure_predict(rounds);
  const bool planned = measure_plan(rounds);
  const bool small = measure_memory("exact", FV_ACCURACY_EXACT, 1.1);
  const bool fair = measure_memory("by default", FV_ACCURACY_DEFAULT, 1.6);
  return quick && planned && small && fair ? 0 : 1;
}
