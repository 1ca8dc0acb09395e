/* Making a plan for training: what is differentiated, which ways lead back, what is kept and where it lies. */
#include "graph/train.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "graph/training.h"
#include "kernels/kernels.h"

static bool is_trainable(const fv__core *core, int32_t weight) {
  if (weight < 0) return false;
  const fv__weight *w = &core->weights[weight];
  return core->graph->layers[core->graph->order[w->layer] - 1].weights[w->spec].trainable;
}

static bool has_trainable(const fv_plan *plan, const fv__op *op) {
  const fv__core *core = plan->core;
  if (plan->training->options.at_inference) return false;
  return is_trainable(core, op->kernel) || is_trainable(core, op->bias) ||
         is_trainable(core, op->normalisation.gamma) || is_trainable(core, op->normalisation.beta);
}

bool fv__training_repacks(const fv_plan *plan, const fv__op *op) { return plan->training && has_trainable(plan, op); }

/* A root is differentiated when an op that writes into it is; an op when a weight of it is trainable or a root it reads
 * is differentiated. Ops stand in the order in which they run. */
void fv__training_mark(fv_plan *plan) {
  fv__program *program = &plan->program;
  fv__training_part *training = plan->training;
  training->differentiated = fv__arena_take(&plan->arena, (size_t)program->value_count);
  bool *roots = training->differentiated;
  if (!roots) {
    program->out_of_memory = true;
    return;
  }
  for (int32_t v = 0; v < program->value_count; v++)
    roots[v] = program->values[v].is_input && training->options.input_gradients;
  for (int32_t i = 0; i < training->options.wanted_count; i++)
    for (int32_t v = plan->values[training->options.wanted[i] - 1]; v >= 0; v = program->values[v].parent)
      roots[v] = program->values[v].keep = true;
  for (int32_t i = 0; i < program->op_count; i++) {
    fv__op *op = &program->ops[i].op;
    bool trained = has_trainable(plan, op);
    if (op->type == &fv__op_batch_norm && plan->shapes[program->ops[i].nodes[0] - 1].rank == 4)
      op->batch_norm.unbiased = training->options.unbiased_variance;
    if (op->type == &fv__op_batch_norm && training->options.moving_momentum > 0)
      op->batch_norm.momentum = training->options.moving_momentum;
    for (int k = 0; k < FV__OP_INPUTS; k++)
      trained = trained || (op->inputs[k] >= 0 && roots[fv__program_root(program, op->inputs[k])]);
    program->ops[i].trained = trained;
    if (trained) roots[fv__program_root(program, op->output)] = true;
  }
}

/* The softmax or sigmoid that makes `value`, when its input may be the seed instead. */
static const fv__op *joinable(const fv__program *program, int32_t value, fv__joined *joined) {
  const fv__op *found = NULL;
  for (int32_t i = 0; i < program->op_count; i++) {
    const fv__op *op = &program->ops[i].op;
    if (fv__program_root(program, op->output) != fv__program_root(program, value)) continue;
    if (found || op->output != value) return NULL;
    found = op;
  }
  *joined = FV__JOINED_NONE;
  if (!found || program->values[found->inputs[0]].is_input) return NULL;
  if (found->type == &fv__op_softmax && found->softmax.axis == 3 && !found->softmax.logarithm)
    *joined = FV__JOINED_SOFTMAX;
  if (found->type == &fv__op_unary && found->unary.kernel == FV__UNARY_SIGMOID) *joined = FV__JOINED_SIGMOID;
  if (*joined == FV__JOINED_NONE) return NULL;
  for (int32_t v = found->inputs[0]; program->values[v].parent >= 0; v = program->values[v].parent)
    if (!program->values[v].reshaped) return NULL;
  return found;
}

int32_t fv__training_joinable(const fv__program *program, int32_t value, fv__joined *joined) {
  const fv__op *op = joinable(program, value, joined);
  return op ? op->inputs[0] : -1;
}

