/* Resizing as Pillow does it, to the byte.
 *
 * All filters but nearest: out = clip(rint-like(sum_k w_k in_k)) in two passes, rows first (horizontally), then
 * columns (the other way round for tall pictures, columns_first), rounded to 8 bits between. The weights of one output
 * pixel, for a filter f of radius r and scale s = in / out:
 *
 *   centre = (x + 0.5) s      reach = r max(s, 1)      first = int(centre - reach + 0.5)      last = int(centre + reach
 * + 0.5) w_k = f((k - centre + 0.5) / max(s, 1)), divided by their sum, then times 2^22 rounded half away from zero
 *
 * so that a filter widens when it shrinks. Alpha pictures are premultiplied before and divided after. The picture
 * between the passes has the input's height and the output's width; it is made in strips of columns, so that no shape
 * needs more than a few MiB for it. Source: the algorithm of Pillow's Resample.c, described in its documentation
 * ("Filters"); checked against its output.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "image/codec.h"

enum { WEIGHT_BITS = 22, STRIP_BYTES = 4 << 20 };

/* ---- the filters */

static const double PI = 3.14159265358979323846;

static double box(double x) { return x > -0.5 && x <= 0.5 ? 1 : 0; }

static double triangle(double x) {
  x = fabs(x);
  return x < 1 ? 1 - x : 0;
}

static double hamming(double x) {
  x = fabs(x);
  if (x == 0) return 1;
  if (x >= 1) return 0;
  x *= PI;
  return sin(x) / x * (0.54 + 0.46 * cos(x));
}

