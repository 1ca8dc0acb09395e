/* What is known of models and layers without running them. */
#include "serve/describe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <fovea/labels.h>
#include <fovea/layers.h>

#include "serve/answer.h"
#include "serve/runs.h"

void fv__describe_entry(fv__writer *json, const fv__shown *shown) {
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "id", shown->id);
  fv__writer_text(json, "name", shown->name);
  fv__writer_text(json, "path", shown->path);
  fv__writer_text(json, "state", "ready");
  fv__writer_end(json);
}

/* ---- the model */

static void describe_ends(fv__writer *json, const fv_model *model) {
  fv__writer_begin(json, "inputs", '[');
  for (int32_t i = 0; i < fv_model_input_count(model); i++) {
    const fv_shape shape = fv_model_input_shape(model, i);
    fv__writer_begin(json, NULL, '{');
    fv__writer_text(json, "name", fv_model_input_name(model, i));
    fv__writer_shape(json, "shape", &shape);
    fv__writer_bool(json, "picture", shape.rank == 4 && (shape.dims[3] == 1 || shape.dims[3] == 3));
    fv__writer_end(json);
  }
  fv__writer_end(json);
  fv__writer_begin(json, "outputs", '[');
  for (int32_t i = 0; i < fv_model_output_count(model); i++) {
    const fv_shape shape = fv_model_output_shape(model, i);
    fv__writer_begin(json, NULL, '{');
    fv__writer_text(json, "name", fv_model_output_name(model, i));
    fv__writer_shape(json, "shape", &shape);
    fv__writer_end(json);
  }
  fv__writer_end(json);
}

static void describe_feeding(fv__writer *json, const fv__shown *shown) {
  static const char *const orders[] = {"default", "RGB", "BGR", "gray"};
  const fv_preprocessing *p = &shown->preprocessing;
  fv__writer_begin(json, "preprocessing", '{');
  fv__writer_text(json, "mode", fv_preprocessing_mode_name(p->mode));
  fv__writer_bool(json, "guessed", shown->guesses_preprocessing);
  fv__writer_begin(json, "size", '[');
  fv__writer_whole(json, NULL, p->size.height);
  fv__writer_whole(json, NULL, p->size.width ? p->size.width : p->size.height);
  fv__writer_end(json);
  fv__writer_text(json, "resize", p->resize[0] ? p->resize : "pil-bilinear");
  fv__writer_number(json, "crop", p->crop);
  fv__writer_text(json, "channels", orders[p->channels]);
  fv__writer_number(json, "scale", p->scale);
  for (int k = 0; k < 2; k++) {
    fv__writer_begin(json, k ? "std" : "mean", '[');
    for (int i = 0; i < 3; i++) fv__writer_number(json, NULL, k ? p->std[i] : p->mean[i]);
    fv__writer_end(json);
  }
  fv__writer_end(json);
}

static void describe_totals(fv__writer *json, const fv_model *model) {
  int64_t multiply_adds = 0, activations = 0;
  for (int32_t i = 1; i <= fv_model_node_count(model); i++) {
    const fv_node_info node = fv_model_node(model, i);
    multiply_adds += node.multiply_adds < INT64_MAX - multiply_adds ? node.multiply_adds : 0;
    activations += node.activation_bytes < INT64_MAX - activations ? node.activation_bytes : 0;
  }
  fv__writer_begin(json, "totals", '{');
  fv__writer_whole(json, "layers", fv_model_layer_count(model));
  fv__writer_whole(json, "parameters", fv_model_parameters(model));
  fv__writer_whole(json, "trainable", fv_model_trainable_parameters(model));
  fv__writer_whole(json, "multiply_adds", multiply_adds);
  fv__writer_whole(json, "activation_bytes", activations);
  fv__writer_end(json);
}

static void warn(fv__writer *json, const char *code, const char *format, ...) FV_PRINTF(3, 4);
static void warn(fv__writer *json, const char *code, const char *format, ...) {
  char text[400];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "code", code);
  fv__writer_text(json, "detail", text);
  fv__writer_end(json);
}

static bool takes_no_picture(const fv_model *model) {
  const fv_shape shape = fv_model_input_shape(model, 0);
  return shape.rank != 4 || (shape.dims[3] != 1 && shape.dims[3] != 3);
}

