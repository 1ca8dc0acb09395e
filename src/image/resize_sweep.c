/* The two passes of resizing: rows first (across), then columns (down).
 *
 *   input row --across--> a ring of the last rows made --down--> output row
 *
 * Each input row that is needed passes once; the ring holds as many as one output row looks at. The picture is swept in
 * strips of columns, so that no shape needs more than about a MiB between the passes. Sums over a window are made for a
 * whole row at a time, contiguous and without branches, which is what compilers make vectors of.
 *
 *   arithmetic  a ring's number        an output byte
 *   bytes       8 bits, rounded        the sum + half, shifted by the bits, clipped
 *   fixed       32 bits, whole         the sum + half, shifted by twice the bits, clipped
 *   pairs       16 bits, sum >> 4      (((w0 r0) >> 16) + ((w1 r1) >> 16) + 2) >> 2
 *   floats      float32                the sum times a factor, rounded to even, clipped; or the float itself
 *
 * Whole sums are modulo 2^32 and fit 31 bits at the end.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "image/resize.h"

enum { STRIP_BYTES = 1 << 20, BLOCK = 512 };

typedef struct sweep {
  const fv__resize_target *target;
  const fv_image *in;
  const fv__resize_method *method;
  const fv__taps *across, *down;
  int32_t from, to; /* output columns of this strip */
  size_t width;     /* numbers in a row of the strip */
  int32_t rows;     /* of the ring */
  size_t number;    /* bytes of a number in it */
  uint8_t *ring;
  uint32_t *sums; /* one row of the strip */
  float factor;
} sweep;

/* Clips to a byte. */
static uint8_t byte_of(int32_t value) { return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value); }

static uint8_t byte_of_float(float value) {
  value = rintf(value);
  return value >= 255 ? 255 : value > 0 ? (uint8_t)value : 0;
}

/* ---- across: written once, compiled for each number of channels and the usual numbers of taps (0: any) */

static inline void sum_whole_of(uint32_t *out, const uint8_t *in, const fv__taps *taps, int32_t from, int32_t to,
                                const int channels, const int fixed) {
  for (int32_t x = from; x < to; x++, out += channels) {
    const int32_t *weights = taps->whole + (size_t)x * (size_t)(fixed ? fixed : taps->most);
    const uint8_t *at = in + (size_t)taps->first[x] * (size_t)channels;
    const int32_t count = fixed ? fixed : taps->count[x];
    uint32_t sums[4] = {0};
    for (int32_t k = 0; k < count; k++, at += channels)
      for (int c = 0; c < channels; c++) sums[c] += (uint32_t)weights[k] * at[c];
    for (int c = 0; c < channels; c++) out[c] = sums[c];
  }
}

static inline void sum_floats_of(float *out, const uint8_t *in, const fv__taps *taps, int32_t from, int32_t to,
                                 const int channels) {
  for (int32_t x = from; x < to; x++, out += channels) {
    const float *weights = taps->real + (size_t)x * (size_t)taps->most;
    const uint8_t *at = in + (size_t)taps->first[x] * (size_t)channels;
    float sums[4] = {0};
    for (int32_t k = 0; k < taps->count[x]; k++, at += channels)
      for (int c = 0; c < channels; c++) sums[c] += weights[k] * (float)at[c];
    for (int c = 0; c < channels; c++) out[c] = sums[c];
  }
}

static inline void sum_whole_by_taps(uint32_t *out, const uint8_t *in, const fv__taps *taps, int32_t from, int32_t to,
                                     const int channels) {
  if (taps->uniform && taps->most == 2)
    sum_whole_of(out, in, taps, from, to, channels, 2);
  else if (taps->uniform && taps->most == 4)
    sum_whole_of(out, in, taps, from, to, channels, 4);
  else
    sum_whole_of(out, in, taps, from, to, channels, 0);
}

static void sum_whole(const sweep *s, const uint8_t *row) {
  switch (s->in->channels) {
  case 1: sum_whole_by_taps(s->sums, row, s->across, s->from, s->to, 1); break;
  case 3: sum_whole_by_taps(s->sums, row, s->across, s->from, s->to, 3); break;
  default: sum_whole_by_taps(s->sums, row, s->across, s->from, s->to, 4);
  }
}

