/* sparse_sigmoid: clamp(x / 2 + 1/2, 0, 1). */
#include <fovea/layers/sparse_sigmoid.h>

#include "layers/support/functions.h"

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0.5f, 0.5f, 0, 0};
  return fv__unary_lower(call, program, fv__reference_hard_sigmoid, fv__gradient_hard_sigmoid, FV__UNARY_HARD_SIGMOID,
                         parameters);
}

FV__FUNCTION_WITHOUT_OPTIONS(sparse_sigmoid, lower, "a sigmoid of three straight lines between -1 and 1");
