/* TensorBoard's event files. See event_file.h; formats: TensorFlow's event.proto, summary.proto, tensor.proto and
 * record_writer. A message inside another is written first and gets its length afterwards. */
#include "train/event_file.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "image/codec.h"

/* ---- bytes */

static void put(fv__event_file *file, const void *bytes, size_t size) {
  if (file->size + size > file->capacity && !file->has_failed) {
    const size_t capacity = 2 * (file->size + size) + 512;
    uint8_t *more = realloc(file->bytes, capacity);
    file->has_failed = !more;
    if (more) {
      file->bytes = more;
      file->capacity = capacity;
    }
  }
  if (file->has_failed) return;
  memcpy(file->bytes + file->size, bytes, size);
  file->size += size;
}

static void put_number(fv__event_file *file, uint64_t number, int width) {
  for (int i = 0; i < width; i++) {
    const uint8_t byte = (uint8_t)(number >> 8 * i);
    put(file, &byte, 1);
  }
}

static uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* ---- protocol buffers: a key is the field's number and the kind of what follows */

enum { VARIANT = 0, EIGHT_BYTES = 1, BYTES = 2 };

static size_t variant(uint8_t bytes[10], uint64_t number) {
  size_t count = 0;
  do {
    bytes[count] = (uint8_t)((number & 127) | (number > 127 ? 128 : 0));
    count++;
  } while (number >>= 7);
  return count;
}

static void put_variant(fv__event_file *file, uint64_t number) {
  uint8_t bytes[10];
  put(file, bytes, variant(bytes, number));
}

static void put_key(fv__event_file *file, int field, int kind) { put_variant(file, (uint64_t)(field << 3 | kind)); }

static void put_count(fv__event_file *file, int field, int64_t number) {
  put_key(file, field, VARIANT);
  put_variant(file, (uint64_t)number);
}

static void put_bytes(fv__event_file *file, int field, const void *bytes, size_t size) {
  put_key(file, field, BYTES);
  put_variant(file, size);
  put(file, bytes, size);
}

static void put_text(fv__event_file *file, int field, const char *text) { put_bytes(file, field, text, strlen(text)); }

/* A message from here to close_message, which moves it to make room for its length. */
static size_t open_message(fv__event_file *file, int field) {
  put_key(file, field, BYTES);
  return file->size;
}

static void close_message(fv__event_file *file, size_t start) {
  uint8_t length[10];
  if (file->has_failed) return;
  const size_t size = file->size - start, width = variant(length, size);
  put(file, length, width);
  if (file->has_failed) return;
  memmove(file->bytes + start + width, file->bytes + start, size);
  memcpy(file->bytes + start, length, width);
}

/* ---- records */

/* CRC-32C (Castagnoli), lowest bit first. */
static void make_crc_table(uint32_t table[256]) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    table[i] = crc;
  }
}

/* Turned and shifted, so that checksums of data that hold checksums stay good ones. */
static uint32_t masked_crc(const fv__event_file *file, const uint8_t *bytes, size_t size) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; i++) crc = file->crc[(crc ^ bytes[i]) & 255] ^ crc >> 8;
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

enum { HEAD = 12 };

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void begin_event(fv__event_file *file) {
  static const uint8_t room[HEAD] = {0}; /* length and its checksum */
  file->size = 0;
  put(file, room, HEAD);
  put_key(file, 1, EIGHT_BYTES);
  put_number(file, bits_of(seconds_now()), 8);
}

static fv_status end_event(fv__event_file *file) {
  const uint64_t size = file->size - HEAD;
  if (!file->has_failed) {
    const uint32_t crc = masked_crc(file, file->bytes + HEAD, (size_t)size);
    put_number(file, crc, 4);
  }
  if (file->has_failed) {
    file->has_failed = false;
    return fail(FV_ERROR_MEMORY, "%s: no memory for a record", file->path);
  }
  for (int i = 0; i < 8; i++) file->bytes[i] = (uint8_t)(size >> 8 * i);
  const uint32_t crc = masked_crc(file, file->bytes, 8);
  for (int i = 0; i < 4; i++) file->bytes[8 + i] = (uint8_t)(crc >> 8 * i);
  return fv__log_file_write(&file->file, (const char *)file->bytes, file->size);
}

/* ---- files */

static fv_status write_version(fv__event_file *file) {
  begin_event(file);
  put_text(file, 3, "brain.Event:2");
  return end_event(file);
}

fv_status fv__event_file_open(fv__event_file *file, const char *folder) {
  *file = (fv__event_file){.file = {0}};
  make_crc_table(file->crc);
  char host[65] = "";
  if (gethostname(host, sizeof host - 1) || !*host) snprintf(host, sizeof host, "localhost");
  for (char *c = host; *c; c++)
    if (!isalnum((unsigned char)*c) && *c != '-') *c = '_';
  for (int n = 0;; n++) {
    const int length = snprintf(file->path, sizeof file->path, "%s/events.out.tfevents.%010.0f.%s.%ld.%d.v2", folder,
                                floor(seconds_now()), host, (long)getpid(), n);
    if (length < 0 || (size_t)length >= sizeof file->path)
      return fail(FV_ERROR_INVALID, "the name of the folder is too long");
    if (access(file->path, F_OK)) break;
  }
  TRY(fv__log_file_open(&file->file, file->path, 0));
  return write_version(file);
}

