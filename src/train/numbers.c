/* Where numbers first stopped being any: in a sample, in a weight, in the output of a layer, in a gradient or
 * statistic, or in the loss alone. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/fit.h"

/* The place of the first that is NaN or infinite; -1: all are numbers. */
static int64_t find(const float *numbers, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    if (!isfinite(numbers[i])) return i;
  return -1;
}

static const char *kind_of(float number) { return isnan(number) ? "not a number" : "infinite"; }

/* Inputs and targets. */
static bool find_in_batch(fv__fit *fit, char *text, size_t size) {
  const fv_learner_batch *batch = &fit->batch.batch;
  char name[300];
  for (int32_t i = 0; i < fv_model_input_count(fit->model); i++) {
    fv_shape shape = fv_model_input_shape(fit->model, i);
    int64_t row;
    shape.dims[0] = 1;
    if (fv_shape_elements(&row, &shape)) continue;
    const int64_t at = find(batch->inputs[i], batch->count * row);
    if (at < 0) continue;
    snprintf(text, size, "%s: a number of it is %s",
             fv__feed_name(name, sizeof name, &fit->training, fit->batch.samples[at / row]),
             kind_of(batch->inputs[i][at]));
    return true;
  }
  return false;
}

/* Weights that training moves: those of a step before. */
static bool find_in_weights(fv__fit *fit, char *text, size_t size) {
  for (int32_t i = 0; i < fv_model_weight_count(fit->model); i++) {
    const fv_weight_info weight = fv_model_weight(fit->model, i);
    const float *numbers = fv_model_weight_data(fit->model, i);
    int64_t count, at;
    if (!weight.trainable || fv_shape_elements(&count, &weight.shape) || (at = find(numbers, count)) < 0) continue;
    snprintf(text, size, "the weights of layer '%s' (%s) are %s since the step before",
             fv_model_layer(fit->model, weight.layer).name, weight.path, kind_of(numbers[at]));
    return true;
  }
  return false;
}

/* Gradients, and what layers keep of batches, when the loss is a number all the same. */
static bool find_in_step(const fv__fit *fit, char *text, size_t size) {
  float number = 0;
  int32_t weight = fv__learner_find_no_number(fit->learner, true, &number);
  const bool is_gradient = weight >= 0;
  if (!is_gradient) weight = fv__learner_find_no_number(fit->learner, false, &number);
  if (weight < 0) return false;
  const fv_weight_info info = fv_model_weight(fit->model, weight);
  snprintf(text, size, "%s of layer '%s' (%s) are %s", is_gradient ? "the gradients" : "the statistics",
           fv_model_layer(fit->model, info.layer).name, info.path, kind_of(number));
  return true;
}

/* Whether the output of a node has one in the rows of the batch. */
static bool node_breaks(const fv_plan *plan, int32_t node, int32_t samples, float *first) {
  const fv_value value = {node, 0};
  const fv_shape shape = fv_plan_shape(plan, value);
  int64_t count;
  if (fv_shape_elements(&count, &shape) || count == 0) return false;
  float *numbers = malloc((size_t)count * sizeof *numbers);
  const bool is_read = numbers && fv_plan_read(plan, value, numbers) == FV_OK;
  const int64_t at = is_read ? find(numbers, count / shape.dims[0] * samples) : -1;
  if (at >= 0) *first = numbers[at];
  free(numbers);
  return at >= 0;
}

/* Outputs, as prediction computes them. */
static bool find_in_layers(fv__fit *fit, char *text, size_t size) {
  const fv_learner_batch *batch = &fit->batch.batch;
  fv_plan *plan;
  bool found = false;
  if (fv_plan_create(&plan, fit->model, &(fv_plan_options){.batch = batch->count, .mode = FV_PLAN_INSPECT}))
    return false;
  for (int32_t i = 0; i < fv_model_input_count(fit->model); i++) {
    const fv_shape shape = fv_plan_input_shape(plan, i);
    int64_t count;
    if (!fv_shape_elements(&count, &shape))
      memcpy(fv_plan_input(plan, i), batch->inputs[i], (size_t)count * sizeof(float));
  }
  if (fv_run(plan, NULL) == FV_OK)
    for (int32_t node = 1; node <= fv_model_node_count(fit->model) && !found; node++) {
      float number;
      found = node_breaks(plan, node, batch->count, &number);
      if (found)
        snprintf(text, size, "the first is in the output of layer '%s', which is %s",
                 fv_model_layer(fit->model, fv_model_node(fit->model, node).layer).name, kind_of(number));
    }
  fv_plan_destroy(plan);
  return found;
}

/* The batch's first samples by name, and how many more there are. */
static void add_samples(const fv__fit *fit, char *text, size_t size) {
  const int32_t count = fit->batch.batch.count, shown = count < 3 ? count : 3;
  size_t used = strlen(text);
  for (int32_t i = 0; i < shown && used < size; i++) {
    char name[120];
    used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "; the batch is ",
                             fv__feed_name(name, sizeof name, &fit->training, fit->batch.samples[i]));
  }
  if (count > shown && used < size) snprintf(text + used, size - used, " and %d more", (int)(count - shown));
}

const char *fv__fit_explain(fv__fit *fit) {
  char *text = fit->explanation;
  const size_t size = sizeof fit->explanation;
  if (find_in_batch(fit, text, size)) return text;
  if (!find_in_weights(fit, text, size) && !find_in_layers(fit, text, size) && !find_in_step(fit, text, size))
    snprintf(text, size, "all layers answer with numbers, the loss of them is none");
  add_samples(fit, text, size);
  return text;
}
