/* A model lowered to ops for one picture, to look up what makes a number: which op, and which numbers that reads. */
#ifndef FOVEA_EXPLAIN_LOWERED_H
#define FOVEA_EXPLAIN_LOWERED_H

#include "model/model.h"
#include "ops/program.h"

typedef struct fv__lowered {
  const fv__core *core;
  fv__program program;
  fv_shape *shapes; /* of each node */
  int64_t batch;    /* 1 but for a model that fixes another */
  int32_t *values;  /* program value of each node */
  int32_t *nodes;   /* of each program value: the node whose value it is, 0: none */
} fv__lowered;

/* One number of a program value. */
typedef struct fv__place {
  int32_t value;
  int64_t row, column, channel;
} fv__place;

/* `shapes` are those of all nodes, rank 0 for those that no output needs; or NULL, then `inputs` has one for each input
 * of the model (NULL: its own). Ends with fv__lowered_end, also after a failure. Errors: FV_ERROR_SHAPE for unknown
 * extents, FV_ERROR_MEMORY. */
fv_status fv__lowered_make(fv__lowered *lowered, const fv_model *model, const fv_shape *shapes,
                           const fv_shape *inputs) FV_CHECK;
void fv__lowered_end(fv__lowered *lowered);

/* Whether the value has such a number. */
bool fv__place_is_there(const fv__lowered *lowered, const fv__place *place);

/* The same number in the value of a node, or in memory that ops write: up through slices and other shapes. */
fv__place fv__place_settle(const fv__lowered *lowered, fv__place place);

/* The last op that writes the number, *at being where in its output; NULL for an input, and for zeros around an image.
 */
const fv__op *fv__place_maker(const fv__lowered *lowered, fv__place place, fv__place *at);

#endif
