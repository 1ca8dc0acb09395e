/* Figures: pictures of results, drawn with cairo. Part of libfovea-tools, which the command uses. */
#ifndef FOVEA_TOOLS_FIGURE_H
#define FOVEA_TOOLS_FIGURE_H

#include <fovea/boxes.h>
#include <fovea/diagram.h>
#include <fovea/filter.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_figure_picture {
  const char *title;     /* above the picture, UTF-8; NULL for none */
  const char *remark;    /* below it, smaller; NULL for its size, "" for none */
  const fv_image *image; /* lent */
} fv_figure_picture;

typedef struct fv_figure_options {
  const char *title; /* of the whole figure; NULL for none */
  int32_t columns;   /* pictures side by side; 0: all in one row up to 5, then as near to a square as possible */
  int32_t side;      /* largest side of a picture in pixels, 16 to 2048; 0: 300 */
} fv_figure_options;

/* Whether a figure can be written under this name, by its ending: FV_OK or the FV_ERROR_INVALID that drawing would end
 * in. Before long work. */
FV_API FV_CHECK fv_status fv_figure_check_name(const char *path);

enum { FV_FIGURE_MAX_PICTURES = 1024 };

/* Draws pictures side by side, row by row, on white. Larger ones are shrunk to `side`, smaller ones enlarged in whole
 * pixels, all keep their proportions. `path` ends in .svg or .pdf, where text and lines stay sharp at any size, or as
 * for fv_image_write. `options` may be NULL. Errors: FV_ERROR_INVALID for no or too many pictures, an empty one,
 * options out of range, another ending; FV_ERROR_MEMORY; those of fv_image_write. */
FV_API FV_CHECK fv_status fv_figure_grid(const char *path, const fv_figure_picture *pictures, int32_t count,
                                         const fv_figure_options *options);

/* The same as a new image. */
FV_API FV_CHECK fv_status fv_figure_grid_draw(fv_image *figure, const fv_figure_picture *pictures, int32_t count,
                                              const fv_figure_options *options);

/* Draws the convolution of a signal (1, n) with a kernel of one row: the signal, the kernel and its flip, three places
 * with what lies there, the shifted kernel, their products and the sum, and the result with these places marked. The
 * kernel is always flipped, whatever the options say; padding is same or valid. `options` and `title` may be NULL.
 * Errors: FV_ERROR_SHAPE, FV_ERROR_INVALID, FV_ERROR_MEMORY, those of fv_filter_apply and of writing. */
FV_API FV_CHECK fv_status fv_figure_convolution(const char *path, const fv_tensor *signal,
                                                const fv_filter_kernel *kernel, const fv_filter_options *options,
                                                const char *title);

enum { FV_FIGURE_LINES = 4 };

/* One line of a panel, a number an epoch from epoch 1 on; NaN is a gap. Lent. */
typedef struct fv_figure_line {
  const char *name; /* "training" */
  const double *values;
  int32_t count;
} fv_figure_line;

typedef struct fv_figure_panel {
  const char *title; /* "loss" */
  fv_figure_line lines[FV_FIGURE_LINES];
  int32_t line_count;
  int32_t best_epoch; /* marked on the last line, from 1; 0: none */
} fv_figure_panel;

/* Draws learning curves: up to 16 panels, two side by side. `title` may be NULL. Errors: FV_ERROR_INVALID for other
 * numbers of panels or lines and for what has no name; FV_ERROR_MEMORY; those of fv_figure_grid for files. */
FV_API FV_CHECK fv_status fv_figure_curves(const char *path, const char *title, const fv_figure_panel *panels,
                                           int32_t count);

/* The same as a new image. */
FV_API FV_CHECK fv_status fv_figure_curves_draw(fv_image *figure, const char *title, const fv_figure_panel *panels,
                                                int32_t count);

/* Draws a confusion matrix, [class it is][class found] row by row, with counts, precision and recall; from 41 classes
 * on as colours alone. `names` may be NULL for numbers, `title` for none. Errors: FV_ERROR_INVALID for less than 1 or
 * more than 2000 classes, negative counts and missing names; FV_ERROR_MEMORY; those of fv_figure_grid for files. */
FV_API FV_CHECK fv_status fv_figure_confusion(const char *path, const char *title, const int64_t *counts,
                                              const char *const *names, int32_t classes);

/* The same as a new image. */
FV_API FV_CHECK fv_status fv_figure_confusion_draw(fv_image *figure, const char *title, const int64_t *counts,
                                                   const char *const *names, int32_t classes);

/* A picture whose class was not found. Lent. */
typedef struct fv_figure_mistake {
  const fv_image *image;
  const char *is, *found; /* names of classes */
  double score;           /* of the class found, 0 to 1 */
  const char *file;       /* its last part is shown; NULL: none */
} fv_figure_mistake;

/* Draws mistakes side by side, as fv_figure_grid does; pictures are 160 pixels unless `options` say otherwise. Errors:
 * those of fv_figure_grid. */
FV_API FV_CHECK fv_status fv_figure_mistakes(const char *path, const fv_figure_mistake *mistakes, int32_t count,
                                             const fv_figure_options *options);

typedef struct fv_figure_network_options {
  fv_fold fold;    /* how much a box holds; default: the least folding whose text can be read on a page */
  int32_t columns; /* 0: as many as fill a page best */
} fv_figure_network_options;

/* Draws a model as boxes (layer, kind and options, output shape, parameters; coloured by kind) with lines between them,
 * as fovea/diagram.h lays it out. `options` may be NULL. Errors: those of fv_figure_grid for files,
 * fv_diagram_create and fv_diagram_lay_out. */
FV_API FV_CHECK fv_status fv_figure_network(const char *path, const fv_model *model,
                                            const fv_figure_network_options *options);

/* Draws a picture in its own size with a box around each object, named `names[class_index]` with its score, in a colour
 * of its class; better ones, which come first, on top. Errors: FV_ERROR_INVALID for an empty picture; FV_ERROR_MEMORY;
 * those of fv_figure_grid for files. */
FV_API FV_CHECK fv_status fv_figure_objects(const char *path, const fv_image *image, const fv_object *objects,
                                            int32_t count, const char *const *names);

/* The same as a new image. */
FV_API FV_CHECK fv_status fv_figure_objects_draw(fv_image *figure, const fv_image *image, const fv_object *objects,
                                                 int32_t count, const char *const *names);

/* A figure that explains something, by name: "sweep", "pooling", "inception". */
typedef struct fv_figure_lesson {
  const char *name, *help;
} fv_figure_lesson;

FV_API const fv_figure_lesson *fv_figure_lesson_at(int32_t index); /* NULL after the last */

/* Draws one of them. Errors: FV_ERROR_NOT_FOUND for another name; FV_ERROR_MEMORY; those of fv_figure_grid for files.
 */
FV_API FV_CHECK fv_status fv_figure_lesson_draw(const char *path, const char *name);

FV_END_DECLARATIONS

#endif
