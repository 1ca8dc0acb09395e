/* What a kernel does, read from its numbers.
 *
 *   frequency response   H(u, v) = sum over (a, b) of kernel[a, b] exp(-2 pi i (u a + v b)): a pattern of u cycles a
 *                        pixel down and v cycles across comes out |H(u, v)| times as strong
 *   separable            kernel = column x row, which is rank 1: two passes of lines do the same. The singular values
 *                        tell: one-sided Jacobi rotations (M. Hestenes, 1958)
 */
#include <fovea/filter.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

#define TURN 6.28318530717958647692

/* Singular values below this share of the largest are rounding: kernels come from files of float32, too. */
static const double RANK_LIMIT = 1e-6;

enum { GRID = 128 };

static fv_status check(const fv_filter_kernel *kernel) {
  if (!kernel || !kernel->weights || kernel->height < 1 || kernel->width < 1 || kernel->height > FV_FILTER_MAX_SIDE ||
      kernel->width > FV_FILTER_MAX_SIDE)
    return fail(FV_ERROR_INVALID, "a filter kernel has 1 to %d rows and columns", FV_FILTER_MAX_SIDE);
  return FV_OK;
}

/* ---- frequency response */

typedef struct spectrum {
  double *cosine, *sine; /* of one turn in `side` steps */
  double *lines;         /* a row of the kernel at every v: real and imaginary parts, `height` rows of 2 side */
  int32_t side;
} spectrum;

/* The step of the turn after `index` steps of frequency number `frequency` (zero frequency is number side / 2). */
static int32_t step_of(const spectrum *s, int32_t frequency, int32_t index) {
  int32_t step = (frequency - s->side / 2) * index % s->side;
  return step < 0 ? step + s->side : step;
}

static void transform_rows(spectrum *s, const fv_filter_kernel *kernel) {
  for (int32_t a = 0; a < kernel->height; a++)
    for (int32_t v = 0; v < s->side; v++) {
      double real = 0, imaginary = 0;
      for (int32_t b = 0; b < kernel->width; b++) {
        int32_t step = step_of(s, v, b);
        real += kernel->weights[a * kernel->width + b] * s->cosine[step];
        imaginary -= kernel->weights[a * kernel->width + b] * s->sine[step];
      }
      s->lines[2 * (a * s->side + v)] = real;
      s->lines[2 * (a * s->side + v) + 1] = imaginary;
    }
}

static void transform_columns(float *gain, const spectrum *s, int32_t height) {
  for (int32_t u = 0; u < s->side; u++)
    for (int32_t v = 0; v < s->side; v++) {
      double real = 0, imaginary = 0;
      for (int32_t a = 0; a < height; a++) {
        const double *line = s->lines + 2 * (a * s->side + v);
        int32_t step = step_of(s, u, a);
        real += line[0] * s->cosine[step] + line[1] * s->sine[step];
        imaginary += line[1] * s->cosine[step] - line[0] * s->sine[step];
      }
      gain[u * s->side + v] = (float)hypot(real, imaginary);
    }
}

fv_status fv_filter_kernel_response(fv_tensor *gain, const fv_filter_kernel *kernel, int32_t side) {
  *gain = (fv_tensor){0};
  TRY(check(kernel));
  if (side < 2 || side > 1024 || side % 2)
    return fail(FV_ERROR_INVALID, "a frequency response has an even side of 2 to 1024, not %" PRId32, side);
  TRY(fv_tensor_create(gain, &(fv_shape){2, {side, side}}));
  size_t turn = (size_t)side, lines = (size_t)kernel->height * 2 * turn;
  double *memory = calloc(2 * turn + lines, sizeof *memory);
  if (!memory) {
    fv_tensor_destroy(gain);
    return fail(FV_ERROR_MEMORY, "no memory for a frequency response");
  }
  spectrum s = {memory, memory + turn, memory + 2 * turn, side};
  for (int32_t i = 0; i < side; i++) {
    s.cosine[i] = cos(TURN * i / side);
    s.sine[i] = sin(TURN * i / side);
  }
  transform_rows(&s, kernel);
  transform_columns(gain->data, &s, kernel->height);
  free(memory);
  return FV_OK;
}

/* ---- separable or not */