/* The first flaw of a kind; those of numbers are counted below. */
static void warn_of_flaw(fv__writer *json, const fv_model *model, const char *code) {
  for (int32_t i = 0; i < fv_model_flaw_count(model); i++) {
    const fv_flaw flaw = fv_model_flaw(model, i);
    if (flaw.status == FV_ERROR_NUMBERS || strcmp(fv__answer_flaw_code(&flaw), code) != 0) continue;
    warn(json, code, "%s", flaw.sentence);
    return;
  }
}

static void describe_warnings(fv__writer *json, const fv__shown *shown) {
  fv__writer_begin(json, "warnings", '[');
  static const char *const codes[] = {"unsupported_op", "shape_mismatch", "bad_weights"};
  for (int k = 0; k < 3; k++) warn_of_flaw(json, shown->model, codes[k]);
  if (shown->bad_weights)
    warn(json, "nan_weights", "%" PRId64 " numbers of the weights are not finite, the first in %s", shown->bad_weights,
         shown->first_bad);
  if (shown->guesses_preprocessing)
    warn(json, "guessed_preprocessing", "the model does not say how pictures are fed: pixels are scaled to 0..1");
  if (takes_no_picture(shown->model))
    warn(json, "not_a_picture", "the input is no picture of 1 or 3 channels: it gets the picture in gray");
  fv__writer_end(json);
}

/* What the model lacks of its file, or has that is no number. */
static void describe_flaws(fv__writer *json, const fv_model *model) {
  fv__writer_begin(json, "flaws", '[');
  for (int32_t i = 0; i < fv_model_flaw_count(model); i++) {
    const fv_flaw flaw = fv_model_flaw(model, i);
    fv__writer_begin(json, NULL, '{');
    fv__writer_text(json, "layer", flaw.layer);
    fv__writer_text(json, "code", fv__answer_flaw_code(&flaw));
    fv__writer_text(json, "kind", flaw.kind);
    fv__writer_text(json, "detail", flaw.sentence);
    fv__writer_end(json);
  }
  fv__writer_end(json);
}

void fv__describe_model(fv__writer *json, const fv__shown *shown) {
  static const char *const scores[] = {"plain", "softmax", "sigmoid"};
  const fv_model *model = shown->model;
  const fv_shape output = fv_model_output_shape(model, 0);
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "id", shown->id);
  fv__writer_text(json, "name", shown->name);
  fv__writer_text(json, "path", shown->path);
  fv__writer_text(json, "state", "ready");
  describe_ends(json, model);
  describe_feeding(json, shown);
  fv__writer_text(json, "scores", scores[shown->scores]);
  fv__writer_whole(json, "classes", output.rank == 2 && output.dims[1] > 0 ? output.dims[1] : 0);
  fv__writer_whole(json, "labels", fv_model_label_count(model));
  describe_totals(json, model);
  fv__writer_begin(json, "layers", '[');
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    const fv_layer_info layer = fv_model_layer(model, i);
    fv__writer_begin(json, NULL, '{');
    fv__writer_text(json, "name", layer.name);
    fv__writer_text(json, "kind", layer.kind);
    fv__writer_shape(json, "shape", &layer.output);
    fv__writer_whole(json, "parameters", layer.parameters);
    fv__writer_bool(json, "frozen", layer.frozen);
    fv__writer_end(json);
  }
  fv__writer_end(json);
  describe_flaws(json, model);
  describe_warnings(json, shown);
  fv__writer_end(json);
}

/* ---- a layer */

static void describe_options(fv__writer *json, const fv_layer_info *layer) {
  char text[2048];
  fv__writer_begin(json, "options", '{');
  for (const fv_option *option = layer->table; option && option->name; option++)
    fv__writer_text(json, option->name, fv_option_text(text, sizeof text, layer->options, option));
  fv__writer_end(json);
}

static void describe_inputs(fv__writer *json, const fv_model *model, const fv_layer_info *layer) {
  const fv_node_info node = fv_model_node(model, layer->nodes[0]);
  fv__writer_begin(json, "inputs", '[');
  for (int32_t i = 0; i < node.input_count; i++) {
    const fv_layer_info source = fv_model_layer(model, fv_model_node(model, node.inputs[i].node).layer);
    fv__writer_begin(json, NULL, '{');
    fv__writer_text(json, "name", source.name);
    fv__writer_shape(json, "shape", &source.output);
    fv__writer_end(json);
  }
  fv__writer_end(json);
}

