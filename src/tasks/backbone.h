/* The backbone of a detector or segmenter, a classifier's layers, gets weights that classify already. */
#ifndef FOVEA_TASKS_BACKBONE_H
#define FOVEA_TASKS_BACKBONE_H

#include <fovea/zoo.h>

#include "base/fail.h"

/* Layers of options->backbone that the model has too take the weights of options->weights ("imagenet" or a file; NULL
 * and "random:SEED": nothing is done); batch normalisations that do are frozen. Errors: those of reading them;
 * FV_ERROR_SHAPE when no layer fits. */
fv_status fv__backbone_fill(fv_model *model, const fv_zoo_options *options) FV_CHECK;

#endif
