/* fovea diff: in what two models or files of weights differ.
 *
 * Two models are compared layer by layer and weight by weight. A file of weights beside a model is filled into that
 * model's network first, so that other names and layouts than the model's own do not matter. Two files of weights are
 * compared tensor by tensor, by name.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <fovea/file.h>
#include <fovea/state.h>

#include "command.h"
#include "output.h"

enum { TEXT_FORMAT = 1, JSON_FORMAT };

typedef struct diff_options {
  double tolerance;
  int32_t format;
} diff_options;

static const char *const formats[] = {"text", "json", NULL};

static const fv_option options[] = {
    {"tolerance", FV_OPTION_FLOAT, offsetof(diff_options, tolerance), "0", 0, 1e30, NULL,
     "largest difference of two numbers that are taken for equal"},
    {"format", FV_OPTION_NAME, offsetof(diff_options, format), "text", 0, 0, formats, "how to show the differences"},
    {0}};

/* The comparison so far. */
typedef struct diff {
  const diff_options *options;
  const char *files[2];
  int32_t found;   /* differences */
  int32_t tensors; /* compared */
} diff;

/* One side: a model where the file has a network, and its tensors. */
typedef struct side {
  fv_model *model;
  fv_state *state;
} side;

static void close_side(side *s) {
  fv_state_close(s->state);
  fv_model_destroy(s->model);
}

/* What is said of each difference. */

/* The beginning of an entry: "layer conv1: " or its JSON. */
static void begin_difference(diff *d, const char *kind, const char *what, const char *name) {
  if (d->options->format == JSON_FORMAT) {
    printf("%s\n    {\"kind\": \"%s\", \"of\": \"%s\", \"name\": ", d->found ? "," : "", kind, what);
    output_json(name);
  } else {
    printf("%s ", what);
    output_plain(name);
    fputs(": ", stdout);
  }
  d->found++;
}

static void show_only(diff *d, int which, const char *what, const char *name) {
  begin_difference(d, "missing", what, name);
  if (d->options->format == JSON_FORMAT) {
    fputs(", \"only_in\": ", stdout);
    output_json(d->files[which]);
    putchar('}');
  } else {
    fputs("only in ", stdout);
    output_plain(d->files[which]);
    putchar('\n');
  }
}

/* "layer conv1: strides: 1,1 and 2,2" */
static void show_values(diff *d, const char *what, const char *name, const char *property, const char *a,
                        const char *b) {
  begin_difference(d, property, what, name);
  if (d->options->format == JSON_FORMAT) {
    fputs(", \"a\": ", stdout);
    output_json(a);
    fputs(", \"b\": ", stdout);
    output_json(b);
    putchar('}');
  } else {
    printf("%s: ", property);
    output_plain(a);
    fputs(" and ", stdout);
    output_plain(b);
    putchar('\n');
  }
}

static void show_numbers(diff *d, const char *name, const fv_difference *numbers, int64_t count) {
  begin_difference(d, "numbers", "tensor", name);
  if (d->options->format != JSON_FORMAT)
    printf("%" PRId64 " of %" PRId64 " numbers differ, max %.4g, rms %.4g\n", numbers->count, count, numbers->max,
           numbers->rms);
  else if (isfinite(numbers->max))
    printf(", \"different\": %" PRId64 ", \"count\": %" PRId64 ", \"max\": %.9g, \"rms\": %.9g}", numbers->count, count,
           numbers->max, numbers->rms);
  else
    printf(", \"different\": %" PRId64 ", \"count\": %" PRId64 ", \"max\": null, \"rms\": null}", numbers->count,
           count);
}

/* Layers. */

/* Initialisers and regularisers, which are objects, change nothing of what a network computes, and the Kerases write
 * them in their own ways. */
static void compare_options(diff *d, const fv_layer_info *a, const fv_layer_info *b) {
  char first[400], second[400];
  for (const fv_option *option = a->table; option->name; option++) {
    if (!strcmp(option->name, "name") || option->kind == FV_OPTION_OBJECT) continue;
    fv_option_text(first, sizeof first, a->options, option);
    fv_option_text(second, sizeof second, b->options, option);
    if (strcmp(first, second)) show_values(d, "layer", a->name, option->name, first, second);
  }
}

static void compare_layer(diff *d, const fv_layer_info *a, const fv_layer_info *b) {
  char first[128], second[128];
  if (strcmp(a->kind, b->kind))
    show_values(d, "layer", a->name, "kind", a->kind, b->kind);
  else
    compare_options(d, a, b);
  if (!fv_shape_equal(&a->output, &b->output))
    show_values(d, "layer", a->name, "output shape", fv_shape_text(first, sizeof first, &a->output),
                fv_shape_text(second, sizeof second, &b->output));
}

static void compare_layers(diff *d, const fv_model *a, const fv_model *b) {
  for (int32_t i = 0; i < fv_model_layer_count(a); i++) {
    fv_layer_info mine = fv_model_layer(a, i);
    const int32_t other = fv_model_find_layer(b, mine.name);
    if (other < 0) {
      show_only(d, 0, "layer", mine.name);
      continue;
    }
    fv_layer_info theirs = fv_model_layer(b, other);
    compare_layer(d, &mine, &theirs);
  }
  for (int32_t i = 0; i < fv_model_layer_count(b); i++) {
    const char *name = fv_model_layer(b, i).name;
    if (fv_model_find_layer(a, name) < 0) show_only(d, 1, "layer", name);
  }
}

