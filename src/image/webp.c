/* WebP by libwebp: lossy and lossless still pictures, with or without alpha. Animations are refused. */
#include "image/codec.h"

#include <inttypes.h>
#include <string.h>

#include "base/fail.h"

#ifdef FOVEA_WEBP
#include <webp/decode.h>

/* A picture of one colour needs no bits per pixel, so the file's size bounds nothing; the format's own limit of 16383 a
 * side and the limit for images do. */
static const int64_t NO_BOUND = INT64_MAX;

static fv_status decode(fv_image *image, const uint8_t *bytes, size_t size) {
  WebPBitstreamFeatures features;
  VP8StatusCode code = WebPGetFeatures(bytes, size, &features);
  if (code == VP8_STATUS_NOT_ENOUGH_DATA) return fail(FV_ERROR_FORMAT, "truncated WebP");
  if (code != VP8_STATUS_OK) return fail(FV_ERROR_FORMAT, "damaged WebP: code %d", (int)code);
  if (features.has_animation) return fail(FV_ERROR_UNSUPPORTED, "is an animated WebP; fovea reads still pictures");
  int32_t channels = features.has_alpha ? 4 : 3;
  TRY(fv__image_claim(image, features.height, features.width, channels, size, NO_BOUND));
  size_t stride = (size_t)image->width * (size_t)channels, total = stride * (size_t)image->height;
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return fail(FV_ERROR_UNSUPPORTED, "another libwebp than at build time");
  config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = (WebPRGBABuffer){image->pixels, (int)stride, total};
  code = WebPDecode(bytes, size, &config);
  WebPFreeDecBuffer(&config.output);
  if (code == VP8_STATUS_OK) return FV_OK;
  if (code == VP8_STATUS_OUT_OF_MEMORY) return fail(FV_ERROR_MEMORY, "no memory to read the WebP");
  return fail(FV_ERROR_FORMAT, "damaged or truncated WebP: code %d", (int)code);
}
#else
#define decode NULL
#endif

static bool matches(const uint8_t *bytes, size_t size) {
  return size >= 12 && !memcmp(bytes, "RIFF", 4) && !memcmp(bytes + 8, "WEBP", 4);
}

const fv__codec fv__codec_webp = {"WebP", {NULL}, matches, decode, NULL};
