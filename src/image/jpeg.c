/* JPEG by libjpeg-turbo.
 *
 * Every handler of the library is replaced: errors come back by longjmp (held in one function per direction), nothing
 * is printed. Warnings are counted by what they mean: missing data make the file truncated, everything else is
 * tolerated as other readers do. The inverse transform (islow) and the chroma filter (triangle) are the library's
 * defaults, Pillow's too. CMYK and YCCK are taken as inverted, the way Adobe writes them.
 *
 * Bombs: at most 500 scans, and a file must have a bit for every 8 x 8 block that its header declares.
 */
#include "image/codec.h"

#include "base/fail.h"

#ifdef FOVEA_JPEG
#include <setjmp.h>
#include <stdlib.h>

#include <jpeglib.h>
/* jpeglib.h must come first */
#include <jerror.h>

enum { MOST_SCANS = 500, MOST_PIXELS_PER_BYTE = 1024, EXIF_BYTES = 0xffff };

/* What a coding run needs; lives outside the function that calls setjmp. */
typedef struct job {
  struct jpeg_error_mgr errors; /* first: the library hands back a pointer to it */
  jmp_buf escape;
  struct jpeg_progress_mgr progress;
  struct jpeg_decompress_struct in;
  struct jpeg_compress_struct out;
  char message[JMSG_LENGTH_MAX];
  bool truncated, too_many_scans, no_memory;
  const uint8_t *bytes;
  size_t size;
  fv_image *image;
  const fv_image *source;
  FILE *stream;
  uint8_t *row; /* one row of CMYK, or of RGB to write */
  int orientation;
  fv_status status;
} job;

static job *job_of(j_common_ptr codec) { return (job *)(void *)codec->err; }

static void on_error(j_common_ptr codec) {
  job *j = job_of(codec);
  codec->err->format_message(codec, j->message);
  j->no_memory = codec->err->msg_code == JERR_OUT_OF_MEMORY || codec->err->msg_code == JERR_NO_BACKING_STORE;
  longjmp(j->escape, 1);
}

static void on_message(j_common_ptr codec, int level) {
  if (level >= 0) return;
  codec->err->num_warnings++;
  if (codec->err->msg_code == JWRN_JPEG_EOF || codec->err->msg_code == JWRN_HIT_MARKER) job_of(codec)->truncated = true;
}

static void no_output(j_common_ptr codec) { (void)codec; }

static void on_progress(j_common_ptr codec) {
  job *j = job_of(codec);
  if (!codec->is_decompressor || j->in.input_scan_number <= MOST_SCANS) return;
  j->too_many_scans = true;
  longjmp(j->escape, 1);
}

static void set_handlers(job *j, j_common_ptr codec) {
  codec->err = jpeg_std_error(&j->errors);
  j->errors.error_exit = on_error;
  j->errors.emit_message = on_message;
  j->errors.output_message = no_output;
  j->progress.progress_monitor = on_progress;
}

/* Pillow's: R = clip(255 - K - C (255 - K) / 255); the samples arrive inverted. */
static void cmyk_to_rgb(uint8_t *rgb, const uint8_t *inverted, int32_t width) {
  for (int32_t x = 0; x < width; x++, inverted += 4, rgb += 3) {
    int light = inverted[3];
    for (int c = 0; c < 3; c++) {
      int product = (255 - inverted[c]) * light + 128;
      rgb[c] = (uint8_t)(light - ((product + (product >> 8)) >> 8));
    }
  }
}

static void read_orientation(job *j) {
  j->orientation = 0;
  for (jpeg_saved_marker_ptr marker = j->in.marker_list; marker; marker = marker->next)
    if (marker->marker == JPEG_APP0 + 1 && j->orientation == 0)
      j->orientation = fv__exif_orientation(marker->data, marker->data_length);
}

/* Reads the header and makes the image. */
static fv_status begin_decoding(job *j) {
  struct jpeg_decompress_struct *in = &j->in;
  in->progress = &j->progress;
  in->mem->max_memory_to_use = 2L << 30;
  jpeg_mem_src(in, j->bytes, (unsigned long)j->size);
  jpeg_save_markers(in, JPEG_APP0 + 1, EXIF_BYTES);
  jpeg_read_header(in, TRUE);
  read_orientation(j);
  if (in->num_components != 1 && in->num_components != 3 && in->num_components != 4)
    return fail(FV_ERROR_UNSUPPORTED, "a JPEG of %d components; known are 1, 3 and 4", in->num_components);
  in->out_color_space = in->num_components == 1 ? JCS_GRAYSCALE : in->num_components == 3 ? JCS_RGB : JCS_CMYK;
  return fv__image_claim(j->image, in->image_height, in->image_width, in->num_components == 1 ? 1 : 3, j->size,
                         MOST_PIXELS_PER_BYTE);
}

