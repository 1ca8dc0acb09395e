/* COCO's average precision of one class, as pycocotools computes it.
 *
 * In each picture, for each range of sizes and each IoU, the found boxes take the known ones in the order of their
 * scores: the one of the largest IoU that nobody has, rather one that counts than one that does not. What takes an
 * object that does not count, and what takes none and is out of the range itself, does not count either. Over all
 * pictures, in the order of scores: precision made falling from the right, read at recalls 0, 0.01 ... 1.
 *
 * A found box keeps what became of it as bits, one for each range and IoU.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tasks/average_precision.h"

enum { OVERLAPS = 10, RECALLS = 101, SIZES = 4, MOST = 100 };

static const double size_ranges[SIZES][2] = {{0, 1e10}, {0, 1024}, {1024, 9216}, {9216, 1e10}};

static double overlap_wanted(int place) { return place == OVERLAPS - 1 ? 0.95 : 0.5 + place * ((0.95 - 0.5) / 9); }
static double recall_wanted(int place) { return place == RECALLS - 1 ? 1 : place * 0.01; }
static uint64_t bit(int size, int overlap) { return (uint64_t)1 << (size * OVERLAPS + overlap); }

static double area_of(const fv_object *object) { return object->area > 0 ? object->area : fv_box_area(&object->box); }

static bool is_outside(double area, int size) { return area < size_ranges[size][0] || area > size_ranges[size][1]; }

/* Of a found and a known box; of a crowd the part of the found box that is in it. */
static double overlap_of(const fv_box *found, const fv_object *known) {
  const fv_box *k = &known->box;
  const double width = fmin(found->x1, k->x1) - fmax(found->x0, k->x0);
  const double height = fmin(found->y1, k->y1) - fmax(found->y0, k->y0);
  if (width <= 0 || height <= 0) return 0;
  const double both = width * height, own = fv_box_area(found);
  return both / (known->is_crowd ? own : own + fv_box_area(k) - both);
}

typedef struct room {
  double *overlaps; /* found x known */
  int32_t *order;   /* of the known: those that count first */
  bool *counts, *is_taken;
  fv__ranked *list;
  double *precision, *recall;
  int64_t known[SIZES]; /* that count */
} room;

static int32_t found_in(const fv__class_in_picture *p) { return p->found_count < MOST ? p->found_count : MOST; }

/* Known objects of a range, those that count first; how many do. */
static void sort_known(room *r, const fv__class_in_picture *p, int size) {
  int32_t place = 0;
  for (int pass = 1; pass >= 0; pass--)
    for (int32_t k = 0; k < p->known_count; k++) {
      const bool counts = !p->known[k].is_crowd && !is_outside(area_of(&p->known[k]), size);
      if (counts != (bool)pass) continue;
      r->counts[k] = counts;
      r->order[place++] = k;
      r->known[size] += counts;
    }
}

/* The known object that a found box takes, or -1. */
static int32_t take(const room *r, const fv__class_in_picture *p, const double *overlaps, double wanted) {
  double best = fmin(wanted, 1 - 1e-10);
  int32_t taken = -1;
  for (int32_t i = 0; i < p->known_count; i++) {
    const int32_t k = r->order[i];
    if (r->is_taken[k] && !p->known[k].is_crowd) continue;
    if (taken >= 0 && r->counts[taken] && !r->counts[k]) break;
    if (overlaps[k] < best) continue;
    best = overlaps[k];
    taken = k;
  }
  return taken;
}

static void match(room *r, fv__ranked *list, const fv__class_in_picture *p, int size, int overlap) {
  memset(r->is_taken, 0, (size_t)p->known_count * sizeof *r->is_taken);
  for (int32_t f = 0; f < found_in(p); f++) {
    const int32_t taken = take(r, p, r->overlaps + (int64_t)f * p->known_count, overlap_wanted(overlap));
    if (taken >= 0) {
      r->is_taken[taken] = true;
      if (r->counts[taken])
        list[f].right |= bit(size, overlap);
      else
        list[f].ignored |= bit(size, overlap);
    } else if (is_outside(fv_box_area(&p->found[f].box), size)) {
      list[f].ignored |= bit(size, overlap);
    }
  }
}

