/* PNG by libpng's row interface.
 *
 * All types come out as 1 (gray), 3 (RGB, palette) or 4 channels (alpha, or a transparent colour); of 16 bits the high
 * byte is kept, 1, 2 and 4 bits of gray are widened to 0..255. Gamma is not applied. Every chunk but the critical ones
 * and tRNS is skipped unread: text, profiles and times cannot hurt. Deflate shrinks at most 1032 to 1, so a header that
 * declares more than its file can hold is refused before memory is taken.
 */
#include "image/codec.h"

#include "base/fail.h"

#ifdef FOVEA_PNG
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

enum { MOST_ROW_BYTES_PER_BYTE = 1040, CHUNK_BYTES = 8 << 20 };

/* What a coding run needs; lives outside the function that calls setjmp. */
typedef struct job {
  jmp_buf escape;
  png_structp png;
  png_infop info;
  char message[128];
  const uint8_t *bytes;
  size_t size, offset;
  fv_image *image;
  const fv_image *source;
  FILE *stream;
  bool keeps_indices; /* of a palette, instead of its colours */
  bool no_memory;
  fv_status status;
} job;

static void on_error(png_structp png, png_const_charp text) {
  job *j = png_get_error_ptr(png);
  snprintf(j->message, sizeof j->message, "%s", text);
  longjmp(j->escape, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

/* libpng's own allocations, to tell a lack of memory from damage. */
static png_voidp take_memory(png_structp png, png_alloc_size_t size) {
  void *memory = malloc(size);
  if (!memory) ((job *)png_get_mem_ptr(png))->no_memory = true;
  return memory;
}

static void give_memory(png_structp png, png_voidp memory) {
  (void)png;
  free(memory);
}

static void read_bytes(png_structp png, png_bytep to, size_t count) {
  job *j = png_get_io_ptr(png);
  if (count > j->size - j->offset) png_error(png, "the file ends too early");
  memcpy(to, j->bytes + j->offset, count);
  j->offset += count;
}

static void set_limits(png_structp png) {
  static const png_byte skipped[] = "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0"
                                    "sBIT\0sCAL\0sPLT\0sRGB\0tEXt\0tIME\0zTXt";
  png_set_user_limits(png, FV_IMAGE_MAX_SIDE, FV_IMAGE_MAX_SIDE);
  png_set_chunk_malloc_max(png, CHUNK_BYTES);
  png_set_chunk_cache_max(png, 16);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT); /* else a damaged tRNS would be passed over */
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, skipped, (int)(sizeof skipped / 5));
}

/* Tells libpng what the rows are to become; returns the channels they will have. */
static int32_t set_transformations(job *j) {
  png_byte type = png_get_color_type(j->png, j->info);
  if (type == PNG_COLOR_TYPE_PALETTE && j->keeps_indices) {
    png_set_packing(j->png); /* a byte each */
    return 1;
  }
  bool transparent = png_get_valid(j->png, j->info, PNG_INFO_tRNS) != 0;
  bool gray = !(type & PNG_COLOR_MASK_COLOR), alpha = (type & PNG_COLOR_MASK_ALPHA) || transparent;
  png_set_expand(j->png); /* palette to RGB, 1 to 4 bits to 8, tRNS to alpha */
  png_set_strip_16(j->png);
  if (gray && alpha) png_set_gray_to_rgb(j->png);
  return alpha ? 4 : gray ? 1 : 3;
}

/* Rows as stored, filter bytes left out, against what the file can inflate to. */
static fv_status claim(job *j, int32_t channels) {
  int64_t height = png_get_image_height(j->png, j->info), width = png_get_image_width(j->png, j->info);
  int64_t bits = (int64_t)png_get_bit_depth(j->png, j->info) * png_get_channels(j->png, j->info);
  return fv__image_claim(j->image, height, width, channels, j->size, MOST_ROW_BYTES_PER_BYTE * INT64_C(8) / bits);
}

static fv_status decode_rows(job *j) {
  set_limits(j->png);
  png_set_read_fn(j->png, j, read_bytes);
  png_read_info(j->png, j->info);
  int32_t channels = set_transformations(j);
  TRY(claim(j, channels));
  int passes = png_set_interlace_handling(j->png);
  png_read_update_info(j->png, j->info);
  size_t stride = (size_t)j->image->width * (size_t)channels;
  if (png_get_rowbytes(j->png, j->info) != stride) return fail(FV_ERROR_UNSUPPORTED, "a PNG of an unknown type");
  for (int pass = 0; pass < passes; pass++)
    for (int32_t y = 0; y < j->image->height; y++) png_read_row(j->png, j->image->pixels + (size_t)y * stride, NULL);
  png_read_end(j->png, NULL);
  return FV_OK;
}

