/* Localizer: what is in the picture and where, of one object: a classifier with a second head for its box, both taught
 * by one joint loss.
 *
 *   224x224x3  backbone | average | 4 offsets from the picture's own box, a logit for nothing and each class
 *
 * The output is (1, 4 + 1 + classes): a detector (detector.h) with one anchor, the picture. Sermanet et al.: OverFeat,
 * 2013, has the two heads on one network.
 */
#include <fovea/layers.h>

#include "zoo/network.h"

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_value x = fv__zoo_backbone(graph, o);
  fv_graph_set_name(graph, "localizer");
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  /* Where things are is lost in an average over the picture: the box reads a narrow map, place by place. */
  fv_value places = fv_conv2d(graph, x, .name = "box_map", .filters = 32, .kernel_size = {1}, .activation = "relu");
  places = fv_flatten(graph, places, .name = "box_flatten");
  places = fv_dense(graph, places, .name = "box_hidden", .units = 64, .activation = "relu");
  const fv_value box = fv_dense(graph, places, .name = "box", .units = 4);
  fv_value what = fv_global_average_pooling2d(graph, x, .name = "avg_pool");
  what = fv_dropout(graph, what, .name = "dropout", .rate = 0.2);
  what = fv_dense(graph, what, .name = "class", .units = o->classes + 1);
  x = fv_concatenate(graph, {box, what}, .name = "box_and_class");
  return fv_reshape(graph, x, .name = "detections", .target_shape = {1, o->classes + 5});
}

const fv__network fv__network_localizer = {
    .entry = {.name = "Localizer",
              .help = "one object and its box, on MobileNet or EfficientNetLite0; two heads, one loss",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 32,
              .classes = 20,
              .parameters = 3383865,
              .preprocess = "tf",
              .resize = "pil-bilinear",
              .is_detector = true},
    .build = build,
};
