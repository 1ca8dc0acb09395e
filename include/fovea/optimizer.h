/* Optimizers: how weights follow their gradients.
 *
 *   fv_optimizer *optimizer;
 *   fv_optimizer_create(&optimizer, "sgd", &(fv_optimizer_options){.learning_rate = 0.05, .momentum = 0.9});
 *
 * Names, options and arithmetic (float32) are those of Keras 3.
 */
#ifndef FOVEA_OPTIMIZER_H
#define FOVEA_OPTIMIZER_H

#include <fovea/schedule.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_optimizer fv_optimizer;

/* What optimizers may be told; each reads those that its table has (fv_optimizer_table). */
typedef struct fv_optimizer_options {
  double learning_rate;
  const fv_schedule *schedule; /* in place of learning_rate; lent, must outlive the optimizer. NULL: none */
  double momentum, rho, epsilon, beta_1, beta_2;
  bool nesterov, centered, amsgrad;
  double initial_accumulator_value; /* Adagrad, Ftrl */
  double learning_rate_power, beta; /* Ftrl, as the next three */
  double l1_regularization_strength, l2_regularization_strength;
  double l2_shrinkage_regularization_strength;
  double weight_decay;    /* weights shrink by this part of the learning rate before each update */
  double clipnorm;        /* longest gradient of one variable; 0: no limit, as below */
  double global_clipnorm; /* longest gradient of all variables together */
  double clipvalue;       /* largest number of a gradient */
  bool use_ema;           /* keep a moving average of the weights */
  double ema_momentum;
  int32_t ema_overwrite_frequency;     /* steps after which weights become their average; 0: never */
  int32_t gradient_accumulation_steps; /* update once with the mean of so many gradients; 0: each */
} fv_optimizer_options;

/* `name` is Keras's class or its snake case, "AdamW" or "adam_w", capital letters making no difference. `options` may
 * be NULL. The caller destroys *optimizer. Errors: FV_ERROR_NOT_FOUND; FV_ERROR_INVALID for an option out of range, and
 * for more than one kind of clipping. */
FV_API FV_CHECK fv_status fv_optimizer_create(fv_optimizer **optimizer, const char *name,
                                              const fv_optimizer_options *options);
FV_API void fv_optimizer_destroy(fv_optimizer *optimizer);

/* Class names of the optimizers there are, index from 0; NULL after the last. */
FV_API const char *fv_optimizer_name(int32_t index);
/* One lower-case sentence, and the options that an optimizer reads; NULL for an unknown name. Lent for ever. */
FV_API const char *fv_optimizer_help(const char *name);
FV_API const fv_option *fv_optimizer_table(const char *name);

FV_END_DECLARATIONS

#endif
