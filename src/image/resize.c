/* Resizing: pictures in, pictures or numbers out. See resize.h for the parts, resize_methods.c for the numbers. */
#include "image/resize.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/workers.h"
#include "image/sweep.h"

/* ---- alpha, as Pillow treats it */

static void premultiply(fv_image *image) {
  uint8_t *at = image->pixels;
  for (size_t i = 0, count = (size_t)image->height * (size_t)image->width; i < count; i++, at += 4)
    for (int c = 0; c < 3; c++) {
      unsigned product = (unsigned)at[c] * at[3] + 128;
      at[c] = (uint8_t)((product + (product >> 8)) >> 8);
    }
}

static void unmultiply(const fv_image *image) {
  uint8_t *at = image->pixels;
  for (size_t i = 0, count = (size_t)image->height * (size_t)image->width; i < count; i++, at += 4) {
    if (at[3] == 0 || at[3] == 255) continue;
    for (int c = 0; c < 3; c++) {
      unsigned value = 255u * at[c] / at[3];
      at[c] = (uint8_t)(value > 255 ? 255 : value);
    }
  }
}

/* ---- the two directions */

static fv__resize_target target_of(const fv_image *image) {
  return (fv__resize_target){.height = image->height, .width = image->width, .bytes = image->pixels};
}

static fv__resize_source source_of(const fv_image *image) {
  return (fv__resize_source){image->height, image->width, image->channels, .bytes = image->pixels};
}

/* Columns first, then rows: what Pillow does from 13.0 on when the height shrinks by more than twice what the width
 * shrinks by. The order shows, since numbers are rounded to 8 bits between. */
static bool columns_first(const fv__resize_target *out, const fv__resize_source *in) {
  return in->height > out->height && 2 * (in->width - out->width) < in->height - out->height;
}

static fv_status sweep_columns_first(const fv__resize_target *out, const fv__resize_source *in,
                                     const fv__resize_method *method, const fv__taps *across, const fv__taps *down,
                                     fv__pool *pool) {
  fv_image between;
  TRY(fv_image_create(&between, out->height, in->width, in->channels));
  const fv__resize_target half = target_of(&between);
  const fv__resize_source halfway = source_of(&between);
  fv_status status = fv__resize_sweep(&half, in, method, NULL, down, pool);
  if (!status) status = fv__resize_sweep(out, &halfway, method, across, NULL, pool);
  fv_image_destroy(&between);
  return status;
}

static fv_status sweep(const fv__resize_target *out, const fv__resize_source *in, const fv__resize_method *method,
                       fv__pool *pool) {
  if (method->arithmetic == FV__RESIZE_MEAN) return fv__resize_mean(out, in, pool);
  const bool bytes = method->arithmetic == FV__RESIZE_BYTES; /* leaves a direction alone that keeps its size */
  const bool wide = !bytes || in->width != out->width, high = !bytes || in->height != out->height;
  fv__taps across = {0}, down = {0};
  fv_status status = wide ? fv__taps_make(&across, method, in->width, out->width, true) : FV_OK;
  if (!status && high) status = fv__taps_make(&down, method, in->height, out->height, false);
  if (!status)
    status = bytes && wide && high && columns_first(out, in)
                 ? sweep_columns_first(out, in, method, &across, &down, pool)
                 : fv__resize_sweep(out, in, method, wide ? &across : NULL, high ? &down : NULL, pool);
  fv__taps_free(&across);
  fv__taps_free(&down);
  return status;
}

static fv_status sweep_with_alpha(const fv_image *out, const fv_image *in, const fv__resize_method *method,
                                  fv__pool *pool) {
  const fv__resize_target target = target_of(out);
  fv_image weighted;
  TRY(fv_image_convert(&weighted, in, 4));
  premultiply(&weighted);
  const fv__resize_source source = source_of(&weighted);
  fv_status status = sweep(&target, &source, method, pool);
  fv_image_destroy(&weighted);
  if (!status) unmultiply(out);
  return status;
}

/* Copies pixels of `pixel` bytes. */
static void pick_pixels(uint8_t *to, const fv__resize_target *out, const uint8_t *from, const fv__resize_source *in,
                        size_t pixel, const int32_t *rows, const int32_t *columns) {
  for (int32_t y = 0; y < out->height; y++) {
    const int32_t row = rows[y] < in->height ? rows[y] : in->height - 1;
    const uint8_t *line = from + (size_t)row * (size_t)in->width * pixel;
    for (int32_t x = 0; x < out->width; x++, to += pixel) {
      const int32_t column = columns[x] < in->width ? columns[x] : in->width - 1;
      memcpy(to, line + (size_t)column * pixel, pixel);
    }
  }
}

