/* Learners: the parts of a step in the order of a step.
 *
 *   for each slice of the batch
 *     forward              in training mode; what the model answers is copied for metrics
 *     loss, seeds          gradient of the loss by the outputs, times slice / batch
 *     backward             gradients of all trainable weights, added up over slices
 *   penalties              of large kernels, to loss and gradients
 *   optimizer              clips, moves weights and averages
 */
#include "train/learner.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/size.h"
#include "base/text.h"
#include "graph/train.h"
#include "model/model.h"
#include "train/loss.h"
#include "train/optimizer.h"

typedef struct output_part {
  fv_loss *loss;
  double weight;
  int64_t positions, channels;
  float *predictions; /* batch x positions x channels */
} output_part;

struct fv_learner {
  fv_model *model;
  fv_learner_options options; /* whole: defaults are filled in; texts are not kept */
  output_part *outputs;
  fv__joined *join;
  fv_optimizer *optimizer;
  fv_plan *plan, *rest; /* of a slice; of the last slice of a batch that does not come out even */
  int32_t slice, rest_count;
  unsigned version; /* of the weights */
  int64_t steps;
  int32_t *statistics, statistic_count; /* weights that layers move themselves */
  bool measures;
  fv__arena arena;
};

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for a learner"); }

static int32_t output_count(const fv_learner *learner) { return fv_model_output_count(learner->model); }

void fv_learner_destroy(fv_learner *learner) {
  if (!learner) return;
  fv_plan_destroy(learner->rest);
  fv_plan_destroy(learner->plan);
  fv_optimizer_destroy(learner->optimizer);
  for (int32_t i = 0; learner->outputs && i < output_count(learner); i++) {
    fv_loss_destroy(learner->outputs[i].loss);
    free(learner->outputs[i].predictions);
  }
  fv__arena_clear(&learner->arena);
  free(learner);
}

/* ---- numbers that are none ---- */

/* By their bits, so that the loop has no branches. */
static bool are_finite(const float *numbers, int64_t count) {
  int32_t largest = 0;
  for (int64_t i = 0; i < count; i++) {
    int32_t bits;
    memcpy(&bits, &numbers[i], sizeof bits);
    bits &= INT32_MAX;
    if (bits > largest) largest = bits;
  }
  return largest < 0x7f800000;
}

/* Weights that layers move themselves: not trained, but the layer is. */
static fv_status find_statistics(fv_learner *learner) {
  const int32_t count = fv_model_weight_count(learner->model);
  learner->statistics = fv__arena_take(&learner->arena, (size_t)count * sizeof *learner->statistics + 1);
  if (!learner->statistics) return no_memory();
  for (int32_t i = 0; i < count; i++) {
    const fv_weight_info weight = fv_model_weight(learner->model, i);
    if (!weight.trainable && !fv_model_layer(learner->model, weight.layer).frozen)
      learner->statistics[learner->statistic_count++] = i;
  }
  return FV_OK;
}

static int64_t weight_length(const fv_model *model, int32_t weight) {
  const fv_shape shape = fv_model_weight(model, weight).shape;
  int64_t count = 0;
  return fv_shape_elements(&count, &shape) ? 0 : count;
}

static bool step_is_finite(const fv_learner *learner, double loss) {
  int64_t length;
  const float *gradients = fv__plan_gradients(learner->plan, &length);
  bool is_finite = isfinite(loss) && are_finite(gradients, length);
  for (int32_t i = 0; i < learner->statistic_count && is_finite; i++) {
    const int32_t weight = learner->statistics[i];
    is_finite = are_finite(fv_model_weight_data(learner->model, weight), weight_length(learner->model, weight));
  }
  return is_finite;
}

static bool find_not_finite(const float *numbers, int64_t count, float *number) {
  if (are_finite(numbers, count)) return false;
  while (isfinite(*numbers)) numbers++;
  *number = *numbers;
  return true;
}

int32_t fv__learner_find_no_number(const fv_learner *learner, bool among_gradients, float *number) {
  int32_t count;
  int64_t length;
  const fv__gradient_place *places = fv__plan_gradient_places(learner->plan, &count);
  const float *gradients = fv__plan_gradients(learner->plan, &length);
  for (int32_t i = count - 1; among_gradients && i >= 0; i--)
    if (find_not_finite(gradients + places[i].offset, places[i].count, number)) return places[i].weight;
  for (int32_t i = 0; !among_gradients && i < learner->statistic_count; i++) {
    const int32_t weight = learner->statistics[i];
    if (find_not_finite(fv_model_weight_data(learner->model, weight), weight_length(learner->model, weight), number))
      return weight;
  }
  return -1;
}

