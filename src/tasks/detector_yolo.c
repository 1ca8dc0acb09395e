/* Rows in YOLO's code. */
#include <math.h>

#include "tasks/detector.h"

double fv__yolo_probability(float logit) { return 1 / (1 + exp(-(double)logit)); }

fv_box fv__yolo_box(const float *row, const fv_box *anchor, fv_box_size reach) {
  const double x = 0.5 * (anchor->x0 + anchor->x1) + (fv__yolo_probability(row[0]) - 0.5) * reach.width;
  const double y = 0.5 * (anchor->y0 + anchor->y1) + (fv__yolo_probability(row[1]) - 0.5) * reach.height;
  const double width = fmin(exp(row[2]), 1e6) * (anchor->x1 - anchor->x0);
  const double height = fmin(exp(row[3]), 1e6) * (anchor->y1 - anchor->y0);
  return (fv_box){(float)(x - width / 2), (float)(y - height / 2), (float)(x + width / 2), (float)(y + height / 2)};
}
