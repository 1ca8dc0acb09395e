/* Weights of a layer: as pictures, as figures of each filter, and the exact numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/kernel_maps.h>

#include "serve/fmap.h"
#include "serve/npy.h"
#include "serve/want.h"

enum { MOST_PLANES = 65536 };

/* One weight, read as a window of `rows` x `columns` between `inputs` and `outputs`: [rows, columns, inputs, outputs].
 * What has fewer axes lacks the first ones. */
typedef struct window {
  const float *numbers;
  fv_shape shape;
  int64_t rows, columns, inputs, outputs;
} window;

/* The weight that the query names, else the layer's first. False: the answer is 404. */
static bool want_window(fv__request *request, fv__answer *answer, const fv__shown *shown, window *w) {
  const int32_t index = fv__want_layer(request, answer, 1, shown);
  if (index < 0) return false;
  const fv_layer_info layer = fv_model_layer(shown->model, index);
  const char *name = fv__request_query(request, "name");
  for (int32_t i = 0; i < layer.weight_count; i++) {
    const fv_weight_info weight = fv_model_weight(shown->model, layer.weights[i]);
    if (name && strcmp(weight.name, name) != 0) continue;
    const fv_shape *s = &weight.shape;
    *w = (window){fv_model_weight_data(shown->model, layer.weights[i]), *s, 1, 1, 1, 1};
    int64_t *const axes[] = {&w->outputs, &w->inputs, &w->columns, &w->rows};
    for (int32_t d = 0; d < s->rank; d++) *axes[d < 4 ? d : 3] *= s->dims[s->rank - 1 - d];
    return true;
  }
  if (name)
    fv__answer_problem(answer, 404, "not_found", NULL, "%s has no weight %s", layer.name, name);
  else
    fv__answer_problem(answer, 404, "not_found", NULL, "%s has no weights", layer.name);
  return false;
}

/* ---- pictures */

/* A plane for each pair of output and input, the output's planes together; numbers lie channels last for the maps. */
static float *gather(const window *w, int64_t output, int64_t outputs, int64_t input, int64_t inputs) {
  const int64_t planes = outputs * inputs, pixels = w->rows * w->columns;
  float *numbers = calloc((size_t)planes, (size_t)pixels * sizeof *numbers);
  for (int64_t p = 0; numbers && p < pixels; p++)
    for (int64_t i = 0; i < inputs; i++)
      for (int64_t o = 0; o < outputs; o++)
        numbers[p * planes + o * inputs + i] = w->numbers[(p * w->inputs + input + i) * w->outputs + output + o];
  return numbers;
}

static void show_planes(fv__request *request, fv__answer *answer, const window *w) {
  int64_t output, outputs, input, inputs;
  if (!fv__want_range(request, answer, "out", w->outputs, &output, &outputs) ||
      !fv__want_range(request, answer, "in", w->inputs, &input, &inputs))
    return;
  if (outputs * inputs > MOST_PLANES) {
    fv__answer_bad(answer, "out", "expected at most %d pairs of out and in, found %lld x %lld", MOST_PLANES,
                   (long long)outputs, (long long)inputs);
    return;
  }
  float *numbers = gather(w, output, outputs, input, inputs);
  fv__fmap_view view = {0};
  const fv_channel_maps maps = {numbers, w->rows, w->columns, outputs * inputs};
  if (!numbers)
    fv__answer_problem(answer, 503, "busy", NULL, "no memory for kernels");
  else if (fv__fmap_read_view(&view, request, answer, maps.channels))
    fv__fmap_answer(answer, &maps, &view);
  free(numbers);
}

/* The kernel of a layer, whatever its layout: a plane for each filter and input that it reads, the filter's together. A
 * page that asks for more inputs than there are gets those there are. */
