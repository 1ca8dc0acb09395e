/* Elastic deformation: every pixel is moved a little, and its neighbours nearly alike. Simard, Steinkraus, Platt 2003.
 *
 *   field of an axis   a number of -1 to 1 a pixel, each by itself; smoothed by a Gaussian of SIGMA pixels, nothing
 * being outside; times ALPHA out(row, column) = in(row + field of rows, column + field of columns), between pixels
 * bilinearly
 *
 * Outside of the picture is its edge. Masks move with their pictures, by the nearest pixel. A smoothed number is about
 * 0.16 / SIGMA, so ALPHA 34 and SIGMA 4, the paper's, move digits by about 1.4 pixels.
 */
#include "data/effect.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

extern const fv__effect_type fv__effect_elastic;

enum { DEVIATIONS = 3, TAPS = 2 * DEVIATIONS * 64 + 1 };

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  const double drawn[3] = {options[0], options[1], (double)(fv__rng_bits(draws->state, 0) >> 11)};
  fv__effect_add(transform, &fv__effect_elastic, drawn);
}

/* Weights of a Gaussian to three deviations, their sum 1; returns how many to one side. */
static int32_t gaussian(float weights[TAPS], double sigma) {
  const int32_t reach = (int32_t)ceil(DEVIATIONS * sigma);
  double sum = 0;
  for (int32_t i = -reach; i <= reach; i++) sum += exp(-i * i / (2 * sigma * sigma));
  for (int32_t i = -reach; i <= reach; i++) weights[i + reach] = (float)(exp(-i * i / (2 * sigma * sigma)) / sum);
  return reach;
}

static void add_shifted(float *to, const float *from, int32_t width, int32_t shift, float weight) {
  const int32_t first = shift < 0 ? -shift : 0, end = shift > 0 ? width - shift : width;
  for (int32_t i = first; i < end; i++) to[i] += weight * from[i + shift];
}

/* A smoothed field, by rows into `half` and then by columns. */
static void make_field(float *field, float *half, const fv__extents *e, double alpha, double sigma, uint64_t state) {
  float weights[TAPS];
  const int32_t reach = gaussian(weights, sigma);
  const size_t numbers = (size_t)e->height * (size_t)e->width;
  for (size_t i = 0; i < numbers; i++) field[i] = (float)(2 * fv__rng_uniform(state, i) - 1);
  memset(half, 0, numbers * sizeof *half);
  for (int32_t row = 0; row < e->height; row++)
    for (int32_t k = -reach; k <= reach; k++)
      add_shifted(half + (int64_t)row * e->width, field + (int64_t)row * e->width, e->width, k, weights[k + reach]);
  memset(field, 0, numbers * sizeof *field);
  for (int32_t row = 0; row < e->height; row++)
    for (int32_t k = -reach; k <= reach; k++)
      if (row + k >= 0 && row + k < e->height)
        add_shifted(field + (int64_t)row * e->width, half + (int64_t)(row + k) * e->width, e->width, 0,
                    (float)alpha * weights[k + reach]);
}

static int64_t within(double place, int32_t extent) {
  return place < 0 ? 0 : place > extent - 1 ? extent - 1 : (int64_t)place;
}

static void take(float *to, const float *from, const fv__extents *e, double row, double column) {
  const double rows = e->nearest ? floor(row + 0.5) : floor(row),
               columns = e->nearest ? floor(column + 0.5) : floor(column);
  const float down = e->nearest ? 0 : (float)(row - rows), across = e->nearest ? 0 : (float)(column - columns);
  const int64_t top = within(rows, e->height) * e->width, bottom = within(rows + 1, e->height) * e->width;
  const int64_t left = within(columns, e->width), right = within(columns + 1, e->width);
  const float *a = from + (top + left) * e->channels, *b = from + (top + right) * e->channels;
  const float *c = from + (bottom + left) * e->channels, *d = from + (bottom + right) * e->channels;
  for (int64_t i = 0; i < e->channels; i++) {
    const float above = a[i] + across * (b[i] - a[i]), below = c[i] + across * (d[i] - c[i]);
    to[i] = e->nearest ? a[i] : above + down * (below - above);
  }
}

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  const size_t pixels = (size_t)e->height * (size_t)e->width;
  float *rows = (float *)(uintptr_t)spare + pixels * (size_t)e->channels, *columns = rows + pixels;
  const uint64_t state = (uint64_t)numbers[2];
  make_field(rows, columns + pixels, e, numbers[0], numbers[1], fv__rng_state("elastic rows", state));
  make_field(columns, columns + pixels, e, numbers[0], numbers[1], fv__rng_state("elastic columns", state));
  for (size_t i = 0; i < pixels; i++)
    take(x + i * (size_t)e->channels, spare, e, (double)(i / (size_t)e->width) + (double)rows[i],
         (double)(i % (size_t)e->width) + (double)columns[i]);
}

const fv__effect_type fv__effect_elastic = {
    .name = "elastic",
    .help = "pixels move by smoothed noise: Gaussian of SIGMA pixels, times ALPHA; boxes stay",
    .option_words = "ALPHA,SIGMA",
    .drawn_words = "ALPHA,SIGMA,NOISE",
    .options = {{"ALPHA", 34, 0, 1e5}, {"SIGMA", 4, 0.5, 64}},
    .drawn = {{"ALPHA", 0, 0, 1e5}, {"SIGMA", 0, 0.5, 64}, {"NOISE", 0, 0, 0x1p53}},
    .alone = FV__ALONE_FIRST,
    .draw = draw,
    .apply = apply,
    .needs_copy = true,
    .fields = 3,
    .moves = true,
};
