/* Measuring the ways of a model's operations.
 *
 * A way is measured where it will be used: inside runs of the whole model, so that its weights come from memory and its
 * input from wherever the layer before left it. Variant k of the plan takes way k for every operation that has so many
 * (way k modulo their number), so there are as many variants as the operation with the most ways has. Variants take
 * turns in rounds. Of each operation the least time counts, and operations of the same problem count together.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "graph/plan.h"
#include "graph/tuning.h"
#include "model/model.h"
#include "ops/problem.h"

enum { ROUNDS = 3, LEAST_RUNS = 3, MOST_RUNS = 50 };
static const double ENOUGH_SECONDS = 0.3; /* of runs of one variant in one round */
static const double WORTH = 0.97;         /* a way must take less than so much of the usual one's time */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void write_inputs(const fv_plan *plan, char *text, size_t size) {
  size_t used = 0;
  text[0] = '\0';
  for (int32_t i = 0; i < plan->core->graph->input_count && used < size; i++) {
    char shape[128];
    const fv_shape input = fv_plan_input_shape(plan, i);
    used +=
        (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", fv_shape_text(shape, sizeof shape, &input));
  }
}

static fv_status describe(fv_tuning **tuning, const fv_model *model, const fv_plan *plan) {
  char inputs[1024], processor[128];
  write_inputs(plan, inputs, sizeof inputs);
  const fv_tuning_info about = {.processor = fv_cpu_processor(processor, sizeof processor),
                                .level = fv_cpu_name(fv_cpu()),
                                .model = fv_model_name(model),
                                .inputs = inputs,
                                .threads = fv__pool_threads(plan->pool)};
  return fv__tuning_create(tuning, &about);
}

/* A problem with all its ways; the one that the plan has taken is to be kept so far. */
static fv_status add_problem(fv_tuning *tuning, const fv__op *op, const fv__way *usual) {
  char problem[FV__PROBLEM_SIZE];
  fv__op_problem(op, problem);
  if (fv__tuning_find(tuning, problem)) return FV_OK;
  fv__tuning_choice *choice = fv__tuning_add(tuning, problem);
  if (!choice) return fail(FV_ERROR_MEMORY, "no memory for a tuning");
  const fv__way *way;
  while (choice->way_count < FV__TUNING_WAYS && (way = fv__op_candidate(op, choice->way_count))) {
    if (way == usual) choice->way = choice->way_count;
    choice->seconds[choice->way_count] = INFINITY;
    choice->names[choice->way_count++] = way->name;
  }
  return FV_OK;
}

/* All problems of a plan that have several ways; `variants` receives the largest number of ways. */
static fv_status list_problems(fv_tuning *tuning, const fv_plan *plan, int32_t *variants) {
  *variants = 0;
  for (int32_t i = 0; i < plan->program.op_count; i++) {
    const fv__op *op = &plan->program.ops[i].op;
    if (fv__op_candidate(op, 1)) TRY(add_problem(tuning, op, plan->steps[i].way));
  }
  for (int32_t i = 0; i < tuning->info.choices; i++)
    if (tuning->choices[i].way_count > *variants) *variants = tuning->choices[i].way_count;
  return FV_OK;
}

static bool note_step(void *context, const fv_step_event *event) {
  double *least = context;
  const double seconds = 1e-9 * (double)event->nanoseconds;
  if (seconds < least[event->step]) least[event->step] = seconds;
  return true;
}

static fv_status run_for_a_while(fv_plan *plan, double *least) {
  const fv_run_options stepwise = {.callback = note_step, .context = least};
  for (int32_t i = 0; i < fv_plan_step_count(plan); i++) least[i] = INFINITY;
  TRY(fv_run(plan, NULL));
  const double start = now();
  for (int runs = 0; runs < MOST_RUNS && (runs < LEAST_RUNS || now() - start < ENOUGH_SECONDS); runs++)
    TRY(fv_run(plan, &stepwise));
  return FV_OK;
}

/* What a plan's steps have shown about the ways they took. */
static fv_status learn(fv_tuning *tuning, const fv_plan *plan, const double *least) {
  double *sums = calloc((size_t)tuning->info.choices + 1, sizeof *sums);
  const fv__way **taken = calloc((size_t)tuning->info.choices + 1, sizeof *taken);
  for (int32_t i = 0; sums && taken && i < plan->program.op_count; i++) {
    char problem[FV__PROBLEM_SIZE];
    const fv__op *op = &plan->program.ops[i].op;
    if (!fv__op_candidate(op, 1)) continue;
    fv__op_problem(op, problem);
    const fv__tuning_choice *choice = fv__tuning_find(tuning, problem);
    if (!choice) continue;
    sums[choice - tuning->choices] += least[i];
    taken[choice - tuning->choices] = plan->steps[i].way;
  }
  for (int32_t i = 0; sums && taken && i < tuning->info.choices; i++) {
    fv__tuning_choice *choice = &tuning->choices[i];
    for (int32_t k = 0; taken[i] && k < choice->way_count; k++)
      if (!strcmp(choice->names[k], taken[i]->name) && sums[i] < choice->seconds[k]) choice->seconds[k] = sums[i];
  }
  const fv_status status = sums && taken ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for a tuning");
  free(sums);
  free(taken);
  return status;
}

static void fill_inputs(fv_plan *plan) {
  for (int32_t i = 0; i < plan->core->graph->input_count; i++) {
    const fv_shape shape = fv_plan_input_shape(plan, i);
    fv_fill_by_name(fv_plan_input(plan, i), "input", &shape, 1, NULL);
  }
}

/* One variant for a while, in a plan of its own. */
static fv_status measure_variant(fv_tuning *tuning, fv__core *core, const fv_plan_options *how) {
  fv_plan *plan = NULL;
  TRY(fv__plan_create(&plan, core, how));
  double *least = calloc((size_t)fv_plan_step_count(plan) + 1, sizeof *least);
  fv_status status = least ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for a tuning");
  if (!status) {
    fill_inputs(plan);
    status = run_for_a_while(plan, least);
  }
  if (!status) status = learn(tuning, plan, least);
  free(least);
  fv_plan_destroy(plan);
  return status;
}

/* Rounds in which every variant has its turn. */
static fv_status measure_rounds(fv_tuning *tuning, fv__core *core, const fv_plan_options *options, int32_t variants,
                                int32_t rounds) {
  fv_plan_options how = *options;
  how.tuning = tuning;
  for (int32_t round = 0; round < rounds; round++)
    for (int32_t k = 0; k < variants; k++) {
      for (int32_t i = 0; i < tuning->info.choices; i++) tuning->choices[i].way = k % tuning->choices[i].way_count;
      TRY(measure_variant(tuning, core, &how));
    }
  return FV_OK;
}

/* The fastest way, where it is worth leaving the usual one. */
static void decide(fv__tuning_choice *choice, int32_t usual) {
  choice->way = usual;
  double limit = WORTH * choice->seconds[usual];
  for (int32_t k = 0; k < choice->way_count; k++)
    if (choice->seconds[k] < limit) {
      choice->way = k;
      limit = choice->seconds[k];
    }
}

static fv_status measure(fv_tuning *tuning, fv__core *core, const fv_plan_options *options, int32_t variants,
                         int32_t rounds) {
  int32_t *usual = calloc((size_t)tuning->info.choices + 1, sizeof *usual);
  if (!usual) return fail(FV_ERROR_MEMORY, "no memory for a tuning");
  for (int32_t i = 0; i < tuning->info.choices; i++) usual[i] = tuning->choices[i].way;
  const fv_status status = measure_rounds(tuning, core, options, variants, rounds);
  for (int32_t i = 0; i < tuning->info.choices; i++) decide(&tuning->choices[i], usual[i]);
  free(usual);
  return status;
}

fv_status fv_tuning_measure(fv_tuning **tuning, fv_model *model, const fv_plan_options *plan_options,
                            const fv_tuning_options *options) {
  const int32_t rounds = options && options->rounds ? options->rounds : ROUNDS;
  fv_plan_options how = plan_options ? *plan_options : (fv_plan_options){0};
  fv_tuning *made = NULL;
  fv_plan *plan = NULL;
  int32_t variants = 0;
  *tuning = NULL;
  how.tuning = NULL;
  if (rounds < 0) return fail(FV_ERROR_INVALID, "a tuning in %d rounds", rounds);
  TRY(fv_plan_create(&plan, model, &how));
  fv_status status = describe(&made, model, plan);
  if (!status) status = list_problems(made, plan, &variants);
  fv_plan_destroy(plan);
  if (!status) status = measure(made, model->core, &how, variants, rounds);
  if (status) {
    fv_tuning_destroy(made);
    return status;
  }
  *tuning = made;
  return FV_OK;
}
