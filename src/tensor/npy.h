/* .npy in memory: what a file holds, before and without conversion; .npz members use it too. */
#ifndef FOVEA_TENSOR_NPY_H
#define FOVEA_TENSOR_NPY_H

#include <fovea/tensor.h>

/* Decodes one .npy image of exactly `size` bytes into a new tensor. Messages do not name the file: the caller does. */
fv_status fv__npy_decode(fv_tensor *tensor, const uint8_t *bytes, size_t size) FV_CHECK;

/* What the head of a .npy says. `type` is NumPy's word: "<f4", "|b1". */
typedef struct fv__npy_header {
  char type[16];
  bool fortran_order;
  fv_shape shape;
  size_t data_offset; /* bytes before the numbers */
} fv__npy_header;

/* Reads the head alone; `bytes` may end anywhere behind it. */
fv_status fv__npy_read_header(fv__npy_header *header, const uint8_t *bytes, size_t size) FV_CHECK;

/* Bytes of one element of NumPy's `type`. Errors: FV_ERROR_UNSUPPORTED for types that are not read. */
fv_status fv__npy_element_bytes(size_t *bytes, const char *type) FV_CHECK;

/* Elements of a known type as float32. */
void fv__npy_convert(float *numbers, const uint8_t *elements, const char *type, int64_t count);

/* The head of a .npy of elements `type`, padded so that the numbers begin at a multiple of 64. Returns its length. */
enum { FV__NPY_HEADER_BYTES = 512 };
size_t fv__npy_make_header(char text[FV__NPY_HEADER_BYTES], const char *type, const fv_shape *shape);

/* Writes `count` elements of `size` bytes, row-major and little-endian, as .npy; whole or not at all. */
fv_status fv__npy_write(const char *path, const char *type, const fv_shape *shape, const void *elements, int64_t count,
                        size_t size) FV_CHECK;

#endif
