/* How a model's file listed its layers, kept for whoever shows them. */
#include "model/outline.h"

#include <stdlib.h>

#include "model/model.h"

void fv__outline_destroy(fv__outline *outline) {
  if (!outline) return;
  fv__arena_clear(&outline->arena);
  free(outline);
}

void fv_outline_destroy(fv_outline *outline) { fv__outline_destroy((fv__outline *)outline); }

void fv__model_take_outline(fv_model *model, fv__outline *outline) {
  fv__outline_destroy(model->outline);
  model->outline = outline;
}

const fv_outline *fv_model_outline(const fv_model *model) { return model->outline ? &model->outline->facts : NULL; }
