/* .npy in memory: what a file holds, before and without conversion; .npz members use it too. */
#ifndef FOVEA_TENSOR_NPY_H
#define FOVEA_TENSOR_NPY_H

#include <fovea/tensor.h>

/* Decodes one .npy image of exactly `size` bytes into a new tensor. Messages do not name the file: the caller does. */
fv_status fv__npy_decode(fv_tensor *tensor, const uint8_t *bytes, size_t size) FV_CHECK;

#endif
