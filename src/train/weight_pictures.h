/* Weights as pictures. */
#ifndef FOVEA_TRAIN_WEIGHT_PICTURES_H
#define FOVEA_TRAIN_WEIGHT_PICTURES_H

#include <fovea/image.h>

#include "base/fail.h"

enum { FV__WEIGHT_PICTURES = 16 };

/* The first pictures of a weight and how many; the caller destroys them. Between its smallest number, black, and its
 * largest, white, by tensor:
 *   (h, w, 3, n)  n filters in colour; (h, w, c, n)  the same in gray, channel by channel
 *   (h, w, n)     n in gray            (n, m)  one, lying      (n)  one line
 * None for other ranks, for what is empty or larger than 4096 a side. */
fv_status fv__weight_pictures(fv_image pictures[FV__WEIGHT_PICTURES], int32_t *count, const float *values,
                              const fv_shape *shape) FV_CHECK;

#endif
