/* Winograd's transforms, a vector of channels at a time.
 *
 * Points come in pairs +-p, so every row of B' and A' for p shares its even and its odd half with the row for -p: the
 * half sums are made once, then added and subtracted. The tables below hold the polynomials those rows are made of; all
 * their numbers are exact.
 *
 * An input tile is transformed along its columns, then along its rows, a cache line of channels at a time. Channels
 * that do not fill the last line are done with the line before: it starts earlier and does some twice.
 */
#include <stddef.h>

#include "kernels/kernels.h"
#include "kernels/simd.h"
#include "kernels/winograd.h"

/* x86 without AVX2: the unrolled transforms of that level would be the largest part of the library. */
#if defined(__SSE2__) && FV__WIDTH == 4
#undef V_UNROLL
#define V_UNROLL
#endif

enum { MOST_PAIRS = 4 };

/* For one number of points: the pairs; the product of all (t^2 - p^2) by powers of t^2, from the constant on; and the
 * same product without each pair. Leading coefficients are 1. */
typedef struct polynomials {
  float p[MOST_PAIRS], all[MOST_PAIRS + 1], without[MOST_PAIRS][MOST_PAIRS];
} polynomials;

#define SQUARE(p) ((p) * (p))
#define ONE_PAIR(p0)                                                                                                   \
  {                                                                                                                    \
    {p0}, {-SQUARE(p0), 1}, {                                                                                          \
      { 1 }                                                                                                            \
    }                                                                                                                  \
  }
#define TWO_OF(a, b)                                                                                                   \
  { SQUARE(a) * SQUARE(b), -(SQUARE(a) + SQUARE(b)), 1 }
#define THREE_OF(a, b, c)                                                                                              \
  {                                                                                                                    \
    -SQUARE(a) * SQUARE(b) * SQUARE(c), SQUARE(a) * SQUARE(b) + SQUARE(a) * SQUARE(c) + SQUARE(b) * SQUARE(c),         \
        -(SQUARE(a) + SQUARE(b) + SQUARE(c)), 1                                                                        \
  }
#define FOUR_OF(a, b, c, d)                                                                                            \
  {                                                                                                                    \
    SQUARE(a) * SQUARE(b) * SQUARE(c) * SQUARE(d),                                                                     \
        -(SQUARE(a) * SQUARE(b) * SQUARE(c) + SQUARE(a) * SQUARE(b) * SQUARE(d) + SQUARE(a) * SQUARE(c) * SQUARE(d) +  \
          SQUARE(b) * SQUARE(c) * SQUARE(d)),                                                                          \
        SQUARE(a) * SQUARE(b) + SQUARE(a) * SQUARE(c) + SQUARE(a) * SQUARE(d) + SQUARE(b) * SQUARE(c) +                \
            SQUARE(b) * SQUARE(d) + SQUARE(c) * SQUARE(d),                                                             \
        -(SQUARE(a) + SQUARE(b) + SQUARE(c) + SQUARE(d)), 1                                                            \
  }
#define TWO_PAIRS(a, b)                                                                                                \
  {                                                                                                                    \
    {a, b}, TWO_OF(a, b), {                                                                                            \
      {-SQUARE(b), 1}, { -SQUARE(a), 1 }                                                                               \
    }                                                                                                                  \
  }
#define THREE_PAIRS(a, b, c)                                                                                           \
  {                                                                                                                    \
    {a, b, c}, THREE_OF(a, b, c), { TWO_OF(b, c), TWO_OF(a, c), TWO_OF(a, b) }                                         \
  }
#define FOUR_PAIRS(a, b, c, d)                                                                                         \
  {                                                                                                                    \
    {a, b, c, d}, FOUR_OF(a, b, c, d), { THREE_OF(b, c, d), THREE_OF(a, c, d), THREE_OF(a, b, d), THREE_OF(a, b, c) }  \
  }
#define EXPANDED(macro, ...) macro(__VA_ARGS__)

static const polynomials FOUR = EXPANDED(ONE_PAIR, FV__WINOGRAD_POINTS_4);
static const polynomials SIX = EXPANDED(TWO_PAIRS, FV__WINOGRAD_POINTS_6);
static const polynomials EIGHT = EXPANDED(THREE_PAIRS, FV__WINOGRAD_POINTS_8);
static const polynomials TEN = EXPANDED(FOUR_PAIRS, FV__WINOGRAD_POINTS_10);

