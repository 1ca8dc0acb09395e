/* Views: how a value lies in memory.
 *
 * A value is NHWC float32 behind a view: where it starts, its extents, and how many floats lie between neighbouring
 * pixels, rows and images. Channels are contiguous always. Everything that computes takes these strides and any 4-byte
 * alignment, which gives for free: concatenation without copying (each producer writes into its channels of the
 * result), channel groups and splits, crops, padding kept around a value, slices of a batch.
 */
#ifndef FOVEA_TENSOR_VIEW_H
#define FOVEA_TENSOR_VIEW_H

#include <stdbool.h>
#include <stdint.h>

typedef struct fv__view {
  float *data;
  int64_t n, h, w, c;        /* extents: images, rows, pixels, channels */
  int64_t image, row, pixel; /* strides in floats; 0 repeats (broadcasting) */
} fv__view;

/* The view of densely packed data. */
static inline fv__view fv__view_dense(float *data, int64_t n, int64_t h, int64_t w, int64_t c) {
  return (fv__view){data, n, h, w, c, h * w * c, w * c, c};
}

static inline bool fv__view_is_dense(const fv__view *v) {
  return (v->pixel == v->c || v->h * v->w * v->n <= 1) && (v->row == v->w * v->c || v->h * v->n <= 1) &&
         (v->image == v->h * v->w * v->c || v->n <= 1);
}

/* Whether all pixels of all images follow each other at one distance (`pixel`), so that they can be walked as rows of
 * one matrix. */
static inline bool fv__view_is_matrix(const fv__view *v) {
  return (v->row == v->w * v->pixel || v->h * v->n <= 1) && (v->image == v->h * v->w * v->pixel || v->n <= 1);
}

#endif
