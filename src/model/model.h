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
  struct fv__training *training; /* how it was compiled, and its optimizer (training.h); NULL when unknown */
};

#endif
