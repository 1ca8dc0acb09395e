/* fovea evaluate: what a classifier is worth on a set of pictures. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fovea-tools/figure.h>
#include <fovea/fit.h>
#include <fovea/labels.h>

#include "evaluate_detection.h"
#include "evaluate_segmentation.h"
#include "interrupt.h"
#include "model_argument.h"
#include "output.h"
#include "output_path.h"
#include "speed.h"

enum { TEXT_FORMAT = 1, JSON_FORMAT };

typedef struct evaluate_options {
  model_options model;
  speed_options speed;
  const char *loss, *figure, *mistakes;
  const char *only, *masks;
  int32_t batch, worst, format, tile;
  bool training, single;
} evaluate_options;

static const char *const formats[] = {"text", "json", NULL};

static const fv_option options[] = {
    {"figure", FV_OPTION_TEXT, offsetof(evaluate_options, figure), NULL, 0, 0, NULL,
     "FILE: the confusion matrix as a picture, .png, .svg or .pdf"},
    {"mistakes", FV_OPTION_TEXT, offsetof(evaluate_options, mistakes), NULL, 0, 0, NULL,
     "FILE: a sheet of the worst mistakes"},
    {"worst", FV_OPTION_INT, offsetof(evaluate_options, worst), "20", 1, FV_FIGURE_MAX_PICTURES, NULL,
     "how many of them"},
    {"format", FV_OPTION_NAME, offsetof(evaluate_options, format), "text", 0, 0, formats, "how numbers are shown"},
    {"training", FV_OPTION_BOOL, offsetof(evaluate_options, training), "false", 0, 0, NULL,
     "of data with a set for training and one for validation, measure with the one for training"},
    {"only", FV_OPTION_TEXT, offsetof(evaluate_options, only), NULL, 0, 0, NULL,
     "NAMES: of a detector's set objects of these classes alone, apart by commas"},
    {"single", FV_OPTION_BOOL, offsetof(evaluate_options, single), "false", 0, 0, NULL,
     "of a detector's set pictures with one object alone"},
    {"masks", FV_OPTION_TEXT, offsetof(evaluate_options, masks), NULL, 0, 0, NULL,
     "DIR: of a segmenter's set the folder of masks [masks/ beside images/, or DATAannot]"},
    {"tile", FV_OPTION_INT, offsetof(evaluate_options, tile), "0", 0, FV_IMAGE_MAX_SIDE, NULL,
     "pixels: a segmenter goes over pictures as they are in tiles of this side; 0: it has them brought to its size"},
    {"loss", FV_OPTION_TEXT, offsetof(evaluate_options, loss), "categorical_crossentropy", 0, 0, NULL,
     "NAME: the loss that is measured; none"},
    {"batch", FV_OPTION_INT, offsetof(evaluate_options, batch), "32", 1, 65536, NULL, "pictures at once"},
    SPEED_OPTIONS(evaluate_options, speed),
    MODEL_OPTIONS(evaluate_options, model),
    MODEL_PICTURE_OPTIONS(evaluate_options, model),
    {.name = NULL}};

typedef struct work {
  const evaluate_options *o;
  fv_model *model;
  fv_dataset *opened;
  const fv_dataset *set;
  const char *part; /* of data in two sets, which one this is; "" of one set */
  fv_evaluation *evaluation;
} work;

/* ---- numbers */

static void print_json(const work *w, const fv_evaluation_report *r) {
  printf("{\"samples\": %" PRId64 ", \"loss\": ", r->samples);
  printf(isfinite(r->loss) ? "%.9g" : "null", r->loss);
  printf(", \"accuracy\": %.9g, \"classes\": [", r->accuracy);
  for (int32_t i = 0; i < r->class_count; i++) {
    const fv_evaluation_class *c = &r->classes[i];
    printf("%s\n  {\"name\": ", i ? "," : "");
    output_json(fv_dataset_class_name(w->set, i));
    printf(", \"precision\": %.9g, \"recall\": %.9g, \"f1\": %.9g, \"support\": %" PRId64 "}", c->precision, c->recall,
           c->f1, c->support);
  }
  fputs("],\n \"confusion\": [", stdout);
  for (int32_t i = 0; i < r->class_count; i++) {
    fputs(i ? ", [" : "[", stdout);
    for (int32_t k = 0; k < r->class_count; k++)
      printf("%s%" PRId64, k ? ", " : "", r->confusion[(int64_t)i * r->class_count + k]);
    putchar(']');
  }
  puts("]}");
}