/* ---- making ---- */

static fv_status make_losses(fv_learner *learner, const fv_learner_options *options) {
  const int32_t count = output_count(learner);
  learner->outputs = fv__arena_take(&learner->arena, (size_t)count * sizeof *learner->outputs);
  learner->join = fv__arena_take(&learner->arena, (size_t)count * sizeof *learner->join);
  if (!learner->outputs || !learner->join) return no_memory();
  for (int32_t i = 0; i < count; i++) {
    output_part *output = &learner->outputs[i];
    const char *name = options->losses ? options->losses[i] : options->loss;
    TRY(fv_loss_create(&output->loss, name ? name : "categorical_crossentropy", options->loss_options));
    output->weight = options->loss_weights ? options->loss_weights[i] : 1;
    learner->join[i] = fv__loss_joins(output->loss);
  }
  return FV_OK;
}

/* Bytes that a plan may take, what the optimizer will need put aside; -1: no limit. */
static int64_t plan_limit(const fv_learner *learner) {
  const int64_t limit = learner->options.memory_limit ? learner->options.memory_limit : fv__memory_available();
  if (limit < 0) return -1;
  const int64_t state =
      fv_model_trainable_parameters(learner->model) * fv__optimizer_arrays(learner->optimizer) * (int64_t)sizeof(float);
  return limit > state ? limit - state : 1;
}

static fv_status make_plan(const fv_learner *learner, fv_plan **plan, int32_t count, float *gradients) {
  const fv_plan_options options = {.batch = count,
                                   .threads = learner->options.threads,
                                   .memory_limit = plan_limit(learner),
                                   .accuracy = learner->options.accuracy};
  const fv__training_options training = {.join = learner->join,
                                         .unbiased_variance = learner->options.unbiased_variance,
                                         .moving_momentum = learner->options.moving_momentum,
                                         .gradients = gradients};
  return fv__plan_create_training(plan, learner->model->core, &options, &training);
}

/* The largest slice that fits: the batch, or a half of it, a third ... */
static fv_status make_slice_plan(fv_learner *learner) {
  const int32_t batch = learner->options.batch_size;
  fv_status status = FV_OK;
  for (int32_t parts = 1; parts <= batch; parts++) {
    learner->slice = (batch + parts - 1) / parts;
    status = make_plan(learner, &learner->plan, learner->slice, NULL);
    if (status != FV_ERROR_MEMORY) break;
    while (parts < batch && (batch + parts) / (parts + 1) == learner->slice) parts++;
  }
  learner->version = atomic_load(&learner->model->core->version);
  return status;
}

/* Outputs by rows, and the losses of logits where softmax or sigmoid is joined with them. */
static fv_status settle_outputs(fv_learner *learner) {
  for (int32_t i = 0; i < output_count(learner); i++) {
    output_part *output = &learner->outputs[i];
    const fv_shape shape = fv_plan_output_shape(learner->plan, i);
    int64_t numbers = 1;
    output->channels = shape.rank > 1 ? shape.dims[shape.rank - 1] : 1;
    output->positions = 1;
    for (int axis = 1; axis < shape.rank - 1; axis++) output->positions *= shape.dims[axis];
    size_t bytes;
    if (!fv__size_multiply(&numbers, learner->options.batch_size, output->positions * output->channels) ||
        !fv__size_bytes(&bytes, numbers, sizeof(float)))
      return fail(FV_ERROR_SHAPE, "the outputs of a batch are too large");
    output->predictions = malloc(bytes + 1);
    if (!output->predictions) return no_memory();
    if (fv__plan_seed(learner->plan, i).joined) fv__loss_take_logits(output->loss);
  }
  return FV_OK;
}

static fv_status build_optimizer(fv_learner *learner) {
  int32_t count;
  int64_t length;
  const fv__gradient_place *places = fv__plan_gradient_places(learner->plan, &count);
  fv__plan_gradients(learner->plan, &length);
  if (count == 0) return fail(FV_ERROR_INVALID, "all layers are frozen: there is nothing to train");
  fv__variable *variables = calloc((size_t)count, sizeof *variables);
  if (!variables) return no_memory();
  for (int32_t i = 0; i < count; i++)
    variables[i] =
        (fv__variable){fv_model_weight_data(learner->model, places[i].weight), places[i].offset, places[i].count};
  fv_status status = fv__optimizer_build(learner->optimizer, variables, count, length);
  free(variables);
  return status;
}

