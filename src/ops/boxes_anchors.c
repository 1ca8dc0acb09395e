/* Anchors: where they stand, which sizes suit a set, and which object each answers for. */
#include <fovea/boxes.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/rng.h"

void fv_anchors_grid(fv_box *anchors, int32_t rows, int32_t columns, double height, double width,
                     const fv_box_size *sizes, int32_t count) {
  for (int32_t row = 0; row < rows; row++)
    for (int32_t column = 0; column < columns; column++) {
      const double x = (column + 0.5) * width / columns, y = (row + 0.5) * height / rows;
      for (int32_t i = 0; i < count; i++) {
        const double half_width = sizes[i].width / 2.0, half_height = sizes[i].height / 2.0;
        *anchors++ = (fv_box){(float)(x - half_width), (float)(y - half_height), (float)(x + half_width),
                              (float)(y + half_height)};
      }
    }
}

/* ---- sizes of a set ---- */

enum { ROUNDS = 300 };

/* IoU about one centre. */
static double likeness(fv_box_size a, fv_box_size b) {
  const double width = a.width < b.width ? a.width : b.width, height = a.height < b.height ? a.height : b.height;
  const double both = width * height;
  return both / ((double)a.width * a.height + (double)b.width * b.height - both);
}

static int32_t nearest(double *overlap, fv_box_size box, const fv_box_size *sizes, int32_t count) {
  int32_t best = 0;
  *overlap = -1;
  for (int32_t i = 0; i < count; i++) {
    const double here = likeness(box, sizes[i]);
    if (here > *overlap) *overlap = here, best = i;
  }
  return best;
}

/* k-means++: each further size is a box drawn with the square of its distance from those there are. */
static void begin(fv_box_size *sizes, int32_t wanted, const fv_box_size *boxes, int32_t count, uint64_t state) {
  sizes[0] = boxes[(int32_t)(fv__rng_uniform(state, 0) * count)];
  for (int32_t k = 1; k < wanted; k++) {
    double total = 0, overlap, passed = 0;
    for (int32_t i = 0; i < count; i++) {
      nearest(&overlap, boxes[i], sizes, k);
      total += (1 - overlap) * (1 - overlap);
    }
    const double drawn = fv__rng_uniform(state, (uint64_t)k) * total;
    int32_t chosen = k; /* where all boxes are alike */
    for (int32_t i = 0; i < count && total > 0; i++) {
      nearest(&overlap, boxes[i], sizes, k);
      passed += (1 - overlap) * (1 - overlap);
      if (passed > 0) chosen = i;
      if (passed > drawn) break;
    }
    sizes[k] = boxes[chosen];
  }
}

/* Each size becomes the mean of its boxes; true when a box changed its size. */
static bool improve(fv_box_size *sizes, int32_t wanted, double (*sums)[3], const fv_box_size *boxes, int32_t count,
                    int32_t *places) {
  bool moved = false;
  memset(sums, 0, (size_t)wanted * sizeof *sums);
  for (int32_t i = 0; i < count; i++) {
    double overlap;
    const int32_t place = nearest(&overlap, boxes[i], sizes, wanted);
    moved = moved || place != places[i];
    places[i] = place;
    sums[place][0] += boxes[i].width;
    sums[place][1] += boxes[i].height;
    sums[place][2]++;
  }
  for (int32_t k = 0; k < wanted; k++)
    if (sums[k][2] > 0) sizes[k] = (fv_box_size){(float)(sums[k][0] / sums[k][2]), (float)(sums[k][1] / sums[k][2])};
  return moved;
}

static int by_area(const void *a, const void *b) {
  const fv_box_size *x = a, *y = b;
  const double first = (double)x->width * x->height, second = (double)y->width * y->height;
  return (first > second) - (first < second);
}

