/* What layers cost and see, all their calls together. */
#include <stdlib.h>

#include "summary.h"

static void add(int64_t *sum, int64_t more) { *sum = more > INT64_MAX - *sum ? INT64_MAX : *sum + more; }

static bool is_larger(const fv_receptive_field *a, const fv_receptive_field *b) {
  if (a->known != b->known) return a->known;
  if (a->whole != b->whole) return a->whole;
  return a->height * a->width > b->height * b->width;
}

summary_cost *summary_costs(const fv_model *model, summary_cost *total) {
  const int32_t count = fv_model_layer_count(model);
  summary_cost *costs = calloc((size_t)count + 1, sizeof *costs);
  fv_receptive_field *fields = calloc((size_t)fv_model_node_count(model) + 1, sizeof *fields);
  *total = (summary_cost){0};
  if (costs && fields) fv_model_receptive_fields(fields, model);
  for (int32_t i = 0; i < count && costs && fields; i++) {
    const fv_layer_info layer = fv_model_layer(model, i);
    for (int32_t k = 0; k < layer.node_count; k++) {
      const fv_node_info node = fv_model_node(model, layer.nodes[k]);
      const fv_receptive_field *field = &fields[layer.nodes[k] - 1];
      add(&costs[i].multiply_adds, node.multiply_adds);
      add(&costs[i].activation_bytes, node.activation_bytes);
      if (k == 0 || is_larger(field, &costs[i].field)) costs[i].field = *field;
      if (node.activation_bytes > costs[i].largest_bytes) costs[i].largest_bytes = node.activation_bytes;
    }
    add(&total->multiply_adds, costs[i].multiply_adds);
    add(&total->activation_bytes, costs[i].activation_bytes);
    if (costs[i].largest_bytes > total->largest_bytes) total->largest_bytes = costs[i].largest_bytes;
  }
  if (!fields) {
    free(costs);
    costs = NULL;
  }
  free(fields);
  return costs;
}

const char *summary_source(const fv_model *model, const fv_node_info *node, int32_t input) {
  return fv_model_layer(model, fv_model_node(model, node->inputs[input].node).layer).name;
}
