/* A program: the ops of a graph for given shapes, before memory is planned.
 *
 * Values are numbered from 0. A value has extents and either memory of its own or a place inside another value (a slice
 * of channels, rows or columns, or the same memory in another shape). Layers append ops in an order in which they can
 * run; passes merge and drop them; the plan gives the remaining values memory.
 *
 *   concat   y = new value; for each input: copy x[i] into slice(y, channels of i)   -> a pass lets x[i] live there
 *   pad      y = new value; zero_border(y); copy x into slice(y, interior)           -> a pass pads the convolution
 *   reshape  y = same memory as x, another shape; x must stay dense
 */
#ifndef FOVEA_OPS_PROGRAM_H
#define FOVEA_OPS_PROGRAM_H

#include <fovea/shape.h>

#include "base/arena.h"
#include "ops/op.h"

typedef struct fv__program_value {
  fv_shape shape;     /* as the layer sees it; known extents only */
  int64_t n, h, w, c; /* the same as NHWC extents: (N, C) is h = w = 1; (N, L, C) is h = 1 */
  int32_t parent;     /* value it lies inside, or -1 for memory of its own */
  int64_t offset_row, offset_column, offset_channel; /* where a slice starts in its parent */
  bool reshaped;      /* same memory as the parent, which must be dense, in other extents */
  bool must_be_dense; /* something reads it as one dense array */
  bool keep;          /* an output or, in inspect mode, a node's value: never shared, never dropped */
  bool is_input;
  int64_t held; /* images there is room for at a time; 0: all */
  bool by_rows; /* no memory of its own: only some of its rows are there at a time, in scratch */
} fv__program_value;

typedef struct fv__program_op {
  fv__op op;
  int32_t *nodes; /* the graph nodes it stands for */
  int32_t node_count;
  int64_t images; /* at a time; 0: all */
  bool trained;   /* gradients go through it */
  bool goes_on;   /* the next op runs on these images before this one takes the next */
  bool by_rows;   /* the next op takes its rows as they are made (ops/by_rows.h) */
} fv__program_op;

typedef struct fv__program {
  fv__program_value *values;
  int32_t value_count, value_room;
  fv__program_op *ops;
  int32_t op_count, op_room;
  int32_t current_node;           /* put into every op appended */
  int64_t cache;                  /* bytes: see fv_plan_options; 0: the usual */
  const struct fv_tuning *tuning; /* of the plan; NULL: none */
  bool may_restart;               /* a run may start in the middle, with kept values of the run before */
  bool out_of_memory;             /* sticks; checked once by whoever built the program */
  fv__arena arena;                /* node lists */
} fv__program;

void fv__program_clear(fv__program *program);

/* A new value with memory of its own. `shape` has rank 1 to 4 and known extents. Returns its number (0 after running
 * out of memory, when out_of_memory is set). */
int32_t fv__program_add_value(fv__program *program, const fv_shape *shape);

/* The same memory as `value` in another shape of as many elements; copies first when `value` is a slice. */
int32_t fv__program_reshape(fv__program *program, int32_t value, const fv_shape *shape);

/* A part of `value`: extents of `shape`, starting at row, column, channel. */
int32_t fv__program_slice(fv__program *program, int32_t value, const fv_shape *shape, int64_t row, int64_t column,
                          int64_t channel);

/* An op with everything absent: no residual, kernel, bias, normalisation; no clamp. */
fv__op fv__op_make(const fv__op_type *type, int32_t input, int32_t output);

void fv__program_append(fv__program *program, const fv__op *op);

/* Where a value lies when its root starts at `base`. */
fv__view fv__program_view(const fv__program *program, int32_t value, float *base);
int32_t fv__program_root(const fv__program *program, int32_t value);

#endif