fv_status fv__training_seeds(fv_plan *plan) {
  fv__program *program = &plan->program;
  fv__training_part *training = plan->training;
  const size_t count = (size_t)plan->core->graph->output_count;
  training->seeds = fv__arena_take(&plan->arena, count * sizeof *training->seeds);
  training->joined = fv__arena_take(&plan->arena, count * sizeof *training->joined);
  if (!training->seeds || !training->joined) return fail(FV_ERROR_MEMORY, "no memory for a plan");
  for (size_t i = 0; i < count; i++) {
    training->seeds[i] = plan->outputs[i];
    training->joined[i] = FV__JOINED_NONE;
    fv__joined joined = FV__JOINED_NONE;
    const fv__op *op = training->options.join ? joinable(program, plan->outputs[i], &joined) : NULL;
    if (op && (joined == training->options.join[i] || training->options.join[i] == FV__JOINED_ANY)) {
      training->seeds[i] = op->inputs[0];
      training->joined[i] = joined;
    }
    for (int32_t v = training->seeds[i]; v >= 0; v = program->values[v].parent)
      program->values[v].must_be_dense = program->values[v].keep = true;
  }
  return FV_OK;
}

/* Whether a joined activation: the way back begins before it. */
static bool is_joined(const fv_plan *plan, const fv__op *op) {
  for (int32_t i = 0; i < plan->core->graph->output_count; i++)
    if (plan->training->joined[i] && op->output == plan->outputs[i]) return true;
  return false;
}

/* Which gradient roots anything reaches from the seeds, and what each op gives on. */
static void mark_reached(fv_plan *plan, bool *reached) {
  const fv__program *program = &plan->program;
  fv__training_part *training = plan->training;
  for (int32_t i = 0; i < plan->core->graph->output_count; i++)
    reached[fv__program_root(program, training->seeds[i])] = true;
  for (int32_t i = program->op_count - 1; i >= 0; i--) {
    const fv__op *op = &program->ops[i].op;
    fv__back_step *step = &training->steps[i];
    step->gives = i;
    step->runs = program->ops[i].trained && reached[fv__program_root(program, op->output)] && !is_joined(plan, op);
    if (!step->runs) continue;
    for (int k = 0; k < FV__OP_INPUTS; k++) {
      if (op->inputs[k] < 0) continue;
      const int32_t root = fv__program_root(program, op->inputs[k]);
      step->wants[k] = training->differentiated[root];
      reached[root] = reached[root] || step->wants[k];
    }
    if (op->residual < 0) continue;
    const int32_t root = fv__program_root(program, op->residual);
    step->wants_residual = training->differentiated[root];
    reached[root] = reached[root] || step->wants_residual;
  }
}

/* Passes may have moved values into others: a root is differentiated when any value in it was. */
static void settle_roots(fv_plan *plan) {
  const fv__program *program = &plan->program;
  bool *roots = plan->training->differentiated;
  for (int32_t v = 0; v < program->value_count; v++)
    if (roots[v]) roots[fv__program_root(program, v)] = true;
}

static fv_status choose_back_ways(const fv_plan *plan, const fv__op *op, fv__back_step *step) {
  if (step->wants[0] || step->wants[1]) {
    if (!step->input_way) step->input_way = fv__gradient_choose(op, op->type->input_gradient);
    if (!step->input_way) return fail(FV_ERROR_UNSUPPORTED, "%s cannot be trained through", op->type->name);
  }
  if (!has_trainable(plan, op)) return FV_OK;
  step->weight_way = fv__gradient_choose(op, op->type->weight_gradient);
  return step->weight_way ? FV_OK : fail(FV_ERROR_UNSUPPORTED, "the weights of %s cannot be trained", op->type->name);
}

static void widen(size_t *most, size_t bytes) {
  if (bytes > *most) *most = bytes;
}

