/* Plans and runs: a model made ready for one batch size.
 *
 * A plan chooses how each operation is done and computes every byte it needs before it takes any; running allocates
 * nothing and cannot fail for want of memory. One thread at a time uses a plan; many plans of one model may run at
 * once. A plan keeps what it needs of its model alive.
 *
 *   infer     nothing is kept beyond need, operations are merged: for prediction and benchmarks
 *   inspect   every node's output is kept as Keras defines it: for looking inside and for tests
 *   train     dropout and its kin are at work, batch normalisation uses the batch's statistics; what gradients need is
 *             kept. Made by those who train (train.h)
 */
#ifndef FOVEA_PLAN_H
#define FOVEA_PLAN_H

#include <fovea/accuracy.h>
#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_plan fv_plan;
typedef struct fv_tuning fv_tuning; /* tuning.h */

typedef enum fv_plan_mode { FV_PLAN_INFER, FV_PLAN_INSPECT, FV_PLAN_TRAIN } fv_plan_mode;

typedef struct fv_plan_options {
  int32_t batch; /* images at once; 0: 1 */
  fv_plan_mode mode;
  int32_t threads;              /* 0: one per processor */
  const fv_shape *input_shapes; /* one per model input, batch first, to fix unknown extents; NULL: the model's own.
                                   When given, their batch counts and `batch` is ignored */
  int64_t memory_limit;         /* bytes for activations, scratch and packed weights; 0: the smaller of the memory
                                   available and the control group's limit; -1: none */
  fv_accuracy accuracy;         /* of convolutions; 0: within the documented error */
  const fv_tuning *tuning;      /* ways that were measured; lent until the plan is made. NULL: none */
  int64_t cache;       /* bytes that the inputs and outputs of a step may take before the batch is run in slices;
                          0: 4 MiB. Results may differ by rounding */
  const char *without; /* passes to leave out, comma-separated (fv_plan_pass_name), or "all"; NULL: none */
} fv_plan_options;

/* Makes a plan. Errors: FV_ERROR_SHAPE when the input shapes do not fit the model; FV_ERROR_INVALID for options out of
 * range and for a tuning of another CPU level; FV_ERROR_MEMORY, naming what is
 * needed, what there is, and which batch would fit; FV_ERROR_UNSUPPORTED. `options` may be NULL. */
FV_API FV_CHECK fv_status fv_plan_create(fv_plan **plan, fv_model *model, const fv_plan_options *options);
FV_API void fv_plan_destroy(fv_plan *plan);

/* The buffer to fill before a run: dense, row-major, of fv_plan_input_shape. Lent until the plan ends. A run does not
 * change it, unless it starts `from` that input. After new content run once without `from`. NULL: no such input. */
FV_API float *fv_plan_input(fv_plan *plan, int32_t index);
FV_API fv_shape fv_plan_input_shape(const fv_plan *plan, int32_t index);

/* The result of the last run: dense, row-major, valid until the next run. NULL: no such output. */
FV_API const float *fv_plan_output(const fv_plan *plan, int32_t index);
FV_API fv_shape fv_plan_output_shape(const fv_plan *plan, int32_t index);

/* What a softmax or sigmoid at the end of that output was made of, in the last run: the scores before it, dense, of the
 * output's shape. The output itself where it ends in neither. Lent until the next run. Inspect mode only, else NULL. */
FV_API const float *fv_plan_logits(const fv_plan *plan, int32_t index);

/* Shape of a value, and a dense copy of it from the last run. In inspect mode every value can be read; in infer mode
 * only outputs. Errors: FV_ERROR_STATE when the value is not kept or has not been computed. */
FV_API fv_shape fv_plan_shape(const fv_plan *plan, fv_value value);
FV_API FV_CHECK fv_status fv_plan_read(const fv_plan *plan, fv_value value, float *numbers);

/* One step of a plan. Text is lent until the plan ends. */
typedef struct fv_step_info {
  const char *operation;   /* "conv" */
  const char *way;         /* "implicit gemm" */
  const char *passed_over; /* other ways and why not, "winograd: stride is not 1; ..." or "" */
  int32_t node_count;
  const int32_t *nodes; /* the nodes it stands for, from 1 */
  bool tuned;           /* the tuning's choice */
  bool by_rows;         /* together with its neighbours that do, which take its rows as they are made */
  bool pooled;          /* gives the maxima of 2x2 windows of its result, which is never stored itself */
  int64_t multiply_adds;
  int64_t bytes;           /* of its output */
  double expected_seconds; /* what the choice of the way reckons with, on one thread; 0: not known */
} fv_step_info;

FV_API int32_t fv_plan_step_count(const fv_plan *plan);
FV_API fv_step_info fv_plan_step(const fv_plan *plan, int32_t step);

/* Where the memory goes, in bytes. */
typedef struct fv_plan_memory {
  int64_t weights;     /* the model's, shared by all plans */
  int64_t packed;      /* weights rearranged for the kernels, shared by plans that need the same */
  int64_t activations; /* in training with their gradients and what is kept for them */
  int64_t gradients;   /* of the weights; 0 but in training */
  int64_t scratch;
  int32_t buffers; /* how many values have memory of their own */
} fv_plan_memory;

FV_API fv_plan_memory fv_plan_memory_use(const fv_plan *plan);

/* What a callback learns after each step. */
typedef struct fv_step_event {
  int32_t step;
  int64_t nanoseconds;
} fv_step_event;

typedef struct fv_run_options {
  fv_value from;          /* start behind this value, whose content the caller gives in `from_data`. All else is as the
                             inputs make it, whatever runs were before; what the last run left valid is not computed
                             again. From an input: as if its buffer were filled. Empty: from the inputs. Inspect mode
                             only */
  const float *from_data; /* dense, of fv_plan_shape(from) */
  fv_value until;         /* stop when this value is computed. Empty: run all */
  bool (*callback)(void *context, const fv_step_event *event); /* false stops the run; NULL: none */
  void *context;
} fv_run_options;

/* Runs the plan on what its input buffers hold. `options` may be NULL. Errors: FV_ERROR_STOPPED when the callback said
 * so; FV_ERROR_STATE when the model's weights changed after the plan was made; FV_ERROR_INVALID for a value that is not
 * in the plan; FV_ERROR_STATE for `from` without inspect mode. */
FV_API FV_CHECK fv_status fv_run(fv_plan *plan, const fv_run_options *options);

/* Names of the passes, index from 0, NULL after the last. */
FV_API const char *fv_plan_pass_name(int32_t index);

FV_END_DECLARATIONS

#endif
