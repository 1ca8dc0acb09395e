/* One number: what it is exactly, what it was made of, and what of the photo its place sees. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/arithmetic.h>
#include <fovea/channel_maps.h>
#include <fovea/receptive_field.h>

#include "serve/want.h"

/* ---- value */

static void write_window(fv__writer *json, const fv_arithmetic *a) {
  if (!a->has_window) {
    fv__writer_null(json, "window");
    return;
  }
  fv__writer_begin(json, "window", '{');
  fv__writer_whole(json, "y0", a->top);
  fv__writer_whole(json, "x0", a->left);
  fv__writer_whole(json, "h", a->height);
  fv__writer_whole(json, "w", a->width);
  fv__writer_bool(json, "padded", a->padded > 0);
  fv__writer_end(json);
}

static void write_terms(fv__writer *json, const fv_arithmetic *a) {
  fv__writer_begin(json, "terms", '[');
  for (int32_t i = 0; i < a->count; i++) {
    const fv_term *t = &a->terms[i];
    fv__writer_begin(json, NULL, '{');
    fv__writer_whole(json, "input", t->input);
    fv__writer_whole(json, "ci", t->channel);
    fv__writer_whole(json, "y", t->row);
    fv__writer_whole(json, "x0", t->column);
    fv__writer_whole(json, "ky", t->kernel_row);
    fv__writer_whole(json, "kx", t->kernel_column);
    fv__writer_number(json, "x", (double)t->number);
    fv__writer_number(json, "w", (double)t->weight);
    fv__writer_number(json, "xw", t->product);
    fv__writer_end(json);
  }
  fv__writer_end(json);
}

static void write_arithmetic(fv__answer *answer, const fv_arithmetic *a) {
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_number(&json, "value", (double)a->value);
  fv__writer_number(&json, "pre_activation", a->sum);
  fv__writer_text(&json, "operation", a->operation);
  fv__writer_text(&json, "activation", a->activation);
  fv__writer_number(&json, "bias", a->bias);
  fv__writer_whole(&json, "terms_total", a->total);
  fv__writer_whole(&json, "padded", a->padded);
  write_window(&json, a);
  write_terms(&json, a);
  fv__writer_number(&json, "rest", a->rest);
  /* What several numbers make together, as softmax does, has no check of its own. */
  fv__writer_number(&json, "sum_check", isnan(a->result) ? (double)a->value : a->result);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
}

/* The number alone, where it has no arithmetic. */
static void write_number(fv__answer *answer, float number, const char *reason) {
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_number(&json, "value", (double)number);
  fv__writer_null(&json, "pre_activation");
  fv__writer_null(&json, "bias");
  fv__writer_whole(&json, "terms_total", 0);
  fv__writer_null(&json, "window");
  fv__writer_begin(&json, "terms", '[');
  fv__writer_end(&json);
  fv__writer_number(&json, "sum_check", (double)number);
  if (reason) fv__writer_text(&json, "reason", reason);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
}

/* The inputs of the node are read, from memory or made again, so that its number can be taken apart. */
static fv_status lend_inputs(fv__run *run, int32_t node, fv_activations *seen, fv__value *values,
                             const float **numbers) {
  const fv_node_info info = fv_model_node(run->shown->model, node);
  for (int32_t n = 0; n < run->shown->node_count; n++) numbers[n] = run->values[n];
  fv_status status = FV_OK;
  for (int32_t i = 0; i <= info.input_count && i < FV_MERGE_INPUTS && !status; i++) {
    const int32_t wanted = i < info.input_count ? info.inputs[i].node : node;
    status = fv__run_value(&values[i], run, wanted);
    numbers[wanted - 1] = values[i].numbers;
  }
  *seen = (fv_activations){.model = run->shown->model, .shapes = run->shapes, .values = numbers};
  return status;
}

static void show_number(fv__answer *answer, fv__run *run, int32_t node, const int64_t place[3], bool with_terms) {
  fv__value values[FV_MERGE_INPUTS + 1] = {{0}};
  const float **numbers = calloc((size_t)run->shown->node_count, sizeof *numbers);
  fv_activations seen;
  fv_arithmetic a;
  fv_status status = numbers ? lend_inputs(run, node, &seen, values, numbers)
                             : fv_error_set(FV_ERROR_MEMORY, "no memory for a number");
  const fv_channel_maps maps = fv_channel_maps_of(status ? NULL : numbers[node - 1], &run->shapes[node - 1]);
  const float number = status ? 0 : maps.numbers[(place[0] * maps.width + place[1]) * maps.channels + place[2]];
  if (!status && with_terms)
    status = fv_explain_number(&a, &seen, (fv_value){node, 0}, place[0], place[1], place[2], run->overlay);
  if (!status && with_terms)
    write_arithmetic(answer, &a);
  else if (!status ||
           (with_terms && numbers && numbers[node - 1] && (status == FV_ERROR_UNSUPPORTED || status == FV_ERROR_STATE)))
    write_number(answer, number, status ? fv_error_message() : NULL);
  else
    fv__answer_failure(answer, status, NULL);
  for (int i = 0; i <= FV_MERGE_INPUTS; i++) free(values[i].owned);
  free(numbers);
}

