/* TensorFlow.js, written. */
#ifndef FOVEA_FORMATS_TFJS_TFJS_H
#define FOVEA_FORMATS_TFJS_TFJS_H

#include "formats/format.h"

fv_status fv__tfjs_save(const fv__save *save, FILE *stream) FV_CHECK;

#endif
