/* What a model file says about its training: how the model was compiled, and the state of its optimizer, so that
 * training goes on where it stopped and a converted file loses nothing.
 *
 * It is read when fv_model_load is asked to (fv_model_load_options.with_training) and else left in the file: an
 * optimizer's arrays may take twice the memory of the weights, and prediction needs none of them.
 */
#ifndef FOVEA_TRAINING_H
#define FOVEA_TRAINING_H

#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

/* One variable of an optimizer: numbers, or whole numbers where it counts (the iteration). */
typedef struct fv_training_array {
  const char *name;        /* as the file calls it, "SGD/m/conv2d/kernel"; a number, "2", in .keras */
  fv_shape shape;          /* rank 0: one number */
  const float *numbers;    /* row-major; NULL when they are whole */
  const int64_t *integers; /* NULL when they are not */
} fv_training_array;

/* Texts are JSON in Keras's words unless said otherwise; NULL: the file does not say.
 *
 * Arrays are in the order in which Keras made them, which is how both kinds of its files pair them: first `iteration`
 * (int64), in files of Keras 3 then `learning_rate`; then, for each trainable weight in the model's order, its slots:
 * SGD momentum; Adam momentum, velocity. The optimizers of Keras before 2.11 have slot by slot instead: all of m, then
 * all of v. Images' axes are the file's: a channels_first model's kernels are the same, a Keras 1 one's are not
 * turned. */
typedef struct fv_training {
  int32_t keras;                /* major version of the Keras that wrote it: 1, 2 or 3 */
  const char *optimizer;        /* its class, no JSON: "Adam"; also its word, "adam", with defaults alone */
  const char *optimizer_config; /* {"learning_rate": 0.002, "beta_1": 0.9, ...} */
  const char *compile;          /* the rest of what compile() was given: {"loss": ..., "metrics": ...} */
  int32_t array_count;
  const fv_training_array *arrays; /* none: the optimizer has made no step, or its state was not saved */
} fv_training;

/* Lent until the model ends or its training is set; NULL when there is none. */
FV_API const fv_training *fv_model_training(const fv_model *model);

/* Copies `training`, in place of what there was; NULL forgets it. Errors: FV_ERROR_INVALID for an array without a name
 * or with both kinds of numbers or none; FV_ERROR_SHAPE; FV_ERROR_MEMORY. On failure the old stays. */
FV_API FV_CHECK fv_status fv_model_set_training(fv_model *model, const fv_training *training);

FV_END_DECLARATIONS

#endif