static fv_status pick(const fv__resize_target *out, const fv__resize_source *in, const fv__resize_method *method) {
  int32_t *columns = calloc((size_t)out->width, sizeof *columns);
  int32_t *rows = calloc((size_t)out->height, sizeof *rows);
  const bool there = columns && rows;
  if (there) {
    method->pick(columns, in->width, out->width);
    method->pick(rows, in->height, out->height);
    const size_t channels = (size_t)in->channels;
    if (in->bytes)
      pick_pixels(out->bytes, out, in->bytes, in, channels, rows, columns);
    else
      pick_pixels((uint8_t *)out->floats, out, (const uint8_t *)in->floats, in, channels * sizeof(float), rows,
                  columns);
  }
  free(columns);
  free(rows);
  return there ? FV_OK : fail(FV_ERROR_MEMORY, "no memory to resize an image");
}

/* ---- for everyone */

const char *fv_image_resize_method(int32_t index) {
  const fv__resize_method *method = fv__resize_method_at(index);
  return method ? method->name : NULL;
}

static fv_status find_method(const fv__resize_method **found, const char *name) {
  char names[400];
  size_t used = 0;
  for (int32_t i = 0; fv__resize_method_at(i); i++) {
    const fv__resize_method *method = fv__resize_method_at(i);
    if (!strcmp(method->name, name)) {
      *found = method;
      return FV_OK;
    }
    if (used < sizeof names)
      used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", method->name);
  }
  return fail(FV_ERROR_INVALID, "no resize method '%.40s'; expected one of %s", name, names);
}

/* Makes sure of the name and the picture, then of the method for the sizes. */
static fv_status begin(const fv__resize_method **method, const fv__resize_source *in, int32_t height, int32_t width,
                       const char *name) {
  TRY(find_method(method, name));
  if (!in->bytes && !in->floats) return fail(FV_ERROR_INVALID, "the image is empty");
  if (height > 0 && width > 0 && (*method)->choose) *method = (*method)->choose(in, height, width);
  return FV_OK;
}

/* ---- images */

static fv_status resize_image(const fv_image *out, const fv_image *in, const fv__resize_method *method,
                              fv__pool *pool) {
  const fv__resize_target target = target_of(out);
  const fv__resize_source source = source_of(in);
  if (method->arithmetic == FV__RESIZE_PICK) return pick(&target, &source, method);
  if (method->alpha_first && in->channels == 4) return sweep_with_alpha(out, in, method, pool);
  return sweep(&target, &source, method, pool);
}

fv_status fv_image_resize(fv_image *out, const fv_image *in, int32_t height, int32_t width, const char *name) {
  *out = (fv_image){0};
  const fv__resize_method *method = NULL;
  const fv__resize_source source = source_of(in);
  TRY(begin(&method, &source, height, width, name));
  if (height == in->height && width == in->width) return fv_image_convert(out, in, in->channels);
  TRY(fv_image_create(out, height, width, in->channels));
  fv_status status = resize_image(out, in, method, NULL);
  if (status) fv_image_destroy(out);
  return status;
}

static fv_status expect_room(const void *pixels, int64_t height, int64_t width, int64_t channels, int64_t given) {
  if (!pixels || height < 1 || width < 1 || height > FV_IMAGE_MAX_SIDE || width > FV_IMAGE_MAX_SIDE)
    return fail(FV_ERROR_INVALID, "the result has no pixels or sides above %d", FV_IMAGE_MAX_SIDE);
  if (channels == given) return FV_OK;
  return fail(FV_ERROR_SHAPE, "expected a result of %" PRId64 " channels, found %" PRId64, given, channels);
}

fv_status fv_image_resize_into(const fv_image *out, const fv_image *in, const char *name, fv_workers *workers) {
  const fv__resize_method *method = NULL;
  const fv__resize_source source = source_of(in);
  TRY(expect_room(out->pixels, out->height, out->width, out->channels, in->channels));
  TRY(begin(&method, &source, out->height, out->width, name));
  if (out->height != in->height || out->width != in->width)
    return resize_image(out, in, method, fv__workers_pool(workers));
  memcpy(out->pixels, in->pixels, (size_t)in->height * (size_t)in->width * (size_t)in->channels);
  return FV_OK;
}

