/* hard_sigmoid_keras2: clamp(x / 5 + 1/2, 0, 1). Files of Keras 1 and 2 call it hard_sigmoid; the version of the file
 * decides. */
#include <fovea/layers/hard_sigmoid_keras2.h>

#include "layers/support/functions.h"

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0.2f, 0.5f, 0, 0};
  return fv__unary_lower(call, program, fv__reference_hard_sigmoid, fv__gradient_hard_sigmoid, FV__UNARY_HARD_SIGMOID,
                         parameters);
}

FV__FUNCTION_WITHOUT_OPTIONS(hard_sigmoid_keras2, lower, "what Keras 1 and 2 call hard_sigmoid");