static void sum_floats(const sweep *s, float *out, const uint8_t *row) {
  switch (s->in->channels) {
  case 1: sum_floats_of(out, row, s->across, s->from, s->to, 1); break;
  case 3: sum_floats_of(out, row, s->across, s->from, s->to, 3); break;
  default: sum_floats_of(out, row, s->across, s->from, s->to, 4);
  }
}

/* One input row into the ring. */
static void make_row(const sweep *s, int32_t y) {
  const size_t channels = (size_t)s->in->channels, width = s->width;
  const uint8_t *row = s->in->pixels + (size_t)y * (size_t)s->in->width * channels;
  void *out = s->ring + (size_t)(y % s->rows) * width * s->number;
  if (!s->across) {
    memcpy(out, row + (size_t)s->from * channels, width);
    return;
  }
  if (s->method->arithmetic == FV__RESIZE_FLOATS) {
    sum_floats(s, out, row);
    return;
  }
  sum_whole(s, row);
  const uint32_t *sums = s->sums, half = 1u << (s->method->bits - 1);
  uint8_t *bytes = out;
  int16_t *shorts = out;
  switch (s->method->arithmetic) {
  case FV__RESIZE_BYTES:
    for (size_t i = 0; i < width; i++) bytes[i] = byte_of((int32_t)(sums[i] + half) >> s->method->bits);
    break;
  case FV__RESIZE_PAIRS:
    for (size_t i = 0; i < width; i++) shorts[i] = (int16_t)(sums[i] >> 4);
    break;
  default: memcpy(out, sums, width * sizeof *sums);
  }
}

/* ---- down */

/* Row `k` of the window of output row y. */
static const void *row_at(const sweep *s, int32_t y, int32_t k) {
  int32_t row = s->down ? s->down->first[y] + k : y;
  row = row < 0 ? 0 : row >= s->in->height ? s->in->height - 1 : row;
  return s->ring + (size_t)(row % s->rows) * s->width * s->number;
}

static void down_bytes(const sweep *s, uint8_t *out, int32_t y) {
  if (!s->down) {
    memcpy(out, row_at(s, y, 0), s->width);
    return;
  }
  const int32_t *weights = s->down->whole + (size_t)y * (size_t)s->down->most;
  for (size_t start = 0; start < s->width; start += BLOCK) {
    uint32_t sums[BLOCK];
    const size_t count = s->width - start < BLOCK ? s->width - start : BLOCK;
    for (size_t i = 0; i < count; i++) sums[i] = 1u << (s->method->bits - 1);
    for (int32_t k = 0; k < s->down->count[y]; k++) {
      const uint8_t *row = (const uint8_t *)row_at(s, y, k) + start;
      const uint32_t weight = (uint32_t)weights[k];
      for (size_t i = 0; i < count; i++) sums[i] += weight * row[i];
    }
    for (size_t i = 0; i < count; i++) out[start + i] = byte_of((int32_t)sums[i] >> s->method->bits);
  }
}

static void down_fixed(const sweep *s, uint8_t *out, int32_t y) {
  const int32_t *weights = s->down->whole + (size_t)y * (size_t)s->down->most;
  for (size_t start = 0; start < s->width; start += BLOCK) {
    uint32_t sums[BLOCK];
    const size_t count = s->width - start < BLOCK ? s->width - start : BLOCK;
    for (size_t i = 0; i < count; i++) sums[i] = 1u << (2 * s->method->bits - 1);
    for (int32_t k = 0; k < s->down->count[y]; k++) {
      const uint32_t *row = (const uint32_t *)row_at(s, y, k) + start, weight = (uint32_t)weights[k];
      for (size_t i = 0; i < count; i++) sums[i] += weight * row[i];
    }
    for (size_t i = 0; i < count; i++) out[start + i] = byte_of((int32_t)sums[i] >> 2 * s->method->bits);
  }
}

