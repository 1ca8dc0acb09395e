/* BMP: Windows' and OS/2's bitmaps of 1, 2, 4, 8, 16, 24 and 32 bits, plain, with bit fields, or run-length coded.
 *
 *   14 bytes           "BM", size of the file, 0, where the pixels begin
 *   12 bytes (OS/2)    size of this header, width, height, planes, bits
 *   or 40 and more     size of this header, width, height (negative: rows from the top), planes, bits,
 *                      compression, ..., colours used; from 52 bytes on with the masks of bit fields
 *   masks              3 or 4 words, only after 40 bytes with bit fields
 *   palette            blue, green, red (and, but for OS/2, an unused byte) each
 *   rows               from the bottom to the top, each filled up to a multiple of 4 bytes; all little-endian
 *
 * A palette of grays only gives a gray image; the fourth byte of plain 32 bits is unused, an alpha mask makes 4
 * channels. Fields of n bits are widened as v * 255 / (2^n - 1) cut off, as Pillow does. Source: Microsoft's
 * BITMAPINFOHEADER and BITMAPV5HEADER pages.
 */
#include <inttypes.h>
#include <string.h>

#include "base/fail.h"
#include "image/codec.h"

enum { PLAIN = 0, RLE8 = 1, RLE4 = 2, FIELDS = 3, ALPHA_FIELDS = 6 };

typedef struct field {
  int shift, bits; /* bits 0: not there */
} field;

typedef struct bmp {
  const uint8_t *bytes;
  size_t size;
  int64_t width, height;
  bool from_top;
  uint32_t header_size, bits, compression, colours;
  size_t palette_offset, pixels_offset;
  field fields[4]; /* red, green, blue, alpha */
  uint8_t palette[256][3];
  bool gray;
} bmp;

static uint32_t word(const uint8_t *at) { return (uint32_t)at[0] | (uint32_t)at[1] << 8; }
static uint32_t dword(const uint8_t *at) { return word(at) | word(at + 2) << 16; }

static bool matches(const uint8_t *bytes, size_t size) { return size >= 2 && bytes[0] == 'B' && bytes[1] == 'M'; }

static fv_status read_sizes(bmp *b) {
  const uint8_t *info = b->bytes + 14;
  if (b->size < 26) return fail(FV_ERROR_FORMAT, "truncated: a BMP header of %zu bytes", b->size);
  b->pixels_offset = dword(b->bytes + 10);
  b->header_size = dword(info);
  if (b->header_size != 12 && (b->header_size < 40 || b->header_size > 124))
    return fail(FV_ERROR_UNSUPPORTED, "a BMP header of %" PRIu32 " bytes; known are 12 and 40 to 124", b->header_size);
  if (b->size < 14 + (size_t)b->header_size) return fail(FV_ERROR_FORMAT, "truncated: the BMP header is cut off");
  if (b->header_size == 12) {
    b->width = word(info + 4);
    b->height = word(info + 6);
    b->bits = word(info + 10);
    return FV_OK;
  }
  b->width = (int32_t)dword(info + 4);
  b->height = (int32_t)dword(info + 8); /* kept in 64 bits: INT32_MIN can be negated */
  if (b->height < 0) {
    b->from_top = true;
    b->height = -b->height;
  }
  b->bits = word(info + 14);
  b->compression = dword(info + 16);
  b->colours = dword(info + 32);
  return FV_OK;
}

static fv_status check_kind(const bmp *b) {
  bool known =
      b->bits == 1 || b->bits == 2 || b->bits == 4 || b->bits == 8 || b->bits == 16 || b->bits == 24 || b->bits == 32;
  if (!known) return fail(FV_ERROR_UNSUPPORTED, "a BMP of %" PRIu32 " bits a pixel", b->bits);
  uint32_t kind = b->compression;
  if (kind == 4 || kind == 5) return fail(FV_ERROR_UNSUPPORTED, "a BMP that wraps a %s", kind == 4 ? "JPEG" : "PNG");
  bool fits = kind == PLAIN || (kind == RLE8 && b->bits == 8) || (kind == RLE4 && b->bits == 4) ||
              ((kind == FIELDS || kind == ALPHA_FIELDS) && (b->bits == 16 || b->bits == 32));
  if (!fits) return fail(FV_ERROR_UNSUPPORTED, "a BMP of compression %" PRIu32 " with %" PRIu32 " bits", kind, b->bits);
  if ((kind == RLE8 || kind == RLE4) && b->from_top)
    return fail(FV_ERROR_FORMAT, "a run-length coded BMP from top to bottom is not allowed");
  return FV_OK;
}

/* ---- bit fields */

static fv_status set_field(field *f, uint32_t mask) {
  *f = (field){0, 0};
  if (!mask) return FV_OK;
  while (!(mask >> f->shift & 1)) f->shift++;
  while (f->shift + f->bits < 32 && mask >> (f->shift + f->bits) & 1) f->bits++;
  uint32_t whole = (f->bits == 32 ? UINT32_MAX : (UINT32_C(1) << f->bits) - 1) << f->shift;
  if (whole != mask) return fail(FV_ERROR_FORMAT, "the BMP bit mask %08" PRIx32 " has holes", mask);
  return FV_OK;
}

