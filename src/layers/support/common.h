/* What layers share besides layer.h: checks of shapes, lowering of element-wise functions, costs. */
#ifndef FOVEA_LAYERS_SUPPORT_COMMON_H
#define FOVEA_LAYERS_SUPPORT_COMMON_H

#include "base/fail.h"
#include "kernels/kernels.h"
#include "layers/layer.h"

/* shape() of a layer whose output has its input's shape, whatever that is. */
fv_status fv__shape_same(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) FV_CHECK;

/* Rank 1 to 4, known extents at least 1, at most 2^40 elements as far as they are known. Every shape() ends with it. */
fv_status fv__expect_extents(const fv_shape *shape) FV_CHECK;

/* The size of the last axis, which must be known. */
fv_status fv__expect_channels(const fv_shape *input) FV_CHECK;

/* Turns an axis, counted from the end when negative, into 1 .. rank - 1; the batch (0) is refused. */
fv_status fv__expect_axis(int32_t axis, int32_t rank, int32_t *result) FV_CHECK;

/* An axis of a value of some rank as the NHWC axis it is stored along: 1 height, 2 width, 3 channels. */
int32_t fv__stored_axis(int32_t axis, int32_t rank);

/* Kernels and biases have at most 2^40 elements too. */
fv_status fv__expect_weight(const char *name, const fv_shape *shape) FV_CHECK;

/* Appends one element-wise function of the call's only input. `slot` is its vector version or FV__UNARY_NONE. */
int32_t fv__unary_lower(const fv__lower_call *call, fv__program *program, fv__unary_function *reference,
                        fv__unary_gradient *gradient, fv__unary_slot slot, const float parameters[4]);

/* The shape of `value` in the program; rank 0 when memory ran out. */
fv_shape fv__value_shape(const fv__program *program, int32_t value);

/* Window layers on (N, H, W, C): the output shape with `channels`, and the window with its padding. The window's
 * padding is meaningful only where the input's extents are known. */
fv_status fv__window_shape(const fv_shape *input, fv_pair kernel, fv_pair strides, fv_pair dilation, int32_t padding,
                           int64_t channels, fv_shape *output) FV_CHECK;
fv__window fv__window_make(const fv_shape *input, fv_pair kernel, fv_pair strides, fv_pair dilation, int32_t padding);

/* The problem of a window op from `input` to `output`, both known. */
fv__window_problem fv__window_problem_make(const fv_shape *input, const fv_shape *output, const fv__window *window);

/* Elements of one image of a shape (the batch left out), 0 when unknown. */
int64_t fv__elements_per_image(const fv_shape *shape);

/* The words of `padding` options, and the axes whose "default" kind is a table without options. */
extern const char *const fv__padding_names[];
extern const fv_option fv__no_options[];

/* The descriptor of a pure function without options, an activation word only. */
#define FV__FUNCTION_WITHOUT_OPTIONS(word, lowering, sentence) FV__FUNCTION(word, lowering, sentence, false)
#define FV__FUNCTION_BEYOND_KERAS(word, lowering, sentence) FV__FUNCTION(word, lowering, sentence, true)
#define FV__FUNCTION(word, lowering, sentence, is_beyond)                                                              \
  const fv__layer_type fv__layer_##word = {                                                                            \
      .kind = {.function = #word,                                                                                      \
               .help = (sentence),                                                                                     \
               .table = fv__no_options,                                                                                \
               .options_size = sizeof(fv_##word##_options)},                                                           \
      .function_options = &(const fv_##word##_options){.name = NULL},                                                  \
      FV__LAYER_HEAD(fv_##word##_options, input, 1),                                                                   \
      .min_inputs = 1,                                                                                                 \
      .max_inputs = 1,                                                                                                 \
      .beyond_keras = (is_beyond),                                                                                     \
      .shape = fv__shape_same,                                                                                         \
      .lower = (lowering),                                                                                             \
  }

#endif
