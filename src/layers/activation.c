/* Activation: a function by its word, as the option activation="..." of other layers has it. */
#include <fovea/layers/activation.h>

#include "layers/support/common.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_activation_options *o = options;
  if (!o->activation) return fail(FV_ERROR_INVALID, "activation must be given");
  TRY(fv__activation_check(o->activation));
  const fv__layer_type *function = fv__layer_find_function(o->activation);
  return function->shape(function->function_options, inputs, count, output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_activation_options *o = call->options;
  return fv__activation_lower(o->activation, call->inputs[0], program);
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  const fv__layer_type *function = fv__layer_find_function(((const fv_activation_options *)options)->activation);
  if (function->sight) function->sight(function->function_options, input, output, sight);
}

static const fv_option table[] = {{"activation", FV_OPTION_TEXT, offsetof(fv_activation_options, activation), NULL, 0,
                                   0, NULL, "the function's word: relu, tanh, softmax ..."},
                                  {.name = NULL}};

const fv__layer_type fv__layer_activation = {
    .kind = {"Activation", NULL, "a named function of every element (softmax: of the last axis)", table,
             sizeof(fv_activation_options)},
    FV__LAYER_HEAD(fv_activation_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .sight = sight,
};
