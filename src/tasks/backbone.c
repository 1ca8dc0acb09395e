/* Weights of a classifier for the layers that a network has from it. */
#include "tasks/backbone.h"

#include <string.h>

#include <fovea/file.h>

/* Layers of the same name and shapes take the source's weights; *copied is how many did. */
static fv_status copy_layers(int32_t *layers, fv_model *to, fv_model *from) {
  int32_t copied = 0;
  for (int32_t i = 0; i < fv_model_layer_count(to); i++) {
    const fv_layer_info ours = fv_model_layer(to, i);
    const int32_t place = fv_model_find_layer(from, ours.name);
    if (place < 0 || !ours.weight_count) continue;
    const fv_layer_info theirs = fv_model_layer(from, place);
    bool fits = theirs.weight_count == ours.weight_count && !strcmp(theirs.kind, ours.kind);
    for (int32_t w = 0; fits && w < ours.weight_count; w++) {
      const fv_shape a = fv_model_weight(to, ours.weights[w]).shape, b = fv_model_weight(from, theirs.weights[w]).shape;
      fits = fv_shape_equal(&a, &b);
    }
    for (int32_t w = 0; fits && w < ours.weight_count; w++) {
      int64_t numbers = 0;
      const fv_shape shape = fv_model_weight(to, ours.weights[w]).shape;
      if (fv_shape_elements(&numbers, &shape)) continue;
      memcpy(fv_model_weight_data(to, ours.weights[w]), fv_model_weight_data(from, theirs.weights[w]),
             (size_t)numbers * sizeof(float));
    }
    copied += fits;
    if (fits && !strcmp(ours.kind, "BatchNormalization")) TRY(fv_model_freeze(to, i, i + 1));
  }
  fv_model_weights_changed(to);
  *layers = copied;
  return FV_OK;
}

/* The classifier's file: a whole model, or weights of the backbone with or without its top. */
static fv_status open_file(fv_model **source, const char *path, const fv_zoo_options *o) {
  if (fv_model_load(source, path, NULL) == FV_OK) return FV_OK;
  fv_zoo_options backbone = {.weights = path, .no_top = true, .alpha = o->alpha};
  if (fv_zoo_build(source, o->backbone, &backbone) == FV_OK) return FV_OK;
  backbone.no_top = false;
  return fv_zoo_build(source, o->backbone, &backbone);
}

static fv_status open_imagenet(fv_model **source, const fv_zoo_options *o) {
  fv_zoo_options backbone = {.weights = "imagenet", .no_top = true, .alpha = o->alpha};
  if (fv_zoo_build(source, o->backbone, &backbone) == FV_OK) return FV_OK;
  backbone.no_top = false;
  return fv_zoo_build(source, o->backbone, &backbone);
}

fv_status fv__backbone_fill(fv_model *model, const fv_zoo_options *o) {
  fv_model *source = NULL;
  if (!o->weights || !strncmp(o->weights, "random:", 7)) return FV_OK;
  TRY(!strcmp(o->weights, "imagenet") ? open_imagenet(&source, o) : open_file(&source, o->weights, o));
  int32_t copied;
  fv_status status = copy_layers(&copied, model, source);
  fv_model_destroy(source);
  if (status || copied) return status;
  return fail(FV_ERROR_SHAPE, "%s: none of its layers is one of %s", o->weights, o->backbone);
}
