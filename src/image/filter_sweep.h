/* A filter once everything is known: extents, windows, weights, and where pixels come from and go to. */
#ifndef FOVEA_IMAGE_FILTER_SWEEP_H
#define FOVEA_IMAGE_FILTER_SWEEP_H

#include "base/parallel.h"
#include "image/sweep.h"

typedef struct fv__filter_task {
  fv__picture picture; /* extents of the input */
  fv__sweep rows, columns;
  int32_t border;
  const double *weights; /* [rows.window][columns.window], turned when asked for */
  const float *floats;   /* the input: these */
  const uint8_t *bytes;  /* or these */
  float *out_floats;     /* the result, rows.out x columns.out pixels: for floats */
  uint8_t *out_bytes;    /* for bytes, rounded half to even and limited */
} fv__filter_task;

/* Errors: FV_ERROR_MEMORY. */
fv_status fv__filter_sweep(const fv__filter_task *task, fv__pool *pool) FV_CHECK;

/* The reference: element for element, sums in double. Floats only. */
void fv__filter_plain(const fv__filter_task *task);

#endif
