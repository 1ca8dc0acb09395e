/* Shrinking by whole numbers: every output pixel is the mean of a rectangle. Half the size has kernels of its own; else
 * the rows of a rectangle are added up into one line of floats, in vectors, and then the line's pixels.
 *
 * Bytes add up without rounding (65535 rows of 255 stay below 2^24; across it is double where that may not be), so that
 * the order of the additions does not show; the sum times 1 / n is rounded to even. Halves of bytes are rounded up:
 * OpenCV's numbers.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/resize.h"
#include "kernels/kernels.h"

enum { PIECE_ROWS = 32 };

typedef struct mean {
  const fv__resize_target *target;
  const fv__resize_source *in;
  const fv__resize_kernels *kernels;
  int32_t rows, columns; /* of a rectangle */
  size_t line;           /* numbers in a row of the input */
  float *lines;          /* for each thread: the sums of rows, and a row of results */
} mean;

static const void *row_of(const mean *m, int64_t y) {
  const size_t at = (size_t)y * m->line;
  return m->in->bytes ? (const void *)(m->in->bytes + at) : (const void *)(m->in->floats + at);
}

static void halve(const mean *m, int32_t y) {
  const size_t channels = (size_t)m->in->channels, at = (size_t)y * (size_t)m->target->width * channels;
  const void *upper = row_of(m, 2 * (int64_t)y), *lower = row_of(m, 2 * (int64_t)y + 1);
  if (m->in->bytes)
    m->kernels->halve_bytes(m->target->bytes + at, upper, lower, m->target->width, m->in->channels);
  else
    m->kernels->halve_floats(m->target->floats + at, upper, lower, m->target->width, m->in->channels);
}

/* In floats, or doubles where whole sums may reach 2^24. */
#define ADD_ACROSS(name, type)                                                                                         \
  static inline void name(float *out, const float *line, int32_t width, int32_t columns, const int32_t channels) {     \
    for (int32_t x = 0; x < width; x++, out += channels)                                                               \
      for (int32_t c = 0; c < channels; c++) {                                                                         \
        const float *at = line + (int64_t)x * columns * channels + c;                                                  \
        type sum = 0;                                                                                                  \
        for (int32_t k = 0; k < columns; k++) sum += (type)at[k * channels];                                           \
        out[c] = (float)sum;                                                                                           \
      }                                                                                                                \
  }
ADD_ACROSS(add_floats, float)
ADD_ACROSS(add_doubles, double)

static void add_across(const mean *m, float *out, const float *line) {
  const int32_t width = m->target->width, channels = m->in->channels;
  if ((int64_t)m->rows * m->columns > 65536)
    add_doubles(out, line, width, m->columns, channels);
  else if (channels == 1)
    add_floats(out, line, width, m->columns, 1);
  else if (channels == 3)
    add_floats(out, line, width, m->columns, 3);
  else
    add_floats(out, line, width, m->columns, channels);
}

/* Row by row for bytes, a few rows at a time for floats. */
static void add_rows(const mean *m, float *line, int32_t y) {
  enum { ROWS = 4 };
  static const float ones[ROWS] = {1, 1, 1, 1};
  if (m->in->bytes) {
    memset(line, 0, m->line * sizeof *line);
    for (int32_t k = 0; k < m->rows; k++)
      m->kernels->add_bytes(line, row_of(m, (int64_t)y * m->rows + k), (int64_t)m->line);
    return;
  }
  const float *rows[ROWS];
  for (int32_t k = 0; k < m->rows;) {
    int32_t count = 0;
    if (k > 0) rows[count++] = line;
    while (count < ROWS && k < m->rows) rows[count++] = row_of(m, (int64_t)y * m->rows + k++);
    m->kernels->floats_down(line, rows, ones, count, (int64_t)m->line, false);
  }
}

static void average(const mean *m, float *line, int32_t y) {
  const size_t width = (size_t)m->target->width * (size_t)m->in->channels, at = (size_t)y * width;
  const float factor = (float)(1.0 / ((double)m->rows * m->columns));
  float *out = line + m->line;
  add_rows(m, line, y);
  add_across(m, out, line);
  if (m->in->bytes)
    m->kernels->round(m->target->bytes + at, out, factor, (int64_t)width);
  else
    for (size_t i = 0; i < width; i++) m->target->floats[at + i] = out[i] * factor;
}

static void mean_piece(void *context, int64_t piece, int thread) {
  const mean *m = context;
  const int32_t channels = m->in->channels, begin = (int32_t)piece * PIECE_ROWS;
  const bool halves = m->rows == 2 && m->columns == 2 && (channels == 1 || channels == 3 || channels == 4);
  float *line = m->lines + (size_t)thread * 2 * m->line;
  for (int32_t y = begin; y < m->target->height && y < begin + PIECE_ROWS; y++) {
    if (halves)
      halve(m, y);
    else
      average(m, line, y);
  }
}

fv_status fv__resize_mean(const fv__resize_target *target, const fv__resize_source *in, fv__pool *pool) {
  mean m = {.target = target, .in = in, .kernels = fv__kernels_for(fv_cpu())->resize};
  m.rows = in->height / target->height;
  m.columns = in->width / target->width;
  m.line = (size_t)in->width * (size_t)in->channels;
  m.lines = calloc((size_t)fv__pool_threads(pool), 2 * m.line * sizeof *m.lines);
  if (!m.lines) return fail(FV_ERROR_MEMORY, "no memory to resize an image");
  fv__parallel_for(pool, (target->height + PIECE_ROWS - 1) / PIECE_ROWS, mean_piece, &m);
  free(m.lines);
  return FV_OK;
}
