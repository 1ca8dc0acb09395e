/* Backbones: one network's layers under another's head. */
#include "zoo/support/zoo.h"

fv_value fv__zoo_backbone(fv_graph *graph, const fv_zoo_options *options) {
  fv_zoo_options without = *options;
  without.no_top = true;
  without.pooling = "none";
  return fv__zoo_find(options->backbone)->build(graph, &without);
}
