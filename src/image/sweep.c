/* Windows along an axis. n pixels, p added on each side, window k, stride s:
 *
 *   padded    out = floor((n + 2p - k) / s) + 1; the remainder of that division is not reached; of it the last p are
 *             padding, so max(0, remainder - p) pixels are left out
 *   centred   out = ceil(n / s); window i covers [i s - before, i s - before + k)
 */
#include "image/sweep.h"

#include <inttypes.h>

#include "base/fail.h"

static int64_t not_below_zero(int64_t value) { return value < 0 ? 0 : value; }

/* The smallest padding from `padding` on with which the stride comes out even; parity may forbid it. */
static int64_t fitting_padding(int64_t in, int64_t window, int64_t stride, int64_t padding) {
  for (int64_t p = padding; p < padding + stride; p++)
    if ((in + 2 * p - window) % stride == 0) return p;
  return -1;
}

fv_status fv__sweep_padded(fv__sweep *sweep, int64_t in, int64_t window, int64_t stride, int64_t padding,
                           const char *what) {
  int64_t room = in + 2 * padding - window;
  if (room < 0)
    return fail(FV_ERROR_SHAPE, "a window of %" PRId64 " %s does not fit into %" PRId64 " %s (padding %" PRId64 ")",
                window, what, in, what, padding);
  *sweep =
      (fv__sweep){in, window, stride, padding, room / stride + 1, not_below_zero(room % stride - padding), padding};
  if (sweep->left_out) sweep->fitting = fitting_padding(in, window, stride, padding);
  return FV_OK;
}

void fv__sweep_centred(fv__sweep *sweep, int64_t in, int64_t window, int64_t stride, int64_t before) {
  int64_t out = (in + stride - 1) / stride, reached = (out - 1) * stride - before + window;
  *sweep = (fv__sweep){in, window, stride, before, out, not_below_zero(in - reached), -1};
}

fv_status fv__picture_of(fv__picture *picture, const fv_tensor *tensor) {
  const fv_shape *shape = &tensor->shape;
  char text[128];
  int64_t count;
  TRY(fv_shape_elements(&count, shape));
  if ((shape->rank != 2 && shape->rank != 3) || count == 0 || !tensor->data)
    return fail(FV_ERROR_SHAPE, "a picture has shape (height, width, channels), not %s",
                fv_shape_text(text, sizeof text, shape));
  *picture = (fv__picture){shape->dims[0], shape->dims[1], shape->rank == 3 ? shape->dims[2] : 1};
  return FV_OK;
}

fv_status fv__picture_create(fv_tensor *out, const fv_tensor *like, int64_t height, int64_t width) {
  fv_shape shape = like->shape;
  shape.dims[0] = height;
  shape.dims[1] = width;
  if (height > FV_IMAGE_MAX_PIXELS / width)
    return fail(FV_ERROR_MEMORY, "the result of %" PRId64 " x %" PRId64 " pixels is above the limit of %d", height,
                width, FV_IMAGE_MAX_PIXELS);
  return fv_tensor_create(out, &shape);
}

void fv__sweep_report(fv_sweep_report *report, const fv__sweep *rows, const fv__sweep *columns) {
  if (!report) return;
  report->output = (fv_pair){(int32_t)rows->out, (int32_t)columns->out};
  report->left_out = (fv_pair){(int32_t)rows->left_out, (int32_t)columns->left_out};
  report->fitting_padding = (fv_pair){(int32_t)rows->fitting, (int32_t)columns->fitting};
}