static fv_status decode_rows(job *j) {
  struct jpeg_decompress_struct *in = &j->in;
  size_t stride = (size_t)j->image->width * (size_t)j->image->channels;
  bool four = in->out_color_space == JCS_CMYK;
  if (four && !(j->row = malloc((size_t)j->image->width * 4))) return fail(FV_ERROR_MEMORY, "no memory for a row");
  jpeg_start_decompress(in);
  while (in->output_scanline < in->output_height) {
    uint8_t *to = j->image->pixels + in->output_scanline * stride;
    JSAMPROW row = four ? j->row : to;
    jpeg_read_scanlines(in, &row, 1);
    if (four) cmyk_to_rgb(to, j->row, j->image->width);
    if (j->truncated) break;
  }
  if (!j->truncated) jpeg_finish_decompress(in);
  return FV_OK;
}

static fv_status run_decoder(job *j) {
  if (setjmp(j->escape)) {
    jpeg_destroy_decompress(&j->in);
    if (j->too_many_scans) return fail(FV_ERROR_UNSUPPORTED, "a JPEG of more than %d scans", MOST_SCANS);
    return fail(j->no_memory ? FV_ERROR_MEMORY : FV_ERROR_FORMAT, "damaged JPEG: %s", j->message);
  }
  set_handlers(j, (j_common_ptr)&j->in);
  jpeg_create_decompress(&j->in);
  j->status = begin_decoding(j);
  if (!j->status) j->status = decode_rows(j);
  jpeg_destroy_decompress(&j->in);
  if (!j->status && j->truncated) return fail(FV_ERROR_FORMAT, "truncated JPEG: the data end too early");
  return j->status;
}

static fv_status decode(fv_image *image, const uint8_t *bytes, size_t size) {
  job *j = calloc(1, sizeof *j);
  if (!j) return fail(FV_ERROR_MEMORY, "no memory for the JPEG reader");
  j->bytes = bytes;
  j->size = size;
  j->image = image;
  fv_status status = run_decoder(j);
  if (!status) image->orientation = j->orientation;
  free(j->row);
  free(j);
  return status;
}

/* ---- writing */

static void encode_rows(job *j) {
  struct jpeg_compress_struct *out = &j->out;
  const fv_image *source = j->source;
  bool gray = source->channels == 1;
  jpeg_stdio_dest(out, j->stream);
  out->image_height = (JDIMENSION)source->height;
  out->image_width = (JDIMENSION)source->width;
  out->input_components = gray ? 1 : 3;
  out->in_color_space = gray ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(out);
  jpeg_set_quality(out, 95, TRUE);
  out->comp_info[0].h_samp_factor = out->comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(out, TRUE);
  while (out->next_scanline < out->image_height) {
    const uint8_t *from =
        source->pixels + (size_t)out->next_scanline * (size_t)source->width * (size_t)source->channels;
    for (size_t x = 0; x < (size_t)source->width; x++)
      for (size_t c = 0; c < (gray ? 1 : 3); c++)
        j->row[x * (gray ? 1 : 3) + c] = from[x * (size_t)source->channels + c];
    jpeg_write_scanlines(out, &j->row, 1);
  }
  jpeg_finish_compress(out);
}

static fv_status run_encoder(job *j) {
  if (setjmp(j->escape)) {
    jpeg_destroy_compress(&j->out);
    return fail(j->no_memory ? FV_ERROR_MEMORY : FV_ERROR_IO, "cannot write the JPEG: %s", j->message);
  }
  set_handlers(j, (j_common_ptr)&j->out);
  jpeg_create_compress(&j->out);
  encode_rows(j);
  jpeg_destroy_compress(&j->out);
  return FV_OK;
}

static fv_status write_image(FILE *stream, const fv_image *image) {
  if (image->height > JPEG_MAX_DIMENSION || image->width > JPEG_MAX_DIMENSION)
    return fail(FV_ERROR_INVALID, "a JPEG has at most %ld pixels a side", JPEG_MAX_DIMENSION);
  job *j = calloc(1, sizeof *j);
  if (j) j->row = malloc((size_t)image->width * 3);
  if (!j || !j->row) {
    free(j);
    return fail(FV_ERROR_MEMORY, "no memory for the JPEG writer");
  }
  j->source = image;
  j->stream = stream;
  fv_status status = run_encoder(j);
  free(j->row);
  free(j);
  return status;
}
#else
#define decode NULL
#define write_image NULL
#endif

static bool matches(const uint8_t *bytes, size_t size) {
  return size >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

const fv__codec fv__codec_jpeg = {"JPEG", {".jpg", ".jpeg"}, matches, decode, write_image};
