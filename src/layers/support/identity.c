/* Layers that do nothing at inference. */
#include "layers/support/identity.h"

#include "layers/support/numbers.h"

const char *const fv__fill_mode_names[] = {"reflect", "constant", "wrap", "nearest", NULL};
const char *const fv__random_interpolation_names[] = {"nearest", "bilinear", NULL};

int32_t fv__identity_lower(const fv__lower_call *call, fv__program *program) {
  (void)program;
  return call->inputs[0];
}

fv_status fv__expect_factor(const char *name, const char *text, bool required) {
  if (!text) return required ? fail(FV_ERROR_INVALID, "%s must be given", name) : FV_OK;
  double range[2];
  int64_t count;
  fv_status status = fv__numbers_read(text, range, 2, &count);
  if (status) return note(status, "%s", name);
  if (count == 2 && range[0] > range[1])
    return fail(FV_ERROR_INVALID, "%s: the lower number %g is above the upper one, %g", name, range[0], range[1]);
  return FV_OK;
}
