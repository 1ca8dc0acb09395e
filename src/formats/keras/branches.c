/* Sequentials of Keras 1 whose first layer is a Merge that holds its branches:
 *
 *   Sequential [Merge {mode, layers: [Sequential [...], Sequential [...]]}, Dense ...]
 *
 * become functional models of the same layers, each branch with an input of its own, in the order of the branches.
 * Keras 1 saves their weights by the layers' names without regard to branches, so that these are found.
 */
#include <stdio.h>
#include <string.h>

#include "formats/keras/keras.h"

enum { NAME_BYTES = 256 };

/* The flat model; `last` is the layer that the next one reads, "" when there is none yet. */
struct unfolding {
  json_t *layers, *inputs;
  char last[NAME_BYTES];
};

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for a network"); }

static const char *class_of(const json_t *layer) { return json_string_value(json_object_get(layer, "class_name")); }

static bool is_sequential(const json_t *layer) { return class_of(layer) && !strcmp(class_of(layer), "Sequential"); }

static json_t *list_of(const json_t *sequential) {
  json_t *config = json_object_get(sequential, "config");
  return json_is_array(config) ? config : json_object_get(config, "layers");
}

static json_t *branches_of(const json_t *layer) {
  if (!class_of(layer) || strcmp(class_of(layer), "Merge")) return NULL;
  json_t *branches = json_object_get(json_object_get(layer, "config"), "layers");
  return json_array_size(branches) > 0 ? branches : NULL;
}

/* Appends a layer (given away) that reads `links` (given away, may be NULL without memory). */
static fv_status append(struct unfolding *u, json_t *layer, json_t *links) {
  const char *name = json_string_value(json_object_get(json_object_get(layer, "config"), "name"));
  const bool named = name && *name && strlen(name) < NAME_BYTES - 8;
  if (named) memcpy(u->last, name, strlen(name) + 1);
  if (!links || json_object_set_new(layer, "inbound_nodes", links)) {
    json_decref(layer);
    return no_memory();
  }
  if (json_array_append_new(u->layers, layer)) return no_memory();
  return named ? FV_OK : fail(FV_ERROR_FORMAT, "a layer of class %.60s without name", class_of(layer));
}

static json_t *link_to(const char *name) { return json_pack("[s,i,i]", name, 0, 0); }

/* An input layer before the first layer of a branch. */
static fv_status append_input(struct unfolding *u, const json_t *layer) {
  const json_t *config = json_object_get(layer, "config");
  json_t *shape = json_object_get(config, "batch_input_shape");
  char name[NAME_BYTES + 8];
  const char *first = json_string_value(json_object_get(config, "name"));
  snprintf(name, sizeof name, "%.240s_input", first ? first : "branch");
  json_t *input = json_pack("{s:s,s:{s:s}}", "class_name", "InputLayer", "config", "name", name);
  if (!input) return no_memory();
  if (shape && json_object_set(json_object_get(input, "config"), "batch_input_shape", shape)) {
    json_decref(input);
    return no_memory();
  }
  TRY(append(u, input, json_array()));
  return json_array_append_new(u->inputs, link_to(u->last)) ? no_memory() : FV_OK;
}

static fv_status append_chain(struct unfolding *u, const json_t *layers);

static fv_status append_merge(struct unfolding *u, const json_t *merge, const json_t *branches) {
  json_t *links = json_array(), *branch, *copy = NULL;
  size_t i;
  fv_status status = links ? FV_OK : no_memory();
  json_array_foreach((json_t *)branches, i, branch) {
    if (status) break;
    u->last[0] = '\0';
    status = is_sequential(branch) ? append_chain(u, list_of(branch))
                                   : fail(FV_ERROR_UNSUPPORTED, "a Merge of branches that are no Sequential");
    if (!status && json_array_append_new(links, link_to(u->last))) status = no_memory();
  }
  if (!status) copy = json_copy((json_t *)merge);
  if (!status && !copy) status = no_memory();
  if (status) {
    json_decref(links);
    return status;
  }
  json_object_del(json_object_get(copy, "config"), "layers");
  return append(u, copy, json_pack("[o]", links));
}

/* A list of layers, one after the other; lists inside by recursion, as deep as the JSON at most. */
static fv_status append_chain(struct unfolding *u, const json_t *layers) {
  json_t *layer;
  size_t i;
  if (json_array_size(layers) == 0) return fail(FV_ERROR_FORMAT, "a model without layers");
  json_array_foreach((json_t *)layers, i, layer) {
    json_t *branches = branches_of(layer);
    if (branches && u->last[0]) return fail(FV_ERROR_FORMAT, "a Merge that holds its branches behind another layer");
    if (branches) {
      json_incref(branches); /* its layer lets go of it */
      fv_status status = append_merge(u, layer, branches);
      json_decref(branches);
      if (status) return status;
    } else if (is_sequential(layer)) {
      TRY(append_chain(u, list_of(layer)));
    } else {
      if (!u->last[0]) TRY(append_input(u, layer));
      TRY(append(u, json_incref(layer), json_pack("[[o]]", link_to(u->last))));
    }
  }
  return FV_OK;
}

/* Whether the first layer, looked for inside models, is such a Merge. */
static bool begins_with_branches(const json_t *sequential) {
  const json_t *first = json_array_get(list_of(sequential), 0);
  while (is_sequential(first)) first = json_array_get(list_of(first), 0);
  return branches_of(first) != NULL;
}

fv_status fv__keras1_unfold(json_t *model) {
  if (!is_sequential(model) || !begins_with_branches(model)) return FV_OK;
  struct unfolding u = {json_array(), json_array(), ""};
  fv_status status = u.layers && u.inputs ? append_chain(&u, list_of(model)) : no_memory();
  json_t *config = NULL;
  if (!status)
    config = json_pack("{s:s,s:O,s:O,s:[o]}", "name", "model", "layers", u.layers, "input_layers", u.inputs,
                       "output_layers", link_to(u.last));
  if (!status && (!config || json_object_set(model, "config", config) ||
                  json_object_set_new(model, "class_name", json_string("Model"))))
    status = no_memory();
  json_decref(config);
  json_decref(u.layers);
  json_decref(u.inputs);
  return status;
}