static void describe_weights(fv__writer *json, const fv__shown *shown, const fv_layer_info *layer) {
  fv__writer_begin(json, "weights", '[');
  for (int32_t i = 0; i < layer->weight_count; i++) {
    const fv_weight_info weight = fv_model_weight(shown->model, layer->weights[i]);
    fv__writer_begin(json, NULL, '{');
    fv__writer_text(json, "name", weight.name);
    fv__writer_begin(json, "shape", '[');
    for (int32_t d = 0; d < weight.shape.rank; d++) fv__writer_whole(json, NULL, weight.shape.dims[d]);
    fv__writer_end(json);
    fv__writer_bool(json, "trainable", weight.trainable);
    fv__writer_end(json);
  }
  fv__writer_end(json);
}

/* Where the field of the first place begins, which is outside where padding is: with size and step it gives every
 * other's. Left out where there is no such place. */
static void describe_start(fv__writer *json, const fv__shown *shown, int32_t index) {
  fv_receptive_box boxes[FV__RUN_INPUTS];
  fv_shape shapes[FV__RUN_INPUTS];
  const int32_t inputs = fv_model_input_count(shown->model);
  if (inputs > FV__RUN_INPUTS) return;
  for (int32_t i = 0; i < inputs; i++) {
    shapes[i] = fv_model_input_shape(shown->model, i);
    if (shapes[i].rank == 4 && shapes[i].dims[1] < 0) shapes[i].dims[1] = shown->preprocessing.size.height;
    if (shapes[i].rank == 4 && shapes[i].dims[2] < 0) shapes[i].dims[2] = shown->preprocessing.size.width;
  }
  if (fv_model_receptive_box(boxes, shown->model, shapes, fv__shown_value(shown, index), 0, 0)) return;
  int32_t widest = 0; /* the input that the field is counted in */
  for (int32_t i = 1; i < inputs; i++)
    if (boxes[i].height * boxes[i].width > boxes[widest].height * boxes[widest].width) widest = i;
  if (!boxes[widest].height) return;
  fv__writer_begin(json, "start", '[');
  fv__writer_whole(json, NULL, boxes[widest].top);
  fv__writer_whole(json, NULL, boxes[widest].left);
  fv__writer_end(json);
}

static void describe_field(fv__writer *json, const fv__shown *shown, int32_t index, const fv_receptive_field *field) {
  fv__writer_begin(json, "receptive_field", '{');
  fv__writer_bool(json, "known", field->known);
  fv__writer_bool(json, "whole", field->whole);
  fv__writer_begin(json, "size", '[');
  fv__writer_number(json, NULL, field->height);
  fv__writer_number(json, NULL, field->width);
  fv__writer_end(json);
  fv__writer_begin(json, "step", '[');
  fv__writer_number(json, NULL, field->step_height);
  fv__writer_number(json, NULL, field->step_width);
  fv__writer_end(json);
  if (field->known && !field->whole && field->step_height > 0) describe_start(json, shown, index);
  fv__writer_end(json);
}

void fv__describe_layer(fv__writer *json, const fv__shown *shown, int32_t index) {
  const fv_layer_info layer = fv_model_layer(shown->model, index);
  const fv_node_info node = fv_model_node(shown->model, layer.nodes[0]);
  char sentence[500];
  fv__describe_sentence(sentence, sizeof sentence, shown, index);
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "name", layer.name);
  fv__writer_whole(json, "index", index);
  fv__writer_text(json, "kind", layer.kind);
  const fv_layer_kind *kind = fv_layer_kind_find(layer.kind);
  fv__writer_text(json, "help", kind ? kind->help : NULL);
  describe_options(json, &layer);
  describe_inputs(json, shown->model, &layer);
  fv__writer_shape(json, "shape", &layer.output);
  fv__writer_whole(json, "calls", layer.node_count);
  fv__writer_whole(json, "parameters", layer.parameters);
  fv__writer_whole(json, "trainable", layer.trainable_parameters);
  fv__writer_bool(json, "frozen", layer.frozen);
  fv__writer_whole(json, "multiply_adds", node.multiply_adds);
  fv__writer_whole(json, "activation_bytes", node.activation_bytes);
  describe_weights(json, shown, &layer);
  describe_field(json, shown, index, &shown->fields[layer.nodes[0] - 1]);
  fv__writer_text(json, "sentence", sentence);
  fv__writer_end(json);
}