static fv_status make(fv_learner *learner, const fv_learner_options *options) {
  fv_learner_options *o = &learner->options;
  if (o->batch_size < 0) return fail(FV_ERROR_INVALID, "a batch of %" PRId32 " samples", o->batch_size);
  if (!o->batch_size) o->batch_size = 32;
  TRY(make_losses(learner, options));
  TRY(fv_optimizer_create(&learner->optimizer, options->optimizer ? options->optimizer : "rmsprop",
                          options->optimizer_options));
  TRY(make_slice_plan(learner));
  TRY(settle_outputs(learner));
  TRY(find_statistics(learner));
  return build_optimizer(learner);
}

fv_status fv_learner_create(fv_learner **out, fv_model *model, const fv_learner_options *options) {
  static const fv_learner_options defaults = {0};
  *out = NULL;
  fv_learner *learner = calloc(1, sizeof *learner);
  if (!learner) return no_memory();
  learner->model = model;
  learner->options = options ? *options : defaults;
  fv_status status = make(learner, options ? options : &defaults);
  if (status) {
    fv_learner_destroy(learner);
    return status;
  }
  *out = learner;
  return FV_OK;
}

/* ---- a step ---- */

/* Plans made when weights were others hold frozen ones packed: they are made anew. */
static fv_status refresh(fv_learner *learner) {
  const unsigned version = atomic_load(&learner->model->core->version);
  if (version == learner->version) return FV_OK;
  fv_plan *plan;
  int64_t before, after;
  TRY(make_plan(learner, &plan, learner->slice, NULL));
  fv__plan_gradients(learner->plan, &before);
  fv__plan_gradients(plan, &after);
  if (before != after) {
    fv_plan_destroy(plan);
    return fail(FV_ERROR_STATE, "other layers are frozen than when the learner was made: make a new one");
  }
  fv_plan_destroy(learner->rest);
  fv_plan_destroy(learner->plan);
  learner->plan = plan;
  learner->rest = NULL;
  learner->rest_count = 0;
  learner->version = version;
  return FV_OK;
}

/* The plan for `count` samples. */
static fv_status plan_for(fv_learner *learner, int32_t count, fv_plan **plan) {
  *plan = learner->plan;
  if (count == learner->slice) return FV_OK;
  if (count != learner->rest_count) {
    int64_t length;
    fv_plan_destroy(learner->rest);
    learner->rest = NULL;
    learner->rest_count = 0;
    TRY(make_plan(learner, &learner->rest, count, fv__plan_gradients(learner->plan, &length)));
    learner->rest_count = count;
  }
  *plan = learner->rest;
  return FV_OK;
}

/* The batch's samples from `first` on, as many as a plan has. */
typedef struct slice {
  const fv_learner_batch *batch;
  fv_plan *plan;
  int32_t first, count;
} slice;

static int64_t numbers_per_sample(const fv_shape *shape) {
  int64_t numbers = 1;
  for (int axis = 1; axis < shape->rank; axis++) numbers *= shape->dims[axis];
  return numbers;
}

static void fill_inputs(const slice *part, const fv_learner *learner) {
  for (int32_t i = 0; i < fv_model_input_count(learner->model); i++) {
    const fv_shape shape = fv_plan_input_shape(part->plan, i);
    const int64_t each = numbers_per_sample(&shape);
    memcpy(fv_plan_input(part->plan, i), part->batch->inputs[i] + part->first * each,
           (size_t)(part->count * each) * sizeof(float));
  }
}

/* The loss of one output, and its seed. */
static fv_status seed_output(const fv_learner *learner, const slice *part, int32_t i, double *loss) {
  output_part *output = &learner->outputs[i];
  const fv__seed seed = fv__plan_seed(part->plan, i);
  const int64_t each = output->positions * output->channels;
  const int64_t targets = fv_loss_is_sparse(output->loss) ? output->positions : each;
  const float *weights = part->batch->sample_weights;
  const fv_loss_batch batch = {.samples = part->count,
                               .positions = output->positions,
                               .channels = output->channels,
                               .targets = part->batch->targets[i] + part->first * targets,
                               .predictions = seed.values,
                               .sample_weights = weights ? weights + part->first : NULL};
  double value;
  TRY(fv_loss_compute(output->loss, &batch, &value, NULL, seed.gradient));
  const double share = output->weight * part->count / part->batch->count;
  *loss += share * value;
  for (int64_t k = 0; seed.gradient && share != 1 && k < part->count * each; k++)
    seed.gradient[k] = (float)(share * seed.gradient[k]);
  memcpy(output->predictions + part->first * each, fv_plan_output(part->plan, i),
         (size_t)(part->count * each) * sizeof(float));
  return FV_OK;
}

