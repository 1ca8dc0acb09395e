/* Data sets: numbered samples, each a picture with a class.
 *
 * What a path is, is told by what lies there:
 *
 *   a folder of folders     a class a folder, all pictures below it; classes and files in the order of their bytes.
 *                           Hidden files are skipped, symbolic links followed, no folder of a class entered twice
 *   a folder with train/    and validation/ (or valid/, val/, test/), each a folder of folders: two sets
 *   FILE.csv                a picture a line, path,label; paths begin at the file's folder. A line of column names
 *                           (path, file, filename or image; label, class or category) may come first. Separators are
 *                           commas, semicolons or tabs, fields may be quoted (RFC 4180). Classes are in the order of
 *                           their bytes, or of their numbers where all are whole numbers
 *   IDX files               of bytes, also .gz (MNIST, Fashion-MNIST): the file of images, what its name begins with
 *                           ("mnist/train"), or the folder of train-images-idx3-ubyte and t10k-images-idx3-ubyte
 *   CIFAR-10, binary        a .bin file or the folder of data_batch_1.bin to _5.bin and test_batch.bin
 *   FILE.npz                arrays x and y, or x_train, y_train and x_test (x_val), y_test (y_val), or images and
 * labels FILE.npy                x.npy beside y.npy, or images.npy beside labels.npy
 *
 * x is (samples, height, width) or (samples, height, width, channels), y whole numbers (samples) or one-hot
 * (samples, classes).
 *
 * Files of pictures that cannot be one (empty, unreadable, another kind, cut off) are left out when the set is opened
 * and are listed. A set is never changed after it was made: many threads may read one set. Memory is bounded by the
 * files, whatever they declare.
 *
 * Sources: the MNIST database's page for IDX, the CIFAR-10 page for its binary version, RFC 4180 for CSV.
 */
#ifndef FOVEA_DATASET_H
#define FOVEA_DATASET_H

#include <fovea/image.h>
#include <fovea/option.h>
#include <fovea/workers.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_dataset fv_dataset;

typedef enum fv_dataset_check {
  FV_DATASET_CHECK_QUICK, /* the kind of each file, and whether its end is there */
  FV_DATASET_CHECK_FULL,  /* every picture is decoded: also finds files damaged in the middle */
  FV_DATASET_CHECK_NONE   /* that the files are there and not empty */
} fv_dataset_check;

typedef struct fv_dataset_options {
  fv_dataset_check check;
  bool refuse_broken;        /* a file that cannot be a picture is an error, not left out */
  bool upright;              /* turn pictures as their Exif orientation says; Keras does not */
  const fv_dataset *classes; /* name and number classes as this set does; one that it lacks is an error */
  const char *const *names;  /* the same with a list of names, for which `classes` does not count; copied */
  int32_t name_count;
  const char *class_names; /* a file of class names, one a line, for sets that have numbers alone */
  fv_workers *workers;     /* share the check; NULL: the caller's thread alone */
} fv_dataset_options;

/* Opens a set; `options` may be NULL. End it with fv_dataset_destroy. Sets of numbered classes are named "0", "1" ...,
 * CIFAR-10's by their words, and Fashion-MNIST's too where the path contains "fashion". Errors: FV_ERROR_NOT_FOUND,
 * FV_ERROR_IO; FV_ERROR_FORMAT for damaged files, sets without samples, and what is no data set; FV_ERROR_UNSUPPORTED;
 * FV_ERROR_INVALID for a class that `classes` or `names` lack; FV_ERROR_MEMORY. Messages name the file. *dataset is
 * then NULL. */
FV_API FV_CHECK fv_status fv_dataset_open(fv_dataset **dataset, const char *path, const fv_dataset_options *options);

/* Pictures that somebody has listed. All is copied. `labels` (NULL: 0 each) number the names of classes. Of `options`,
 * which may be NULL, check, refuse_broken, upright and workers count. Errors: as fv_dataset_open; FV_ERROR_INVALID for
 * a label without a name. */
typedef struct fv_dataset_list {
  int64_t count;
  const char *const *paths;
  const int32_t *labels;
  const char *const *class_names;
  int32_t class_count;
} fv_dataset_list;
FV_API FV_CHECK fv_status fv_dataset_of_files(fv_dataset **dataset, const fv_dataset_list *list,
                                              const fv_dataset_options *options);

/* NULL is fine. Sets that share files (splits, parts) may end in any order. */
FV_API void fv_dataset_destroy(fv_dataset *dataset);

