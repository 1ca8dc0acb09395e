/* Making a plan: shapes, lowering, passes, ways, memory, steps. */
#include "graph/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "graph/by_rows.h"
#include "graph/training.h"
#include "graph/tuning.h"
#include "kernels/kernels.h"
#include "ops/by_rows.h"

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for a plan"); }

void fv_plan_destroy(fv_plan *plan) {
  if (!plan) return;
  for (int32_t i = 0; plan->steps && i < plan->program.op_count; i++) {
    fv__packed_release(plan->core, plan->steps[i].packed);
  }
  fv__pool_destroy(plan->pool);
  fv__program_clear(&plan->program);
  fv__block_free(plan->block, plan->block_bytes);
  fv__arena_clear(&plan->arena);
  fv__core_release(plan->core);
  free(plan);
}

/* Input shapes: the caller's, or the model's with the batch put in. */
static fv_status input_shapes(const fv_plan *plan, const fv_plan_options *options, fv_shape *shapes) {
  const fv_graph *graph = plan->core->graph;
  if (options->batch < 0) return fail(FV_ERROR_INVALID, "a batch of %" PRId32 " images", options->batch);
  for (int32_t i = 0; i < graph->input_count; i++) {
    if (options->input_shapes) {
      shapes[i] = options->input_shapes[i];
      continue;
    }
    const fv__node *node = &graph->nodes[graph->inputs[i].node - 1];
    shapes[i] = node->output;
    if (shapes[i].rank > 0 && shapes[i].dims[0] < 0) shapes[i].dims[0] = options->batch ? options->batch : 1;
    for (int axis = 1; axis < shapes[i].rank; axis++)
      if (shapes[i].dims[axis] < 0) {
        char text[128];
        return fail(FV_ERROR_SHAPE, "input '%s' is %s: say which height and width", graph->layers[node->layer - 1].name,
                    fv_shape_text(text, sizeof text, &node->output));
      }
  }
  return FV_OK;
}

/* Outputs are dense values of their own: inputs, slices and doubles are copied. */
static void settle_outputs(fv_plan *plan) {
  fv__program *program = &plan->program;
  const fv_graph *graph = plan->core->graph;
  for (int32_t i = 0; i < graph->output_count && !program->out_of_memory; i++) {
    int32_t value = plan->values[graph->outputs[i].node - 1];
    bool copy = program->values[value].is_input;
    for (int32_t v = value; program->values[v].parent >= 0; v = program->values[v].parent)
      copy = copy || !program->values[v].reshaped;
    if (copy) {
      program->current_node = graph->outputs[i].node;
      int32_t dense = fv__program_add_value(program, &program->values[value].shape);
      fv__op op = fv__op_make(&fv__op_copy, value, dense);
      fv__program_append(program, &op);
      value = dense;
    }
    plan->outputs[i] = value;
    for (int32_t v = value; v >= 0; v = program->values[v].parent)
      program->values[v].must_be_dense = program->values[v].keep = true;
  }
}

/* Finds the logits, and keeps them where somebody may ask for them. */
static fv_status settle_logits(fv_plan *plan) {
  const int32_t count = plan->core->graph->output_count;
  plan->logits = fv__arena_take(&plan->arena, (size_t)count * sizeof *plan->logits);
  if (!plan->logits) return no_memory();
  for (int32_t i = 0; i < count; i++) {
    fv__joined joined;
    plan->logits[i] = fv__training_joinable(&plan->program, plan->outputs[i], &joined);
    if (plan->logits[i] < 0) plan->logits[i] = plan->outputs[i];
    if (plan->mode != FV_PLAN_INSPECT && plan->section.given_count == 0) continue;
    for (int32_t v = plan->logits[i]; v >= 0; v = plan->program.values[v].parent)
      plan->program.values[v].must_be_dense = plan->program.values[v].keep = true;
  }
  return FV_OK;
}

