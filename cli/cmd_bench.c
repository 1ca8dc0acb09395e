/* fovea bench: how long a model takes, and where the time goes. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fovea/cpu.h>
#include <fovea/plan.h>
#include <fovea/zoo.h>

#include "command.h"
#include "model_argument.h"
#include "output.h"
#include "speed.h"

enum { TABLE_FORMAT = 1, JSON_FORMAT, LEAST_ROUNDS = 5, MOST_ROUNDS = 10000 };
static const double ENOUGH_SECONDS = 2; /* of rounds whose number is not given */

typedef struct bench_options {
  model_options model;
  speed_options speed;
  int32_t batch, rounds, format;
  bool layers, why;
  const char *tune;
} bench_options;

static const char *const formats[] = {"table", "json", NULL};

static const fv_option options[] = {
    {"batch", FV_OPTION_INT, offsetof(bench_options, batch), "1", 1, 65536, NULL, "images at once"},
    {"rounds", FV_OPTION_INT, offsetof(bench_options, rounds), "0", 0, MOST_ROUNDS, NULL,
     "runs to measure, 0: as many as fit in two seconds, at least five"},
    {"layers", FV_OPTION_BOOL, offsetof(bench_options, layers), "false", 0, 0, NULL,
     "the time, speed and way of every step"},
    {"why", FV_OPTION_BOOL, offsetof(bench_options, why), "false", 0, 0, NULL,
     "the same, with the ways that were passed over and why"},
    {"tune", FV_OPTION_TEXT, offsetof(bench_options, tune), NULL, 0, 0, NULL,
     "FILE: first measure every way of every layer, and write the fastest there for --tuning of this and other "
     "commands"},
    {"format", FV_OPTION_NAME, offsetof(bench_options, format), "table", 0, 0, formats, "how to show it"},
    SPEED_OPTIONS(bench_options, speed),
    MODEL_OPTIONS(bench_options, model),
    {0}};

/* What was measured. Times are in seconds. */
typedef struct bench {
  const fv_model *model;
  fv_plan *plan;
  fv_tuning *tuning; /* NULL: none */
  int threads;
  double peak; /* GFLOP/s of one core */
  int32_t rounds, steps;
  double *times; /* of every round, ascending at last */
  double *least; /* of every step */
  double multiply_adds;
} bench;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void measure_peak(bench *b) {
  const double peak = fv_cpu_peak();
  if (peak > b->peak) b->peak = peak;
}

static bool note_step(void *context, const fv_step_event *event) {
  bench *b = context;
  const double seconds = 1e-9 * (double)event->nanoseconds;
  if (seconds < b->least[event->step]) b->least[event->step] = seconds;
  return true;
}

/* Steps are timed in rounds of their own: looking at the clock after each would slow the others down. */
static fv_status measure(bench *b, const bench_options *o) {
  const fv_run_options stepwise = {.callback = note_step, .context = b};
  fv_status status = fv_run(b->plan, NULL); /* pages and caches are warm from now on */
  double total = 0;
  const int32_t wanted = o->rounds ? o->rounds : MOST_ROUNDS;
  for (b->rounds = 0; b->rounds < wanted && !status; b->rounds++) {
    if (!o->rounds && b->rounds >= LEAST_ROUNDS && total > ENOUGH_SECONDS) break;
    measure_peak(b);
    const double start = now();
    status = fv_run(b->plan, NULL);
    total += b->times[b->rounds] = now() - start;
    if (!status && (o->layers || o->why)) status = fv_run(b->plan, &stepwise);
  }
  return status;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static double median(const bench *b) {
  const int32_t middle = b->rounds / 2;
  return b->rounds % 2 ? b->times[middle] : (b->times[middle - 1] + b->times[middle]) / 2;
}

/* Where the middle half of the rounds lies, as a part of the median. */
static double spread(const bench *b) { return (b->times[(b->rounds * 3) / 4] - b->times[b->rounds / 4]) / median(b); }

static int64_t all_memory(const fv_plan_memory *m) { return m->weights + m->packed + m->activations + m->scratch; }

/* Names of the layers a step stands for, joined by '+'. */
static void step_name(char *text, size_t size, const bench *b, const fv_step_info *step) {
  size_t used = 0;
  text[0] = '\0';
  for (int32_t i = 0, before = -1; i < step->node_count && used < size; i++) {
    const int32_t layer = fv_model_node(b->model, step->nodes[i]).layer;
    const char *name = fv_model_layer(b->model, layer).name;
    if (layer == before) continue; /* a layer and its activation */
    before = layer;
    used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "+" : "", name);
  }
}

