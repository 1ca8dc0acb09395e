/* Heat, estimates of channels and gradients: one run back through the part behind the values asked for. */
#include "explain/part.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "ops/way.h"

static const char *name_of(const fv_activations *activations, int32_t node) {
  const fv_graph *graph = activations->model->core->graph;
  return graph->layers[graph->nodes[node - 1].layer - 1].name;
}

/* A value's numbers of the first image, beside the gradients by them. */
typedef struct pair {
  fv__view numbers, gradient;
} pair;

static fv_status pair_of(pair *p, const fv__part *part, const fv_activations *activations, int32_t node) {
  p->gradient = fv__plan_gradient(part->plan, node);
  if (!p->gradient.data)
    return fail(FV_ERROR_STATE, "output %" PRId32 " does not depend on '%s'", part->options->score.output,
                name_of(activations, node));
  if (!activations->values[node - 1])
    return fail(FV_ERROR_STATE, "the values of '%s' were not kept", name_of(activations, node));
  const fv__view *g = &p->gradient;
  float *numbers = (float *)(uintptr_t)activations->values[node - 1]; /* views are for reading and writing */
  p->numbers = fv__view_dense(numbers, 1, g->h, g->w, g->c);
  return FV_OK;
}

/* ---- heat */

/* The mean gradient of each channel. */
static void weights_of(const fv__view *gradient, double *weights) {
  memset(weights, 0, (size_t)gradient->c * sizeof *weights);
  for (int64_t h = 0; h < gradient->h; h++)
    for (int64_t w = 0; w < gradient->w; w++) {
      const float *at = fv__view_at(gradient, 0, h, w);
      for (int64_t c = 0; c < gradient->c; c++) weights[c] += (double)at[c];
    }
  for (int64_t c = 0; c < gradient->c; c++) weights[c] /= (double)(gradient->h * gradient->w);
}

/* A negative sum is 0, NaN stays. */
static float warm(double sum) { return sum < 0 ? 0 : (float)sum; }

static fv_status draw_heat(fv_tensor *heat, const pair *p, fv_heat_kind kind) {
  const fv__view *x = &p->numbers, *g = &p->gradient;
  TRY(fv_tensor_create(heat, &(fv_shape){2, {x->h, x->w}}));
  double *weights = calloc((size_t)x->c, sizeof *weights);
  if (!weights) return fail(FV_ERROR_MEMORY, "no memory for heat");
  weights_of(g, weights);
  for (int64_t h = 0; h < x->h; h++)
    for (int64_t w = 0; w < x->w; w++) {
      const float *number = fv__view_at(x, 0, h, w), *gradient = fv__view_at(g, 0, h, w);
      double sum = 0;
      for (int64_t c = 0; c < x->c; c++)
        sum += (double)number[c] * (kind == FV_HEAT_HIRES ? (double)gradient[c] : weights[c]);
      heat->data[h * x->w + w] = warm(sum);
    }
  free(weights);
  return FV_OK;
}

static fv_status check_images(const fv_activations *activations, const fv_value *values, int32_t count) {
  if (count < 1) return fail(FV_ERROR_INVALID, "heat at %" PRId32 " layers", count);
  for (int32_t i = 0; i < count; i++) {
    if (values[i].node < 1 || values[i].node > activations->model->core->graph->node_count || values[i].output)
      return fail(FV_ERROR_INVALID, "the model has no node %" PRId32, values[i].node);
    const fv_shape *shape = &activations->shapes[values[i].node - 1];
    if (shape->rank != 3 && shape->rank != 4)
      return fail(FV_ERROR_SHAPE, "'%s' makes no image, so there is no place for heat",
                  name_of(activations, values[i].node));
  }
  return FV_OK;
}

/* Runs the part behind nodes there and back. */
static fv_status go(fv__part *part, const fv_activations *activations, const int32_t *nodes, int32_t count,
                    const fv_explain_options *options) {
  fv_status status = fv__part_back(part, activations, nodes, count, options);
  if (!status) status = fv__part_run(part);
  return status ? status : fv__part_go_back(part);
}

fv_status fv_explain_heat(fv_tensor *heats, const fv_activations *activations, const fv_value *values, int32_t count,
                          const fv_explain_options *options) {
  for (int32_t i = 0; i < count; i++) heats[i] = (fv_tensor){0};
  TRY(check_images(activations, values, count));
  int32_t *nodes = calloc((size_t)count, sizeof *nodes);
  if (!nodes) return fail(FV_ERROR_MEMORY, "no memory for heat");
  for (int32_t i = 0; i < count; i++) nodes[i] = values[i].node;
  fv__part part;
  fv_status status = go(&part, activations, nodes, count, options);
  for (int32_t i = 0; i < count && !status; i++) {
    pair p;
    status = pair_of(&p, &part, activations, nodes[i]);
    if (!status) status = draw_heat(&heats[i], &p, options->heat);
  }
  fv__part_end(&part);
  free(nodes);
  for (int32_t i = 0; i < count && status; i++) fv_tensor_destroy(&heats[i]);
  return status;
}

/* ---- channels */

static fv_status estimate(float *estimates, const fv__part *part, const fv_activations *activations, int32_t node) {
  pair p;
  TRY(pair_of(&p, part, activations, node));
  double *sums = calloc((size_t)p.numbers.c, sizeof *sums);
  if (!sums) return fail(FV_ERROR_MEMORY, "no memory for estimates");
  for (int64_t h = 0; h < p.numbers.h; h++)
    for (int64_t w = 0; w < p.numbers.w; w++) {
      const float *number = fv__view_at(&p.numbers, 0, h, w), *gradient = fv__view_at(&p.gradient, 0, h, w);
      for (int64_t c = 0; c < p.numbers.c; c++) sums[c] += (double)number[c] * (double)gradient[c];
    }
  for (int64_t c = 0; c < p.numbers.c; c++) estimates[c] = (float)sums[c];
  free(sums);
  return FV_OK;
}

fv_status fv_explain_channels(float *estimates, const fv_activations *activations, fv_value value,
                              const fv_explain_options *options) {
  fv__part part;
  fv_status status = go(&part, activations, &value.node, 1, options);
  if (!status) status = estimate(estimates, &part, activations, value.node);
  fv__part_end(&part);
  return status;
}

static fv_status copy_gradient(fv_tensor *gradient, const fv__part *part, const fv_activations *activations,
                               int32_t node) {
  pair p;
  TRY(pair_of(&p, part, activations, node));
  fv_shape shape = activations->shapes[node - 1];
  shape.dims[0] = 1;
  TRY(fv_tensor_create(gradient, &shape));
  fv__view_read(&p.gradient, gradient->data);
  return FV_OK;
}

fv_status fv_explain_gradient(fv_tensor *gradient, const fv_activations *activations, fv_value value,
                              const fv_explain_options *options) {
  *gradient = (fv_tensor){0};
  fv__part part;
  fv_status status = go(&part, activations, &value.node, 1, options);
  if (!status) status = copy_gradient(gradient, &part, activations, value.node);
  fv__part_end(&part);
  return status;
}