/* Given values are like inputs: nothing is left that writes them. */
static void settle_given(fv_plan *plan) {
  fv__program *program = &plan->program;
  for (int32_t i = 0; i < plan->section.given_count && !program->out_of_memory; i++) {
    const int32_t value = plan->values[plan->section.given[i] - 1], root = fv__program_root(program, value);
    for (int32_t v = value; v >= 0; v = program->values[v].parent) program->values[v].keep = true;
    program->values[value].is_input = program->values[root].is_input = true;
    int32_t kept = 0;
    for (int32_t k = 0; k < program->op_count; k++)
      if (fv__program_root(program, program->ops[k].op.output) != root) program->ops[kept++] = program->ops[k];
    program->op_count = kept;
  }
  for (int32_t i = 0; i < plan->section.kept_count && !program->out_of_memory; i++)
    for (int32_t v = plan->values[plan->section.kept[i] - 1]; v >= 0; v = program->values[v].parent)
      program->values[v].keep = true;
}

/* Leaves the ops that kept values need. */
static void drop_unneeded(fv_plan *plan) {
  fv__program *program = &plan->program;
  bool *needed = fv__arena_take(&plan->arena, (size_t)program->value_count);
  if (!needed) {
    program->out_of_memory = true;
    return;
  }
  for (int32_t v = 0; v < program->value_count; v++)
    if (program->values[v].keep && !program->values[v].is_input) needed[fv__program_root(program, v)] = true;
  int32_t first = program->op_count;
  for (int32_t i = program->op_count - 1; i >= 0; i--) {
    const fv__op *op = &program->ops[i].op;
    if (!needed[fv__program_root(program, op->output)]) continue;
    const int32_t read[] = {op->inputs[0], op->inputs[1], op->residual};
    for (int k = 0; k < 3; k++)
      if (read[k] >= 0) needed[fv__program_root(program, read[k])] = true;
    program->ops[--first] = program->ops[i];
  }
  program->op_count -= first;
  memmove(program->ops, program->ops + first, (size_t)program->op_count * sizeof *program->ops);
}

static fv_status make_program(fv_plan *plan, const fv_plan_options *options) {
  const fv_graph *graph = plan->core->graph;
  size_t nodes = (size_t)graph->node_count;
  plan->shapes = fv__arena_take(&plan->arena, nodes * sizeof *plan->shapes);
  plan->values = fv__arena_take(&plan->arena, nodes * sizeof *plan->values);
  plan->outputs = fv__arena_take(&plan->arena, (size_t)graph->output_count * sizeof *plan->outputs);
  fv_shape *inputs = fv__arena_take(&plan->arena, (size_t)graph->input_count * sizeof *inputs);
  if (!plan->shapes || !plan->values || !plan->outputs || !inputs) return no_memory();
  TRY(input_shapes(plan, options, inputs));
  TRY(fv__graph_infer(graph, inputs, plan->shapes));
  const bool trains = plan->training && !plan->training->options.at_inference;
  const bool apart = plan->mode == FV_PLAN_INSPECT || plan->section.given_count > 0 || (plan->training && !trains);
  TRY(fv__graph_lower(graph, plan->shapes, apart, trains, &plan->program, plan->values));
  settle_given(plan);
  plan->program.cache = options->cache;
  plan->program.tuning = options->tuning;
  plan->program.may_restart = plan->mode == FV_PLAN_INSPECT;
  if (plan->mode == FV_PLAN_INSPECT)
    for (size_t n = 0; n < nodes; n++)
      for (int32_t v = plan->values[n]; v >= 0; v = plan->program.values[v].parent) plan->program.values[v].keep = true;
  settle_outputs(plan);
  TRY(settle_logits(plan));
  if (plan->section.given_count) drop_unneeded(plan);
  if (plan->training) {
    fv__training_mark(plan);
    TRY(fv__training_seeds(plan));
  }
  for (int32_t i = 0; i < plan->program.op_count; i++) { /* what ways are chosen by */
    plan->program.ops[i].op.kernels = fv__kernels_for(fv_cpu());
    plan->program.ops[i].op.accuracy = plan->accuracy;
  }
  /* In a slice of another value, a gradient would share that one's memory and become the sum of both; where a clamp is
   * part of an op, the gradient by its result becomes 0 where the clamp held. */
  const char *without = plan->training && !trains ? "write-in-place,fuse-clamp" : options->without;
  for (const fv__pass *pass = fv__passes; pass->name; pass++) {
    const bool runs = plan->mode == FV_PLAN_INFER || (plan->training && pass->in_training);
    if (runs && !fv__pass_left_out(without, pass->name)) pass->run(&plan->program);
  }
  return plan->program.out_of_memory ? no_memory() : FV_OK;
}

