/* Self-organisation of S cells: competition in columns, and growth of the synapses of those that win.
 *
 *   answers of a picture -> the strongest cell of every place -> the strongest of every column -> one a plane
 *
 * A layer's input comes from the model's part before it, whose cells have learnt already. Answers are computed row by
 * row, each row by one thread; who wins is decided by one. Equal answers: the plane, row and column of lower number.
 */
#include <fovea/self_organize.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/layers/simple_cells2d.h>
#include <fovea/loader.h>
#include <fovea/plan.h>

#include "ops/cells.h"
#include "train/feed.h"

enum { SAMPLES = 500, BATCH = 50 };

typedef struct cell {
  int64_t place; /* row * width + column; -1: nobody */
  float output;
} cell;

/* A layer that learns. */
typedef struct pupil {
  const fv_simple_cells2d_options *o;
  fv__cells_problem cells;
  fv__view u; /* of one picture */
  fv__pool *pool;
  float *a, *b;          /* the weights themselves */
  double *synapses, *v;  /* c of a tap; v of a place */
  float *excitation;     /* a row of numbers a thread: planes */
  cell *winners;         /* of a place: `place` holds the plane */
  cell *representatives; /* of a plane */
  int64_t *learnt;       /* how often a plane has */
} pupil;

/* ---- answers ---- */

static void answer(pupil *p, int64_t row, int64_t column, float *e) {
  const fv__window *w = &p->cells.window;
  const int64_t planes = p->o->planes, place = row * p->u.w + column;
  memset(e, 0, (size_t)planes * sizeof *e);
  for (int32_t tap = 0; tap < w->kernel_h * w->kernel_w; tap++) {
    const int64_t i = row + tap / w->kernel_w - w->top, j = column + tap % w->kernel_w - w->left;
    if (i < 0 || i >= p->u.h || j < 0 || j >= p->u.w) continue;
    const float *x = fv__view_at(&p->u, 0, i, j);
    for (int64_t c = 0; c < p->u.c; c++) {
      const float *a = p->a + (tap * p->u.c + c) * planes;
      if (x[c] == 0) continue; /* most of a picture, and of what cells say of it */
      for (int64_t k = 0; k < planes; k++) e[k] += x[c] * a[k];
    }
  }
  const double r = p->o->selectivity, v = fv__cells_root_mean_square(&p->cells, p->synapses, &p->u, 0, row, column);
  cell best = {.place = -1};
  for (int64_t k = 0; k < planes; k++) {
    const float output = (float)(r * ((1 + (double)e[k]) / (1 + 2 * r / (1 + r) * (double)p->b[k] * v) - 1));
    if (output > best.output) best = (cell){k, output};
  }
  p->v[place] = v;
  p->winners[place] = best;
}

static void answer_row(void *context, int64_t row, int thread) {
  pupil *p = context;
  for (int64_t column = 0; column < p->u.w; column++)
    answer(p, row, column, p->excitation + (int64_t)thread * p->o->planes);
}

/* ---- who wins ---- */

/* The strongest cell of the column around a place; its plane's representative if none is stronger. */
static void propose(pupil *p, int64_t row, int64_t column) {
  const int64_t reach = p->o->column / 2;
  int64_t place = -1;
  for (int64_t i = fv__max(0, row - reach); i <= fv__min(p->u.h - 1, row + reach); i++)
    for (int64_t j = fv__max(0, column - reach); j <= fv__min(p->u.w - 1, column + reach); j++) {
      const int64_t here = i * p->u.w + j;
      if (p->winners[here].place >= 0 && (place < 0 || p->winners[here].output > p->winners[place].output))
        place = here;
    }
  if (place < 0) return;
  cell *representative = &p->representatives[p->winners[place].place];
  if (p->winners[place].output > representative->output) *representative = (cell){place, p->winners[place].output};
}

