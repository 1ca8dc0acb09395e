/* fovea features: what a network makes of pictures before it names them, one row of numbers each; and which of them are
 * most alike. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/predict.h>
#include <fovea/tensor.h>

#include "command.h"
#include "model_argument.h"
#include "output.h"
#include "pictures.h"
#include "speed.h"

enum { TEXT_FORMAT = 1, JSON_FORMAT, SLICE = 256 };

typedef struct features_options {
  model_options model;
  const char *output, *layer, *nearest;
  speed_options speed;
  int32_t top, batch, format;
} features_options;

static const char *const formats[] = {"text", "json", NULL};

static const fv_option options[] = {
    {"output", FV_OPTION_TEXT, offsetof(features_options, output), NULL, 0, 0, NULL,
     "FILE.npy: where the numbers go, a row per picture; the pictures' names go beside, into FILE.txt"},
    {"layer", FV_OPTION_TEXT, offsetof(features_options, layer), NULL, 0, 0, NULL,
     "NAME: the layer whose output is taken [what the classifier's head reads]"},
    {"nearest", FV_OPTION_TEXT, offsetof(features_options, nearest), NULL, 0, 0, NULL,
     "IMAGE: list the pictures that are most like it, by the cosine between rows"},
    {"top", FV_OPTION_INT, offsetof(features_options, top), "5", 1, 1e9, NULL, "how many of the nearest to list"},
    {"format", FV_OPTION_NAME, offsetof(features_options, format), "text", 0, 0, formats, "how to show them"},
    SPEED_OPTIONS(features_options, speed),
    {"batch", FV_OPTION_INT, offsetof(features_options, batch), "0", 0, 65536, NULL,
     "pictures at once, 0: up to 8, fewer when memory is short"},
    MODEL_OPTIONS(features_options, model),
    MODEL_PICTURE_OPTIONS(features_options, model),
    {0}};

/* The rows so far, of pictures that could be read. */
typedef struct table {
  fv_tensor rows;     /* shape (room, ...) */
  int64_t width;      /* numbers of a row */
  const char **names; /* lent by the list of pictures */
  int32_t count;
  int status; /* COMMAND_BAD_INPUT when a picture was left out */
} table;

static void free_table(table *t) {
  fv_tensor_destroy(&t->rows);
  free(t->names);
}

/* Rows. */

/* The shape of the rows: of a map that is a single pixel the channels alone. */
static fv_shape shape_of(const table *t) {
  fv_shape shape = t->rows.shape;
  shape.dims[0] = t->count;
  bool is_pixel = shape.rank > 2;
  for (int32_t i = 1; i < shape.rank - 1; i++) is_pixel = is_pixel && shape.dims[i] == 1;
  return is_pixel ? (fv_shape){.rank = 2, .dims = {t->count, t->width}} : shape;
}

/* Room for a row of each picture, once the shape of one is known. */
static int make_room(table *t, const fv_shape *slice, int32_t pictures) {
  int64_t all;
  if (t->names) return COMMAND_OK;
  fv_shape shape = *slice;
  shape.dims[0] = pictures;
  fv_status status = fv_tensor_create(&t->rows, &shape);
  if (!status) status = fv_shape_elements(&all, &shape);
  if (status) return command_fail(status);
  t->width = all / pictures;
  t->names = calloc((size_t)pictures, sizeof *t->names);
  return t->names ? COMMAND_OK : command_error(COMMAND_RESOURCES, "no memory for names");
}

static void take_rows(table *t, const fv_picture *pictures, int32_t count, const fv_tensor *outputs,
                      const fv_prediction *results) {
  for (int32_t i = 0; i < count; i++) {
    if (results[i].status) {
      command_error(0, "%s", results[i].message ? results[i].message : "no memory");
      t->status = command_status(results[i].status);
      continue;
    }
    memcpy(t->rows.data + t->count * t->width, outputs->data + i * t->width, (size_t)t->width * sizeof(float));
    t->names[t->count++] = pictures[i].path;
  }
}

static int run_slice(table *t, fv_predictor *predictor, const fv_picture *pictures, int32_t count, int32_t all) {
  fv_tensor outputs;
  fv_prediction results[SLICE];
  fv_status status = fv_predictor_outputs(predictor, pictures, count, &outputs, results);
  int exit_status = status ? command_fail(status) : make_room(t, &outputs.shape, all);
  if (exit_status == COMMAND_OK) take_rows(t, pictures, count, &outputs, results);
  fv_prediction_destroy(results, count);
  fv_tensor_destroy(&outputs);
  return exit_status;
}