V_INLINE const polynomials *polynomials_of(const int points) {
  return points == 4 ? &FOUR : points == 6 ? &SIX : points == 8 ? &EIGHT : &TEN;
}

/* to = B' x. `points` is a constant where this is expanded. */
V_INLINE void to_points(const int points, const vfloat *x, vfloat *to) {
  if (points == 1) {
    to[0] = x[0];
    return;
  }
  const polynomials *table = polynomials_of(points);
  const int pairs = points / 2 - 1;
  vfloat first = x[2 * pairs], last = x[2 * pairs + 1];
  V_UNROLL for (int k = 0; k < pairs; k++) {
    first += table->all[k] * x[2 * k];
    last += table->all[k] * x[2 * k + 1];
  }
  to[0] = first;
  to[points - 1] = last;
  V_UNROLL for (int i = 0; i < pairs; i++) {
    vfloat even = x[2 * pairs], odd = x[2 * pairs - 1];
    V_UNROLL for (int k = 0; k < pairs - 1; k++) {
      even += table->without[i][k] * x[2 * k + 2];
      odd += table->without[i][k] * x[2 * k + 1];
    }
    to[1 + 2 * i] = even + table->p[i] * odd;
    to[2 + 2 * i] = even - table->p[i] * odd;
  }
}

V_INLINE float power(float base, const int exponent) {
  float result = 1;
  V_UNROLL for (int i = 0; i < exponent; i++) result *= base;
  return result;
}

/* to = A' x. */
V_INLINE void to_outputs(const int points, const int outputs, const vfloat *x, vfloat *to) {
  if (points == 1) {
    to[0] = x[0];
    return;
  }
  const polynomials *table = polynomials_of(points);
  const int pairs = points / 2 - 1;
  vfloat sums[MOST_PAIRS], differences[MOST_PAIRS];
  V_UNROLL for (int i = 0; i < pairs; i++) {
    sums[i] = x[1 + 2 * i] + x[2 + 2 * i];
    differences[i] = x[1 + 2 * i] - x[2 + 2 * i];
  }
  V_UNROLL for (int o = 0; o < outputs; o++) {
    const vfloat *halves = o % 2 ? differences : sums;
    vfloat value = power(table->p[0], o) * halves[0];
    V_UNROLL for (int i = 1; i < pairs; i++) value += power(table->p[i], o) * halves[i];
    if (o == 0) value += x[0];
    if (o == outputs - 1) value += x[points - 1];
    to[o] = value;
  }
}

/* Channels at a time: a cache line of every pixel. */
enum { CHUNK = 16, PANEL = 2 * FV__WIDTH };

/* Tiles at a time. Columns that two of them share are transformed once, and all columns stay in the first cache. */
enum { RUN_TILES = 4, RUN_VECTORS = (RUN_TILES * 6 + 2) * 8 };

static const float ZEROS[CHUNK];

/* The columns of a run of tiles, each B' x, to half [column][point][CHUNK]. */
V_INLINE void transform_columns(const int points_h, const fv__winograd_input *in, int64_t first, int64_t count,
                                int64_t c, float *half) {
  const float *rows[FV__WINOGRAD_MOST_POINTS];
  int64_t step[FV__WINOGRAD_MOST_POINTS];
  V_UNROLL for (int i = 0; i < points_h; i++) {
    rows[i] = in->rows[i] ? in->rows[i] + c : ZEROS;
    step[i] = in->rows[i] ? in->pixel : 0;
  }
  for (int64_t j = first; j < first + count; j++, half += points_h * CHUNK) {
    const bool inside = j >= 0 && j < in->width;
    for (int h = 0; h < CHUNK; h += FV__WIDTH) {
      vfloat column[FV__WINOGRAD_MOST_POINTS], to[FV__WINOGRAD_MOST_POINTS];
      V_UNROLL for (int i = 0; i < points_h; i++) column[i] = inside ? v_load(rows[i] + j * step[i] + h) : (vfloat){0};
      to_points(points_h, column, to);
      V_UNROLL for (int i = 0; i < points_h; i++) v_store(half + i * CHUNK + h, to[i]);
    }
  }
}

