/* fovea segment: a class for every pixel of pictures. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <fovea/labels.h>
#include <fovea/segmenter.h>

#include "command.h"
#include "mask_overlay.h"
#include "model_argument.h"
#include "output.h"
#include "pictures.h"
#include "speed.h"

enum { TEXT_FORMAT = 1, JSON_FORMAT, NAME_SIZE = 4096 };

typedef struct segment_options {
  model_options model;
  speed_options speed;
  const char *output, *overlay;
  double opacity;
  int32_t tile, overlap, format;
  bool numbers;
} segment_options;

static const char *const formats[] = {"text", "json", NULL};

static const fv_option options[] = {
    {"output", FV_OPTION_TEXT, offsetof(segment_options, output), NULL, 0, 0, NULL,
     "FILE: the mask, with values as in the masks that were learnt from; of several pictures a folder"},
    {"numbers", FV_OPTION_BOOL, offsetof(segment_options, numbers), "false", 0, 0, NULL,
     "the mask has class numbers instead: 0, 1, 2 ..."},
    {"overlay", FV_OPTION_TEXT, offsetof(segment_options, overlay), NULL, 0, 0, NULL,
     "FILE: the picture with classes in colours over it; of several pictures a folder"},
    {"opacity", FV_OPTION_FLOAT, offsetof(segment_options, opacity), "0.45", 0, 1, NULL,
     "of the colours; the edges of areas are always whole"},
    {"tile", FV_OPTION_INT, offsetof(segment_options, tile), "0", 0, FV_IMAGE_MAX_SIDE, NULL,
     "pixels: go over the picture as it is in tiles of this side; 0: bring it to the network's size"},
    {"overlap", FV_OPTION_INT, offsetof(segment_options, overlap), "-1", -1, FV_IMAGE_MAX_SIDE, NULL,
     "pixels that tiles share, -1: about a quarter; enough, and the mask is that of one tile"},
    {"format", FV_OPTION_NAME, offsetof(segment_options, format), "text", 0, 0, formats, "how areas are shown"},
    SPEED_OPTIONS(segment_options, speed),
    MODEL_OPTIONS_WITH(segment_options, model, "random"),
    MODEL_PICTURE_OPTIONS(segment_options, model),
    {.name = NULL}};

typedef struct work {
  const segment_options *o;
  fv_segmenter *segmenter;
  fv_mask_key key;
  const char *names[FV_MASK_CLASSES];
  bool mask_into_folder, overlay_into_folder;
  int32_t shown;
} work;

/* ---- areas ---- */

static void count(int64_t pixels[256], const fv_image *classes) {
  const int64_t all = (int64_t)classes->height * classes->width;
  memset(pixels, 0, 256 * sizeof *pixels);
  for (int64_t i = 0; i < all; i++) pixels[classes->pixels[i]]++;
}

static void print_text(const work *w, const char *file, const fv_image *classes) {
  int64_t pixels[256];
  count(pixels, classes);
  if (w->shown) putchar('\n');
  output_plain(file);
  putchar('\n');
  for (int32_t c = 0; c < w->key.count; c++) {
    if (!pixels[c]) continue;
    printf("%6.2f %%  ", 100 * (double)pixels[c] / ((double)classes->height * classes->width));
    output_plain(w->names[c]);
    putchar('\n');
  }
}

static void print_json(const work *w, const char *file, const fv_image *classes, const char *error) {
  int64_t pixels[256];
  printf("%s\n  {\"file\": ", w->shown ? "," : "");
  output_json(file);
  if (error) {
    fputs(", \"error\": ", stdout);
    output_json(error);
    putchar('}');
    return;
  }
  count(pixels, classes);
  printf(", \"height\": %" PRId32 ", \"width\": %" PRId32 ", \"classes\": [", classes->height, classes->width);
  for (int32_t c = 0; c < w->key.count; c++) {
    fputs(c ? ", {\"class\": " : "{\"class\": ", stdout);
    output_json(w->names[c]);
    printf(", \"pixels\": %" PRId64 "}", pixels[c]);
  }
  fputs("]}", stdout);
}

/* ---- files ---- */

static void name_file(char path[2 * NAME_SIZE], const char *output, bool into_folder, const char *file) {
  const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file, *dot = strrchr(name, '.');
  snprintf(path, 2 * NAME_SIZE, "%s", output);
  if (into_folder)
    snprintf(path, 2 * NAME_SIZE, "%.4000s/%.*s.png", output, dot ? (int)(dot - name) : (int)strlen(name), name);
}

static fv_status write_mask(const work *w, const char *file, const fv_image *classes) {
  char path[2 * NAME_SIZE];
  fv_image mask;
  name_file(path, w->o->output, w->mask_into_folder, file);
  if (w->o->numbers) return fv_image_write(path, classes);
  fv_status status = fv_mask_paint(&mask, classes, &w->key);
  if (!status) status = fv_image_write(path, &mask);
  fv_image_destroy(&mask);
  return status;
}

static fv_status write_overlay(const work *w, const char *file, const fv_image *image, const fv_image *classes) {
  char path[2 * NAME_SIZE];
  fv_image drawn;
  name_file(path, w->o->overlay, w->overlay_into_folder, file);
  fv_status status = mask_overlay_draw(&drawn, image, classes, &w->key, w->names, w->o->opacity);
  if (!status) status = fv_image_write(path, &drawn);
  fv_image_destroy(&drawn);
  return status;
}

/* ---- pictures ---- */

