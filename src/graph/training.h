/* What a plan for training has beside its steps forward (train.h). */
#ifndef FOVEA_GRAPH_TRAINING_H
#define FOVEA_GRAPH_TRAINING_H

#include "graph/train.h"

enum { FV__BACK_ROOTS = FV__OP_INPUTS + 1 };

/* The way back through one op. */
typedef struct fv__back_step {
  bool runs, wants[FV__OP_INPUTS], wants_residual;
  int32_t gives; /* the op whose inputs' gradients it makes: its own, or one before it, which then does not run */
  const fv__gradient_way *input_way, *weight_way; /* NULL: not wanted */
  fv__backward_call input_call, weight_call;      /* everything resolved */
  fv__view dresidual;
  int32_t zero[FV__BACK_ROOTS]; /* roots whose gradients begin here, -1: none */
  bool overwrites_weights;      /* nobody else adds to them */
  bool at_once;                 /* input_way gives what weight_way would */
} fv__back_step;

typedef struct fv__training_part {
  fv__training_options options;
  bool *differentiated; /* per value; of roots once passes have run */
  int32_t *seeds;       /* program value per output */
  fv__joined *joined;
  fv__back_step *steps; /* one per op */
  fv__gradient_place *places;
  int32_t place_count, *place_of; /* of each weight, -1: none */
  int64_t length;                 /* of the long array */
  float *gradients;
  int64_t *gradient_offsets, *saved_offsets; /* in the block, per value and per op */
  int32_t *first_use;                        /* the step back that first adds to a root's gradient */
  void *packing;                             /* for one op's weights at a time */
  fv__draw draw;
} fv__training_part;

/* Poolings that go back together with the activation before them. */
void fv__training_go_through(fv_plan *plan);

/* Whether the clamp in an op's epilogue holds gradients back. */
bool fv__back_step_masks(const fv__op *op);

#endif