static double dot(const double *a, const double *b, int32_t count) {
  double sum = 0;
  for (int32_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

/* Turns two vectors in their plane until they are at right angles; false when they were, or as good as: beside the
 * `energy` of the whole kernel what is left is rounding, whose angles would never settle. */
static bool make_orthogonal(double *a, double *b, int32_t count, double energy) {
  double aa = dot(a, a, count), bb = dot(b, b, count), ab = dot(a, b, count);
  if (fabs(ab) <= 1e-12 * sqrt(aa) * sqrt(bb) || fabs(ab) <= 1e-20 * energy) return false;
  double zeta = (bb - aa) / (2 * ab), tangent = (zeta < 0 ? -1 : 1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
  double cosine = 1 / sqrt(1 + tangent * tangent), sine = cosine * tangent;
  for (int32_t i = 0; i < count; i++) {
    double old = a[i];
    a[i] = cosine * old - sine * b[i];
    b[i] = sine * old + cosine * b[i];
  }
  return true;
}

static int larger_first(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x < y) - (x > y);
}

/* `rows` is a copy of the kernel, `height` vectors of `width`, and is used up. */
static void find_singular_values(fv_filter_report *report, double *rows, int32_t height, int32_t width) {
  double energy = dot(rows, rows, height * width);
  bool turned = true;
  for (int32_t sweep = 0; turned && sweep < 60; sweep++) {
    turned = false;
    for (int32_t i = 0; i < height; i++)
      for (int32_t j = i + 1; j < height; j++)
        if (make_orthogonal(rows + i * width, rows + j * width, width, energy)) turned = true;
  }
  for (int32_t i = 0; i < height; i++)
    report->singular_values[i] = sqrt(dot(rows + i * width, rows + i * width, width));
  qsort(report->singular_values, (size_t)height, sizeof(double), larger_first);
  double limit = report->singular_values[0] * RANK_LIMIT;
  while (report->rank < height && report->singular_values[report->rank] > limit) report->rank++;
}

static double sum_of(const double *values, int32_t count) {
  double sum = 0;
  for (int32_t i = 0; i < count; i++) sum += values[i];
  return sum;
}

static double smallest_of(const double *values, int32_t count, double limit) {
  double smallest = INFINITY;
  for (int32_t i = 0; i < count; i++)
    if (fabs(values[i]) > limit && fabs(values[i]) < smallest) smallest = fabs(values[i]);
  return smallest;
}

/* Of all pairs with the same product one is read most easily: equal sums, or where a vector sums to zero, that one with
 * 1 as its smallest number. */
static void split(fv_filter_report *report, const fv_filter_kernel *kernel) {
  int32_t height = kernel->height, width = kernel->width, pivot = 0;
  for (int32_t i = 1; i < height * width; i++)
    if (fabs(kernel->weights[i]) > fabs(kernel->weights[pivot])) pivot = i;
  double largest = fabs(kernel->weights[pivot]), factor;
  for (int32_t a = 0; a < height; a++) report->column[a] = kernel->weights[a * width + pivot % width] / largest;
  for (int32_t b = 0; b < width; b++)
    report->row[b] = kernel->weights[pivot / width * width + b] * (kernel->weights[pivot] < 0 ? -1 : 1);
  double down = sum_of(report->column, height), across = sum_of(report->row, width);
  if (fabs(down) < 1e-9)
    factor = (across < 0 ? -1 : 1) / smallest_of(report->column, height, 1e-6);
  else if (fabs(across) < 1e-9 * largest)
    factor = (down < 0 ? -1 : 1) * smallest_of(report->row, width, 1e-6 * largest);
  else
    factor = (down < 0 ? -1 : 1) * sqrt(fabs(across / down));
  for (int32_t a = 0; a < height; a++) report->column[a] *= factor;
  for (int32_t b = 0; b < width; b++) report->row[b] /= factor;
}

/* ---- what it does */

static fv_filter_effect effect_of(const fv_filter_report *report, const fv_tensor *gain, int32_t numbers) {
  double flat = fabs(report->sum), peak = report->peak_gain;
  double corners = fmax((double)gain->data[0], fmax((double)gain->data[GRID / 2], (double)gain->data[GRID / 2 * GRID]));
  if (!(peak > 0)) return FV_FILTER_CLEARS;
  if (numbers == 1) return FV_FILTER_COPIES;
  if (flat <= 1e-6 * peak) return FV_FILTER_DIFFERENTIATES;
  if (flat >= (1 - 1e-6) * peak) return FV_FILTER_SMOOTHS;
  return flat < 0.125 * peak && corners < 0.5 * peak ? FV_FILTER_SELECTS : FV_FILTER_SHARPENS;
}

static fv_status study_response(fv_filter_report *report, const fv_filter_kernel *kernel, int32_t numbers) {
  fv_tensor gain;
  TRY(fv_filter_kernel_response(&gain, kernel, GRID));
  int32_t peak = GRID / 2 * GRID + GRID / 2;
  for (int32_t i = 0; i < GRID * GRID; i++) /* of equals the first, which is none but the middle where that is one */
    if ((double)gain.data[i] > (double)gain.data[peak] * (1 + 1e-6)) peak = i;
  report->peak_gain = (double)gain.data[peak];
  report->peak_down = fabs((double)(peak / GRID - GRID / 2) / GRID);
  report->peak_across = fabs((double)(peak % GRID - GRID / 2) / GRID);
  report->effect = effect_of(report, &gain, numbers);
  fv_tensor_destroy(&gain);
  return FV_OK;
}

fv_status fv_filter_kernel_explain(fv_filter_report *report, const fv_filter_kernel *kernel) {
  *report = (fv_filter_report){0};
  TRY(check(kernel));
  int32_t count = kernel->height * kernel->width, numbers = 0;
  for (int32_t i = 0; i < count; i++) {
    report->sum += kernel->weights[i];
    report->magnitude += fabs(kernel->weights[i]);
    numbers += kernel->weights[i] != 0;
  }
  if (!isfinite(report->magnitude)) return fail(FV_ERROR_NUMBERS, "the kernel has a number that is not finite");
  if (fabs(report->sum) <= 1e-14 * report->magnitude) report->sum = 0;
  double *rows = malloc((size_t)count * sizeof *rows);
  if (!rows) return fail(FV_ERROR_MEMORY, "no memory to explain a kernel");
  memcpy(rows, kernel->weights, (size_t)count * sizeof *rows);
  find_singular_values(report, rows, kernel->height, kernel->width);
  free(rows);
  if (report->rank == 1) split(report, kernel);
  report->direct_cost = count;
  report->separable_cost = report->rank * (kernel->height + kernel->width);
  return study_response(report, kernel, numbers);
}