/* Signs, not bytes, so that names in any language stand in columns. */
static int width_of(const char *text) {
  int width = 0;
  for (; *text; text++) width += ((unsigned char)*text & 0xc0) != 0x80;
  return width;
}

static void print_name(const char *name, int width) {
  output_plain(name);
  printf("%*s", width > width_of(name) ? width - width_of(name) : 0, "");
}

/* The pairs of classes that are taken for each other most. */
static void print_confusions(const work *w, const fv_evaluation_report *r) {
  int64_t last = INT64_MAX, last_place = -1;
  for (int line = 0; line < 5; line++) {
    int64_t best = 0, place = -1;
    for (int64_t i = 0; i < (int64_t)r->class_count * r->class_count; i++) {
      const int64_t count = r->confusion[i];
      const bool is_later = count < last || (count == last && i > last_place);
      if (i / r->class_count != i % r->class_count && is_later && count > best) best = count, place = i;
    }
    if (place < 0) return;
    if (!line) puts("\nmost often taken for another:");
    printf("%6" PRId64 "  ", best);
    output_plain(fv_dataset_class_name(w->set, (int32_t)(place / r->class_count)));
    fputs(" taken for ", stdout);
    output_plain(fv_dataset_class_name(w->set, (int32_t)(place % r->class_count)));
    putchar('\n');
    last = best;
    last_place = place;
  }
}

static void print_text(const work *w, const fv_evaluation_report *r) {
  int width = 5;
  for (int32_t i = 0; i < r->class_count; i++) {
    const int here = width_of(fv_dataset_class_name(w->set, i));
    if (here > width) width = here < 40 ? here : 40;
  }
  printf("%s%" PRId64 " of %" PRId64 " right: accuracy %.4f", w->part, r->right, r->samples, r->accuracy);
  if (isfinite(r->loss)) printf(", loss %.4f", r->loss);
  puts("\n");
  print_name("class", width);
  puts("  precision  recall      f1  pictures");
  for (int32_t i = 0; i < r->class_count; i++) {
    const fv_evaluation_class *c = &r->classes[i];
    print_name(fv_dataset_class_name(w->set, i), width);
    printf("  %9.4f  %6.4f  %6.4f  %8" PRId64 "\n", c->precision, c->recall, c->f1, c->support);
  }
  print_name("mean", width);
  printf("  %9.4f  %6.4f  %6.4f  %8" PRId64 "\n", r->precision, r->recall, r->f1, r->samples);
  print_confusions(w, r);
}

/* ---- pictures */

static int draw_confusion(const work *w, const fv_evaluation_report *r) {
  const char **names = malloc((size_t)r->class_count * sizeof *names);
  if (!names) return command_error(COMMAND_RESOURCES, "no memory for class names");
  for (int32_t i = 0; i < r->class_count; i++) names[i] = fv_dataset_class_name(w->set, i);
  const fv_status failed = fv_figure_confusion(w->o->figure, NULL, r->confusion, names, r->class_count);
  free(names);
  return failed ? command_fail_output(failed) : COMMAND_OK;
}

static fv_status read_mistake(fv_image *image, const work *w, int64_t number) {
  fv_sample sample;
  fv_status status = fv_dataset_read(&sample, w->set, number);
  if (status) return status;
  if (sample.image.pixels) {
    *image = sample.image;
    sample.image = (fv_image){.pixels = NULL};
  } else {
    status = fv_image_from_tensor(image, &sample.numbers, FV_IMAGE_SCALE_AUTO);
  }
  fv_sample_destroy(&sample);
  return status;
}

