/* Images: 8-bit pictures, read from and written to files, resized and cropped.
 *
 * Pixels are dense rows from top to bottom, pixels from left to right, channels last: gray (1), red green blue (3) or
 * red green blue alpha (4). Alpha is not premultiplied. A picture that the program already has (a camera frame) needs
 * no copy: fill the structure yourself and do not destroy it.
 *
 * Limits of one image: 65,535 pixels a side, 178,956,970 pixels in all.
 */
#ifndef FOVEA_IMAGE_H
#define FOVEA_IMAGE_H

#include <fovea/tensor.h>
#include <fovea/workers.h>

FV_BEGIN_DECLARATIONS

enum { FV_IMAGE_MAX_SIDE = 65535, FV_IMAGE_MAX_PIXELS = 178956970 };

typedef struct fv_image {
  int32_t height, width;
  int32_t channels;    /* 1, 3 or 4 */
  uint8_t *pixels;     /* height * width * channels bytes */
  int32_t orientation; /* Exif's 1 to 8 where the file it was read from says so, else 0: fv_image_upright */
} fv_image;

/* Gives `image` black (and transparent) pixels; what it held before is not freed. End it with fv_image_destroy.
 * Errors: FV_ERROR_INVALID for other channels than 1, 3, 4 or a side below 1, FV_ERROR_MEMORY beyond the limits or
 * without memory. On failure it is empty. */
FV_API FV_CHECK fv_status fv_image_create(fv_image *image, int32_t height, int32_t width, int32_t channels);

/* Frees the pixels and leaves an empty structure. NULL and empty structures are fine. */
FV_API void fv_image_destroy(fv_image *image);

/* Reads an image file. The type is told by the content, not by the name: JPEG (baseline, progressive, gray, CMYK), PNG
 * (all types; of 16 bits the high 8), BMP (1 to 32 bits), PPM and PGM, WebP (no animations). Channels are those of the
 * file: 1 for gray, 3 for colour and for CMYK, 4 where there is transparency. Pixels equal Pillow's. They
 * lie as they are stored, as in Keras and Pillow: a JPEG's Exif orientation is told, not applied.
 * Errors: FV_ERROR_NOT_FOUND, FV_ERROR_IO; FV_ERROR_FORMAT for damaged or truncated files and files that are no image;
 * FV_ERROR_UNSUPPORTED for GIF, TIFF and other named kinds, and for more pixels than FV_IMAGE_MAX_SIDE and
 * FV_IMAGE_MAX_PIXELS; FV_ERROR_MEMORY. Every message names the file. On failure the image is empty. */
FV_API FV_CHECK fv_status fv_image_read(fv_image *image, const char *path);

/* The same, but a PNG with a palette gives one channel: the numbers of its colours, as masks of classes have them. */
FV_API FV_CHECK fv_status fv_image_read_indices(fv_image *image, const char *path);

/* The same as fv_image_read for a file that is in memory. `name` is used in messages only; NULL leaves it out. */
FV_API FV_CHECK fv_status fv_image_decode(fv_image *image, const void *bytes, size_t size, const char *name);

/* Turns a picture just read as its Exif orientation says, in place; one without orientation stays as it is. Errors:
 * FV_ERROR_MEMORY; the picture is then unchanged. */
FV_API FV_CHECK fv_status fv_image_upright(fv_image *image);

/* Writes an image; the kind is told by the ending: .png, .jpg or .jpeg (quality 95, colour not subsampled, alpha
 * dropped), .bmp, .ppm or .pgm. The file appears whole or not at all. Errors: FV_ERROR_INVALID for another ending,
 * FV_ERROR_IO, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_image_write(const char *path, const fv_image *image);

/* The same into new memory, `size` bytes; free() it. `ending` says the kind: ".png". Errors: as above. */
FV_API FV_CHECK fv_status fv_image_encode(void **bytes, size_t *size, const fv_image *image, const char *ending);

/* Whether fv_image_write knows the ending of this name: FV_OK or the FV_ERROR_INVALID that it would give. Before long
 * work. */
FV_API FV_CHECK fv_status fv_image_check_name(const char *path);

/* The same picture with 1, 3 or 4 channels, in a new image. Gray becomes three equal channels, RGB becomes gray as
 * (19595 R + 38470 G + 7471 B + 32768) >> 16 (ITU-R BT.601), alpha is dropped, never blended, and added as 255. */
FV_API FV_CHECK fv_status fv_image_convert(fv_image *out, const fv_image *in, int32_t channels);

