/* Running a plan for training: forward with weights packed anew, and backward from the seeds. */
#include <math.h>
#include <string.h>

#include "graph/training.h"
#include "kernels/kernels.h"

enum { PIECE = 65536 }; /* numbers per piece of work */

bool fv__back_step_masks(const fv__op *op) { return op->low > -INFINITY || op->high < INFINITY; }

/* ---- forward ---- */

static const float *numbers(const fv_plan *plan, int32_t weight) {
  return weight < 0 ? NULL : plan->core->weights[weight].data;
}

static void pack_anew(fv_plan *plan, int32_t i) {
  const fv__op *op = &plan->program.ops[i].op;
  const fv__way *way = plan->steps[i].way;
  if (!fv__training_repacks(plan, op)) return;
  const fv__op_weights weights = {numbers(plan, op->kernel),
                                  numbers(plan, op->bias),
                                  numbers(plan, op->normalisation.gamma),
                                  numbers(plan, op->normalisation.beta),
                                  numbers(plan, op->normalisation.mean),
                                  numbers(plan, op->normalisation.variance)};
  fv__way_repack(way, op, &weights, plan->training->packing, plan->pool);
}

void fv__plan_forward(fv_plan *plan, fv__draw draw) {
  plan->training->draw = draw;
  for (int32_t i = 0; i < plan->program.op_count; i++) {
    pack_anew(plan, i);
    plan->steps[i].way->forward(&plan->steps[i].call);
    plan->steps[i].done = true;
  }
  plan->has_run = true;
}

/* ---- backward ---- */

/* What is done to the numbers of `to`, with those of `from` in the same places. */
typedef struct rows_job {
  const fv__view *from, *to;
  const fv__vec_kernels *kernels;
  float low, high;
} rows_job;

/* 0 where the clamp held `from`. */
static void mask(const rows_job *job, const float *from, float *to, int64_t count) {
  job->kernels->mask(from, to, count, job->low, job->high);
}

static void add(const rows_job *job, const float *from, float *to, int64_t count) {
  job->kernels->binary[FV__BINARY_ADD](to, from, to, count, -INFINITY, INFINITY);
}

typedef void numbers_body(const rows_job *job, const float *from, float *to, int64_t count);

/* A row at once where its pixels lie side by side. */
static void over_row(const rows_job *job, int64_t row, numbers_body *body) {
  const fv__view *from = job->from, *to = job->to;
  const bool dense = from->pixel == to->c && to->pixel == to->c;
  const int64_t count = dense ? to->w * to->c : to->c;
  for (int64_t j = 0; j < (dense ? 1 : to->w); j++)
    body(job, fv__view_at(from, row / to->h, row % to->h, j), fv__view_at(to, row / to->h, row % to->h, j), count);
}

static void mask_row(void *context, int64_t row, int thread) {
  (void)thread;
  over_row(context, row, mask);
}

static void add_row(void *context, int64_t row, int thread) {
  (void)thread;
  over_row(context, row, add);
}

typedef struct zero_job {
  float *numbers;
  int64_t count;
} zero_job;

static void zero_piece(void *context, int64_t piece, int thread) {
  (void)thread;
  const zero_job *job = context;
  const int64_t first = piece * PIECE;
  memset(job->numbers + first, 0, (size_t)fv__min(PIECE, job->count - first) * sizeof *job->numbers);
}

static void set_to_zero(fv_plan *plan, float *numbers_to_clear, int64_t count) {
  zero_job job = {numbers_to_clear, count};
  fv__parallel_for(plan->pool, (count + PIECE - 1) / PIECE, zero_piece, &job);
}

static void run_back_step(fv_plan *plan, int32_t i, bool adds) {
  fv__back_step *step = &plan->training->steps[i];
  const fv__op *op = &plan->program.ops[i].op;
  for (int k = 0; k < FV__BACK_ROOTS; k++) {
    if (step->zero[k] < 0) continue;
    const fv__view view = fv__gradient_view(plan, step->zero[k]);
    set_to_zero(plan, view.data, view.n * view.h * view.w * view.c);
  }
  const int64_t rows = step->input_call.dy.n * step->input_call.dy.h;
  if (fv__back_step_masks(op)) {
    rows_job job = {&step->input_call.y, &step->input_call.dy, op->kernels->vec, op->low, op->high};
    fv__parallel_for(plan->pool, rows, mask_row, &job);
  }
  if (step->wants_residual) {
    rows_job job = {&step->input_call.dy, &step->dresidual, op->kernels->vec, 0, 0};
    fv__parallel_for(plan->pool, rows, add_row, &job);
  }
  if (step->weight_way && !step->at_once) {
    step->weight_call.overwrite = step->overwrites_weights && !adds;
    step->weight_way->backward(&step->weight_call);
  }
  if (step->input_way) step->input_way->backward(&step->input_call);
}

