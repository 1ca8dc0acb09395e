/* PyTorch's .pth: weights for a network whose layers are called as in PyTorch (torch/modules.c), in either form of
 * torch.save (torch/torch.h). */
#include "base/fail.h"
#include "formats/format.h"
#include "formats/torch/torch.h"

static bool probe(const uint8_t *bytes, size_t size) {
  return fv__torch_probe_old(bytes, size) || fv__torch_probe_zip(bytes, size);
}

static fv_status load_weights(fv_model *model, const fv__source *source, const fv_weights_options *options) {
  fv_state *state;
  TRY(fv__torch_open(&state, source));
  fv_status status = fv__torch_load_weights(model, state, options);
  fv_state_close(state);
  return status;
}

const fv__format fv__format_torch_pth = {
    .facts = {"torch_pth", ".pth .pt", "weights of PyTorch, both forms of torch.save"},
    .probe = probe,
    .load_weights_with = load_weights,
    .open_state = fv__torch_open,
};
