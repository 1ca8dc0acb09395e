/* Permute: axis i of the output is axis dims[i - 1] of the input; the batch stays where it is. */
#include <fovea/layers/permute.h>

#include <inttypes.h>

#include "layers/support/axes.h"
#include "layers/support/common.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_permute_options *o = options;
  bool marks[FV_MAX_RANK];
  int32_t listed = 0;
  (void)count;
  TRY(fv__expect_extents(&inputs[0]));
  TRY(fv__expect_axes(o->dims, inputs[0].rank, marks));
  while (o->dims[listed]) listed++;
  if (listed != inputs[0].rank - 1)
    return fail(FV_ERROR_SHAPE, "dims lists %" PRId32 " axes, expected all %" PRId32 " behind the batch", listed,
                inputs[0].rank - 1);
  *output = inputs[0];
  for (int32_t i = 0; i < listed; i++) output->dims[i + 1] = inputs[0].dims[o->dims[i]];
  return FV_OK;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_permute_options *o = call->options;
  const int32_t rank = call->output.rank;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_permute, call->inputs[0], y);
  op.permute = (fv__permute_problem){{1, 2, 3}};
  for (int32_t i = 1; i < rank; i++)
    op.permute.from[fv__stored_axis(i, rank) - 1] = fv__stored_axis(o->dims[i - 1], rank);
  fv__program_append(program, &op);
  return y;
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  const int32_t *dims = ((const fv_permute_options *)options)->dims;
  (void)output;
  sight->exchanges = input->rank == 4 && dims[0] == 2 && dims[1] == 1;
  for (int32_t i = 0; dims[i] && !sight->exchanges; i++) sight->scatters |= dims[i] != i + 1;
}

static const fv_option table[] = {{"dims", FV_OPTION_INTS, offsetof(fv_permute_options, dims), NULL, 1, FV_MAX_RANK,
                                   NULL, "the input's axes in their new order, counted from 1"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_permute = {
    .kind = {"Permute", NULL, "the axes behind the batch in another order", table, sizeof(fv_permute_options)},
    FV__LAYER_HEAD(fv_permute_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .sight = sight,
};