/* The rows of one tile, each B' of its columns, to V. */
V_INLINE void transform_rows(const int points_h, const int points_w, const float *half, float *v, int64_t product) {
  for (int i = 0; i < points_h; i++, half += CHUNK)
    for (int h = 0; h < CHUNK; h += FV__WIDTH) {
      vfloat row[FV__WINOGRAD_MOST_POINTS], to[FV__WINOGRAD_MOST_POINTS];
      V_UNROLL for (int j = 0; j < points_w; j++) row[j] = v_load(half + j * points_h * CHUNK + h);
      to_points(points_w, row, to);
      V_UNROLL for (int j = 0; j < points_w; j++) v_store(v + (i * points_w + j) * product + h, to[j]);
    }
}

V_INLINE void input_tiles(const int points_h, const int points_w, const fv__winograd_input *caller_input) {
  const fv__winograd_input copy = *caller_input, *in = &copy; /* so that no store can change it */
  float half[RUN_VECTORS * CHUNK];
  for (int64_t first = 0; first < in->tiles; first += RUN_TILES) {
    const int64_t left = in->tiles - first, tiles = left < RUN_TILES ? left : RUN_TILES;
    const int64_t columns = (tiles - 1) * in->step + points_w;
    for (int64_t chunk = 0; chunk < in->channels; chunk += CHUNK) {
      const int64_t c = chunk + CHUNK <= in->channels ? chunk : in->channels - CHUNK;
      transform_columns(points_h, in, in->left + first * in->step, columns, c, half);
      for (int64_t t = 0; t < tiles; t++)
        transform_rows(points_h, points_w, half + t * in->step * points_h * CHUNK, in->v + (first + t) * in->v_tile + c,
                       in->v_product);
    }
  }
}

/* One output of `left` channels. */
V_INLINE void store_output(const fv__winograd_output *tile, int i, int j, int64_t c, vfloat value, int64_t left) {
  if (tile->residual)
    value += v_load_some(tile->residual + i * tile->residual_row + j * tile->residual_pixel + c, left);
  v_store_some(tile->y + i * tile->row + j * tile->pixel + c, v_clamp(value, v_set(tile->low), v_set(tile->high)),
               left);
}

/* A vector of channels of a whole tile; `whole`: all its outputs are wanted, of as many channels. */
V_INLINE void output_vector(const int points_h, const int points_w, const int outputs_h, const int outputs_w,
                            const bool whole, const fv__winograd_output *tile, int64_t c) {
  vfloat half[FV__WINOGRAD_MOST_POINTS][FV__WINOGRAD_MOST_POINTS];
  const float *sums = tile->sums + c / PANEL * tile->panel + c % PANEL;
  const int64_t left = whole ? FV__WIDTH : tile->channels - c;
  V_UNROLL for (int j = 0; j < points_w; j++) {
    vfloat column[FV__WINOGRAD_MOST_POINTS], to[FV__WINOGRAD_MOST_POINTS];
    V_UNROLL for (int i = 0; i < points_h; i++) column[i] = v_load(sums + (i * points_w + j) * PANEL);
    to_outputs(points_h, outputs_h, column, to);
    V_UNROLL for (int i = 0; i < outputs_h; i++) half[i][j] = to[i];
  }
  const vfloat shift = v_load_some(tile->shift + c, left);
  V_UNROLL for (int i = 0; i < outputs_h; i++) {
    vfloat to[FV__WINOGRAD_MOST_POINTS];
    to_outputs(points_w, outputs_w, half[i], to);
    if (whole || i < tile->rows) {
      V_UNROLL for (int j = 0; j < outputs_w; j++) if (whole || j < tile->columns)
          store_output(tile, i, j, c, to[j] + shift, left);
    }
  }
}

V_INLINE void output_tile(const int points_h, const int points_w, const int outputs_h, const int outputs_w,
                          const fv__winograd_output *caller_tile) {
  const fv__winograd_output copy = *caller_tile, *tile = &copy;
  int64_t c = 0;
  if (tile->rows == outputs_h && tile->columns == outputs_w)
    for (; c + FV__WIDTH <= tile->channels; c += FV__WIDTH)
      output_vector(points_h, points_w, outputs_h, outputs_w, true, tile, c);
  for (; c < tile->channels; c += FV__WIDTH) output_vector(points_h, points_w, outputs_h, outputs_w, false, tile, c);
}

