/* PyTorch's files of tensors (.pth, .pt), read without executing anything.
 *
 * The object's pickle is read by a machine that knows containers, numbers, texts and the few names from which a state
 * dict is built; any other name is refused. Its storages are elsewhere in the file:
 *
 *   zip form (torch 1.6 and later)   members of a zip, of one folder: FOLDER/data.pkl, FOLDER/data/0 ...
 *   old form   five pickles in a row (magic number, protocol, facts about the machine, the object, the keys of its
 *              storages), then each storage as a count of elements (8 bytes) and the elements
 *
 * Tensors keep the file's order. Nested containers give names with '/' between keys: "state_dict/conv.weight". Tensors
 * are views of storages, with any strides; they are read as rows.
 */
#ifndef FOVEA_FORMATS_TORCH_TORCH_H
#define FOVEA_FORMATS_TORCH_TORCH_H

#include <fovea/file.h>

#include "formats/state/state.h"

/* True when the first bytes are a pickle of torch's magic number. */
bool fv__torch_probe_old(const void *bytes, size_t size);

/* True when they are a zip whose first member is one of torch's. */
bool fv__torch_probe_zip(const void *bytes, size_t size);

/* Lists all tensors. `source` must outlive the state. Errors: FV_ERROR_FORMAT, FV_ERROR_UNSUPPORTED (a name that is not
 * a tensor's, another number type), FV_ERROR_MEMORY. */
fv_status fv__torch_open(fv_state **state, const fv__source *source) FV_CHECK;

/* Fills a model whose layers are called as the modules of a state in PyTorch's layout (modules.c). */
fv_status fv__torch_load_weights(fv_model *model, const fv_state *state, const fv_weights_options *options) FV_CHECK;

#endif
