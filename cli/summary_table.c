/* fovea's own summary: a row of at most 100 signs per layer, with what it costs and what it sees.
 *
 *                                           multiply-            receptive
 *   layer         kind    output      parameters    adds   memory      field
 *   block1_conv1  Conv2D  224x224x64       1,792  86.7 M  12.2 MB       3 /1
 *
 * What a layer reads stands below it, where that is not just the layer above.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/labels.h>
#include <fovea/preprocessing.h>

#include "output.h"
#include "summary.h"

enum { ROW_WIDTH = 100, NAME_MIN = 12, KIND_MAX = 18, GAP = 2, CELL = 80 };

/* The texts of a row. */
typedef struct cells {
  const char *name, *kind;
  char output[200], parameters[CELL], multiply_adds[CELL], memory[CELL], field[CELL];
} cells;

typedef struct page {
  const fv_model *model;
  const summary_cost *costs;
  int name, kind, middle, parameters, multiply_adds, memory, field; /* widths; middle: of kind and output together */
} page;

/* ---- texts */

/* "86.7 M": three digits. Units are `base` apart. */
static void write_short(char text[CELL], int64_t number, int base, const char *const units[7]) {
  double size = (double)number;
  int unit = 0;
  for (; size >= 999.5; unit++) size /= base;
  snprintf(text, CELL, "%.*f%s", !unit || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2, size, units[unit]);
}

static void write_output(char *text, size_t size, const fv_shape *shape) {
  size_t used = 0;
  text[0] = '\0';
  for (int32_t i = 1; i < shape->rank && used < size; i++) {
    const char *between = i > 1 ? "x" : "";
    used += (size_t)(shape->dims[i] < 0 ? snprintf(text + used, size - used, "%s?", between)
                                        : snprintf(text + used, size - used, "%s%" PRId64, between, shape->dims[i]));
  }
}

/* "43", "3x43"; with steps "43 /16". */
static void write_field(char text[CELL], const fv_receptive_field *f) {
  if (!f->known || f->whole) {
    snprintf(text, CELL, "%s", f->known ? "all" : "-");
    return;
  }
  int used = f->height == f->width ? snprintf(text, CELL, "%.0f", f->height)
                                   : snprintf(text, CELL, "%.0fx%.0f", f->height, f->width);
  if (f->step_height == 0) return;
  if (f->step_height == f->step_width)
    snprintf(text + used, (size_t)(CELL - used), " /%.3g", f->step_height);
  else
    snprintf(text + used, (size_t)(CELL - used), " /%.3gx%.3g", f->step_height, f->step_width);
}

static void fill(cells *c, const page *p, int32_t index) {
  static const char *const numbers[] = {"", " k", " M", " G", " T", " P", " E"};
  static const char *const bytes[] = {" B", " KB", " MB", " GB", " TB", " PB", " EB"};
  char number[32];
  const fv_layer_info layer = fv_model_layer(p->model, index);
  const summary_cost *cost = &p->costs[index];
  c->name = layer.name;
  c->kind = layer.kind;
  write_output(c->output, sizeof c->output, &layer.output);
  snprintf(c->parameters, CELL, "%s%s", output_grouped(number, layer.parameters),
           layer.frozen && layer.parameters ? "*" : "");
  write_short(c->multiply_adds, cost->multiply_adds, 1000, numbers);
  write_short(c->memory, cost->activation_bytes, 1024, bytes);
  write_field(c->field, &cost->field);
}

/* ---- widths */

static void widen(int *width, int length) {
  if (length > *width) *width = length;
}

static int length_of(const char *text) { return (int)strlen(text); }

static void measure(page *p) {
  cells c;
  p->name = 5;
  p->kind = 4;
  p->parameters = length_of("parameters");
  p->multiply_adds = p->memory = 6;
  p->field = length_of("receptive");
  for (int32_t i = 0; i < fv_model_layer_count(p->model); i++) {
    fill(&c, p, i);
    widen(&p->name, (int)summary_signs(c.name));
    if (length_of(c.kind) <= KIND_MAX) widen(&p->kind, length_of(c.kind));
    widen(&p->parameters, length_of(c.parameters));
    widen(&p->multiply_adds, length_of(c.multiply_adds));
    widen(&p->memory, length_of(c.memory));
    widen(&p->field, length_of(c.field));
  }
  p->middle = p->kind + GAP + 6;
  for (int32_t i = 0; i < fv_model_layer_count(p->model); i++) {
    fill(&c, p, i);
    int kind = length_of(c.kind) > p->kind ? length_of(c.kind) : p->kind;
    widen(&p->middle, kind + GAP + length_of(c.output));
  }
  int left = ROW_WIDTH - p->middle - p->parameters - p->multiply_adds - p->memory - p->field - 5 * GAP;
  if (left < NAME_MIN) left = NAME_MIN;
  if (p->name > left) p->name = left;
}

/* ---- rows */

static void pad(int signs) { printf("%*s", signs > 0 ? signs : 0, ""); }

