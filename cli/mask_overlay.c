/* Tints and edges. */
#include "mask_overlay.h"

#include <math.h>
#include <string.h>

typedef struct tint {
  uint8_t rgb[3];
  bool is_left;
} tint;

/* Hues a golden angle apart: neighbours in number are far from each other. Full saturation, by turns light and dark. */
static void choose_hue(uint8_t rgb[3], int32_t class) {
  const double hue = fmod(class * 0.61803398875, 1), value = class % 2 ? 255 : 200;
  for (int c = 0; c < 3; c++) {
    const double away = fabs(fmod(6 * hue + 6 - 2 * c, 6) - 3) - 1; /* red at 0, green at 2, blue at 4 */
    rgb[c] = (uint8_t)(value * (away < 0 ? 0 : away > 1 ? 1 : away));
  }
}

static tint tint_of(const fv_mask_key *key, const char *const *names, int32_t class) {
  tint t = {.is_left = class >= key->count || !strcmp(names[class], "background")};
  const fv_mask_value v = key->values[class < key->count ? class : 0];
  if (key->kind == FV_MASK_COLORS)
    t.rgb[0] = v.red, t.rgb[1] = v.green, t.rgb[2] = v.blue;
  else
    choose_hue(t.rgb, class);
  return t;
}

static bool is_edge(const fv_image *classes, int32_t y, int32_t x) {
  const uint8_t *at = classes->pixels + (int64_t)y * classes->width + x;
  return (x > 0 && at[-1] != *at) || (x + 1 < classes->width && at[1] != *at) ||
         (y > 0 && at[-classes->width] != *at) || (y + 1 < classes->height && at[classes->width] != *at);
}

fv_status mask_overlay_draw(fv_image *drawn, const fv_image *image, const fv_image *classes, const fv_mask_key *key,
                            const char *const *names, double opacity) {
  tint tints[256];
  for (int32_t c = 0; c < 256; c++) tints[c] = tint_of(key, names, c);
  const fv_status failed = fv_image_convert(drawn, image, 3);
  if (failed) return failed;
  for (int32_t y = 0; y < drawn->height; y++)
    for (int32_t x = 0; x < drawn->width; x++) {
      const int64_t at = (int64_t)y * drawn->width + x;
      const tint *t = &tints[classes->pixels[at]];
      const double share = t->is_left ? 0 : is_edge(classes, y, x) ? 1 : opacity;
      for (int c = 0; c < 3; c++) {
        uint8_t *p = drawn->pixels + 3 * at + c;
        *p = (uint8_t)lround(*p + share * (t->rgb[c] - *p));
      }
    }
  return FV_OK;
}