/* The layer that an op stands for, for messages. */
static const char *layer_name(const fv_plan *plan, int32_t op) {
  const fv_graph *graph = plan->core->graph;
  return graph->layers[graph->nodes[plan->program.ops[op].nodes[0] - 1].layer - 1].name;
}

/* Trainable weights, last layer first. */
static fv_status list_places(fv_plan *plan) {
  fv__training_part *training = plan->training;
  const fv__core *core = plan->core;
  training->places = fv__arena_take(&plan->arena, (size_t)core->weight_count * sizeof *training->places);
  training->place_of = fv__arena_take(&plan->arena, (size_t)core->weight_count * sizeof *training->place_of);
  if (!training->places || !training->place_of) return fail(FV_ERROR_MEMORY, "no memory for a plan");
  for (int32_t layer = core->graph->order_count - 1; layer >= 0; layer--)
    for (int32_t w = 0; w < core->weight_count; w++) {
      training->place_of[w] = core->weights[w].layer == layer ? -1 : training->place_of[w];
      if (core->weights[w].layer != layer || !is_trainable(core, w) || training->options.at_inference) continue;
      training->place_of[w] = training->place_count;
      training->places[training->place_count++] =
          (fv__gradient_place){.weight = w, .offset = training->length, .count = core->weights[w].elements};
      if (!fv__size_add(&training->length, training->length, fv__round_up(core->weights[w].elements, 16)))
        return fail(FV_ERROR_SHAPE, "the weights are too large");
    }
  return FV_OK;
}

fv_status fv__training_ways(fv_plan *plan, size_t *scratch, size_t *packing) {
  fv__program *program = &plan->program;
  fv__training_part *training = plan->training;
  TRY(list_places(plan));
  settle_roots(plan);
  training->steps = fv__arena_take(&plan->arena, (size_t)program->op_count * sizeof *training->steps);
  bool *reached = fv__arena_take(&plan->arena, (size_t)program->value_count);
  if (!training->steps || !reached) return fail(FV_ERROR_MEMORY, "no memory for a plan");
  mark_reached(plan, reached);
  fv__training_go_through(plan);
  for (int32_t i = 0; i < program->op_count; i++) {
    const fv__op *op = &program->ops[i].op;
    fv__back_step *step = &training->steps[i];
    const fv__way *way = plan->steps[i].way;
    if (fv__training_repacks(plan, op) && way->packed_bytes) widen(packing, way->packed_bytes(op));
    if (!step->runs) continue;
    fv_status status = choose_back_ways(plan, op, step);
    if (status) return note(status, "%s", layer_name(plan, i));
    const fv__gradient_way *const ways[] = {step->input_way, step->weight_way};
    for (int k = 0; k < 2; k++)
      if (ways[k] && ways[k]->scratch_bytes) widen(scratch, ways[k]->scratch_bytes(op, fv__pool_threads(plan->pool)));
  }
  return FV_OK;
}

/* What the way back of op `i` reads of the forward run lives until then. */
static void keep_for_backward(const fv_plan *plan, fv__life *lives, int32_t i) {
  const fv__program *program = &plan->program;
  const fv__op *op = &program->ops[i].op;
  const fv__back_step *step = &plan->training->steps[i];
  const int32_t then = 2 * program->op_count - i;
  const bool reads_x = (step->input_way && step->input_way->reads_x) || (step->weight_way && step->weight_way->reads_x);
  const bool reads_y = (step->input_way && step->input_way->reads_y) ||
                       (step->weight_way && step->weight_way->reads_y) || fv__back_step_masks(op);
  for (int k = 0; reads_x && k < FV__OP_INPUTS; k++) fv__life_extend(program, lives, op->inputs[k], then, then);
  if (reads_y) fv__life_extend(program, lives, op->output, then, then);
}