/* Filters, half a vector of floats as one of doubles. */
enum { DOUBLES = FV__WIDTH / 2 };
typedef double vdouble __attribute__((vector_size(8 * DOUBLES)));
typedef double vdouble_anywhere __attribute__((vector_size(8 * DOUBLES), aligned(8), may_alias));
typedef float vhalf __attribute__((vector_size(4 * DOUBLES)));
typedef float vhalf_anywhere __attribute__((vector_size(4 * DOUBLES), aligned(4), may_alias));

/* to = G x, of `filter` numbers. */
V_INLINE void to_products(const int points, const int filter, const double (*g)[FV__WINOGRAD_MOST_FILTER],
                          const vdouble *x, vdouble *to) {
  if (points == 1) {
    to[0] = x[0];
    return;
  }
  to[0] = g[0][0] * x[0];
  to[points - 1] = x[filter - 1];
  V_UNROLL for (int i = 1; i + 1 < points; i += 2) {
    vdouble even = g[i][0] * x[0], odd = g[i][1] * x[1];
    V_UNROLL for (int k = 2; k < filter; k += 2) even += g[i][k] * x[k];
    V_UNROLL for (int k = 3; k < filter; k += 2) odd += g[i][k] * x[k];
    to[i] = even + odd;
    to[i + 1] = even - odd;
  }
}

V_INLINE void filter_vector(const int points_h, const int points_w, const int filter_h, const int filter_w,
                            const fv__winograd_filter *f, const float *kernel, int64_t pixel, const double *scales,
                            float *u, int64_t product) {
  vdouble half[FV__WINOGRAD_MOST_POINTS][FV__WINOGRAD_MOST_FILTER];
  const vdouble scale = (vdouble) * (const vdouble_anywhere *)scales;
  V_UNROLL for (int kw = 0; kw < filter_w; kw++) {
    vdouble column[FV__WINOGRAD_MOST_FILTER], to[FV__WINOGRAD_MOST_POINTS];
    V_UNROLL for (int kh = 0; kh < filter_h; kh++) {
      const vhalf numbers = (vhalf) * (const vhalf_anywhere *)(kernel + (kh * filter_w + kw) * pixel);
      column[kh] = __builtin_convertvector(numbers, vdouble) * scale;
    }
    to_products(points_h, filter_h, f->g_h, column, to);
    V_UNROLL for (int i = 0; i < points_h; i++) half[i][kw] = to[i];
  }
  V_UNROLL for (int i = 0; i < points_h; i++) {
    vdouble to[FV__WINOGRAD_MOST_POINTS];
    to_products(points_w, filter_w, f->g_w, half[i], to);
    V_UNROLL for (int j = 0; j < points_w; j++) {
      const vhalf numbers = __builtin_convertvector(to[j], vhalf);
      *(vhalf_anywhere *)(u + (i * points_w + j) * product) = (vhalf_anywhere)numbers;
    }
  }
}

/* Channels that do not fill the last vector go through one that is filled with zeros. */
V_INLINE void filter_tile(const int points_h, const int points_w, const int filter_h, const int filter_w,
                          const fv__winograd_filter *caller_filter) {
  const fv__winograd_filter copy = *caller_filter, *f = &copy;
  int64_t c = 0;
  for (; c + DOUBLES <= f->channels; c += DOUBLES)
    filter_vector(points_h, points_w, filter_h, filter_w, f, f->kernel + c, f->pixel, f->scale + c, f->u + c,
                  f->product);
  const int64_t left = f->channels - c;
  if (left == 0) return;
  float kernel[FV__WINOGRAD_MOST_FILTER * FV__WINOGRAD_MOST_FILTER][DOUBLES] = {{0}};
  float products[FV__WINOGRAD_MOST_PRODUCTS][DOUBLES];
  double scales[DOUBLES] = {0};
  for (int k = 0; k < filter_h * filter_w; k++)
    for (int64_t i = 0; i < left; i++) kernel[k][i] = f->kernel[k * f->pixel + c + i];
  for (int64_t i = 0; i < left; i++) scales[i] = f->scale[c + i];
  filter_vector(points_h, points_w, filter_h, filter_w, f, kernel[0], DOUBLES, scales, products[0], DOUBLES);
  for (int k = 0; k < points_h * points_w; k++)
    for (int64_t i = 0; i < left; i++) f->u[k * f->product + c + i] = products[k][i];
}