/* One channel of a picture as a new gray image: "r", "g", "b", "gray", "gray-cv" (OpenCV's gray:
 * (9798 R + 19235 G + 3735 B + 16384) >> 15), or "all" for a copy of it without alpha.
 * Errors: FV_ERROR_INVALID for another word. */
FV_API FV_CHECK fv_status fv_image_channel(fv_image *out, const fv_image *in, const char *channel);

/* The part that begins at (top, left), in a new image. Errors: FV_ERROR_SHAPE when it is not wholly inside. */
FV_API FV_CHECK fv_status fv_image_crop(fv_image *out, const fv_image *in, int32_t top, int32_t left, int32_t height,
                                        int32_t width);

/* The picture at another size, in a new image. Methods carry a library's name and its numbers:
 *
 *   pil-nearest, pil-box, pil-bilinear, pil-hamming, pil-bicubic, pil-lanczos
 *       Pillow's, equal to it in every byte; all but nearest widen their filter when they shrink, and weight colour by
 *       alpha
 *   cv-nearest, cv-nearest-exact, cv-linear, cv-linear-exact, cv-cubic, cv-lanczos4, cv-area
 *       OpenCV's for 8 bits: linear, linear-exact and area in every byte, cubic and lanczos4 within 1, nearest-exact
 * but for centres that lie between two pixels; none but area is made for shrinking by much tf-nearest, tf-bilinear,
 * tf-bicubic, tf-area, tf-bilinear-aa, tf-bicubic-aa, tf-lanczos3-aa tf.image.resize, -aa with antialias, in float32
 *   torch-bilinear, torch-bilinear-corners, torch-bicubic, torch-bilinear-aa
 *       torch.nn.functional.interpolate, corners with align_corners, -aa with antialias, in float32
 *
 * What is computed in float32 is rounded (half to even) and limited to 0..255. Errors: FV_ERROR_INVALID names the
 * methods there are; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_image_resize(fv_image *out, const fv_image *in, int32_t height, int32_t width,
                                          const char *method);

/* The same as float32 numbers, shape (height, width, channels), in a new tensor: tf- and torch- methods keep their
 * fractions and may leave 0..255; the others give the same numbers as fv_image_resize. */
FV_API FV_CHECK fv_status fv_image_resize_to_tensor(fv_tensor *out, const fv_image *in, int32_t height, int32_t width,
                                                    const char *method);

/* Floats at another size, in a new tensor: (height, width) or (height, width, channels), any number of channels, alpha
 * like any other. Methods as above with float32 sums that are not rounded and may leave the range of the input; cv- are
 * OpenCV's for float32. Errors: as above, FV_ERROR_SHAPE for other ranks, FV_ERROR_UNSUPPORTED beyond the limits of
 * images. */
FV_API FV_CHECK fv_status fv_image_resize_floats(fv_tensor *out, const fv_tensor *in, int32_t height, int32_t width,
                                                 const char *method);

/* The same into memory that is there, as for the frames of a film: `out` has the wanted extents and the channels of
 * `in`, and does not overlap it. `workers` share the work; NULL: the caller's thread alone. The same bits either way.
 * Errors: FV_ERROR_SHAPE for other channels. */
FV_API FV_CHECK fv_status fv_image_resize_into(const fv_image *out, const fv_image *in, const char *method,
                                               fv_workers *workers);
FV_API FV_CHECK fv_status fv_image_resize_floats_into(const fv_tensor *out, const fv_tensor *in, const char *method,
                                                      fv_workers *workers);

/* The name of resize method `index`, from 0; NULL after the last. */
FV_API const char *fv_image_resize_method(int32_t index);

/* Pixels as float32 numbers 0 to 255, shape (height, width, channels), in a new tensor. */
FV_API FV_CHECK fv_status fv_image_to_tensor(fv_tensor *tensor, const fv_image *image);

/* How numbers become 8 bits: clip rounds (half to even) and limits to 0..255; auto brings the smallest number to 0 and
 * the largest to 255 first, the same for all channels; none rounds and refuses numbers outside 0..255. */
typedef enum fv_image_scale { FV_IMAGE_SCALE_CLIP = 1, FV_IMAGE_SCALE_AUTO, FV_IMAGE_SCALE_NONE } fv_image_scale;

/* A new image from a tensor (height, width) or (height, width, 1, 3 or 4). Errors: FV_ERROR_SHAPE for other shapes,
 * FV_ERROR_NUMBERS for NaN and, with scale none, for a number that does not fit; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_image_from_tensor(fv_image *image, const fv_tensor *tensor, fv_image_scale scale);

FV_END_DECLARATIONS

#endif