static fv_status run_decoder(job *j) {
  if (setjmp(j->escape)) {
    png_destroy_read_struct(&j->png, &j->info, NULL);
    if (j->no_memory) return fail(FV_ERROR_MEMORY, "no memory to read the PNG");
    return fail(FV_ERROR_FORMAT, "damaged PNG: %s", j->message);
  }
  j->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, j, on_error, on_warning, j, take_memory, give_memory);
  if (j->png) j->info = png_create_info_struct(j->png);
  j->status = j->info ? decode_rows(j) : fail(FV_ERROR_MEMORY, "no memory for the PNG reader");
  png_destroy_read_struct(&j->png, &j->info, NULL);
  return j->status;
}

static fv_status decode_as(fv_image *image, const uint8_t *bytes, size_t size, bool keeps_indices) {
  job *j = calloc(1, sizeof *j);
  if (!j) return fail(FV_ERROR_MEMORY, "no memory for the PNG reader");
  j->bytes = bytes;
  j->size = size;
  j->image = image;
  j->keeps_indices = keeps_indices;
  fv_status status = run_decoder(j);
  free(j);
  return status;
}

static fv_status decode(fv_image *image, const uint8_t *bytes, size_t size) {
  return decode_as(image, bytes, size, false);
}

static fv_status decode_indices(fv_image *image, const uint8_t *bytes, size_t size) {
  return decode_as(image, bytes, size, true);
}

/* ---- writing */

static void write_bytes(png_structp png, png_bytep from, size_t count) {
  job *j = png_get_io_ptr(png);
  if (fwrite(from, 1, count, j->stream) != count) png_error(png, "the disk is full or broken");
}

static void flush_nothing(png_structp png) { (void)png; }

static void encode_rows(job *j) {
  const fv_image *source = j->source;
  const int type = source->channels == 1   ? PNG_COLOR_TYPE_GRAY
                   : source->channels == 3 ? PNG_COLOR_TYPE_RGB
                                           : PNG_COLOR_TYPE_RGB_ALPHA;
  png_set_write_fn(j->png, j, write_bytes, flush_nothing);
  png_set_user_limits(j->png, FV_IMAGE_MAX_SIDE, FV_IMAGE_MAX_SIDE);
  png_set_IHDR(j->png, j->info, (png_uint_32)source->width, (png_uint_32)source->height, 8, type, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(j->png, j->info);
  size_t stride = (size_t)source->width * (size_t)source->channels;
  for (int32_t y = 0; y < source->height; y++) png_write_row(j->png, source->pixels + (size_t)y * stride);
  png_write_end(j->png, NULL);
}

static fv_status run_encoder(job *j) {
  if (setjmp(j->escape)) {
    png_destroy_write_struct(&j->png, &j->info);
    if (j->no_memory) return fail(FV_ERROR_MEMORY, "no memory to write the PNG");
    return fail(FV_ERROR_IO, "cannot write the PNG: %s", j->message);
  }
  j->png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, j, on_error, on_warning, j, take_memory, give_memory);
  if (j->png) j->info = png_create_info_struct(j->png);
  j->status = FV_OK;
  if (j->info)
    encode_rows(j);
  else
    j->status = fail(FV_ERROR_MEMORY, "no memory for the PNG writer");
  png_destroy_write_struct(&j->png, &j->info);
  return j->status;
}

static fv_status write_image(FILE *stream, const fv_image *image) {
  job *j = calloc(1, sizeof *j);
  if (!j) return fail(FV_ERROR_MEMORY, "no memory for the PNG writer");
  j->source = image;
  j->stream = stream;
  fv_status status = run_encoder(j);
  free(j);
  return status;
}
#else
#define decode NULL
#define write_image NULL
#define decode_indices NULL
#endif

static bool matches(const uint8_t *bytes, size_t size) {
  static const uint8_t magic[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  if (size < 4) return false;
  for (size_t i = 0; i < 8 && i < size; i++)
    if (bytes[i] != magic[i]) return false;
  return true;
}

const fv__codec fv__codec_png = {"PNG", {".png"}, matches, decode, write_image, decode_indices};
