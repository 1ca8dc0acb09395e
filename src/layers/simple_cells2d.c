/* SimpleCells2D: a convolution that excites, and an op that divides by what inhibits. simple_cells2d.h has the formula.
 */
#include <fovea/layers/simple_cells2d.h>

#include "base/size.h"
#include "layers/support/common.h"

static fv_shape kernel_shape(const fv_simple_cells2d_options *o, const fv_shape *input) {
  return (fv_shape){.rank = 4, .dims = {o->kernel_size.height, o->kernel_size.width, input->dims[3], o->planes}};
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_simple_cells2d_options *o = options;
  (void)count;
  TRY(fv__expect_image(&inputs[0]));
  if (o->column % 2 == 0) return fail(FV_ERROR_INVALID, "column is %d, and must be odd", (int)o->column);
  const fv_shape kernel = kernel_shape(o, &inputs[0]);
  TRY(fv__expect_weight("kernel", &kernel));
  *output = inputs[0];
  output->dims[3] = o->planes;
  return fv__expect_extents(output);
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  const fv_simple_cells2d_options *o = options;
  specs[0] = (fv__weight_spec){"kernel", "synapses", kernel_shape(o, input), false};
  specs[1] = (fv__weight_spec){"inhibition", "inhibition", {.rank = 1, .dims = {o->planes}}, false};
  return 2;
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  const fv_simple_cells2d_options *o = options;
  *window = fv__window_make(input, o->kernel_size, (fv_pair){1, 1}, (fv_pair){1, 1}, FV_SAME);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_simple_cells2d_options *o = call->options;
  const fv_shape input = fv__value_shape(program, call->inputs[0]), output = call->output;
  if (input.rank == 0) return 0;
  const int32_t excitation = fv__program_add_value(program, &output), y = fv__program_add_value(program, &output);
  fv__window window;
  geometry(o, &input, &window);
  fv__op conv = fv__op_make(&fv__op_conv, call->inputs[0], excitation);
  conv.window = fv__window_problem_make(&input, &output, &window);
  conv.kernel = call->weights[0];
  fv__program_append(program, &conv);
  fv__op cells = fv__op_make(&fv__op_simple_cells, excitation, y);
  cells.inputs[1] = call->inputs[0];
  cells.bias = call->weights[1];
  cells.cells = (fv__cells_problem){.window = window,
                                    .decay = o->decay,
                                    .gain = 1,
                                    .strength = o->selectivity,
                                    .numbers = output.dims[0] * output.dims[1] * output.dims[2]};
  fv__program_append(program, &cells);
  return y;
}

static int64_t multiply_adds(const void *options, const fv_shape *input, const fv_shape *output) {
  const fv_simple_cells2d_options *o = options;
  const int64_t window = fv__size_product((int64_t)o->kernel_size.height * o->kernel_size.width, input->dims[3]);
  return fv__size_product(fv__elements_per_image(output), window);
}

static const fv_option table[] = {{"planes", FV_OPTION_INT, offsetof(fv_simple_cells2d_options, planes), NULL, 1,
                                   INT32_MAX, NULL, "features, a plane of cells for each"},
                                  {"kernel_size", FV_OPTION_PAIR, offsetof(fv_simple_cells2d_options, kernel_size), "5",
                                   1, 65535, NULL, "height and width of what a cell sees"},
                                  {"selectivity", FV_OPTION_FLOAT, offsetof(fv_simple_cells2d_options, selectivity),
                                   "1.5", 1e-6, 1e6, NULL,
                                   "r: a cell answers where the cosine with its feature is above r / (1 + r)"},
                                  {"decay", FV_OPTION_FLOAT, offsetof(fv_simple_cells2d_options, decay), "0.9", 1e-6, 1,
                                   NULL, "how much less the next pixel counts from the middle outwards"},
                                  {"speed", FV_OPTION_FLOAT, offsetof(fv_simple_cells2d_options, speed), "16", 1e-6,
                                   1e6, NULL, "q: how much a representative learns at once"},
                                  {"column", FV_OPTION_INT, offsetof(fv_simple_cells2d_options, column), "5", 1, 65535,
                                   NULL, "side of the columns in each of which one cell may learn; odd"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_simple_cells2d = {
    .kind = {"SimpleCells2D", NULL, "the neocognitron's S cells, which find features", table,
             sizeof(fv_simple_cells2d_options)},
    FV__LAYER_HEAD(fv_simple_cells2d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .beyond_keras = true,
    .shape = shape,
    .weights = weights,
    .lower = lower,
    .geometry = geometry,
    .multiply_adds = multiply_adds,
};
