/* Layers that do nothing at inference. */
#include "layers/support/identity.h"

#include "base/rng.h"
#include "layers/support/numbers.h"

const char *const fv__fill_mode_names[] = {"reflect", "constant", "wrap", "nearest", NULL};
const char *const fv__random_interpolation_names[] = {"nearest", "bilinear", NULL};

int32_t fv__identity_lower(const fv__lower_call *call, fv__program *program) {
  (void)program;
  return call->inputs[0];
}

int32_t fv__noise_lower(const fv__lower_call *call, fv__program *program, fv__noise_kind kind, double rate,
                        int32_t seed) {
  if (!call->training || !(rate > 0)) return call->inputs[0];
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_noise, call->inputs[0], y);
  const uint64_t layer =
      seed < 0 ? fv__rng_state(call->name ? call->name : "", 0) : fv__rng_state("seed", (uint64_t)seed);
  op.noise = (fv__noise_problem){.kind = kind, .rate = rate, .layer = layer};
  fv__program_append(program, &op);
  return y;
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