static int64_t match_pictures(room *r, const fv__class_pictures *class) {
  int64_t count = 0;
  for (int64_t i = 0; i < class->picture_count; i++) {
    const fv__class_in_picture *p = &class->pictures[i];
    for (int32_t f = 0; f < found_in(p); f++) {
      r->list[count + f] = (fv__ranked){.score = p->found[f].score, .rank = f, .number = count + f};
      for (int32_t k = 0; k < p->known_count; k++)
        r->overlaps[(int64_t)f * p->known_count + k] = overlap_of(&p->found[f].box, &p->known[k]);
    }
    for (int size = 0; size < SIZES; size++) {
      sort_known(r, p, size);
      for (int overlap = 0; overlap < OVERLAPS; overlap++) match(r, r->list + count, p, size, overlap);
    }
    count += found_in(p);
  }
  return count;
}

/* Of the `most` best of each picture: the average precision, and the recall at the end. */
static double curve(double *last_recall, const room *r, int64_t count, int size, int overlap, int32_t most) {
  int64_t points = 0;
  double right = 0, wrong = 0, sum = 0;
  for (int64_t i = 0; i < count; i++) {
    const fv__ranked *one = &r->list[i];
    if (one->rank >= most) continue;
    const bool is_ignored = one->ignored & bit(size, overlap), is_right = one->right & bit(size, overlap);
    right += is_right && !is_ignored;
    wrong += !is_right && !is_ignored;
    r->recall[points] = right / (double)r->known[size];
    r->precision[points++] = right / (right + wrong + DBL_EPSILON);
  }
  for (int64_t i = points - 1; i > 0; i--)
    if (r->precision[i] > r->precision[i - 1]) r->precision[i - 1] = r->precision[i];
  int64_t at = 0;
  for (int i = 0; i < RECALLS; i++) {
    while (at < points && r->recall[at] < recall_wanted(i)) at++;
    if (at < points) sum += r->precision[at];
  }
  *last_recall = points ? r->recall[points - 1] : 0;
  return sum / RECALLS;
}

/* The mean over IoUs of the precision (of the best 100) and of the recall (of the best `most`). */
static double mean_over_overlaps(const room *r, int64_t count, int size, int32_t most, bool of_recall) {
  double sum = 0, recall;
  for (int overlap = 0; overlap < OVERLAPS; overlap++) {
    const double precision = curve(&recall, r, count, size, overlap, most);
    sum += of_recall ? recall : precision;
  }
  return sum / OVERLAPS;
}

static void summarise(fv_precision_numbers *n, const room *r, int64_t count) {
  double *const precisions[SIZES] = {&n->ap, &n->small, &n->medium, &n->large};
  double *const recalls[SIZES] = {&n->recall100, &n->recall_small, &n->recall_medium, &n->recall_large};
  double recall;
  for (int size = 0; size < SIZES; size++) {
    if (!r->known[size]) continue;
    *precisions[size] = mean_over_overlaps(r, count, size, MOST, false);
    *recalls[size] = mean_over_overlaps(r, count, size, MOST, true);
  }
  if (!r->known[0]) return;
  n->ap50 = curve(&recall, r, count, 0, 0, MOST);
  n->ap75 = curve(&recall, r, count, 0, 5, MOST);
  n->recall1 = mean_over_overlaps(r, count, 0, 1, true);
  n->recall10 = mean_over_overlaps(r, count, 0, 10, true);
}

fv_status fv__measure_coco(fv_precision_numbers *numbers, const fv__class_pictures *class) {
  const size_t known = (size_t) class->most_known + 1, found = (size_t) class->found_count + 1;
  room r = {.overlaps = malloc(known * (MOST + 1) * sizeof(double)),
            .order = malloc(known * sizeof(int32_t)),
            .counts = malloc(known * sizeof(bool)),
            .is_taken = malloc(known * sizeof(bool)),
            .list = malloc(found * sizeof(fv__ranked)),
            .precision = malloc(found * sizeof(double)),
            .recall = malloc(found * sizeof(double))};
  const bool has_memory = r.overlaps && r.order && r.counts && r.is_taken && r.list && r.precision && r.recall;
  if (has_memory) {
    const int64_t count = match_pictures(&r, class);
    fv__rank(r.list, count);
    summarise(numbers, &r, count);
  }
  free(r.overlaps);
  free(r.order);
  free(r.counts);
  free(r.is_taken);
  free(r.list);
  free(r.precision);
  free(r.recall);
  return has_memory ? FV_OK : fail(FV_ERROR_MEMORY, "no memory to measure what was found");
}
