/* Filling weights by a rule.
 *
 *   by-name   a tensor's numbers follow from its path, so a reference and fovea agree without a file:
 *             kernels (2u - 1) sqrt(6 / fan_in); bias, beta, moving_mean (2u - 1) 0.1; gamma, moving_variance 0.5 + u;
 *             alpha 0.25 u; mean and count 0, variance 1; signs the sign of 2u - 1; anything else (inputs) 2u - 1.
 *             Computed in double, rounded once.
 *   random    Keras's defaults: kernels uniform in +-sqrt(6 / (fan_in + fan_out)) (Glorot, Bengio 2010), gamma and
 *             variances 1, signs as above, the rest 0.
 *
 * A weight that is a part of a larger tensor (layers/layer.h: whole) has that tensor's numbers.
 *
 * u is draw i of the counter-based generator named by the path (base/rng.h), so large tensors are cut among threads.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/rng.h"
#include "base/size.h"
#include "base/text.h"
#include "graph/plan.h"
#include "model/model.h"

typedef struct filling {
  float *values;
  int64_t count;
  uint64_t state;
  double scale, shift; /* value = u * scale + shift, or (2u - 1) * scale when symmetric */
  bool symmetric, sign;
} filling;

enum { PIECE = 1 << 18 };

static void fill_piece(void *context, int64_t piece, int thread) {
  (void)thread;
  const filling *f = context;
  int64_t first = piece * PIECE, end = first + PIECE < f->count ? first + PIECE : f->count;
  for (int64_t i = first; i < end; i++) {
    double u = fv__rng_uniform(f->state, (uint64_t)i);
    f->values[i] = (float)(f->symmetric ? (2 * u - 1) * f->scale : u * f->scale + f->shift);
    if (f->sign) f->values[i] = u >= 0.5 ? 1 : -1;
  }
}

static void fill(fv__pool *pool, const filling *f) {
  fv__parallel_for(pool, (f->count + PIECE - 1) / PIECE, fill_piece, (void *)f);
}

/* Inputs that reach one output: convolution kh kw in, depthwise kh kw, transposed (HWOI) kh kw in, dense in. */
static double fan_in(const char *kind, const fv_shape *shape) {
  const int64_t *d = shape->dims;
  if (!strcmp(kind, "depthwise_kernel")) return (double)d[0] * (double)d[1];
  if (shape->rank == 2) return (double)d[0];
  if (!strcmp(kind, "transposed_kernel")) return (double)d[0] * (double)d[1] * (double)d[3];
  double product = 1;
  for (int axis = 0; axis + 1 < shape->rank; axis++) product *= (double)d[axis];
  return product;
}

/* What Normalization learns from data, and starts with: mean 0, variance 1, count 0. */
static bool is_statistic(const char *kind) {
  return !strcmp(kind, "mean") || !strcmp(kind, "variance") || !strcmp(kind, "count");
}

static void by_name(fv__pool *pool, float *values, const char *name, const fv_shape *shape, uint64_t seed,
                    const char *kind) {
  filling f = {.values = values, .count = 0, .state = fv__rng_state(name, seed), .scale = 1, .symmetric = true};
  if (fv_shape_elements(&f.count, shape)) return;
  if (!strcmp(kind, "gamma") || !strcmp(kind, "moving_variance"))
    f.symmetric = false, f.shift = 0.5;
  else if (!strcmp(kind, "bias") || !strcmp(kind, "beta") || !strcmp(kind, "moving_mean"))
    f.scale = 0.1;
  else if (!strcmp(kind, "alpha") || !strcmp(kind, "inhibition"))
    f.symmetric = false, f.scale = 0.25;
  else if (!strcmp(kind, "synapses"))
    f.symmetric = false, f.scale = sqrt(6.0 / fan_in("kernel", shape));
  else if (is_statistic(kind))
    f.symmetric = false, f.scale = 0, f.shift = !strcmp(kind, "variance");
  else if (!strcmp(kind, "signs"))
    f.sign = true;
  else if (fv__text_ends_with(kind, "kernel"))
    f.scale = sqrt(6.0 / fan_in(kind, shape));
  fill(pool, &f);
}

