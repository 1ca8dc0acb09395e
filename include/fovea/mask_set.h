/* Mask sets: pictures with a class for every pixel, in masks of the same extents.
 *
 * What a path is, is told by what lies there:
 *
 *   a folder with images/ and masks/    the pictures and the masks (also image/; mask/, labels/, label/, annotations/)
 *   any other folder                    the pictures; masks are in the folder given, else in FOLDERannot beside it
 *
 * The mask of images/a.jpg is masks/a.png or another picture file called "a". Pixels of masks are numbers (gray, or the
 * numbers of a PNG's palette) or colours; what they stand for is the set's key (fv_mask_key), which is learnt:
 *
 *   0 and 255 alone             two classes, "background" and "foreground"
 *   other numbers, few          classes "0", "1" ... by their number; 255 does not count
 *   more than 64 numbers        masks with soft edges: two classes, below 128 and from 128 on
 *   colours                     a class each, "#rrggbb", in the order of red, green, blue; at most 255
 *
 * A file classes.txt in the folder names them, a class a line in the order of the numbers: "NAME", "NAME NUMBER" or
 * "NAME RED GREEN BLUE". Pictures without a mask and masks that cannot be read are left out and listed once.
 */
#ifndef FOVEA_MASK_SET_H
#define FOVEA_MASK_SET_H

#include <fovea/dataset.h>

FV_BEGIN_DECLARATIONS

enum {
  FV_MASK_CLASSES = 254, /* most of a key */
  FV_MASK_IGNORED = 255  /* in place of a class: the pixel does not count */
};

typedef enum fv_mask_kind {
  FV_MASK_NUMBERS = 1, /* red, green and blue of a value are the same number */
  FV_MASK_COLORS,
  FV_MASK_HALVES /* class 0 below 128, class 1 from 128 on */
} fv_mask_kind;

typedef struct fv_mask_value {
  uint8_t red, green, blue;
} fv_mask_value;

/* What pixels of masks stand for: values[c] for class c; after the classes those that do not count. */
typedef struct fv_mask_key {
  fv_mask_kind kind;
  int32_t count, ignored; /* how many of each */
  fv_mask_value values[256];
} fv_mask_key;

/* A mask file as class numbers, in a new image of one channel; FV_MASK_IGNORED for what does not count. Errors: those
 * of fv_image_read; FV_ERROR_FORMAT for a value that the key does not have, saying where. */
FV_API FV_CHECK fv_status fv_mask_read(fv_image *classes, const char *path, const fv_mask_key *key);

/* The inverse: class numbers as an image with the key's values, one channel or three; numbers that are no class are
 * black, or the first value that does not count. Errors: those of fv_image_create. */
FV_API FV_CHECK fv_status fv_mask_paint(fv_image *mask, const fv_image *classes, const fv_mask_key *key);

typedef struct fv_mask_set fv_mask_set;

typedef struct fv_mask_set_options {
  const char *masks;        /* the folder of the masks; NULL: found as above */
  const char *class_names;  /* a file as classes.txt; NULL: that one, where it is */
  const char *ignore;       /* values or names apart by commas whose pixels do not count: "11", "#000000", "void" */
  const fv_mask_key *key;   /* of another set or a model, instead of learning one */
  const char *const *names; /* its classes' names, key->count; NULL without key */
  const fv_dataset_options *files; /* check, refuse_broken, workers; NULL: the quick check. Pictures are not turned */
} fv_mask_set_options;

/* Reads all masks once. Errors: FV_ERROR_NOT_FOUND, FV_ERROR_IO; FV_ERROR_FORMAT for what is no such set, more than 254
 * classes, or less than two; FV_ERROR_INVALID for `ignore` and names that do not fit; FV_ERROR_MEMORY. The caller
 * destroys *set. */
FV_API FV_CHECK fv_status fv_mask_set_open(fv_mask_set **set, const char *path, const fv_mask_set_options *options);
FV_API void fv_mask_set_destroy(fv_mask_set *set); /* NULL is fine */

/* Two sets from one, as fv_dataset_split cuts its pictures. The old one stays. */
FV_API FV_CHECK fv_status fv_mask_set_split(fv_mask_set **training, fv_mask_set **validation, const fv_mask_set *set,
                                            const fv_dataset_split_options *options);

/* ---- of a set; all is lent */

/* The pictures as an ordinary set, whose samples have the numbers used below. */
FV_API const fv_dataset *fv_mask_set_pictures(const fv_mask_set *set);

FV_API int64_t fv_mask_set_count(const fv_mask_set *set);
FV_API const char *fv_mask_set_picture(const fv_mask_set *set, int64_t index); /* path; "" outside */
FV_API const char *fv_mask_set_mask(const fv_mask_set *set, int64_t index);
FV_API const fv_mask_key *fv_mask_set_key(const fv_mask_set *set);
FV_API const char *const *fv_mask_set_class_names(const fv_mask_set *set);

/* Pixels of a class in all masks of the set as it was opened; FV_MASK_IGNORED: those that do not count. */
FV_API int64_t fv_mask_set_pixels(const fv_mask_set *set, int32_t class_index);

/* Weights by which rare classes count as much as common ones, one a class: the median of their shares of all pixels by
 * their own (Eigen, Fergus 2015); 0 for a class without a pixel. */
FV_API void fv_mask_set_weights(float *weights, const fv_mask_set *set);

FV_API int64_t fv_mask_set_broken_count(const fv_mask_set *set);
FV_API fv_broken_file fv_mask_set_broken(const fv_mask_set *set, int64_t index); /* {NULL, NULL} outside */

FV_END_DECLARATIONS

#endif