static void show_kernels(fv__request *request, fv__answer *answer, const fv_kernel_maps *m) {
  int64_t filter, filters, input, inputs;
  if (!fv__want_range(request, answer, "out", m->filters, &filter, &filters) ||
      !fv__want_range(request, answer, "in", MOST_PLANES, &input, &inputs))
    return;
  if (input >= m->inputs) {
    fv__answer_bad(answer, "in", "expected inputs within 0-%lld", (long long)m->inputs - 1);
    return;
  }
  if (inputs > m->inputs - input) inputs = m->inputs - input;
  if (filters * inputs > MOST_PLANES) {
    fv__answer_bad(answer, "out", "expected at most %d pairs of out and in, found %lld x %lld", MOST_PLANES,
                   (long long)filters, (long long)inputs);
    return;
  }
  const int64_t planes = filters * inputs, pixels = m->height * m->width;
  float *drawn = calloc((size_t)planes, (size_t)pixels * sizeof *drawn);
  float *numbers = calloc((size_t)planes, (size_t)pixels * sizeof *numbers); /* channels last, as maps take them */
  fv__fmap_view view = {0};
  const fv_channel_maps maps = {numbers, m->height, m->width, planes};
  if (!drawn || !numbers || fv_kernel_maps_draw(drawn, m, filter, filters, input, inputs)) {
    fv__answer_problem(answer, 503, "busy", NULL, "no memory for kernels");
  } else {
    for (int64_t i = 0; i < planes * pixels; i++) numbers[i % pixels * planes + i / pixels] = drawn[i];
    if (fv__fmap_read_view(&view, request, answer, maps.channels)) fv__fmap_answer(answer, &maps, &view);
  }
  free(numbers);
  free(drawn);
}

/* The kernel of the layer, unless the query names a weight. */
static bool has_kernel(fv__request *request, const fv__shown *shown, fv_kernel_maps *m) {
  const int32_t layer = fv__request_query(request, "name") ? -1 : fv__shown_layer(shown, request->captures[1]);
  return layer >= 0 && !fv_kernel_maps_of(m, shown->model, layer);
}

/* One plane: a row for each input, a column for each output. */
static void show_matrix(fv__request *request, fv__answer *answer, const window *w) {
  fv__fmap_view view = {0};
  const fv_channel_maps maps = {w->numbers, w->rows * w->columns * w->inputs, w->outputs, 1};
  if (fv__fmap_read_view(&view, request, answer, 1)) fv__fmap_answer(answer, &maps, &view);
}

static void show(fv__request *request, fv__answer *answer) {
  static const char *const views[] = {"kernels", "matrix", NULL};
  int view;
  window w;
  fv_kernel_maps kernels;
  if (!fv__want_word(request, answer, "view", views, &view)) return;
  fv__shown *shown = fv__want_model(request, answer, 0);
  if (shown && view == 0 && has_kernel(request, shown, &kernels)) {
    show_kernels(request, answer, &kernels);
  } else if (shown && want_window(request, answer, shown, &w)) {
    if (view == 1)
      show_matrix(request, answer, &w);
    else
      show_planes(request, answer, &w);
  }
  fv__shown_leave(shown);
}

static void npy(fv__request *request, fv__answer *answer) {
  window w;
  fv__shown *shown = fv__want_model(request, answer, 0);
  if (shown && want_window(request, answer, shown, &w)) fv__npy_answer(answer, w.numbers, &w.shape);
  fv__shown_leave(shown);
}

/* ---- figures */

typedef struct figures {
  double sum, squares, low, high;
  int64_t count, zeros, bad;
} figures;

static void add(figures *f, float number) {
  f->count++;
  if (!isfinite(number)) {
    f->bad++;
    return;
  }
  f->sum += number;
  f->squares += (double)number * number;
  f->zeros += number == 0;
  f->low = fmin(f->low, number);
  f->high = fmax(f->high, number);
}

static void write_figures(fv__writer *json, int64_t filter, const figures *f) {
  const int64_t good = f->count - f->bad;
  fv__writer_begin(json, NULL, '{');
  fv__writer_whole(json, "c", filter);
  fv__writer_number(json, "norm", sqrt(f->squares));
  fv__writer_number(json, "mean", good ? f->sum / (double)good : 0);
  fv__writer_number(json, "sum", f->sum);
  fv__writer_number(json, "min", good ? f->low : 0);
  fv__writer_number(json, "max", good ? f->high : 0);
  fv__writer_number(json, "zero", (double)f->zeros / (double)f->count);
  fv__writer_whole(json, "bad", f->bad);
  fv__writer_end(json);
}

