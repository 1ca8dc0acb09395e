/* Running a plan: one call per step. `from` and `until` choose which steps.
 *
 * Values are watched by root: a step changes when it reads a root that changed. Only what changes with `from` runs when
 * all else holds what the inputs give: after a whole run, or after one from the same value. Otherwise everything the
 * outputs need runs, except what only `from` needs.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "graph/by_rows.h"
#include "graph/plan.h"
#include "ops/by_rows.h"

/* The changes of a run (fv__run_changed); not on: a run without that question. */
typedef struct change_list {
  bool on;
  const fv__change *items;
  int32_t count;
} change_list;

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

/* Marks the roots of what an op reads. */
static void mark_reads(fv_plan *plan, const fv__op *op, int32_t but) {
  const int32_t read[] = {op->inputs[0], op->inputs[1], op->residual};
  for (int r = 0; r < 3; r++)
    if (read[r] >= 0 && !is_inside(&plan->program, read[r], but))
      plan->marks[fv__program_root(&plan->program, read[r])] = true;
}

static bool reads_marked(const fv_plan *plan, const fv__op *op) {
  const int32_t read[] = {op->inputs[0], op->inputs[1], op->residual};
  for (int r = 0; r < 3; r++)
    if (read[r] >= 0 && plan->marks[fv__program_root(&plan->program, read[r])]) return true;
  return false;
}

/* Wanted is what the outputs need but for `from`. */
static void want_needed(fv_plan *plan, int32_t from) {
  const fv__program *program = &plan->program;
  memset(plan->marks, 0, (size_t)program->value_count);
  for (int32_t i = 0; i < plan->core->graph->output_count; i++)
    plan->marks[fv__program_root(program, plan->outputs[i])] = true;
  for (int32_t i = program->op_count - 1; i >= 0; i--) {
    const fv__op *op = &program->ops[i].op;
    plan->steps[i].wanted = plan->marks[fv__program_root(program, op->output)] && !is_inside(program, op->output, from);
    if (plan->steps[i].wanted) mark_reads(plan, op, from);
  }
}

/* Whether a step belongs to a node whose value the last run changed, or this one does. */
static bool makes_changed(const fv_plan *plan, const fv__program_op *op) {
  for (int32_t n = 0; n < op->node_count; n++)
    if (plan->changed[op->nodes[n] - 1]) return true;
  return false;
}

/* Wanted is what changes with `from` (-1: none) or with changed nodes, and what these steps read that was not kept. */
static void want_changed(fv_plan *plan, int32_t from) {
  const fv__program *program = &plan->program;
  memset(plan->marks, 0, (size_t)program->value_count);
  if (from >= 0) plan->marks[from] = true;
  for (int32_t i = 0; i < program->op_count; i++) {
    const fv__op *op = &program->ops[i].op;
    const bool follows = reads_marked(plan, op) || makes_changed(plan, &program->ops[i]);
    plan->steps[i].wanted = follows && !is_inside(program, op->output, from);
    if (plan->steps[i].wanted) plan->marks[fv__program_root(program, op->output)] = true;
  }
  memset(plan->marks, 0, (size_t)program->value_count);
  for (int32_t i = program->op_count - 1; i >= 0; i--) {
    const fv__op *op = &program->ops[i].op;
    const int32_t root = fv__program_root(program, op->output);
    if (plan->marks[root] && !program->values[root].keep) plan->steps[i].wanted = true;
    if (plan->steps[i].wanted) mark_reads(plan, op, from);
  }
}

static void put_start(const fv_plan *plan, int32_t value, const float *numbers) {
  int32_t root = fv__program_root(&plan->program, value);
  float *base = (float *)(void *)((char *)plan->block + plan->offsets[root]);
  fv__view view = fv__program_view(&plan->program, value, base);
  for (int64_t n = 0; n < view.n; n++)
    for (int64_t h = 0; h < view.h; h++)
      for (int64_t w = 0; w < view.w; w++, numbers += view.c)
        memcpy(view.data + n * view.image + h * view.row + w * view.pixel, numbers, (size_t)view.c * sizeof *numbers);
}

