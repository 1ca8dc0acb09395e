/* fovea detect: finds objects in pictures. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <fovea-tools/figure.h>
#include <fovea/detector.h>
#include <fovea/labels.h>

#include "command.h"
#include "model_argument.h"
#include "output.h"
#include "pictures.h"
#include "speed.h"

enum { TEXT_FORMAT = 1, JSON_FORMAT, NAME_SIZE = 4096 };

typedef struct detect_options {
  model_options model;
  speed_options speed;
  const char *output;
  double score, overlap;
  int32_t most, suppression, format;
} detect_options;

static const char *const formats[] = {"text", "json", NULL};
static const char *const suppressions[] = {"hard", "linear", "gaussian", NULL};

static const fv_option options[] = {
    {"output", FV_OPTION_TEXT, offsetof(detect_options, output), NULL, 0, 0, NULL,
     "FILE: the picture with what was found drawn in; of several pictures a folder"},
    {"score", FV_OPTION_FLOAT, offsetof(detect_options, score), "0.3", 0.001, 1, NULL,
     "least probability of what is shown"},
    {"overlap", FV_OPTION_FLOAT, offsetof(detect_options, overlap), "0.45", 0.01, 1, NULL,
     "boxes of a class that overlap a better one more than this (IoU) go"},
    {"suppression", FV_OPTION_NAME, offsetof(detect_options, suppression), "hard", 0, 0, suppressions,
     "how they go: at once, or their scores sink"},
    {"most", FV_OPTION_INT, offsetof(detect_options, most), "100", 1, 1e6, NULL, "at most so many objects a picture"},
    {"format", FV_OPTION_NAME, offsetof(detect_options, format), "text", 0, 0, formats, "how they are shown"},
    SPEED_OPTIONS(detect_options, speed),
    MODEL_OPTIONS_WITH(detect_options, model, "random"),
    MODEL_PICTURE_OPTIONS(detect_options, model),
    {.name = NULL}};

typedef struct work {
  const detect_options *o;
  fv_detector *detector;
  const char **names; /* of classes */
  bool into_folder;
  int32_t shown;
} work;

/* ---- what was found ---- */

static void print_text(const work *w, const char *file, const fv_found *found) {
  if (w->shown) putchar('\n');
  output_plain(file);
  putchar('\n');
  for (int32_t i = 0; i < found->count; i++) {
    const fv_object *o = &found->objects[i];
    printf("%8.4f  (%.1f, %.1f) to (%.1f, %.1f)  ", (double)o->score, (double)o->box.x0, (double)o->box.y0,
           (double)o->box.x1, (double)o->box.y1);
    output_plain(w->names[o->class_index]);
    putchar('\n');
  }
  if (!found->count) puts("nothing");
}

static void print_json(const work *w, const char *file, const fv_found *found, const char *error) {
  printf("%s\n  {\"file\": ", w->shown ? "," : "");
  output_json(file);
  if (error) {
    fputs(", \"error\": ", stdout);
    output_json(error);
  } else {
    fputs(", \"objects\": [", stdout);
    for (int32_t i = 0; i < found->count; i++) {
      const fv_object *o = &found->objects[i];
      fputs(i ? ", {\"class\": " : "{\"class\": ", stdout);
      output_json(w->names[o->class_index]);
      printf(", \"score\": %.6g, \"box\": [%.6g, %.6g, %.6g, %.6g]}", (double)o->score, (double)o->box.x0,
             (double)o->box.y0, (double)o->box.x1, (double)o->box.y1);
    }
    putchar(']');
  }
  putchar('}');
}

/* ---- drawings ---- */

static fv_status draw(const work *w, const char *file, const fv_image *image, const fv_found *found) {
  char path[2 * NAME_SIZE];
  const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file, *dot = strrchr(name, '.');
  snprintf(path, sizeof path, "%s", w->o->output);
  if (w->into_folder)
    snprintf(path, sizeof path, "%s/%.*s.png", w->o->output, dot ? (int)(dot - name) : (int)strlen(name), name);
  return fv_figure_objects(path, image, found->objects, found->count, w->names);
}

/* ---- pictures ---- */