/* Equations 7 and 8. */
static void reinforce(pupil *p, int64_t plane, int64_t place) {
  const fv__window *w = &p->cells.window;
  const int64_t row = place / p->u.w, column = place % p->u.w;
  for (int32_t tap = 0; tap < w->kernel_h * w->kernel_w; tap++) {
    const int64_t i = row + tap / w->kernel_w - w->top, j = column + tap % w->kernel_w - w->left;
    if (i < 0 || i >= p->u.h || j < 0 || j >= p->u.w) continue;
    const float *x = fv__view_at(&p->u, 0, i, j);
    const double share = p->o->speed * p->synapses[tap] / (double)p->u.c;
    for (int64_t c = 0; c < p->u.c; c++) {
      float *a = p->a + (tap * p->u.c + c) * p->o->planes + plane;
      *a = (float)((double)*a + share * (double)x[c]);
    }
  }
  p->b[plane] = (float)((double)p->b[plane] + p->o->speed / 2 * p->v[place]);
  p->learnt[plane]++;
}

static void learn(pupil *p, float *u) {
  p->u.data = u;
  fv__parallel_for(p->pool, p->u.h, answer_row, p);
  for (int32_t k = 0; k < p->o->planes; k++) p->representatives[k] = (cell){.place = -1};
  for (int64_t row = 0; row < p->u.h; row++)
    for (int64_t column = 0; column < p->u.w; column++) propose(p, row, column);
  for (int32_t k = 0; k < p->o->planes; k++)
    if (p->representatives[k].place >= 0) reinforce(p, k, p->representatives[k].place);
}

/* ---- a layer ---- */

static void dismiss(pupil *p) {
  free(p->synapses);
  free(p->v);
  free(p->excitation);
  free(p->winners);
  free(p->representatives);
  free(p->learnt);
}

static fv_status enrol(pupil *p, fv_model *model, const fv_layer_info *layer, const fv_shape *input, fv__pool *pool) {
  const fv_simple_cells2d_options *o = layer->options;
  *p = (pupil){.o = o, .pool = pool, .u = fv__view_dense(NULL, 1, input->dims[1], input->dims[2], input->dims[3])};
  p->cells = (fv__cells_problem){.window = {.kernel_h = o->kernel_size.height,
                                            .kernel_w = o->kernel_size.width,
                                            .stride_h = 1,
                                            .stride_w = 1,
                                            .dilation_h = 1,
                                            .dilation_w = 1,
                                            .top = (o->kernel_size.height - 1) / 2,
                                            .left = (o->kernel_size.width - 1) / 2},
                                 .decay = o->decay,
                                 .gain = 1,
                                 .strength = o->selectivity};
  const size_t places = (size_t)(p->u.h * p->u.w), planes = (size_t)o->planes;
  p->a = fv_model_weight_data(model, layer->weights[0]);
  p->b = fv_model_weight_data(model, layer->weights[1]);
  p->synapses = malloc(fv__cells_synapses_bytes(&p->cells));
  p->v = calloc(places, sizeof *p->v);
  p->excitation = calloc(planes * (size_t)fv__pool_threads(pool), sizeof *p->excitation);
  p->winners = calloc(places, sizeof *p->winners);
  p->representatives = calloc(planes, sizeof *p->representatives);
  p->learnt = calloc(planes, sizeof *p->learnt);
  if (!p->synapses || !p->v || !p->excitation || !p->winners || !p->representatives || !p->learnt)
    return fail(FV_ERROR_MEMORY, "no memory to teach %s", layer->name);
  fv__cells_synapses(&p->cells, p->synapses);
  return FV_OK;
}

static bool learns(const fv_layer_info *layer) { return !strcmp(layer->kind, "SimpleCells2D") && !layer->frozen; }

/* What the layer reads, of a batch of pictures: lent by the plan, or the pictures themselves. */
static fv_status look(float **u, fv_plan *plan, const fv_batch *batch, int64_t picture) {
  *u = batch->inputs;
  if (!plan) return FV_OK;
  memcpy(fv_plan_input(plan, 0), batch->inputs, (size_t)(batch->count * picture) * sizeof(float));
  TRY(fv_run(plan, NULL));
  *u = (float *)(uintptr_t)fv_plan_output(plan, 0);
  return FV_OK;
}

