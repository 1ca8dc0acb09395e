/* The rows of a summary: from the outline of the model's file, else from the model's own layers. */
#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "summary.h"

enum { PATTERN_SIZE = 200 };

/* ---- making */

static bool same_shape(const fv_shape *a, const fv_shape *b) {
  return a->rank == b->rank && !memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims);
}

/* Of several calls Keras 3 shows the last one's shape; Keras 2 shows none when they differ. */
static void describe(summary_row *row, const fv_model *model) {
  fv_layer_info layer = fv_model_layer(model, row->layer);
  row->shape = fv_model_node(model, layer.nodes[layer.node_count - 1]).output;
  row->parameters = layer.parameters;
  row->trainable = layer.trainable_parameters;
  row->frozen |= layer.frozen;
  for (int32_t k = 1; k < layer.node_count; k++) {
    fv_shape other = fv_model_node(model, layer.nodes[k]).output;
    row->varies |= !same_shape(&other, &layer.output);
  }
}

/* From the end, so that what is inside a model is known before the model. */
static void add_up(summary_rows *r) {
  for (int32_t i = r->count - 1; i >= 0; i--) {
    summary_row *row = &r->rows[i];
    for (int32_t k = i + 1; k < row->end; k = r->rows[k].end) row->parameters += r->rows[k].parameters;
    if (row->level == 0) r->parameters += row->parameters;
    if (!row->frozen) r->trainable += row->trainable;
    if (row->layer < 0 && row->output_count) {
      row->shape = r->rows[row->outputs[0]].shape;
      row->varies = r->rows[row->outputs[0]].varies;
    }
  }
}

static void copy_outline(summary_rows *r, const fv_outline *outline) {
  for (int32_t i = 0; i < outline->row_count; i++) {
    const fv_outline_row *from = &outline->rows[i];
    r->rows[i] = (summary_row){.name = from->name,
                               .kind = from->kind,
                               .level = from->level,
                               .layer = from->layer,
                               .end = from->end,
                               .frozen = from->frozen,
                               .unbuilt = from->unbuilt,
                               .parameters = from->parameters,
                               .trainable = from->trainable_parameters,
                               .call_count = from->call_count,
                               .source_count = from->source_count,
                               .sources = from->sources,
                               .output_count = from->output_count,
                               .outputs = from->outputs,
                               .shape = from->shape};
    if (from->layer >= 0) describe(&r->rows[i], r->model);
  }
}

/* Which call of its layer a node is. */
static int32_t call_number(const fv_model *model, int32_t node) {
  fv_layer_info layer = fv_model_layer(model, fv_model_node(model, node).layer);
  for (int32_t k = 0; k < layer.node_count; k++)
    if (layer.nodes[k] == node) return k;
  return 0;
}

/* Keras 3 calls the input layer of its own networks input_layer, Keras 2 input_1. */
static const char *shown_name(const char *name, bool older_names) {
  return older_names && !strcmp(name, "input_layer") ? "input_1" : name;
}

static void copy_layers(summary_rows *r, bool older_names) {
  fv_outline_source *next = r->made;
  for (int32_t i = 0; i < r->count; i++) {
    fv_layer_info layer = fv_model_layer(r->model, i);
    summary_row *row = &r->rows[i];
    *row = (summary_row){.name = shown_name(layer.name, older_names), .kind = layer.kind, .layer = i, .end = i + 1};
    row->sources = next;
    for (int32_t k = 0; k < layer.node_count; k++) {
      fv_node_info node = fv_model_node(r->model, layer.nodes[k]);
      row->call_count += node.input_count > 0;
      for (int32_t j = 0; j < node.input_count; j++, next++) {
        int32_t from = node.inputs[j].node;
        next->name = shown_name(fv_model_layer(r->model, fv_model_node(r->model, from).layer).name, older_names);
        next->call = call_number(r->model, from);
        next->output = node.inputs[j].output;
      }
    }
    row->source_count = (int32_t)(next - row->sources);
    describe(row, r->model);
  }
}

static size_t count_sources(const fv_model *model) {
  size_t count = 0;
  for (int32_t node = 1; node <= fv_model_node_count(model); node++)
    count += (size_t)fv_model_node(model, node).input_count;
  return count;
}

/* A chain: one input; all others are called once, on one thing that nothing else reads. */
static bool is_chain(const summary_rows *r, const fv_outline *outline) {
  if (outline && outline->sequential) return true;
  const char *read = NULL; /* what the row before this one reads, when it is all that reads it */
  int32_t inputs = 0;
  for (int32_t i = 0; i < r->count; i = r->rows[i].end) {
    const summary_row *row = &r->rows[i];
    if (row->call_count > 1 || row->source_count > 1) return false;
    if (row->source_count == 0 && ++inputs > 1) return false;
    if (row->source_count == 1 && (!read || strcmp(row->sources[0].name, read))) return false;
    read = row->name;
  }
  return true;
}

