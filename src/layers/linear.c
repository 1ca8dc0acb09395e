/* linear: the identity; the output is the input. */
#include <fovea/layers/linear.h>

#include "layers/support/common.h"

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  (void)program;
  return call->inputs[0];
}

FV__FUNCTION_WITHOUT_OPTIONS(linear, lower, "changes nothing");