/* The same of a tile whose filters are few, without a copy of the code for its size. */
static void filter_loops(const int points_h, const int points_w, const int filter_h, const int filter_w,
                         const fv__winograd_filter *f) {
  for (int64_t c = 0; c < f->channels; c++) {
    double half[FV__WINOGRAD_MOST_POINTS][FV__WINOGRAD_MOST_FILTER] = {{0}};
    for (int i = 0; i < points_h; i++)
      for (int kh = 0; kh < filter_h; kh++)
        for (int kw = 0; kw < filter_w; kw++)
          half[i][kw] += f->g_h[i][kh] * f->scale[c] * (double)f->kernel[(kh * filter_w + kw) * f->pixel + c];
    for (int i = 0; i < points_h; i++)
      for (int j = 0; j < points_w; j++) {
        double sum = 0;
        for (int kw = 0; kw < filter_w; kw++) sum += f->g_w[j][kw] * half[i][kw];
        f->u[(i * points_w + j) * f->product + c] = (float)sum;
      }
  }
}

/* to = A x, of `outputs` numbers. */
V_INLINE void from_outputs(const int points, const int outputs, const vfloat *x, vfloat *to) {
  const polynomials *table = polynomials_of(points);
  to[0] = x[0];
  to[points - 1] = x[outputs - 1];
  V_UNROLL for (int i = 0; i < points / 2 - 1; i++) {
    vfloat even = x[0], odd = power(table->p[i], 1) * x[1];
    V_UNROLL for (int o = 2; o < outputs; o += 2) even += power(table->p[i], o) * x[o];
    V_UNROLL for (int o = 3; o < outputs; o += 2) odd += power(table->p[i], o) * x[o];
    to[1 + 2 * i] = even + odd;
    to[2 + 2 * i] = even - odd;
  }
}

/* A vector of channels of a tile of dy. */
V_INLINE void gradient_vector(const int points_h, const int points_w, const int outputs_h, const int outputs_w,
                              const fv__winograd_input *in, const float *const *rows, const int64_t *step, int64_t left,
                              float *z) {
  vfloat half[FV__WINOGRAD_MOST_POINTS][FV__WINOGRAD_MOST_POINTS];
  V_UNROLL for (int j = 0; j < outputs_w; j++) {
    const bool inside = left + j < in->width;
    vfloat column[FV__WINOGRAD_MOST_POINTS], to[FV__WINOGRAD_MOST_POINTS];
    V_UNROLL for (int i = 0; i < outputs_h; i++) column[i] =
        inside ? v_load(rows[i] + (left + j) * step[i]) : (vfloat){0};
    from_outputs(points_h, outputs_h, column, to);
    V_UNROLL for (int i = 0; i < points_h; i++) half[i][j] = to[i];
  }
  V_UNROLL for (int i = 0; i < points_h; i++) {
    vfloat to[FV__WINOGRAD_MOST_POINTS];
    from_outputs(points_w, outputs_w, half[i], to);
    V_UNROLL for (int j = 0; j < points_w; j++) v_store(z + (i * points_w + j) * in->v_product, to[j]);
  }
}

V_INLINE void gradient_tiles(const int points_h, const int points_w, const int outputs_h, const int outputs_w,
                             const fv__winograd_input *caller_input) {
  const fv__winograd_input copy = *caller_input, *in = &copy;
  for (int64_t t = 0; t < in->tiles; t++)
    for (int64_t chunk = 0; chunk < in->channels; chunk += CHUNK) {
      const int64_t c = chunk + CHUNK <= in->channels ? chunk : in->channels - CHUNK;
      for (int h = 0; h < CHUNK; h += FV__WIDTH) {
        const float *rows[FV__WINOGRAD_MOST_POINTS];
        int64_t step[FV__WINOGRAD_MOST_POINTS];
        V_UNROLL for (int i = 0; i < outputs_h; i++) {
          rows[i] = in->rows[i] ? in->rows[i] + c + h : ZEROS;
          step[i] = in->rows[i] ? in->pixel : 0;
        }
        gradient_vector(points_h, points_w, outputs_h, outputs_w, in, rows, step, in->left + t * outputs_w,
                        in->v + t * in->v_tile + c + h);
      }
    }
}

