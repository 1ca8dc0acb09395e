/* The two passes of resizing: rows first (across), then columns (down).
 *
 *   input row --across--> a ring of the last rows made --down--> output row
 *
 * Each input row that is needed passes once; the ring holds as many as one output row looks at. The picture is swept in
 * strips of columns, so that no shape needs more than about a MiB between the passes, and in bands of output rows;
 * these pieces, cut by size alone, are what threads share. Interpolation between two pixels has kernels of its own.
 *
 *   arithmetic  a ring's number        an output byte
 *   bytes       8 bits, rounded        the sum + half, shifted by the bits, clipped
 *   fixed       32 bits, whole         the sum + half, shifted by twice the bits, clipped
 *   pairs       16 bits, sum >> 4      (((w0 r0) >> 16) + ((w1 r1) >> 16) + 2) >> 2
 *   floats      float32                the sum, rounded to even, clipped; or the float itself
 *
 * Whole sums are modulo 2^32 and fit 31 bits at the end.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/resize.h"
#include "kernels/kernels.h"

enum { STRIP_BYTES = 1 << 20, BLOCK = 512, BAND_ROWS = 64, STREAM_FROM = 2 << 20 /* floats of a result */ };

/* What all pieces share. */
typedef struct plan {
  const fv__resize_target *target;
  const fv__resize_source *in;
  const fv__resize_method *method;
  const fv__taps *across, *down;
  const fv__resize_kernels *kernels;
  int16_t *pairs;          /* the weights across where a kernel of pairs makes the rows, else NULL */
  bool linear;             /* the kernel of two floats makes them */
  bool stream;             /* results go past the caches */
  int32_t columns;         /* output columns in a strip */
  int32_t strips;          /* how many */
  int32_t rows;            /* of the ring */
  size_t number;           /* bytes of a number in it */
  size_t row_bytes;        /* of a row in it */
  size_t thread_bytes;     /* of scratch: the ring, one row of sums, pointers to the rows of a window */
  size_t sums_at, rows_at; /* where they begin in it */
  uint8_t *scratch;        /* for each thread */
} plan;

/* One piece. */
typedef struct sweep {
  const plan *p;
  int32_t from, to; /* output columns of the strip */
  size_t width;     /* numbers in a row of it */
  uint8_t *ring;
  uint32_t *sums; /* one row of the strip */
  const float **window;
} sweep;

/* Clips to a byte. */
static uint8_t byte_of(int32_t value) { return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value); }

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

/* Sums of floats over the pixels of bytes or floats. */
#define SUM_FLOATS(name, type)                                                                                         \
  static inline void name(float *out, const type *in, const fv__taps *taps, int32_t from, int32_t to,                  \
                          const int32_t channels) {                                                                    \
    for (int32_t x = from; x < to; x++, out += channels) {                                                             \
      const float *weights = taps->real + (size_t)x * (size_t)taps->most;                                              \
      const type *at = in + (size_t)taps->first[x] * (size_t)channels;                                                 \
      for (int32_t c = 0; c < channels; c++) out[c] = 0;                                                               \
      for (int32_t k = 0; k < taps->count[x]; k++, at += channels)                                                     \
        for (int32_t c = 0; c < channels; c++) out[c] += weights[k] * (float)at[c];                                    \
    }                                                                                                                  \
  }
SUM_FLOATS(sum_floats_of_bytes, uint8_t)
SUM_FLOATS(sum_floats_of_floats, float)

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
  const fv__taps *across = s->p->across;
  switch (s->p->in->channels) {
  case 1: sum_whole_by_taps(s->sums, row, across, s->from, s->to, 1); break;
  case 3: sum_whole_by_taps(s->sums, row, across, s->from, s->to, 3); break;
  default: sum_whole_by_taps(s->sums, row, across, s->from, s->to, 4);
  }
}

static void sum_bytes(const sweep *s, float *out, const uint8_t *row) {
  const fv__taps *across = s->p->across;
  switch (s->p->in->channels) {
  case 1: sum_floats_of_bytes(out, row, across, s->from, s->to, 1); break;
  case 3: sum_floats_of_bytes(out, row, across, s->from, s->to, 3); break;
  default: sum_floats_of_bytes(out, row, across, s->from, s->to, 4);
  }
}

static void sum_floats(const sweep *s, float *out, const float *row) {
  const fv__taps *across = s->p->across;
  const int32_t channels = s->p->in->channels;
  if (s->p->linear) {
    s->p->kernels->floats_across(out, row, s->p->in->width, across->first + s->from, across->real + 2 * (size_t)s->from,
                                 s->to - s->from, channels);
    return;
  }
  switch (channels) {
  case 1: sum_floats_of_floats(out, row, across, s->from, s->to, 1); break;
  case 3: sum_floats_of_floats(out, row, across, s->from, s->to, 3); break;
  default: sum_floats_of_floats(out, row, across, s->from, s->to, channels);
  }
}

static void *ring_row(const sweep *s, int32_t y) { return s->ring + (size_t)(y % s->p->rows) * s->p->row_bytes; }

