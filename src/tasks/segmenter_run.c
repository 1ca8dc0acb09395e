/* Segmenting: a picture through the network, whole or in tiles, and of each pixel the most likely class.
 *
 *   tiles of N pixels, the next one N - M after the last; of M shared pixels each neighbour's half is used:
 *
 *   |<------- N ------->|
 *   |used . . . . | M/2 |
 *          | M/2 | . used . . . . |
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/predict.h>

#include "model/part.h"
#include "tasks/segmenter.h"

enum { SMALLEST_TILE = 32 };

struct fv_segmenter {
  fv_model *tiled; /* of the tiles' extents; NULL: the model is its own */
  fv_plan *plan;
  fv_segment_options options; /* explicit */
  fv_preprocessing preprocessing;
  int32_t height, width, classes; /* of the answer */
};

/* ---- making ---- */

static fv_status settle_tiles(fv_segmenter *s, const fv_model *model) {
  fv_segment_options *o = &s->options;
  const int32_t multiple = fv__segmenter_multiple(model);
  if (!o->tile) return FV_OK;
  if (o->overlap == 0) o->overlap = o->tile / 4 / (2 * multiple) * (2 * multiple);
  if (o->overlap == FV_ZERO) o->overlap = 0;
  if (o->tile < SMALLEST_TILE || o->tile > FV_IMAGE_MAX_SIDE || o->tile % multiple)
    return fail(FV_ERROR_INVALID, "a tile has sides of %d or more pixels, a multiple of %" PRId32 ", not %" PRId32,
                SMALLEST_TILE, multiple, o->tile);
  if (o->overlap < 0 || o->overlap > o->tile - multiple || o->overlap % multiple || o->overlap % 2)
    return fail(FV_ERROR_INVALID,
                "tiles of %" PRId32 " pixels share a multiple of %" PRId32
                " pixels below that, an even one, not %" PRId32,
                o->tile, multiple, o->overlap);
  return FV_OK;
}

static fv_status prepare(fv_segmenter *s, fv_model *model, const fv_segment_options *given) {
  fv_mask_key key;
  fv_shape shape;
  s->options = given ? *given : (fv_segment_options){.tile = 0};
  TRY(fv_segmenter_key(&key, model));
  TRY(settle_tiles(s, model));
  const fv_shape in = fv_model_input_shape(model, 0);
  const int32_t tile = s->options.tile;
  if (tile && (in.dims[1] != tile || in.dims[2] != tile)) {
    TRY(fv__model_with_extents(&s->tiled, model, tile, tile));
    model = s->tiled;
  }
  TRY(fv__segmenter_shape(&shape, model));
  if (shape.dims[1] < 1 || shape.dims[2] < 1)
    return fail(FV_ERROR_SHAPE, "%s: its input's extents are not known: tiles would say them", fv_model_name(model));
  s->height = (int32_t)shape.dims[1];
  s->width = (int32_t)shape.dims[2];
  s->classes = (int32_t)shape.dims[3];
  s->preprocessing = fv_model_preprocessing(model);
  if (s->preprocessing.mode == FV_PREPROCESSING_UNSET)
    return fail(FV_ERROR_STATE, "nobody has said how %s is fed", fv_model_name(model));
  s->preprocessing.crop = 0;
  return fv_plan_create(&s->plan, model,
                        &(fv_plan_options){.threads = s->options.threads, .accuracy = s->options.accuracy});
}

fv_status fv_segmenter_create(fv_segmenter **segmenter, fv_model *model, const fv_segment_options *options) {
  *segmenter = NULL;
  fv_segmenter *s = calloc(1, sizeof *s);
  if (!s) return fail(FV_ERROR_MEMORY, "no memory for a segmenter");
  fv_status status = prepare(s, model, options);
  if (status)
    fv_segmenter_destroy(s);
  else
    *segmenter = s;
  return status;
}

void fv_segmenter_destroy(fv_segmenter *s) {
  if (!s) return;
  fv_plan_destroy(s->plan);
  fv_model_destroy(s->tiled);
  free(s);
}

/* ---- one answer ---- */

/* The first of the largest; -1 when one is no number. */
static int32_t best_of(const float *scores, int32_t count) {
  int32_t best = 0;
  for (int32_t c = 0; c < count; c++) {
    if (!(fabsf(scores[c]) < INFINITY)) return -1;
    if (scores[c] > scores[best]) best = c;
  }
  return best;
}

/* A part of an answer into a part of the mask. */
typedef struct part {
  int32_t from_row, from_column; /* of the answer */
  int32_t row, column, rows, columns;
} part;

static fv_status take(fv_image *classes, const float *scores, int32_t width, int32_t count, const part *p) {
  for (int32_t y = 0; y < p->rows; y++)
    for (int32_t x = 0; x < p->columns; x++) {
      const int32_t best = best_of(scores + ((int64_t)(p->from_row + y) * width + p->from_column + x) * count, count);
      if (best < 0) return fail(FV_ERROR_NUMBERS, "the network's answers are not numbers");
      classes->pixels[(int64_t)(p->row + y) * classes->width + p->column + x] = (uint8_t)best;
    }
  return FV_OK;
}

static fv_status answer(fv_segmenter *s, const fv_picture *picture) {
  TRY(fv_preprocess(fv_plan_input(s->plan, 0), picture, &s->preprocessing));
  return fv_run(s->plan, NULL);
}

/* ---- the whole picture ---- */