static fv_status run_slice(fv_learner *learner, const slice *part, double *loss) {
  fill_inputs(part, learner);
  fv__plan_forward(part->plan, (fv__draw){learner->options.seed, (uint64_t)learner->steps, part->first});
  for (int32_t i = 0; i < output_count(learner); i++) {
    fv_status status = seed_output(learner, part, i, loss);
    if (status) return note(status, "output '%s'", fv_model_output_name(learner->model, i));
  }
  fv__plan_backward(part->plan, part->first > 0);
  return FV_OK;
}

fv_regularizer fv__trained_regularizer(const fv_model *model, const fv_regularizer *kernels, int32_t weight) {
  const fv_weight_info info = fv_model_weight(model, weight);
  if (!info.trainable) return (fv_regularizer){0, 0};
  fv_regularizer sum = fv_model_regularizer(model, weight);
  if (fv__text_ends_with(info.name, "kernel")) {
    sum.l1 += kernels->l1;
    sum.l2 += kernels->l2;
  }
  return sum;
}

double fv__trained_penalty(fv_model *model, const fv_regularizer *kernels) {
  double sum = 0;
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    const fv_regularizer regularizer = fv__trained_regularizer(model, kernels, i);
    const fv_shape shape = fv_model_weight(model, i).shape;
    int64_t count;
    if ((regularizer.l1 == 0 && regularizer.l2 == 0) || fv_shape_elements(&count, &shape)) continue;
    sum += fv_regularizer_penalty(&regularizer, fv_model_weight_data(model, i), count);
  }
  return sum;
}

/* What weights cost; their slopes go to the gradients. */
static double add_penalties(fv_learner *learner, float *gradients) {
  double penalty = 0;
  int32_t count;
  const fv__gradient_place *places = fv__plan_gradient_places(learner->plan, &count);
  for (int32_t i = count - 1; i >= 0; i--) {
    const fv_regularizer regularizer =
        fv__trained_regularizer(learner->model, &learner->options.kernel_regularizer, places[i].weight);
    if (regularizer.l1 == 0 && regularizer.l2 == 0) continue;
    const float *weights = fv_model_weight_data(learner->model, places[i].weight);
    penalty += fv_regularizer_penalty(&regularizer, weights, places[i].count);
    fv_regularizer_add_slope(&regularizer, weights, places[i].count, gradients + places[i].offset);
  }
  return penalty;
}

static double length_of(const fv_learner *learner, const float *gradients) {
  int32_t count;
  const fv__gradient_place *places = fv__plan_gradient_places(learner->plan, &count);
  double sum = 0;
  for (int32_t i = 0; i < count; i++)
    for (int64_t k = 0; k < places[i].count; k++) {
      const double g = gradients[places[i].offset + k];
      sum += g * g;
    }
  return sqrt(sum);
}

static fv_status check_batch(const fv_learner *learner, const fv_learner_batch *batch) {
  if (batch->count < 1 || batch->count > learner->options.batch_size)
    return fail(FV_ERROR_INVALID, "a batch of %" PRId32 " samples: expected 1 to %" PRId32, batch->count,
                learner->options.batch_size);
  return FV_OK;
}

fv_status fv_train_on_batch(fv_learner *learner, const fv_learner_batch *batch, fv_learner_result *result) {
  fv_learner_result found = {.gradient_norm = NAN};
  TRY(check_batch(learner, batch));
  TRY(refresh(learner));
  for (int32_t first = 0, count; first < batch->count; first += count) {
    count = batch->count - first < learner->slice ? batch->count - first : learner->slice;
    slice part = {batch, NULL, first, count};
    TRY(plan_for(learner, count, &part.plan));
    TRY(run_slice(learner, &part, &found.data_loss));
  }
  int64_t length;
  float *gradients = fv__plan_gradients(learner->plan, &length);
  found.loss = found.data_loss + add_penalties(learner, gradients);
  if (learner->measures) found.gradient_norm = length_of(learner, gradients);
  found.is_finite = step_is_finite(learner, found.loss);
  if (found.is_finite || learner->options.keep_no_numbers) fv__optimizer_apply(learner->optimizer, gradients);
  learner->steps++;
  learner->version = atomic_fetch_add(&learner->model->core->version, 1) + 1;
  if (result) *result = found;
  return FV_OK;
}