/* The way of one op, and why others were passed over. */
static fv_status choose_way(fv_plan *plan, const fv__op *op, const fv_tuning *tuning, fv__step *step) {
  char reasons[1000];
  const fv__way *tuned = fv__tuning_way(tuning, op);
  step->tuned = tuned != NULL;
  step->way = fv__op_choose(op, tuned, reasons, sizeof reasons);
  if (!step->way) return fail(FV_ERROR_UNSUPPORTED, "no way fits: %s", reasons);
  step->passed_over = fv__arena_text(&plan->arena, reasons);
  return step->passed_over ? FV_OK : no_memory();
}

/* What a plan needs beside its weights, in bytes. */
typedef struct demand {
  int64_t activations, scratch, packing, total;
  int64_t repacking, gradients; /* in training: room for one op's packed weights, gradients of weights */
} demand;

/* Scratch of the steps from `first` on that run together by rows. */
static size_t scratch_by_rows(const fv_plan *plan, int32_t first) {
  const fv__op *ops[FV__BY_ROWS_OPS];
  const int32_t count = fv__by_rows_count(&plan->program, first);
  for (int32_t k = 0; k < count; k++) ops[k] = &plan->program.ops[first + k].op;
  return fv__by_rows_scratch_bytes(ops, count, fv__pool_threads(plan->pool));
}

/* Ways, and where values lie; takes nothing yet. */
static fv_status choose_ways(fv_plan *plan, const fv_tuning *tuning, demand *need) {
  fv__program *program = &plan->program;
  size_t scratch = 0;
  plan->steps = fv__arena_take(&plan->arena, (size_t)program->op_count * sizeof *plan->steps);
  if (!plan->steps) return no_memory();
  for (int32_t i = 0; i < program->op_count; i++) {
    fv__op *op = &program->ops[i].op;
    TRY(choose_way(plan, op, tuning, &plan->steps[i]));
    const fv__way *way = plan->steps[i].way;
    const size_t bytes = way->scratch_bytes ? way->scratch_bytes(op, fv__pool_threads(plan->pool)) : 0;
    if (bytes > scratch) scratch = bytes;
    if (!fv__training_repacks(plan, op)) need->packing += (int64_t)fv__packed_needed(plan->core, op, way);
  }
  for (int32_t i = 0, count; i < program->op_count; i += count) {
    count = fv__by_rows_count(program, i);
    const size_t bytes = count > 1 ? scratch_by_rows(plan, i) : 0;
    if (bytes > scratch) scratch = bytes;
  }
  size_t repacking = 0;
  if (plan->training) TRY(fv__training_ways(plan, &scratch, &repacking));
  if (repacking > INT64_MAX / 4) return fail(FV_ERROR_SHAPE, "the weights are too large");
  need->repacking = fv__round_up((int64_t)repacking, 64);
  need->gradients = plan->training ? fv__training_gradient_bytes(plan) : 0;
  if (scratch > INT64_MAX / 4) return fail(FV_ERROR_SHAPE, "the activations are too large");
  need->scratch = fv__round_up((int64_t)scratch, 64);
  return FV_OK;
}

