/* relu6: min(max(x, 0), 6). NaN stays NaN. */
#include <fovea/layers/relu6.h>

#include "layers/support/functions.h"

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0, 0, 6, 0};
  return fv__unary_lower(call, program, fv__reference_relu, fv__gradient_relu, FV__UNARY_RELU, parameters);
}

FV__FUNCTION_WITHOUT_OPTIONS(relu6, lower, "negative numbers become 0, numbers above 6 become 6");