static bool any_changed(const fv_plan *plan) {
  for (int32_t n = 0; n < plan->core->graph->node_count; n++)
    if (plan->changed[n]) return true;
  return false;
}

/* Puts the start's content in its place and chooses the steps for it. *only_changes tells whether all else is valid. */
static fv_status start(fv_plan *plan, const fv_run_options *options, bool *only_changes) {
  *only_changes = plan->has_run && !any_changed(plan) && (plan->ran_from == 0 || plan->ran_from == options->from.node);
  for (int32_t i = 0; i < plan->program.op_count; i++) plan->steps[i].wanted = true;
  if (options->from.node == 0) return FV_OK;
  if (plan->mode != FV_PLAN_INSPECT) return fail(FV_ERROR_STATE, "a run from a value needs a plan in inspect mode");
  if (fv_plan_shape(plan, options->from).rank == 0 || !options->from_data)
    return fail(FV_ERROR_INVALID, "node %" PRId32 " to run from is not in the plan, or has no data",
                options->from.node);
  const int32_t value = plan->values[options->from.node - 1];
  put_start(plan, value, options->from_data);
  const int32_t root = fv__program_root(&plan->program, value); /* no other node's value lies there */
  if (*only_changes)
    want_changed(plan, root);
  else
    want_needed(plan, root);
  return FV_OK;
}

bool fv__plan_computed(const fv_plan *plan, int32_t value) {
  const fv__program *program = &plan->program;
  for (int32_t i = 0; i < program->op_count; i++) {
    const int32_t output = program->ops[i].op.output;
    if (!plan->steps[i].done && (is_inside(program, output, value) || is_inside(program, value, output))) return false;
  }
  return true;
}

/* A step's call for the given slice of the batch. */
static fv__op_call call_of(const fv__step *step, int64_t slice) {
  fv__op_call call = step->call;
  fv__view *const views[] = {&call.x[0], &call.x[1], &call.residual, &call.y};
  for (int k = 0; k < 4; k++)
    if (views[k]->data) views[k]->data += slice * step->advance[k];
  return call;
}

/* One step on a slice, or some that run together by rows. */
static void run_slice(fv__step *steps, int32_t count, int64_t slice, bool is_timed) {
  int64_t nanoseconds[FV__BY_ROWS_OPS];
  fv__op_call calls[FV__BY_ROWS_OPS];
  for (int32_t i = 0; i < count; i++) calls[i] = call_of(&steps[i], slice);
  const int64_t before = is_timed ? now_nanoseconds() : 0;
  if (count > 1)
    fv__by_rows_forward(calls, count, is_timed ? nanoseconds : NULL);
  else
    steps->way->forward(calls);
  if (is_timed && count == 1) nanoseconds[0] = now_nanoseconds() - before;
  for (int32_t i = 0; i < count && is_timed; i++)
    steps[i].nanoseconds = (slice ? steps[i].nanoseconds : 0) + nanoseconds[i];
}

/* The steps from `first` to `last`, which run on one slice of the batch after another. */
static void run_group(fv_plan *plan, int32_t first, int32_t last, bool is_timed) {
  const fv__program_op *op = &plan->program.ops[first];
  const int64_t batch = plan->program.values[op->op.output].n, slices = op->images ? batch / op->images : 1;
  for (int64_t slice = 0; slice < slices; slice++)
    for (int32_t i = first, count; i <= last; i += count) {
      count = fv__by_rows_count(&plan->program, i);
      run_slice(&plan->steps[i], count, slice, is_timed);
    }
}

/* Tells of the steps that have run; the number of the one after which the callback stopped, or -1. */
static int32_t report(const fv_plan *plan, int32_t first, int32_t last, const fv_run_options *options) {
  for (int32_t i = first; i <= last && options->callback; i++)
    if (!options->callback(options->context, &(fv_step_event){i, plan->steps[i].nanoseconds})) return i;
  return -1;
}

bool fv__is_last_writer(const fv__program *program, int32_t step, int32_t value) {
  for (int32_t i = program->op_count - 1; i >= 0; i--) {
    const int32_t output = program->ops[i].op.output;
    if (is_inside(program, output, value) || is_inside(program, value, output)) return i == step;
  }
  return false;
}

