/* Finding layers by Keras's class name and activation functions by their word. The table is made by the build from the
 * names of the files in src/layers. */
#include <string.h>

#include "layers/layer.h"

/* Other words that Keras has for the same function. */
static const char *const aliases[][2] = {{"swish", "silu"}, {"hard_swish", "hard_silu"}};

const fv__layer_type *fv__layer_find(const char *class_name) {
  if (!class_name) return NULL;
  for (const fv__layer_type *const *type = fv__layer_table; *type; type++)
    if ((*type)->kind.name && strcmp((*type)->kind.name, class_name) == 0) return *type;
  return NULL;
}

const fv__layer_type *fv__layer_find_function(const char *word) {
  if (!word) return NULL;
  for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
    if (strcmp(aliases[i][0], word) == 0) word = aliases[i][1];
  for (const fv__layer_type *const *type = fv__layer_table; *type; type++)
    if ((*type)->kind.function && strcmp((*type)->kind.function, word) == 0) return *type;
  return NULL;
}

const fv_layer_kind *fv_layer_kind_at(int32_t index) {
  if (index < 0) return NULL;
  for (const fv__layer_type *const *type = fv__layer_table; *type; type++)
    if (index-- == 0) return &(*type)->kind;
  return NULL;
}

const fv_layer_kind *fv_layer_kind_find(const char *name) {
  const fv__layer_type *type = fv__layer_find(name);
  if (!type) type = fv__layer_find_function(name);
  return type ? &type->kind : NULL;
}
