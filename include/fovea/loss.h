/* Losses: how wrong predictions are, and in which direction to change them.
 *
 *   fv_loss *loss;
 *   fv_loss_create(&loss, "categorical_crossentropy", &(fv_loss_options){.label_smoothing = 0.1});
 *   fv_loss_compute(loss, &(fv_loss_batch){64, 1, 10, targets, predictions}, &value, NULL, gradient);
 *
 * Names, options and numbers are those of Keras 3. Sums are made in double precision, in the order of the batch.
 */
#ifndef FOVEA_LOSS_H
#define FOVEA_LOSS_H

#include <fovea/option.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_loss fv_loss;

/* How the values of a batch become one number. */
typedef enum fv_reduction {
  FV_REDUCTION_SUM_OVER_BATCH_SIZE = 1, /* the default: weighted values, divided by how many count */
  FV_REDUCTION_SUM,
  FV_REDUCTION_MEAN_WITH_SAMPLE_WEIGHT, /* divided by the sum of the weights */
  FV_REDUCTION_NONE                     /* values are what counts; the one number is their sum */
} fv_reduction;

/* How far a box is off: offsets one by one, or 1 - overlap (boxes.h). */
typedef enum fv_box_loss {
  FV_BOX_LOSS_SMOOTH_L1 = 1, /* e^2 / 2 up to 1, |e| - 1/2 beyond */
  FV_BOX_LOSS_IOU,
  FV_BOX_LOSS_GIOU,
  FV_BOX_LOSS_DIOU,
  FV_BOX_LOSS_CIOU
} fv_box_loss;

/* What losses may be told; each reads those that its table has (fv_loss_table). */
typedef struct fv_loss_options {
  int32_t reduction;         /* fv_reduction */
  bool from_logits;          /* predictions are logits instead of probabilities */
  double label_smoothing;    /* part of the targets spread over all classes, 0 to 1 */
  double alpha, beta, gamma; /* of focal losses and Tversky */
  double delta;              /* Huber: where squares become lines */
  bool apply_class_balancing;
  double ignore_class;   /* sparse: targets that do not count, such as 255; infinite (the default): all do. Class 0 is
                            FV_ZERO */
  double box_weight;     /* of detectors: how much boxes count beside classes */
  int32_t box_loss;      /* of detectors: fv_box_loss */
  double hard_negatives; /* MultiBox: so many anchors without an object count for each that has one */
  double rubbish;        /* MaximumAPosteriori: distance of what is no class */
  const char *class_weights; /* Pixel: how much a class counts, numbers with commas between; lent; NULL: all alike */
  double crossentropy, dice; /* Pixel: how much each of its two parts counts */
  bool per_sample; /* Dice, Tversky: one value a sample (Keras's axis=(1, 2, 3)) instead of one for the batch */
} fv_loss_options;

/* `samples` x `positions` rows of `channels` numbers; positions is 1 for a classifier and height * width for maps.
 * Targets are as many numbers as predictions, or one class number a row for sparse losses. */
typedef struct fv_loss_batch {
  int64_t samples, positions, channels;
  const float *targets, *predictions;
  const float *sample_weights; /* one a sample; NULL: 1 */
} fv_loss_batch;

/* `name` is a class of Keras or its function: "CategoricalCrossentropy", "categorical_crossentropy", "mse". `options`
 * may be NULL. The caller destroys *loss. Errors: FV_ERROR_NOT_FOUND, FV_ERROR_INVALID for an option out of range. */
FV_API FV_CHECK fv_status fv_loss_create(fv_loss **loss, const char *name, const fv_loss_options *options);
FV_API void fv_loss_destroy(fv_loss *loss);

/* Whether targets are class numbers, one a row. */
FV_API bool fv_loss_is_sparse(const fv_loss *loss);

/* How many values the batch has before reduction: one a row, a sample or a batch. */
FV_API int64_t fv_loss_value_count(const fv_loss *loss, const fv_loss_batch *batch);

/* The loss of a batch. `values` (may be NULL) receives the values before reduction, without weights; `gradient` (may be
 * NULL) the derivative of *value by each prediction. Errors: FV_ERROR_INVALID for an empty batch, and for a class
 * number that is neither below `channels` nor ignored. */
FV_API FV_CHECK fv_status fv_loss_compute(const fv_loss *loss, const fv_loss_batch *batch, double *value, float *values,
                                          float *gradient);

/* Class names of the losses there are, index from 0; NULL after the last. */
FV_API const char *fv_loss_name(int32_t index);
/* One lower-case sentence, and the options that a loss reads; NULL for an unknown name. Lent for ever. */
FV_API const char *fv_loss_help(const char *name);
FV_API const fv_option *fv_loss_table(const char *name);

FV_END_DECLARATIONS

#endif