static void value(fv__request *request, fv__answer *answer) {
  fv__run *run = fv__want_run(request, answer, 0);
  const int32_t layer = run ? fv__want_layer(request, answer, 1, run->shown) : -1;
  if (layer >= 0) {
    const int32_t node = fv__shown_value(run->shown, layer).node;
    const fv_channel_maps maps = fv_channel_maps_of(NULL, &run->shapes[node - 1]);
    int64_t place[3], terms;
    if (maps.channels < 1)
      fv__answer_problem(answer, 404, "not_found", NULL, "no output needs this layer: it is not computed");
    else if (fv__want_whole(request, answer, "y", 0, maps.height - 1, 0, &place[0]) &&
             fv__want_whole(request, answer, "x", 0, maps.width - 1, 0, &place[1]) &&
             fv__want_whole(request, answer, "c", 0, maps.channels - 1, 0, &place[2]) &&
             fv__want_whole(request, answer, "terms", 0, 1, 0, &terms))
      show_number(answer, run, node, place, terms);
  }
  fv__run_leave(run);
}

/* ---- receptive field */

/* Extents that the model leaves open are those that its pictures are brought to. */
static void input_shapes(fv_shape *shapes, const fv__shown *shown) {
  for (int32_t i = 0; i < fv_model_input_count(shown->model); i++) {
    shapes[i] = fv_model_input_shape(shown->model, i);
    if (shapes[i].rank == 4 && shapes[i].dims[1] < 0) shapes[i].dims[1] = shown->preprocessing.size.height;
    if (shapes[i].rank == 4 && shapes[i].dims[2] < 0) shapes[i].dims[2] = shown->preprocessing.size.width;
  }
}

static void write_pair(fv__writer *json, const char *key, double one, double other) {
  fv__writer_begin(json, key, '[');
  fv__writer_number(json, NULL, one);
  fv__writer_number(json, NULL, other);
  fv__writer_end(json);
}

static void write_box(fv__writer *json, const char *key, int64_t top, int64_t left, int64_t height, int64_t width) {
  const int64_t numbers[] = {top, left, height, width};
  fv__writer_begin(json, key, '[');
  for (int i = 0; i < 4; i++) fv__writer_whole(json, NULL, numbers[i]);
  fv__writer_end(json);
}

static void write_field(fv__answer *answer, const fv_receptive_field *field, const fv_receptive_box *box) {
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  write_pair(&json, "size", (double)box->height, (double)box->width);
  write_pair(&json, "stride", field->known ? field->step_height : 0, field->known ? field->step_width : 0);
  write_box(&json, "box", box->top, box->left, box->height, box->width);
  write_box(&json, "clipped", box->seen_top, box->seen_left, box->seen_height, box->seen_width);
  write_pair(&json, "input", (double)box->input_height, (double)box->input_width);
  fv__writer_number(&json, "covers", box->share);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
}

static void field(fv__request *request, fv__answer *answer) {
  fv__shown *shown = fv__want_model(request, answer, 0);
  const int32_t layer = shown ? fv__want_layer(request, answer, 1, shown) : -1;
  const int32_t inputs = shown ? fv_model_input_count(shown->model) : 0;
  fv_receptive_box boxes[FV__RUN_INPUTS];
  fv_shape shapes[FV__RUN_INPUTS];
  int64_t y, x, input;
  if (layer >= 0 && inputs > FV__RUN_INPUTS) {
    fv__answer_problem(answer, 422, "shape_mismatch", NULL, "expected a model with at most %d inputs", FV__RUN_INPUTS);
  } else if (layer >= 0 && fv__want_whole(request, answer, "y", 0, INT32_MAX, 0, &y) &&
             fv__want_whole(request, answer, "x", 0, INT32_MAX, 0, &x) &&
             fv__want_whole(request, answer, "input", 0, inputs - 1, 0, &input)) {
    input_shapes(shapes, shown);
    const fv_value value = fv__shown_value(shown, layer);
    const fv_status status = fv_model_receptive_box(boxes, shown->model, shapes, value, y, x);
    if (status)
      fv__answer_failure(answer, status, status == FV_ERROR_INVALID ? "bad_param" : NULL);
    else
      write_field(answer, &shown->fields[value.node - 1], &boxes[input]);
  }
  fv__shown_leave(shown);
}

static const fv__route routes[] = {
    {.method = "GET", .path = "/api/v1/runs/{run}/value/{layer}", .slow = true, .is_constant = true, .handle = value},
    {.method = "GET", .path = "/api/v1/models/{model}/rf/{layer}", .slow = true, .is_constant = true, .handle = field},
    {0}};

const fv__route_family fv__routes_value = {.routes = routes};