/* to = G' x, of `points` numbers. */
V_INLINE void from_products(const int points, const int filter, const float (*g)[FV__WINOGRAD_MOST_FILTER],
                            const vfloat *x, vfloat *to) {
  V_UNROLL for (int k = 0; k < filter; k++) {
    to[k] = k == filter - 1 ? x[points - 1] : (vfloat){0};
    if (k == 0) to[0] += g[0][0] * x[0];
    V_UNROLL for (int i = 1; i + 1 < points; i += 2) to[k] += g[i][k] * (k % 2 ? x[i] - x[i + 1] : x[i] + x[i + 1]);
  }
}

V_INLINE void weights_vector(const int points_h, const int points_w, const int filter_h, const int filter_w,
                             const fv__winograd_weights *w, const float (*g_h)[FV__WINOGRAD_MOST_FILTER],
                             const float (*g_w)[FV__WINOGRAD_MOST_FILTER], int64_t at, int64_t left) {
  vfloat half[FV__WINOGRAD_MOST_FILTER][FV__WINOGRAD_MOST_POINTS];
  V_UNROLL for (int j = 0; j < points_w; j++) {
    vfloat column[FV__WINOGRAD_MOST_POINTS], to[FV__WINOGRAD_MOST_FILTER];
    V_UNROLL for (int i = 0; i < points_h; i++) column[i] =
        v_load_some(w->u + (i * points_w + j) * w->product + at, left);
    from_products(points_h, filter_h, g_h, column, to);
    V_UNROLL for (int i = 0; i < filter_h; i++) half[i][j] = to[i];
  }
  V_UNROLL for (int i = 0; i < filter_h; i++) {
    vfloat to[FV__WINOGRAD_MOST_FILTER];
    from_products(points_w, filter_w, g_w, half[i], to);
    V_UNROLL for (int j = 0; j < filter_w; j++) {
      float *kernel = w->kernel + (i * filter_w + j) * w->pixel + at;
      v_store_some(kernel, w->add ? to[j] + v_load_some(kernel, left) : to[j], left);
    }
  }
}

V_INLINE void weights_tile(const int points_h, const int points_w, const int filter_h, const int filter_w,
                           const fv__winograd_weights *caller_weights) {
  const fv__winograd_weights copy = *caller_weights, *w = &copy;
  float g_h[FV__WINOGRAD_MOST_POINTS][FV__WINOGRAD_MOST_FILTER],
      g_w[FV__WINOGRAD_MOST_POINTS][FV__WINOGRAD_MOST_FILTER];
  for (int i = 0; i < FV__WINOGRAD_MOST_POINTS; i++)
    for (int k = 0; k < FV__WINOGRAD_MOST_FILTER; k++) {
      g_h[i][k] = (float)w->g_h[i][k];
      g_w[i][k] = (float)w->g_w[i][k];
    }
  for (int64_t at = 0; at < w->count; at += FV__WIDTH)
    weights_vector(points_h, points_w, filter_h, filter_w, w, (const float(*)[FV__WINOGRAD_MOST_FILTER])g_h,
                   (const float(*)[FV__WINOGRAD_MOST_FILTER])g_w, at, w->count - at);
}

/* The functions of one tile. Tiles of as many points share the first. */
#define INPUT(points_h, points_w)                                                                                      \
  static void input_##points_h##x##points_w(const fv__winograd_input *tiles) { input_tiles(points_h, points_w, tiles); }
#define OUTPUT(name, outputs_h, outputs_w, filter_h, filter_w)                                                         \
  static void output_##name(const fv__winograd_output *tile) {                                                         \
    output_tile((outputs_h) + (filter_h)-1, (outputs_w) + (filter_w)-1, outputs_h, outputs_w, tile);                   \
  }