static int run_all(table *t, fv_model *part, const fv_tuning *tuning, const picture_list *list,
                   const features_options *o) {
  fv_predictor *predictor;
  const fv_predict_options how = {.batch = o->batch,
                                  .threads = o->speed.threads,
                                  .accuracy = speed_accuracy(&o->speed),
                                  .tuning = tuning,
                                  .any_output = true};
  fv_status created = fv_predictor_create(&predictor, part, &how);
  if (created) return command_fail(created);
  int status = COMMAND_OK;
  for (int32_t done = 0; done < list->count && status == COMMAND_OK; done += SLICE) {
    const int32_t count = list->count - done < SLICE ? list->count - done : SLICE;
    status = run_slice(t, predictor, list->pictures + done, count, list->count);
  }
  fv_predictor_destroy(predictor);
  return status;
}

/* Files. */

/* "x.npy" -> "x.txt" and what is behind. free() it. */
static char *path_beside(const char *output, const char *ending) {
  const size_t length = strlen(output), stem = length > 4 && !strcmp(output + length - 4, ".npy") ? length - 4 : length;
  char *path;
  return asprintf(&path, "%.*s%s", (int)stem, output, ending) < 0 ? NULL : path;
}

/* Names of the rows, one a line, line breaks in them replaced. */
static bool write_lines(const char *path, const table *t) {
  FILE *file = fopen(path, "w");
  if (!file) return false;
  for (int32_t i = 0; i < t->count; i++) {
    for (const char *c = t->names[i]; *c; c++) putc(*c == '\n' || *c == '\r' ? '?' : *c, file);
    putc('\n', file);
  }
  const bool is_whole = !ferror(file);
  return !fclose(file) && is_whole;
}

/* Under another name until it is whole. */
static int write_names(const char *output, const table *t) {
  char *path = path_beside(output, ".txt"), *meanwhile = path_beside(output, ".txt.part");
  int status = COMMAND_OK;
  if (!path || !meanwhile) {
    status = command_error(COMMAND_RESOURCES, "no memory for a path");
  } else if (!write_lines(meanwhile, t) || rename(meanwhile, path)) {
    status = command_error(errno == ENOSPC ? COMMAND_RESOURCES : COMMAND_FAILURE, "%s: %s", path, strerror(errno));
    remove(meanwhile);
  }
  free(path);
  free(meanwhile);
  return status;
}

static int write_files(const char *output, const table *t) {
  fv_tensor rows = {.shape = shape_of(t), .data = t->rows.data};
  fv_status written = fv_npy_write(output, &rows);
  if (written) return command_fail_output(written);
  return write_names(output, t);
}

/* Likeness. */

typedef struct likeness {
  int32_t row;
  double cosine;
} likeness;

static double cosine_of(const float *a, const float *b, int64_t count) {
  double product = 0, first = 0, second = 0;
  for (int64_t i = 0; i < count; i++) {
    product += (double)a[i] * (double)b[i];
    first += (double)a[i] * (double)a[i];
    second += (double)b[i] * (double)b[i];
  }
  return first > 0 && second > 0 ? product / (sqrt(first) * sqrt(second)) : 0;
}

/* Most alike first, ties in the order of the pictures. */
static int compare_likeness(const void *a, const void *b) {
  const likeness *first = a, *second = b;
  if (first->cosine != second->cosine) return first->cosine > second->cosine ? -1 : 1;
  return first->row - second->row;
}

static void print_likeness(const table *t, const likeness *list, int32_t count, const features_options *o) {
  const bool is_json = o->format == JSON_FORMAT;
  if (is_json) {
    fputs("{\n  \"image\": ", stdout);
    output_json(o->nearest);
    fputs(",\n  \"nearest\": [", stdout);
  }
  for (int32_t i = 0; i < count; i++) {
    if (is_json) {
      printf("%s\n    {\"file\": ", i ? "," : "");
      output_json(t->names[list[i].row]);
      printf(", \"cosine\": %.9g}", list[i].cosine);
    } else {
      printf("%8.4f  ", list[i].cosine);
      output_plain(t->names[list[i].row]);
      putchar('\n');
    }
  }
  if (is_json) puts("\n  ]\n}");
}

/* The row behind those of the pictures is the one that is asked for. */
static int show_nearest(const table *t, const features_options *o) {
  const int32_t others = t->count - 1;
  const float *wanted = t->rows.data + others * t->width;
  likeness *list = calloc((size_t)others + 1, sizeof *list);
  if (!list) return command_error(COMMAND_RESOURCES, "no memory for the nearest");
  for (int32_t i = 0; i < others; i++)
    list[i] = (likeness){i, cosine_of(t->rows.data + i * t->width, wanted, t->width)};
  qsort(list, (size_t)others, sizeof *list, compare_likeness);
  print_likeness(t, list, others < o->top ? others : o->top, o);
  free(list);
  return COMMAND_OK;
}

