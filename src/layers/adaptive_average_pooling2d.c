/* AdaptiveAveragePooling2D: an image of a given size, whatever comes in. Pixel i of n along an axis of H is the average
 * of rows floor(i H / n) to ceil((i + 1) H / n) - 1: windows of almost the same size, which may share a row. Where the
 * image has the size already, nothing is done.
 */
#include <fovea/layers/adaptive_average_pooling2d.h>

#include "layers/support/common.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_adaptive_average_pooling2d_options *o = options;
  (void)count;
  TRY(fv__expect_image(&inputs[0]));
  TRY(fv__expect_extents(&inputs[0]));
  *output = inputs[0];
  output->dims[1] = o->output_size.height;
  output->dims[2] = o->output_size.width;
  return fv__expect_extents(output);
}

/* The windows' size and step where they are all the same; else the largest one, at the average step. */
static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  const fv_adaptive_average_pooling2d_options *o = options;
  const int64_t h = input->dims[1], w = input->dims[2], out_h = o->output_size.height, out_w = o->output_size.width;
  *window = (fv__window){1, 1, 1, 1, 1, 1, 0, 0, 0, 0};
  if (h < 1 || w < 1 || h > INT32_MAX || w > INT32_MAX) return;
  window->kernel_h = (int32_t)((h + out_h - 1) / out_h);
  window->kernel_w = (int32_t)((w + out_w - 1) / out_w);
  window->stride_h = h < out_h ? 1 : (int32_t)(h / out_h);
  window->stride_w = w < out_w ? 1 : (int32_t)(w / out_w);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  if (fv_shape_equal(&input, &call->output)) return call->inputs[0];
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_pool, call->inputs[0], y);
  fv__window window;
  geometry(call->options, &input, &window);
  op.window = fv__window_problem_make(&input, &call->output, &window);
  op.window.average = true;
  op.window.adaptive = true;
  fv__program_append(program, &op);
  return y;
}

/* The largest window along an axis. */
static double largest(int64_t from, int64_t to) {
  int64_t most = 0;
  for (int64_t i = 0; i < to; i++) {
    const int64_t size = ((i + 1) * from + to - 1) / to - i * from / to;
    if (size > most) most = size;
  }
  return (double)most;
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  const int64_t h = input->dims[1], w = input->dims[2], out_h = output->dims[1], out_w = output->dims[2];
  (void)options;
  sight->whole = out_h == 1 && out_w == 1;
  sight->resamples = true;
  if (h < 1 || w < 1 || h > INT32_MAX || w > INT32_MAX) return; /* in unknown steps */
  sight->reads_h = largest(h, out_h);
  sight->reads_w = largest(w, out_w);
  sight->step_h = (double)h / (double)out_h;
  sight->step_w = (double)w / (double)out_w;
}

static const fv_option table[] = {{"output_size", FV_OPTION_PAIR,
                                   offsetof(fv_adaptive_average_pooling2d_options, output_size), NULL, 1, 65535, NULL,
                                   "height and width of the result"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_adaptive_average_pooling2d = {
    .kind = {"AdaptiveAveragePooling2D", NULL, "averages of windows that make an image of a given size", table,
             sizeof(fv_adaptive_average_pooling2d_options)},
    FV__LAYER_HEAD(fv_adaptive_average_pooling2d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .geometry = geometry,
    .sight = sight,
};
