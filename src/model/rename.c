/* Layers get other names: those that a file could not hold come back this way. */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "model/model.h"

fv_status fv__model_rename_layer(fv_model *model, int32_t index, const char *name) {
  fv__core *core = model->core;
  if (!*name) return fail(FV_ERROR_INVALID, "a layer's name is empty");
  fv__layer *layer = &core->graph->layers[core->graph->order[index] - 1];
  char *copy = fv__arena_text(&core->graph->arena, name);
  if (!copy) return fail(FV_ERROR_MEMORY, "no memory for a name");
  for (int32_t i = 0; i < layer->weight_count; i++) {
    size_t size = strlen(name) + strlen(layer->weights[i].name) + 2;
    char *path = fv__arena_take(&core->graph->arena, size);
    if (!path) return fail(FV_ERROR_MEMORY, "no memory for a name");
    snprintf(path, size, "%s/%s", name, layer->weights[i].name);
    core->weights[layer->weight_numbers[i]].path = path;
  }
  layer->name = model->layers[index].name = copy;
  return FV_OK;
}