static fv_status see_pictures(pupil *p, fv_loader *loader, fv_plan *plan, const fv_self_organize_options *o) {
  const fv_shape shape = fv_loader_input_shape(loader);
  const int64_t picture = shape.dims[0] * shape.dims[1] * shape.dims[2], numbers = p->u.h * p->u.w * p->u.c;
  for (int64_t seen = 0; seen < o->samples;) {
    const fv_batch *batch;
    float *u;
    TRY(fv_loader_next(&batch, loader));
    TRY(look(&u, plan, batch, picture));
    for (int32_t i = 0; i < batch->count && seen < o->samples; i++, seen++) {
      if (o->should_stop && o->should_stop(o->context)) return fail(FV_ERROR_STOPPED, "stopped");
      learn(p, u + i * numbers);
    }
  }
  return FV_OK;
}

/* The part of the model before the layer; none where that is the input. */
static fv_status open_part(fv_plan **plan, fv_shape *input, const fv_model *model, const fv_layer_info *layer,
                           const fv_self_organize_options *o) {
  const fv_value read = fv_model_node(model, layer->nodes[0]).inputs[0];
  const fv_layer_info before = fv_model_layer(model, fv_model_node(model, read.node).layer);
  *plan = NULL;
  *input = before.output;
  if (!strcmp(before.kind, "InputLayer")) return FV_OK;
  fv_model *part;
  TRY(fv_model_cut(&part, model, read));
  const fv_status status = fv_plan_create(plan, part, &(fv_plan_options){.batch = BATCH, .threads = o->threads});
  fv_model_destroy(part);
  return status;
}

static void tell(const pupil *p, const fv_layer_info *layer, const fv_self_organize_options *o) {
  fv_self_organized told = {.layer = layer->name, .planes = p->o->planes, .samples = o->samples};
  for (int32_t k = 0; k < p->o->planes; k++) {
    told.used += p->learnt[k] > 0;
    told.reinforced += p->learnt[k];
  }
  if (o->on_layer) o->on_layer(o->context, &told);
}

static fv_status teach(fv_model *model, const fv_layer_info *layer, const fv_dataset *dataset, fv__pool *pool,
                       const fv_self_organize_options *o) {
  const fv_preprocessing preprocessing = fv__feed_preprocessing(model);
  fv_plan *plan = NULL;
  fv_loader *loader = NULL;
  fv_shape input;
  pupil p = {.o = NULL};
  fv_status status = open_part(&plan, &input, model, layer, o);
  if (!status && (input.dims[1] < 1 || input.dims[2] < 1))
    status = fail(FV_ERROR_SHAPE, "%s: the size of what it sees is not known", layer->name);
  if (!status) status = enrol(&p, model, layer, &input, pool);
  if (!status)
    status = fv_loader_create(&loader, dataset,
                              &(fv_loader_options){.preprocessing = &preprocessing,
                                                   .batch_size = BATCH,
                                                   .seed = o->seed,
                                                   .skip_broken = true,
                                                   .class_numbers = true,
                                                   .threads = o->threads});
  if (!status) status = see_pictures(&p, loader, plan, o);
  if (!status) tell(&p, layer, o);
  fv_model_weights_changed(model);
  dismiss(&p);
  fv_loader_destroy(loader);
  fv_plan_destroy(plan);
  return status;
}

bool fv_model_self_organizes(const fv_model *model) {
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    const fv_layer_info layer = fv_model_layer(model, i);
    if (learns(&layer)) return true;
  }
  return false;
}

fv_status fv_self_organize(fv_model *model, const fv_dataset *dataset, const fv_self_organize_options *options) {
  fv_self_organize_options o = options ? *options : (fv_self_organize_options){.samples = 0};
  if (!o.samples) o.samples = SAMPLES;
  if (o.samples < 0) return fail(FV_ERROR_INVALID, "%" PRId64 " pictures to learn from", o.samples);
  if (!fv_model_self_organizes(model) || fv_model_input_count(model) != 1)
    return fail(FV_ERROR_INVALID, "the model has no S cells that could learn, or more inputs than one");
  fv__pool *pool;
  TRY(fv__pool_create(&pool, o.threads));
  fv_status status = FV_OK;
  for (int32_t i = 0; i < fv_model_layer_count(model) && !status; i++) {
    const fv_layer_info layer = fv_model_layer(model, i);
    if (learns(&layer)) status = teach(model, &layer, dataset, pool, &o);
  }
  fv__pool_destroy(pool);
  return status;
}
