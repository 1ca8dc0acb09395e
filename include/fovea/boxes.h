/* Boxes: rectangles around objects, in pixels or in parts of a picture; what detectors are made of.
 *
 *   overlap     how well two boxes agree (the IoU family), with gradients
 *   suppress    of many boxes around one object the best stays (NMS)
 *   anchors     boxes laid out in a grid, in sizes learnt from those of a set
 *   match       which anchor answers for which object
 *   encode      an object's box as four offsets from its anchor, and back
 *
 * A box is [x0, x1) by [y0, y1), x to the right and y down. One with x1 <= x0 or y1 <= y0 has no area.
 */
#ifndef FOVEA_BOXES_H
#define FOVEA_BOXES_H

#include <fovea/error.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_box {
  float x0, y0, x1, y1;
} fv_box;

typedef struct fv_box_size {
  float width, height;
} fv_box_size;

/* What is in a picture, as somebody says who knows or as a detector found it. */
typedef struct fv_object {
  fv_box box; /* pixels of the picture as it is stored */
  int32_t class_index;
  float score;       /* of what was found; of what is known it has no meaning */
  float area;        /* of the object itself, where an outline is known; 0: the box's */
  bool is_crowd;     /* COCO's iscrowd: a group, to be found or not; it does not count */
  bool is_difficult; /* VOC's difficult: likewise */
} fv_object;

/* 0 of a box without area. */
FV_API double fv_box_area(const fv_box *box);

/* The part of `box` inside `bounds`; where there is none it has no area. */
FV_API fv_box fv_box_clip(const fv_box *box, const fv_box *bounds);

/* ---- overlap */

typedef enum fv_overlap {
  FV_OVERLAP_IOU = 1, /* area of both by area of either, 0 to 1 */
  FV_OVERLAP_GIOU,    /* less the part of the enclosing box that is in neither, -1 to 1; Rezatofighi et al. 2019 */
  FV_OVERLAP_DIOU, /* IoU less the distance of the centres, squared, by the enclosing diagonal's; Zheng et al. 2020 */
  FV_OVERLAP_CIOU  /* DIoU less how far the aspect ratios differ, weighted; likewise */
} fv_overlap;

/* How well `a` agrees with `b`. `gradient` (may be NULL) receives the derivatives by x0, y0, x1, y1 of `a`; of CIoU
 * with the weight of the aspect ratio held fast, as its authors have it. Denominators are 1e-7 larger, so that boxes
 * without area have a value too. */
FV_API double fv_box_overlap(fv_overlap kind, const fv_box *a, const fv_box *b, double gradient[4]);

/* ---- suppression */

typedef enum fv_suppression {
  FV_SUPPRESSION_HARD = 1, /* the default: boxes that overlap a better one too much go */
  FV_SUPPRESSION_LINEAR,   /* their scores sink by their overlap: times 1 - IoU; Bodla et al. 2017 (soft NMS) */
  FV_SUPPRESSION_GAUSSIAN  /* all scores sink: times exp(-IoU^2 / sigma) */
} fv_suppression;

typedef struct fv_suppress_options {
  fv_suppression kind;
  double overlap;      /* hard and linear: an IoU above this is too much; 0: 0.5 */
  double sigma;        /* gaussian; 0: 0.5 */
  double lowest_score; /* boxes of lower scores go, also when the score sank */
  int32_t most;        /* at most so many are kept; 0: all */
} fv_suppress_options;

/* Writes the places of the boxes that stay, best first, and returns how many; `kept` has room for `count`. Soft kinds
 * change `scores`. Boxes of different `classes` leave each other alone; NULL: all are of one. Equal scores: the earlier
 * box first. A score that is no number never stays. `options` may be NULL. */
FV_API int32_t fv_boxes_suppress(int32_t *kept, const fv_box *boxes, float *scores, const int32_t *classes,
                                 int32_t count, const fv_suppress_options *options);

/* ---- anchors */

/* rows x columns x count boxes, each of the sizes around the middle of each cell of a grid over height x width: row by
 * row, cell by cell, size by size. `anchors` has room for them. */
FV_API void fv_anchors_grid(fv_box *anchors, int32_t rows, int32_t columns, double height, double width,
                            const fv_box_size *sizes, int32_t count);

/* Learns `wanted` sizes from those of a set's boxes: k-means with 1 - IoU of sizes about one centre as the distance,
 * begun as k-means++ begins, drawn by the seed; from small to large. *mean_overlap (may be NULL) is the mean over the
 * boxes of the IoU with their best size. Errors: FV_ERROR_INVALID for fewer boxes than sizes, and for sides that are
 * not above 0; FV_ERROR_MEMORY. Source: Redmon and Farhadi, "YOLO9000", 2017. */
FV_API FV_CHECK fv_status fv_anchors_learn(fv_box_size *sizes, int32_t wanted, const fv_box_size *boxes, int32_t count,
                                           uint64_t seed, double *mean_overlap);

/* ---- matching */

enum { FV_MATCH_NONE = -1, FV_MATCH_BETWEEN = -2 };

typedef struct fv_match_options {
  double positive; /* an anchor answers for the object that it overlaps most, from this IoU on; 0: 0.5 */
  double negative; /* below this it answers for none; between the two it does not count. 0: the same as positive */
  bool only_above; /* else each object also has the anchor that overlaps it most, however little */
} fv_match_options;

/* For each anchor the object it answers for, FV_MATCH_NONE or FV_MATCH_BETWEEN. Objects that want the same best anchor
 * get theirs in the order of their overlap, the next one of what is left. Errors: FV_ERROR_MEMORY. `options` may be
 * NULL. */
FV_API FV_CHECK fv_status fv_boxes_match(int32_t *matches, const fv_box *anchors, int32_t anchor_count,
                                         const fv_box *objects, int32_t object_count, const fv_match_options *options);

/* ---- offsets */

/* Offsets are divided by these: centre and size, which makes them about as large as each other. */
#define FV_BOX_VARIANCE_CENTRE 0.1
#define FV_BOX_VARIANCE_SIZE 0.2

/* (centre - anchor's centre) / anchor's size / 0.1 for x and y, log(size / anchor's size) / 0.2 for width and height.
 * Both have areas. Source: Ren et al., "Faster R-CNN", 2015; the variances as in Liu et al., "SSD", 2016. */
FV_API void fv_box_encode(float offsets[4], const fv_box *box, const fv_box *anchor);

/* The inverse; sizes are at most 62.5 times the anchor's, so that no offset overflows. */
FV_API fv_box fv_box_decode(const float offsets[4], const fv_box *anchor);

FV_END_DECLARATIONS

#endif