/* The gradients that op `i` reads and writes. */
static void live_gradients(const fv_plan *plan, fv__life *gradients, int32_t i) {
  const fv__program *program = &plan->program;
  const fv__op *op = &program->ops[i].op;
  const fv__back_step *step = &plan->training->steps[i];
  const int32_t then = 2 * program->op_count - i, *inputs = program->ops[step->gives].op.inputs;
  fv__life_extend(program, gradients, op->output, then, then);
  for (int k = 0; k < FV__OP_INPUTS; k++)
    if (step->wants[k]) fv__life_extend(program, gradients, inputs[k], then, then);
  if (step->wants_residual) fv__life_extend(program, gradients, op->residual, then, then);
}

/* A number of bytes that all ops of a type save in every run. */
static size_t saved_bytes(const fv__op *op) { return op->type->saved_bytes ? op->type->saved_bytes(op) : 0; }

/* Lives of values, then of their gradients, then of what ops save. */
static bool live(const fv_plan *plan, fv__life *lives) {
  const fv__program *program = &plan->program;
  const fv__training_part *training = plan->training;
  const int32_t values = program->value_count, loss = program->op_count;
  fv__life *gradients = lives + values, *saved = gradients + values;
  if (!fv__memory_lives(program, lives)) return false;
  for (int32_t v = 0; v < values; v++) gradients[v] = (fv__life){values + v, INT32_MAX, -1, 0, -1};
  for (int32_t i = 0; i < program->op_count; i++) saved[i] = (fv__life){2 * values + i, INT32_MAX, -1, 0, -1};
  for (int32_t i = 0; i < program->op_count; i++) {
    const size_t bytes = saved_bytes(&program->ops[i].op);
    if (bytes > INT64_MAX / 8) return false;
    const int32_t last = training->steps[i].runs ? 2 * program->op_count - i : i;
    if (bytes) saved[i] = (fv__life){2 * values + i, i, last, fv__round_up((int64_t)bytes, 64), -1};
    if (!training->steps[i].runs) continue;
    keep_for_backward(plan, lives, i);
    live_gradients(plan, gradients, i);
  }
  for (int32_t i = 0; i < plan->core->graph->output_count; i++)
    if (training->differentiated[fv__program_root(program, training->seeds[i])])
      fv__life_extend(program, gradients, training->seeds[i], loss, loss);
  for (int32_t v = 0; v < values; v++) {
    if (gradients[v].last < 0) continue;
    gradients[v].bytes = lives[v].bytes;
    if (program->values[v].is_input) gradients[v].last = INT32_MAX;
  }
  for (int32_t i = 0; i < training->options.wanted_count; i++) {
    fv__life *life = &gradients[fv__program_root(program, plan->values[training->options.wanted[i] - 1])];
    if (life->last >= 0) life->last = INT32_MAX;
  }
  return true;
}

int64_t fv__training_place(fv_plan *plan, bool *out_of_memory) {
  const fv__program *program = &plan->program;
  fv__training_part *training = plan->training;
  const size_t values = (size_t)program->value_count, count = 2 * values + (size_t)program->op_count;
  fv__life *lives = calloc(count + 1, sizeof *lives);
  int64_t *offsets = fv__arena_take(&plan->arena, count * sizeof *offsets);
  training->first_use = fv__arena_take(&plan->arena, values * sizeof *training->first_use);
  int64_t total = -1;
  *out_of_memory = !lives || !offsets || !training->first_use;
  if (!*out_of_memory && live(plan, lives)) {
    for (size_t v = 0; v < values; v++)
      training->first_use[v] = lives[values + v].bytes ? lives[values + v].first : INT32_MAX;
    training->gradient_offsets = offsets + values;
    training->saved_offsets = training->gradient_offsets + values;
    plan->offsets = offsets;
    total = fv__memory_place(lives, count, offsets, &plan->memory.buffers, out_of_memory);
  }
  free(lives);
  return *out_of_memory ? -1 : total;
}

int64_t fv__training_gradient_bytes(const fv_plan *plan) {
  if (plan->training->options.gradients) return 0;
  const int64_t length = plan->training->length;
  return length > INT64_MAX / 8 ? INT64_MAX / 2 : length * (int64_t)sizeof(float);
}
