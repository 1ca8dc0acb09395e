/* Plans for training: what is kept from forward to backward, where gradients lie, and the way back.
 *
 *   time   0 ... N-1        the steps forward
 *          N                the loss reads the outputs and writes the seeds: gradients of the outputs
 *          N+1 ... 2N       the steps backward: step i at 2N - i
 *
 * A value is differentiated when a trainable weight lies before it; only for those are there gradients, and only what
 * the gradient ways say they read is kept. The gradient of a value lies as the value does: a slice of a concatenation
 * has a slice of its gradient. Gradients of weights are one long array, the model's last layer first.
 *
 * Where an output is softmax or sigmoid of a value, the seed may be the gradient of that value (fv__seed.joined): the
 * loss is then computed from logits, which neither overflows nor loses numbers.
 */
#ifndef FOVEA_GRAPH_TRAIN_H
#define FOVEA_GRAPH_TRAIN_H

#include "graph/plan.h"
#include "ops/backward.h"

/* A trainable weight in the long arrays. */
typedef struct fv__gradient_place {
  int32_t weight; /* its number in the core */
  int64_t offset, count;
  bool overwritten; /* by the one step that makes it, instead of added to */
} fv__gradient_place;

typedef enum fv__joined { FV__JOINED_NONE, FV__JOINED_SOFTMAX, FV__JOINED_SIGMOID, FV__JOINED_ANY } fv__joined;

typedef struct fv__training_options {
  const fv__joined *join; /* per output, which activation may be joined with the loss; lent until the plan is made.
                             FV__JOINED_ANY: whichever is there. NULL: none */
  bool input_gradients;   /* of the model's inputs too */
  bool unbiased_variance; /* batch normalization of images: the moving variance follows the unbiased one */
  double moving_momentum; /* of batch normalization, instead of the layers' own; 0: theirs */
  float *gradients;       /* those of another plan of the model, to be shared; NULL: of its own */

  bool at_inference;     /* random layers rest, normalisation by moving statistics, no gradients of weights */
  const int32_t *wanted; /* nodes whose values' gradients are kept to the end; lent likewise */
  int32_t wanted_count;
  const fv__section *section; /* NULL: the whole model */
} fv__training_options;

/* What the loss reads and writes for one output: dense arrays of the output's shape. */
typedef struct fv__seed {
  fv__joined joined;
  const float *values; /* the output, or the logits it is made of */
  float *gradient;     /* of the loss by `values`, to be written before backward; NULL: nothing is trained there */
} fv__seed;

/* Errors as fv_plan_create; FV_ERROR_UNSUPPORTED for an operation that gradients do not go through. */
fv_status fv__plan_create_training(fv_plan **plan, fv__core *core, const fv_plan_options *options,
                                   const fv__training_options *training) FV_CHECK;

const fv__gradient_place *fv__plan_gradient_places(const fv_plan *plan, int32_t *count);
float *fv__plan_gradients(fv_plan *plan, int64_t *length); /* the long array; 64-byte aligned places */
fv__seed fv__plan_seed(fv_plan *plan, int32_t output);

/* The gradient of a model input after backward: dense; NULL without input_gradients. */
const float *fv__plan_input_gradient(fv_plan *plan, int32_t input);

/* The gradient of a wanted node's value after backward; its data is NULL when no output depends on it. */
fv__view fv__plan_gradient(const fv_plan *plan, int32_t node);

/* One step's forward: packs the trainable weights anew and runs. Moving statistics of the model change. */
void fv__plan_forward(fv_plan *plan, fv__draw draw);

/* From the seeds to the gradients of all trainable weights; `adds` to those of the backward run before, as where a
 * batch is cut into slices. Belongs to the forward run before it. */
void fv__plan_backward(fv_plan *plan, bool adds);

/* The same through values that forward changed (fv__run_changed), asking before every step whether to go on; false when
 * it was not to. */
bool fv__plan_backward_while(fv_plan *plan, const fv__change *changes, int32_t count, bool (*goes_on)(void *context),
                             void *context);

/* The value that the softmax or sigmoid which makes `value` is made of, -1 where there is none; `joined` says which. */
int32_t fv__training_joinable(const fv__program *program, int32_t value, fv__joined *joined);

/* Parts of making a plan (plan.c). */
void fv__training_mark(fv_plan *plan);                /* before passes: which ops are differentiated */
fv_status fv__training_seeds(fv_plan *plan) FV_CHECK; /* before passes: what the loss reads */
fv_status fv__training_ways(fv_plan *plan, size_t *scratch, size_t *packing) FV_CHECK;
int64_t fv__training_place(fv_plan *plan, bool *out_of_memory); /* bytes of values, gradients and saved */
int64_t fv__training_gradient_bytes(const fv_plan *plan);       /* of the long array */
void fv__training_fill(fv_plan *plan, void *scratch, void *packing, float *gradients);
fv__view fv__gradient_view(const fv_plan *plan, int32_t value);   /* data is NULL when there is none */
bool fv__training_repacks(const fv_plan *plan, const fv__op *op); /* its packed weights change with each step */

#endif
