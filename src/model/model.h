/* A model inside: the core that plans share, and what it knows about its pictures and classes. */
#ifndef FOVEA_MODEL_MODEL_H
#define FOVEA_MODEL_MODEL_H

#include <fovea/model.h>

#include "graph/graph.h"

struct fv_model {
  fv__core *core;
  char *name;
  fv_layer_info *layers; /* in Keras's order */
  void *feeding;         /* preprocessing and class names (feeding.h); NULL when unknown */
  void (*feeding_destroy)(void *feeding);
  struct fv__training *training;       /* how it was compiled, and its optimizer (training.h); NULL when unknown */
  struct fv_regularizer *regularizers; /* one a weight; NULL: none costs anything (regularizers.c) */
  char *ignored_regularizers;          /* what the file asks for besides; or NULL */
  char *nesting;               /* which models were inside, from a flat file (formats/keras/nesting.c); or NULL */
  struct fv__outline *outline; /* how its file listed the layers (outline.h); NULL when none did */
  struct fv__flaws *flaws;     /* what it lacks of its file (flaws.h); NULL: nothing */
};

/* Gives a layer another name; its weights' paths follow. Errors: FV_ERROR_INVALID for an empty name, FV_ERROR_MEMORY.
 */
fv_status fv__model_rename_layer(fv_model *model, int32_t index, const char *name) FV_CHECK;

#endif
