/* ChannelSlice: some of the channels; the output is a part of the input's memory. */
#include <fovea/layers/channel_slice.h>

#include <inttypes.h>

#include "layers/support/common.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_channel_slice_options *o = options;
  (void)count;
  TRY(fv__expect_image(&inputs[0]));
  if (o->start > inputs[0].dims[3] - o->count)
    return fail(FV_ERROR_SHAPE, "channels %" PRId32 " to %" PRId32 " of an input that has %" PRId64, o->start,
                o->start + o->count - 1, inputs[0].dims[3]);
  *output = inputs[0];
  output->dims[3] = o->count;
  return fv__expect_extents(output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_channel_slice_options *o = call->options;
  return fv__program_slice(program, call->inputs[0], &call->output, 0, 0, o->start);
}

static const fv_option table[] = {
    {"start", FV_OPTION_INT, offsetof(fv_channel_slice_options, start), "0", 0, 1 << 24, NULL,
     "the first channel, from 0"},
    {"count", FV_OPTION_INT, offsetof(fv_channel_slice_options, count), NULL, 1, 1 << 24, NULL, "how many channels"},
    {.name = NULL}};

const fv__layer_type fv__layer_channel_slice = {
    .kind = {"ChannelSlice", NULL, "some of the channels", table, sizeof(fv_channel_slice_options)},
    FV__LAYER_HEAD(fv_channel_slice_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .beyond_keras = true,
    .shape = shape,
    .lower = lower,
};