/* One row of whole numbers. */
static void make_whole(const sweep *s, void *out, const uint8_t *row) {
  const fv__resize_method *method = s->p->method;
  sum_whole(s, row);
  const uint32_t *sums = s->sums, half = 1u << (method->bits - 1);
  uint8_t *bytes = out;
  int16_t *shorts = out;
  switch (method->arithmetic) {
  case FV__RESIZE_BYTES:
    for (size_t i = 0; i < s->width; i++) bytes[i] = byte_of((int32_t)(sums[i] + half) >> method->bits);
    break;
  case FV__RESIZE_PAIRS:
    for (size_t i = 0; i < s->width; i++) shorts[i] = (int16_t)(sums[i] >> 4);
    break;
  default: memcpy(out, sums, s->width * sizeof *sums);
  }
}

/* One input row into the ring. */
static void make_row(const sweep *s, int32_t y) {
  const plan *p = s->p;
  const size_t channels = (size_t)p->in->channels, at = (size_t)y * (size_t)p->in->width * channels;
  void *out = ring_row(s, y);
  if (p->in->floats)
    sum_floats(s, out, p->in->floats + at);
  else if (!p->across)
    memcpy(out, p->in->bytes + at + (size_t)s->from * channels, s->width);
  else if (p->pairs)
    p->kernels->pairs_across(out, p->in->bytes + at, p->in->width, p->across->first + s->from,
                             p->pairs + 2 * (size_t)s->from, s->to - s->from, p->in->channels);
  else if (p->method->arithmetic == FV__RESIZE_FLOATS)
    sum_bytes(s, out, p->in->bytes + at);
  else
    make_whole(s, out, p->in->bytes + at);
}

/* ---- down */

/* Row `k` of the window of output row y. */
static const void *row_at(const sweep *s, int32_t y, int32_t k) {
  int32_t row = s->p->down ? s->p->down->first[y] + k : y;
  return ring_row(s, row < 0 ? 0 : row >= s->p->in->height ? s->p->in->height - 1 : row);
}

static void down_bytes(const sweep *s, uint8_t *out, int32_t y) {
  const fv__taps *down = s->p->down;
  const int32_t bits = s->p->method->bits;
  if (!down) {
    memcpy(out, row_at(s, y, 0), s->width);
    return;
  }
  const int32_t *weights = down->whole + (size_t)y * (size_t)down->most;
  for (size_t start = 0; start < s->width; start += BLOCK) {
    uint32_t sums[BLOCK];
    const size_t count = s->width - start < BLOCK ? s->width - start : BLOCK;
    for (size_t i = 0; i < count; i++) sums[i] = 1u << (bits - 1);
    for (int32_t k = 0; k < down->count[y]; k++) {
      const uint8_t *row = (const uint8_t *)row_at(s, y, k) + start;
      const uint32_t weight = (uint32_t)weights[k];
      for (size_t i = 0; i < count; i++) sums[i] += weight * row[i];
    }
    for (size_t i = 0; i < count; i++) out[start + i] = byte_of((int32_t)sums[i] >> bits);
  }
}

static void down_fixed(const sweep *s, uint8_t *out, int32_t y) {
  const fv__taps *down = s->p->down;
  const int32_t bits = 2 * s->p->method->bits;
  const int32_t *weights = down->whole + (size_t)y * (size_t)down->most;
  for (size_t start = 0; start < s->width; start += BLOCK) {
    uint32_t sums[BLOCK];
    const size_t count = s->width - start < BLOCK ? s->width - start : BLOCK;
    for (size_t i = 0; i < count; i++) sums[i] = 1u << (bits - 1);
    for (int32_t k = 0; k < down->count[y]; k++) {
      const uint32_t *row = (const uint32_t *)row_at(s, y, k) + start, weight = (uint32_t)weights[k];
      for (size_t i = 0; i < count; i++) sums[i] += weight * row[i];
    }
    for (size_t i = 0; i < count; i++) out[start + i] = byte_of((int32_t)sums[i] >> bits);
  }
}

/* No clipping: two weights that sum to 2^11 keep the result within a byte. Where one is 0 its row was not made. */
static void down_pairs(const sweep *s, uint8_t *out, int32_t y) {
  const int32_t *weights = s->p->down->whole + (size_t)y * 2;
  const int16_t pair[2] = {(int16_t)weights[0], (int16_t)weights[1]};
  s->p->kernels->pairs_down(out, row_at(s, y, 0), row_at(s, y, s->p->down->count[y] - 1), pair, (int64_t)s->width);
}

static void down_floats(const sweep *s, uint8_t *bytes, float *floats, int32_t y) {
  const fv__taps *down = s->p->down;
  const int64_t width = (int64_t)s->width;
  for (int32_t k = 0; k < down->count[y]; k++) s->window[k] = row_at(s, y, k);
  float *out = floats ? floats : (float *)(void *)s->sums;
  s->p->kernels->floats_down(out, s->window, down->real + (size_t)y * (size_t)down->most, down->count[y], width,
                             floats && s->p->stream);
  if (bytes) s->p->kernels->round(bytes, out, 1, width);
}