/* The set for validation that the path itself has (validation/, t10k-images..., test_batch.bin, x_test), with the
 * classes of this one; NULL when there is none. Lent. Splits and parts have none. */
FV_API const fv_dataset *fv_dataset_validation(const fv_dataset *dataset);

/* The kind of source: "folder", "csv", "idx", "cifar10", "npz", "npy"; "files" of a list. */
FV_API const char *fv_dataset_kind(const fv_dataset *dataset);

/* ---- what is in it */

FV_API int64_t fv_dataset_count(const fv_dataset *dataset); /* samples, at least 1 */
FV_API int32_t fv_dataset_class_count(const fv_dataset *dataset);

/* Lent; "" outside 0 to class_count - 1. */
FV_API const char *fv_dataset_class_name(const fv_dataset *dataset, int32_t class_index);

/* Samples of one class; 0 outside. */
FV_API int64_t fv_dataset_class_samples(const fv_dataset *dataset, int32_t class_index);

/* One weight a class, samples / (classes * samples of the class): rare classes count as much as common ones. Classes
 * without a sample get 0. */
FV_API void fv_dataset_class_weights(float *weights, const fv_dataset *dataset);

/* The class of a sample; -1 outside 0 to count - 1. */
FV_API int32_t fv_dataset_label(const fv_dataset *dataset, int64_t sample);

/* What a sample is called: the path of its file, or "FILE[7]" for the seventh after the first of a file; always ends
 * the text with NUL. Returns `text`. */
FV_API char *fv_dataset_name(char *text, size_t size, const fv_dataset *dataset, int64_t sample);

/* (height, width, channels) when it is known to be the same for all samples, else rank 0. */
FV_API fv_shape fv_dataset_shape(const fv_dataset *dataset);

/* A number that changes when the samples' names, labels or order do, or the sizes of their files: for who wants to know
 * whether a set is still the one it was. */
FV_API uint64_t fv_dataset_fingerprint(const fv_dataset *dataset);

/* A file left out, with what is wrong with it. */
typedef struct fv_broken_file {
  const char *name, *message; /* the message names the file too */
} fv_broken_file;

FV_API int64_t fv_dataset_broken_count(const fv_dataset *dataset);

/* Lent; {NULL, NULL} outside. */
FV_API fv_broken_file fv_dataset_broken(const fv_dataset *dataset, int64_t index);

/* ---- reading */

/* A sample as it is stored. Exactly one is there: */
typedef struct fv_sample {
  fv_image image;    /* 8-bit pixels */
  fv_tensor numbers; /* (height, width, channels), of arrays that are no bytes */
} fv_sample;

/* Reads a sample; many threads at once may. End it with fv_sample_destroy. Errors: those of fv_image_read,
 * FV_ERROR_INVALID for a number outside; messages name the file. On failure the structure is empty. */
FV_API FV_CHECK fv_status fv_dataset_read(fv_sample *sample, const fv_dataset *dataset, int64_t index);

/* Empty structures are fine. */
FV_API void fv_sample_destroy(fv_sample *sample);

/* ---- parts of it: new sets with the same classes, samples in the order of the old one */

typedef struct fv_dataset_split_options {
  double validation; /* part of the samples of each class, above 0 and below 1; 0: 0.2 */
  uint64_t seed;
  bool first; /* Keras's validation_split: the first of each class, its number rounded down */
} fv_dataset_split_options;

/* Cuts a set in two, each class by itself: drawn by the seed, the number rounded, each side with at least one of a
 * class that has two. `options` may be NULL. Errors: FV_ERROR_INVALID for another part, or when a side would be empty;
 * FV_ERROR_MEMORY. Both are then NULL. */
FV_API FV_CHECK fv_status fv_dataset_split(fv_dataset **training, fv_dataset **validation, const fv_dataset *dataset,
                                           const fv_dataset_split_options *options);

/* At most `count` samples drawn by the seed, the classes in turn as long as they have any: all of the set when it has
 * no more. Errors: FV_ERROR_INVALID for a count below 1, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_dataset_draw(fv_dataset **part, const fv_dataset *dataset, int64_t count, uint64_t seed);

/* The samples of these numbers, in this order; one may be there twice. Errors: FV_ERROR_INVALID for a number outside
 * or a count below 1, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_dataset_take(fv_dataset **part, const fv_dataset *dataset, const int64_t *samples,
                                          int64_t count);

FV_END_DECLARATIONS

#endif
