/* Weights as pictures. Axes of extent 1 do not count. */
#include "train/weight_pictures.h"

#include <math.h>

enum { MOST_SIDE = 4096 };

/* Where number (y, x, channel) of picture p is: sums of strides. */
typedef struct layout {
  int64_t height, width, channels, count;
  int64_t down, right, channel, next;
} layout;

static bool lay_out(layout *l, const fv_shape *shape) {
  int64_t e[FV_MAX_RANK], n = 0;
  for (int32_t i = 0; i < shape->rank; i++) {
    if (shape->dims[i] <= 0) return false;
    if (shape->dims[i] > 1 || (i == shape->rank - 1 && !n)) e[n++] = shape->dims[i];
  }
  if (n == 1)
    *l = (layout){1, e[0], 1, 1, 0, 1, 0, 0};
  else if (n == 2 && e[0] > e[1])
    *l = (layout){e[1], e[0], 1, 1, 1, e[1], 0, 0};
  else if (n == 2)
    *l = (layout){e[0], e[1], 1, 1, e[1], 1, 0, 0};
  else if (n == 3)
    *l = (layout){e[0], e[1], 1, e[2], e[1] * e[2], e[2], 0, 1};
  else if (n == 4 && e[2] == 3)
    *l = (layout){e[0], e[1], 3, e[3], 3 * e[1] * e[3], 3 * e[3], e[3], 1};
  else if (n == 4)
    *l = (layout){e[0], e[1], 1, e[2] * e[3], e[1] * e[2] * e[3], e[2] * e[3], 0, 1};
  return n >= 1 && n <= 4 && l->height <= MOST_SIDE && l->width <= MOST_SIDE;
}

static void fill(fv_image *picture, const layout *l, const float *values, double low, double high) {
  uint8_t *pixel = picture->pixels;
  for (int64_t y = 0; y < l->height; y++)
    for (int64_t x = 0; x < l->width; x++)
      for (int64_t c = 0; c < l->channels; c++) {
        const double value = (values[y * l->down + x * l->right + c * l->channel] - low) / (high - low);
        *pixel++ = value > 0 ? (uint8_t)lround(255 * fmin(value, 1)) : 0;
      }
}

fv_status fv__weight_pictures(fv_image pictures[FV__WEIGHT_PICTURES], int32_t *count, const float *values,
                              const fv_shape *shape) {
  layout l;
  double low = INFINITY, high = -INFINITY;
  int64_t elements;
  *count = 0;
  TRY(fv_shape_elements(&elements, shape));
  if (!lay_out(&l, shape)) return FV_OK;
  for (int64_t i = 0; i < elements; i++) {
    if (!isfinite(values[i])) continue;
    low = fmin(low, values[i]);
    high = fmax(high, values[i]);
  }
  if (!(low < high)) high = low + 1;
  for (int64_t i = 0; i < l.count && i < FV__WEIGHT_PICTURES; i++) {
    fv_status status = fv_image_create(&pictures[i], (int32_t)l.height, (int32_t)l.width, (int32_t)l.channels);
    if (status) {
      while (*count) fv_image_destroy(&pictures[--*count]);
      return status;
    }
    fill(&pictures[i], &l, values + i * l.next, low, high);
    ++*count;
  }
  return FV_OK;
}