/* Rewrites what the step has completed. */
static void make_changes(const fv_plan *plan, const change_list *changes, int32_t step) {
  for (int32_t k = 0; k < changes->count; k++) {
    const fv__change *change = &changes->items[k];
    const int32_t value = plan->values[change->node - 1];
    if (!fv__is_last_writer(&plan->program, step, value)) continue;
    const fv__view view = fv__plan_view(plan, value);
    change->change(change->context, &view);
  }
}

/* The wanted steps up to `last`, group by group. Those behind it hold nothing valid any more. */
static fv_status run_steps(fv_plan *plan, const fv_run_options *options, const change_list *changes, bool only_changes,
                           int32_t last) {
  fv_status status = FV_OK;
  for (int32_t i = 0, end; i < plan->program.op_count; i = end + 1) {
    for (end = i; plan->program.ops[end].by_rows || (plan->program.ops[end].goes_on && end != last);) end++;
    const bool is_wanted = plan->steps[i].wanted, runs = is_wanted && i <= last && !status;
    if (runs) run_group(plan, i, end, options->callback != NULL);
    if (runs) make_changes(plan, changes, end);
    for (int32_t k = i; k <= end; k++) plan->steps[k].done = is_wanted ? runs : plan->steps[k].done && only_changes;
    const int32_t stopped = runs ? report(plan, i, end, options) : -1;
    if (stopped >= 0)
      status =
          fail(FV_ERROR_STOPPED, "stopped after step %" PRId32 " of %" PRId32, stopped + 1, plan->program.op_count);
  }
  return status;
}

static int32_t kept_value_of(const fv_plan *plan, int32_t node) {
  const int32_t value = plan->values[node - 1];
  return value >= 0 && plan->program.values[value].keep ? value : -1;
}

/* Marks the nodes that will be changed beside those that have been, and chooses the steps. */
static fv_status start_changed(fv_plan *plan, const change_list *changes, bool *only_changes) {
  for (int32_t k = 0; k < changes->count; k++)
    if (kept_value_of(plan, changes->items[k].node) < 0)
      return fail(FV_ERROR_STATE, "node %" PRId32 " is not kept and cannot be changed", changes->items[k].node);
  *only_changes = plan->mode == FV_PLAN_INSPECT && plan->has_run && plan->ran_from == 0;
  for (int32_t k = 0; k < changes->count; k++) plan->changed[changes->items[k].node - 1] = true;
  for (int32_t i = 0; i < plan->program.op_count; i++) plan->steps[i].wanted = true;
  if (*only_changes) want_changed(plan, -1);
  return FV_OK;
}

/* What this run has changed is what the next one has to make anew. */
static void remember_changes(fv_plan *plan, const change_list *changes) {
  memset(plan->changed, 0, (size_t)plan->core->graph->node_count * sizeof *plan->changed);
  for (int32_t k = 0; k < changes->count; k++) plan->changed[changes->items[k].node - 1] = true;
}

static fv_status run(fv_plan *plan, const fv_run_options *options, const change_list *changes) {
  static const fv_run_options defaults = {{0, 0}, NULL, {0, 0}, NULL, NULL};
  if (!options) options = &defaults;
  if (plan->version != atomic_load(&plan->core->version))
    return fail(FV_ERROR_STATE, "the model's weights changed after the plan was made: make a new one");
  int32_t last;
  bool only_changes = false;
  TRY(last_step(plan, options->until, &last));
  TRY(changes->on ? start_changed(plan, changes, &only_changes) : start(plan, options, &only_changes));
  plan->has_run = false;
  plan->ran_from = options->from.node;
  const fv_status status = run_steps(plan, options, changes, only_changes, last);
  remember_changes(plan, changes);
  TRY(status);
  plan->has_run = last == plan->program.op_count - 1;
  return FV_OK;
}

fv_status fv_run(fv_plan *plan, const fv_run_options *options) {
  return run(plan, options, &(change_list){.on = false});
}

fv_status fv__run_changed(fv_plan *plan, const fv__change *items, int32_t count, const fv_run_options *options) {
  return run(plan, options, &(change_list){true, items, count});
}
