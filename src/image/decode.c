/* Which codec: by the first bytes when reading, by the ending of the name when writing. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/text.h"
#include "image/codec.h"

static const fv__codec *const codecs[] = {&fv__codec_jpeg, &fv__codec_png, &fv__codec_bmp, &fv__codec_webp,
                                          &fv__codec_pnm};
enum { CODECS = sizeof codecs / sizeof *codecs };

/* Files longer than this are no images within the limits: 178,956,970 pixels of 16 bytes of text each. */
static const int64_t LONGEST_FILE = INT64_C(3) << 30;

/* What is recognised in order to be refused by name. */
static const struct {
  const char *name;
  size_t offset, length;
  const char *magic;
} refused[] = {
    {"GIF", 0, 4, "GIF8"},         {"TIFF", 0, 4, "II*\0"},        {"TIFF", 0, 4, "MM\0*"},
    {"BigTIFF", 0, 4, "II+\0"},    {"HEIF or AVIF", 4, 4, "ftyp"}, {"JPEG 2000", 4, 4, "jP  "},
    {"JPEG XL", 0, 2, "\xff\x0a"}, {"PDF", 0, 5, "%PDF-"},         {"Photoshop", 0, 4, "8BPS"},
    {"icon", 0, 4, "\0\0\1\0"},    {"NumPy", 0, 6, "\x93NUMPY"},   {"zip", 0, 4, "PK\3\4"},
    {"HDF5", 0, 4, "\x89HDF"},     {"gzip", 0, 2, "\x1f\x8b"},     {"QOI", 0, 4, "qoif"},
    {"HTML", 0, 5, "<html"},       {"HTML", 0, 9, "<!DOCTYPE"},    {"SVG", 0, 4, "<svg"},
};

fv_status fv__image_sniff(const fv__codec **codec, const uint8_t *bytes, size_t size) {
  if (size == 0) return fail(FV_ERROR_FORMAT, "is empty, not an image");
  for (int i = 0; i < CODECS; i++) {
    if (!codecs[i]->matches(bytes, size)) continue;
    if (!codecs[i]->decode)
      return fail(FV_ERROR_UNSUPPORTED, "is a %s file, which this build of fovea does not read", codecs[i]->name);
    *codec = codecs[i];
    return FV_OK;
  }
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    if (size >= refused[i].offset + refused[i].length &&
        !memcmp(bytes + refused[i].offset, refused[i].magic, refused[i].length))
      return fail(FV_ERROR_UNSUPPORTED, "is of the kind %s; fovea reads JPEG, PNG, BMP, PPM, PGM and WebP",
                  refused[i].name);
  return fail(FV_ERROR_FORMAT, "is not an image that fovea knows (JPEG, PNG, BMP, PPM, PGM, WebP)");
}

static fv_status decode(fv_image *image, const uint8_t *bytes, size_t size, bool keeps_indices) {
  const fv__codec *codec;
  TRY(fv__image_sniff(&codec, bytes, size));
  return keeps_indices && codec->decode_indices ? codec->decode_indices(image, bytes, size)
                                                : codec->decode(image, bytes, size);
}

fv_status fv_image_decode(fv_image *image, const void *bytes, size_t size, const char *name) {
  *image = (fv_image){0};
  fv_status status = decode(image, bytes, size, false);
  if (status) fv_image_destroy(image);
  return status && name ? note(status, "%s", name) : status;
}

static fv_status read_image(fv_image *image, const char *path, bool keeps_indices) {
  *image = (fv_image){0};
  uint8_t *bytes;
  size_t size;
  TRY(fv__file_read(&bytes, &size, path, LONGEST_FILE));
  fv_status status = decode(image, bytes, size, keeps_indices);
  if (status) fv_image_destroy(image);
  free(bytes);
  return status ? note(status, "%s", path) : FV_OK;
}

fv_status fv_image_read(fv_image *image, const char *path) { return read_image(image, path, false); }

fv_status fv_image_read_indices(fv_image *image, const char *path) { return read_image(image, path, true); }

static const fv__codec *writer_of(const char *path) {
  for (int i = 0; i < CODECS; i++)
    for (int k = 0; k < 3 && codecs[i]->endings[k]; k++)
      if (codecs[i]->write && fv__text_ends_with_ignoring_case(path, codecs[i]->endings[k])) return codecs[i];
  return NULL;
}

fv_status fv_image_check_name(const char *path) {
  if (writer_of(path)) return FV_OK;
  return fail(FV_ERROR_INVALID, "%s: the name of an image must end in .png, .jpg, .bmp, .ppm or .pgm", path);
}

fv_status fv_image_write(const char *path, const fv_image *image) {
  TRY(fv_image_check_name(path));
  const fv__codec *codec = writer_of(path);
  if (!image->pixels || image->height < 1 || image->width < 1)
    return fail(FV_ERROR_INVALID, "%s: the image is empty", path);
  fv__file_writer writer;
  TRY(fv__file_write_begin(&writer, path));
  fv_status status = codec->write(writer.stream, image);
  if (status && !ferror(writer.stream)) {
    fv__file_write_cancel(&writer);
    return note(status, "%s", path);
  }
  return fv__file_write_commit(&writer); /* knows why a write failed */
}

fv_status fv_image_encode(void **bytes, size_t *size, const fv_image *image, const char *ending) {
  *bytes = NULL;
  *size = 0;
  TRY(fv_image_check_name(ending));
  if (!image->pixels || image->height < 1 || image->width < 1) return fail(FV_ERROR_INVALID, "the image is empty");
  char *memory = NULL;
  FILE *stream = open_memstream(&memory, size);
  if (!stream) return fail(FV_ERROR_MEMORY, "no memory for an encoded image");
  fv_status status = writer_of(ending)->write(stream, image);
  const bool is_whole = !ferror(stream);
  if ((fclose(stream) || !is_whole) && !status) status = fail(FV_ERROR_MEMORY, "no memory for an encoded image");
  if (status)
    free(memory);
  else
    *bytes = memory;
  return status;
}
