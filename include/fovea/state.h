/* States: the named tensors of a file of weights or of a model (PyTorch calls such a list a state dict).
 *
 *   fv_state *state;
 *   if (fv_state_open(&state, "resnet50.pth")) puts(fv_error_message());
 *   for (int32_t i = 0; i < fv_state_count(state); i++) puts(fv_state_tensor_at(state, i).name);
 *   fv_state_close(state);
 *
 * Every format of file.h can be listed, models too; of PyTorch's files both forms, however deep the tensors lie in
 * dicts and lists ("state_dict/conv.weight"). Opening reads names and shapes alone, but for whole models, which are
 * loaded. Nothing in a file is executed.
 */
#ifndef FOVEA_STATE_H
#define FOVEA_STATE_H

#include <fovea/model.h>
#include <fovea/tensor.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_state fv_state;

/* Opens a file and lists its tensors. Whole models are loaded: their tensors are the model's weights, named by path. A
 * model that fovea cannot load for a layer it lacks or for numbers that are not finite is listed as its file stores it.
 * End it with fv_state_close; *state is NULL on failure. Errors: those of fv_model_load. */
FV_API FV_CHECK fv_status fv_state_open(fv_state **state, const char *path);

/* The weights of a model, which must outlive the state. */
FV_API FV_CHECK fv_status fv_state_open_model(fv_state **state, fv_model *model);

/* NULL is fine. */
FV_API void fv_state_close(fv_state *state);

/* One tensor. Texts are lent by the state. */
typedef struct fv_state_tensor {
  const char *name;
  const char *type; /* of its elements, as stored: "float32", "bfloat16", "int64" ... */
  fv_shape shape;   /* in the file's axes: a convolution of PyTorch is (out, in, height, width) */
  int64_t count;    /* elements */
} fv_state_tensor;

FV_API int32_t fv_state_count(const fv_state *state);
FV_API fv_state_tensor fv_state_tensor_at(const fv_state *state, int32_t index); /* from 0, in the file's order */
FV_API int32_t fv_state_find(const fv_state *state, const char *name);           /* -1 when there is none */

/* Reads a tensor as float32 into a new one; doubles and integers beyond 2^24 are rounded. Errors: FV_ERROR_FORMAT for
 * data that do not fit, FV_ERROR_IO, FV_ERROR_MEMORY. On failure it is empty. */
FV_API FV_CHECK fv_status fv_state_read(fv_tensor *tensor, const fv_state *state, int32_t index);

/* Writes a tensor as .npy, whole or not at all. Its elements stay as they are (bfloat16, which NumPy lacks, becomes
 * float32; so does everything of Keras's files, which are read as float32). Errors: as fv_state_read and fv_npy_write.
 */
FV_API FV_CHECK fv_status fv_state_write_npy(const char *path, const fv_state *state, int32_t index);

/* How far two tensors are apart. */
typedef struct fv_difference {
  int64_t count;   /* of numbers that are not equal; two NaN are */
  double max, rms; /* of a - b; infinite where one is NaN */
} fv_difference;

/* Compares two tensors of one shape. Errors: FV_ERROR_SHAPE for other shapes, those of fv_state_read. */
FV_API FV_CHECK fv_status fv_state_compare(fv_difference *difference, const fv_state *a, int32_t index_a,
                                           const fv_state *b, int32_t index_b);

FV_END_DECLARATIONS

#endif