int summary_rows_make(summary_rows *r, const fv_model *model, const fv_outline *outline, bool older_names) {
  if (model) outline = fv_model_outline(model);
  *r = (summary_rows){.model = model, .name = model ? fv_model_name(model) : outline->name};
  r->count = outline ? outline->row_count : fv_model_layer_count(model);
  r->rows = calloc((size_t)r->count + 1, sizeof *r->rows);
  if (!outline) r->made = calloc(count_sources(model) + 1, sizeof *r->made);
  if (!r->rows || (!outline && !r->made)) {
    summary_rows_free(r);
    return command_error(COMMAND_RESOURCES, "no memory for the summary");
  }
  if (outline)
    copy_outline(r, outline);
  else
    copy_layers(r, older_names);
  add_up(r);
  r->chain = is_chain(r, outline);
  r->end = r->count;
  return COMMAND_OK;
}

void summary_rows_free(summary_rows *r) {
  free(r->rows);
  free(r->made);
  *r = (summary_rows){.rows = NULL};
}

/* ---- choosing */

static void freeze(summary_rows *r, int32_t index) {
  for (int32_t i = index; i < r->rows[index].end; i++) {
    summary_row *row = &r->rows[i];
    if (!row->frozen) r->trainable -= row->trainable;
    row->frozen = true;
  }
}

static bool freeze_named(summary_rows *r, const char *name, size_t length) {
  for (int32_t i = 0; i < r->count; i++) {
    const char *path = r->rows[i].layer >= 0 ? fv_model_layer(r->model, r->rows[i].layer).name : "";
    bool found = (strlen(r->rows[i].name) == length && !memcmp(r->rows[i].name, name, length)) ||
                 (strlen(path) == length && !memcmp(path, name, length));
    if (!found) continue;
    freeze(r, i);
    return true;
  }
  return false;
}

int summary_rows_freeze(summary_rows *r, const char *which) {
  char *end;
  errno = 0;
  long count = strtol(which, &end, 10);
  if (end != which && !*end) {
    if (errno || count < 0) return command_usage("--freeze %s: a number of layers is expected", which);
    for (int32_t i = 0; i < r->count && count > 0; i = r->rows[i].end, count--) freeze(r, i);
    return COMMAND_OK;
  }
  for (const char *name = which; *name;) {
    size_t length = strcspn(name, ",");
    if (!freeze_named(r, name, length)) return command_usage("--freeze: no layer '%.*s'", (int)length, name);
    name += length + (name[length] == ',');
  }
  return COMMAND_OK;
}

static bool begins_with(const regex_t *pattern, const char *name) {
  regmatch_t match;
  return !regexec(pattern, name, 1, &match, 0) && match.rm_so == 0;
}

/* First and last of the model's own rows that match. */
static int find_matches(const summary_rows *r, const char *pattern, int32_t *first, int32_t *last) {
  regex_t compiled;
  /* The C library takes any time and memory for these. */
  if (!*pattern || strlen(pattern) >= PATTERN_SIZE || strchr(pattern, '{'))
    return command_usage("--layer-range: expected two names or expressions of less than %d signs without '{', FROM,TO",
                         PATTERN_SIZE);
  if (regcomp(&compiled, pattern, REG_EXTENDED))
    return command_usage("--layer-range: '%s' is no regular expression", pattern);
  *first = *last = -1;
  for (int32_t i = 0; i < r->count; i = r->rows[i].end) {
    if (!begins_with(&compiled, r->rows[i].name)) continue;
    if (*first < 0) *first = i;
    *last = i;
  }
  regfree(&compiled);
  return *first < 0 ? command_usage("--layer-range: no layer is called '%s'", pattern) : COMMAND_OK;
}

int summary_rows_limit(summary_rows *r, const char *range) {
  const char *comma = strchr(range, ',');
  char from[PATTERN_SIZE + 1];
  int32_t first, last, end_first, end_last;
  if (!comma) return command_usage("--layer-range %.200s: two names are expected, FROM,TO", range);
  snprintf(from, sizeof from, "%.*s", (int)(comma - range), range);
  int status = find_matches(r, from, &first, &last);
  if (!status) status = find_matches(r, comma + 1, &end_first, &end_last);
  if (status) return status;
  r->first = first <= end_last ? first : end_first;
  r->end = r->rows[first <= end_last ? end_last : last].end;
  return COMMAND_OK;
}

int32_t summary_next(const summary_rows *r, int32_t index, bool expand_nested) {
  return expand_nested ? index + 1 : r->rows[index].end;
}

/* ---- texts */

char *summary_memory(char text[40], int64_t bytes, const char *bytes_word) {
  static const char *const units[] = {NULL, "KB", "MB", "GB", "TB", "PB"};
  double size = (double)bytes;
  int unit = 0;
  while (size / 1024 >= 1 && unit < 5) {
    size /= 1024;
    unit++;
  }
  snprintf(text, 40, "%.2f %s", size, unit ? units[unit] : bytes_word);
  return text;
}

size_t summary_sign_bytes(const char *text, int64_t count) {
  size_t at = 0;
  while (text[at] && count > 0) {
    do at++;
    while (((unsigned char)text[at] & 0xc0) == 0x80);
    count--;
  }
  return at;
}

int64_t summary_signs(const char *text) {
  int64_t count = 0;
  for (; *text; text++) count += ((unsigned char)*text & 0xc0) != 0x80;
  return count;
}