/* ---- numbers */

static fv_status resize_to_fractions(fv_tensor *out, const fv_image *in, int32_t height, int32_t width,
                                     const fv__resize_method *method) {
  fv_image limits; /* the same limits as for pictures */
  TRY(fv_image_create(&limits, height, width, 1));
  fv_image_destroy(&limits);
  const fv_shape shape = {3, {height, width, in->channels}};
  TRY(fv_tensor_create(out, &shape));
  const fv__resize_target target = {.height = height, .width = width, .floats = out->data};
  const fv__resize_source source = source_of(in);
  fv_status status = sweep(&target, &source, method, NULL);
  if (status) fv_tensor_destroy(out);
  return status;
}

fv_status fv_image_resize_to_tensor(fv_tensor *out, const fv_image *in, int32_t height, int32_t width,
                                    const char *name) {
  *out = (fv_tensor){0};
  const fv__resize_method *method = NULL;
  const fv__resize_source source = source_of(in);
  TRY(begin(&method, &source, height, width, name));
  const bool same = height == in->height && width == in->width;
  if (!same && fv__resize_gives_fractions(name)) return resize_to_fractions(out, in, height, width, method);
  fv_image bytes;
  TRY(fv_image_resize(&bytes, in, height, width, name));
  fv_status status = fv_image_to_tensor(out, &bytes);
  fv_image_destroy(&bytes);
  return status;
}

/* A tensor as a source of floats, within the limits of images. */
static fv_status floats_of(fv__resize_source *source, const fv_tensor *in) {
  fv__picture picture;
  TRY(fv__picture_of(&picture, in));
  if (picture.height > FV_IMAGE_MAX_SIDE || picture.width > FV_IMAGE_MAX_SIDE || picture.channels > INT16_MAX)
    return fail(FV_ERROR_UNSUPPORTED, "resizing takes sides up to %d and up to %d channels", FV_IMAGE_MAX_SIDE,
                INT16_MAX);
  *source = (fv__resize_source){(int32_t)picture.height, (int32_t)picture.width, (int32_t)picture.channels,
                                .floats = in->data};
  return FV_OK;
}

static fv_status resize_floats(const fv_tensor *out, const fv__resize_source *in, const fv__resize_method *method,
                               fv__pool *pool) {
  const fv__resize_target target = {(int32_t)out->shape.dims[0], (int32_t)out->shape.dims[1], .floats = out->data};
  if (target.height == in->height && target.width == in->width) {
    memcpy(out->data, in->floats, (size_t)in->height * (size_t)in->width * (size_t)in->channels * sizeof *out->data);
    return FV_OK;
  }
  if (method->arithmetic == FV__RESIZE_PICK) return pick(&target, in, method);
  fv__resize_method floats = *method; /* the same weights */
  if (method->arithmetic != FV__RESIZE_MEAN) floats.arithmetic = FV__RESIZE_FLOATS;
  return sweep(&target, in, &floats, pool);
}

fv_status fv_image_resize_floats(fv_tensor *out, const fv_tensor *in, int32_t height, int32_t width, const char *name) {
  *out = (fv_tensor){0};
  const fv__resize_method *method = NULL;
  fv__resize_source source;
  TRY(floats_of(&source, in));
  TRY(begin(&method, &source, height, width, name));
  fv_image limits; /* the same limits as for pictures */
  TRY(fv_image_create(&limits, height, width, 1));
  fv_image_destroy(&limits);
  fv_shape shape = in->shape;
  shape.dims[0] = height;
  shape.dims[1] = width;
  TRY(fv_tensor_create(out, &shape));
  fv_status status = resize_floats(out, &source, method, NULL);
  if (status) fv_tensor_destroy(out);
  return status;
}

fv_status fv_image_resize_floats_into(const fv_tensor *out, const fv_tensor *in, const char *name,
                                      fv_workers *workers) {
  const fv__resize_method *method = NULL;
  fv__resize_source source;
  fv__picture result;
  TRY(floats_of(&source, in));
  TRY(fv__picture_of(&result, out));
  TRY(expect_room(out->data, result.height, result.width, result.channels, source.channels));
  TRY(begin(&method, &source, (int32_t)result.height, (int32_t)result.width, name));
  return resize_floats(out, &source, method, fv__workers_pool(workers));
}
