/* Kernels that are computed: families whose members differ in size and a few numbers, written "gaussian-7:sigma=2".
 *
 * x and y count from the middle of the kernel, x to the right, y down; angles turn from x towards y, so 45 degrees
 * point to the lower right. A Gaussian of standard deviation sigma is cut off 2.5 sigma from the middle: size = 5
 * sigma, unless the two are given.
 *
 *   gaussian   exp(-(x^2 + y^2) / (2 sigma^2)), scaled to sum 1
 *   log        -(1 - r) exp(-r) / (pi sigma^4), r = (x^2 + y^2) / (2 sigma^2), shifted to sum 0; D. Marr and
 *              E. Hildreth (1980)
 *   gabor      exp(-(x'^2 + ratio^2 y'^2) / (2 sigma^2)) cos(2 pi x' / wavelength + phase), x' and y' turned by the
 *              angle; D. Gabor (1946), J. Daugman (1985)
 *   unsharp    (1 + amount) identity - amount binomial: the picture plus what a blur would take away
 */
#include <fovea/filter.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

#define PI 3.14159265358979323846

typedef struct family_options {
  int32_t size;
  double sigma, angle, wavelength, ratio, phase, amount;
} family_options;

#define SIZE_ROW(text, help)                                                                                           \
  { "size", FV_OPTION_INT, offsetof(family_options, size), text, 0, FV_FILTER_MAX_SIDE, NULL, help }
#define ANGLE_ROW(help)                                                                                                \
  { "angle", FV_OPTION_FLOAT, offsetof(family_options, angle), "0", -360, 360, NULL, help }
#define SIGMA_ROW(help)                                                                                                \
  { "sigma", FV_OPTION_FLOAT, offsetof(family_options, sigma), "0", 0, 1000, NULL, help }

static const fv_option box_options[] = {SIZE_ROW("3", "rows and columns"), {0}};
static const fv_option gaussian_options[] = {SIZE_ROW("0", "rows and columns; 0: 5 sigma, without sigma 5"),
                                             SIGMA_ROW("standard deviation in pixels; 0: a fifth of the size"),
                                             {0}};
static const fv_option gabor_options[] = {SIZE_ROW("0", "rows and columns; 0: 3 sigma, rounded up to an odd number"),
                                          ANGLE_ROW("degrees; 0 answers to vertical stripes, 90 to horizontal ones"),
                                          {"wavelength", FV_OPTION_FLOAT, offsetof(family_options, wavelength), "4", 1,
                                           1000, NULL, "pixels from one stripe to the next"},
                                          SIGMA_ROW("standard deviation across the stripes; 0: half the wavelength"),
                                          {"ratio", FV_OPTION_FLOAT, offsetof(family_options, ratio), "0.5", 0, 100,
                                           NULL, "below 1 the kernel is longer along the stripes than across"},
                                          {"phase", FV_OPTION_FLOAT, offsetof(family_options, phase), "0", -360, 360,
                                           NULL, "degrees; 0: a light stripe in the middle, 90: an edge"},
                                          {0}};
static const fv_option unsharp_options[] = {SIZE_ROW("5", "rows and columns of the blur, an odd number"),
                                            {"amount", FV_OPTION_FLOAT, offsetof(family_options, amount), "1", 0, 100,
                                             NULL, "how much of what the blur takes away is added"},
                                            {0}};
static const fv_option motion_options[] = {
    SIZE_ROW("5", "pixels of the way, counted along the axis it is closer to"),
    ANGLE_ROW("degrees; 0: along rows, 45: falling to the right, 90: along columns"),
    {0}};

/* ---- how large, and which numbers */

static int32_t odd_side(double reach) { return reach < 127 ? 2 * (int32_t)ceil(reach) + 1 : FV_FILTER_MAX_SIDE; }

static void settle_gaussian(family_options *o) {
  if (!o->size) o->size = o->sigma > 0 ? odd_side(2.5 * o->sigma - 0.5) : 5;
  if (!(o->sigma > 0)) o->sigma = o->size / 5.0;
}

static void settle_gabor(family_options *o) {
  if (!(o->sigma > 0)) o->sigma = o->wavelength / 2;
  if (!o->size) o->size = odd_side(1.5 * o->sigma);
}

