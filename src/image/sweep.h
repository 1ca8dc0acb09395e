/* Where windows lie when they are swept over an axis: what filters and pooling share. */
#ifndef FOVEA_IMAGE_SWEEP_H
#define FOVEA_IMAGE_SWEEP_H

#include <fovea/filter.h>

typedef struct fv__sweep {
  int64_t in, window, stride;
  int64_t before;   /* the first window begins `before` pixels ahead of the picture */
  int64_t out;      /* how many windows */
  int64_t left_out; /* pixels at the end that no window reaches */
  int64_t fitting;  /* the smallest padding that leaves none out, or -1 */
} fv__sweep;

/* Both sides padded by `padding`; a window that does not fit is FV_ERROR_SHAPE, `what` ("rows") is for its message. */
fv_status fv__sweep_padded(fv__sweep *sweep, int64_t in, int64_t window, int64_t stride, int64_t padding,
                           const char *what) FV_CHECK;

/* One window for every stride-th pixel, beginning `before` ahead of it. */
void fv__sweep_centred(fv__sweep *sweep, int64_t in, int64_t window, int64_t stride, int64_t before);

/* Extents of a picture tensor (height, width[, channels]), and a new tensor for what comes out of it. */
typedef struct fv__picture {
  int64_t height, width, channels;
} fv__picture;

fv_status fv__picture_of(fv__picture *picture, const fv_tensor *tensor) FV_CHECK;
fv_status fv__picture_create(fv_tensor *out, const fv_tensor *like, int64_t height, int64_t width) FV_CHECK;

void fv__sweep_report(fv_sweep_report *report, const fv__sweep *rows, const fv__sweep *columns);

#endif
