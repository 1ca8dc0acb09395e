/* The IoU family and the four offsets.
 *
 *   I, U, C   areas of both boxes, of either, of the smallest box around the two
 *   IoU       I / U
 *   GIoU      IoU - (C - U) / C
 *   DIoU      IoU - d / g         d: squared distance of the centres, g: squared diagonal of C
 *   CIoU      DIoU - w v          v = 4 / pi^2 (atan(width_b / height_b) - atan(width_a / height_a))^2,
 *                                 w = v / (1 - IoU + v), taken as a constant by the gradient
 *
 * Derivatives follow each quantity: a number with its slopes by the four sides of `a`.
 */
#include <fovea/boxes.h>

#include <math.h>

static const double epsilon = 1e-7, pi = 3.14159265358979323846;

/* A quantity and its slopes by x0, y0, x1, y1 of the first box. */
typedef struct slope {
  double value, by[4];
} slope;

static slope times(slope a, slope b) {
  slope product = {a.value * b.value, {0}};
  for (int i = 0; i < 4; i++) product.by[i] = a.by[i] * b.value + a.value * b.by[i];
  return product;
}

static slope sum(slope a, double factor, slope b) {
  slope total = {a.value + factor * b.value, {0}};
  for (int i = 0; i < 4; i++) total.by[i] = a.by[i] + factor * b.by[i];
  return total;
}

/* a / (b + epsilon) */
static slope quotient(slope a, slope b) {
  const double divisor = b.value + epsilon;
  slope part = {a.value / divisor, {0}};
  for (int i = 0; i < 4; i++) part.by[i] = (a.by[i] - part.value * b.by[i]) / divisor;
  return part;
}

/* From the larger (or smaller) of the low sides to the smaller (or larger) of the high ones; `axis` 0: x, 1: y. */
static slope extent(double low_a, double low_b, double high_a, double high_b, int axis, bool is_inner) {
  const bool takes_low = is_inner ? low_a > low_b : low_a < low_b;
  const bool takes_high = is_inner ? high_a < high_b : high_a > high_b;
  slope length = {(takes_high ? high_a : high_b) - (takes_low ? low_a : low_b), {0}};
  length.by[axis] = takes_low ? -1 : 0;
  length.by[axis + 2] = takes_high ? 1 : 0;
  return length;
}

static slope side(double low, double high, int axis) {
  slope length = {high - low, {0}};
  length.by[axis] = -1;
  length.by[axis + 2] = 1;
  return length;
}

/* Of the centres, squared. */
static slope distance(const fv_box *a, const fv_box *b) {
  const double x = ((double)a->x0 + a->x1 - b->x0 - b->x1) / 2, y = ((double)a->y0 + a->y1 - b->y0 - b->y1) / 2;
  return (slope){x * x + y * y, {x, y, x, y}};
}

/* v of the formula; an angle, so that boxes without height have one too. */
static slope aspect(const fv_box *a, const fv_box *b) {
  const double width = a->x1 - a->x0, height = a->y1 - a->y0, squares = width * width + height * height;
  const double turn = atan2(b->x1 - b->x0, b->y1 - b->y0) - atan2(width, height);
  const double scale = 4 / (pi * pi);
  slope v = {scale * turn * turn, {0}};
  if (squares == 0) return v;
  const double by_width = -2 * scale * turn * height / squares, by_height = 2 * scale * turn * width / squares;
  v.by[0] = -by_width;
  v.by[1] = -by_height;
  v.by[2] = by_width;
  v.by[3] = by_height;
  return v;
}

double fv_box_overlap(fv_overlap kind, const fv_box *a, const fv_box *b, double gradient[4]) {
  const slope nothing = {0, {0}};
  const slope inner_width = extent(a->x0, b->x0, a->x1, b->x1, 0, true);
  const slope inner_height = extent(a->y0, b->y0, a->y1, b->y1, 1, true);
  const slope width = extent(a->x0, b->x0, a->x1, b->x1, 0, false);
  const slope height = extent(a->y0, b->y0, a->y1, b->y1, 1, false);
  const bool meet = inner_width.value > 0 && inner_height.value > 0;
  const slope both = meet ? times(inner_width, inner_height) : nothing;
  const slope own = times(side(a->x0, a->x1, 0), side(a->y0, a->y1, 1));
  const slope other = {fv_box_area(b), {0}};
  const slope either = sum(sum(own, 1, other), -1, both);
  slope found = quotient(both, either);
  if (kind == FV_OVERLAP_GIOU) {
    const slope around = times(width, height);
    found = sum(found, -1, quotient(sum(around, -1, either), around));
  }
  if (kind == FV_OVERLAP_CIOU) {
    const slope v = aspect(a, b);
    found = sum(found, -v.value / (1 - found.value + v.value + epsilon), v);
  }
  if (kind == FV_OVERLAP_DIOU || kind == FV_OVERLAP_CIOU) {
    const slope diagonal = sum(times(width, width), 1, times(height, height));
    found = sum(found, -1, quotient(distance(a, b), diagonal));
  }
  for (int i = 0; gradient && i < 4; i++) gradient[i] = found.by[i];
  return found.value;
}

double fv_box_area(const fv_box *box) {
  const double width = (double)box->x1 - box->x0, height = (double)box->y1 - box->y0;
  return width > 0 && height > 0 ? width * height : 0;
}

static float between(float number, float low, float high) { return number < low ? low : number > high ? high : number; }

fv_box fv_box_clip(const fv_box *box, const fv_box *bounds) {
  return (fv_box){between(box->x0, bounds->x0, bounds->x1), between(box->y0, bounds->y0, bounds->y1),
                  between(box->x1, bounds->x0, bounds->x1), between(box->y1, bounds->y0, bounds->y1)};
}

/* ---- offsets ---- */

static const double largest_growth = 62.5; /* 1000 / 16 */

void fv_box_encode(float offsets[4], const fv_box *box, const fv_box *anchor) {
  const double width = (double)anchor->x1 - anchor->x0, height = (double)anchor->y1 - anchor->y0;
  const double x = ((double)box->x0 + box->x1 - anchor->x0 - anchor->x1) / 2;
  const double y = ((double)box->y0 + box->y1 - anchor->y0 - anchor->y1) / 2;
  offsets[0] = (float)(x / width / FV_BOX_VARIANCE_CENTRE);
  offsets[1] = (float)(y / height / FV_BOX_VARIANCE_CENTRE);
  offsets[2] = (float)(log(((double)box->x1 - box->x0) / width) / FV_BOX_VARIANCE_SIZE);
  offsets[3] = (float)(log(((double)box->y1 - box->y0) / height) / FV_BOX_VARIANCE_SIZE);
}

static double grown(double side, double offset) {
  const double factor = exp(offset * FV_BOX_VARIANCE_SIZE);
  return side * (factor < largest_growth ? factor : largest_growth);
}

fv_box fv_box_decode(const float offsets[4], const fv_box *anchor) {
  const double width = (double)anchor->x1 - anchor->x0, height = (double)anchor->y1 - anchor->y0;
  const double x = ((double)anchor->x0 + anchor->x1) / 2 + offsets[0] * FV_BOX_VARIANCE_CENTRE * width;
  const double y = ((double)anchor->y0 + anchor->y1) / 2 + offsets[1] * FV_BOX_VARIANCE_CENTRE * height;
  const double half_width = grown(width, offsets[2]) / 2, half_height = grown(height, offsets[3]) / 2;
  return (fv_box){(float)(x - half_width), (float)(y - half_height), (float)(x + half_width), (float)(y + half_height)};
}
