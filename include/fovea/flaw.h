/* What a model lacks of its file, or has of it that is no number: of a model that was loaded "as it is"
 * (fv_model_load_options.as_it_is), to be looked at rather than used. Other loads fail instead.
 *
 *   conv1  FV_ERROR_NUMBERS      conv1/kernel: element 7 is not a number
 *   fc1    FV_ERROR_NOT_FOUND    the file has no weights for fc1
 *   warp   FV_ERROR_UNSUPPORTED  warp: class 'Warp' is not supported; ...
 */
#ifndef FOVEA_FLAW_H
#define FOVEA_FLAW_H

#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_flaw {
  fv_status status;  /* what another load would have failed with. FV_ERROR_NUMBERS: the layer's weights have NaN or
                        infinities, as in the file; else those that could not be had are NaN */
  const char *layer; /* its name; NULL: all layers */
  const char *kind;  /* Keras's class of a layer that could not be made: the model is without it and all that reads it.
                        NULL: the layer is in the model */
  const char *sentence; /* as fv_error_message */
  int32_t source_count;
  const char *const *sources; /* of a layer that could not be made: the model's layers that it reads */
} fv_flaw;

/* 0 for models that are whole. Texts are lent until the model ends. */
FV_API int32_t fv_model_flaw_count(const fv_model *model);
FV_API fv_flaw fv_model_flaw(const fv_model *model, int32_t index);

FV_END_DECLARATIONS

#endif