static uint8_t field_value(const field *f, uint32_t pixel) {
  if (f->bits == 0) return 0;
  uint32_t value = pixel >> f->shift;
  if (f->bits > 8) return (uint8_t)(value >> (f->bits - 8));
  uint32_t most = (UINT32_C(1) << f->bits) - 1;
  return (uint8_t)((value & most) * 255 / most);
}

static fv_status read_fields(bmp *b) {
  uint32_t masks[4] = {0xff0000, 0xff00, 0xff, 0};
  if (b->bits == 16) memcpy(masks, (uint32_t[4]){0x7c00, 0x3e0, 0x1f, 0}, sizeof masks);
  if (b->compression == FIELDS || b->compression == ALPHA_FIELDS) {
    bool inside = b->header_size >= 52; /* in the header itself; with 56 bytes and more also alpha */
    int count = (inside ? b->header_size >= 56 : b->compression == ALPHA_FIELDS) ? 4 : 3;
    if (b->size < 54 + 4 * (size_t)count) return fail(FV_ERROR_FORMAT, "truncated: the BMP's bit masks are cut off");
    for (int i = 0; i < count; i++) masks[i] = dword(b->bytes + 54 + 4 * i);
    if (!inside) b->palette_offset += 4 * (size_t)count;
  }
  for (int i = 0; i < 4; i++) TRY(set_field(&b->fields[i], masks[i]));
  return FV_OK;
}

static fv_status read_palette(bmp *b) {
  size_t entry = b->header_size == 12 ? 3 : 4, most = (size_t)1 << b->bits, count = b->colours;
  if (count == 0 || count > most) count = most;
  /* some writers store fewer colours than they say: what is before the pixels counts */
  size_t end = b->pixels_offset < b->size ? b->pixels_offset : b->size;
  size_t room = end > b->palette_offset ? (end - b->palette_offset) / entry : 0;
  if (count > room) count = room;
  if (count == 0) return fail(FV_ERROR_FORMAT, "the BMP has no palette");
  b->gray = true;
  for (size_t i = 0; i < count; i++) {
    const uint8_t *at = b->bytes + b->palette_offset + entry * i;
    for (int c = 0; c < 3; c++) b->palette[i][c] = at[2 - c];
    if (at[0] != at[1] || at[1] != at[2]) b->gray = false;
  }
  return FV_OK;
}

/* ---- rows */

static uint8_t *row_of(const bmp *b, const fv_image *image, int64_t stored) {
  int64_t y = b->from_top ? stored : b->height - 1 - stored;
  return image->pixels + (size_t)y * (size_t)image->width * (size_t)image->channels;
}

static void put_index(const bmp *b, uint8_t *to, uint8_t index) { memcpy(to, b->palette[index], b->gray ? 1 : 3); }

static void read_row(const bmp *b, uint8_t *to, const uint8_t *from, int32_t channels) {
  for (int64_t x = 0; x < b->width; x++, to += channels) {
    if (b->bits <= 8) {
      int64_t bit = x * b->bits;
      uint32_t from_left = (uint32_t)from[bit / 8] << bit % 8 & 0xff; /* this pixel's bits come first */
      put_index(b, to, (uint8_t)(from_left >> (8 - b->bits)));
    } else if (b->bits == 24) {
      for (int c = 0; c < 3; c++) to[c] = from[3 * x + 2 - c];
    } else {
      uint32_t pixel = b->bits == 16 ? word(from + 2 * x) : dword(from + 4 * x);
      for (int c = 0; c < channels; c++) to[c] = field_value(&b->fields[c], pixel);
    }
  }
}

static fv_status read_rows(const bmp *b, fv_image *image) {
  size_t stride = ((size_t)b->width * b->bits + 31) / 32 * 4, used = ((size_t)b->width * b->bits + 7) / 8;
  /* the last row may come without its filling */
  size_t needed = stride * (size_t)(b->height - 1) + used;
  if (b->pixels_offset > b->size || b->size - b->pixels_offset < needed)
    return fail(FV_ERROR_FORMAT, "truncated: expected %zu bytes of pixels, found %zu", needed,
                b->pixels_offset > b->size ? (size_t)0 : b->size - b->pixels_offset);
  for (int64_t y = 0; y < b->height; y++)
    read_row(b, row_of(b, image, y), b->bytes + b->pixels_offset + (size_t)y * stride, image->channels);
  return FV_OK;
}

/* ---- run-length coding: (n, v) repeats v n times; (0, 0) ends the row, (0, 1) the picture, (0, 2, x, y) moves, (0, n)
 * brings n single pixels, filled up to an even number of bytes. Pixels that are skipped keep colour 0. */

