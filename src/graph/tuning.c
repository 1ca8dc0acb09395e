/* Tunings: a list of problems, searched from the front; there are some dozens. */
#include "graph/tuning.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "ops/problem.h"

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for a tuning"); }

void fv_tuning_destroy(fv_tuning *tuning) {
  if (!tuning) return;
  fv__arena_clear(&tuning->arena);
  free(tuning->choices);
  free(tuning);
}

fv_status fv__tuning_create(fv_tuning **tuning, const fv_tuning_info *about) {
  *tuning = NULL;
  fv_tuning *made = calloc(1, sizeof *made);
  if (!made) return no_memory();
  made->info = (fv_tuning_info){.processor = fv__arena_text(&made->arena, about->processor),
                                .level = fv__arena_text(&made->arena, about->level),
                                .model = fv__arena_text(&made->arena, about->model),
                                .inputs = fv__arena_text(&made->arena, about->inputs),
                                .threads = about->threads};
  if (!made->info.processor || !made->info.level || !made->info.model || !made->info.inputs) {
    fv_tuning_destroy(made);
    return no_memory();
  }
  *tuning = made;
  return FV_OK;
}

fv_tuning_info fv_tuning_about(const fv_tuning *tuning) { return tuning->info; }

fv__tuning_choice *fv__tuning_add(fv_tuning *tuning, const char *problem) {
  if (tuning->info.choices == tuning->room) {
    const int32_t room = tuning->room ? 2 * tuning->room : 32;
    fv__tuning_choice *more = reallocarray(tuning->choices, (size_t)room, sizeof *more);
    if (!more) return NULL;
    tuning->choices = more;
    tuning->room = room;
  }
  const char *copy = fv__arena_text(&tuning->arena, problem);
  if (!copy) return NULL;
  fv__tuning_choice *choice = &tuning->choices[tuning->info.choices++];
  *choice = (fv__tuning_choice){.problem = copy};
  return choice;
}

fv__tuning_choice *fv__tuning_find(const fv_tuning *tuning, const char *problem) {
  for (int32_t i = 0; i < tuning->info.choices; i++)
    if (!strcmp(tuning->choices[i].problem, problem)) return &tuning->choices[i];
  return NULL;
}

const fv__way *fv__tuning_way(const fv_tuning *tuning, const fv__op *op) {
  if (!tuning || !fv__op_candidate(op, 1)) return NULL; /* nothing to choose */
  char problem[FV__PROBLEM_SIZE];
  fv__op_problem(op, problem);
  const fv__tuning_choice *choice = fv__tuning_find(tuning, problem);
  if (!choice) return NULL;
  const fv__way *way;
  for (int32_t i = 0; (way = fv__op_candidate(op, i)); i++)
    if (!strcmp(way->name, choice->names[choice->way])) return way;
  return NULL;
}

fv_status fv__tuning_check(const fv_tuning *tuning, fv_cpu_level level) {
  if (!tuning || !strcmp(tuning->info.level, fv_cpu_name(level))) return FV_OK;
  return fail(FV_ERROR_INVALID, "the tuning was made for %s and the plan is for %s: tune again", tuning->info.level,
              fv_cpu_name(level));
}
