/* Detection sets: pictures with boxes around what is in them.
 *
 * fv_detection_set_open reads, told apart by what lies there:
 *
 *   FILE.json      COCO: images, annotations, categories. Pictures are beside the file, or in the folder given
 *   a folder       YOLO: pictures in it or in images/, beside each (or in labels/ for images/) NAME.txt with lines
 *                  "class x y width height" in parts of the picture, the middle first; names in classes.txt, one a line
 *
 * Other annotations become sets by fv_detection_set_create, _add for each picture and _finish; Pascal VOC's XML is read
 * in this way by fovea-tools/voc.h. Classes are numbered in the order of their names' bytes unless a list says another.
 *
 * Annotations that are broken (a box without area, outside of its picture, of sides that are no numbers; a file that
 * cannot be read) are left out and listed once, with their names.
 */
#ifndef FOVEA_DETECTION_SET_H
#define FOVEA_DETECTION_SET_H

#include <fovea/boxes.h>
#include <fovea/dataset.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_detection_set fv_detection_set;

typedef struct fv_detection_set_options {
  const char *pictures;     /* COCO: the folder of the pictures; NULL: beside the file, or in images/ */
  const char *classes;      /* names apart by commas: of all objects these alone; NULL: all */
  bool single;              /* pictures with exactly one object alone */
  const char *const *names; /* classes are numbered as in this list; NULL: in the order of their bytes */
  int32_t name_count;
  bool only_named; /* objects of classes that are not in the list are passed over, instead of an error */
  const fv_dataset_options *files; /* check, refuse_broken, workers; NULL: the quick check. Pictures are not turned */
} fv_detection_set_options;

/* Errors: FV_ERROR_NOT_FOUND, FV_ERROR_IO; FV_ERROR_FORMAT for what is no such set, and for one without a picture;
 * FV_ERROR_INVALID for a class that there is not; FV_ERROR_MEMORY. The caller destroys *set. */
FV_API FV_CHECK fv_status fv_detection_set_open(fv_detection_set **set, const char *path,
                                                const fv_detection_set_options *options);

FV_API FV_CHECK fv_status fv_detection_set_create(fv_detection_set **set);
FV_API void fv_detection_set_destroy(fv_detection_set *set);

/* One picture, for a set that is not finished. All is copied. */
typedef struct fv_annotation {
  const char *path;      /* of the picture */
  const char *source;    /* where this is said, for messages; NULL: path */
  int32_t height, width; /* of the picture; 0: not known, it is read */
  int32_t count;
  const fv_object *objects;       /* class_index has no meaning yet */
  const char *const *class_names; /* one an object */
} fv_annotation;
FV_API FV_CHECK fv_status fv_detection_set_add(fv_detection_set *set, const fv_annotation *annotation);

/* Lists something as broken. Errors: FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_detection_set_complain(fv_detection_set *set, const char *name, const char *message);

/* Numbers the classes, keeps what `options` (NULL: all) want, opens the pictures. Errors: as fv_detection_set_open. */
FV_API FV_CHECK fv_status fv_detection_set_finish(fv_detection_set *set, const fv_detection_set_options *options);

/* ---- of a finished set; all is lent */

/* The pictures as an ordinary set, whose samples have the numbers used below. */
FV_API const fv_dataset *fv_detection_set_pictures(const fv_detection_set *set);

typedef struct fv_annotated {
  const char *path;
  int32_t height, width;
  int32_t count;
  const fv_object *objects;
} fv_annotated;

FV_API int64_t fv_detection_set_count(const fv_detection_set *set);
FV_API fv_annotated fv_detection_set_at(const fv_detection_set *set, int64_t picture); /* nothing outside */
FV_API int64_t fv_detection_set_objects(const fv_detection_set *set);                  /* in all pictures */
FV_API int32_t fv_detection_set_class_count(const fv_detection_set *set);
FV_API const char *const *fv_detection_set_class_names(const fv_detection_set *set);
FV_API const char *fv_detection_set_class_name(const fv_detection_set *set, int32_t class_index); /* "" outside */

FV_API int64_t fv_detection_set_broken_count(const fv_detection_set *set);
FV_API fv_broken_file fv_detection_set_broken(const fv_detection_set *set, int64_t index); /* {NULL, NULL} outside */

FV_END_DECLARATIONS

#endif
