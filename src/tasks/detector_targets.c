/* Targets of a detector: objects go where the picture goes, anchors are matched, rows written as the loss MultiBox
 * reads them. */
#include <stdlib.h>
#include <string.h>

#include "tasks/detector.h"

enum { CLASS = 4, ASPECT = 5 };

static const double least_left = 0.25; /* of a box's area, in the picture */
static const fv_match_options match_options = {.positive = 0.5, .negative = 0.4};

typedef struct maker {
  const fv_detection_set *set;
  fv__anchors anchors;
} maker;

/* Where an object is in the network's input; false where too little of it is left. */
static bool move(fv_box *box, const fv_object *object, const fv_annotated *picture, const fv_target_place *place) {
  const double across = (double)place->width / picture->width, down = (double)place->height / picture->height;
  const fv_box bounds = {0, 0, (float)place->width, (float)place->height};
  fv_box moved = {(float)(object->box.x0 * across), (float)(object->box.y0 * down), (float)(object->box.x1 * across),
                  (float)(object->box.y1 * down)};
  if (place->transform) moved = fv_transform_box(&moved, place->transform, place->how, place->height, place->width);
  *box = fv_box_clip(&moved, &bounds);
  return fv_box_area(box) > least_left * fv_box_area(&moved);
}

static void write_row(float *row, const maker *m, int32_t anchor, const fv_box *box, int32_t class) {
  const fv_box *a = &m->anchors.boxes[anchor];
  if (box) fv_box_encode(row, box, a);
  row[CLASS] = (float)class;
  row[ASPECT] = (a->x1 - a->x0) / (a->y1 - a->y0);
}

/* `boxes` and `classes` have room for the picture's objects, `matches` for the anchors. */
static fv_status fill(float *targets, const maker *m, const fv_target_place *place, fv_box *boxes, int32_t *classes,
                      int32_t *matches) {
  const fv_annotated picture = fv_detection_set_at(m->set, place->sample);
  int32_t count = 0;
  for (int32_t i = 0; i < picture.count; i++)
    if (!picture.objects[i].is_crowd && move(&boxes[count], &picture.objects[i], &picture, place))
      classes[count++] = picture.objects[i].class_index;
  TRY(fv_boxes_match(matches, m->anchors.boxes, m->anchors.count, boxes, count, &match_options));
  memset(targets, 0, (size_t)m->anchors.count * (size_t)m->anchors.channels * sizeof *targets);
  for (int32_t i = 0; i < m->anchors.count; i++) {
    float *row = targets + (int64_t)i * m->anchors.channels;
    if (matches[i] >= 0)
      write_row(row, m, i, &boxes[matches[i]], classes[matches[i]] + 1);
    else
      write_row(row, m, i, NULL, matches[i] == FV_MATCH_NONE ? 0 : -1);
  }
  return FV_OK;
}

static fv_status make(void *context, float *targets, const fv_target_place *place) {
  const maker *m = context;
  const size_t objects = (size_t)fv_detection_set_at(m->set, place->sample).count + 1;
  fv_box *boxes = malloc(objects * sizeof *boxes);
  int32_t *classes = malloc(objects * sizeof *classes);
  int32_t *matches = malloc(((size_t)m->anchors.count + 1) * sizeof *matches);
  fv_status status = boxes && classes && matches ? fill(targets, m, place, boxes, classes, matches)
                                                 : fail(FV_ERROR_MEMORY, "no memory for a picture's targets");
  free(boxes);
  free(classes);
  free(matches);
  return status;
}

fv_status fv_detector_targets(fv_target_maker *targets, const fv_model *model, const fv_detection_set *set) {
  *targets = (fv_target_maker){.numbers = 0};
  maker *m = calloc(1, sizeof *m);
  if (!m) return fail(FV_ERROR_MEMORY, "no memory for targets");
  m->set = set;
  fv_status status = fv__anchors_of(&m->anchors, model);
  if (!status && m->anchors.reach)
    status =
        fail(FV_ERROR_UNSUPPORTED, "%s answers in YOLO's code, which is read and not taught", fv_model_name(model));
  if (!status && fv_detection_set_class_count(set) > m->anchors.channels - FV__DETECTOR_OFFSETS - 1)
    status = fail(FV_ERROR_INVALID, "the set has %d classes, the model knows %d",
                  (int)fv_detection_set_class_count(set), (int)m->anchors.channels - FV__DETECTOR_OFFSETS - 1);
  if (status) {
    free(m->anchors.boxes);
    free(m);
    return status;
  }
  *targets = (fv_target_maker){(int64_t)m->anchors.count * m->anchors.channels, make, m};
  return FV_OK;
}

void fv_detector_targets_end(fv_target_maker *targets) {
  maker *m = targets->context;
  if (m) free(m->anchors.boxes);
  free(m);
  *targets = (fv_target_maker){.numbers = 0};
}
