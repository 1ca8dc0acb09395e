/* Exif orientation: finding it, and turning pixels upright.
 *
 * Exif is a TIFF file inside a JPEG marker: byte order "II" or "MM", 42, the offset of the first directory; a directory
 * is a count and 12-byte entries (tag, type, count, value). Orientation is tag 0x0112, a short:
 *   1 upright           2 mirrored                3 turned by 180            4 mirrored top to bottom
 *   5 transposed        6 to be turned right      7 transposed, turned 180   8 to be turned left
 * Source: Exif 2.3 (CIPA DC-008), TIFF 6.0.
 */
#include "base/fail.h"
#include "image/codec.h"

#include <string.h>

typedef struct reader {
  const uint8_t *bytes;
  size_t size;
  bool big; /* byte order */
} reader;

/* 2 or 4 bytes at an offset; 0 beyond the end. */
static uint32_t number(const reader *r, size_t offset, size_t width) {
  if (offset > r->size || r->size - offset < width) return 0;
  uint32_t value = 0;
  for (size_t i = 0; i < width; i++) value = value << 8 | r->bytes[offset + (r->big ? i : width - 1 - i)];
  return value;
}

int fv__exif_orientation(const uint8_t *bytes, size_t size) {
  if (size < 14 || memcmp(bytes, "Exif\0\0", 6)) return 0;
  reader r = {bytes + 6, size - 6, bytes[6] == 'M'};
  if (memcmp(r.bytes, r.big ? "MM" : "II", 2) || number(&r, 2, 2) != 42) return 0;
  size_t directory = number(&r, 4, 4), count = number(&r, directory, 2);
  for (size_t i = 0; i < count; i++) {
    size_t entry = directory + 2 + 12 * i;
    if (entry > r.size || r.size - entry < 12) return 0;
    if (number(&r, entry, 2) != 0x0112 || number(&r, entry + 2, 2) != 3) continue;
    uint32_t orientation = number(&r, entry + 8, 2);
    return orientation >= 1 && orientation <= 8 ? (int)orientation : 0;
  }
  return 0;
}

fv_status fv_image_upright(fv_image *image) {
  const int32_t orientation = image->orientation;
  if (orientation < 2 || orientation > 8) {
    image->orientation = 0;
    return FV_OK;
  }
  bool turned = orientation >= 5; /* height and width change places */
  fv_image upright;
  TRY(fv_image_create(&upright, turned ? image->width : image->height, turned ? image->height : image->width,
                      image->channels));
  bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  size_t channels = (size_t)image->channels;
  uint8_t *to = upright.pixels;
  for (int32_t y = 0; y < upright.height; y++)
    for (int32_t x = 0; x < upright.width; x++, to += channels) {
      int32_t row = turned ? x : y, column = turned ? y : x; /* of the stored picture */
      if (from_below) row = image->height - 1 - row;
      if (from_right) column = image->width - 1 - column;
      memcpy(to, image->pixels + ((size_t)row * (size_t)image->width + (size_t)column) * channels, channels);
    }
  fv_image_destroy(image);
  *image = upright;
  return FV_OK;
}
