/* A state of PyTorch's modules as a network reads it: tensors by the names of our layers and weights, the order in
 * which PyTorch keeps a weight's numbers, and the networks that are known by their tensors.
 */
#ifndef FOVEA_FORMATS_TORCH_MODULES_H
#define FOVEA_FORMATS_TORCH_MODULES_H

#include <fovea/model.h>

#include "base/fail.h"
#include "formats/state/state.h"

/* One tensor; `name` is "layer1_0_conv1/weight" for "module.layer1.0.conv1.weight". */
typedef struct fv__module {
  char *name;
  const fv__state_tensor *tensor;
  int32_t number; /* in the file */
  bool used;
} fv__module;

/* Sorted by name. */
typedef struct fv__modules {
  fv__module *list;
  int32_t count;
} fv__modules;

/* The first of the file's tensors of this name, or NULL. */
fv__module *fv__modules_find(const fv__modules *modules, const char *name);

/* Where element i of a weight lies in PyTorch's tensor: extents of the weight, and what one step along each is worth.
 */
typedef struct fv__torch_order {
  int32_t rank;
  int64_t dims[4], steps[4];
} fv__torch_order;

/* The order of weight `index` (order.c), and PyTorch's shape for it. Errors: FV_ERROR_UNSUPPORTED. */
fv_status fv__torch_find_order(fv__torch_order *order, fv_shape *theirs, const fv_model *model, int32_t index) FV_CHECK;

/* Brings PyTorch's numbers into our order. */
void fv__torch_arrange(float *to, const float *from, const fv__torch_order *order);

/* A network of torchvision, known by its tensors (known.c). */
typedef struct fv__torch_network {
  const char *theirs; /* "resnet50" */
  const char *ours;   /* "ResNet50Torchvision"; NULL: the zoo has it in no form that takes these weights */
  const char *nature; /* how that is unlike others of its name: "the stride in the 3x3" */
} fv__torch_network;

/* NULL when it is none that is known. */
const fv__torch_network *fv__torch_recognise(const fv__modules *modules);

#endif
