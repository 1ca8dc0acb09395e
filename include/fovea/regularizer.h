/* Regularisers: what large weights, or large outputs of a layer, cost.
 *
 *   penalty   l1 * sum |x| + l2 * sum x^2      (no 1/2, no mean; Keras's arithmetic)
 *   slope     l1 * sign(x) + 2 * l2 * x        added to the gradient; at 0 the sign is 0
 *
 * The same two numbers serve kernels, biases and activities. Other than an optimizer's weight_decay the penalty is part
 * of the loss, and optimizers with momentum carry it on.
 */
#ifndef FOVEA_REGULARIZER_H
#define FOVEA_REGULARIZER_H

#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

/* All zero: nothing costs anything. */
typedef struct fv_regularizer {
  double l1, l2;
} fv_regularizer;

/* Reads "l2", "l2:0.001", "l1:1e-5", "l1_l2:1e-5,0.001" (numbers left out are Keras's 0.01), or what a Keras
 * configuration has: null, a word, or {"class_name": "L2", "config": {"l2": 0.001}} of Keras 1 to 3. Errors:
 * FV_ERROR_NOT_FOUND for another class, FV_ERROR_INVALID for a number that is negative or none. */
FV_API FV_CHECK fv_status fv_regularizer_read(fv_regularizer *regularizer, const char *text);

/* Writes what fv_regularizer_read reads, "none" for nothing; always ends the text with NUL. Returns `text`. */
FV_API char *fv_regularizer_text(char *text, size_t size, const fv_regularizer *regularizer);

/* What `count` numbers cost; summed in double precision, in order. */
FV_API double fv_regularizer_penalty(const fv_regularizer *regularizer, const float *numbers, int64_t count);

/* Adds the penalty's derivative by each number to `gradient`. */
FV_API void fv_regularizer_add_slope(const fv_regularizer *regularizer, const float *numbers, int64_t count,
                                     float *gradient);

/* What the layers of a network cost, as in the arguments of Keras's layers. */
typedef struct fv_regularizers {
  fv_regularizer kernel, bias;
  fv_regularizer activity; /* of a layer's output */
} fv_regularizers;

/* That of a weight, lent: `kernel` of all that is one (also depthwise and pointwise), `bias` of biases; NULL of others,
 * of weights that are not trained, whose penalty would change nothing, and where there is none. */
FV_API const fv_regularizer *fv_regularizers_of(const fv_regularizers *regularizers, const fv_weight_info *weight);

/* What a weight of a model costs whenever it is trained, as its file says (kernel_regularizer, gamma_regularizer ... of
 * Keras) or as was set; l1 and l2 are 0 where nothing does. Files that are written say it again. Models made of a part
 * of another keep it. A weight that is frozen costs nothing. Errors: FV_ERROR_INVALID for a weight that there is not,
 * FV_ERROR_MEMORY. */
FV_API fv_regularizer fv_model_regularizer(const fv_model *model, int32_t weight);
FV_API FV_CHECK fv_status fv_model_set_regularizer(fv_model *model, int32_t weight, const fv_regularizer *regularizer);

/* What the model's file asks for beside it and training leaves out, as one text, "dense: activity_regularizer L2";
 * NULL: nothing. Lent until the model ends. */
FV_API const char *fv_model_ignored_regularizers(const fv_model *model);

FV_END_DECLARATIONS

#endif