/* No clipping: two weights that sum to 2^11 keep the result within a byte. */
static void down_pairs(const sweep *s, uint8_t *restrict out, int32_t y) {
  const int32_t *weights = s->down->whole + (size_t)y * (size_t)s->down->most;
  const int16_t *first = row_at(s, y, 0), *second = row_at(s, y, 1);
  const int16_t upper = (int16_t)weights[0], lower = (int16_t)weights[1];
  for (size_t i = 0; i < s->width; i++)
    out[i] = (uint8_t)((((upper * first[i]) >> 16) + ((lower * second[i]) >> 16) + 2) >> 2);
}

static void down_floats(const sweep *s, uint8_t *bytes, float *floats, int32_t y) {
  const float *weights = s->down->real + (size_t)y * (size_t)s->down->most;
  for (size_t start = 0; start < s->width; start += BLOCK) {
    float sums[BLOCK] = {0};
    const size_t count = s->width - start < BLOCK ? s->width - start : BLOCK;
    for (int32_t k = 0; k < s->down->count[y]; k++) {
      const float *row = (const float *)row_at(s, y, k) + start;
      for (size_t i = 0; i < count; i++) sums[i] += weights[k] * row[i];
    }
    if (floats)
      memcpy(floats + start, sums, count * sizeof *sums);
    else
      for (size_t i = 0; i < count; i++) bytes[start + i] = byte_of_float(sums[i] * s->factor);
  }
}

static void write_row(const sweep *s, int32_t y) {
  const size_t channels = (size_t)s->in->channels;
  const size_t at = ((size_t)y * (size_t)s->target->width + (size_t)s->from) * channels;
  uint8_t *bytes = s->target->bytes ? s->target->bytes + at : NULL;
  switch (s->method->arithmetic) {
  case FV__RESIZE_BYTES: down_bytes(s, bytes, y); break;
  case FV__RESIZE_FIXED: down_fixed(s, bytes, y); break;
  case FV__RESIZE_PAIRS: down_pairs(s, bytes, y); break;
  default: down_floats(s, bytes, s->target->floats ? s->target->floats + at : NULL, y);
  }
}

/* ---- the strips */

static void sweep_strip(const sweep *s) {
  int32_t next = 0; /* the first input row not yet in the ring */
  for (int32_t y = 0; y < s->target->height; y++) {
    int32_t first = s->down ? s->down->first[y] : y, last = first + (s->down ? s->down->count[y] : 1);
    if (next < first) next = first;
    for (; next < last && next < s->in->height; next++) make_row(s, next);
    write_row(s, y);
  }
}

/* What the ring holds: the most rows of a window that lie inside. */
static int32_t ring_rows(const sweep *s) {
  if (!s->down) return 1;
  return s->down->most < s->in->height ? s->down->most : s->in->height;
}

static size_t number_size(fv__resize_arithmetic arithmetic) {
  return arithmetic == FV__RESIZE_BYTES ? 1 : arithmetic == FV__RESIZE_PAIRS ? sizeof(int16_t) : sizeof(uint32_t);
}

fv_status fv__resize_sweep(const fv__resize_target *target, const fv_image *in, const fv__resize_method *method,
                           const fv__taps *across, const fv__taps *down) {
  sweep s = {.target = target, .in = in, .method = method, .across = across, .down = down, .factor = 1};
  if (method->sums) s.factor = (float)(1.0 / ((double)across->count[0] * down->count[0]));
  s.rows = ring_rows(&s);
  s.number = number_size(method->arithmetic);
  const size_t channels = (size_t)in->channels, column = (size_t)s.rows * channels * s.number;
  int32_t columns = column < STRIP_BYTES ? (int32_t)(STRIP_BYTES / column) : 1;
  if (columns > target->width) columns = target->width;
  s.ring = calloc((size_t)columns, column);
  s.sums = calloc((size_t)columns, channels * sizeof *s.sums);
  fv_status status = s.ring && s.sums ? FV_OK : fail(FV_ERROR_MEMORY, "no memory to resize an image");
  for (; !status && s.from < target->width; s.from = s.to) {
    s.to = target->width - s.from < columns ? target->width : s.from + columns;
    s.width = (size_t)(s.to - s.from) * channels;
    sweep_strip(&s);
  }
  free(s.ring);
  free(s.sums);
  return status;
}
