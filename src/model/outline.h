/* The outline of a model, behind fv_model.outline: rows whose texts and lists live in an arena. */
#ifndef FOVEA_MODEL_OUTLINE_H
#define FOVEA_MODEL_OUTLINE_H

#include <fovea/outline.h>

#include "base/arena.h"

typedef struct fv__outline {
  fv_outline facts; /* first, so that it can be destroyed by its address */
  fv__arena arena;
} fv__outline;

/* Gives the model an outline that was made with calloc and is the model's from now on. NULL: none. */
void fv__model_take_outline(fv_model *model, fv__outline *outline);

void fv__outline_destroy(fv__outline *outline); /* NULL is fine */

#endif
