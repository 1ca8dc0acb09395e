/* Codecs: one file per kind of image, each ending in one constant descriptor.
 *
 * Decoders get the whole file in memory and make a new image; writers get an open stream. Neither names the file in its
 * messages: the caller does. Decoders call fv__image_claim before they take memory, so that what a header declares is
 * held against the limits and against the number of bytes that are really there.
 */
#ifndef FOVEA_IMAGE_CODEC_H
#define FOVEA_IMAGE_CODEC_H

#include <stdio.h>

#include <fovea/image.h>

typedef struct fv__codec {
  const char *name;       /* as in messages: "JPEG" */
  const char *endings[3]; /* of files to write: ".jpg" ... NULL-terminated unless full */
  bool (*matches)(const uint8_t *bytes, size_t size);
  fv_status (*decode)(fv_image *image, const uint8_t *bytes, size_t size);         /* NULL: this build cannot read it */
  fv_status (*write)(FILE *stream, const fv_image *image);                         /* NULL: not written */
  fv_status (*decode_indices)(fv_image *image, const uint8_t *bytes, size_t size); /* numbers of a palette's colours as
                                                                                      one channel; NULL: as decode */
} fv__codec;

extern const fv__codec fv__codec_jpeg, fv__codec_png, fv__codec_bmp, fv__codec_pnm, fv__codec_webp;

/* The codec for a file that begins with these bytes, 64 or all of it. Errors: FV_ERROR_FORMAT, FV_ERROR_UNSUPPORTED for
 * what is no image that fovea reads. */
fv_status fv__image_sniff(const fv__codec **codec, const uint8_t *bytes, size_t size) FV_CHECK;

/* Makes the image that a header of a file of `size` bytes declares: sides as wide integers so that nothing is cut off.
 * `most` is how many pixels one byte of such a file can stand for at most; a file that declares more is damaged. */
fv_status fv__image_claim(fv_image *image, int64_t height, int64_t width, int32_t channels, size_t size,
                          int64_t most) FV_CHECK;

/* The orientation in an Exif block ("Exif\0\0", then TIFF); 0 when there is none or it is damaged. */
int fv__exif_orientation(const uint8_t *bytes, size_t size);

#endif