/* Where values lie in a plan without training. */
static int64_t place_program(fv_plan *plan, bool *out_of_memory) {
  const size_t count = (size_t)plan->program.value_count;
  fv__life *lives = calloc(count + 1, sizeof *lives);
  plan->offsets = fv__arena_take(&plan->arena, count * sizeof *plan->offsets);
  *out_of_memory = !lives || !plan->offsets;
  int64_t bytes = -1;
  if (!*out_of_memory && fv__memory_lives(&plan->program, lives))
    bytes = fv__memory_place(lives, count, plan->offsets, &plan->memory.buffers, out_of_memory);
  free(lives);
  return bytes;
}

static fv_status place_values(fv_plan *plan, demand *need) {
  bool out_of_memory;
  need->activations = plan->training ? fv__training_place(plan, &out_of_memory) : place_program(plan, &out_of_memory);
  if (out_of_memory) return no_memory();
  if (need->activations < 0 || !fv__size_add(&need->total, need->activations, need->scratch) ||
      !fv__size_add(&need->total, need->total, need->packing) ||
      !fv__size_add(&need->total, need->total, need->repacking) ||
      !fv__size_add(&need->total, need->total, need->gradients))
    return fail(FV_ERROR_SHAPE, "the activations are too large");
  return FV_OK;
}

static fv_status draw_up(fv_plan *plan, const fv_plan_options *options, demand *need) {
  TRY(make_program(plan, options));
  TRY(choose_ways(plan, options->tuning, need));
  return place_values(plan, need);
}

/* Whether a plan like this one but for `batch` would need at most `limit`. */
static bool would_fit(const fv_plan *plan, const fv_plan_options *options, int64_t batch, int64_t limit) {
  const int32_t inputs = plan->core->graph->input_count;
  fv_plan trial = {
      .core = plan->core, .mode = plan->mode, .accuracy = plan->accuracy, .pool = plan->pool, .section = plan->section};
  fv__training_part part = {0};
  if (plan->training) {
    part.options = plan->training->options;
    trial.training = &part;
  }
  fv_plan_options smaller = *options;
  smaller.batch = (int32_t)batch;
  demand need = {0};
  fv_shape *shapes = fv__arena_take(&trial.arena, (size_t)inputs * sizeof *shapes);
  for (int32_t i = 0; shapes && i < inputs; i++) {
    shapes[i] = plan->shapes[plan->core->graph->inputs[i].node - 1];
    shapes[i].dims[0] = batch;
  }
  smaller.input_shapes = shapes;
  const bool fits = shapes && !draw_up(&trial, &smaller, &need) && need.total <= limit;
  fv__program_clear(&trial.program);
  fv__arena_clear(&trial.arena);
  return fits;
}

/* Says no before anything is taken, and which batch would fit. */
static fv_status check_limit(const fv_plan *plan, const fv_plan_options *options, const demand *need) {
  if (options->memory_limit < 0) return FV_OK;
  const int64_t limit = options->memory_limit ? options->memory_limit : fv__memory_available();
  if (need->total <= limit) return FV_OK;
  const int64_t batch = plan->shapes[plan->core->graph->inputs[0].node - 1].dims[0];
  const int64_t each = batch > 0 ? need->activations / batch : 0, left = limit - (need->total - need->activations);
  int64_t fits = each > 0 && left > 0 ? left / each : 0;
  if (fits >= batch) fits = batch - 1;
  while (fits > 0 && !would_fit(plan, options, fits, limit)) fits = fits * 3 / 4;
  const double megabyte = 1024 * 1024;
  if (fits > 0)
    return fail(FV_ERROR_MEMORY,
                "a batch of %" PRId64 " needs %.0f MB and %.0f MB are allowed: a batch of %" PRId64 " would fit", batch,
                (double)need->total / megabyte, (double)limit / megabyte, fits);
  return fail(FV_ERROR_MEMORY, "a batch of %" PRId64 " needs %.0f MB and %.0f MB are allowed", batch,
              (double)need->total / megabyte, (double)limit / megabyte);
}

