/* Receptive fields: which part of a picture one number inside a network can see.
 *
 * A window of k pixels, d apart, with stride s makes of a field of r pixels, whose neighbours are j pixels away,
 *
 *   r + (k - 1) d j,   neighbours j s away
 *
 * along each axis. Where branches meet, the field is the largest of theirs. Padding does not count: at the border of
 * the picture, fields reach beyond it. The sizes are those of "receptive field arithmetic" (Araujo, Norris, Sim,
 * Computing Receptive Fields of Convolutional Neural Networks, Distill 2019).
 */
#ifndef FOVEA_RECEPTIVE_FIELD_H
#define FOVEA_RECEPTIVE_FIELD_H

#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_receptive_field {
  bool known;           /* false: the input has neither rows nor columns, or an image of unknown size is resized */
  bool whole;           /* all of the input; what follows is 0 then */
  double height, width; /* whole numbers of rows and columns of the input; of lines (N, steps, C) both are steps */
  double step_height, step_width; /* rows and columns between neighbours, less than 1 where images were enlarged; 0
                                     where numbers do not stand in their places: behind a Flatten */
} fv_receptive_field;

/* The fields of output 0 of every node: of node n at fields[n - 1]; there is room for fv_model_node_count. In a model
 * with more inputs than one, a field is counted in pixels of the input that it is the largest in. `fields` of nodes
 * that no output needs are not known. */
FV_API void fv_model_receptive_fields(fv_receptive_field *fields, const fv_model *model);

/* What one place of a value sees of an input, in rows and columns of that input; a line is one row. */
typedef struct fv_receptive_box {
  int64_t top, left, height, width; /* as the windows have it: may reach beyond the border, where padding lies. Height
                                       0: it sees nothing of this input */
  int64_t seen_top, seen_left, seen_height, seen_width; /* what is there of it, and really read: padding at layers
                                                           between hides a part, too. 0: nothing but padding */
  int64_t input_height, input_width;
  double share; /* of the input's rows and columns that is seen, 0 to 1 */
} fv_receptive_box;

/* The boxes of the place (row, column) of a value, whatever its channel: one for each input of the model. A vector has
 * the place (0, 0), a line row 0. `input_shapes` as in fv_plan_options, NULL: the model's own. Errors: FV_ERROR_INVALID
 * for a place that is not there, FV_ERROR_SHAPE for unknown extents, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_model_receptive_box(fv_receptive_box *boxes, const fv_model *model,
                                                 const fv_shape *input_shapes, fv_value value, int64_t row,
                                                 int64_t column);

FV_END_DECLARATIONS

#endif