static void fill_box(double *weights, const family_options *o) {
  for (int32_t i = 0; i < o->size * o->size; i++) weights[i] = 1.0 / (o->size * o->size);
}

static void fill_gaussian(double *weights, const family_options *o) {
  double line[FV_FILTER_MAX_SIDE], sum = 0, middle = (o->size - 1) / 2.0;
  for (int32_t i = 0; i < o->size; i++) {
    line[i] = exp(-(i - middle) * (i - middle) / (2 * o->sigma * o->sigma));
    sum += line[i];
  }
  for (int32_t i = 0; i < o->size; i++) line[i] /= sum;
  for (int32_t i = 0; i < o->size * o->size; i++) weights[i] = line[i / o->size] * line[i % o->size];
}

static void fill_log(double *weights, const family_options *o) {
  double sum = 0, middle = (o->size - 1) / 2.0, variance = o->sigma * o->sigma;
  int32_t count = o->size * o->size;
  for (int32_t i = 0; i < count; i++) {
    double y = i / o->size - middle, x = i % o->size - middle, r = (x * x + y * y) / (2 * variance);
    weights[i] = -(1 - r) * exp(-r) / (PI * variance * variance);
    sum += weights[i];
  }
  for (int32_t i = 0; i < count; i++) weights[i] -= sum / count;
}

static void fill_gabor(double *weights, const family_options *o) {
  double middle = (o->size - 1) / 2.0, turn = o->angle * PI / 180, phase = o->phase * PI / 180;
  for (int32_t i = 0; i < o->size * o->size; i++) {
    double y = i / o->size - middle, x = i % o->size - middle;
    double across = x * cos(turn) + y * sin(turn), along = -x * sin(turn) + y * cos(turn);
    double bell = exp(-(across * across + o->ratio * o->ratio * along * along) / (2 * o->sigma * o->sigma));
    weights[i] = bell * cos(2 * PI * across / o->wavelength + phase);
  }
}

/* The binomial numbers of n elements are n - 1 times [1 1] / 2 after [1]. */
static void fill_unsharp(double *weights, const family_options *o) {
  double line[FV_FILTER_MAX_SIDE] = {1};
  for (int32_t n = 1; n < o->size; n++)
    for (int32_t i = n; i >= 0; i--) line[i] = (line[i] + (i ? line[i - 1] : 0)) / 2;
  int32_t count = o->size * o->size;
  for (int32_t i = 0; i < count; i++) weights[i] = -o->amount * line[i / o->size] * line[i % o->size];
  weights[count / 2] += 1 + o->amount;
}

/* One pixel of the way for each step along the nearer axis, shared by the two pixels it lies between. */
static void fill_motion(double *weights, const family_options *o) {
  double middle = (o->size - 1) / 2.0, turn = o->angle * PI / 180;
  double right = cos(turn), down = sin(turn);
  bool flat = fabs(right) >= fabs(down);
  for (int32_t i = 0; i < o->size; i++) {
    double step = i - middle, other = middle + step * (flat ? down / right : right / down);
    other = floor(other * 1e9 + 0.5) / 1e9; /* 45 degrees lie on the pixels, not 1e-16 beside them */
    int32_t first = (int32_t)floor(other);
    double second = other - first;
    for (int32_t k = 0; k < 2 && first + k < o->size; k++) {
      double share = k ? second : 1 - second;
      if (share > 0) weights[flat ? (first + k) * o->size + i : i * o->size + first + k] += share / o->size;
    }
  }
}

/* ---- the families */

typedef struct family {
  fv_filter_family shown;
  void (*settle)(family_options *options); /* sizes and numbers that follow from others; NULL: none do */
  void (*fill)(double *weights, const family_options *options);
  bool odd;
} family;

