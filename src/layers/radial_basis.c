/* RadialBasis: y[k] = sum over c of (x[c] - centers[k, c])^2. The points do not train; rules fill them with +1 and -1,
 * each as likely as the other.
 */
#include <fovea/layers/radial_basis.h>

#include "base/size.h"
#include "layers/support/common.h"
#include "layers/support/sight.h"

static fv_shape centers_shape(const fv_radial_basis_options *o, const fv_shape *input) {
  return (fv_shape){.rank = 2, .dims = {o->units, input->dims[input->rank - 1]}};
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_radial_basis_options *o = options;
  (void)count;
  TRY(fv__expect_channels(&inputs[0]));
  fv_shape centers = centers_shape(o, &inputs[0]);
  TRY(fv__expect_weight("centers", &centers));
  *output = inputs[0];
  output->dims[output->rank - 1] = o->units;
  return fv__expect_extents(output);
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  specs[0] = (fv__weight_spec){"centers", "signs", centers_shape(options, input), false};
  return 1;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_distance, call->inputs[0], y);
  op.window = (fv__window_problem){.c = input.dims[input.rank - 1], .out_c = call->output.dims[call->output.rank - 1]};
  op.kernel = call->weights[0];
  fv__program_append(program, &op);
  return y;
}

static int64_t multiply_adds(const void *options, const fv_shape *input, const fv_shape *output) {
  (void)options;
  return fv__size_product(fv__elements_per_image(output), input->dims[input->rank - 1]);
}

static const fv_option table[] = {{"units", FV_OPTION_INT, offsetof(fv_radial_basis_options, units), NULL, 1, INT32_MAX,
                                   NULL, "points whose distances are the result"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_radial_basis = {
    .kind = {"RadialBasis", NULL, "squared distances to fixed points", table, sizeof(fv_radial_basis_options)},
    FV__LAYER_HEAD(fv_radial_basis_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .beyond_keras = true,
    .shape = shape,
    .weights = weights,
    .lower = lower,
    .multiply_adds = multiply_adds,
    .sight = fv__sight_mixes,
};