static fv_status segment_whole(fv_image *classes, fv_segmenter *s, const fv_picture *picture) {
  TRY(answer(s, picture));
  const float *scores = fv_plan_output(s->plan, 0);
  const part all = {.rows = classes->height, .columns = classes->width};
  if (classes->height == s->height && classes->width == s->width)
    return take(classes, scores, s->width, s->classes, &all);
  const fv_tensor small = {{3, {s->height, s->width, s->classes}}, (float *)(uintptr_t)scores};
  fv_tensor large;
  TRY(fv_image_resize_floats(&large, &small, classes->height, classes->width, "tf-bilinear"));
  fv_status status = take(classes, large.data, classes->width, s->classes, &all);
  fv_tensor_destroy(&large);
  return status;
}

/* ---- tiles ---- */

/* The picture's pixels from (row, column) on; beyond it its last row and column. */
static void cut(fv_image *tile, const fv_picture *picture, int32_t channels, int32_t row, int32_t column) {
  for (int32_t y = 0; y < tile->height; y++) {
    const int64_t from = row + y < picture->height ? row + y : picture->height - 1;
    for (int32_t x = 0; x < tile->width; x++) {
      const int64_t at = column + x < picture->width ? column + x : picture->width - 1;
      memcpy(tile->pixels + ((int64_t)y * tile->width + x) * channels,
             (const uint8_t *)picture->pixels + (from * picture->width + at) * channels, (size_t)channels);
    }
  }
}

/* What of a side is used of the tile that begins at `first`: inner sides give half of the overlap away. */
static void used(int32_t *from, int32_t *count, int32_t first, const fv_segment_options *o, int32_t side) {
  const int32_t half = o->overlap / 2, end = first + o->tile >= side ? side : first + o->tile - half;
  *from = first ? half : 0;
  *count = end - first - *from;
}

static fv_status segment_tile(fv_image *classes, fv_segmenter *s, const fv_picture *picture, fv_image *tile,
                              int32_t row, int32_t column) {
  part p;
  used(&p.from_row, &p.rows, row, &s->options, classes->height);
  used(&p.from_column, &p.columns, column, &s->options, classes->width);
  p.row = row + p.from_row;
  p.column = column + p.from_column;
  cut(tile, picture, tile->channels, row, column);
  const fv_picture cutting = {
      .pixels = tile->pixels, .width = tile->width, .height = tile->height, .order = picture->order};
  TRY(answer(s, &cutting));
  return take(classes, fv_plan_output(s->plan, 0), s->width, s->classes, &p);
}

static fv_status segment_tiles(fv_image *classes, fv_segmenter *s, const fv_picture *picture, int32_t channels) {
  const fv_segment_options *o = &s->options;
  const int32_t step = o->tile - o->overlap;
  fv_image tile;
  TRY(fv_image_create(&tile, o->tile, o->tile, channels));
  fv_status status = FV_OK;
  for (int32_t row = 0; !status; row += step) {
    for (int32_t column = 0; !status; column += step) {
      status = segment_tile(classes, s, picture, &tile, row, column);
      if (column + o->tile >= classes->width) break;
    }
    if (row + o->tile >= classes->height) break;
  }
  fv_image_destroy(&tile);
  return status;
}

fv_status fv_segment(fv_image *classes, fv_segmenter *s, const fv_image *image) {
  static const fv_pixel_order orders[] = {FV_PIXELS_RGB, FV_PIXELS_GRAY, FV_PIXELS_RGB, FV_PIXELS_RGB, FV_PIXELS_RGBA};
  *classes = (fv_image){.pixels = NULL};
  if (!image->pixels || image->channels < 1 || image->channels > 4 || image->channels == 2)
    return fail(FV_ERROR_INVALID, "a picture of %" PRId32 " channels; expected 1, 3 or 4", image->channels);
  const fv_picture picture = {
      .pixels = image->pixels, .width = image->width, .height = image->height, .order = orders[image->channels]};
  TRY(fv_image_create(classes, image->height, image->width, 1));
  fv_status status =
      s->options.tile ? segment_tiles(classes, s, &picture, image->channels) : segment_whole(classes, s, &picture);
  if (status) fv_image_destroy(classes);
  return status;
}

/* ---- a set ---- */

static fv_status add_picture(fv_mask_scores *scores, fv_segmenter *s, const fv_mask_set *set, int64_t i) {
  fv_image known, found = {.pixels = NULL};
  fv_sample sample;
  TRY(fv_mask_read(&known, fv_mask_set_mask(set, i), fv_mask_set_key(set)));
  fv_status status = fv_dataset_read(&sample, fv_mask_set_pictures(set), i);
  if (!status) {
    status = fv_segment(&found, s, &sample.image);
    fv_sample_destroy(&sample);
  }
  if (!status) status = fv_mask_scores_add(scores, &found, &known);
  fv_image_destroy(&found);
  fv_image_destroy(&known);
  return status ? note(status, "%s", fv_mask_set_picture(set, i)) : FV_OK;
}

fv_status fv_segmenter_evaluate(fv_mask_scores **scores, fv_model *model, const fv_mask_set *set,
                                const fv_segment_options *options,
                                bool (*on_picture)(void *context, int64_t done, int64_t total), void *context) {
  const int64_t count = fv_mask_set_count(set);
  fv_segmenter *segmenter = NULL;
  *scores = NULL;
  TRY(fv_segmenter_create(&segmenter, model, options));
  fv_status status = fv_mask_scores_create(scores, segmenter->classes);
  for (int64_t i = 0; i < count && !status; i++) {
    status = add_picture(*scores, segmenter, set, i);
    if (!status && on_picture && !on_picture(context, i + 1, count)) status = fail(FV_ERROR_STOPPED, "stopped");
  }
  fv_segmenter_destroy(segmenter);
  if (!status) return FV_OK;
  fv_mask_scores_destroy(*scores);
  *scores = NULL;
  return status;
}
