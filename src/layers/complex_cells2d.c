/* ComplexCells2D: windows of one plane each, and lateral inhibition. complex_cells2d.h has the formula. */
#include <fovea/layers/complex_cells2d.h>

#include "layers/support/common.h"
#include "layers/support/pool.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_complex_cells2d_options *o = options;
  (void)count;
  TRY(fv__expect_image(&inputs[0]));
  if (o->whole) return fv__global_pool_shape(true, &inputs[0], output);
  return fv__window_shape(&inputs[0], o->pool_size, o->strides, (fv_pair){1, 1}, FV_SAME, inputs[0].dims[3], output);
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  const fv_complex_cells2d_options *o = options;
  if (o->whole)
    fv__global_pool_geometry(NULL, input, window);
  else
    *window = fv__window_make(input, o->pool_size, o->strides, (fv_pair){1, 1}, FV_SAME);
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  const fv_complex_cells2d_options *o = options;
  (void)input, (void)output;
  sight->whole = o->whole;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_complex_cells2d_options *o = call->options;
  const fv_shape input = fv__value_shape(program, call->inputs[0]), output = call->output;
  if (input.rank == 0) return 0;
  const int32_t y = fv__program_add_value(program, &output);
  fv__op op = fv__op_make(&fv__op_complex_cells, call->inputs[0], y);
  op.cells = (fv__cells_problem){.decay = o->decay,
                                 .gain = o->gain,
                                 .strength = o->saturation,
                                 .numbers = output.dims[0] * output.dims[1] * output.dims[2] * output.dims[3]};
  geometry(o, &input, &op.cells.window);
  fv__program_append(program, &op);
  return y;
}

static const fv_option table[] = {{"pool_size", FV_OPTION_PAIR, offsetof(fv_complex_cells2d_options, pool_size), "5", 1,
                                   65535, NULL, "height and width of the window"},
                                  {"strides", FV_OPTION_PAIR, offsetof(fv_complex_cells2d_options, strides), "2", 1,
                                   65535, NULL, "input pixels between neighbouring windows"},
                                  {"whole", FV_OPTION_BOOL, offsetof(fv_complex_cells2d_options, whole), "false", 0, 0,
                                   NULL, "one window as large as the plane"},
                                  {"decay", FV_OPTION_FLOAT, offsetof(fv_complex_cells2d_options, decay), "0.9", 1e-6,
                                   1, NULL, "how much less the next pixel counts from the middle outwards"},
                                  {"gain", FV_OPTION_FLOAT, offsetof(fv_complex_cells2d_options, gain), "4", 1e-6, 1e6,
                                   NULL, "what the window's synapses sum to"},
                                  {"saturation", FV_OPTION_FLOAT, offsetof(fv_complex_cells2d_options, saturation),
                                   "0.5", 1e-6, 1e6, NULL, "alpha: the excitation that gives one half"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_complex_cells2d = {
    .kind = {"ComplexCells2D", NULL, "the neocognitron's C cells, which forget a little of the place", table,
             sizeof(fv_complex_cells2d_options)},
    FV__LAYER_HEAD(fv_complex_cells2d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .beyond_keras = true,
    .shape = shape,
    .lower = lower,
    .geometry = geometry,
    .sight = sight,
};