/* Pictures that cannot be read are said, and the others go on. */
static int detect_one(work *w, const fv_picture *picture) {
  fv_image image;
  fv_found found;
  const bool is_json = w->o->format == JSON_FORMAT;
  const fv_status unread = pictures_read(&image, picture);
  if (unread) {
    command_fail(unread);
    if (is_json) print_json(w, picture->path, NULL, fv_error_message()), w->shown++;
    return command_status(unread);
  }
  fv_status status = fv_detect(&found, w->detector, &image);
  int exit_status = status ? command_fail_about(picture->path, status) : COMMAND_OK;
  if (!status) {
    if (is_json)
      print_json(w, picture->path, &found, NULL);
    else
      print_text(w, picture->path, &found);
    w->shown++;
    if (w->o->output && (status = draw(w, picture->path, &image, &found))) exit_status = command_fail_output(status);
  }
  fv_image_destroy(&image);
  return exit_status;
}

static int detect_all(work *w, const picture_list *list) {
  int exit_status = list->status;
  if (w->o->format == JSON_FORMAT) putchar('[');
  for (int32_t i = 0; i < list->count && !ferror(stdout); i++) {
    const int status = detect_one(w, &list->pictures[i]);
    if (status && exit_status != COMMAND_BAD_INPUT) exit_status = status;
  }
  if (w->o->format == JSON_FORMAT) puts("\n]");
  return exit_status;
}

/* ---- before ---- */

static int check_output(work *w, int32_t pictures) {
  struct stat about;
  if (!w->o->output) return COMMAND_OK;
  w->into_folder = !stat(w->o->output, &about) && S_ISDIR(about.st_mode);
  if (w->into_folder) return COMMAND_OK;
  if (pictures > 1)
    return command_usage("--output must be a folder that is there for %" PRId32 " pictures, not '%s'", pictures,
                         w->o->output);
  return fv_figure_check_name(w->o->output) ? command_usage("--output: %s", fv_error_message()) : COMMAND_OK;
}

/* Numbers where the model has no names. */
static int name_classes(work *w, const fv_model *model, char (**numbers)[16]) {
  const int64_t channels = fv_model_output_shape(model, 0).dims[2];
  w->names = calloc((size_t)channels, sizeof *w->names);
  *numbers = calloc((size_t)channels, sizeof **numbers);
  if (!w->names || !*numbers) return command_error(COMMAND_RESOURCES, "no memory for class names");
  for (int32_t i = 0; i < channels; i++) {
    snprintf((*numbers)[i], sizeof **numbers, "%" PRId32, i);
    const char *name = fv_model_label(model, i).name;
    w->names[i] = *name ? name : (*numbers)[i];
  }
  return COMMAND_OK;
}

static int create(work *w, fv_model *model, const char *name) {
  const fv_detect_options how = {
      .score = w->o->score,
      .suppress = {.kind = (fv_suppression)w->o->suppression, .overlap = w->o->overlap, .most = w->o->most},
      .threads = w->o->speed.threads,
      .accuracy = speed_accuracy(&w->o->speed)};
  const fv_status failed = fv_detector_create(&w->detector, model, &how);
  if (failed == FV_ERROR_STATE) return command_usage("%s: %s", name, fv_error_message());
  return failed ? command_fail_about(name, failed) : COMMAND_OK;
}

static int run(void *pointer, int argument_count, char **arguments) {
  work w = {.o = pointer};
  picture_list list;
  fv_model *model = NULL;
  char(*numbers)[16] = NULL;
  if (argument_count < 2) return command_usage("detect needs a model and an image; `fovea help detect` shows how");
  int status = speed_check(&w.o->speed);
  if (status) return status;
  status = pictures_collect(&list, w.o->model.upright, argument_count - 1, arguments + 1);
  if (status == COMMAND_OK) status = check_output(&w, list.count);
  if (status == COMMAND_OK) status = model_open(&model, arguments[0], &w.o->model);
  if (status == COMMAND_OK) status = create(&w, model, arguments[0]);
  if (status == COMMAND_OK) status = name_classes(&w, model, &numbers);
  if (status == COMMAND_OK) status = detect_all(&w, &list);
  fv_detector_destroy(w.detector);
  fv_model_destroy(model);
  pictures_free(&list);
  free(w.names);
  free(numbers);
  return status;
}

const fv_command command_detect = {
    .name = "detect",
    .arguments = "MODEL IMAGE...",
    .help = "find objects in pictures: their class, probability and box in pixels, from the upper left corner",
    .examples = "fovea detect cells.keras smear.jpg -o drawn.png\n"
                "fovea detect cells.keras photos/ --format json --score 0.5",
    .options = options,
    .options_size = sizeof(detect_options),
    .shortcuts = "o=output,j=threads,f=format",
    .run = run,
};
