/* The methods of resizing: four libraries' words, each with that library's numbers.
 *
 * in, out: sizes of one direction, s = in / out, x: an output position. A filter f of radius r is used in one of two
 * ways:
 *
 *   widened       centre = (x + 0.5) s    reach = r max(s, 1)    weight of k: f((k + 0.5 - centre) / max(s, 1))
 *                 over the pixels whose centres lie within reach, divided by their sum
 *   interpolating position = (x + 0.5) s - 0.5    weight of k: f(k - position), 2 r pixels; edges are repeated
 *
 * or the weight is the length of pixel k inside [x s, (x + 1) s] (area).
 *
 *   pil-*         widened; fixed-point weights of 22 bits, 8 bits between the passes
 *   cv-*          interpolating, never widened: cubic and lanczos4 shimmer when they shrink; area is what shrinks well;
 *                 weights of 11 bits (cubic: a = -0.75), of 8 bits (linear-exact), floats (area)
 *   tf-*, torch-* floats; tf-bicubic (a = -0.5) rounds positions to 1024ths and leaves out what lies outside;
 *                 *-aa are widened, corners puts the first and last pixels' centres on each other
 *
 * Sources: the documentation of Pillow ("Filters"), OpenCV ("Geometric Image Transformations"), tf.image.resize and
 * torch.nn.functional.interpolate; R. Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981; the
 * exact roundings from comparison with their results.
 */
#include <math.h>
#include <string.h>

#include "image/resize.h"

/* ---- filters */

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

