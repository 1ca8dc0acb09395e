/* Diagrams: a model as boxes and lines with their places, for whoever draws it.
 *
 *   fv_diagram *diagram;
 *   fv_diagram_create(&diagram, model, FV_FOLD_CHAINS);
 *   for (int32_t i = 0; i < fv_diagram_box_count(diagram); i++) fv_diagram_set_size(diagram, i, 150, 48);
 *   fv_diagram_lay_out(diagram, NULL);
 *   ... fv_diagram_box_at(diagram, i)->x ... fv_diagram_edge_at(diagram, i)->points ...
 *
 * Data flows downwards. What is equally far from the inputs stands in one row; lines consist of horizontal and vertical
 * pieces and never pass a box they do not belong to. Long networks continue at the top of a next column. The method is
 * Sugiyama's (Sugiyama, Tagawa, Toda 1981): rows, few crossings, places, lines. The same model gives the same numbers.
 */
#ifndef FOVEA_DIAGRAM_H
#define FOVEA_DIAGRAM_H

#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

/* How much a box holds. */
typedef enum fv_fold {
  FV_FOLD_DEFAULT, /* chains */
  FV_FOLD_NONE,    /* one call of one layer */
  FV_FOLD_CHAINS,  /* a convolution with its padding, normalization and activation; the like for other layers */
  FV_FOLD_BLOCKS   /* a residual block, an inception module, a nested model; else as chains */
} fv_fold;

/* What a box does, for its colour. */
typedef enum fv_diagram_family {
  FV_FAMILY_OTHER,
  FV_FAMILY_INPUT,
  FV_FAMILY_CONVOLUTION,
  FV_FAMILY_DENSE,
  FV_FAMILY_POOLING,
  FV_FAMILY_NORMALIZATION,
  FV_FAMILY_ACTIVATION,
  FV_FAMILY_MERGE,   /* several inputs: Add, Concatenate */
  FV_FAMILY_DROPOUT, /* also noise and random changes of pictures */
  FV_FAMILY_SHAPE,   /* Flatten, Reshape, padding, cropping, resizing */
  FV_FAMILY_BLOCK,   /* folded */
  FV_FAMILY_COUNT
} fv_diagram_family;

typedef struct fv_diagram fv_diagram;

typedef struct fv_diagram_point {
  double x, y;
} fv_diagram_point;

typedef struct fv_diagram_box {
  const char *name; /* of the layer that matters in it, or of the block */
  const char
      *detail;       /* "Conv2D 3x3, 64, /2 + BN + relu" with a real multiplication sign, "12 layers, 3 convolutions" */
  const char *block; /* the block that holds it, as FV_FOLD_BLOCKS names it; NULL: none */
  fv_diagram_family family;
  int32_t layer;       /* index of the layer that matters; -1: of fv_diagram_add_box */
  int32_t layer_count; /* different layers inside */
  int32_t node_count;
  const int32_t *nodes; /* calls inside, by number, in running order */
  int32_t call, calls;  /* which call of `layer` it holds, from 1, and of how many */
  fv_shape output;      /* of the last call inside */
  int64_t parameters;   /* each layer's are counted in the first box that calls it */
  int64_t multiply_adds;
  double x, y, width, height; /* upper left corner and size */
} fv_diagram_box;

typedef struct fv_diagram_edge {
  int32_t from, to; /* boxes, from 0 */
  bool skip;        /* passes boxes that also lead from one to the other */
  int32_t point_count;
  const fv_diagram_point *points; /* from the lower side of `from` to the upper side of `to` */
} fv_diagram_edge;

/* Lengths are in the unit of the boxes' sizes. Zero: the default. */
typedef struct fv_diagram_options {
  int32_t columns;                     /* 0: as many as show the whole largest on a page */
  double page_width, page_height;      /* 720 by 1000: then boxes need not shrink */
  double box_gap, row_gap, column_gap; /* 16 between neighbours, 18 between rows, 36 between columns */
} fv_diagram_options;

/* The boxes and lines of a model, all boxes 150 by 48, not yet placed. `model` must live as long. Errors:
 * FV_ERROR_INVALID for an unknown fold, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_diagram_create(fv_diagram **diagram, const fv_model *model, fv_fold fold);
FV_API void fv_diagram_destroy(fv_diagram *diagram); /* NULL is fine */

FV_API void fv_diagram_set_size(fv_diagram *diagram, int32_t box, double width,
                                double height); /* whole numbers, 2 up */

/* Adds a box for what is not in the model, behind all others; it stands below the boxes `reads` (each once), whose
 * readers it is drawn as. Texts are copied. Errors: FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_diagram_add_box(fv_diagram *diagram, const char *name, const char *detail,
                                             const int32_t *reads, int32_t count);

/* Places boxes and lines, again after sizes have changed. `options` may be NULL. Errors: FV_ERROR_INVALID for options
 * below 0 or too large, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_diagram_lay_out(fv_diagram *diagram, const fv_diagram_options *options);

/* Lent until the diagram ends or is laid out again. Boxes are in running order. */
FV_API int32_t fv_diagram_box_count(const fv_diagram *diagram);
FV_API const fv_diagram_box *fv_diagram_box_at(const fv_diagram *diagram, int32_t index);
FV_API int32_t fv_diagram_edge_count(const fv_diagram *diagram);
FV_API const fv_diagram_edge *fv_diagram_edge_at(const fv_diagram *diagram, int32_t index);

/* The extent of what was laid out, from 0, and its columns. */
FV_API double fv_diagram_width(const fv_diagram *diagram);
FV_API double fv_diagram_height(const fv_diagram *diagram);
FV_API int32_t fv_diagram_columns(const fv_diagram *diagram);

FV_API const char *fv_diagram_family_name(fv_diagram_family family); /* "convolution" */

FV_END_DECLARATIONS

#endif
