/* A plan inside: the program after passes, its steps ready to call, and its memory.
 *
 *   block   [ inputs | kept values | shared activations | scratch ]   one piece of memory, taken once
 */
#ifndef FOVEA_GRAPH_PLAN_H
#define FOVEA_GRAPH_PLAN_H

#include <fovea/plan.h>

#include "graph/graph.h"
#include "graph/packed.h"
#include "graph/passes.h"

typedef struct fv__step {
  fv__op_call call;    /* of the first slice of the batch */
  int64_t advance[4];  /* numbers from slice to slice: of x[0], x[1], the residual, y */
  int64_t nanoseconds; /* of this run, where somebody asks */
  const fv__way *way;
  fv__packed *packed;
  char *passed_over;
  bool tuned;  /* the tuning's choice */
  bool wanted; /* by this run */
  bool done;   /* its output holds what the last run made of it */
} fv__step;

/* The part of a model behind some nodes, whose values the caller gives: what only they need is left out. */
typedef struct fv__section {
  const int32_t *given; /* nodes, from 1, no inputs */
  int32_t given_count;  /* 0: the whole model */
  const int32_t *kept;  /* nodes whose values are computed as they are, and may be changed */
  int32_t kept_count;
} fv__section;

struct fv_plan {
  fv__core *core;
  unsigned version;
  fv_plan_mode mode;
  fv_accuracy accuracy;
  int32_t threads;
  fv__pool *pool;
  fv__program program;
  int32_t *values;  /* program value of each node, -1: none */
  fv_shape *shapes; /* of each node */
  int32_t *outputs; /* program values of the model's outputs, dense */
  int32_t *logits;  /* what a last softmax or sigmoid is made of, else as `outputs`; kept but in plain infer mode */
  fv__step *steps;  /* one per op */
  int64_t *offsets; /* of each root value in the block, in bytes; -1: not a root */
  void *block;
  size_t block_bytes;
  bool has_run;        /* the last run went to the end */
  bool *changed;       /* per node: the last run changed its value (fv__run_changed) */
  int32_t ran_from;    /* the node it started from, 0: the inputs */
  bool *marks;         /* working memory of a run: one per value */
  fv__section section; /* `given` is lent while the plan is made */
  fv_plan_memory memory;
  fv__arena arena;
  struct fv__training_part *training; /* training.h; NULL for other modes */
};

/* When a piece of memory is needed: from step `first` to step `last`. */
typedef struct fv__life {
  int32_t value; /* its number, and its place in the offsets */
  int32_t first, last;
  int64_t bytes, offset;
} fv__life;

/* lives[v] for every value of the program; those that are no root or are never touched have bytes 0. False when sizes
 * overflow. */
bool fv__memory_lives(const fv__program *program, fv__life *lives);

/* A value that steps from `first` to `last` use: its root lives as long. Nothing happens for -1. */
void fv__life_extend(const fv__program *program, fv__life *lives, int32_t value, int32_t first, int32_t last);

/* Places all lives: `offsets` receives bytes from the block's start. Pieces whose lives do not meet share memory.
 * Sorts `lives`. Returns the bytes needed, -1 when they overflow; `buffers` counts the pieces. */
int64_t fv__memory_place(fv__life *lives, size_t count, int64_t *offsets, int32_t *buffers, bool *out_of_memory);

/* Bytes a plan may take by default: the smaller of the memory available and the control group's limit. */
int64_t fv__memory_available(void);

/* Whether all steps that write a value or a part of it have been run. */
bool fv__plan_computed(const fv_plan *plan, int32_t value);

fv__view fv__plan_view(const fv_plan *plan, int32_t value); /* where a program value lies; empty for -1 */

fv_status fv__plan_create(fv_plan **plan, fv__core *core, const fv_plan_options *options) FV_CHECK;

/* The same for a section, in infer mode. Before a run each given value is put in its place by fv__plan_give; inputs are
 * read only where a path of the section begins at them. */
fv_status fv__plan_create_section(fv_plan **plan, fv__core *core, const fv_plan_options *options,
                                  const fv__section *section) FV_CHECK;

/* Writes the value of a given node, or of an input, for one image of the batch; `numbers` are dense. */
void fv__plan_give(const fv_plan *plan, int32_t node, int64_t image, const float *numbers);

/* A dense copy of a view. */
void fv__view_read(const fv__view *view, float *numbers);

/* ---- runs that change values (run.c) */

/* A node's value that is rewritten as soon as it is computed. */
typedef struct fv__change {
  int32_t node;
  void (*change)(void *context, const fv__view *value);
  void (*back)(void *context,
               const fv__view *gradient); /* makes the gradient by what is changed of that by the result */
  void *context;
} fv__change;

/* Whether no step behind `step` writes the value or a part of it, and this one does. */
bool fv__is_last_writer(const fv__program *program, int32_t step, int32_t value);

/* Runs a plan with changes, each node once at most and no input: any node in inspect mode, kept ones of a section. In
 * inspect mode the inputs are those of the last run: what that left valid is not computed again; what it had changed is
 * made anew. Without changes all is as before any. `options` may hold a callback and `until`. */
fv_status fv__run_changed(fv_plan *plan, const fv__change *changes, int32_t count,
                          const fv_run_options *options) FV_CHECK;

#endif
