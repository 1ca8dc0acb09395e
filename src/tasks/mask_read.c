/* Masks as class numbers, and back. */
#include <inttypes.h>

#include "tasks/mask_key.h"

enum { MIDDLE = 128 };

uint32_t fv__mask_packed(fv_mask_value v) { return (uint32_t)v.red << 16 | (uint32_t)v.green << 8 | v.blue; }

fv_mask_value fv__mask_number(int32_t n) { return (fv_mask_value){(uint8_t)n, (uint8_t)n, (uint8_t)n}; }

fv_mask_value fv__mask_value_at(const fv_image *image, int64_t pixel) {
  const uint8_t *p = image->pixels + pixel * image->channels;
  return image->channels == 1 ? fv__mask_number(*p) : (fv_mask_value){p[0], p[1], p[2]};
}

int32_t fv__mask_class_of(const fv_mask_key *key, fv_mask_value value) {
  if (key->kind == FV_MASK_HALVES) return value.red >= MIDDLE;
  for (int32_t i = 0; i < key->count + key->ignored; i++)
    if (fv__mask_packed(key->values[i]) == fv__mask_packed(value)) return i < key->count ? i : FV_MASK_IGNORED;
  return -1;
}

fv_status fv__mask_translate(fv_image *classes, const fv_image *image, const fv_mask_key *key) {
  TRY(fv_image_create(classes, image->height, image->width, 1));
  const int64_t pixels = (int64_t)image->height * image->width;
  uint32_t last = 0;
  int32_t found = -1;
  for (int64_t i = 0; i < pixels; i++) {
    const fv_mask_value value = fv__mask_value_at(image, i);
    if (found < 0 || fv__mask_packed(value) != last) found = fv__mask_class_of(key, value);
    last = fv__mask_packed(value);
    if (found < 0) {
      fv_image_destroy(classes);
      return fail(FV_ERROR_FORMAT, "the value (%d, %d, %d) at row %" PRId64 ", column %" PRId64 " is no class",
                  value.red, value.green, value.blue, i / image->width, i % image->width);
    }
    classes->pixels[i] = (uint8_t)found;
  }
  return FV_OK;
}

fv_status fv_mask_read(fv_image *classes, const char *path, const fv_mask_key *key) {
  fv_image image;
  *classes = (fv_image){.pixels = NULL};
  TRY(key->kind == FV_MASK_COLORS ? fv_image_read(&image, path) : fv_image_read_indices(&image, path));
  fv_status status = fv__mask_translate(classes, &image, key);
  fv_image_destroy(&image);
  return status ? note(status, "%s", path) : FV_OK;
}

fv_status fv_mask_paint(fv_image *mask, const fv_image *classes, const fv_mask_key *key) {
  const int32_t channels = key->kind == FV_MASK_COLORS ? 3 : 1;
  const int64_t pixels = (int64_t)classes->height * classes->width;
  TRY(fv_image_create(mask, classes->height, classes->width, channels));
  for (int64_t i = 0; i < pixels; i++) {
    const int32_t class = classes->pixels[i], place = class < key->count ? class : key->count;
    const fv_mask_value value = place < key->count + key->ignored ? key->values[place] : fv__mask_number(0);
    uint8_t *p = mask->pixels + i * channels;
    p[0] = value.red;
    if (channels == 3) p[1] = value.green, p[2] = value.blue;
  }
  return FV_OK;
}