fv_status fv__event_file_close(fv__event_file *file) {
  free(file->bytes);
  file->bytes = NULL;
  file->size = file->capacity = 0;
  return fv__log_file_close(&file->file);
}

/* ---- values */

enum { TYPE_FLOAT = 1, TYPE_DOUBLE = 2, TYPE_STRING = 7 };

typedef struct place {
  size_t summary, value, tensor;
} place;

/* From the event down to the tensor's shape. */
static place begin_value(fv__event_file *file, const char *tag, int64_t step, int type, const int64_t *shape,
                         int32_t rank) {
  place p;
  begin_event(file);
  put_count(file, 2, step);
  p.summary = open_message(file, 5);
  p.value = open_message(file, 1);
  put_text(file, 1, tag);
  p.tensor = open_message(file, 8);
  put_count(file, 1, type);
  const size_t extents = open_message(file, 2);
  for (int32_t i = 0; i < rank; i++) {
    const size_t extent = open_message(file, 2);
    put_count(file, 1, shape[i]);
    close_message(file, extent);
  }
  close_message(file, extents);
  return p;
}

static fv_status end_value(fv__event_file *file, const place *p, const char *plugin) {
  close_message(file, p->tensor);
  const size_t metadata = open_message(file, 9), data = open_message(file, 1);
  put_text(file, 1, plugin);
  close_message(file, data);
  close_message(file, metadata);
  close_message(file, p->value);
  close_message(file, p->summary);
  return end_event(file);
}

fv_status fv__event_file_scalar(fv__event_file *file, const char *tag, int64_t step, double value) {
  const float single = (float)value;
  uint32_t bits;
  memcpy(&bits, &single, sizeof bits);
  const place p = begin_value(file, tag, step, TYPE_FLOAT, NULL, 0);
  put_key(file, 4, BYTES);
  put_variant(file, 4);
  put_number(file, bits, 4);
  return end_value(file, &p, "scalars");
}

enum { BUCKETS = 30 };

/* Counts of values between the smallest and the largest; one value many times is in the last bucket. */
static void count_values(double counts[BUCKETS], double *low, double *high, const float *values, int64_t count) {
  *low = INFINITY;
  *high = -INFINITY;
  for (int64_t i = 0; i < count; i++) {
    if (!isfinite(values[i])) continue;
    if (values[i] < *low) *low = values[i];
    if (values[i] > *high) *high = values[i];
  }
  if (!(*low <= *high)) *low = *high = 0;
  const double width = (*high - *low) / BUCKETS;
  for (int64_t i = 0; i < count; i++) {
    if (!isfinite(values[i])) continue;
    const double bucket = width > 0 ? floor((values[i] - *low) / width) : BUCKETS;
    counts[bucket < BUCKETS ? (int)bucket : BUCKETS - 1] += 1;
  }
}

fv_status fv__event_file_histogram(fv__event_file *file, const char *tag, int64_t step, const float *values,
                                   int64_t count) {
  double counts[BUCKETS] = {0}, low, high;
  count_values(counts, &low, &high, values, count);
  const place p = begin_value(file, tag, step, TYPE_DOUBLE, (const int64_t[]){BUCKETS, 3}, 2);
  put_key(file, 4, BYTES);
  put_variant(file, BUCKETS * 3 * 8);
  for (int i = 0; i < BUCKETS; i++) {
    const double right = i == BUCKETS - 1 ? high : low + (high - low) * (i + 1) / BUCKETS;
    put_number(file, bits_of(low + (high - low) * i / BUCKETS), 8);
    put_number(file, bits_of(right), 8);
    put_number(file, bits_of(counts[i]), 8);
  }
  return end_value(file, &p, "histograms");
}

static fv_status put_picture(fv__event_file *file, const fv_image *image) {
  char *bytes = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&bytes, &size);
  if (!stream) return fail(FV_ERROR_MEMORY, "%s: no memory for a picture", file->path);
  fv_status status = fv__codec_png.write(stream, image);
  if (fclose(stream) && !status) status = fail(FV_ERROR_MEMORY, "%s: no memory for a picture", file->path);
  if (!status) put_bytes(file, 8, bytes, size);
  free(bytes);
  return status;
}

fv_status fv__event_file_images(fv__event_file *file, const char *tag, int64_t step, const fv_image *images,
                                int32_t count) {
  char extent[24];
  if (!fv__codec_png.write) return fail(FV_ERROR_UNSUPPORTED, "%s: this build writes no PNG", file->path);
  const place p = begin_value(file, tag, step, TYPE_STRING, (const int64_t[]){count + 2}, 1);
  snprintf(extent, sizeof extent, "%" PRId32, images->width);
  put_text(file, 8, extent);
  snprintf(extent, sizeof extent, "%" PRId32, images->height);
  put_text(file, 8, extent);
  for (int32_t i = 0; i < count; i++) TRY(put_picture(file, &images[i]));
  return end_value(file, &p, "images");
}