/* Gradients that nobody overwrites begin at zero. */
static void clear_gradients(fv_plan *plan) {
  fv__training_part *training = plan->training;
  for (int32_t p = 0; p < training->place_count; p++)
    if (!training->places[p].overwritten)
      set_to_zero(plan, training->gradients + training->places[p].offset, training->places[p].count);
}

/* The gradient of what step `i` made, where that was changed afterwards. */
static void go_back_through_changes(const fv_plan *plan, const fv__change *changes, int32_t count, int32_t i) {
  for (int32_t k = 0; k < count; k++) {
    if (!fv__is_last_writer(&plan->program, i, plan->values[changes[k].node - 1])) continue;
    const fv__view gradient = fv__plan_gradient(plan, changes[k].node);
    if (gradient.data) changes[k].back(changes[k].context, &gradient);
  }
}

bool fv__plan_backward_while(fv_plan *plan, const fv__change *changes, int32_t count, bool (*goes_on)(void *context),
                             void *context) {
  clear_gradients(plan);
  for (int32_t i = plan->program.op_count - 1; i >= 0; i--) {
    if (!goes_on(context)) return false;
    go_back_through_changes(plan, changes, count, i);
    if (plan->training->steps[i].runs) run_back_step(plan, i, false);
  }
  return true;
}

void fv__plan_backward(fv_plan *plan, bool adds) {
  if (!adds) clear_gradients(plan);
  for (int32_t i = plan->program.op_count - 1; i >= 0; i--)
    if (plan->training->steps[i].runs) run_back_step(plan, i, adds);
}

/* ---- what callers see ---- */

const fv__gradient_place *fv__plan_gradient_places(const fv_plan *plan, int32_t *count) {
  *count = plan->training->place_count;
  return plan->training->places;
}

float *fv__plan_gradients(fv_plan *plan, int64_t *length) {
  *length = plan->training->length;
  return plan->training->gradients;
}

fv__seed fv__plan_seed(fv_plan *plan, int32_t output) {
  const fv__training_part *training = plan->training;
  const int32_t value = training->seeds[output];
  const bool wanted = training->differentiated[fv__program_root(&plan->program, value)];
  return (fv__seed){training->joined[output], fv__plan_view(plan, value).data,
                    wanted ? fv__gradient_view(plan, value).data : NULL};
}

const float *fv__plan_input_gradient(fv_plan *plan, int32_t input) {
  if (!plan->training->options.input_gradients) return NULL;
  const int32_t value = plan->values[plan->core->graph->inputs[input].node - 1];
  return fv__gradient_view(plan, value).data;
}

fv__view fv__plan_gradient(const fv_plan *plan, int32_t node) {
  return fv__gradient_view(plan, plan->values[node - 1]);
}

/* ---- resolving ---- */

fv__view fv__gradient_view(const fv_plan *plan, int32_t value) {
  if (value < 0) return (fv__view){0};
  const int32_t root = fv__program_root(&plan->program, value);
  const int64_t offset = plan->training->gradient_offsets[root];
  if (offset < 0) return (fv__view){0};
  return fv__program_view(&plan->program, value, (float *)(void *)((char *)plan->block + offset));
}

/* A value is all of its root when nothing but reshapes lies between. */
static bool is_whole(const fv__program *program, int32_t value) {
  for (; program->values[value].parent >= 0; value = program->values[value].parent)
    if (!program->values[value].reshaped) return false;
  return true;
}

/* Which roots op `i` must set to zero first, and whether its way may overwrite instead. */
static void resolve_zeros(fv_plan *plan, int32_t i) {
  const fv__program *program = &plan->program;
  const fv__training_part *training = plan->training;
  const fv__op *op = &program->ops[i].op;
  fv__back_step *step = &training->steps[i];
  const int32_t *inputs = program->ops[step->gives].op.inputs;
  const int32_t values[] = {step->wants[0] ? inputs[0] : -1, step->wants[1] ? inputs[1] : -1,
                            step->wants_residual ? op->residual : -1};
  for (int k = 0; k < FV__BACK_ROOTS; k++) {
    const int32_t root = values[k] < 0 ? -1 : fv__program_root(program, values[k]);
    step->zero[k] = root >= 0 && training->first_use[root] == 2 * program->op_count - i ? root : -1;
    for (int other = 0; other < k; other++)
      if (step->zero[k] == step->zero[other]) step->zero[k] = -1;
  }
  const bool alone = values[1] < 0 && values[2] < 0;
  step->input_call.overwrite =
      step->zero[0] >= 0 && alone && step->input_way && step->input_way->overwrites && is_whole(program, values[0]);
  if (step->input_call.overwrite) step->zero[0] = -1;
}