fv_status fv_anchors_learn(fv_box_size *sizes, int32_t wanted, const fv_box_size *boxes, int32_t count, uint64_t seed,
                           double *mean_overlap) {
  if (wanted < 1 || count < wanted)
    return fail(FV_ERROR_INVALID, "%" PRId32 " boxes cannot teach %" PRId32 " sizes of anchors", count, wanted);
  for (int32_t i = 0; i < count; i++)
    if (!(boxes[i].width > 0) || !(boxes[i].height > 0) || boxes[i].width > 1e9F || boxes[i].height > 1e9F)
      return fail(FV_ERROR_INVALID, "box %" PRId32 " has sides of %g and %g", i, (double)boxes[i].width,
                  (double)boxes[i].height);
  int32_t *places = malloc((size_t)count * sizeof *places);
  double(*sums)[3] = malloc((size_t)wanted * sizeof *sums);
  if (places && sums) {
    for (int32_t i = 0; i < count; i++) places[i] = -1;
    begin(sizes, wanted, boxes, count, fv__rng_state("anchors", seed));
    for (int round = 0; round < ROUNDS && improve(sizes, wanted, sums, boxes, count, places); round++) continue;
    qsort(sizes, (size_t)wanted, sizeof *sizes, by_area);
  }
  const bool has_memory = places && sums;
  free(places);
  free(sums);
  if (!has_memory) return fail(FV_ERROR_MEMORY, "no memory to learn anchors");
  double sum = 0, overlap;
  for (int32_t i = 0; i < count; i++) {
    nearest(&overlap, boxes[i], sizes, wanted);
    sum += overlap;
  }
  if (mean_overlap) *mean_overlap = sum / count;
  return FV_OK;
}

/* ---- matching ---- */

/* An object and the free anchor that overlaps it most. */
typedef struct wish {
  int32_t anchor;
  double overlap;
} wish;

static wish best_anchor(const fv_box *object, const fv_box *anchors, int32_t count, const bool *is_taken) {
  wish best = {-1, -1};
  for (int32_t i = 0; i < count; i++) {
    if (is_taken[i]) continue;
    const double overlap = fv_box_overlap(FV_OVERLAP_IOU, &anchors[i], object, NULL);
    if (overlap > best.overlap) best = (wish){i, overlap};
  }
  return best;
}

/* Objects take their anchors, the one with the largest overlap first. */
static void take_best(int32_t *matches, const fv_box *anchors, int32_t anchor_count, const fv_box *objects,
                      int32_t object_count, wish *wishes, bool *is_taken) {
  for (int32_t i = 0; i < object_count; i++) wishes[i] = best_anchor(&objects[i], anchors, anchor_count, is_taken);
  for (int32_t done = 0; done < object_count; done++) {
    int32_t first = -1;
    for (int32_t i = 0; i < object_count; i++)
      if (wishes[i].anchor >= 0 && (first < 0 || wishes[i].overlap > wishes[first].overlap)) first = i;
    if (first < 0) return;
    const int32_t anchor = wishes[first].anchor;
    matches[anchor] = first;
    is_taken[anchor] = true;
    wishes[first].anchor = -1;
    for (int32_t i = 0; i < object_count; i++)
      if (wishes[i].anchor == anchor) wishes[i] = best_anchor(&objects[i], anchors, anchor_count, is_taken);
  }
}

static void match_above(int32_t *matches, const fv_box *anchors, int32_t anchor_count, const fv_box *objects,
                        int32_t object_count, double positive, double negative) {
  for (int32_t i = 0; i < anchor_count; i++) {
    double best = 0;
    int32_t object = FV_MATCH_NONE;
    for (int32_t k = 0; k < object_count; k++) {
      const double overlap = fv_box_overlap(FV_OVERLAP_IOU, &anchors[i], &objects[k], NULL);
      if (overlap > best) best = overlap, object = k;
    }
    matches[i] = best >= positive ? object : best >= negative ? FV_MATCH_BETWEEN : FV_MATCH_NONE;
  }
}

fv_status fv_boxes_match(int32_t *matches, const fv_box *anchors, int32_t anchor_count, const fv_box *objects,
                         int32_t object_count, const fv_match_options *options) {
  const fv_match_options o = options ? *options : (fv_match_options){.positive = 0};
  const double positive = o.positive > 0 ? o.positive : 0.5, negative = o.negative > 0 ? o.negative : positive;
  match_above(matches, anchors, anchor_count, objects, object_count, positive, negative);
  if (o.only_above || object_count < 1) return FV_OK;
  bool *is_taken = calloc((size_t)anchor_count + 1, sizeof *is_taken);
  wish *wishes = malloc((size_t)object_count * sizeof *wishes);
  if (is_taken && wishes) take_best(matches, anchors, anchor_count, objects, object_count, wishes, is_taken);
  const bool has_memory = is_taken && wishes;
  free(is_taken);
  free(wishes);
  return has_memory ? FV_OK : fail(FV_ERROR_MEMORY, "no memory to match %" PRId32 " anchors", anchor_count);
}