/* ---- what others see ---- */

const float *fv_learner_predictions(const fv_learner *learner, int32_t output) {
  if (output < 0 || output >= output_count(learner)) return NULL;
  return learner->outputs[output].predictions;
}

void fv_learner_measure_gradients(fv_learner *learner, bool measures) { learner->measures = measures; }

double fv_learner_rate(const fv_learner *learner) { return fv__optimizer_rate(learner->optimizer); }

fv_status fv_learner_set_rate(fv_learner *learner, double rate) {
  if (!(rate >= 0) || !isfinite(rate)) return fail(FV_ERROR_INVALID, "a learning rate of %g", rate);
  if (fv__optimizer_has_schedule(learner->optimizer))
    return fail(FV_ERROR_STATE, "the learning rate follows a schedule: it cannot be set");
  fv__optimizer_set_rate(learner->optimizer, (double)(float)rate);
  return FV_OK;
}

int64_t fv_learner_steps(const fv_learner *learner) { return learner->steps; }

void fv_learner_use_averages(fv_learner *learner) {
  const float *averages = fv__optimizer_average(learner->optimizer);
  int32_t count;
  const fv__gradient_place *places = fv__plan_gradient_places(learner->plan, &count);
  for (int32_t i = 0; averages && i < count; i++)
    memcpy(fv_model_weight_data(learner->model, places[i].weight), averages + places[i].offset,
           (size_t)places[i].count * sizeof *averages);
  if (averages) fv_model_weights_changed(learner->model);
}

fv_learner_memory fv_learner_memory_use(const fv_learner *learner) {
  return (fv_learner_memory){.plan = fv_plan_memory_use(learner->plan),
                             .optimizer = (int64_t)fv__optimizer_bytes(learner->optimizer),
                             .slice = learner->slice};
}

/* ---- for backups ---- */

fv__learner_counters fv__learner_counters_of(const fv_learner *learner) {
  fv__learner_counters counters = {.steps = learner->steps, .rate = NAN};
  fv__optimizer_counters(learner->optimizer, &counters.calls, &counters.product);
  if (!fv__optimizer_has_schedule(learner->optimizer)) counters.rate = fv__optimizer_rate(learner->optimizer);
  return counters;
}

void fv__learner_set_counters(fv_learner *learner, const fv__learner_counters *counters) {
  learner->steps = counters->steps;
  fv__optimizer_set_counters(learner->optimizer, counters->calls, counters->product);
  if (!fv__optimizer_has_schedule(learner->optimizer)) fv__optimizer_set_rate(learner->optimizer, counters->rate);
}

/* How many arrays stand side by side from the `first` on. */
static int32_t group_size(const fv_learner *learner, int32_t first) {
  fv__optimizer_array array;
  int32_t size = 0, group = 0;
  for (; fv__optimizer_array_at(learner->optimizer, first + size, &array); size++) {
    if (size && array.group != group) break;
    group = array.group;
  }
  return size;
}

/* The trained weight that comes after `before` others in the model's order. */
static const fv__gradient_place *place_at(const fv_learner *learner, int32_t before) {
  int32_t count;
  const fv__gradient_place *places = fv__plan_gradient_places(learner->plan, &count);
  for (int32_t weight = 0; weight < fv_model_weight_count(learner->model); weight++)
    for (int32_t p = 0; p < count; p++)
      if (places[p].weight == weight && before-- == 0) return &places[p];
  return NULL;
}

bool fv__learner_array_at(fv_learner *learner, int32_t index, fv__learner_array *array) {
  int32_t count;
  fv__plan_gradient_places(learner->plan, &count);
  for (int32_t first = 0, size; index >= 0 && (size = group_size(learner, first)) > 0; first += size) {
    if (index >= size * count) {
      index -= size * count;
      continue;
    }
    fv__optimizer_array found;
    const fv__gradient_place *place = place_at(learner, index / size);
    if (!place || !fv__optimizer_array_at(learner->optimizer, first + index % size, &found)) return false;
    *array = (fv__learner_array){found.name, found.is_ours, place->weight, found.numbers + place->offset, place->count};
    return true;
  }
  return false;
}

const fv_optimizer *fv__learner_optimizer(const fv_learner *learner) { return learner->optimizer; }