static float *gradient_of(const fv_plan *plan, int32_t weight) {
  const fv__training_part *training = plan->training;
  if (weight < 0 || training->place_of[weight] < 0) return NULL;
  return training->gradients + training->places[training->place_of[weight]].offset;
}

/* How many ops read a weight. */
static int32_t users_of(const fv_plan *plan, int32_t weight) {
  int32_t users = 0;
  for (int32_t i = 0; i < plan->program.op_count; i++)
    users += plan->program.ops[i].op.kernel == weight || plan->program.ops[i].op.bias == weight;
  return users;
}

static void resolve_weights(fv_plan *plan, int32_t i) {
  fv__training_part *training = plan->training;
  fv__back_step *step = &training->steps[i];
  const fv__op *op = &plan->program.ops[i].op;
  const int32_t weights[] = {op->kernel, op->bias};
  step->overwrites_weights = step->weight_way && step->weight_way->overwrites;
  for (int k = 0; k < 2; k++)
    if (weights[k] >= 0 && users_of(plan, weights[k]) > 1) step->overwrites_weights = false;
  for (int k = 0; k < 2 && step->overwrites_weights; k++)
    if (weights[k] >= 0 && training->place_of[weights[k]] >= 0)
      training->places[training->place_of[weights[k]]].overwritten = true;
}

static void resolve_step(fv_plan *plan, int32_t i, void *scratch) {
  fv__training_part *training = plan->training;
  fv__back_step *step = &training->steps[i];
  const fv__op *op = &plan->program.ops[i].op;
  const fv__op_call *forward = &plan->steps[i].call;
  fv__backward_call call = {.op = op,
                            .before = step->gives == i ? NULL : &plan->program.ops[step->gives].op,
                            .x = {forward->x[0], forward->x[1]},
                            .y = forward->y,
                            .dy = fv__gradient_view(plan, op->output),
                            .kernel = forward->kernel,
                            .bias = forward->bias,
                            .packed = fv__packed_data(plan->steps[i].packed),
                            .saved = forward->saved,
                            .draw = &training->draw,
                            .scratch = scratch,
                            .pool = plan->pool};
  step->weight_call = call;
  step->weight_call.dkernel = gradient_of(plan, op->kernel);
  step->weight_call.dbias = gradient_of(plan, op->bias);
  for (int k = 0; k < FV__OP_INPUTS; k++)
    if (step->wants[k]) call.dx[k] = fv__gradient_view(plan, plan->program.ops[step->gives].op.inputs[k]);
  step->at_once = step->input_way && step->weight_way && step->input_way->gives_weights;
  if (step->at_once) {
    call.dkernel = step->weight_call.dkernel;
    call.dbias = step->weight_call.dbias;
  }
  step->input_call = call;
  if (step->wants_residual) step->dresidual = fv__gradient_view(plan, op->residual);
  resolve_zeros(plan, i);
  resolve_weights(plan, i);
}

void fv__training_fill(fv_plan *plan, void *scratch, void *packing, float *gradients) {
  fv__training_part *training = plan->training;
  training->packing = packing;
  training->gradients = training->options.gradients ? training->options.gradients : gradients;
  for (int32_t i = 0; i < plan->program.op_count; i++) {
    const fv__op *op = &plan->program.ops[i].op;
    fv__op_call *call = &plan->steps[i].call;
    if (fv__training_repacks(plan, op)) call->packed = plan->steps[i].way->packed_bytes ? packing : NULL;
    if (training->saved_offsets[i] >= 0) call->saved = (char *)plan->block + training->saved_offsets[i];
    call->draw = &training->draw;
    if (op->normalisation.mean >= 0) call->moving_mean = plan->core->weights[op->normalisation.mean].data;
    if (op->normalisation.variance >= 0) call->moving_variance = plan->core->weights[op->normalisation.variance].data;
    if (training->steps[i].runs) resolve_step(plan, i, scratch);
  }
}