/* Tensors. */

static int compare_tensor(diff *d, const fv_state *a, int32_t i, const fv_state *b, int32_t j) {
  char first[128], second[128];
  fv_state_tensor mine = fv_state_tensor_at(a, i), theirs = fv_state_tensor_at(b, j);
  d->tensors++;
  if (!fv_shape_equal(&mine.shape, &theirs.shape)) {
    show_values(d, "tensor", mine.name, "shape", fv_shape_text(first, sizeof first, &mine.shape),
                fv_shape_text(second, sizeof second, &theirs.shape));
    return COMMAND_OK;
  }
  fv_difference numbers;
  fv_status status = fv_state_compare(&numbers, a, i, b, j);
  if (status) return command_fail(status);
  if (numbers.count && (numbers.max > d->options->tolerance || d->options->tolerance == 0))
    show_numbers(d, mine.name, &numbers, mine.count);
  return COMMAND_OK;
}

/* Tensors of layers that one model lacks have been named with their layers. */
static int compare_states(diff *d, const fv_state *a, const fv_state *b, bool name_missing) {
  int status = COMMAND_OK;
  for (int32_t i = 0; i < fv_state_count(a) && status == COMMAND_OK; i++) {
    const char *name = fv_state_tensor_at(a, i).name;
    const int32_t other = fv_state_find(b, name);
    if (other >= 0)
      status = compare_tensor(d, a, i, b, other);
    else if (name_missing)
      show_only(d, 0, "tensor", name);
  }
  for (int32_t i = 0; i < fv_state_count(b) && status == COMMAND_OK; i++) {
    const char *name = fv_state_tensor_at(b, i).name;
    if (name_missing && fv_state_find(a, name) < 0) show_only(d, 1, "tensor", name);
  }
  return status;
}

/* Sides. */

/* A model where there is one; `*is_weights` says that the file holds weights alone. */
static int open_model(side *s, const char *file, bool *is_weights) {
  fv_status status = fv_model_load(&s->model, file, NULL);
  *is_weights = status == FV_ERROR_UNSUPPORTED || status == FV_ERROR_NUMBERS;
  if (status && !*is_weights) return command_fail(status);
  status = s->model ? fv_state_open_model(&s->state, s->model) : fv_state_open(&s->state, file);
  return status ? command_fail(status) : COMMAND_OK;
}

/* The weights of `file` in the network of `model_file`. */
static int fill_network(side *s, const char *file, const char *model_file) {
  close_side(s);
  *s = (side){.model = NULL};
  fv_status status = fv_model_load(&s->model, model_file, &(fv_model_load_options){.without_weights = true});
  if (!status) status = fv_model_load_weights(s->model, file);
  /* other shapes and names are a difference like any, but one that leaves nothing to compare */
  if (status == FV_ERROR_SHAPE || status == FV_ERROR_NOT_FOUND)
    return command_error(COMMAND_FAILURE, "%s", fv_error_message());
  if (!status) status = fv_state_open_model(&s->state, s->model);
  return status ? command_fail(status) : COMMAND_OK;
}

static int open_sides(side sides[2], char **files, bool is_weights[2]) {
  for (int i = 0; i < 2; i++) {
    int status = open_model(&sides[i], files[i], &is_weights[i]);
    if (status) return status;
  }
  if (is_weights[0] == is_weights[1]) return COMMAND_OK;
  const int weights = is_weights[0] ? 0 : 1;
  return fill_network(&sides[weights], files[weights], files[1 - weights]);
}

static int compare(diff *d, const side sides[2], bool has_layers) {
  const bool is_json = d->options->format == JSON_FORMAT;
  if (is_json) fputs("{\n  \"differences\": [", stdout);
  if (has_layers) compare_layers(d, sides[0].model, sides[1].model);
  int status = compare_states(d, sides[0].state, sides[1].state, !has_layers);
  if (status) return status;
  if (is_json)
    printf("\n  ],\n  \"tensors\": %" PRId32 ",\n  \"equal\": %s\n}\n", d->tensors, d->found ? "false" : "true");
  else if (d->found)
    printf("%" PRId32 " difference%s\n", d->found, d->found == 1 ? "" : "s");
  else
    printf("no difference: %" PRId32 " tensor%s\n", d->tensors, d->tensors == 1 ? "" : "s");
  return d->found ? COMMAND_FAILURE : COMMAND_OK;
}

static int run(void *pointer, int argument_count, char **arguments) {
  const diff_options *o = pointer;
  if (argument_count != 2) return command_usage("diff takes two files; `fovea help diff` shows how");
  side sides[2] = {{.model = NULL}, {.model = NULL}};
  bool is_weights[2] = {false};
  diff d = {.options = o, .files = {arguments[0], arguments[1]}};
  int status = open_sides(sides, arguments, is_weights);
  if (status == COMMAND_OK) status = compare(&d, sides, !is_weights[0] && !is_weights[1]);
  close_side(&sides[0]);
  close_side(&sides[1]);
  return status;
}

const fv_command command_diff = {
    .name = "diff",
    .arguments = "A B",
    .help = "show in what two models or files of weights differ; exit status 0: in nothing, 1: in something",
    .examples = "fovea diff model.keras model.h5\n"
                "fovea diff model.keras weights.pth --tolerance 1e-6\n"
                "fovea diff old.safetensors new.safetensors --format json",
    .options = options,
    .options_size = sizeof(diff_options),
    .shortcuts = "f=format",
    .run = run,
};
