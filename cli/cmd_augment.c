/* fovea augment: what a network will see of a picture when it is trained with augmentation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea-tools/figure.h>
#include <fovea/augment.h>
#include <fovea/loader.h>

#include "pictures.h"
#include "planes.h"

typedef struct augment_options {
  const char *augment, *apply, *output, *figure;
  fv_pair size;
  int32_t count, seed, epoch, columns, compat;
  bool upright, effects;
  const char *fit;
} augment_options;

static const char *const compats[] = {"none", "keras3", "keras2", NULL};

static const fv_option options[] = {
    {"augment", FV_OPTION_TEXT, offsetof(augment_options, augment),
     "horizontal_flip rotation=30 zoom=0.3 width_shift=0.3 height_shift=0.3", 0, 0, NULL,
     "WORDS: what may change: rotation, width_shift, height_shift, shear, zoom, channel_shift, brightness (=MOST), "
     "horizontal_flip, vertical_flip; effects: random_contrast, random_hue, random_erasing ... (`fovea augment "
     "--effects` lists them); fill=nearest|constant|reflect|wrap, cval, order; samplewise_center ..."},
    {"apply", FV_OPTION_TEXT, offsetof(augment_options, apply), NULL, 0, 0, NULL,
     "WORDS: one transform instead of draws: theta, shear, tx, ty, zx, zy, width_shift, height_shift, channel_shift, "
     "brightness (=NUMBER), flip_horizontal, flip_vertical"},
    {"output", FV_OPTION_TEXT, offsetof(augment_options, output), NULL, 0, 0, NULL,
     "FILE: the picture after --apply, or after the first draw: .png, .jpg, .bmp or .ppm, or .npy for numbers"},
    {"figure", FV_OPTION_TEXT, offsetof(augment_options, figure), NULL, 0, 0, NULL,
     "FILE: a sheet of the picture and what becomes of it, each with its numbers: .png, .svg, .pdf ..."},
    {"size", FV_OPTION_PAIR, offsetof(augment_options, size), "0", 0, FV_IMAGE_MAX_SIDE, NULL,
     "height and width the picture is brought to first, 0: as it is"},
    {"count", FV_OPTION_INT, offsetof(augment_options, count), "15", 1, FV_FIGURE_MAX_PICTURES - 1, NULL,
     "draws on the sheet"},
    {"columns", FV_OPTION_INT, offsetof(augment_options, columns), "0", 0, FV_FIGURE_MAX_PICTURES, NULL,
     "pictures side by side on the sheet, 0: chosen"},
    {"seed", FV_OPTION_INT, offsetof(augment_options, seed), "0", 0, INT32_MAX, NULL, "of the draws"},
    {"epoch", FV_OPTION_INT, offsetof(augment_options, epoch), "0", 0, INT32_MAX, NULL,
     "whose draws are shown, from 0"},
    {"compat", FV_OPTION_NAME, offsetof(augment_options, compat), "none", 0, 0, compats,
     "geometry as Keras 3 or Keras 2 really does it"},
    {"fit", FV_OPTION_TEXT, offsetof(augment_options, fit), NULL, 0, 0, NULL,
     "DATA: the set that featurewise_center, featurewise_std_normalization and zca_whitening learn from"},
    {"effects", FV_OPTION_BOOL, offsetof(augment_options, effects), "false", 0, 0, NULL,
     "list the effects that --augment and --apply know, with their numbers"},
    PICTURE_UPRIGHT_ROW(augment_options, upright),
    {0}};

/* ---- the picture */

static int read_numbers(fv_tensor *picture, const char *path) {
  fv_status failed = fv_npy_read(picture, path);
  if (failed) return command_fail(failed);
  if (picture->shape.rank == 2 || picture->shape.rank == 3) return COMMAND_OK;
  char text[128];
  int status = command_error(COMMAND_BAD_INPUT, "%s: expected a picture (height, width, channels), found %s", path,
                             fv_shape_text(text, sizeof text, &picture->shape));
  fv_tensor_destroy(picture);
  return status;
}

static int read_image(fv_tensor *picture, const augment_options *given, char **arguments) {
  fv_image image;
  int status = planes_read(&image, given->upright, arguments);
  if (status) return status;
  fv_status failed = fv_image_to_tensor(picture, &image);
  fv_image_destroy(&image);
  return failed ? command_fail(failed) : COMMAND_OK;
}

static int read_picture(fv_tensor *picture, const augment_options *given, char **arguments) {
  const bool is_numbers = planes_is_numbers(arguments[0]);
  int status = is_numbers ? read_numbers(picture, arguments[0]) : read_image(picture, given, arguments);
  if (status || (!given->size.height && !given->size.width)) return status;
  fv_tensor sized;
  fv_status failed = fv_image_resize_floats(&sized, picture, given->size.height, given->size.width, "pil-bilinear");
  fv_tensor_destroy(picture);
  if (failed) return command_fail(failed);
  *picture = sized;
  return COMMAND_OK;
}

/* ---- what becomes of it */

typedef struct sheet {
  fv_image *images; /* the picture itself, then what became of it */
  fv_figure_picture *cells;
  char (*labels)[2][200]; /* above and below */
  int32_t count;
} sheet;

