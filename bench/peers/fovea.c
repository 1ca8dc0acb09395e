/* fovea as one of the engines that bench/peers/compare runs side by side.
 *
 * Usage: fovea NETWORK WEIGHTS INPUT BATCH THREADS ACCURACY
 *   NETWORK   of the zoo, with logits as its output; WEIGHTS its file
 *   INPUT     raw float32, batch x height x width x channels
 *   ACCURACY  default, exact or fast
 *
 * What it is told on standard input, and what it answers on standard output, a line each:
 *   (start)         ready 0.1.0
 *   run 5           times 0.0123 0.0121 ...   seconds of five runs, after one that is not counted
 *   peak            peak 103.2                GFLOP/s of one core, now
 *   answer FILE     written FILE              the outputs of the last run, raw float32
 * The processors it may use are set by who starts it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fovea/fovea.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void end(const char *sentence) {
  fprintf(stderr, "fovea: %s\n", sentence);
  exit(1);
}

static void check(fv_status status) {
  if (status) end(fv_error_message());
}

static size_t elements(fv_shape shape) {
  int64_t count = 0;
  check(fv_shape_elements(&count, &shape));
  return (size_t)count;
}

static void read_input(fv_plan *plan, const char *path) {
  const size_t count = elements(fv_plan_input_shape(plan, 0));
  FILE *file = fopen(path, "rb");
  if (!file || fread(fv_plan_input(plan, 0), sizeof(float), count, file) != count) end("the input is too short");
  fclose(file);
}

static void write_answer(const fv_plan *plan, const char *path) {
  const size_t count = elements(fv_plan_output_shape(plan, 0));
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(fv_plan_output(plan, 0), sizeof(float), count, file) != count || fclose(file))
    end("the answer could not be written");
  printf("written %s\n", path);
}

static void time_runs(fv_plan *plan, int runs) {
  check(fv_run(plan, NULL)); /* caches hold another engine's data before it */
  printf("times");
  for (int i = 0; i < runs; i++) {
    const double start = now();
    check(fv_run(plan, NULL));
    printf(" %.9f", now() - start);
  }
  putchar('\n');
}

static fv_accuracy accuracy_of(const char *word) {
  return !strcmp(word, "exact") ? FV_ACCURACY_EXACT : !strcmp(word, "fast") ? FV_ACCURACY_FAST : FV_ACCURACY_DEFAULT;
}

static fv_plan *make_plan(char **arguments) {
  fv_model *model = NULL;
  fv_plan *plan = NULL;
  check(
      fv_zoo_build(&model, arguments[1], &(fv_zoo_options){.weights = arguments[2], .classifier_activation = "none"}));
  check(fv_plan_create(&plan, model,
                       &(fv_plan_options){.batch = atoi(arguments[4]),
                                          .threads = atoi(arguments[5]),
                                          .accuracy = accuracy_of(arguments[6])}));
  fv_model_destroy(model);
  read_input(plan, arguments[3]);
  return plan;
}

int main(int count, char **arguments) {
  if (count != 7) end("usage: fovea NETWORK WEIGHTS INPUT BATCH THREADS ACCURACY");
  fv_plan *plan = make_plan(arguments);
  char line[4096];
  check(fv_run(plan, NULL));
  printf("ready %s\n", fv_version());
  for (fflush(stdout); fgets(line, sizeof line, stdin); fflush(stdout)) {
    line[strcspn(line, "\n")] = '\0';
    if (!strncmp(line, "run ", 4))
      time_runs(plan, atoi(line + 4));
    else if (!strncmp(line, "answer ", 7))
      write_answer(plan, line + 7);
    else if (!strcmp(line, "peak"))
      printf("peak %.6g\n", fv_cpu_peak());
    else
      end("asked for something unknown");
  }
  fv_plan_destroy(plan);
  return 0;
}
