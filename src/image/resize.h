/* Resizing, inside: a method is a rule for the weights of one output position and an arithmetic to sum with.
 *
 *   resize.c          the public functions; alpha as Pillow treats it
 *   resize_methods.c  the table of methods
 *   resize_taps.c     a method's weights for all positions of one direction
 *   resize_sweep.c    the two passes over a picture, in pieces that threads share
 *   resize_mean.c     shrinking by whole numbers: means of rectangles
 */
#ifndef FOVEA_IMAGE_RESIZE_H
#define FOVEA_IMAGE_RESIZE_H

#include <fovea/image.h>

#include "base/parallel.h"

/* The input pixels that one output position looks at. The window may reach beyond the picture: what lies outside is the
 * pixel at the edge again. */
typedef struct fv__window {
  int32_t first, count;
  double *weights;
} fv__window;

/* How sums are made. `bits` are those of a method's whole-number weights. */
typedef enum fv__resize_arithmetic {
  FV__RESIZE_PICK,   /* one pixel is copied */
  FV__RESIZE_BYTES,  /* Pillow's: whole numbers, rounded to 8 bits after each pass */
  FV__RESIZE_FIXED,  /* whole numbers, rounded once, after both passes */
  FV__RESIZE_PAIRS,  /* OpenCV's for two taps: whole numbers of 16 bits, cut off after each product */
  FV__RESIZE_FLOATS, /* float32, rounded to 8 bits at the end if at all */
  FV__RESIZE_MEAN    /* of whole pixels: both directions shrink by whole numbers */
} fv__resize_arithmetic;

/* Where pixels come from: dense bytes or floats; floats have any number of channels. */
typedef struct fv__resize_source {
  int32_t height, width, channels;
  const uint8_t *bytes;
  const float *floats;
} fv__resize_source;

typedef struct fv__resize_method fv__resize_method;
struct fv__resize_method {
  const char *name;
  fv__resize_arithmetic arithmetic;
  int32_t bits;
  void (*pick)(int32_t *picks, int32_t in, int32_t out); /* FV__RESIZE_PICK: the input pixel of each output pixel */
  void (*weigh)(fv__window *window, const fv__resize_method *method, int32_t in, int32_t out, int32_t at);
  double (*position)(int32_t in, int32_t out, int32_t at); /* of an output pixel's centre among the inputs' */
  double (*filter)(double x);
  double radius;    /* where the filter ends */
  bool widens;      /* the filter, when it shrinks */
  double least;     /* of an overlap that counts */
  bool alpha_first; /* colours are multiplied by alpha before, divided after */

  /* One name for several methods, by the sizes; then nothing else is set. */
  const fv__resize_method *(*choose)(const fv__resize_source *in, int32_t height, int32_t width);
};
const fv__resize_method *fv__resize_method_at(int32_t index); /* NULL after the last */

/* Whether a method (of any name) gives numbers with fractions. */
bool fv__resize_gives_fractions(const char *name);

/* The most pixels that one output position looks at. */
int32_t fv__resize_window_size(const fv__resize_method *method, int32_t in, int32_t out);

/* Weights of all output positions of one direction. Windows may reach beyond the picture unless they were folded. */
typedef struct fv__taps {
  int32_t in, out, most;
  int32_t *first, *count;
  int32_t *whole; /* `most` per position; either these */
  float *real;    /* or these */
  bool uniform;   /* every window has `most` pixels */
} fv__taps;

/* `folded`: every window lies inside, those of interpolating methods are all of one size. */
fv_status fv__taps_make(fv__taps *taps, const fv__resize_method *method, int32_t in, int32_t out, bool folded) FV_CHECK;
void fv__taps_free(fv__taps *taps);

/* Where results go: bytes or floats, dense, `channels` of the source. */
typedef struct fv__resize_target {
  int32_t height, width;
  uint8_t *bytes;
  float *floats; /* only for FV__RESIZE_FLOATS and floats of FV__RESIZE_MEAN */
} fv__resize_target;

/* Both passes. A direction without taps (NULL) keeps its size; only FV__RESIZE_BYTES may have one. Bytes of a source
 * are for any arithmetic, floats for FV__RESIZE_FLOATS. */
fv_status fv__resize_sweep(const fv__resize_target *target, const fv__resize_source *in,
                           const fv__resize_method *method, const fv__taps *across, const fv__taps *down,
                           fv__pool *pool) FV_CHECK;

/* The mean of rectangles; bytes become bytes, floats floats. */
fv_status fv__resize_mean(const fv__resize_target *target, const fv__resize_source *in, fv__pool *pool) FV_CHECK;

#endif
