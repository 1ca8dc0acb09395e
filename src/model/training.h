/* The training of a model, behind fv_model.training: facts whose texts and arrays live in an arena. */
#ifndef FOVEA_MODEL_TRAINING_H
#define FOVEA_MODEL_TRAINING_H

#include <fovea/training.h>

#include "base/arena.h"

typedef struct fv__training {
  fv__arena arena;
  fv_training facts;
} fv__training;

/* Replaces the model's training by one that was made with calloc and is the model's from now on. NULL: none. */
void fv__model_take_training(fv_model *model, fv__training *training);

void fv__training_destroy(fv__training *training); /* NULL is fine */

#endif
