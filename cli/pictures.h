/* Pictures named on a command line: files, folders, "-" for one from stdin. */
#ifndef PICTURES_H
#define PICTURES_H

#include <fovea/image.h>
#include <fovea/predict.h>

/* What fv_image_resize_method lists, for the help of options. */
#define PICTURE_RESIZE_METHODS                                                                                         \
  "pil-nearest|box|bilinear|hamming|bicubic|lanczos, "                                                                 \
  "cv-nearest|nearest-exact|linear|linear-exact|cubic|lanczos4|area, "                                                 \
  "tf-nearest|bilinear|bicubic|area|bilinear-aa|bicubic-aa|lanczos3-aa, "                                              \
  "torch-bilinear|bilinear-corners|bicubic|bilinear-aa"

/* The row of an option table for the same option of every command that reads pictures. */
#define PICTURE_UPRIGHT_ROW(type, field)                                                                               \
  {                                                                                                                    \
    "upright", FV_OPTION_BOOL, offsetof(type, field), "false", 0, 0, NULL,                                             \
        "turn pictures as their Exif orientation says; otherwise they are taken as they are stored, as Keras does"     \
  }

typedef struct picture_list {
  fv_picture *pictures; /* path set; bytes too for stdin */
  int32_t count, room;
  int status; /* COMMAND_BAD_INPUT when an argument gave no picture, which has been said; the others are there */
} picture_list;

/* Adds what each argument names: a folder's image files sorted by name, any other name as a file; `upright` is the
 * option of that name. Returns COMMAND_OK when there is a picture or, after a sentence on stderr, the exit status. End
 * the list either way. */
int pictures_collect(picture_list *list, bool upright, int count, char **arguments);
void pictures_free(picture_list *list);

/* One of them whole, of its own extents, turned upright where that is wanted. Errors: those of fv_image_decode. */
fv_status pictures_read(fv_image *image, const fv_picture *picture);

#endif