static int draw_mistakes(const work *w, const fv_evaluation_report *r) {
  const int32_t count = r->mistake_count;
  if (!count) {
    if (!command_quiet()) command_error(COMMAND_OK, "no mistakes: %s is not written", w->o->mistakes);
    return COMMAND_OK;
  }
  fv_image *images = calloc((size_t)count, sizeof *images);
  fv_figure_mistake *cells = calloc((size_t)count, sizeof *cells);
  char(*names)[256] = calloc((size_t)count, sizeof *names);
  fv_status failed = FV_OK;
  const bool has_memory = images && cells && names;
  for (int32_t i = 0; has_memory && i < count && !failed; i++) {
    const fv_evaluation_mistake *m = &r->mistakes[i];
    failed = read_mistake(&images[i], w, m->sample);
    cells[i] =
        (fv_figure_mistake){&images[i], fv_dataset_class_name(w->set, m->is), fv_dataset_class_name(w->set, m->found),
                            m->score, fv_dataset_name(names[i], sizeof names[i], w->set, m->sample)};
  }
  if (has_memory && !failed) failed = fv_figure_mistakes(w->o->mistakes, cells, count, NULL);
  for (int32_t i = 0; images && i < count; i++) fv_image_destroy(&images[i]);
  free(images);
  free(cells);
  free(names);
  if (!has_memory) return command_error(COMMAND_RESOURCES, "no memory for a sheet");
  return failed ? command_fail_output(failed) : COMMAND_OK;
}

/* ---- the command */

static void on_batch(void *context, int64_t samples, int64_t total) {
  (void)context;
  if (isatty(STDERR_FILENO))
    fprintf(stderr, "\r%" PRId64 "/%" PRId64 "%s", samples, total, samples == total ? "\r\033[K" : "");
}

static void say(void *context, const fv_train_message *message) {
  (void)context;
  if (!command_quiet()) command_error(COMMAND_OK, "left out: %s", message->text);
}

static bool should_stop(void *context) {
  (void)context;
  return interrupt_came();
}

static int fail_data(fv_status failed) {
  const int status = command_status(failed);
  return command_error(status == COMMAND_USAGE ? COMMAND_BAD_INPUT : status, "%s", fv_error_message());
}

/* The model's class names, one an answer; *names is NULL when it has none. To be freed. */
static int name_classes(const char ***names, const work *w) {
  const int32_t count = fv_model_label_count(w->model);
  const fv_shape output = fv_model_output_shape(w->model, 0);
  *names = NULL;
  if (!count || output.rank != 2 || output.dims[1] != count) return COMMAND_OK;
  *names = malloc((size_t)count * sizeof **names);
  if (!*names) return command_error(COMMAND_RESOURCES, "no memory for class names");
  for (int32_t i = 0; i < count; i++) (*names)[i] = fv_model_label(w->model, i).name;
  return COMMAND_OK;
}

static int open_path(work *w, const char *path, const char *const *names) {
  fv_workers *workers = NULL;
  fv_status failed = fv_workers_create(&workers, w->o->speed.threads);
  if (failed) return command_fail(failed);
  const fv_dataset_options how = {.upright = w->o->model.upright,
                                  .names = names,
                                  .name_count = names ? fv_model_label_count(w->model) : 0,
                                  .workers = workers};
  failed = fv_dataset_open(&w->opened, path, &how);
  fv_workers_destroy(workers);
  return failed ? fail_data(failed) : COMMAND_OK;
}

static int choose_part(work *w, const char *path) {
  const fv_dataset *validation = fv_dataset_validation(w->opened);
  if (w->o->training && !validation)
    return command_usage("--training is for data in two sets; %s is one set, which is measured as it is", path);
  w->set = w->o->training || !validation ? w->opened : validation;
  w->part = !validation ? "" : w->o->training ? "the set for training: " : "the set for validation: ";
  return COMMAND_OK;
}

/* Classes are those of the model by their names, where it has names: a folder may lack some of them. */
static int open_set(work *w, const char *path) {
  const char **names;
  int status = name_classes(&names, w);
  if (status == COMMAND_OK) status = open_path(w, path, names);
  free(names);
  if (status == COMMAND_OK) status = choose_part(w, path);
  if (status) return status;
  for (int64_t i = 0; i < fv_dataset_broken_count(w->set) && !command_quiet(); i++)
    command_error(COMMAND_OK, "left out: %s", fv_dataset_broken(w->set, i).message);
  return COMMAND_OK;
}

/* A model without names has no say in which class is which, but in how many there are. */
static int check_classes(const work *w, const char *model, const char *data) {
  const int32_t classes = fv_dataset_class_count(w->set);
  const fv_shape output = fv_model_output_shape(w->model, 0);
  if (output.rank != 2 || output.dims[1] <= 1 || output.dims[1] == classes) return COMMAND_OK;
  return command_error(COMMAND_BAD_INPUT,
                       "%s tells %" PRId64 " classes apart and has no names for them, and %s has %" PRId32, model,
                       output.dims[1], data, classes);
}