static void by_default(fv__pool *pool, float *values, const char *path, const fv_shape *shape, uint64_t seed,
                       const char *kind) {
  filling f = {.values = values, .count = 0, .state = fv__rng_state(path, seed)}; /* zeros, none of them -0 */
  if (fv_shape_elements(&f.count, shape)) return;
  if (!strcmp(kind, "gamma") || !strcmp(kind, "moving_variance") || !strcmp(kind, "variance"))
    f.shift = 1;
  else if (!strcmp(kind, "signs"))
    f.sign = true;
  else if (!strcmp(kind, "coefficient")) /* 2.4 / fan-in, of windows of four pixels: LeCun et al. 1998, appendix A */
    f.symmetric = true, f.scale = 0.6;
  else if (!strcmp(kind, "synapses")) /* weak, and of no kind yet */
    f.scale = 1e-4;
  else if (fv__text_ends_with(kind, "kernel")) {
    const int64_t *d = shape->dims;
    double receptive = 1;
    for (int axis = 0; axis + 2 < shape->rank; axis++) receptive *= (double)d[axis];
    f.symmetric = true;
    f.scale = sqrt(6.0 / (receptive * (double)(d[shape->rank - 2] + d[shape->rank - 1])));
  }
  fill(pool, &f);
}

void fv_fill_by_name(float *values, const char *name, const fv_shape *shape, uint64_t seed, const char *kind) {
  if (!kind) {
    const char *slash = strrchr(name, '/');
    kind = slash ? slash + 1 : name;
  }
  by_name(NULL, values, name, shape, seed, kind);
}

/* "by-name:7" -> 7; without a number 1. False when it is not a number. */
static bool read_seed(const char *text, uint64_t *seed) {
  *seed = 1;
  if (*text == '\0') return true;
  char *end;
  *seed = strtoull(text + 1, &end, 10);
  return *text == ':' && end != text + 1 && *end == '\0' && text[1] != '-';
}

typedef void rule_function(fv__pool *pool, float *values, const char *path, const fv_shape *shape, uint64_t seed,
                           const char *kind);

/* A weight that is part of a larger tensor is taken out of that one. */
static fv_status fill_weight(fv__pool *pool, const fv__core *core, const fv__weight *weight, rule_function *rule,
                             uint64_t seed) {
  const fv__layer *layer = &core->graph->layers[core->graph->order[weight->layer] - 1];
  const fv__weight_spec *spec = &layer->weights[weight->spec];
  fv_shape whole;
  if (!layer->type->whole || !layer->type->whole(layer->options, weight->spec, &whole)) {
    rule(pool, weight->data, weight->path, &spec->shape, seed, spec->kind);
    return FV_OK;
  }
  int64_t elements;
  size_t bytes;
  TRY(fv_shape_elements(&elements, &whole));
  float *values = fv__size_bytes(&bytes, elements, sizeof *values) ? malloc(bytes) : NULL;
  if (!values) return fail(FV_ERROR_MEMORY, "no memory for %" PRId64 " numbers", elements);
  rule(pool, values, weight->path, &whole, seed, spec->kind);
  layer->type->take_part(layer->options, weight->spec, values, weight->data);
  free(values);
  return FV_OK;
}

fv_status fv_model_initialize(fv_model *model, const char *rule) {
  const bool named = !strncmp(rule, "by-name", 7), random = !strncmp(rule, "random", 6);
  uint64_t seed;
  if ((!named && !random) || !read_seed(rule + (named ? 7 : 6), &seed))
    return fail(FV_ERROR_INVALID, "weights must be by-name:SEED or random:SEED, not '%s'", rule);
  fv__core *core = model->core;
  const int64_t available = fv__memory_available();
  if (core->block_bytes > (uint64_t)available)
    return fail(FV_ERROR_MEMORY, "the weights need %zu MB, and %" PRId64 " MB are available", core->block_bytes >> 20,
                available >> 20);
  fv__pool *pool;
  TRY(fv__pool_create(&pool, 0));
  fv_status status = FV_OK;
  for (int32_t i = 0; i < core->weight_count && !status; i++)
    status = fill_weight(pool, core, &core->weights[i], named ? by_name : by_default, seed);
  fv__pool_destroy(pool);
  fv_model_weights_changed(model);
  return status;
}
