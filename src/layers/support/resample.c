/* Resizing, cutting and both. */
#include "layers/support/resample.h"

const char *const fv__interpolation_names[] = {"nearest", "bilinear", "bicubic", NULL};

int32_t fv__resample_lower(int32_t interpolation, int32_t value, const fv_shape *output, fv__program *program) {
  static const fv__resample_kind kinds[] = {FV__RESAMPLE_NEAREST, FV__RESAMPLE_BILINEAR, FV__RESAMPLE_BICUBIC};
  fv_shape input = fv__value_shape(program, value);
  if (input.rank == 0 || fv_shape_equal(&input, output)) return value;
  int32_t y = fv__program_add_value(program, output);
  fv__op op = fv__op_make(&fv__op_resample, value, y);
  op.resample = kinds[interpolation - FV_NEAREST];
  fv__program_append(program, &op);
  return y;
}

int32_t fv__middle_slice(int32_t value, int64_t height, int64_t width, fv__program *program) {
  fv_shape whole = fv__value_shape(program, value), part = whole;
  if (whole.rank == 0) return 0;
  part.dims[1] = height;
  part.dims[2] = width;
  if (fv_shape_equal(&whole, &part)) return value;
  return fv__program_slice(program, value, &part, (whole.dims[1] - height) / 2, (whole.dims[2] - width) / 2, 0);
}

int64_t fv__proportional(int64_t other, int64_t target, int64_t target_other) {
  const float extent = (float)((double)other * (double)target) / (float)target_other;
  return extent < 0x1p40f ? (int64_t)extent : INT64_C(1) << 40; /* more than any value has */
}

static int64_t within(int64_t extent, int64_t image) { return extent > image ? image : extent < 1 ? 1 : extent; }

fv_shape fv__smart_part(const fv_shape *input, const fv_shape *output) {
  fv_shape part = *input;
  part.dims[1] = within(fv__proportional(input->dims[2], output->dims[1], output->dims[2]), input->dims[1]);
  part.dims[2] = within(fv__proportional(input->dims[1], output->dims[2], output->dims[1]), input->dims[2]);
  return part;
}

int32_t fv__smart_resize(int32_t interpolation, int32_t value, const fv_shape *output, fv__program *program) {
  fv_shape input = fv__value_shape(program, value);
  if (input.rank == 0) return 0;
  const fv_shape part = fv__smart_part(&input, output);
  const int32_t middle = fv__middle_slice(value, part.dims[1], part.dims[2], program);
  return fv__resample_lower(interpolation, middle, output, program);
}

fv_status fv__resized_shape(const fv_shape *input, int32_t height, int32_t width, fv_shape *output) {
  TRY(fv__expect_image(input));
  TRY(fv__expect_extents(input));
  *output = (fv_shape){.rank = 4, .dims = {input->dims[0], height, width, input->dims[3]}};
  return fv__expect_extents(output);
}