static int evaluate(work *w) {
  const evaluate_options *o = w->o;
  const fv_evaluate_options how = {.loss = o->loss,
                                   .batch_size = o->batch,
                                   .most_mistakes = o->mistakes ? o->worst : 0,
                                   .skip_broken = true,
                                   .threads = o->speed.threads,
                                   .accuracy = speed_accuracy(&o->speed),
                                   .on_batch = command_quiet() ? NULL : on_batch,
                                   .should_stop = should_stop,
                                   .say = say};
  interrupt_listen();
  const fv_status failed = fv_evaluate(&w->evaluation, w->model, w->set, &how);
  if (failed == FV_ERROR_STOPPED) return command_error(COMMAND_STOPPED, "stopped");
  if (failed) return command_fail(failed);
  const fv_evaluation_report *report = fv_evaluation_report_of(w->evaluation);
  if (o->format == JSON_FORMAT)
    print_json(w, report);
  else
    print_text(w, report);
  int status = output_path_make_folders("figure", o->figure);
  if (status == COMMAND_OK) status = output_path_make_folders("mistakes", o->mistakes);
  if (status == COMMAND_OK && o->figure) status = draw_confusion(w, report);
  if (status == COMMAND_OK && o->mistakes) status = draw_mistakes(w, report);
  return status;
}

static int measure_detector(const work *w, const char *data) {
  const evaluate_options *o = w->o;
  const evaluate_detection_options how = {
      .detect = {.threads = o->speed.threads, .accuracy = speed_accuracy(&o->speed)},
      .classes = o->only,
      .training = o->training,
      .single = o->single,
      .json = o->format == JSON_FORMAT};
  return evaluate_detection(w->model, data, &how);
}

static int measure_segmenter(const work *w, const char *data) {
  const evaluate_options *o = w->o;
  const evaluate_segmentation_options how = {
      .segment = {.tile = o->tile, .threads = o->speed.threads, .accuracy = speed_accuracy(&o->speed)},
      .masks = o->masks,
      .figure = o->figure,
      .json = o->format == JSON_FORMAT};
  return evaluate_segmentation(w->model, data, &how);
}

static int measure_classifier(work *w, char **arguments) {
  int status = open_set(w, arguments[1]);
  if (status == COMMAND_OK) status = check_classes(w, arguments[0], arguments[1]);
  return status == COMMAND_OK ? evaluate(w) : status;
}

static int run(void *given_options, int argument_count, char **arguments) {
  work w = {.o = given_options};
  if (argument_count != 2) return command_usage("evaluate needs a model and data; `fovea help evaluate` shows how");
  if (w.o->figure && fv_figure_check_name(w.o->figure)) return command_usage("--figure: %s", fv_error_message());
  if (w.o->mistakes && fv_figure_check_name(w.o->mistakes)) return command_usage("--mistakes: %s", fv_error_message());
  int status = speed_check(&w.o->speed);
  if (status == COMMAND_OK) status = output_path_check("figure", w.o->figure);
  if (status == COMMAND_OK) status = output_path_check("mistakes", w.o->mistakes);
  if (status == COMMAND_OK) status = model_open(&w.model, arguments[0], &w.o->model);
  if (status == COMMAND_OK)
    status = fv_model_is_detector(w.model)    ? measure_detector(&w, arguments[1])
             : fv_model_is_segmenter(w.model) ? measure_segmenter(&w, arguments[1])
                                              : measure_classifier(&w, arguments);
  fv_evaluation_destroy(w.evaluation);
  fv_dataset_destroy(w.opened);
  fv_model_destroy(w.model);
  return status;
}

const fv_command command_evaluate = {
    .name = "evaluate",
    .arguments = "MODEL DATA",
    .help = "say what a classifier is worth on a set of pictures: accuracy, each class, what is taken for what; of a\n"
            "detector its average precision, of a segmenter IoU, Dice and edges",
    .examples = "fovea evaluate flowers.keras flowers/validation\n"
                "fovea evaluate digits.keras mnist --figure confusion.png --mistakes worst.png\n"
                "fovea evaluate flowers.keras list.csv --format json\n"
                "fovea evaluate cells.keras VOC/ImageSets/Main/test.txt\n"
                "fovea evaluate nuclei.keras nuclei/test",
    .options = options,
    .options_size = sizeof(evaluate_options),
    .shortcuts = "j=threads,f=format",
    .run = run,
};
