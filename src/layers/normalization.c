/* Normalization: per channel
 *
 *   y = (x - mean) / max(sqrt(variance), 1e-7)      inverted: y = x max(sqrt(variance), 1e-7) + mean
 *
 * mean and variance are options, or weights that are loaded (Keras's adapt() finds them; count is how many numbers it
 * saw, kept for files only).
 */
#include <fovea/layers/normalization.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "layers/support/axes.h"
#include "layers/support/numbers.h"

static const double least_deviation = 1e-7;

/* One number for all channels or one for each. */
static fv_status check_numbers(const char *name, const char *text, int64_t channels, double low) {
  double *numbers = malloc((size_t)channels * sizeof *numbers);
  if (!numbers) return fail(FV_ERROR_MEMORY, "no memory for %" PRId64 " numbers", channels);
  int64_t count;
  fv_status status = fv__numbers_read(text, numbers, channels, &count);
  if (!status && count != 1 && count != channels)
    status = fail(FV_ERROR_SHAPE, "%" PRId64 " numbers, expected 1 or %" PRId64, count, channels);
  for (int64_t i = 0; !status && i < count; i++)
    if (numbers[i] < low) status = fail(FV_ERROR_INVALID, "%g, expected at least %g", numbers[i], low);
  free(numbers);
  return status ? note(status, "%s", name) : FV_OK;
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_normalization_options *o = options;
  (void)count;
  TRY(fv__expect_channels(&inputs[0]));
  TRY(fv__expect_extents(&inputs[0]));
  TRY(fv__expect_last_axis(o->axis, inputs[0].rank));
  if (!o->mean != !o->variance)
    return fail(FV_ERROR_INVALID, "%s is given without %s", o->mean ? "mean" : "variance",
                o->mean ? "variance" : "mean");
  const int64_t channels = inputs[0].dims[inputs[0].rank - 1];
  if (o->mean) TRY(check_numbers("mean", o->mean, channels, -INFINITY));
  if (o->variance) TRY(check_numbers("variance", o->variance, channels, 0));
  *output = inputs[0];
  return FV_OK;
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  const fv_normalization_options *o = options;
  const fv_shape channels = {.rank = 1, .dims = {input->dims[input->rank - 1]}};
  if (o->mean) return 0;
  specs[0] = (fv__weight_spec){"mean", "mean", channels, false};
  specs[1] = (fv__weight_spec){"variance", "variance", channels, false};
  specs[2] = (fv__weight_spec){"count", "count", {.rank = 0}, false};
  return 3;
}

/* The options' numbers as scale and shift per channel, in the program's memory. */
static bool make_constants(const fv_normalization_options *o, int64_t channels, fv__program *program, fv__op *op) {
  const size_t bytes = (size_t)channels * sizeof(double);
  double *mean = fv__arena_take(&program->arena, bytes), *variance = fv__arena_take(&program->arena, bytes);
  float *scales = fv__arena_take(&program->arena, bytes), *shifts = fv__arena_take(&program->arena, bytes);
  int64_t means, variances;
  if (!mean || !variance || !scales || !shifts || fv__numbers_read(o->mean, mean, channels, &means) ||
      fv__numbers_read(o->variance, variance, channels, &variances)) {
    program->out_of_memory = true;
    return false;
  }
  for (int64_t c = 0; c < channels; c++) {
    const double center = mean[means == 1 ? 0 : c];
    const double deviation = fmax(sqrt(variance[variances == 1 ? 0 : c]), least_deviation);
    scales[c] = (float)(o->invert ? deviation : 1 / deviation);
    shifts[c] = (float)(o->invert ? center : -center / deviation);
  }
  op->affine.scales = scales;
  op->affine.shifts = shifts;
  return true;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_normalization_options *o = call->options;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_affine, call->inputs[0], y);
  op.affine.channels = call->output.dims[call->output.rank - 1];
  if (o->mean) {
    if (!make_constants(o, op.affine.channels, program, &op)) return 0;
  } else {
    op.normalisation.present = true;
    op.normalisation.inverse = o->invert;
    op.normalisation.mean = call->weights[0];
    op.normalisation.variance = call->weights[1];
    op.normalisation.least = least_deviation;
  }
  fv__program_append(program, &op);
  return y;
}

static const fv_option table[] = {{"axis", FV_OPTION_INTS, offsetof(fv_normalization_options, axis), "-1", -FV_MAX_RANK,
                                   FV_MAX_RANK, NULL, "the axis of channels: the last one"},
                                  {"mean", FV_OPTION_OBJECT, offsetof(fv_normalization_options, mean), NULL, 0, 0, NULL,
                                   "subtracted: one number or one per channel; left out: a weight"},
                                  {"variance", FV_OPTION_OBJECT, offsetof(fv_normalization_options, variance), NULL, 0,
                                   0, NULL, "its root divides: one number or one per channel; left out: a weight"},
                                  {"invert", FV_OPTION_BOOL, offsetof(fv_normalization_options, invert), "false", 0, 0,
                                   NULL, "multiply and add instead: the way back"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_normalization = {
    .kind = {"Normalization", NULL, "brings channels to mean 0 and deviation 1 with known statistics", table,
             sizeof(fv_normalization_options)},
    FV__LAYER_HEAD(fv_normalization_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .weights = weights,
    .lower = lower,
};