fv__view fv__plan_view(const fv_plan *plan, int32_t value) {
  if (value < 0) return (fv__view){0};
  const int32_t root = fv__program_root(&plan->program, value);
  char *at = plan->offsets[root] < 0 ? NULL : (char *)plan->block + plan->offsets[root];
  return fv__program_view(&plan->program, value, (float *)(void *)at);
}

static fv_status pack_weights(fv_plan *plan) {
  int32_t count = plan->program.op_count;
  fv__packed_wish *wishes = calloc((size_t)count + 1, sizeof *wishes);
  if (!wishes) return no_memory();
  int32_t wished = 0; /* weights that change with each step are packed then */
  for (int32_t i = 0; i < count; i++)
    if (!fv__training_repacks(plan, &plan->program.ops[i].op))
      wishes[wished++] = (fv__packed_wish){&plan->program.ops[i].op, plan->steps[i].way, NULL};
  fv_status status = fv__packed_take(plan->core, plan->pool, wishes, wished);
  wished = 0;
  for (int32_t i = 0; i < count; i++)
    if (!fv__training_repacks(plan, &plan->program.ops[i].op)) plan->steps[i].packed = wishes[wished++].packed;
  free(wishes);
  return status;
}

/* Cuts the views of a step to the first slice of the batch. */
static void cut_to_slice(const fv_plan *plan, int32_t number) {
  fv__step *step = &plan->steps[number];
  const fv__program_op *op = &plan->program.ops[number];
  if (!op->images) return;
  const int32_t values[] = {op->op.inputs[0], op->op.inputs[1], op->op.residual, op->op.output};
  fv__view *const views[] = {&step->call.x[0], &step->call.x[1], &step->call.residual, &step->call.y};
  for (int k = 0; k < 4; k++) {
    if (values[k] < 0) continue;
    const bool is_own = plan->program.values[fv__program_root(&plan->program, values[k])].held;
    step->advance[k] = is_own ? 0 : op->images * views[k]->image;
    views[k]->n = op->images;
  }
}

static void fill_steps(fv_plan *plan, void *scratch) {
  const fv__core *core = plan->core;
  for (int32_t i = 0; i < plan->program.op_count; i++) {
    fv__step *step = &plan->steps[i];
    const fv__op *op = &plan->program.ops[i].op;
    step->call = (fv__op_call){.op = op,
                               .x = {fv__plan_view(plan, op->inputs[0]), fv__plan_view(plan, op->inputs[1])},
                               .residual = fv__plan_view(plan, op->residual),
                               .y = fv__plan_view(plan, op->output),
                               .kernel = op->kernel < 0 ? NULL : core->weights[op->kernel].data,
                               .bias = op->bias < 0 ? NULL : core->weights[op->bias].data,
                               .packed = fv__packed_data(step->packed),
                               .scratch = scratch,
                               .pool = plan->pool};
    cut_to_slice(plan, i);
  }
}

static int64_t all_packed(const fv_plan *plan) {
  int64_t bytes = 0;
  for (int32_t i = 0; i < plan->program.op_count; i++) bytes += (int64_t)fv__packed_bytes(plan->steps[i].packed);
  return bytes;
}

static fv_status take_memory(fv_plan *plan, const fv_plan_options *options, const demand *need) {
  plan->marks = fv__arena_take(&plan->arena, (size_t)plan->program.value_count * sizeof *plan->marks);
  plan->changed = fv__arena_take(&plan->arena, (size_t)plan->core->graph->node_count * sizeof *plan->changed);
  if (!plan->marks || !plan->changed) return no_memory();
  TRY(check_limit(plan, options, need));
  const int64_t bytes = need->total - need->packing;
  plan->block = fv__block_take((size_t)bytes);
  if (!plan->block) return fail(FV_ERROR_MEMORY, "no memory for %" PRId64 " bytes of activations", bytes);
  plan->block_bytes = (size_t)bytes;
  TRY(pack_weights(plan));
  char *scratch = (char *)plan->block + need->activations, *repacking = scratch + need->scratch;
  fill_steps(plan, scratch);
  if (plan->training) fv__training_fill(plan, scratch, repacking, (float *)(void *)(repacking + need->repacking));
  plan->memory.weights = (int64_t)plan->core->block_bytes;
  plan->memory.activations = need->activations;
  plan->memory.scratch = need->scratch;
  plan->memory.packed = all_packed(plan) + need->repacking;
  plan->memory.gradients = need->gradients;
  return FV_OK;
}