static void print_step(const bench *b, int32_t index, double all, bool why) {
  char name[200];
  const fv_step_info step = fv_plan_step(b->plan, index);
  step_name(name, sizeof name, b, &step);
  const double seconds = b->least[index], rate = 2e-9 * (double)step.multiply_adds / seconds;
  printf("%9.3f  %5.1f  ", seconds * 1e3, 100 * seconds / all);
  if (step.multiply_adds)
    printf("%8.1f  %5.1f", rate, 100 * rate / (b->peak * b->threads));
  else
    printf("%8s  %5s", "", "");
  printf("  %-13s  %s%-*s  ", step.operation, step.way, 22 - (int)strlen(step.way),
         step.by_rows  ? ", by rows"
         : step.pooled ? ", pooled"
                       : "");
  output_plain(name);
  putchar('\n');
  if (why && step.passed_over[0]) {
    for (const char *reason = step.passed_over; *reason;) {
      const size_t length = strcspn(reason, ";");
      printf("%31s not %.*s\n", "", (int)length, reason);
      reason += length + strspn(reason + length, "; ");
    }
  }
}

static void print_steps(const bench *b, bool why) {
  double all = 0;
  for (int32_t i = 0; i < b->steps; i++) all += b->least[i];
  printf("\n%9s  %5s  %8s  %5s  %-13s  %-22s  %s\n", "min ms", "%", "GFLOP/s", "peak%", "operation", "way", "layers");
  for (int32_t i = 0; i < b->steps; i++) print_step(b, i, all, why);
}

static int32_t tuned_steps(const bench *b) {
  int32_t count = 0;
  for (int32_t i = 0; i < b->steps; i++) count += fv_plan_step(b->plan, i).tuned;
  return count;
}

static void print_table(const bench *b, const bench_options *o) {
  const fv_plan_memory m = fv_plan_memory_use(b->plan);
  const double rate = 2e-9 * b->multiply_adds / b->times[0];
  output_plain(fv_model_name(b->model));
  printf(": batch %" PRId32 ", %d thread%s, %s\n", o->batch, b->threads, b->threads == 1 ? "" : "s",
         fv_cpu_name(fv_cpu()));
  printf("min %.3f ms, median %.3f ms, the middle half within %.0f %%, %" PRId32 " rounds\n", b->times[0] * 1e3,
         median(b) * 1e3, 100 * spread(b), b->rounds);
  printf("%.1f GFLOP/s of direct convolution, %.0f %% of the multiply-add peak (%.1f GFLOP/s a core)\n", rate,
         100 * rate / (b->peak * b->threads), b->peak);
  printf("memory: %.1f MB: weights %.1f, packed %.1f, activations %.1f, scratch %.1f\n", (double)all_memory(&m) * 1e-6,
         (double)m.weights * 1e-6, (double)m.packed * 1e-6, (double)m.activations * 1e-6, (double)m.scratch * 1e-6);
  if (b->tuning) printf("ways by tuning: %" PRId32 " of %" PRId32 " steps\n", tuned_steps(b), b->steps);
  if (o->layers || o->why) print_steps(b, o->why);
}

static void print_json_steps(const bench *b) {
  printf(",\n  \"layers\": [");
  for (int32_t i = 0; i < b->steps; i++) {
    char name[200];
    const fv_step_info step = fv_plan_step(b->plan, i);
    step_name(name, sizeof name, b, &step);
    printf("%s\n    {\"layers\": ", i ? "," : "");
    output_json(name);
    printf(", \"operation\": \"%s\", \"way\": \"%s\", \"by_rows\": %s, \"pooled\": %s, \"min_ms\": %.6g, "
           "\"multiply_adds\": %" PRId64 ", \"passed_over\": ",
           step.operation, step.way, step.by_rows ? "true" : "false", step.pooled ? "true" : "false", b->least[i] * 1e3,
           step.multiply_adds);
    output_json(step.passed_over);
    putchar('}');
  }
  printf("\n  ]");
}

