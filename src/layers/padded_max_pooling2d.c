/* PaddedMaxPooling2D: the largest number of every window, where the padding is given side by side and windows may hang
 * over the end of the image. Along one axis of n pixels
 *
 *   outputs = floor((n + before + after - k) / s) + 1                 ceil_mode=False
 *   outputs = ceil((n + before + after - k) / s) + 1                  ceil_mode=True, less one if the last window
 *                                                                     would begin behind the image
 *
 * What lies outside the image never counts: PyTorch pads with -infinity. Lowers to ordinary pooling.
 */
#include <fovea/layers/padded_max_pooling2d.h>

#include <inttypes.h>

#include "layers/support/common.h"

/* One axis: the extent of the output (-1 when the input's is unknown) and by how much the last window leaves the image.
 */
static fv_status axis(int64_t input, int32_t kernel, int32_t stride, int32_t before, int32_t after, bool ceil_mode,
                      int64_t *output, int32_t *hangs_over) {
  *output = -1;
  *hangs_over = 0;
  if (before >= kernel || after >= kernel)
    return fail(FV_ERROR_INVALID, "padding of %" PRId32 " pixels is not smaller than a window of %" PRId32,
                before >= kernel ? before : after, kernel);
  if (input < 0) return FV_OK;
  const int64_t span = input + before + after - kernel;
  if (span < 0 && !(ceil_mode && span > -stride))
    return fail(FV_ERROR_SHAPE, "a window of %" PRId32 " pixels does not fit into an input of %" PRId64, kernel, input);
  int64_t count = (span + (ceil_mode ? stride - 1 : 0)) / stride + 1;
  if (ceil_mode && (count - 1) * stride >= input + before) count--;
  if (count < 1) return fail(FV_ERROR_SHAPE, "an input of %" PRId64 " pixels leaves no window", input);
  const int64_t over = (count - 1) * stride - before + kernel - input;
  *hangs_over = over > 0 ? (int32_t)over : 0;
  *output = count;
  return FV_OK;
}

static fv_status rows(const fv_padded_max_pooling2d_options *o, const fv_shape *x, int64_t *output, int32_t *over) {
  return axis(x->dims[1], o->pool_size.height, o->strides.height, o->padding.top, o->padding.bottom, o->ceil_mode,
              output, over);
}

static fv_status columns(const fv_padded_max_pooling2d_options *o, const fv_shape *x, int64_t *output, int32_t *over) {
  return axis(x->dims[2], o->pool_size.width, o->strides.width, o->padding.left, o->padding.right, o->ceil_mode, output,
              over);
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  (void)count;
  int32_t over;
  TRY(fv__expect_image(&inputs[0]));
  *output = inputs[0];
  fv_status status = rows(options, &inputs[0], &output->dims[1], &over);
  if (status) return note(status, "height");
  status = columns(options, &inputs[0], &output->dims[2], &over);
  if (status) return note(status, "width");
  return fv__expect_extents(output);
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  const fv_padded_max_pooling2d_options *o = options;
  int64_t output;
  *window = (fv__window){.kernel_h = o->pool_size.height,
                         .kernel_w = o->pool_size.width,
                         .stride_h = o->strides.height,
                         .stride_w = o->strides.width,
                         .dilation_h = 1,
                         .dilation_w = 1,
                         .top = o->padding.top,
                         .left = o->padding.left};
  fv_status down = rows(o, input, &output, &window->bottom), right = columns(o, input, &output, &window->right);
  (void)down, (void)right; /* shape() has accepted them */
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_pool, call->inputs[0], y);
  fv__window window;
  geometry(call->options, &input, &window);
  op.window = fv__window_problem_make(&input, &call->output, &window);
  fv__program_append(program, &op);
  return y;
}

static const fv_option table[] = {{"pool_size", FV_OPTION_PAIR, offsetof(fv_padded_max_pooling2d_options, pool_size),
                                   "2", 1, 65535, NULL, "height and width of the window"},
                                  {"strides", FV_OPTION_PAIR, offsetof(fv_padded_max_pooling2d_options, strides),
                                   "=pool_size", 1, 65535, NULL, "input pixels between neighbouring windows"},
                                  {"padding", FV_OPTION_QUAD, offsetof(fv_padded_max_pooling2d_options, padding), "0",
                                   0, 65534, NULL,
                                   "rows and columns around the image that never count: top, bottom, left, right"},
                                  {"ceil_mode", FV_OPTION_BOOL, offsetof(fv_padded_max_pooling2d_options, ceil_mode),
                                   "false", 0, 0, NULL, "the last window may hang over the end"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_padded_max_pooling2d = {
    .kind = {"PaddedMaxPooling2D", NULL, "the largest number of each window; padding and last window as in PyTorch",
             table, sizeof(fv_padded_max_pooling2d_options)},
    FV__LAYER_HEAD(fv_padded_max_pooling2d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .beyond_keras = true,
    .shape = shape,
    .lower = lower,
    .geometry = geometry,
};
