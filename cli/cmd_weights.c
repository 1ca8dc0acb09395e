/* fovea weights: the tensors of a file, their statistics, and each as .npy. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <fovea/state.h>

#include "command.h"
#include "output.h"

enum { TABLE_FORMAT = 1, JSON_FORMAT, NAME_BYTES_MAX = 200 };

typedef struct weights_options {
  const char *npy;
  int32_t format;
} weights_options;

static const char *const formats[] = {"table", "json", NULL};

static const fv_option options[] = {
    {"npy", FV_OPTION_TEXT, offsetof(weights_options, npy), NULL, 0, 0, NULL,
     "FOLDER: write every tensor there, NAME.npy with '/' as '__'; made where it is not there"},
    {"format", FV_OPTION_NAME, offsetof(weights_options, format), "table", 0, 0, formats, "how to show them"},
    {0}};

/* What a tensor shows. */
typedef struct row {
  fv_state_tensor tensor;
  fv_statistics statistics;
} row;

static int name_width(const fv_state *state) {
  size_t width = strlen("tensor");
  for (int32_t i = 0; i < fv_state_count(state); i++) {
    size_t length = strlen(fv_state_tensor_at(state, i).name);
    if (length > width) width = length;
  }
  return width < 60 ? (int)width : 60;
}

static void print_row(const row *r, int width) {
  char shape[128];
  const fv_statistics *s = &r->statistics;
  output_plain(r->tensor.name);
  const int pad = width - (int)strlen(r->tensor.name);
  printf("%*s  %-8s  %-20s", pad > 0 ? pad : 0, "", r->tensor.type,
         fv_shape_text(shape, sizeof shape, &r->tensor.shape));
  if (s->count > s->nan_count)
    printf("  %11.4g  %11.4g  %11.4g  %11.4g", s->mean, s->rms, s->min, s->max);
  else
    printf("  %11s  %11s  %11s  %11s", "-", "-", "-", "-");
  if (s->nan_count) printf("  %" PRId64 " NaN", s->nan_count);
  putchar('\n');
}

/* JSON has no infinities. */
static void print_number(const char *name, double number) {
  if (isfinite(number))
    printf(", \"%s\": %.9g", name, number);
  else
    printf(", \"%s\": null", name);
}

static void print_json_row(const row *r, bool is_first) {
  const fv_statistics *s = &r->statistics;
  printf("%s\n    {\"name\": ", is_first ? "" : ",");
  output_json(r->tensor.name);
  printf(", \"type\": \"%s\", \"shape\": ", r->tensor.type);
  output_json_shape(&r->tensor.shape);
  printf(", \"count\": %" PRId64, r->tensor.count);
  print_number("mean", s->mean);
  print_number("rms", s->rms);
  print_number("min", s->min);
  print_number("max", s->max);
  printf(", \"nan\": %" PRId64 ", \"infinite\": %" PRId64 "}", s->nan_count, s->infinite_count);
}

static void print_begin(const fv_state *state, const char *file, bool is_json, int width) {
  if (is_json) {
    fputs("{\n  \"file\": ", stdout);
    output_json(file);
    fputs(",\n  \"tensors\": [", stdout);
  } else if (fv_state_count(state)) {
    printf("%-*s  %-8s  %-20s  %11s  %11s  %11s  %11s\n", width, "tensor", "type", "shape", "mean", "rms", "min",
           "max");
  }
}

static void print_end(const fv_state *state, bool is_json) {
  char count[32];
  int64_t numbers = 0;
  for (int32_t i = 0; i < fv_state_count(state); i++) {
    const int64_t more = fv_state_tensor_at(state, i).count;
    numbers = more > INT64_MAX - numbers ? INT64_MAX : numbers + more;
  }
  if (is_json)
    printf("\n  ],\n  \"numbers\": %" PRId64 "\n}\n", numbers);
  else
    printf("%" PRId32 " tensor%s, %s numbers\n", fv_state_count(state), fv_state_count(state) == 1 ? "" : "s",
           output_grouped(count, numbers));
}