static const family families[] = {
    {{"box", "smooths: the mean of N x N pixels", box_options}, NULL, fill_box, false},
    {{"gaussian", "smooths: a bell that spreads equally in all directions", gaussian_options},
     settle_gaussian,
     fill_gaussian,
     false},
    {{"log", "edges and blobs: the laplacian of a gaussian", gaussian_options}, settle_gaussian, fill_log, false},
    {{"gabor", "stripes of one direction and width", gabor_options}, settle_gabor, fill_gabor, false},
    {{"unsharp", "sharpens: the picture plus its difference from a blur", unsharp_options}, NULL, fill_unsharp, true},
    {{"motion", "smooths along a line, like a moving camera", motion_options}, NULL, fill_motion, false},
};
enum { FAMILIES = sizeof families / sizeof *families };

const fv_filter_family *fv_filter_family_at(int32_t index) {
  return index >= 0 && index < FAMILIES ? &families[index].shown : NULL;
}

/* ---- from words */

/* "gaussian" or "gaussian-7"; a size there goes into the options. */
static const family *find_family(family_options *options, const char *word) {
  for (int32_t i = 0; i < FAMILIES; i++) {
    const char *name = families[i].shown.name;
    size_t length = strlen(name);
    if (strncmp(word, name, length)) continue;
    if (!word[length]) return &families[i];
    size_t digits = word[length] == '-' ? strspn(word + length + 1, "0123456789") : 0;
    if (digits < 1 || digits > 6 || word[length + 1 + digits] || word[length + 1] == '0') continue;
    options->size = (int32_t)strtol(word + length + 1, NULL, 10);
    return &families[i];
  }
  return NULL;
}

/* "sigma=2:angle=45", which is cut into pieces. */
static fv_status read_options(family_options *options, const family *f, char *text) {
  for (char *next; text; text = next) {
    next = strchr(text, ':');
    if (next) *next++ = '\0';
    char *value = strchr(text, '=');
    if (!value) return fail(FV_ERROR_INVALID, "expected OPTION=VALUE after ':', found '%s'", text);
    *value++ = '\0';
    const fv_option *option = fv_option_find(f->shown.options, text);
    if (!option) return fail(FV_ERROR_INVALID, "a %s kernel has no option '%s'", f->shown.name, text);
    TRY(fv_option_set(options, option, value));
  }
  return FV_OK;
}

static fv_status fill_kernel(fv_filter_kernel *kernel, const family *f, const family_options *o) {
  double *weights = calloc((size_t)o->size * (size_t)o->size, sizeof *weights);
  if (!weights) return fail(FV_ERROR_MEMORY, "no memory for a kernel");
  f->fill(weights, o);
  *kernel = (fv_filter_kernel){f->shown.name, f->shown.help, o->size, o->size, weights};
  return FV_OK;
}

static fv_status copy_named(fv_filter_kernel *kernel, const fv_filter_kernel *named) {
  size_t size = (size_t)named->height * (size_t)named->width * sizeof *named->weights;
  double *weights = malloc(size);
  if (!weights) return fail(FV_ERROR_MEMORY, "no memory for a kernel");
  memcpy(weights, named->weights, size);
  *kernel = *named;
  kernel->weights = weights;
  return FV_OK;
}

fv_status fv_filter_kernel_make(fv_filter_kernel *kernel, const char *text) {
  *kernel = (fv_filter_kernel){0};
  char word[256];
  if (strlen(text) >= sizeof word) return fail(FV_ERROR_INVALID, "the name of a kernel is longer than 255 signs");
  snprintf(word, sizeof word, "%s", text);
  char *settings = strchr(word, ':');
  if (settings) *settings++ = '\0';
  const fv_filter_kernel *named = fv_filter_kernel_find(word);
  if (named && settings) return fail(FV_ERROR_INVALID, "the kernel '%s' has no options", word);
  if (named) return copy_named(kernel, named);
  family_options options = {0};
  const family *f = find_family(&options, word);
  if (!f) return fail(FV_ERROR_NOT_FOUND, "no kernel is named '%s'", word);
  fv_status status = read_options(&options, f, settings);
  if (!status) status = fv_options_complete(&options, f->shown.options);
  if (status) return note(status, "%s", f->shown.name);
  if (f->settle) f->settle(&options);
  if (f->odd && options.size % 2 == 0)
    return fail(FV_ERROR_INVALID, "%s: expected an odd size, found %" PRId32, f->shown.name, options.size);
  return fill_kernel(kernel, f, &options);
}