static double keys(double x, double a) {
  x = fabs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

static double cubic(double x) { return keys(x, -0.5); }
static double sharp_cubic(double x) { return keys(x, -0.75); }

static double sinc(double x) {
  if (x == 0) return 1;
  x *= PI;
  return sin(x) / x;
}

static double lanczos3(double x) { return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0; }
static double lanczos4(double x) { return x >= -4 && x < 4 ? sinc(x) * sinc(x / 4) : 0; }

/* ---- positions, in each library's precision */

static double inverse_scale(int32_t in, int32_t out) { return 1 / ((double)out / in); }

static double opencv_centre(int32_t in, int32_t out, int32_t at) {
  return (float)((at + 0.5) * inverse_scale(in, out) - 0.5);
}

static double exact_centre(int32_t in, int32_t out, int32_t at) { return (at + 0.5) * ((double)in / out) - 0.5; }

static double float_centre(int32_t in, int32_t out, int32_t at) {
  return ((float)at + 0.5f) * ((float)in / (float)out) - 0.5f;
}

static double corners(int32_t in, int32_t out, int32_t at) {
  return out > 1 ? (float)at * ((float)(in - 1) / (float)(out - 1)) : 0;
}

/* OpenCV's area, enlarging: pixels meet where their edges do. */
static double area_position(int32_t in, int32_t out, int32_t at) {
  double whole = floor(at * inverse_scale(in, out));
  float part = (float)((at + 1) - (whole + 1) * ((double)out / in));
  return whole + (part <= 0 ? 0 : (double)(part - floorf(part)));
}

/* ---- windows */

static void normalise(fv__window *window, double sum) {
  if (sum == 0) return;
  for (int32_t k = 0; k < window->count; k++) window->weights[k] /= sum;
}

static void weigh_widened(fv__window *window, const fv__resize_method *m, int32_t in, int32_t out, int32_t at) {
  double scale = (double)in / out, stretch = scale < 1 ? 1 : scale;
  double reach = m->radius * stretch, centre = (at + 0.5) * scale, sum = 0;
  int32_t first = (int32_t)(centre - reach + 0.5), last = (int32_t)(centre + reach + 0.5);
  if (first < 0) first = 0;
  if (last > in) last = in;
  window->first = first;
  window->count = last - first;
  for (int32_t k = 0; k < window->count; k++) {
    window->weights[k] = m->filter((k + first - centre + 0.5) * (1 / stretch));
    sum += window->weights[k];
  }
  normalise(window, sum);
}

static void weigh_interpolating(fv__window *window, const fv__resize_method *m, int32_t in, int32_t out, int32_t at) {
  double position = m->position(in, out, at), whole = floor(position), part = position - whole, sum = 0;
  int32_t before = (int32_t)m->radius - 1;
  window->first = (int32_t)whole - before;
  window->count = 2 * (int32_t)m->radius;
  for (int32_t k = 0; k < window->count; k++) {
    window->weights[k] = m->filter(k - before - part);
    sum += window->weights[k];
  }
  normalise(window, sum);
}

/* TensorFlow's bicubic. */
static void weigh_inside(fv__window *window, const fv__resize_method *m, int32_t in, int32_t out, int32_t at) {
  double position = m->position(in, out, at), whole = floor(position), sum = 0;
  double part = rint((position - whole) * 1024) / 1024;
  int32_t first = (int32_t)whole - 1, skipped = first < 0 ? -first : 0;
  window->first = first + skipped;
  window->count = (first + 4 > in ? in - first : 4) - skipped;
  for (int32_t k = 0; k < window->count; k++) {
    window->weights[k] = m->filter(k + skipped - 1 - part);
    sum += window->weights[k];
  }
  normalise(window, sum);
}

static void weigh_overlap(fv__window *window, const fv__resize_method *m, int32_t in, int32_t out, int32_t at) {
  double scale = inverse_scale(in, out), begin = at * scale, end = begin + scale;
  double length = in - begin < scale ? in - begin : scale;
  if (end > in) end = in;
  int32_t first = (int32_t)floor(begin), last = (int32_t)ceil(end);
  if (last - first > 1 && first + 1 - begin <= m->least) first++;
  if (last - first > 1 && end - (last - 1) <= m->least) last--;
  window->first = first;
  window->count = last - first;
  for (int32_t k = first; k < last; k++) {
    double from = k > begin ? k : begin, to = k + 1 < end ? k + 1 : end;
    window->weights[k - first] = (to - from) / length;
  }
}

int32_t fv__resize_window_size(const fv__resize_method *method, int32_t in, int32_t out) {
  double scale = (double)in / out;
  if (scale < 1) scale = 1;
  if (method->widens) return (int32_t)ceil(method->radius * scale) * 2 + 1;
  return method->filter ? 2 * (int32_t)method->radius : (int32_t)ceil(scale) + 2;
}

/* ---- nearest pixels */

/* The pixel under the centre; centres are added up step by step, which is Pillow's rounding. */
static void pick_pillow(int32_t *picks, int32_t in, int32_t out) {
  double step = (double)in / out, at = step * 0.5;
  for (int32_t x = 0; x < out; x++, at += step) picks[x] = (int32_t)at;
}

/* The pixel under the left edge. */
static void pick_opencv(int32_t *picks, int32_t in, int32_t out) {
  for (int32_t x = 0; x < out; x++) picks[x] = (int32_t)(x * inverse_scale(in, out));
}

static void pick_exact(int32_t *picks, int32_t in, int32_t out) {
  for (int32_t x = 0; x < out; x++) picks[x] = (int32_t)((2 * (int64_t)x + 1) * in / (2 * (int64_t)out));
}

static void pick_float(int32_t *picks, int32_t in, int32_t out) {
  for (int32_t x = 0; x < out; x++) picks[x] = (int32_t)(((float)x + 0.5f) * ((float)in / (float)out));
}

/* ---- the table */

#define PICK(word, function)                                                                                           \
  { .name = word, .arithmetic = FV__RESIZE_PICK, .pick = function }
#define PILLOW(word, f, r)                                                                                             \
  {                                                                                                                    \
    .name = word, .arithmetic = FV__RESIZE_BYTES, .bits = 22, .weigh = weigh_widened, .filter = f, .radius = r,        \
    .widens = true, .alpha_first = true                                                                                \
  }
#define OPENCV(word, kind, its_bits, where, f, r)                                                                      \
  {                                                                                                                    \
    .name = word, .arithmetic = kind, .bits = its_bits, .weigh = weigh_interpolating, .position = where, .filter = f,  \
    .radius = r                                                                                                        \
  }
#define FLOATS(word, rule, where, f, r)                                                                                \
  { .name = word, .arithmetic = FV__RESIZE_FLOATS, .weigh = rule, .position = where, .filter = f, .radius = r }
#define WIDENED(word, f, r)                                                                                            \
  { .name = word, .arithmetic = FV__RESIZE_FLOATS, .weigh = weigh_widened, .filter = f, .radius = r, .widens = true }

static const fv__resize_method opencv_area = {
    .name = "cv-area", .arithmetic = FV__RESIZE_FLOATS, .weigh = weigh_overlap, .least = 1e-3};
static const fv__resize_method opencv_mean = {.name = "cv-area", .arithmetic = FV__RESIZE_MEAN};
static const fv__resize_method opencv_area_enlarging =
    OPENCV("cv-area", FV__RESIZE_PAIRS, 11, area_position, triangle, 1);

static const fv__resize_method opencv_linear = OPENCV("cv-linear", FV__RESIZE_PAIRS, 11, opencv_centre, triangle, 1);

/* OpenCV's area is a mean where it shrinks, and another linear where one direction grows. */
static const fv__resize_method *choose_opencv_area(const fv__resize_source *in, int32_t height, int32_t width) {
  if (height > in->height || width > in->width) return &opencv_area_enlarging;
  return in->height % height || in->width % width ? &opencv_area : &opencv_mean;
}

/* At half the size the weights are halves: the same mean, in every bit. */
static const fv__resize_method *choose_opencv_linear(const fv__resize_source *in, int32_t height, int32_t width) {
  return in->height == 2 * (int64_t)height && in->width == 2 * (int64_t)width ? &opencv_mean : &opencv_linear;
}

static const fv__resize_method methods[] = {
    PICK("pil-nearest", pick_pillow),
    PILLOW("pil-box", box, 0.5),
    PILLOW("pil-bilinear", triangle, 1),
    PILLOW("pil-hamming", hamming, 1),
    PILLOW("pil-bicubic", cubic, 2),
    PILLOW("pil-lanczos", lanczos3, 3),
    PICK("cv-nearest", pick_opencv),
    PICK("cv-nearest-exact", pick_exact),
    {.name = "cv-linear", .choose = choose_opencv_linear},
    OPENCV("cv-linear-exact", FV__RESIZE_FIXED, 8, exact_centre, triangle, 1),
    OPENCV("cv-cubic", FV__RESIZE_FIXED, 11, opencv_centre, sharp_cubic, 2),
    OPENCV("cv-lanczos4", FV__RESIZE_FIXED, 11, opencv_centre, lanczos4, 4),
    {.name = "cv-area", .choose = choose_opencv_area},
    PICK("tf-nearest", pick_float),
    FLOATS("tf-bilinear", weigh_interpolating, float_centre, triangle, 1),
    FLOATS("tf-bicubic", weigh_inside, float_centre, cubic, 2),
    FLOATS("tf-area", weigh_overlap, NULL, NULL, 0),
    WIDENED("tf-bilinear-aa", triangle, 1),
    WIDENED("tf-bicubic-aa", cubic, 2),
    WIDENED("tf-lanczos3-aa", lanczos3, 3),
    FLOATS("torch-bilinear", weigh_interpolating, float_centre, triangle, 1),
    FLOATS("torch-bilinear-corners", weigh_interpolating, corners, triangle, 1),
    FLOATS("torch-bicubic", weigh_interpolating, float_centre, sharp_cubic, 2),
    WIDENED("torch-bilinear-aa", triangle, 1),
};
enum { METHODS = sizeof methods / sizeof *methods };

const fv__resize_method *fv__resize_method_at(int32_t index) {
  return index >= 0 && index < METHODS ? &methods[index] : NULL;
}

bool fv__resize_gives_fractions(const char *name) {
  for (int i = 0; i < METHODS; i++)
    if (!strcmp(methods[i].name, name)) return methods[i].arithmetic == FV__RESIZE_FLOATS;
  return false;
}