static double cubic(double x) { /* Keys, a = -0.5 */
  const double a = -0.5;
  x = fabs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

static double sinc(double x) {
  if (x == 0) return 1;
  x *= PI;
  return sin(x) / x;
}

static double lanczos(double x) { return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0; }

typedef struct method {
  const char *name;
  fv_status (*resize)(fv_image *out, const fv_image *in, const struct method *method);
  double (*filter)(double x);
  double radius;
} method;

/* ---- weights of one direction */

typedef struct weights {
  int32_t *first, *count; /* per output position: where its inputs begin, how many */
  int32_t *values;        /* `most` per output position */
  int32_t most;
} weights;

static void weights_free(weights *w) {
  free(w->first);
  free(w->count);
  free(w->values);
}

/* The weights of one output position; `exact` is scratch for `most` numbers. */
static void weigh(weights *w, int32_t at, int32_t in, double scale, const method *m, double *exact) {
  double stretch = scale < 1 ? 1 : scale, reach = m->radius * stretch, centre = (at + 0.5) * scale, sum = 0;
  int32_t first = (int32_t)(centre - reach + 0.5), last = (int32_t)(centre + reach + 0.5);
  if (first < 0) first = 0;
  if (last > in) last = in;
  for (int32_t k = 0; k < last - first; k++) {
    exact[k] = m->filter((k + first - centre + 0.5) * (1 / stretch));
    sum += exact[k];
  }
  int32_t *values = w->values + (size_t)at * (size_t)w->most;
  for (int32_t k = 0; k < last - first; k++) {
    double value = (sum != 0 ? exact[k] / sum : exact[k]) * (1 << WEIGHT_BITS);
    values[k] = (int32_t)(value < 0 ? value - 0.5 : value + 0.5);
  }
  w->first[at] = first;
  w->count[at] = last - first;
}

static fv_status weights_make(weights *w, int32_t in, int32_t out, const method *m) {
  double scale = (double)in / out;
  *w = (weights){.most = (int32_t)ceil(m->radius * (scale < 1 ? 1 : scale)) * 2 + 1};
  w->first = calloc((size_t)out, sizeof *w->first);
  w->count = calloc((size_t)out, sizeof *w->count);
  w->values = calloc((size_t)out * (size_t)w->most, sizeof *w->values);
  double *exact = calloc((size_t)w->most, sizeof *exact);
  bool there = w->first && w->count && w->values && exact;
  for (int32_t i = 0; there && i < out; i++) weigh(w, i, in, scale, m, exact);
  free(exact);
  if (there) return FV_OK;
  weights_free(w);
  return fail(FV_ERROR_MEMORY, "no memory to resize %" PRId32 " to %" PRId32, in, out);
}

/* ---- the two passes */

static uint8_t settle(uint32_t sum) {
  int32_t value = (int32_t)sum >> WEIGHT_BITS;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* One row becomes output pixels [from, to); sums are modulo 2^32 and fit 31 bits at the end. Written once, compiled for
 * each number of channels. */
static inline void pass_row_of(uint8_t *out, const uint8_t *in, const weights *w, int32_t from, int32_t to,
                               const int channels) {
  for (int32_t x = from; x < to; x++, out += channels) {
    const int32_t *values = w->values + (size_t)x * (size_t)w->most;
    const uint8_t *at = in + (size_t)w->first[x] * (size_t)channels;
    uint32_t sums[4];
    for (int c = 0; c < channels; c++) sums[c] = 1u << (WEIGHT_BITS - 1);
    for (int32_t k = 0; k < w->count[x]; k++, at += channels)
      for (int c = 0; c < channels; c++) sums[c] += (uint32_t)values[k] * at[c];
    for (int c = 0; c < channels; c++) out[c] = settle(sums[c]);
  }
}

static void pass_row(uint8_t *out, const uint8_t *in, const weights *w, int32_t from, int32_t to, int32_t channels) {
  if (channels == 1)
    pass_row_of(out, in, w, from, to, 1);
  else if (channels == 3)
    pass_row_of(out, in, w, from, to, 3);
  else
    pass_row_of(out, in, w, from, to, 4);
}

/* `rows` of one width become one row: a weighted sum down each column, with `sums` as scratch. */
static void pass_columns(uint8_t *out, const uint8_t *rows, size_t width, const int32_t *values, int32_t count,
                         uint32_t *sums) {
  for (size_t i = 0; i < width; i++) sums[i] = 1u << (WEIGHT_BITS - 1);
  for (int32_t k = 0; k < count; k++, rows += width)
    for (size_t i = 0; i < width; i++) sums[i] += (uint32_t)values[k] * rows[i];
  for (size_t i = 0; i < width; i++) out[i] = settle(sums[i]);
}

typedef struct passes {
  const weights *across, *down; /* NULL: this direction keeps its size, its pass is left out */
  int32_t first_row, rows;      /* of the input that are needed at all */
  uint8_t *strip;
  uint32_t *sums;
} passes;

/* Output columns [from, to). */
static void resize_strip(fv_image *out, const fv_image *in, const passes *p, int32_t from, int32_t to) {
  size_t channels = (size_t)in->channels, width = (size_t)(to - from) * channels;
  size_t in_row = (size_t)in->width * channels, out_row = (size_t)out->width * channels;
  for (int32_t y = 0; y < p->rows; y++) {
    const uint8_t *row = in->pixels + (size_t)(p->first_row + y) * in_row;
    if (p->across)
      pass_row(p->strip + (size_t)y * width, row, p->across, from, to, in->channels);
    else
      memcpy(p->strip + (size_t)y * width, row + (size_t)from * channels, width);
  }
  for (int32_t y = 0; y < out->height; y++) {
    uint8_t *to_row = out->pixels + (size_t)y * out_row + (size_t)from * channels;
    const uint8_t *rows = p->strip + (size_t)((p->down ? p->down->first[y] : y) - p->first_row) * width;
    if (p->down)
      pass_columns(to_row, rows, width, p->down->values + (size_t)y * (size_t)p->down->most, p->down->count[y],
                   p->sums);
    else
      memcpy(to_row, rows, width);
  }
}

static fv_status run_passes(fv_image *out, const fv_image *in, const weights *across, const weights *down) {
  passes p = {across, down, 0, in->height, NULL, NULL};
  if (down) {
    int32_t last = out->height - 1;
    p.first_row = down->first[0];
    p.rows = down->first[last] + down->count[last] - p.first_row;
  }
  size_t column = (size_t)p.rows * (size_t)in->channels; /* bytes between the passes per output column */
  size_t columns = STRIP_BYTES / column;
  if (columns < 1) columns = 1;
  if (columns > (size_t)out->width) columns = (size_t)out->width;
  p.strip = calloc(columns, column);
  p.sums = calloc(columns, (size_t)in->channels * sizeof *p.sums);
  fv_status status = p.strip && p.sums ? FV_OK : fail(FV_ERROR_MEMORY, "no memory to resize an image");
  for (int32_t from = 0; !status && from < out->width; from += (int32_t)columns) {
    int32_t left = out->width - from;
    resize_strip(out, in, &p, from, from + (left < (int32_t)columns ? left : (int32_t)columns));
  }
  free(p.strip);
  free(p.sums);
  return status;
}

/* ---- alpha */

static void premultiply(fv_image *image) {
  uint8_t *at = image->pixels;
  for (size_t i = 0, count = (size_t)image->height * (size_t)image->width; i < count; i++, at += 4)
    for (int c = 0; c < 3; c++) {
      unsigned product = (unsigned)at[c] * at[3] + 128;
      at[c] = (uint8_t)((product + (product >> 8)) >> 8);
    }
}

static void unmultiply(fv_image *image) {
  uint8_t *at = image->pixels;
  for (size_t i = 0, count = (size_t)image->height * (size_t)image->width; i < count; i++, at += 4) {
    if (at[3] == 0 || at[3] == 255) continue;
    for (int c = 0; c < 3; c++) {
      unsigned value = 255u * at[c] / at[3];
      at[c] = (uint8_t)(value > 255 ? 255 : value);
    }
  }
}

/* ---- methods */

/* Columns first, then rows: what Pillow does from 13.0 on when the height shrinks by more than twice what the width
 * shrinks by. The order shows, since numbers are rounded to 8 bits between. */
static bool columns_first(const fv_image *out, const fv_image *in) {
  return in->height > out->height && 2 * (in->width - out->width) < in->height - out->height;
}

static fv_status run_columns_first(fv_image *out, const fv_image *in, const weights *across, const weights *down) {
  fv_image between;
  TRY(fv_image_create(&between, out->height, in->width, in->channels));
  fv_status status = run_passes(&between, in, NULL, down);
  if (!status) status = run_passes(out, &between, across, NULL);
  fv_image_destroy(&between);
  return status;
}

static fv_status resize_filtered(fv_image *out, const fv_image *in, const method *m) {
  weights across, down;
  bool wide = in->width != out->width, high = in->height != out->height;
  if (wide) TRY(weights_make(&across, in->width, out->width, m));
  fv_status status = high ? weights_make(&down, in->height, out->height, m) : FV_OK;
  if (!status) {
    status = wide && high && columns_first(out, in) ? run_columns_first(out, in, &across, &down)
                                                    : run_passes(out, in, wide ? &across : NULL, high ? &down : NULL);
    if (high) weights_free(&down);
  }
  if (wide) weights_free(&across);
  return status;
}

static fv_status resize_pillow(fv_image *out, const fv_image *in, const method *m) {
  if (in->channels != 4) return resize_filtered(out, in, m);
  fv_image weighted;
  TRY(fv_image_convert(&weighted, in, 4));
  premultiply(&weighted);
  fv_status status = resize_filtered(out, &weighted, m);
  fv_image_destroy(&weighted);
  if (!status) unmultiply(out);
  return status;
}

/* The pixel under the centre; centres are added up step by step, which is Pillow's rounding. */
static fv_status resize_nearest(fv_image *out, const fv_image *in, const method *m) {
  (void)m;
  int32_t *columns = malloc((size_t)out->width * sizeof *columns);
  if (!columns) return fail(FV_ERROR_MEMORY, "no memory to resize an image");
  double step = (double)in->width / out->width, at = step * 0.5;
  for (int32_t x = 0; x < out->width; x++, at += step) columns[x] = at < in->width ? (int32_t)at : in->width - 1;
  step = (double)in->height / out->height;
  at = step * 0.5;
  size_t channels = (size_t)in->channels;
  uint8_t *to = out->pixels;
  for (int32_t y = 0; y < out->height; y++, at += step) {
    int32_t row = at < in->height ? (int32_t)at : in->height - 1;
    const uint8_t *from = in->pixels + (size_t)row * (size_t)in->width * channels;
    for (int32_t x = 0; x < out->width; x++, to += channels) memcpy(to, from + (size_t)columns[x] * channels, channels);
  }
  free(columns);
  return FV_OK;
}

static const method methods[] = {
    {"pil-nearest", resize_nearest, NULL, 0},     {"pil-box", resize_pillow, box, 0.5},
    {"pil-bilinear", resize_pillow, triangle, 1}, {"pil-hamming", resize_pillow, hamming, 1},
    {"pil-bicubic", resize_pillow, cubic, 2},     {"pil-lanczos", resize_pillow, lanczos, 3},
};
enum { METHODS = sizeof methods / sizeof *methods };

const char *fv_image_resize_method(int32_t index) { return index >= 0 && index < METHODS ? methods[index].name : NULL; }

static fv_status find_method(const method **found, const char *name) {
  char names[200];
  size_t used = 0;
  for (int i = 0; i < METHODS; i++) {
    if (!strcmp(methods[i].name, name)) {
      *found = &methods[i];
      return FV_OK;
    }
    used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", methods[i].name);
  }
  return fail(FV_ERROR_INVALID, "the resize method must be one of %s, not '%s'", names, name);
}

fv_status fv_image_resize(fv_image *out, const fv_image *in, int32_t height, int32_t width, const char *name) {
  *out = (fv_image){0};
  const method *m = NULL;
  TRY(find_method(&m, name));
  if (height == in->height && width == in->width) return fv_image_convert(out, in, in->channels);
  if (!in->pixels) return fail(FV_ERROR_INVALID, "the image is empty");
  TRY(fv_image_create(out, height, width, in->channels));
  fv_status status = m->resize(out, in, m);
  if (status) fv_image_destroy(out);
  return status;
}