static fv_status prepare(fv_plan *plan, const fv_plan_options *options) {
  if (options->accuracy != FV_ACCURACY_DEFAULT && options->accuracy != FV_ACCURACY_EXACT &&
      options->accuracy != FV_ACCURACY_FAST)
    return fail(FV_ERROR_INVALID, "there is no accuracy %d", (int)options->accuracy);
  if (options->cache < 0) return fail(FV_ERROR_INVALID, "a cache of %" PRId64 " bytes", options->cache);
  if (plan->mode != FV_PLAN_INFER && plan->mode != FV_PLAN_INSPECT && !plan->training)
    return fail(FV_ERROR_INVALID, "there is no plan mode %d", (int)options->mode);
  TRY(fv__tuning_check(options->tuning, fv_cpu()));
  TRY(fv__pool_create(&plan->pool, options->threads));
  demand need = {0};
  TRY(draw_up(plan, options, &need));
  return take_memory(plan, options, &need);
}

static fv_status create(fv_plan **out, fv__core *core, const fv_plan_options *options, fv_plan_mode mode,
                        const fv__training_options *training, const fv__section *section) {
  static const fv_plan_options defaults = {0};
  if (!options) options = &defaults;
  *out = NULL;
  fv_plan *plan = calloc(1, sizeof *plan);
  if (!plan) return no_memory();
  plan->core = fv__core_share(core);
  plan->version = atomic_load(&core->version);
  plan->mode = mode;
  plan->accuracy = options->accuracy;
  if (section) plan->section = *section;
  if (training) plan->training = fv__arena_take(&plan->arena, sizeof *plan->training);
  fv_status status = training && !plan->training ? no_memory() : FV_OK;
  if (plan->training) plan->training->options = *training;
  if (!status) status = prepare(plan, options);
  if (status) {
    fv_plan_destroy(plan);
    return status;
  }
  *out = plan;
  return FV_OK;
}

fv_status fv__plan_create(fv_plan **out, fv__core *core, const fv_plan_options *options) {
  return create(out, core, options, options ? options->mode : FV_PLAN_INFER, NULL, NULL);
}

fv_status fv__plan_create_section(fv_plan **out, fv__core *core, const fv_plan_options *options,
                                  const fv__section *section) {
  return create(out, core, options, FV_PLAN_INFER, NULL, section);
}

fv_status fv__plan_create_training(fv_plan **out, fv__core *core, const fv_plan_options *options,
                                   const fv__training_options *training) {
  return create(out, core, options, FV_PLAN_TRAIN, training, training->section);
}

float *fv_plan_input(fv_plan *plan, int32_t index) {
  const fv_graph *graph = plan->core->graph;
  if (index < 0 || index >= graph->input_count) return NULL;
  return fv__plan_view(plan, plan->values[graph->inputs[index].node - 1]).data;
}

fv_shape fv_plan_input_shape(const fv_plan *plan, int32_t index) {
  const fv_graph *graph = plan->core->graph;
  if (index < 0 || index >= graph->input_count) return (fv_shape){0};
  return plan->shapes[graph->inputs[index].node - 1];
}

const float *fv_plan_output(const fv_plan *plan, int32_t index) {
  if (index < 0 || index >= plan->core->graph->output_count) return NULL;
  return fv__plan_view(plan, plan->outputs[index]).data;
}

