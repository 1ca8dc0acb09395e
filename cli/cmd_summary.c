/* fovea summary: what a model is made of. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <fovea/labels.h>
#include <fovea/preprocessing.h>

#include "command.h"
#include "model_argument.h"
#include "output.h"

enum { TABLE_FORMAT = 1, JSON_FORMAT };

typedef struct summary_options {
  model_options model;
  int32_t format;
} summary_options;

static const char *const formats[] = {"table", "json", NULL};

static const fv_option options[] = {
    {"format", FV_OPTION_NAME, offsetof(summary_options, format), "table", 0, 0, formats, "how to show it"},
    MODEL_OPTIONS(summary_options, model),
    {0}};

/* The layer that makes value `input` of a node. */
static const char *source_name(const fv_model *model, const fv_node_info *node, int32_t input) {
  return fv_model_layer(model, fv_model_node(model, node->inputs[input].node).layer).name;
}

/* Widest text of each column of the table. */
typedef struct widths {
  int name, kind, shape, parameters;
} widths;

static void widen(int *width, size_t length) {
  if ((int)length > *width) *width = (int)length;
}

static widths measure(const fv_model *model) {
  char text[200], number[32];
  widths w = {5, 4, 6, 10};
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    fv_layer_info layer = fv_model_layer(model, i);
    widen(&w.name, strlen(layer.name));
    widen(&w.kind, strlen(layer.kind));
    widen(&w.shape, strlen(fv_shape_text(text, sizeof text, &layer.output)));
    widen(&w.parameters, strlen(output_grouped(number, layer.parameters)));
  }
  if (w.name > 60) w.name = 60;
  return w;
}

/* Whether a layer reads just what stands above it, once: then the table does not repeat it. */
static bool is_plain(const fv_model *model, int32_t index, const fv_layer_info *layer) {
  if (layer->node_count != 1) return false;
  fv_node_info node = fv_model_node(model, layer->nodes[0]);
  if (node.input_count == 0) return true;
  return node.input_count == 1 && fv_model_node(model, node.inputs[0].node).layer == index - 1;
}

static void print_sources(const fv_model *model, const fv_layer_info *layer) {
  for (int32_t k = 0; k < layer->node_count; k++) {
    fv_node_info node = fv_model_node(model, layer->nodes[k]);
    if (k) fputs(" | ", stdout);
    for (int32_t i = 0; i < node.input_count; i++) {
      if (i) fputs(", ", stdout);
      output_plain(source_name(model, &node, i));
    }
  }
}

static void print_layer(const fv_model *model, int32_t index, const widths *w) {
  char text[200], number[32];
  fv_layer_info layer = fv_model_layer(model, index);
  output_plain(layer.name);
  int pad = w->name - (int)strlen(layer.name);
  printf("%*s  %-*s  %-*s  %*s", pad > 0 ? pad : 0, "", w->kind, layer.kind, w->shape,
         fv_shape_text(text, sizeof text, &layer.output), w->parameters, output_grouped(number, layer.parameters));
  if (layer.frozen && layer.parameters) fputs("  frozen", stdout);
  if (!is_plain(model, index, &layer)) {
    fputs("  from ", stdout);
    print_sources(model, &layer);
  }
  putchar('\n');
}

static void print_feeding(const fv_model *model) {
  fv_preprocessing p = fv_model_preprocessing(model);
  if (p.mode != FV_PREPROCESSING_UNSET) {
    printf("pictures: %s, %s", fv_preprocessing_mode_name(p.mode), p.resize);
    if (p.size.height) printf(" to %" PRId32 " x %" PRId32, p.size.height, p.size.width);
    if (p.crop > 0) printf(", central square of %g of the shorter side", p.crop);
    putchar('\n');
  }
  if (fv_model_label_count(model)) printf("class names: %" PRId32 "\n", fv_model_label_count(model));
}

