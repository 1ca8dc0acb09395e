/* Dropout: nothing happens at inference, the output is the input. */
#include <fovea/layers/dropout.h>

#include "layers/support/common.h"

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  (void)program;
  return call->inputs[0];
}

static const fv_option table[] = {{"rate", FV_OPTION_FLOAT, offsetof(fv_dropout_options, rate), NULL, 0, 1, NULL,
                                   "share of the numbers set to zero while training"},
                                  {"seed", FV_OPTION_INT, offsetof(fv_dropout_options, seed), "-1", -1, INT32_MAX, NULL,
                                   "of its random numbers; -1: the training's"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_dropout = {
    .kind = {"Dropout", NULL, "sets a random share of the numbers to zero while training", table,
             sizeof(fv_dropout_options)},
    FV__LAYER_HEAD(fv_dropout_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = fv__shape_same,
    .lower = lower,
};
