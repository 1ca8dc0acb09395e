/* VOC's average precision of one class at an IoU of 0.5, as its development kit computes it: over all pictures in the
 * order of scores, a box is right when the known object that it overlaps most does so by half and nobody before had it.
 * Boxes on difficult objects do not count. Crowds, which VOC does not have, are taken for difficult.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tasks/average_precision.h"

enum { RIGHT = 1, IGNORED = 1 };

static const double wanted = 0.5;

static bool counts(const fv_object *known) { return !known->is_difficult && !known->is_crowd; }

/* The known object that a box overlaps most, from `wanted` on; -1: none. */
static int32_t nearest(const fv__class_in_picture *p, const fv_box *box) {
  double best = 0;
  int32_t place = -1;
  for (int32_t k = 0; k < p->known_count; k++) {
    const double overlap = fv_box_overlap(FV_OVERLAP_IOU, box, &p->known[k].box, NULL);
    if (overlap > best) best = overlap, place = k;
  }
  return best >= wanted ? place : -1;
}

/* Within a picture the order of scores is that of all pictures: who was first is known already here. */
static int64_t judge(fv__ranked *list, const fv__class_pictures *class, bool *is_taken, int64_t *known) {
  int64_t count = 0;
  *known = 0;
  for (int64_t i = 0; i < class->picture_count; i++) {
    const fv__class_in_picture *p = &class->pictures[i];
    memset(is_taken, 0, (size_t)p->known_count * sizeof *is_taken);
    for (int32_t k = 0; k < p->known_count; k++) *known += counts(&p->known[k]);
    for (int32_t f = 0; f < p->found_count; f++, count++) {
      list[count] = (fv__ranked){.score = p->found[f].score, .rank = f, .number = count};
      const int32_t place = nearest(p, &p->found[f].box);
      if (place < 0) continue;
      if (!counts(&p->known[place]))
        list[count].ignored = IGNORED;
      else if (!is_taken[place])
        list[count].right = RIGHT;
      is_taken[place] = true;
    }
  }
  return count;
}

/* The area under the curve made falling, and the mean of it at recalls 0, 0.1 ... 1. */
static void integrate(fv_precision_numbers *numbers, const double *recall, double *precision, int64_t points) {
  double area = 0, eleven = 0;
  for (int64_t i = points - 1; i > 0; i--)
    if (precision[i] > precision[i - 1]) precision[i - 1] = precision[i];
  for (int64_t i = 0; i < points; i++) area += (recall[i] - (i ? recall[i - 1] : 0)) * precision[i];
  int64_t at = 0;
  for (int i = 0; i <= 10; i++) {
    while (at < points && recall[at] < i / 10.0) at++;
    if (at < points) eleven += precision[at] / 11;
  }
  numbers->voc = area;
  numbers->voc11 = eleven;
}

static void measure(fv_precision_numbers *numbers, const fv__ranked *list, int64_t count, int64_t known, double *recall,
                    double *precision) {
  int64_t points = 0;
  double right = 0, wrong = 0;
  for (int64_t i = 0; i < count; i++) {
    if (list[i].ignored) continue;
    right += list[i].right == RIGHT;
    wrong += list[i].right != RIGHT;
    recall[points] = right / (double)known;
    precision[points++] = right / (right + wrong);
  }
  integrate(numbers, recall, precision, points);
}

fv_status fv__measure_voc(fv_precision_numbers *numbers, const fv__class_pictures *class) {
  const size_t found = (size_t) class->found_count + 1;
  bool *is_taken = malloc((size_t) class->most_known + 1);
  fv__ranked *list = malloc(found * sizeof *list);
  double *recall = malloc(found * sizeof *recall), *precision = malloc(found * sizeof *precision);
  const bool has_memory = is_taken && list && recall && precision;
  if (has_memory) {
    int64_t known;
    const int64_t count = judge(list, class, is_taken, &known);
    fv__rank(list, count);
    if (known) measure(numbers, list, count, known, recall, precision);
  }
  free(is_taken);
  free(list);
  free(recall);
  free(precision);
  return has_memory ? FV_OK : fail(FV_ERROR_MEMORY, "no memory to measure what was found");
}
