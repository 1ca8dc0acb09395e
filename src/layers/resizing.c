/* Resizing: to a given height and width, half-pixel centres, no antialiasing; proportions kept when asked, by cutting
 * the middle out first or by padding with zeros first. */
#include <fovea/layers/resizing.h>

#include "layers/support/resample.h"
#include "layers/support/sight.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_resizing_options *o = options;
  (void)count;
  if (o->antialias) return fail(FV_ERROR_UNSUPPORTED, "antialias is not supported, expected false");
  if (o->crop_to_aspect_ratio && o->pad_to_aspect_ratio)
    return fail(FV_ERROR_INVALID, "crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other");
  if (o->pad_to_aspect_ratio && o->fill_value != 0)
    return fail(FV_ERROR_UNSUPPORTED, "fill_value %g is not supported, expected 0", o->fill_value);
  TRY(fv__resized_shape(&inputs[0], o->height, o->width, output));
  if (!o->pad_to_aspect_ratio || inputs[0].dims[1] < 0 || inputs[0].dims[2] < 0) return FV_OK;
  fv_shape frame = inputs[0];
  frame.dims[1] += fv__proportional(inputs[0].dims[2], o->height, o->width);
  frame.dims[2] += fv__proportional(inputs[0].dims[1], o->width, o->height);
  if (frame.dims[1] > INT32_MAX || frame.dims[2] > INT32_MAX)
    return fail(FV_ERROR_SHAPE, "the padded image is too large");
  return fv__expect_extents(&frame);
}

/* Half of what an extent lacks to `wanted`. */
static int32_t lacking(int64_t extent, int64_t wanted) {
  return wanted > extent ? (int32_t)((wanted - extent) / 2) : 0;
}

/* The value in the middle of zeros, in the target's proportions. */
static int32_t padded(const fv_resizing_options *o, int32_t value, fv__program *program) {
  fv_shape input = fv__value_shape(program, value), frame = input;
  if (input.rank == 0) return 0;
  fv__window window = {.kernel_h = 1, .kernel_w = 1, .stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1};
  window.top = window.bottom = lacking(input.dims[1], fv__proportional(input.dims[2], o->height, o->width));
  window.left = window.right = lacking(input.dims[2], fv__proportional(input.dims[1], o->width, o->height));
  if (!window.top && !window.left) return value;
  frame.dims[1] += 2 * (int64_t)window.top;
  frame.dims[2] += 2 * (int64_t)window.left;
  int32_t y = fv__program_add_value(program, &frame);
  fv__op border = fv__op_make(&fv__op_zero_border, -1, y);
  border.window = fv__window_problem_make(&input, &frame, &window);
  fv__program_append(program, &border);
  int32_t middle = fv__program_slice(program, y, &input, window.top, window.left, 0);
  fv__op copy = fv__op_make(&fv__op_copy, value, middle);
  fv__program_append(program, &copy);
  return y;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_resizing_options *o = call->options;
  int32_t value = call->inputs[0];
  if (o->crop_to_aspect_ratio) return fv__smart_resize(o->interpolation, value, &call->output, program);
  if (o->pad_to_aspect_ratio) value = padded(o, value, program);
  return fv__resample_lower(o->interpolation, value, &call->output, program);
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  const fv_resizing_options *o = options;
  const bool known = input->dims[1] > 0 && input->dims[2] > 0;
  fv_shape part = o->crop_to_aspect_ratio && known ? fv__smart_part(input, output) : *input;
  if (o->pad_to_aspect_ratio && known) {
    part.dims[1] += 2 * (int64_t)lacking(input->dims[1], fv__proportional(input->dims[2], o->height, o->width));
    part.dims[2] += 2 * (int64_t)lacking(input->dims[2], fv__proportional(input->dims[1], o->width, o->height));
  }
  fv__sight_resized(o->interpolation, &part, output, sight);
}

static const fv_option table[] = {
    {"height", FV_OPTION_INT, offsetof(fv_resizing_options, height), NULL, 1, INT32_MAX, NULL, "rows of the output"},
    {"width", FV_OPTION_INT, offsetof(fv_resizing_options, width), NULL, 1, INT32_MAX, NULL, "columns of the output"},
    {"interpolation", FV_OPTION_NAME, offsetof(fv_resizing_options, interpolation), "bilinear", 0, 0,
     fv__interpolation_names, "what lies between pixels"},
    {"crop_to_aspect_ratio", FV_OPTION_BOOL, offsetof(fv_resizing_options, crop_to_aspect_ratio), "false", 0, 0, NULL,
     "cut the largest middle part of the target's proportions out first"},
    {"pad_to_aspect_ratio", FV_OPTION_BOOL, offsetof(fv_resizing_options, pad_to_aspect_ratio), "false", 0, 0, NULL,
     "put zeros around first, to the target's proportions"},
    {"fill_value", FV_OPTION_FLOAT, offsetof(fv_resizing_options, fill_value), "0", -1e30, 1e30, NULL,
     "number of the padding: 0"},
    {"antialias", FV_OPTION_BOOL, offsetof(fv_resizing_options, antialias), "false", 0, 0, NULL,
     "widen the filter when shrinking; not supported"},
    {.name = NULL}};

const fv__layer_type fv__layer_resizing = {
    .kind = {"Resizing", NULL, "images brought to one size", table, sizeof(fv_resizing_options)},
    FV__LAYER_HEAD(fv_resizing_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .sight = sight,
};
