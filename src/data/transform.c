/* One transform applied: geometry and flips in one resampling, then the colours in place. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "data/augment.h"
#include "data/effect.h"
#include "image/affine.h"

/* ---- geometry */

static double factor(double given) { return given == 0 ? 1 : given; }

/* a = a b, of 3 x 3 matrices whose last row is 0 0 1, without it. */
static void multiply(double a[6], const double b[6]) {
  const double left[6] = {a[0], a[1], a[2], a[3], a[4], a[5]};
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 3; j++)
      a[3 * i + j] = left[3 * i] * b[j] + left[3 * i + 1] * b[3 + j] + (j == 2 ? left[3 * i + 2] : 0);
}

/* The product of the header for coordinates (first, second) and a centre. */
static void compose(double m[6], const fv_transform *t, double first, double second) {
  const double degree = acos(-1.0) / 180;
  const double turn = t->theta * degree, slant = t->shear * degree;
  const double parts[5][6] = {{cos(turn), -sin(turn), 0, sin(turn), cos(turn), 0},
                              {1, 0, t->tx, 0, 1, t->ty},
                              {1, -sin(slant), 0, 0, cos(slant), 0},
                              {factor(t->zx), 0, 0, 0, factor(t->zy), 0},
                              {1, 0, -first, 0, 1, -second}};
  const double to_centre[6] = {1, 0, first, 0, 1, second};
  memcpy(m, to_centre, sizeof to_centre);
  for (int i = 0; i < 5; i++) multiply(m, parts[i]);
}

void fv_transform_matrix(double matrix[6], const fv_transform *transform, const fv_augment_options *options,
                         int32_t height, int32_t width) {
  const int32_t compat = options ? options->compat : 0;
  const double rows = (height - 1) / 2.0, columns = (width - 1) / 2.0;
  if (compat == FV_AUGMENT_KERAS2) {
    compose(matrix, transform, rows, columns);
    return;
  }
  double m[6];
  if (compat == FV_AUGMENT_KERAS3)
    compose(m, transform, rows, columns);
  else
    compose(m, transform, columns, rows);
  const double by_row[6] = {m[4], m[3], m[5], m[1], m[0], m[2]};
  memcpy(matrix, by_row, sizeof by_row);
}

/* ---- colour */

typedef struct extremes {
  float low, high;
} extremes;

static extremes measure(const float *x, int64_t count) {
  extremes found = {x[0], x[0]};
  for (int64_t i = 1; i < count; i++) {
    if (x[i] < found.low) found.low = x[i];
    if (x[i] > found.high) found.high = x[i];
  }
  return found;
}

static void shift_channels(float *x, int64_t count, double amount) {
  const extremes limits = measure(x, count);
  const float added = (float)amount;
  for (int64_t i = 0; i < count; i++) {
    const float sum = x[i] + added;
    x[i] = sum < limits.low ? limits.low : sum > limits.high ? limits.high : sum;
  }
}

/* Eight bits, times the factor, cut to eight bits again, as Pillow's ImageEnhance.Brightness in float32. Numbers that
 * are no 8-bit picture's are brought to 0..255 and back, as Keras does. */
static void brighten(float *x, int64_t count, double given) {
  const float times = given == (double)FV_ZERO ? 0 : (float)given;
  const extremes limits = measure(x, count);
  const bool is_foreign = limits.low < 0 || limits.high > 255;
  const float span = limits.high - limits.low, scale = is_foreign && span > 0 ? 255 / span : 1;
  for (int64_t i = 0; i < count; i++) {
    float value = truncf(is_foreign ? (x[i] - limits.low) * scale : x[i]) * times;
    value = !(value > 0) ? 0 : value >= 255 ? 255 : truncf(value);
    x[i] = is_foreign ? value / 255 * span + limits.low : value;
  }
}

/* ---- effects */

void fv_transform_keep_geometry(fv_transform *transform) {
  int kept = 0;
  transform->channel_shift = transform->brightness = 0;
  for (int i = 0; i < FV_EFFECTS_DRAWN_MAX && transform->effects[i].name; i++)
    if (fv__effect_find(transform->effects[i].name)->moves) transform->effects[kept++] = transform->effects[i];
  if (kept < FV_EFFECTS_DRAWN_MAX) transform->effects[kept].name = NULL;
}

/* Planes of height x width numbers that the effects need besides the picture. */
static int64_t spare_planes(const fv_transform *t, int64_t channels) {
  int64_t most = 0;
  for (int i = 0; i < FV_EFFECTS_DRAWN_MAX && t->effects[i].name; i++) {
    const fv__effect_type *type = fv__effect_find(t->effects[i].name);
    const int64_t planes = type->fields + (type->needs_copy ? channels : 0);
    if (planes > most) most = planes;
  }
  return most;
}

static fv_status apply_effects(float *x, const fv__extents *e, const fv_transform *t) {
  const size_t plane = (size_t)e->height * (size_t)e->width * sizeof *x;
  const int64_t planes = spare_planes(t, e->channels);
  float *spare = NULL;
  if (planes && !(spare = calloc((size_t)planes, plane))) return fail(FV_ERROR_MEMORY, "no memory to change a picture");
  for (int i = 0; i < FV_EFFECTS_DRAWN_MAX && t->effects[i].name; i++) {
    const fv__effect_type *type = fv__effect_find(t->effects[i].name);
    if (type->needs_copy) memcpy(spare, x, plane * (size_t)e->channels);
    type->apply(x, spare, e, t->effects[i].numbers);
  }
  free(spare);
  return FV_OK;
}

/* ---- all of it */

static fv_status check(const fv_tensor *out, const fv_tensor *in, const fv_transform *t) {
  if (!fv_shape_equal(&out->shape, &in->shape))
    return fail(FV_ERROR_SHAPE, "the transformed picture must have the shape of the picture");
  const int32_t rank = in->shape.rank;
  if (rank != 2 && rank != 3)
    return fail(FV_ERROR_SHAPE, "a picture has 2 or 3 axes (height, width, channels), not %d", (int)rank);
  for (int32_t i = 0; i < rank; i++)
    if (in->shape.dims[i] < 1 || in->shape.dims[i] > 65535) {
      char text[128];
      return fail(FV_ERROR_SHAPE, "a picture has sides of 1 to 65535, not %s",
                  fv_shape_text(text, sizeof text, &in->shape));
    }
  return fv__transform_check(t);
}

fv_status fv_transform_apply(const fv_tensor *out, const fv_tensor *in, const fv_transform *transform,
                             const fv_augment_options *options) {
  TRY(check(out, in, transform));
  fv_augment_options how = options ? *options : (fv_augment_options){0};
  TRY(fv__augment_settle(&how));
  const int32_t height = (int32_t)in->shape.dims[0], width = (int32_t)in->shape.dims[1];
  const int64_t channels = in->shape.rank == 3 ? in->shape.dims[2] : 1;
  fv__affine_map map = {.flip_rows = transform->flip_vertical,
                        .flip_columns = transform->flip_horizontal,
                        .fill = how.fill,
                        .order = how.order,
                        .cval = (float)how.cval};
  fv_transform_matrix(map.matrix, transform, &how, height, width);
  fv__affine_sample(out->data, in->data, height, width, channels, &map);
  const int64_t count = (int64_t)height * width * channels;
  if (transform->channel_shift != 0) shift_channels(out->data, count, transform->channel_shift);
  if (transform->brightness != 0) brighten(out->data, count, transform->brightness);
  return apply_effects(out->data, &(fv__extents){height, width, channels, how.order == 0}, transform);
}
