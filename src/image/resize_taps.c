/* A method's weights for all output positions of one direction, as whole numbers or floats. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/fail.h"
#include "image/resize.h"

void fv__taps_free(fv__taps *taps) {
  free(taps->first);
  free(taps->count);
  free(taps->whole);
  free(taps->real);
  *taps = (fv__taps){0};
}

/* Pillow rounds halves away from zero, OpenCV to even, in float32. */
static double whole_of(double weight, const fv__resize_method *method) {
  double scale = (double)(1 << method->bits);
  if (method->arithmetic != FV__RESIZE_BYTES) return (double)rintf((float)weight * (float)scale);
  return trunc(weight < 0 ? weight * scale - 0.5 : weight * scale + 0.5);
}

/* Moves the window to `count` pixels inside the picture; weights outside are added to the edge's. */
static void fold(fv__window *window, int32_t in, int32_t count, double *folded) {
  int32_t first = window->first > in - count ? in - count : window->first;
  if (first < 0) first = 0;
  for (int32_t k = 0; k < count; k++) folded[k] = 0;
  for (int32_t k = 0; k < window->count; k++) {
    int32_t at = window->first + k - first;
    folded[at < 0 ? 0 : at >= count ? count - 1 : at] += window->weights[k];
  }
  *window = (fv__window){first, count, folded};
}

/* Leaves out pixels at the ends that do not weigh, but for one: their rows need not be made. */
static void trim(fv__window *window) {
  while (window->count > 1 && window->weights[window->count - 1] == 0) window->count--;
  while (window->count > 1 && window->weights[0] == 0) {
    window->first++;
    window->weights++;
    window->count--;
  }
}

static void keep(fv__taps *taps, int32_t at, const fv__window *window) {
  size_t place = (size_t)at * (size_t)taps->most;
  taps->first[at] = window->first;
  taps->count[at] = window->count;
  for (int32_t k = 0; k < window->count; k++, place++) {
    if (taps->whole)
      taps->whole[place] = (int32_t)window->weights[k];
    else
      taps->real[place] = (float)window->weights[k];
  }
}

static void make(fv__taps *taps, const fv__resize_method *method, double *weights, double *folded) {
  for (int32_t at = 0; at < taps->out; at++) {
    fv__window window = {.weights = weights};
    method->weigh(&window, method, taps->in, taps->out, at);
    for (int32_t k = 0; taps->whole && k < window.count; k++) weights[k] = whole_of(weights[k], method);
    if (taps->uniform)
      fold(&window, taps->in, taps->most, folded);
    else
      trim(&window);
    keep(taps, at, &window);
  }
}

fv_status fv__taps_make(fv__taps *taps, const fv__resize_method *method, int32_t in, int32_t out, bool folded) {
  int32_t window = fv__resize_window_size(method, in, out);
  *taps = (fv__taps){.in = in, .out = out, .most = window, .uniform = folded && method->filter && !method->widens};
  if (taps->uniform && taps->most > in) taps->most = in;
  bool real = method->arithmetic == FV__RESIZE_FLOATS;
  size_t count = (size_t)out * (size_t)taps->most;
  taps->first = calloc((size_t)out, sizeof *taps->first);
  taps->count = calloc((size_t)out, sizeof *taps->count);
  if (real)
    taps->real = calloc(count, sizeof *taps->real);
  else
    taps->whole = calloc(count, sizeof *taps->whole);
  double *scratch = calloc((size_t)window * 2, sizeof *scratch);
  bool there = taps->first && taps->count && (taps->real || taps->whole) && scratch;
  if (there) make(taps, method, scratch, scratch + window);
  free(scratch);
  if (there) return FV_OK;
  fv__taps_free(taps);
  return fail(FV_ERROR_MEMORY, "no memory to resize %" PRId32 " to %" PRId32, in, out);
}
