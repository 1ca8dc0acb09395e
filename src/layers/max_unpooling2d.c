/* MaxUnpooling2D: where each number goes is looked up in the map that was pooled, so that no layer has to hand indices
 * on.
 */
#include <fovea/layers/max_unpooling2d.h>

#include <inttypes.h>

#include "layers/support/common.h"
#include "layers/support/sight.h"

/* -1: not known. */
static int64_t pooled(int64_t extent, int32_t size) { return extent < 0 ? -1 : extent / size; }

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_max_unpooling2d_options *o = options;
  const int32_t sizes[] = {o->pool_size.height, o->pool_size.width};
  char small[128], large[128];
  (void)count;
  TRY(fv__expect_image(&inputs[0]));
  TRY(fv__expect_image(&inputs[1]));
  *output = inputs[1];
  if (output->dims[0] < 0) output->dims[0] = inputs[0].dims[0];
  bool fits = inputs[0].dims[3] == inputs[1].dims[3];
  for (int i = 0; i < 2; i++) {
    const int64_t is = inputs[0].dims[1 + i], wanted = pooled(inputs[1].dims[1 + i], sizes[i]);
    fits = fits && (is < 0 || wanted < 0 || (is == wanted && is > 0));
  }
  if (fits) return fv__expect_extents(output);
  return fail(FV_ERROR_SHAPE, "shape %s is not what pooling by %" PRId32 " x %" PRId32 " makes of %s",
              fv_shape_text(small, sizeof small, &inputs[0]), sizes[0], sizes[1],
              fv_shape_text(large, sizeof large, &inputs[1]));
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_max_unpooling2d_options *o = call->options;
  const fv_shape small = fv__value_shape(program, call->inputs[0]), large = fv__value_shape(program, call->inputs[1]);
  if (small.rank == 0 || large.rank == 0) return 0;
  const fv__window window = {.kernel_h = o->pool_size.height,
                             .kernel_w = o->pool_size.width,
                             .stride_h = o->pool_size.height,
                             .stride_w = o->pool_size.width,
                             .dilation_h = 1,
                             .dilation_w = 1};
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_unpool, call->inputs[0], y);
  op.inputs[1] = call->inputs[1];
  op.window = fv__window_problem_make(&large, &small, &window);
  fv__program_append(program, &op);
  return y;
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  const fv_max_unpooling2d_options *o = options;
  (void)input, (void)output;
  const fv_shape pixel = {.rank = 4, .dims = {1, 1, 1, 1}};
  const fv_shape enlarged = {.rank = 4, .dims = {1, o->pool_size.height, o->pool_size.width, 1}};
  fv__sight_resized(FV_NEAREST, &pixel, &enlarged, sight);
}

static const fv_option table[] = {{"pool_size", FV_OPTION_PAIR, offsetof(fv_max_unpooling2d_options, pool_size), "2", 1,
                                   65535, NULL, "height and width of the windows of the pooling"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_max_unpooling2d = {
    .kind = {"MaxUnpooling2D", NULL, "numbers back to where pooling found them, zeros elsewhere", table,
             sizeof(fv_max_unpooling2d_options)},
    FV__LAYER_HEAD(fv_max_unpooling2d_options, inputs, FV_MERGE_INPUTS),
    .min_inputs = 2,
    .max_inputs = 2,
    .beyond_keras = true,
    .shape = shape,
    .lower = lower,
    .sight = sight,
};