const float *fv_plan_logits(const fv_plan *plan, int32_t index) {
  if (index < 0 || index >= plan->core->graph->output_count || plan->mode != FV_PLAN_INSPECT) return NULL;
  return fv__plan_view(plan, plan->logits[index]).data;
}

fv_shape fv_plan_output_shape(const fv_plan *plan, int32_t index) {
  if (index < 0 || index >= plan->core->graph->output_count) return (fv_shape){0};
  return plan->shapes[plan->core->graph->outputs[index].node - 1];
}

fv_shape fv_plan_shape(const fv_plan *plan, fv_value value) {
  if (value.node < 1 || value.node > plan->core->graph->node_count || plan->values[value.node - 1] < 0)
    return (fv_shape){0};
  return plan->shapes[value.node - 1];
}

/* The program value that holds a node's value to the end, or -1. */
static int32_t kept_value(const fv_plan *plan, fv_value value) {
  const fv_graph *graph = plan->core->graph;
  if (value.node < 1 || value.node > graph->node_count || value.output != 0) return -1;
  for (int32_t i = 0; i < graph->output_count; i++)
    if (graph->outputs[i].node == value.node) return plan->outputs[i];
  int32_t number = plan->values[value.node - 1];
  return number >= 0 && plan->program.values[number].keep ? number : -1;
}

fv_status fv_plan_read(const fv_plan *plan, fv_value value, float *numbers) {
  int32_t number = kept_value(plan, value);
  if (number < 0) return fail(FV_ERROR_STATE, "node %" PRId32 " is not kept: plan in inspect mode", value.node);
  if (value.node != plan->ran_from && !fv__plan_computed(plan, number))
    return fail(FV_ERROR_STATE, "node %" PRId32 " has not been computed by the last run", value.node);
  const fv__view view = fv__plan_view(plan, number);
  fv__view_read(&view, numbers);
  return FV_OK;
}

void fv__view_read(const fv__view *view, float *numbers) {
  for (int64_t n = 0; n < view->n; n++)
    for (int64_t h = 0; h < view->h; h++)
      for (int64_t w = 0; w < view->w; w++, numbers += view->c)
        memcpy(numbers, fv__view_at(view, n, h, w), (size_t)view->c * sizeof *numbers);
}

void fv__plan_give(const fv_plan *plan, int32_t node, int64_t image, const float *numbers) {
  const fv__view view = fv__plan_view(plan, plan->values[node - 1]);
  for (int64_t h = 0; h < view.h; h++)
    for (int64_t w = 0; w < view.w; w++, numbers += view.c)
      memcpy(fv__view_at(&view, image, h, w), numbers, (size_t)view.c * sizeof *numbers);
}

int32_t fv_plan_step_count(const fv_plan *plan) { return plan->program.op_count; }

fv_step_info fv_plan_step(const fv_plan *plan, int32_t index) {
  if (index < 0 || index >= plan->program.op_count) return (fv_step_info){0};
  const fv__program_op *op = &plan->program.ops[index];
  const fv__step *step = &plan->steps[index];
  const fv__program_value *y = &plan->program.values[op->op.output];
  const int64_t slices = op->images ? y->n / op->images : 1;
  return (fv_step_info){
      .operation = op->op.type->name,
      .way = step->way->name,
      .passed_over = step->passed_over,
      .node_count = op->node_count,
      .nodes = op->nodes,
      .tuned = step->tuned,
      .by_rows = op->by_rows || (index > 0 && op[-1].by_rows),
      .pooled = op->op.pooled,
      .multiply_adds = fv__size_product(fv__op_multiply_adds(&op->op), op->op.type->counts_images ? slices : 1),
      .bytes = y->n * y->h * y->w * y->c * 4,
      .expected_seconds = step->way->estimate ? step->way->estimate(&op->op) * 1e-9 * (double)slices : 0};
}

fv_plan_memory fv_plan_memory_use(const fv_plan *plan) { return plan->memory; }