static void free_sheet(sheet *s) {
  for (int32_t i = 0; s->images && i < s->count; i++) fv_image_destroy(&s->images[i]);
  free(s->images);
  free(s->cells);
  free(s->labels);
}

static int make_sheet(sheet *s, int32_t count) {
  *s = (sheet){calloc((size_t)count, sizeof *s->images), calloc((size_t)count, sizeof *s->cells),
               calloc((size_t)count, sizeof *s->labels), count};
  return s->images && s->cells && s->labels ? COMMAND_OK : command_error(COMMAND_RESOURCES, "no memory for a sheet");
}

static fv_status put(sheet *s, int32_t place, const fv_tensor *numbers, fv_image_scale scale) {
  s->cells[place] = (fv_figure_picture){s->labels[place][0], s->labels[place][1], &s->images[place]};
  return fv_image_from_tensor(&s->images[place], numbers, scale);
}

typedef struct work {
  const augment_options *given;
  fv_augment_options how;
  fv_transform applied; /* with --apply */
  const fv_tensor *picture;
  fv_tensor changed;
  fv_standardisation *standardisation; /* NULL: none is asked for */
  fv_image_scale scale;                /* how its numbers are shown */
} work;

static fv_status change(work *w, fv_transform *transform, int32_t sample) {
  const augment_options *given = w->given;
  const int32_t height = (int32_t)w->picture->shape.dims[0], width = (int32_t)w->picture->shape.dims[1];
  *transform = w->applied;
  fv_status failed = given->apply ? FV_OK
                                  : fv_transform_draw(transform, &w->how, height, width, (uint64_t)given->seed,
                                                      (uint64_t)given->epoch, (uint64_t)sample);
  if (!failed) failed = fv_transform_apply(&w->changed, w->picture, transform, &w->how);
  return failed || !w->standardisation ? failed : fv_standardisation_apply(&w->changed, w->standardisation);
}

/* ---- standardisation */

static fv_status fit(work *w) {
  const fv_shape *shape = &w->picture->shape;
  const fv_preprocessing p = {.mode = FV_PREPROCESSING_NONE,
                              .size = {(int32_t)shape->dims[0], (int32_t)shape->dims[1]},
                              .channels = shape->rank == 3 && shape->dims[2] == 3 ? FV_CHANNELS_RGB : FV_CHANNELS_GRAY,
                              .scale = 1,
                              .std = {1, 1, 1}};
  fv_dataset *set = NULL;
  fv_status failed = w->given->fit ? fv_dataset_open(&set, w->given->fit, NULL) : FV_OK;
  if (!failed) failed = fv_standardisation_learn(&w->standardisation, set, &p, &w->how.standardise);
  fv_dataset_destroy(set);
  return failed;
}

static bool needs_set(const fv_standardise_options *o) {
  return o->featurewise_center || o->featurewise_std_normalization || o->zca_whitening;
}

static bool is_standardised(const fv_standardise_options *o) {
  return (o->rescale != 0 && o->rescale != 1) || o->samplewise_center || o->samplewise_std_normalization ||
         needs_set(o);
}

static double rounded(double number) { return round(number * 10) / 10; }

/* ", contrast 1.37" */
static size_t say_effect(char *text, size_t size, const fv_effect *effect) {
  const bool is_random = !strncmp(effect->name, "random_", 7);
  char name[48], number[32] = "";
  snprintf(name, sizeof name, "%s", effect->name + (is_random ? 7 : 0));
  for (char *c = name; *c; c++)
    if (*c == '_') *c = ' ';
  if (effect->count) snprintf(number, sizeof number, " %.4g", effect->numbers[0]);
  return (size_t)snprintf(text, size, ", %s%s", name, number);
}

/* What changed apart from the place, in few words. */
static void say_rest(char *text, size_t size, const fv_transform *t) {
  const double light = t->brightness == FV_ZERO ? 0 : t->brightness;
  size_t used = 0;
  text[0] = '\0';
  if (t->zx != 0 || t->zy != 0)
    used += (size_t)snprintf(text, size, ", zoom %.2f \xc3\x97 %.2f", t->zx != 0 ? t->zx : 1, t->zy != 0 ? t->zy : 1);
  if (t->channel_shift != 0) used += (size_t)snprintf(text + used, size - used, ", shift %+.1f", t->channel_shift);
  if (t->brightness != 0) used += (size_t)snprintf(text + used, size - used, ", light %.2f", light);
  if (t->flip_horizontal || t->flip_vertical)
    used += (size_t)snprintf(text + used, size - used, ", flip %s%s", t->flip_horizontal ? "h" : "",
                             t->flip_vertical ? "v" : "");
  for (int i = 0; i < FV_EFFECTS_DRAWN_MAX && t->effects[i].name && used < size; i++)
    used += say_effect(text + used, size - used, &t->effects[i]);
  if (used >= size) used = size - 1;
  if (used) memmove(text, text + 2, used - 1);
}