/* Export. */

/* A file name for tensor `index`: what could lead elsewhere, hide or be another tensor's name is replaced, and the
 * tensor's number says so. */
static void make_file_name(char name[NAME_BYTES_MAX + 40], const fv_state *state, int32_t index) {
  const char *from = fv_state_tensor_at(state, index).name;
  size_t used = 0;
  bool is_plain = *from && !strstr(from, "__");
  for (const unsigned char *c = (const unsigned char *)from; *c; c++) {
    const bool is_odd = *c < 0x20 || *c == 0x7f || *c == '\\' || (used == 0 && *c == '.');
    if (used + 2 >= NAME_BYTES_MAX) is_plain = false;
    if (used + 2 >= NAME_BYTES_MAX) break;
    is_plain = is_plain && !is_odd;
    if (*c == '/') name[used++] = '_';
    name[used++] = is_odd || *c == '/' ? '_' : (char)*c;
  }
  name[used] = '\0';
  if (!is_plain) snprintf(name + used, 40, "-%" PRId32, index);
}

static int make_folder(const char *folder) {
  if (!mkdir(folder, 0777) || errno == EEXIST) return COMMAND_OK;
  return command_error(errno == ENOSPC ? COMMAND_RESOURCES : COMMAND_FAILURE, "%s: %s", folder, strerror(errno));
}

static int write_tensor(const char *folder, const fv_state *state, int32_t index) {
  char name[NAME_BYTES_MAX + 40], *path;
  make_file_name(name, state, index);
  if (asprintf(&path, "%s/%s.npy", folder, name) < 0) return command_error(COMMAND_RESOURCES, "no memory for a path");
  fv_status status = fv_state_write_npy(path, state, index);
  free(path);
  return status ? command_fail_output(status) : COMMAND_OK;
}

/* Tensors. */

static int show(const char *file, const fv_state *state, int32_t index, const weights_options *o, int width) {
  fv_tensor numbers;
  fv_status status = fv_state_read(&numbers, state, index);
  if (status) return command_fail_about(file, status);
  row r = {fv_state_tensor_at(state, index), fv_tensor_measure(&numbers)};
  fv_tensor_destroy(&numbers);
  if (o->format == JSON_FORMAT)
    print_json_row(&r, index == 0);
  else
    print_row(&r, width);
  return o->npy ? write_tensor(o->npy, state, index) : COMMAND_OK;
}

static int show_all(const char *file, const fv_state *state, const weights_options *o) {
  const int width = name_width(state);
  int status = o->npy ? make_folder(o->npy) : COMMAND_OK;
  if (status) return status;
  print_begin(state, file, o->format == JSON_FORMAT, width);
  for (int32_t i = 0; i < fv_state_count(state) && status == COMMAND_OK; i++) status = show(file, state, i, o, width);
  if (status == COMMAND_OK) print_end(state, o->format == JSON_FORMAT);
  return status;
}

static int run(void *pointer, int argument_count, char **arguments) {
  const weights_options *o = pointer;
  if (argument_count != 1) return command_usage("weights takes one file; `fovea help weights` shows how");
  fv_state *state;
  fv_status opened = fv_state_open(&state, arguments[0]);
  if (opened) return command_fail(opened);
  int status = show_all(arguments[0], state, o);
  fv_state_close(state);
  return status;
}

const fv_command command_weights = {
    .name = "weights",
    .arguments = "FILE",
    .help = "list the tensors of a model or of a file of weights, with statistics",
    .examples = "fovea weights model.keras\n"
                "fovea weights resnet50.pth --npy folder\n"
                "fovea weights model.safetensors --format json",
    .options = options,
    .options_size = sizeof(weights_options),
    .shortcuts = "f=format",
    .run = run,
};