static void write_stats(fv__answer *answer, const window *w) {
  figures *all = calloc((size_t)w->outputs + 1, sizeof *all);
  fv__writer json = {.failed = !all};
  const int64_t rows = w->rows * w->columns * w->inputs;
  for (int64_t o = 0; all && o < w->outputs; o++) all[o] = (figures){.low = INFINITY, .high = -INFINITY};
  for (int64_t i = 0; all && i < rows; i++)
    for (int64_t o = 0; o < w->outputs; o++) add(&all[o], w->numbers[i * w->outputs + o]);
  fv__writer_begin(&json, NULL, '{');
  fv__writer_begin(&json, "shape", '[');
  for (int32_t d = 0; d < w->shape.rank; d++) fv__writer_whole(&json, NULL, w->shape.dims[d]);
  fv__writer_end(&json);
  fv__writer_begin(&json, "filters", '[');
  for (int64_t o = 0; all && o < w->outputs; o++) write_figures(&json, o, &all[o]);
  fv__writer_end(&json);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
  free(all);
}

static void write_kernel(fv__writer *json, int64_t filter, const fv_kernel_statistics *s) {
  fv__writer_begin(json, NULL, '{');
  fv__writer_whole(json, "c", filter);
  fv__writer_number(json, "norm", (double)s->norm);
  fv__writer_number(json, "mean", (double)s->mean);
  fv__writer_number(json, "sum", (double)s->sum);
  fv__writer_number(json, "min", (double)s->min);
  fv__writer_number(json, "max", (double)s->max);
  fv__writer_number(json, "zero", (double)s->sparsity);
  fv__writer_number(json, "bias", (double)s->bias);
  if (s->name) {
    fv__writer_begin(json, "like", '{');
    fv__writer_text(json, "name", s->name);
    fv__writer_number(json, "score", (double)s->likeness);
    fv__writer_whole(json, "input", s->compared);
    fv__writer_end(json);
  }
  fv__writer_end(json);
}

/* Of kernels, with the named filter that each resembles. */
static void write_kernels(fv__answer *answer, const fv_kernel_maps *m) {
  fv_kernel_statistics *all = calloc((size_t)m->filters + 1, sizeof *all);
  fv__writer json = {.failed = !all || fv_kernel_maps_measure(all, m)};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_begin(&json, "shape", '[');
  const int64_t extents[] = {m->height, m->width, m->inputs, m->filters};
  for (int i = 0; i < 4; i++) fv__writer_whole(&json, NULL, extents[i]);
  fv__writer_end(&json);
  fv__writer_begin(&json, "filters", '[');
  for (int64_t f = 0; f < m->filters && !json.failed; f++) write_kernel(&json, f, &all[f]);
  fv__writer_end(&json);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
  free(all);
}

static void stats(fv__request *request, fv__answer *answer) {
  window w;
  fv_kernel_maps kernels;
  fv__shown *shown = fv__want_model(request, answer, 0);
  if (shown && has_kernel(request, shown, &kernels))
    write_kernels(answer, &kernels);
  else if (shown && want_window(request, answer, shown, &w))
    write_stats(answer, &w);
  fv__shown_leave(shown);
}

static const fv__route routes[] = {{.method = "GET",
                                    .path = "/api/v1/models/{model}/layers/{layer}/weights",
                                    .slow = true,
                                    .is_constant = true,
                                    .handle = show},
                                   {.method = "GET",
                                    .path = "/api/v1/models/{model}/layers/{layer}/weights.npy",
                                    .slow = true,
                                    .is_constant = true,
                                    .handle = npy},
                                   {.method = "GET",
                                    .path = "/api/v1/models/{model}/layers/{layer}/weights/stats",
                                    .slow = true,
                                    .is_constant = true,
                                    .handle = stats},
                                   {0}};

const fv__route_family fv__routes_weights = {.routes = routes};