#define FILTER(name, outputs_h, outputs_w, filter_h, filter_w)                                                         \
  static void filter_##name(const fv__winograd_filter *filter) {                                                       \
    filter_tile((outputs_h) + (filter_h)-1, (outputs_w) + (filter_w)-1, filter_h, filter_w, filter);                   \
  }
#define GRADIENT(name, outputs_h, outputs_w, filter_h, filter_w)                                                       \
  static void gradient_##name(const fv__winograd_input *tiles) {                                                       \
    gradient_tiles((outputs_h) + (filter_h)-1, (outputs_w) + (filter_w)-1, outputs_h, outputs_w, tiles);               \
  }                                                                                                                    \
  static void weights_##name(const fv__winograd_weights *weights) {                                                    \
    weights_tile((outputs_h) + (filter_h)-1, (outputs_w) + (filter_w)-1, filter_h, filter_w, weights);                 \
  }
#define TILE(name, outputs_h, outputs_w, filter_h, filter_w)                                                           \
  OUTPUT(name, outputs_h, outputs_w, filter_h, filter_w)                                                               \
  FILTER(name, outputs_h, outputs_w, filter_h, filter_w)
#define TABLE(points, name, outputs_h, outputs_w, filter_h, filter_w)                                                  \
  { {outputs_h, outputs_w, filter_h, filter_w}, input_##points, output_##name, filter_##name, NULL, NULL }

INPUT(4, 4)
INPUT(6, 4)
INPUT(6, 6)
INPUT(8, 8)
INPUT(1, 10)
INPUT(10, 1)
INPUT(1, 6)
INPUT(6, 1)
TILE(2x2_3x3, 2, 2, 3, 3)
TILE(4x2_3x3, 4, 2, 3, 3)
TILE(4x4_3x3, 4, 4, 3, 3)
TILE(6x6_3x3, 6, 6, 3, 3)
GRADIENT(4x4_3x3, 4, 4, 3, 3)
OUTPUT(4x4_5x5, 4, 4, 5, 5)
OUTPUT(5x5_4x4, 5, 5, 4, 4)
TILE(1x4_1x7, 1, 4, 1, 7)
TILE(4x1_7x1, 4, 1, 7, 1)
TILE(1x4_1x3, 1, 4, 1, 3)
TILE(4x1_3x1, 4, 1, 3, 1)

static void filter_4x4_5x5(const fv__winograd_filter *filter) { filter_loops(8, 8, 5, 5, filter); }
static void filter_5x5_4x4(const fv__winograd_filter *filter) { filter_loops(8, 8, 4, 4, filter); }

const fv__winograd_kernels FV__LEVEL_NAME(fv__kernels_winograd) = {
    .transforms = {[FV__WINOGRAD_2X2_3X3] = TABLE(4x4, 2x2_3x3, 2, 2, 3, 3),
                   [FV__WINOGRAD_4X2_3X3] = TABLE(6x4, 4x2_3x3, 4, 2, 3, 3),
                   [FV__WINOGRAD_4X4_3X3] =
                       {{4, 4, 3, 3}, input_6x6, output_4x4_3x3, filter_4x4_3x3, gradient_4x4_3x3, weights_4x4_3x3},
                   [FV__WINOGRAD_6X6_3X3] = TABLE(8x8, 6x6_3x3, 6, 6, 3, 3),
                   [FV__WINOGRAD_4X4_5X5] = TABLE(8x8, 4x4_5x5, 4, 4, 5, 5),
                   [FV__WINOGRAD_5X5_4X4] = TABLE(8x8, 5x5_4x4, 5, 5, 4, 4),
                   [FV__WINOGRAD_1X4_1X7] = TABLE(1x10, 1x4_1x7, 1, 4, 1, 7),
                   [FV__WINOGRAD_4X1_7X1] = TABLE(10x1, 4x1_7x1, 4, 1, 7, 1),
                   [FV__WINOGRAD_1X4_1X3] = TABLE(1x6, 1x4_1x3, 1, 4, 1, 3),
                   [FV__WINOGRAD_4X1_3X1] = TABLE(6x1, 4x1_3x1, 4, 1, 3, 1)}};
