/* A sentence about a layer, from its numbers. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "serve/describe.h"

typedef struct text {
  char *text;
  size_t size, used;
} text;

static void add(text *t, const char *format, ...) FV_PRINTF(2, 3);
static void add(text *t, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(t->text + t->used, t->size - t->used, format, arguments);
  va_end(arguments);
  if (length > 0) t->used += (size_t)length < t->size - t->used ? (size_t)length : t->size - t->used - 1;
}

static void add_grouped(text *t, int64_t number) {
  char digits[32];
  const int length = snprintf(digits, sizeof digits, "%" PRId64, number);
  for (int i = 0; i < length; i++) add(t, "%s%c", i && (length - i) % 3 == 0 ? "," : "", digits[i]);
}

/* An option's value as the table writes it; "" when the layer has none of this name. */
static const char *option_of(char word[64], const fv_layer_info *layer, const char *name) {
  const fv_option *option = layer->table ? fv_option_find(layer->table, name) : NULL;
  word[0] = '\0';
  return option ? fv_option_text(word, 64, layer->options, option) : word;
}

/* "3,3" and "3" both as "3 x 3". */
static void add_pair(text *t, const char *value) {
  const size_t first = strcspn(value, ",");
  const char *second = value[first] ? value + first + 1 : value;
  add(t, "%.*s x %s", (int)first, value, second);
}

static bool is_one(const char *value) { return !value[0] || !strcmp(value, "1") || !strcmp(value, "1,1"); }

static int64_t channels_of(const fv_shape *shape) { return shape->rank > 1 ? shape->dims[shape->rank - 1] : 0; }

static void add_windows(text *t, const fv_layer_info *layer, const fv_shape *input) {
  char word[64];
  const bool has_kernel = option_of(word, layer, "kernel_size")[0];
  const bool is_pool = !has_kernel && option_of(word, layer, "pool_size")[0];
  if (!has_kernel && !is_pool) {
    if (strstr(layer->kind, "Dense"))
      add(t, "%" PRId64 " units, each on all %" PRId64 " numbers", channels_of(&layer->output), channels_of(input));
    else
      add(t, "%s", layer->kind);
    return;
  }
  if (is_pool)
    add(t, "%s over ", layer->kind);
  else if (strstr(layer->kind, "Depthwise"))
    add(t, "a filter for each of %" PRId64 " channels, ", channels_of(input));
  else
    add(t, "%" PRId64 " filters of ", channels_of(&layer->output));
  add_pair(t, option_of(word, layer, is_pool ? "pool_size" : "kernel_size"));
  if (has_kernel && !strstr(layer->kind, "Depthwise")) add(t, " on %" PRId64 " channels", channels_of(input));
  if (!is_one(option_of(word, layer, "strides"))) add(t, ", stride %s", word);
  if (!is_one(option_of(word, layer, "dilation_rate"))) add(t, ", dilation %s", word);
}

static void add_result(text *t, const fv_shape *output) {
  if (output->rank == 4 && output->dims[1] > 0)
    add(t, "; %" PRId64 " maps of %" PRId64 " x %" PRId64, output->dims[3], output->dims[1], output->dims[2]);
  else if (output->rank == 2 && output->dims[1] > 0)
    add(t, "; %" PRId64 " numbers", output->dims[1]);
}

static void add_field(text *t, const fv_receptive_field *field) {
  if (!field->known) return;
  if (field->whole)
    add(t, "; each number sees the whole picture");
  else if (field->height > 1 || field->width > 1)
    add(t, "; each number sees %.0f x %.0f pixels", field->height, field->width);
}

void fv__describe_sentence(char *out, size_t size, const fv__shown *shown, int32_t index) {
  const fv_layer_info layer = fv_model_layer(shown->model, index);
  const fv_node_info node = fv_model_node(shown->model, layer.nodes[0]);
  const fv_shape input = node.input_count ? fv_model_node(shown->model, node.inputs[0].node).output : (fv_shape){0};
  text t = {out, size, 0};
  out[0] = '\0';
  add_windows(&t, &layer, &input);
  add_result(&t, &layer.output);
  if (layer.parameters) {
    add(&t, "; ");
    add_grouped(&t, layer.parameters);
    add(&t, " parameters");
  }
  add_field(&t, &shown->fields[layer.nodes[0] - 1]);
  add(&t, ".");
}
