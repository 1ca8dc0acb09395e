/* TensorFlow.js, written. */
#ifndef FOVEA_FORMATS_TFJS_TFJS_H
#define FOVEA_FORMATS_TFJS_TFJS_H

#include "formats/format.h"
#include "formats/keras/write.h"

fv_status fv__tfjs_save(const fv__save *save, FILE *stream) FV_CHECK;

/* A configuration in the words of Keras 2 -> what TensorFlow.js understands (adapt.c), with remarks; and back. */
fv_status fv__tfjs_adapt(json_t *model, const fv__keras_draft *draft) FV_CHECK;
fv_status fv__tfjs_restore(const json_t *model) FV_CHECK;

#endif
