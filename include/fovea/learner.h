/* Learners: a model with a loss and an optimizer, and one step of training.
 *
 *   fv_learner *learner;
 *   TRY(fv_learner_create(&learner, model, &(fv_learner_options){.loss = "categorical_crossentropy",
 *                                                                .optimizer = "sgd", .batch_size = 64}));
 *   for each batch: TRY(fv_train_on_batch(learner, &batch, &result));
 *
 * A step runs the model in training mode (dropout at work, batch normalisation by the batch's statistics but where it
 * is frozen), takes gradients by all trainable weights and lets the optimizer move them; as Keras 3 does, in its
 * numbers. Softmax or sigmoid at an output and a crossentropy are taken together, which loses no digits.
 *
 * All memory is taken when the learner is made: steps allocate nothing, but for the first batch of another size than
 * batch_size. Where a batch does not fit the memory limit it is cut into slices whose gradients are added up; batch
 * normalisation then uses the statistics of slices. Results depend on weights, batches, seed and slices alone, bit by
 * bit: not on the number of threads.
 */
#ifndef FOVEA_LEARNER_H
#define FOVEA_LEARNER_H

#include <fovea/loss.h>
#include <fovea/optimizer.h>
#include <fovea/plan.h>
#include <fovea/regularizer.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_learner fv_learner;

typedef struct fv_learner_options {
  const char *loss;                    /* of all outputs, by name (loss.h). NULL: categorical_crossentropy */
  const fv_loss_options *loss_options; /* NULL: none */
  const char *const *losses;           /* one name an output, instead of `loss`; NULL: none */
  const double *loss_weights;          /* one an output; NULL: 1 each */
  const char *optimizer;               /* NULL: Keras's default, RMSprop */
  const fv_optimizer_options *optimizer_options;
  fv_regularizer kernel_regularizer; /* of all trainable kernels; all zero: none */
  int32_t batch_size;                /* 0: 32 */
  int32_t threads;                   /* 0: one per processor */
  int64_t memory_limit;              /* bytes; 0: the smaller of the memory available and the control group's limit,
                                        -1: none */
  fv_accuracy accuracy;
  uint64_t seed;          /* of dropout and noise */
  bool unbiased_variance; /* batch normalization of images: moving variances follow n / (n - 1) times the batch's, as in
                             Keras 2; Keras 3 takes it as it is */
  double moving_momentum; /* what moving statistics keep of themselves in a step, below 1; 0: as each layer says. Those
                             of ImageNet's networks keep 0.99, and lag behind a network that learns a small set:
                             max(1 - 10 / steps of an epoch, 0.9) suits them (S. Kornblith, J. Shlens, Q. V. Le, "Do
                             better ImageNet models transfer better?", 2019) */
  bool keep_no_numbers;   /* weights move also when loss or gradients are no numbers, as in Keras */
} fv_learner_options;

/* The model is changed by each step, and must outlive the learner. Which layers are frozen is settled here. Names and
 * options are copied but for a schedule, which is lent. Errors: FV_ERROR_INVALID when nothing is trainable;
 * FV_ERROR_UNSUPPORTED for a layer that gradients do not go through; those of fv_loss_create, fv_optimizer_create and
 * fv_plan_create. */
FV_API FV_CHECK fv_status fv_learner_create(fv_learner **learner, fv_model *model, const fv_learner_options *options);
FV_API void fv_learner_destroy(fv_learner *learner);

/* Arrays are row-major: inputs count x shape, targets as many numbers as the output, or one a row for sparse losses. */
typedef struct fv_learner_batch {
  int32_t count;               /* samples, at least 1 and at most batch_size */
  const float *const *inputs;  /* one an input of the model */
  const float *const *targets; /* one an output */
  const float *sample_weights; /* count; NULL: 1 each */
} fv_learner_batch;

typedef struct fv_learner_result {
  double loss;          /* of the batch before the step, with penalties */
  double data_loss;     /* without them */
  double gradient_norm; /* Euclidean, before clipping; NaN unless fv_learner_measure_gradients */
  bool is_finite;       /* the loss, all gradients, and the moving statistics of layers */
} fv_learner_result;

/* One step. `result` may be NULL. Numbers that are not finite are no error, but leave weights as they are unless
 * keep_no_numbers: see `result`. Errors: FV_ERROR_INVALID for a count out of range, those of fv_loss_compute. After an
 * error weights are as before. */
FV_API FV_CHECK fv_status fv_train_on_batch(fv_learner *learner, const fv_learner_batch *batch,
                                            fv_learner_result *result);

/* What the model answered in the last step, in training mode, before weights moved: count x shape of the output. Lent
 * until the next step. */
FV_API const float *fv_learner_predictions(const fv_learner *learner, int32_t output);

/* Whether each step measures the length of its gradient. */
FV_API void fv_learner_measure_gradients(fv_learner *learner, bool measures);

/* The rate of the next step, and another from now on. Errors: FV_ERROR_STATE when the optimizer has a schedule;
 * FV_ERROR_INVALID for a negative number or none. */
FV_API double fv_learner_rate(const fv_learner *learner);
FV_API FV_CHECK fv_status fv_learner_set_rate(fv_learner *learner, double rate);

FV_API int64_t fv_learner_steps(const fv_learner *learner); /* done so far */

/* Weights become their moving averages (optimizers with use_ema); nothing happens without. */
FV_API void fv_learner_use_averages(fv_learner *learner);

/* Bytes, taken already. */
typedef struct fv_learner_memory {
  fv_plan_memory plan;
  int64_t optimizer; /* its slots, averages, accumulated gradients */
  int32_t slice;     /* images at a time: batch_size, or fewer by the memory limit */
} fv_learner_memory;

FV_API fv_learner_memory fv_learner_memory_use(const fv_learner *learner);

FV_END_DECLARATIONS

#endif
