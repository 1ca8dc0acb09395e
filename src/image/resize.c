/* Resizing: pictures in, pictures or numbers out. See resize.h for the parts, resize_methods.c for the numbers. */
#include "image/resize.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

/* ---- alpha, as Pillow treats it */

static void premultiply(fv_image *image) {
  uint8_t *at = image->pixels;
  for (size_t i = 0, count = (size_t)image->height * (size_t)image->width; i < count; i++, at += 4)
    for (int c = 0; c < 3; c++) {
      unsigned product = (unsigned)at[c] * at[3] + 128;
      at[c] = (uint8_t)((product + (product >> 8)) >> 8);
    }
}

static void unmultiply(fv_image *image) {
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

/* Columns first, then rows: what Pillow does from 13.0 on when the height shrinks by more than twice what the width
 * shrinks by. The order shows, since numbers are rounded to 8 bits between. */
static bool columns_first(const fv__resize_target *out, const fv_image *in) {
  return in->height > out->height && 2 * (in->width - out->width) < in->height - out->height;
}

static fv_status sweep_columns_first(const fv__resize_target *out, const fv_image *in, const fv__resize_method *method,
                                     const fv__taps *across, const fv__taps *down) {
  fv_image between;
  TRY(fv_image_create(&between, out->height, in->width, in->channels));
  const fv__resize_target half = target_of(&between);
  fv_status status = fv__resize_sweep(&half, in, method, NULL, down);
  if (!status) status = fv__resize_sweep(out, &between, method, across, NULL);
  fv_image_destroy(&between);
  return status;
}

static fv_status sweep(const fv__resize_target *out, const fv_image *in, const fv__resize_method *method) {
  const bool bytes = method->arithmetic == FV__RESIZE_BYTES; /* leaves a direction alone that keeps its size */
  const bool wide = !bytes || in->width != out->width, high = !bytes || in->height != out->height;
  fv__taps across = {0}, down = {0};
  fv_status status = wide ? fv__taps_make(&across, method, in->width, out->width, true) : FV_OK;
  if (!status && high) status = fv__taps_make(&down, method, in->height, out->height, false);
  if (!status)
    status = bytes && wide && high && columns_first(out, in)
                 ? sweep_columns_first(out, in, method, &across, &down)
                 : fv__resize_sweep(out, in, method, wide ? &across : NULL, high ? &down : NULL);
  fv__taps_free(&across);
  fv__taps_free(&down);
  return status;
}

static fv_status sweep_with_alpha(fv_image *out, const fv_image *in, const fv__resize_method *method) {
  const fv__resize_target target = target_of(out);
  fv_image weighted;
  TRY(fv_image_convert(&weighted, in, 4));
  premultiply(&weighted);
  fv_status status = sweep(&target, &weighted, method);
  fv_image_destroy(&weighted);
  if (!status) unmultiply(out);
  return status;
}

static fv_status pick(fv_image *out, const fv_image *in, const fv__resize_method *method) {
  const size_t channels = (size_t)in->channels;
  int32_t *columns = calloc((size_t)out->width, sizeof *columns);
  int32_t *rows = calloc((size_t)out->height, sizeof *rows);
  fv_status status = columns && rows ? FV_OK : fail(FV_ERROR_MEMORY, "no memory to resize an image");
  if (!status) {
    method->pick(columns, in->width, out->width);
    method->pick(rows, in->height, out->height);
    uint8_t *to = out->pixels;
    for (int32_t y = 0; y < out->height; y++) {
      const int32_t row = rows[y] < in->height ? rows[y] : in->height - 1;
      const uint8_t *from = in->pixels + (size_t)row * (size_t)in->width * channels;
      for (int32_t x = 0; x < out->width; x++, to += channels) {
        const int32_t column = columns[x] < in->width ? columns[x] : in->width - 1;
        memcpy(to, from + (size_t)column * channels, channels);
      }
    }
  }
  free(columns);
  free(rows);
  return status;
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

/* Makes sure of the sizes, then of the method for them. */
static fv_status begin(const fv__resize_method **method, const fv_image *in, int32_t height, int32_t width,
                       const char *name) {
  TRY(find_method(method, name));
  if (!in->pixels) return fail(FV_ERROR_INVALID, "the image is empty");
  if (height > 0 && width > 0) *method = fv__resize_choose(*method, in, height, width);
  return FV_OK;
}

fv_status fv_image_resize(fv_image *out, const fv_image *in, int32_t height, int32_t width, const char *name) {
  *out = (fv_image){0};
  const fv__resize_method *method = NULL;
  TRY(begin(&method, in, height, width, name));
  if (height == in->height && width == in->width) return fv_image_convert(out, in, in->channels);
  TRY(fv_image_create(out, height, width, in->channels));
  const fv__resize_target target = target_of(out);
  fv_status status = method->arithmetic == FV__RESIZE_PICK      ? pick(out, in, method)
                     : method->alpha_first && in->channels == 4 ? sweep_with_alpha(out, in, method)
                                                                : sweep(&target, in, method);
  if (status) fv_image_destroy(out);
  return status;
}

static fv_status resize_to_fractions(fv_tensor *out, const fv_image *in, int32_t height, int32_t width,
                                     const fv__resize_method *method) {
  fv_image limits; /* the same limits as for pictures */
  TRY(fv_image_create(&limits, height, width, 1));
  fv_image_destroy(&limits);
  const fv_shape shape = {3, {height, width, in->channels}};
  TRY(fv_tensor_create(out, &shape));
  const fv__resize_target target = {.height = height, .width = width, .floats = out->data};
  fv_status status = sweep(&target, in, method);
  if (status) fv_tensor_destroy(out);
  return status;
}

fv_status fv_image_resize_to_tensor(fv_tensor *out, const fv_image *in, int32_t height, int32_t width,
                                    const char *name) {
  *out = (fv_tensor){0};
  const fv__resize_method *method = NULL;
  TRY(begin(&method, in, height, width, name));
  const bool same = height == in->height && width == in->width;
  if (!same && fv__resize_gives_fractions(name)) return resize_to_fractions(out, in, height, width, method);
  fv_image bytes;
  TRY(fv_image_resize(&bytes, in, height, width, name));
  fv_status status = fv_image_to_tensor(out, &bytes);
  fv_image_destroy(&bytes);
  return status;
}