/* Where the picture lies goes above, what else changed below. */
static void label(char labels[2][200], const fv_transform *t) {
  const fv_transform place = {
      .theta = rounded(t->theta), .shear = rounded(t->shear), .tx = round(t->tx), .ty = round(t->ty)};
  say_rest(labels[1], sizeof labels[1], t);
  const bool is_in_place = place.theta == 0 && place.shear == 0 && place.tx == 0 && place.ty == 0;
  if (!is_in_place || !labels[1][0]) fv_transform_text(labels[0], sizeof labels[0], &place);
}

static fv_status fill_sheet(sheet *s, work *w) {
  static const char *const title = "the picture";
  fv_status failed = put(s, 0, w->picture, FV_IMAGE_SCALE_CLIP);
  s->cells[0].title = title;
  s->cells[0].remark = NULL;
  for (int32_t i = 1; !failed && i < s->count; i++) {
    fv_transform transform;
    failed = change(w, &transform, i - 1);
    if (failed) break;
    label(s->labels[i], &transform);
    failed = put(s, i, &w->changed, w->scale);
  }
  return failed;
}

static int draw_sheet(work *w) {
  const augment_options *given = w->given;
  sheet s;
  int status = make_sheet(&s, 1 + (given->apply ? 1 : given->count));
  if (status == COMMAND_OK) {
    fv_status failed = fill_sheet(&s, w);
    const fv_figure_options layout = {.title = given->apply ? given->apply : given->augment, .columns = given->columns};
    if (failed)
      status = command_fail(failed);
    else if ((failed = fv_figure_grid(given->figure, s.cells, s.count, &layout)))
      status = planes_write_failed(failed);
  }
  free_sheet(&s);
  return status;
}

static int write_one(work *w) {
  fv_transform transform;
  fv_status failed = change(w, &transform, 0);
  if (failed) return command_fail(failed);
  return planes_write(w->given->output, &w->changed, w->scale);
}

/* ---- the command */

/* Words are read before the picture; its extents, which shifts are parts of, come later. */
static int read_words(work *w, int32_t height, int32_t width) {
  const augment_options *given = w->given;
  fv_status failed = fv_augment_parse(&w->how, given->augment);
  if (!failed && given->compat > FV_AUGMENT_DOCUMENTED) w->how.compat = given->compat;
  if (!failed && given->apply) failed = fv_transform_parse(&w->applied, &w->how, given->apply, height, width);
  if (failed) return command_usage("%s", fv_error_message());
  if (w->how.mix_up > 0 || w->how.cut_mix > 0)
    return command_usage("mix_up and cut_mix mix pictures of a batch; here is one picture");
  if (needs_set(&w->how.standardise) && !given->fit)
    return command_usage("featurewise and ZCA standardisation learn from a set: give it with --fit DATA");
  return COMMAND_OK;
}

static int run_picture(work *w, fv_tensor *picture) {
  w->picture = picture;
  int status = read_words(w, (int32_t)picture->shape.dims[0], (int32_t)picture->shape.dims[1]);
  if (status) return status;
  const bool standardised = is_standardised(&w->how.standardise);
  fv_status failed = standardised ? fit(w) : FV_OK;
  if (!failed) failed = fv_tensor_create(&w->changed, &picture->shape);
  if (failed) return command_fail(failed);
  w->scale = standardised ? FV_IMAGE_SCALE_AUTO : FV_IMAGE_SCALE_CLIP;
  if (w->given->output) status = write_one(w);
  if (status == COMMAND_OK && w->given->figure) status = draw_sheet(w);
  fv_tensor_destroy(&w->changed);
  fv_standardisation_destroy(w->standardisation);
  return status;
}

static int list_effects(void) {
  fv_effect_help help;
  for (int32_t i = 0; (help = fv_effect_at(i)).name; i++) {
    printf("%s%s%s\n    %s\n", help.name, help.options[0] ? "=" : "", help.options, help.help);
    if (help.drawn[0]) printf("    one transform: %s=%s\n", help.name, help.drawn);
  }
  return COMMAND_OK;
}

static int run(void *given_options, int argument_count, char **arguments) {
  work w = {.given = given_options};
  if (w.given->effects) return list_effects();
  int status = planes_check(argument_count, w.given->output, w.given->figure, true);
  if (status == COMMAND_OK) status = read_words(&w, 1, 1);
  if (status) return status;
  fv_tensor picture;
  status = read_picture(&picture, w.given, arguments);
  if (status) return status;
  status = run_picture(&w, &picture);
  fv_tensor_destroy(&picture);
  return status;
}

const fv_command command_augment = {
    .name = "augment",
    .arguments = "IMAGE",
    .help = "show what training with augmentation makes of a picture",
    .examples = "fovea augment photo.jpg --augment \"horizontal_flip rotation=30 zoom=0.3\" --figure sheet.png\n"
                "fovea augment photo.jpg --augment \"random_contrast=0.3 rand_augment=2,0.3\" --figure sheet.png\n"
                "fovea augment photo.jpg --apply \"theta=17.3 zx=0.8 flip_horizontal\" -o turned.npy\n",
    .options = options,
    .options_size = sizeof(augment_options),
    .shortcuts = "o=output",
    .run = run,
};