static void write_row(const sweep *s, int32_t y) {
  const fv__resize_target *target = s->p->target;
  const size_t at = ((size_t)y * (size_t)target->width + (size_t)s->from) * (size_t)s->p->in->channels;
  uint8_t *bytes = target->bytes ? target->bytes + at : NULL;
  switch (s->p->method->arithmetic) {
  case FV__RESIZE_BYTES: down_bytes(s, bytes, y); break;
  case FV__RESIZE_FIXED: down_fixed(s, bytes, y); break;
  case FV__RESIZE_PAIRS: down_pairs(s, bytes, y); break;
  default: down_floats(s, bytes, target->floats ? target->floats + at : NULL, y);
  }
}

/* ---- the pieces */

static void sweep_piece(void *context, int64_t piece, int thread) {
  const plan *p = context;
  const int32_t band = (int32_t)(piece / p->strips), strip = (int32_t)(piece % p->strips);
  uint8_t *scratch = p->scratch + (size_t)thread * p->thread_bytes;
  sweep s = {.p = p, .from = strip * p->columns, .ring = scratch};
  s.sums = (uint32_t *)(void *)(scratch + p->sums_at);
  s.window = (const float **)(void *)(scratch + p->rows_at);
  s.to = p->target->width - s.from < p->columns ? p->target->width : s.from + p->columns;
  s.width = (size_t)(s.to - s.from) * (size_t)p->in->channels;
  int32_t next = 0; /* the first input row not yet in the ring */
  for (int32_t y = band * BAND_ROWS; y < p->target->height && y - band * BAND_ROWS < BAND_ROWS; y++) {
    const int32_t first = p->down ? p->down->first[y] : y, last = first + (p->down ? p->down->count[y] : 1);
    const int32_t needed = first < p->in->height ? first : p->in->height - 1, past = last < 1 ? 1 : last;
    if (next < needed) next = needed;
    for (; next < past && next < p->in->height; next++) make_row(&s, next);
    write_row(&s, y);
  }
}

/* What the ring holds: the most rows of a window that lie inside. */
static int32_t ring_rows(const plan *p) {
  if (!p->down) return 1;
  return p->down->most < p->in->height ? p->down->most : p->in->height;
}

static size_t number_size(fv__resize_arithmetic arithmetic) {
  return arithmetic == FV__RESIZE_BYTES ? 1 : arithmetic == FV__RESIZE_PAIRS ? sizeof(int16_t) : sizeof(uint32_t);
}

/* `bytes`, rounded up so that numbers of any kind may begin there. */
static size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

static void cut_up(plan *p) {
  const size_t channels = (size_t)p->in->channels;
  p->rows = ring_rows(p);
  p->number = number_size(p->method->arithmetic);
  const size_t column = (size_t)p->rows * channels * p->number;
  p->columns = column < STRIP_BYTES ? (int32_t)(STRIP_BYTES / column) : 1;
  if (p->columns > p->target->width) p->columns = p->target->width;
  p->strips = (p->target->width + p->columns - 1) / p->columns;
  const size_t numbers = (size_t)p->columns * channels + FV__RESIZE_SLACK;
  p->row_bytes = aligned(numbers * p->number);
  p->sums_at = (size_t)p->rows * p->row_bytes;
  p->rows_at = p->sums_at + aligned(numbers * sizeof(uint32_t));
  p->thread_bytes = p->rows_at + aligned((p->down ? (size_t)p->down->most : 1) * sizeof(float *));
}

/* The weights of pairs as their kernel takes them. */
static bool choose_kernels(plan *p) {
  const bool two = p->across && p->across->uniform && p->across->most == 2;
  const int32_t channels = p->in->channels;
  p->linear = two && p->in->floats && (channels == 1 || channels == 3 || channels == 4);
  if (!two || p->method->arithmetic != FV__RESIZE_PAIRS) return true;
  const size_t count = 2 * (size_t)p->across->out;
  p->pairs = malloc(count * sizeof *p->pairs);
  for (size_t i = 0; p->pairs && i < count; i++) p->pairs[i] = (int16_t)p->across->whole[i];
  return p->pairs;
}

fv_status fv__resize_sweep(const fv__resize_target *target, const fv__resize_source *in,
                           const fv__resize_method *method, const fv__taps *across, const fv__taps *down,
                           fv__pool *pool) {
  plan p = {.target = target, .in = in, .method = method, .across = across, .down = down};
  p.kernels = fv__kernels_for(fv_cpu())->resize;
  p.stream = (int64_t)target->height * target->width * in->channels >= STREAM_FROM;
  cut_up(&p);
  const int64_t bands = (target->height + BAND_ROWS - 1) / BAND_ROWS;
  p.scratch = calloc((size_t)fv__pool_threads(pool), p.thread_bytes);
  const bool there = choose_kernels(&p) && p.scratch;
  if (there) fv__parallel_for(pool, bands * p.strips, sweep_piece, &p);
  free(p.scratch);
  free(p.pairs);
  return there ? FV_OK : fail(FV_ERROR_MEMORY, "no memory to resize an image");
}