static void print_json(const bench *b, const bench_options *o) {
  char processor[128];
  const fv_plan_memory m = fv_plan_memory_use(b->plan);
  printf("{\n  \"model\": ");
  output_json(fv_model_name(b->model));
  printf(",\n  \"min_ms\": %.6g,\n  \"median_ms\": %.6g,\n  \"spread\": %.4g,\n  \"rounds\": %" PRId32
         ",\n  \"gflops\": %.6g,\n  \"peak_gflops\": %.6g,\n  \"memory_bytes\": %" PRId64
         ",\n  \"cpu\": \"%s\",\n  \"threads\": %d,\n  \"batch\": %" PRId32,
         b->times[0] * 1e3, median(b) * 1e3, spread(b), b->rounds, 2e-9 * b->multiply_adds / b->times[0],
         b->peak * b->threads, all_memory(&m), fv_cpu_name(fv_cpu()), b->threads, o->batch);
  printf(",\n  \"processor\": ");
  output_json(fv_cpu_processor(processor, sizeof processor));
  if (b->tuning) printf(",\n  \"tuned_steps\": %" PRId32, tuned_steps(b));
  if (o->layers || o->why) print_json_steps(b);
  puts("\n}");
}

static int measure_plan(bench *b, const bench_options *o) {
  b->steps = fv_plan_step_count(b->plan);
  b->times = calloc(MOST_ROUNDS, sizeof *b->times);
  b->least = calloc((size_t)b->steps + 1, sizeof *b->least);
  if (!b->times || !b->least) return command_error(COMMAND_RESOURCES, "no memory for the times");
  for (int32_t i = 0; i < b->steps; i++) {
    b->least[i] = INFINITY;
    b->multiply_adds += (double)fv_plan_step(b->plan, i).multiply_adds;
  }
  for (int32_t i = 0; i < fv_model_input_count(b->model); i++) {
    const fv_shape shape = fv_plan_input_shape(b->plan, i);
    fv_fill_by_name(fv_plan_input(b->plan, i), "input", &shape, 1, NULL);
  }
  const fv_status status = measure(b, o);
  if (status) return command_fail(status);
  qsort(b->times, (size_t)b->rounds, sizeof *b->times, ascending);
  if (o->format == JSON_FORMAT)
    print_json(b, o);
  else
    print_table(b, o);
  return COMMAND_OK;
}

/* A network of the zoo needs no real weights to be measured. */
static int open_model(fv_model **model, const char *argument, const bench_options *o) {
  model_options how = o->model;
  if (!how.weights && fv_zoo_find(argument)) how.weights = "random:1";
  return model_open(model, argument, &how);
}

/* --tune measures and writes a tuning, --tuning reads one. */
static int take_tuning(bench *b, fv_model *model, const bench_options *o) {
  if (!o->tune) return speed_tuning(&b->tuning, &o->speed, model);
  const fv_plan_options how = {.batch = o->batch, .threads = o->speed.threads, .accuracy = speed_accuracy(&o->speed)};
  fv_status status = fv_tuning_measure(&b->tuning, model, &how, NULL);
  if (status) return command_fail(status);
  status = fv_tuning_save(b->tuning, o->tune);
  return status ? command_fail_output(status) : COMMAND_OK;
}

static int run_bench(bench *b, fv_model *model, const char *name, const bench_options *o) {
  const int status = take_tuning(b, model, o);
  if (status) return status;
  const fv_plan_options how = {
      .batch = o->batch, .threads = o->speed.threads, .accuracy = speed_accuracy(&o->speed), .tuning = b->tuning};
  const fv_status created = fv_plan_create(&b->plan, model, &how);
  return created ? command_fail_about(name, created) : measure_plan(b, o);
}

static int run(void *pointer, int argument_count, char **arguments) {
  const bench_options *o = pointer;
  if (argument_count != 1) return command_usage("bench takes one model; `fovea help bench` shows how");
  if (o->tune && o->speed.tuning) return command_usage("--tune and --tuning exclude each other");
  fv_model *model = NULL;
  int status = speed_check(&o->speed);
  if (status == COMMAND_OK) status = open_model(&model, arguments[0], o);
  if (status) return status;
  bench b = {.model = model, .threads = o->speed.threads ? o->speed.threads : fv_cpu_threads()};
  status = run_bench(&b, model, arguments[0], o);
  fv_plan_destroy(b.plan);
  fv_tuning_destroy(b.tuning);
  free(b.times);
  free(b.least);
  fv_model_destroy(model);
  return status;
}

const fv_command command_bench = {
    .name = "bench",
    .arguments = "MODEL",
    .help = "measure how long a model takes, and where the time goes",
    .examples = "fovea bench VGG16 --threads 1\n"
                "fovea bench model.keras --batch 8 --layers\n"
                "fovea bench MobileNet --why --format json\n"
                "fovea bench ResNet50 --tune resnet50.tuning.json",
    .options = options,
    .options_size = sizeof(bench_options),
    .shortcuts = "j=threads,f=format",
    .run = run,
};