static fv_status read_picture(fv_image *image, const fv_picture *picture) {
  fv_status status = picture->bytes ? fv_image_decode(image, picture->bytes, picture->byte_count, picture->path)
                                    : fv_image_read(image, picture->path);
  return status || !picture->upright ? status : fv_image_upright(image);
}

static int show(work *w, const char *file, const fv_image *image, const fv_image *classes) {
  if (w->o->format == JSON_FORMAT)
    print_json(w, file, classes, NULL);
  else if (!command_quiet())
    print_text(w, file, classes);
  w->shown++;
  fv_status failed = w->o->output ? write_mask(w, file, classes) : FV_OK;
  if (!failed && w->o->overlay) failed = write_overlay(w, file, image, classes);
  return failed ? command_fail_output(failed) : COMMAND_OK;
}

/* Pictures that cannot be read are said, and the others go on. */
static int segment_one(work *w, const fv_picture *picture) {
  fv_image image, classes;
  const fv_status unread = read_picture(&image, picture);
  if (unread) {
    command_fail(unread);
    if (w->o->format == JSON_FORMAT) print_json(w, picture->path, NULL, fv_error_message()), w->shown++;
    return command_status(unread);
  }
  const fv_status failed = fv_segment(&classes, w->segmenter, &image);
  const int status = failed ? command_fail_about(picture->path, failed) : show(w, picture->path, &image, &classes);
  if (!failed) fv_image_destroy(&classes);
  fv_image_destroy(&image);
  return status;
}

static int segment_all(work *w, const picture_list *list) {
  int exit_status = list->status;
  if (w->o->format == JSON_FORMAT) putchar('[');
  for (int32_t i = 0; i < list->count && !ferror(stdout); i++) {
    const int status = segment_one(w, &list->pictures[i]);
    if (status && exit_status != COMMAND_BAD_INPUT) exit_status = status;
  }
  if (w->o->format == JSON_FORMAT) puts("\n]");
  return exit_status;
}

/* ---- before ---- */

static int check_output(bool *into_folder, const char *option, const char *output, int32_t pictures) {
  struct stat about;
  if (!output) return COMMAND_OK;
  *into_folder = !stat(output, &about) && S_ISDIR(about.st_mode);
  if (*into_folder) return COMMAND_OK;
  if (pictures > 1)
    return command_usage("--%s must be a folder that is there for %" PRId32 " pictures, not '%s'", option, pictures,
                         output);
  return fv_image_check_name(output) ? command_usage("--%s: %s", option, fv_error_message()) : COMMAND_OK;
}

/* JPEG would make other classes out of mixed values. */
static int check_mask_name(const work *w) {
  const char *dot = w->o->output && !w->mask_into_folder ? strrchr(w->o->output, '.') : NULL;
  if (!dot || (dot[1] | 32) != 'j') return COMMAND_OK;
  return command_usage("--output: a mask must keep its values, which JPEG does not: name it .png, not '%s'", dot);
}

static int create(work *w, fv_model *model, const char *name) {
  const fv_segment_options how = {.tile = w->o->tile,
                                  .overlap = w->o->overlap < 0    ? 0
                                             : w->o->overlap == 0 ? FV_ZERO
                                                                  : w->o->overlap,
                                  .threads = w->o->speed.threads,
                                  .accuracy = speed_accuracy(&w->o->speed)};
  fv_status failed = fv_segmenter_create(&w->segmenter, model, &how);
  if (!failed) failed = fv_segmenter_key(&w->key, model);
  for (int32_t i = 0; i < w->key.count && !failed; i++) w->names[i] = fv_model_label(model, i).name;
  if (failed == FV_ERROR_STATE || failed == FV_ERROR_INVALID) return command_usage("%s: %s", name, fv_error_message());
  return failed ? command_fail_about(name, failed) : COMMAND_OK;
}

static int run(void *pointer, int argument_count, char **arguments) {
  work w = {.o = pointer};
  picture_list list;
  fv_model *model = NULL;
  if (argument_count < 2) return command_usage("segment needs a model and an image; `fovea help segment` shows how");
  if (!w.o->tile && w.o->overlap >= 0) return command_usage("--overlap goes with --tile");
  int status = speed_check(&w.o->speed);
  if (status) return status;
  status = pictures_collect(&list, w.o->model.upright, argument_count - 1, arguments + 1);
  if (status == COMMAND_OK) status = check_output(&w.mask_into_folder, "output", w.o->output, list.count);
  if (status == COMMAND_OK) status = check_output(&w.overlay_into_folder, "overlay", w.o->overlay, list.count);
  if (status == COMMAND_OK) status = check_mask_name(&w);
  if (status == COMMAND_OK) status = model_open(&model, arguments[0], &w.o->model);
  if (status == COMMAND_OK) status = create(&w, model, arguments[0]);
  if (status == COMMAND_OK) status = segment_all(&w, &list);
  fv_segmenter_destroy(w.segmenter);
  fv_model_destroy(model);
  pictures_free(&list);
  return status;
}

const fv_command command_segment = {
    .name = "segment",
    .arguments = "MODEL IMAGE...",
    .help = "say the class of every pixel of pictures: how much of it each has, a mask, the picture in colours",
    .examples = "fovea segment nuclei.keras smear.png -o mask.png --overlay over.png\n"
                "fovea segment roads.keras photos/ -o masks --format json\n"
                "fovea segment nuclei.keras slide.png -o mask.png --tile 512 --overlap 192",
    .options = options,
    .options_size = sizeof(segment_options),
    .shortcuts = "o=output,j=threads,f=format",
    .run = run,
};
