/* Running a plan: one call per step. `from` and `until` choose which steps.
 *
 * Values are watched by root: a step belongs behind `from` when it reads a root that changed. Before the first whole
 * run, `from` runs everything the outputs need except what only `from` needs.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "graph/plan.h"

static int64_t now_nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool is_inside(const fv__program *program, int32_t value, int32_t whole) {
  for (; value >= 0; value = program->values[value].parent)
    if (value == whole) return true;
  return false;
}

/* marks[root] tells whether that root must be computed; walked from the last step back. */
static void mark_needed(fv_plan *plan, int32_t from) {
  const fv__program *program = &plan->program;
  memset(plan->marks, 0, (size_t)program->value_count);
  for (int32_t i = 0; i < plan->core->graph->output_count; i++)
    plan->marks[fv__program_root(program, plan->outputs[i])] = true;
  for (int32_t i = program->op_count - 1; i >= 0; i--) {
    const fv__op *op = &program->ops[i].op;
    if (!plan->marks[fv__program_root(program, op->output)] || is_inside(program, op->output, from)) continue;
    const int32_t read[] = {op->inputs[0], op->inputs[1], op->residual};
    for (int r = 0; r < 3; r++)
      if (read[r] >= 0 && !is_inside(program, read[r], from)) plan->marks[fv__program_root(program, read[r])] = true;
  }
}

static void mark_changed(fv_plan *plan, int32_t from) {
  memset(plan->marks, 0, (size_t)plan->program.value_count);
  plan->marks[fv__program_root(&plan->program, from)] = true;
}

/* Whether a step runs behind `from`; a step behind a change changes its own root. */
static bool belongs(fv_plan *plan, const fv__op *op, int32_t from) {
  const fv__program *program = &plan->program;
  if (is_inside(program, op->output, from)) return false;
  if (!plan->has_run) return plan->marks[fv__program_root(program, op->output)];
  const int32_t read[] = {op->inputs[0], op->inputs[1], op->residual};
  bool changed = false;
  for (int r = 0; r < 3; r++) changed |= read[r] >= 0 && plan->marks[fv__program_root(program, read[r])];
  if (changed) plan->marks[fv__program_root(program, op->output)] = true;
  return changed;
}

static fv_status start_from(fv_plan *plan, const fv_run_options *options, int32_t *from) {
  *from = -1;
  if (options->from.node == 0) return FV_OK;
  if (plan->mode != FV_PLAN_INSPECT) return fail(FV_ERROR_STATE, "a run from a value needs a plan in inspect mode");
  fv_shape shape = fv_plan_shape(plan, options->from);
  if (shape.rank == 0 || !options->from_data)
    return fail(FV_ERROR_INVALID, "node %" PRId32 " to run from is not in the plan, or has no data",
                options->from.node);
  *from = plan->values[options->from.node - 1];
  int32_t root = fv__program_root(&plan->program, *from);
  fv__view view = fv__program_view(&plan->program, *from, (float *)(void *)((char *)plan->block + plan->offsets[root]));
  const float *numbers = options->from_data;
  for (int64_t n = 0; n < view.n; n++)
    for (int64_t h = 0; h < view.h; h++)
      for (int64_t w = 0; w < view.w; w++, numbers += view.c)
        memcpy(view.data + n * view.image + h * view.row + w * view.pixel, numbers, (size_t)view.c * sizeof *numbers);
  if (plan->has_run)
    mark_changed(plan, *from);
  else
    mark_needed(plan, *from);
  return FV_OK;
}

/* The last step that writes the value or a part of it. */
static fv_status last_step(const fv_plan *plan, fv_value until, int32_t *last) {
  *last = plan->program.op_count - 1;
  if (until.node == 0) return FV_OK;
  if (fv_plan_shape(plan, until).rank == 0)
    return fail(FV_ERROR_INVALID, "node %" PRId32 " to run until is not in the plan", until.node);
  int32_t value = plan->values[until.node - 1];
  *last = -1;
  for (int32_t i = 0; i < plan->program.op_count; i++) {
    const fv__program_op *op = &plan->program.ops[i];
    bool writes = is_inside(&plan->program, op->op.output, value) || is_inside(&plan->program, value, op->op.output);
    for (int32_t n = 0; n < op->node_count; n++) writes = writes || op->nodes[n] == until.node;
    if (writes) *last = i;
  }
  return FV_OK;
}

fv_status fv_run(fv_plan *plan, const fv_run_options *options) {
  static const fv_run_options defaults = {{0, 0}, NULL, {0, 0}, NULL, NULL};
  if (!options) options = &defaults;
  if (plan->version != atomic_load(&plan->core->version))
    return fail(FV_ERROR_STATE, "the model's weights changed after the plan was made: make a new one");
  int32_t from, last;
  TRY(last_step(plan, options->until, &last));
  TRY(start_from(plan, options, &from));
  const bool whole = from < 0 && last == plan->program.op_count - 1;
  if (from < 0 && !whole) plan->has_run = false;
  for (int32_t i = 0; i <= last; i++) {
    const fv__step *step = &plan->steps[i];
    if (from >= 0 && !belongs(plan, step->call.op, from)) continue;
    if (!options->callback) {
      step->way->forward(&step->call);
      continue;
    }
    int64_t start = now_nanoseconds();
    step->way->forward(&step->call);
    fv_step_event event = {i, now_nanoseconds() - start};
    if (!options->callback(options->context, &event)) {
      plan->has_run = false;
      return fail(FV_ERROR_STOPPED, "stopped after step %" PRId32 " of %" PRId32, i + 1, plan->program.op_count);
    }
  }
  if (whole) plan->has_run = true;
  return FV_OK;
}
