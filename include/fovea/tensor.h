/* Tensors: dense arrays of numbers with a shape, and NumPy's .npy files.
 *
 * A tensor owns its numbers: float32, row-major (the last axis is contiguous), no gaps. Files of other number types are
 * converted when read.
 */
#ifndef FOVEA_TENSOR_H
#define FOVEA_TENSOR_H

#include <fovea/shape.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_tensor {
  fv_shape shape; /* every dimension known */
  float *data;    /* owned; as many as the shape has elements; NULL in an empty structure */
} fv_tensor;

/* Gives `tensor` zeroed numbers of this shape; what it held before is not freed. End it with fv_tensor_destroy.
 * Errors: FV_ERROR_SHAPE for an unknown dimension or too many elements, FV_ERROR_MEMORY. On failure it is empty. */
FV_API FV_CHECK fv_status fv_tensor_create(fv_tensor *tensor, const fv_shape *shape);

/* Frees the numbers and leaves an empty structure. NULL and empty structures are fine. */
FV_API void fv_tensor_destroy(fv_tensor *tensor);

/* What the numbers of a tensor are like. NaN are counted and left out of the rest; infinities are not. */
typedef struct fv_statistics {
  int64_t count; /* numbers */
  int64_t nan_count, infinite_count;
  double mean, rms; /* 0 when there is nothing to count */
  double min, max;
} fv_statistics;

FV_API fv_statistics fv_tensor_measure(const fv_tensor *tensor);

/* Reads a .npy file (versions 1 to 3, C or Fortran order) of booleans, of whole numbers of 8 to 64 bits, or of floats
 * of 16, 32 or 64 bits, little-endian, into a new tensor. Whole numbers beyond 2^24 and doubles are rounded to float32.
 * Errors: FV_ERROR_NOT_FOUND or FV_ERROR_IO; FV_ERROR_FORMAT for a damaged file or one with too few or too many bytes;
 * FV_ERROR_UNSUPPORTED for objects, text, complex numbers, big-endian data, more than 8 axes. On failure it is empty.
 * Source: the format description in NumPy's documentation, numpy.lib.format. */
FV_API FV_CHECK fv_status fv_npy_read(fv_tensor *tensor, const char *path);

/* Writes a tensor as .npy version 1.0, type '<f4'. The file appears whole or not at all: it is written beside `path`
 * under another name, then renamed. Errors: FV_ERROR_SHAPE, FV_ERROR_IO, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_npy_write(const char *path, const fv_tensor *tensor);

/* A .npz archive: a zip of .npy members, as numpy.savez and numpy.savez_compressed write them. */
typedef struct fv_npz fv_npz;

/* Opens an archive; end it with fv_npz_close. Nothing but the directory is read. Errors: FV_ERROR_NOT_FOUND,
 * FV_ERROR_IO; FV_ERROR_FORMAT for what is no zip archive or a damaged one; FV_ERROR_UNSUPPORTED for encryption and
 * foreign compression; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_npz_open(fv_npz **archive, const char *path);
FV_API void fv_npz_close(fv_npz *archive);

/* The name of array `index` without ".npy", lent until the archive is closed; NULL from the last on. */
FV_API const char *fv_npz_name(const fv_npz *archive, int32_t index);

/* Reads one array into a new tensor, converted as fv_npy_read does. Errors: FV_ERROR_NOT_FOUND for another name, those
 * of fv_npy_read; the message names the file and the array. */
FV_API FV_CHECK fv_status fv_npz_read(fv_tensor *tensor, fv_npz *archive, const char *name);

FV_END_DECLARATIONS

#endif
