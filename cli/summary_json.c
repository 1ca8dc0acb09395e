/* fovea summary --format json: one object. Receptive fields are null where there is none, "all", or an object. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <fovea/labels.h>
#include <fovea/preprocessing.h>

#include "output.h"
#include "summary.h"

/* The step is null where numbers do not stand in their places. */
static void print_field(const fv_receptive_field *f) {
  if (!f->known || f->whole) {
    fputs(f->known ? "\"all\"" : "null", stdout);
    return;
  }
  printf("{\"size\": [%.0f, %.0f], \"step\": ", f->height, f->width);
  if (f->step_height > 0)
    printf("[%.9g, %.9g]}", f->step_height, f->step_width);
  else
    fputs("null}", stdout);
}

static void print_layer(const fv_model *model, const summary_cost *costs, int32_t index) {
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
      output_json(summary_source(model, &node, i));
    }
  }
  printf("], \"multiply_adds\": %" PRId64 ", \"activation_bytes\": %" PRId64 ", \"receptive_field\": ",
         costs[index].multiply_adds, costs[index].activation_bytes);
  print_field(&costs[index].field);
  putchar('}');
}

/* Inputs or outputs: names and shapes. */
static void print_ends(const fv_model *model, bool inputs) {
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

int summary_json(const fv_model *model) {
  summary_cost total;
  summary_cost *costs = summary_costs(model, &total);
  if (!costs) return command_error(COMMAND_RESOURCES, "no memory for the summary");
  fputs("{\n  \"name\": ", stdout);
  output_json(fv_model_name(model));
  puts(",");
  print_ends(model, true);
  print_ends(model, false);
  printf("  \"parameters\": %" PRId64 ",\n  \"trainable_parameters\": %" PRId64 ",\n", fv_model_parameters(model),
         fv_model_trainable_parameters(model));
  printf("  \"multiply_adds\": %" PRId64 ",\n  \"activation_bytes\": %" PRId64 ",\n", total.multiply_adds,
         total.activation_bytes);
  printf("  \"preprocessing\": \"%s\",\n  \"class_names\": %" PRId32 ",\n  \"layers\": [",
         fv_preprocessing_mode_name(fv_model_preprocessing(model).mode), fv_model_label_count(model));
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) print_layer(model, costs, i);
  puts("\n  ]\n}");
  free(costs);
  return COMMAND_OK;
}

void summary_json_unbuilt(const fv_outline *outline) {
  fputs("{\n  \"name\": ", stdout);
  output_json(outline->name);
  fputs(",\n  \"built\": false,\n  \"layers\": [", stdout);
  for (int32_t i = 0; i < outline->row_count; i++) {
    printf("%s\n    {\"level\": %" PRId32 ", \"name\": ", i ? "," : "", outline->rows[i].level);
    output_json(outline->rows[i].name);
    fputs(", \"class\": ", stdout);
    output_json(outline->rows[i].kind);
    putchar('}');
  }
  puts("\n  ]\n}");
}