static void put_row(const page *p, const cells *c) {
  int name = (int)summary_signs(c->name);
  output_plain(c->name);
  if (name > p->name) {
    putchar('\n');
    name = 0;
  }
  pad(p->name - name + GAP);
  int kind = length_of(c->kind);
  fputs(c->kind, stdout);
  pad((kind > p->kind ? 0 : p->kind - kind) + GAP);
  int start = (kind > p->kind ? kind : p->kind) + GAP;
  printf("%-*s  %*s  %*s  %*s  %*s\n", p->middle - start, c->output, p->parameters, c->parameters, p->multiply_adds,
         c->multiply_adds, p->memory, c->memory, p->field, c->field);
}

static void put_heads(const page *p) {
  const int numbers = p->name + GAP + p->middle + GAP + p->parameters + GAP + p->multiply_adds;
  printf("%*s  %*s  %*s\n", numbers, "multiply-", p->memory, "", p->field, "receptive");
  put_row(p, &(cells){"layer", "kind", "output", "parameters", "adds", "memory", "field"});
  for (int i = numbers + GAP + p->memory + GAP + p->field; i > 0; i--) putchar('-');
  putchar('\n');
}

/* Whether a layer reads just what stands above it, once: then the table does not repeat it. */
static bool is_plain(const fv_model *model, int32_t index, const fv_layer_info *layer) {
  if (layer->node_count != 1) return false;
  fv_node_info node = fv_model_node(model, layer->nodes[0]);
  if (node.input_count == 0) return true;
  return node.input_count == 1 && fv_model_node(model, node.inputs[0].node).layer == index - 1;
}

/* "    from a, b | c", calls apart by bars, in lines of the table's width. */
static void put_sources(const fv_model *model, const fv_layer_info *layer) {
  int used = printf("    from");
  for (int32_t k = 0; k < layer->node_count; k++) {
    fv_node_info node = fv_model_node(model, layer->nodes[k]);
    for (int32_t i = 0; i < node.input_count; i++) {
      const char *name = summary_source(model, &node, i);
      const char *before = i ? "," : k ? " |" : "";
      const int length = (int)summary_signs(name);
      fputs(before, stdout);
      used += length_of(before);
      if (used > 8 && used + 1 + length > ROW_WIDTH - 2) used = printf("\n        ") - 2;
      putchar(' ');
      output_plain(name);
      used += 1 + length;
    }
  }
  putchar('\n');
}

/* ---- the page */

static void put_feeding(const fv_model *model) {
  fv_preprocessing p = fv_model_preprocessing(model);
  if (p.mode != FV_PREPROCESSING_UNSET) {
    printf("pictures: %s, %s", fv_preprocessing_mode_name(p.mode), p.resize);
    if (p.size.height) printf(" to %" PRId32 " x %" PRId32, p.size.height, p.size.width);
    if (p.crop > 0) printf(", central square of %g of the shorter side", p.crop);
    putchar('\n');
  }
  if (fv_model_label_count(model)) printf("class names: %" PRId32 "\n", fv_model_label_count(model));
}

static void put_totals(const fv_model *model, const summary_cost *total) {
  char all[32], trainable[32], other[32], number[32], memory[40], largest[40];
  int64_t parameters = fv_model_parameters(model), trained = fv_model_trainable_parameters(model);
  printf("\nparameters: %s, trainable %s, not trainable %s\n", output_grouped(all, parameters),
         output_grouped(trainable, trained), output_grouped(other, parameters - trained));
  if (total->multiply_adds) printf("multiply-adds per image: %s\n", output_grouped(number, total->multiply_adds));
  if (total->activation_bytes)
    printf("memory of all outputs per image: %s, of the largest %s (float32)\n",
           summary_memory(memory, total->activation_bytes, "B"), summary_memory(largest, total->largest_bytes, "B"));
}

/* What the signs of the table mean. */
static void put_legend(const page *p) {
  bool frozen = false, known = false;
  for (int32_t i = 0; i < fv_model_layer_count(p->model); i++) {
    const fv_layer_info layer = fv_model_layer(p->model, i);
    frozen |= layer.frozen && layer.parameters;
    known |= p->costs[i].field.known;
  }
  if (frozen) puts("*: frozen");
  if (known) puts("receptive field N /S: a number sees N x N pixels of the input, the next one those S pixels away");
}

int summary_table(const fv_model *model) {
  summary_cost total;
  summary_cost *costs = summary_costs(model, &total);
  if (!costs) return command_error(COMMAND_RESOURCES, "no memory for the summary");
  page p = {.model = model, .costs = costs};
  cells c;
  measure(&p);
  output_plain(fv_model_name(model));
  puts("\n");
  put_heads(&p);
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    const fv_layer_info layer = fv_model_layer(model, i);
    fill(&c, &p, i);
    put_row(&p, &c);
    if (!is_plain(model, i, &layer)) put_sources(model, &layer);
  }
  put_totals(model, &total);
  put_legend(&p);
  put_feeding(model);
  free(costs);
  return COMMAND_OK;
}
