/* PPM and PGM, as numbers in text (P2, P3) or in bytes (P5, P6).
 *
 *   P6 width height maximum, one white space, then rows of samples; "#" begins a comment up to the end of the line.
 *
 * A sample v becomes v when the maximum is 255, v >> 8 when it is 65535, else v * 255 / maximum rounded. Source: the
 * netpbm pages ppm(5), pgm(5).
 */
#include <inttypes.h>

#include "base/fail.h"
#include "image/codec.h"

typedef struct reader {
  const uint8_t *at, *end;
  int64_t maximum;
} reader;

static bool is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool matches(const uint8_t *bytes, size_t size) {
  return size >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7' && (is_space(bytes[2]) || bytes[2] == '#');
}

/* A decimal number after white space and comments; up to 65535 of samples and 2^31 of sizes. */
static fv_status take_number(reader *r, int64_t *value, const char *what) {
  while (r->at < r->end && (is_space(*r->at) || *r->at == '#')) {
    if (*r->at == '#')
      while (r->at < r->end && *r->at != '\n' && *r->at != '\r') r->at++;
    else
      r->at++;
  }
  if (r->at == r->end) return fail(FV_ERROR_FORMAT, "truncated: the %s is missing", what);
  int64_t number = 0;
  const uint8_t *start = r->at;
  for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
    if ((number = number * 10 + (*r->at - '0')) > INT32_MAX) return fail(FV_ERROR_FORMAT, "the %s is too large", what);
  if (r->at == start) return fail(FV_ERROR_FORMAT, "expected a number for the %s, found byte %d", what, *start);
  *value = number;
  return FV_OK;
}

static fv_status store(uint8_t *to, int64_t value, int64_t maximum) {
  if (value > maximum)
    return fail(FV_ERROR_FORMAT, "a sample of %" PRId64 " above the maximum %" PRId64, value, maximum);
  *to = (uint8_t)(maximum == 255 ? value : maximum == 65535 ? value >> 8 : (value * 255 + maximum / 2) / maximum);
  return FV_OK;
}

static fv_status read_text(reader *r, uint8_t *to, int64_t samples) {
  for (int64_t i = 0; i < samples; i++) {
    int64_t value;
    TRY(take_number(r, &value, "next sample"));
    TRY(store(to + i, value, r->maximum));
  }
  return FV_OK;
}

static fv_status read_bytes(reader *r, uint8_t *to, int64_t samples) {
  if (r->at == r->end || !is_space(*r->at)) return fail(FV_ERROR_FORMAT, "expected white space after the header");
  r->at++;
  int width = r->maximum > 255 ? 2 : 1;
  if ((r->end - r->at) / width < samples)
    return fail(FV_ERROR_FORMAT, "truncated: expected %" PRId64 " bytes of samples, found %td", samples * width,
                r->end - r->at);
  for (int64_t i = 0; i < samples; i++, r->at += width)
    TRY(store(to + i, width == 2 ? r->at[0] << 8 | r->at[1] : r->at[0], r->maximum));
  return FV_OK;
}

static fv_status decode(fv_image *image, const uint8_t *bytes, size_t size) {
  char kind = (char)bytes[1];
  if (kind == '1' || kind == '4' || kind == '7')
    return fail(FV_ERROR_UNSUPPORTED, "is a P%c file (%s); fovea reads P2, P3, P5 and P6", kind,
                kind == '7' ? "PAM" : "black and white bitmap");
  bool text = kind == '2' || kind == '3';
  reader r = {bytes + 2, bytes + size, 0};
  int64_t width, height;
  TRY(take_number(&r, &width, "width"));
  TRY(take_number(&r, &height, "height"));
  TRY(take_number(&r, &r.maximum, "maximum"));
  if (r.maximum < 1 || r.maximum > 65535)
    return fail(FV_ERROR_FORMAT, "the maximum must be 1 to 65535, not %" PRId64, r.maximum);
  int32_t channels = kind == '3' || kind == '6' ? 3 : 1;
  TRY(fv__image_claim(image, height, width, channels, size, 1));
  int64_t samples = width * height * channels;
  return text ? read_text(&r, image->pixels, samples) : read_bytes(&r, image->pixels, samples);
}

static fv_status write_image(FILE *stream, const fv_image *image) {
  bool gray = image->channels == 1;
  fprintf(stream, "P%c\n%" PRId32 " %" PRId32 "\n255\n", gray ? '5' : '6', image->width, image->height);
  const uint8_t *from = image->pixels;
  size_t count = (size_t)image->height * (size_t)image->width;
  if (image->channels != 4) {
    fwrite(from, (size_t)image->channels, count, stream);
    return FV_OK;
  }
  for (size_t i = 0; i < count; i++, from += 4) fwrite(from, 3, 1, stream);
  return FV_OK;
}

const fv__codec fv__codec_pnm = {"PPM", {".ppm", ".pgm"}, matches, decode, write_image};