static void put_run(const bmp *b, fv_image *image, int64_t *x, int64_t y, const uint8_t *values, int count,
                    bool single) {
  for (int i = 0; i < count; i++, ++*x) {
    uint8_t byte = values[single ? (b->bits == 8 ? i : i / 2) : 0];
    uint8_t index = b->bits == 8 ? byte : i % 2 ? byte & 15 : byte >> 4;
    if (*x < b->width && y < b->height) put_index(b, row_of(b, image, y) + (size_t)*x * (size_t)image->channels, index);
  }
}

static fv_status read_runs(const bmp *b, fv_image *image) {
  for (int64_t y = 0; y < b->height; y++)
    for (int64_t x = 0; x < b->width; x++) put_index(b, row_of(b, image, y) + x * image->channels, 0);
  size_t at = b->pixels_offset;
  int64_t x = 0, y = 0;
  while (y < b->height) {
    if (at > b->size || b->size - at < 2) return fail(FV_ERROR_FORMAT, "truncated: the runs end in row %" PRId64, y);
    uint8_t count = b->bytes[at], value = b->bytes[at + 1];
    at += 2;
    if (count) {
      put_run(b, image, &x, y, &value, count, false);
    } else if (value == 0) {
      x = 0;
      y++;
    } else if (value == 1) {
      return FV_OK;
    } else {
      size_t bytes = value == 2 ? 2 : b->bits == 8 ? value : (value + 1u) / 2;
      if (b->size - at < bytes) return fail(FV_ERROR_FORMAT, "truncated: the runs end in row %" PRId64, y);
      if (value == 2) {
        x += b->bytes[at];
        y += b->bytes[at + 1];
      } else {
        put_run(b, image, &x, y, b->bytes + at, value, true);
      }
      at += bytes + (bytes & 1);
    }
  }
  return FV_OK;
}

static fv_status decode(fv_image *image, const uint8_t *bytes, size_t size) {
  bmp b = {.bytes = bytes, .size = size};
  TRY(read_sizes(&b));
  TRY(check_kind(&b));
  b.palette_offset = 14 + (size_t)b.header_size;
  if (b.bits == 16 || b.bits == 32) TRY(read_fields(&b));
  if (b.bits <= 8) TRY(read_palette(&b));
  bool runs = b.compression == RLE8 || b.compression == RLE4;
  int32_t channels = b.bits <= 8 ? (b.gray ? 1 : 3) : b.fields[3].bits ? 4 : 3;
  TRY(fv__image_claim(image, b.height, b.width, channels, size, runs ? 255 : 8 / (b.bits < 8 ? b.bits : 8)));
  return runs ? read_runs(&b, image) : read_rows(&b, image);
}

/* ---- writing: gray with a palette of grays, else 24 bits; alpha is kept as 32 bits with masks (a V4 header) */

static void put32(uint8_t *to, uint32_t value) {
  for (int i = 0; i < 4; i++) to[i] = (uint8_t)(value >> 8 * i);
}

static void write_header(FILE *stream, const fv_image *image, uint32_t stride) {
  uint8_t header[14 + 108] = {'B', 'M'};
  bool gray = image->channels == 1, alpha = image->channels == 4;
  uint32_t info = alpha ? 108 : 40, start = 14 + info + (gray ? 1024 : 0);
  put32(header + 2, start + stride * (uint32_t)image->height);
  put32(header + 10, start);
  put32(header + 14, info);
  put32(header + 18, (uint32_t)image->width);
  put32(header + 22, (uint32_t)image->height);
  header[26] = 1;
  header[28] = gray ? 8 : alpha ? 32 : 24;
  header[30] = alpha ? FIELDS : PLAIN;
  put32(header + 34, stride * (uint32_t)image->height);
  put32(header + 38, 2835); /* 72 dots an inch */
  put32(header + 42, 2835);
  if (alpha) {
    const uint32_t masks[4] = {0xff0000, 0xff00, 0xff, 0xff000000};
    for (int i = 0; i < 4; i++) put32(header + 54 + 4 * i, masks[i]);
    memcpy(header + 70, "BGRs", 4); /* sRGB */
  }
  fwrite(header, 1, 14 + (size_t)info, stream);
  for (int i = 0; gray && i < 256; i++) fwrite((uint8_t[4]){(uint8_t)i, (uint8_t)i, (uint8_t)i, 0}, 1, 4, stream);
}

static fv_status write_image(FILE *stream, const fv_image *image) {
  size_t channels = (size_t)image->channels, row = (size_t)image->width * channels, filling = (4 - row % 4) % 4;
  write_header(stream, image, (uint32_t)(row + filling));
  for (int32_t y = image->height - 1; y >= 0; y--) {
    const uint8_t *from = image->pixels + (size_t)y * row;
    if (channels == 1) {
      fwrite(from, 1, row, stream);
    } else {
      for (int32_t x = 0; x < image->width; x++, from += channels)
        fwrite((uint8_t[4]){from[2], from[1], from[0], channels == 4 ? from[3] : 0}, 1, channels, stream);
    }
    fwrite("\0\0\0", 1, filling, stream);
  }
  return FV_OK;
}

const fv__codec fv__codec_bmp = {"BMP", {".bmp"}, matches, decode, write_image};
