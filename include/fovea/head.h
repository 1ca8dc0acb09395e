/* Heads: a trained network learns other classes when its last layers are replaced by new ones.
 *
 *   fv_model *flowers;
 *   TRY(fv_model_with_head(&flowers, vgg, "flatten dense:1024:relu dropout:0.5 dense:1024:relu", 2, 1));
 *   TRY(fv_model_freeze(flowers, 0, 5));
 *
 * A head is words apart by blanks: "flatten"; "average" and "max", which pool over the whole image; "dense:UNITS" and
 * "dense:UNITS:ACTIVATION"; "dropout:RATE"; "batch_normalization". A Dense layer after an image pools it by averages
 * first. The classifier, a Dense layer "predictions" with softmax, comes after the last word by itself.
 */
#ifndef FOVEA_HEAD_H
#define FOVEA_HEAD_H

#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

/* A new model: `model` up to the input of its own classifier (fv_model_features), or all of it when it has none; then
 * the words of `head` (NULL or "": the classifier alone), then a classifier of `classes`. Copied weights are as they
 * were, as are frozen layers and preprocessing; new ones are drawn by `seed` as Keras initialises them. Class names are
 * not copied. The caller destroys *made, which is NULL on failure. Errors: FV_ERROR_INVALID for a word that is none,
 * and for fewer than 2 classes; FV_ERROR_SHAPE for layers that do not fit; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_model_with_head(fv_model **made, const fv_model *model, const char *head, int32_t classes,
                                             uint64_t seed);

FV_END_DECLARATIONS

#endif