static void print_rows(const table *t, const features_options *o) {
  fv_shape shape = shape_of(t);
  if (o->format != JSON_FORMAT) {
    char text[128];
    if (!command_quiet()) {
      output_plain(o->output);
      printf(": %s\n", fv_shape_text(text, sizeof text, &shape));
    }
    return;
  }
  fputs("{\n  \"output\": ", stdout);
  output_json(o->output);
  fputs(",\n  \"shape\": ", stdout);
  output_json_shape(&shape);
  fputs(",\n  \"files\": [", stdout);
  for (int32_t i = 0; i < t->count; i++) {
    fputs(i ? ",\n    " : "\n    ", stdout);
    output_json(t->names[i]);
  }
  puts("\n  ]\n}");
}

/* The command. */

/* The picture that is asked for comes last: a row of its own behind all others. */
static int finish(table *t, const picture_list *list, const features_options *o) {
  if (t->count == 0) return t->status;
  const bool has_wanted = o->nearest && t->names[t->count - 1] == list->pictures[list->count - 1].path;
  int status = COMMAND_OK;
  if (o->nearest && has_wanted) status = show_nearest(t, o);
  if (o->nearest && has_wanted) t->count--;
  if (status == COMMAND_OK && o->output) status = write_files(o->output, t);
  if (status == COMMAND_OK && o->output && !o->nearest) print_rows(t, o);
  if (status) return status;
  return t->status ? t->status : list->status;
}

static int cut(fv_model **part, const fv_model *model, const char *layer) {
  fv_value value;
  fv_status status = fv_model_features(&value, model, layer);
  if (!status) status = fv_model_cut(part, model, value);
  return status ? command_fail(status) : COMMAND_OK;
}

static int run_model(const char *name, const picture_list *list, const features_options *o) {
  fv_model *model, *part = NULL;
  fv_tuning *tuning = NULL;
  table t = {.count = 0};
  int status = model_open(&model, name, &o->model);
  if (status) return status;
  status = speed_tuning(&tuning, &o->speed, model);
  if (status == COMMAND_OK) status = cut(&part, model, o->layer);
  fv_model_destroy(model);
  if (status == COMMAND_OK) status = run_all(&t, part, tuning, list, o);
  if (status == COMMAND_OK) status = finish(&t, list, o);
  free_table(&t);
  fv_tuning_destroy(tuning);
  fv_model_destroy(part);
  return status;
}

/* The picture of --nearest goes behind the others. */
static int collect(picture_list *list, int count, char **arguments, const features_options *o) {
  char **all = calloc((size_t)count + 1, sizeof *all);
  if (!all) return command_error(COMMAND_RESOURCES, "no memory for the list of pictures");
  memcpy(all, arguments, (size_t)count * sizeof *all);
  if (o->nearest) all[count++] = (char *)o->nearest;
  int status = pictures_collect(list, o->model.upright, count, all);
  free(all);
  return status;
}

static int run(void *pointer, int argument_count, char **arguments) {
  const features_options *o = pointer;
  if (argument_count < 2) return command_usage("features takes a model and pictures; `fovea help features` shows how");
  if (!o->output && !o->nearest) return command_usage("features needs --output FILE.npy or --nearest IMAGE");
  picture_list list;
  int status = speed_check(&o->speed);
  if (status) return status;
  status = collect(&list, argument_count - 1, arguments + 1, o);
  if (status == COMMAND_OK && o->nearest && strcmp(list.pictures[list.count - 1].path, o->nearest))
    status = command_usage("--nearest takes one image, not a folder");
  if (status == COMMAND_OK) status = run_model(arguments[0], &list, o);
  pictures_free(&list);
  return status;
}

const fv_command command_features = {
    .name = "features",
    .arguments = "MODEL FOLDER|IMAGE...",
    .help = "describe pictures by what a network makes of them before it names them",
    .examples = "fovea features MobileNet photos -o photos.npy\n"
                "fovea features model.keras photos --layer fc2 -o fc2.npy --format json\n"
                "fovea features MobileNet photos --nearest cat.jpg --top 3",
    .options = options,
    .options_size = sizeof(features_options),
    .shortcuts = "o=output,f=format,n=top,j=threads",
    .run = run,
};