static void print_table(const fv_model *model) {
  char all[32], trainable[32], other[32], operations[32];
  widths w = measure(model);
  output_plain(fv_model_name(model));
  printf("\n\n%-*s  %-*s  %-*s  %*s\n", w.name, "layer", w.kind, "kind", w.shape, "output", w.parameters, "parameters");
  for (int i = 0; i < w.name + w.kind + w.shape + w.parameters + 6; i++) putchar('-');
  putchar('\n');
  int64_t multiply_adds = 0;
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    print_layer(model, i, &w);
    const int64_t more = fv_model_layer(model, i).multiply_adds;
    multiply_adds = more > INT64_MAX - multiply_adds ? INT64_MAX : multiply_adds + more;
  }
  int64_t parameters = fv_model_parameters(model), trained = fv_model_trainable_parameters(model);
  printf("\nparameters: %s, trainable %s, not trainable %s\n", output_grouped(all, parameters),
         output_grouped(trainable, trained), output_grouped(other, parameters - trained));
  if (multiply_adds) printf("multiply-adds per image: %s\n", output_grouped(operations, multiply_adds));
  print_feeding(model);
}

static void print_json_layer(const fv_model *model, int32_t index) {
  fv_layer_info layer = fv_model_layer(model, index);
  printf("%s\n    {\"index\": %" PRId32 ", \"name\": ", index ? "," : "", index);
  output_json(layer.name);
  fputs(", \"class\": ", stdout);
  output_json(layer.kind);
  fputs(", \"output_shape\": ", stdout);
  output_json_shape(&layer.output);
  printf(", \"parameters\": %" PRId64 ", \"trainable_parameters\": %" PRId64 ", \"calls\": %" PRId32 ", \"inbound\": [",
         layer.parameters, layer.trainable_parameters, layer.node_count);
  bool first = true;
  for (int32_t k = 0; k < layer.node_count; k++) {
    fv_node_info node = fv_model_node(model, layer.nodes[k]);
    for (int32_t i = 0; i < node.input_count; i++, first = false) {
      if (!first) fputs(", ", stdout);
      output_json(source_name(model, &node, i));
    }
  }
  fputs("]}", stdout);
}

/* Inputs or outputs: names and shapes. */
static void print_json_ends(const fv_model *model, bool inputs) {
  int32_t count = inputs ? fv_model_input_count(model) : fv_model_output_count(model);
  printf("  \"%s\": [", inputs ? "inputs" : "outputs");
  for (int32_t i = 0; i < count; i++) {
    fv_shape shape = inputs ? fv_model_input_shape(model, i) : fv_model_output_shape(model, i);
    printf("%s{\"name\": ", i ? ", " : "");
    output_json(inputs ? fv_model_input_name(model, i) : fv_model_output_name(model, i));
    fputs(", \"shape\": ", stdout);
    output_json_shape(&shape);
    putchar('}');
  }
  puts("],");
}

static void print_json(const fv_model *model) {
  fputs("{\n  \"name\": ", stdout);
  output_json(fv_model_name(model));
  puts(",");
  print_json_ends(model, true);
  print_json_ends(model, false);
  printf("  \"parameters\": %" PRId64 ",\n  \"trainable_parameters\": %" PRId64 ",\n", fv_model_parameters(model),
         fv_model_trainable_parameters(model));
  printf("  \"preprocessing\": \"%s\",\n  \"class_names\": %" PRId32 ",\n  \"layers\": [",
         fv_preprocessing_mode_name(fv_model_preprocessing(model).mode), fv_model_label_count(model));
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) print_json_layer(model, i);
  puts("\n  ]\n}");
}

static int run(void *pointer, int argument_count, char **arguments) {
  const summary_options *o = pointer;
  if (argument_count != 1) return command_usage("summary takes one model; `fovea help summary` shows how");
  fv_model *model;
  int status = model_open_for_structure(&model, arguments[0], &o->model);
  if (status) return status;
  if (o->format == JSON_FORMAT)
    print_json(model);
  else
    print_table(model);
  fv_model_destroy(model);
  return COMMAND_OK;
}

const fv_command command_summary = {
    .name = "summary",
    .arguments = "MODEL",
    .help = "show the layers of a model, their outputs and parameters",
    .examples = "fovea summary model.h5\n"
                "fovea summary VGG16 --no-top --input-shape 150,150,3\n"
                "fovea summary MobileNet --format json",
    .options = options,
    .options_size = sizeof(summary_options),
    .shortcuts = "f=format",
    .run = run,
};
