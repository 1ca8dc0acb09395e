/* Detectors of the zoo for a set: anchors learnt from its boxes, the backbone's weights, class names. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/labels.h>

#include "tasks/backbone.h"
#include "tasks/detector.h"

enum { LEARNT = 9, MAPS = 6, STRIDE = 8, CELLS_OF_AN_OBJECT = 3, PATH = 4096 };

/* Sizes on maps of strides 8, 16, 32 ... */
typedef struct layout {
  int32_t counts[FV_OPTION_INTS_MAX];
  fv_box_size sizes[MAPS][64];
} layout;

/* ---- anchors ---- */

/* Sizes of all boxes in pixels of the input; the caller frees. */
static fv_status collect_sizes(fv_box_size **sizes, const fv_detection_set *set, const int32_t *input) {
  const int64_t total = fv_detection_set_objects(set);
  *sizes = calloc((size_t)total + 1, sizeof **sizes);
  if (!*sizes) return fail(FV_ERROR_MEMORY, "no memory for the sizes of %" PRId64 " boxes", total);
  int64_t count = 0;
  for (int64_t i = 0; i < fv_detection_set_count(set); i++) {
    const fv_annotated picture = fv_detection_set_at(set, i);
    const double across = (double)input[1] / picture.width, down = (double)input[0] / picture.height;
    for (int32_t k = 0; k < picture.count; k++) {
      const fv_box *box = &picture.objects[k].box;
      (*sizes)[count++] = (fv_box_size){(float)((box->x1 - box->x0) * across), (float)((box->y1 - box->y0) * down)};
    }
  }
  return FV_OK;
}

/* The map whose cells are about a third of the size, in the logarithm. */
static int map_for(fv_box_size size) {
  const double side = sqrt((double)size.width * size.height);
  const int map = (int)lround(log2(side / (CELLS_OF_AN_OBJECT * STRIDE)));
  return map < 0 ? 0 : map >= MAPS ? MAPS - 1 : map;
}

/* About nine sizes where they fit best. A map in between without any has one of its own. */
static void place_learnt(layout *l, const fv_box_size *learnt, int32_t count) {
  int last = 0;
  for (int32_t i = 0; i < count; i++) {
    const int map = map_for(learnt[i]);
    l->sizes[map][l->counts[map]++] = learnt[i];
    if (map > last) last = map;
  }
  for (int map = 0; map <= last; map++) {
    const float side = (float)(CELLS_OF_AN_OBJECT * (STRIDE << map));
    if (!l->counts[map]) l->sizes[map][l->counts[map]++] = (fv_box_size){side, side};
  }
}

/* As many as asked for, from small to large over the maps. */
static void place_asked(layout *l, const fv_box_size *learnt, const int32_t *asked) {
  for (int map = 0; map < MAPS && asked[map]; map++) {
    l->counts[map] = asked[map];
    memcpy(l->sizes[map], learnt, (size_t)asked[map] * sizeof *learnt);
    learnt += asked[map];
  }
}

static fv_status learn_layout(layout *l, const fv_detection_set *set, const fv_zoo_options *o, uint64_t seed) {
  fv_box_size *sizes, learnt[MAPS * 64];
  const int64_t total = fv_detection_set_objects(set);
  int32_t wanted = 0;
  for (int map = 0; map < MAPS && o->anchors[map]; map++) {
    if (o->anchors[map] < 1 || o->anchors[map] > 64)
      return fail(FV_ERROR_INVALID, "a map has 1 to 64 anchors a cell, not %" PRId32, o->anchors[map]);
    wanted += o->anchors[map];
  }
  const bool is_asked = wanted > 0;
  if (!is_asked) wanted = total < LEARNT ? (int32_t)total : LEARNT;
  TRY(collect_sizes(&sizes, set, o->input_shape));
  fv_status status =
      fv_anchors_learn(learnt, wanted, sizes, total < INT32_MAX ? (int32_t)total : INT32_MAX, seed, NULL);
  free(sizes);
  if (status) return status;
  if (is_asked)
    place_asked(l, learnt, o->anchors);
  else
    place_learnt(l, learnt, wanted);
  return FV_OK;
}

/* Maps are as large as the layers that answer for them. */
static fv_status describe(fv_model *model, const layout *l) {
  fv_anchor_map maps[MAPS];
  int32_t count = 0;
  for (; count < MAPS && l->counts[count]; count++) {
    char name[32];
    snprintf(name, sizeof name, "map_%" PRId32 "_boxes_pw", count + 1);
    const fv_shape shape = fv_model_layer(model, fv_model_find_layer(model, name)).output;
    maps[count] = (fv_anchor_map){(int32_t)shape.dims[1], (int32_t)shape.dims[2], l->counts[count], l->sizes[count]};
  }
  return fv_detector_describe(model, maps, count);
}

/* ---- all ---- */

static fv_status name_classes(fv_model *model, const fv_detection_set *set) {
  const int32_t count = fv_detection_set_class_count(set);
  fv_label *labels = calloc((size_t)count, sizeof *labels);
  if (!labels) return fail(FV_ERROR_MEMORY, "no memory for class names");
  for (int32_t i = 0; i < count; i++) labels[i] = (fv_label){"", fv_detection_set_class_name(set, i)};
  fv_status status = fv_model_set_labels(model, labels, count);
  free(labels);
  return status;
}

static void complete(fv_zoo_options *o, const fv_zoo_entry *entry, const fv_detection_set *set) {
  const int32_t own[] = {entry->height, entry->width, entry->channels};
  if (!o->backbone) o->backbone = "MobileNet";
  if (!o->input_shape[0]) memcpy(o->input_shape, own, sizeof own);
  o->classes = fv_detection_set_class_count(set);
}

static fv_status build(fv_model **model, const fv_zoo_entry *entry, fv_zoo_options *o, const layout *l,
                       const fv_detection_set *set, uint64_t seed) {
  char rule[32];
  fv_zoo_options built = *o;
  snprintf(rule, sizeof rule, "random:%" PRIu64, seed);
  built.weights = rule;
  memcpy(built.anchors, l->counts, sizeof built.anchors);
  TRY(fv_zoo_build(model, entry->name, &built));
  TRY(fv__backbone_fill(*model, o));
  const fv_box_size whole = {(float)o->input_shape[1], (float)o->input_shape[0]};
  const bool is_one = fv_model_output_shape(*model, 0).dims[1] == 1; /* Localizer's anchor is the picture */
  TRY(is_one ? fv_detector_describe(*model, &(fv_anchor_map){1, 1, 1, &whole}, 1) : describe(*model, l));
  return name_classes(*model, set);
}

fv_status fv_detector_build(fv_model **model, const char *network, const fv_zoo_options *options,
                            const fv_detection_set *set, uint64_t seed) {
  fv_zoo_options o = options ? *options : (fv_zoo_options){.weights = NULL};
  const fv_zoo_entry *entry = fv_zoo_find(network);
  layout l = {.counts = {0}};
  *model = NULL;
  if (!entry || !entry->is_detector)
    return fail(FV_ERROR_INVALID, "'%.64s' is no detector; expected SSDLite or Localizer", network);
  complete(&o, entry, set);
  TRY(learn_layout(&l, set, &o, seed));
  fv_status status = build(model, entry, &o, &l, set, seed);
  if (!status) return FV_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return status;
}
