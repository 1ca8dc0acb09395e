/* Standardisation: what Keras's ImageDataGenerator makes of a picture's numbers after augmentation, in this order:
 *
 *   x = rescale x;  x = x - mean(x);  x = x / (deviation(x) + 1e-6)        samplewise, one number over all channels
 *   x = x - mean[c];  x = x / (deviation[c] + 1e-6)                        featurewise, per channel, of a whole set
 *   x = W x, W = U diag(sqrt(n) / (s + epsilon)) U^T                        ZCA whitening
 *
 * with U s V^T the centred pictures of the set as columns. Deviations are those of the whole population. What is asked
 * for switches on what it needs, as in Keras: a deviation or ZCA its mean. It is no augmentation: pictures for
 * validation and prediction need the same.
 *
 * Source: Keras, keras.preprocessing.image.ImageDataGenerator, its documentation and behaviour.
 */
#ifndef FOVEA_STANDARDISE_H
#define FOVEA_STANDARDISE_H

#include <fovea/tensor.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_standardise_options {
  double rescale; /* 0: 1 */
  bool samplewise_center, samplewise_std_normalization;
  bool featurewise_center, featurewise_std_normalization, zca_whitening; /* need a set: fv_standardisation_fit */
  double zca_epsilon;                                                    /* 0: 1e-6 */
} fv_standardise_options;

/* Options with what was learnt of a set. */
typedef struct fv_standardisation fv_standardisation;

/* What Keras's fit does: learns from pictures (samples, height, width, channels). Pictures may be NULL when no option
 * needs a set. End it with fv_standardisation_destroy. Errors: FV_ERROR_INVALID when pictures are needed, for numbers
 * out of range; FV_ERROR_SHAPE; FV_ERROR_UNSUPPORTED for ZCA of more than 4096 numbers a picture; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_standardisation_fit(fv_standardisation **fitted, const fv_tensor *pictures,
                                                 const fv_standardise_options *options);

/* NULL is fine. */
FV_API void fv_standardisation_destroy(fv_standardisation *fitted);

/* Mean and deviation of a channel of the set; 0 where they were not asked for. */
FV_API double fv_standardisation_mean(const fv_standardisation *fitted, int32_t channel);
FV_API double fv_standardisation_deviation(const fv_standardisation *fitted, int32_t channel);

/* Standardises one picture (height, width, channels) in place. Errors: FV_ERROR_SHAPE for other extents or channels
 * than were fitted, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_standardisation_apply(const fv_tensor *picture, const fv_standardisation *fitted);

FV_END_DECLARATIONS

#endif
