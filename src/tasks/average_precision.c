/* Evaluations of detectors: pictures are kept, sorted by class when numbers are asked for. */
#include "tasks/average_precision.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

/* Objects of one picture: those found, then those known. */
typedef struct picture {
  fv_object *objects;
  int32_t found_count, known_count;
} picture;

struct fv_average_precision {
  int32_t classes;
  picture *pictures;
  int64_t count, room;
  fv_precision_numbers *numbers; /* one a class */
  int64_t *known, *found;
};

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory to measure what was found"); }

fv_status fv_average_precision_create(fv_average_precision **scores, int32_t classes) {
  *scores = NULL;
  if (classes < 1) return fail(FV_ERROR_INVALID, "a detector has at least one class, not %" PRId32, classes);
  fv_average_precision *made = calloc(1, sizeof *made);
  if (!made) return no_memory();
  made->classes = classes;
  made->numbers = calloc((size_t)classes, sizeof *made->numbers);
  made->known = calloc((size_t)classes, sizeof *made->known);
  made->found = calloc((size_t)classes, sizeof *made->found);
  if (!made->numbers || !made->known || !made->found) {
    fv_average_precision_destroy(made);
    return no_memory();
  }
  *scores = made;
  return FV_OK;
}

void fv_average_precision_destroy(fv_average_precision *scores) {
  if (!scores) return;
  for (int64_t i = 0; i < scores->count; i++) free(scores->pictures[i].objects);
  free(scores->pictures);
  free(scores->numbers);
  free(scores->known);
  free(scores->found);
  free(scores);
}

static fv_status check(const fv_average_precision *scores, const fv_object *objects, int32_t count, bool are_found) {
  for (int32_t i = 0; i < count; i++) {
    if (objects[i].class_index < 0 || objects[i].class_index >= scores->classes)
      return fail(FV_ERROR_INVALID, "an object of class %" PRId32 "; expected 0 to %" PRId32, objects[i].class_index,
                  scores->classes - 1);
    if (are_found && isnan(objects[i].score)) return fail(FV_ERROR_NUMBERS, "a score is not a number");
  }
  return FV_OK;
}

static int by_score(const void *a, const void *b) {
  const fv_object *x = a, *y = b;
  return (x->score < y->score) - (x->score > y->score);
}

/* qsort does not keep the order of equal scores; a merge from below does. */
static void sort_found(fv_object *objects, fv_object *spare, int32_t count) {
  for (int64_t width = 1; width < count; width *= 2) {
    for (int64_t from = 0; from < count; from += 2 * width) {
      const int64_t middle = from + width < count ? from + width : count;
      const int64_t end = from + 2 * width < count ? from + 2 * width : count;
      int64_t left = from, right = middle;
      for (int64_t i = from; i < end; i++) {
        const bool takes_left = left < middle && (right >= end || by_score(&objects[left], &objects[right]) <= 0);
        spare[i] = objects[takes_left ? left++ : right++];
      }
    }
    memcpy(objects, spare, (size_t)count * sizeof *objects);
  }
}

fv_status fv_average_precision_add(fv_average_precision *scores, const fv_object *found, int32_t found_count,
                                   const fv_object *known, int32_t known_count) {
  TRY(check(scores, found, found_count, true));
  TRY(check(scores, known, known_count, false));
  if (scores->count == scores->room) {
    const int64_t room = scores->room ? 2 * scores->room : 64;
    picture *more = realloc(scores->pictures, (size_t)room * sizeof *more);
    if (!more) return no_memory();
    scores->pictures = more;
    scores->room = room;
  }
  const size_t count = (size_t)found_count + (size_t)known_count;
  fv_object *objects = malloc((count + 1) * sizeof *objects), *spare = malloc((count + 1) * sizeof *spare);
  if (objects && spare) {
    if (found_count) memcpy(objects, found, (size_t)found_count * sizeof *objects);
    if (known_count) memcpy(objects + found_count, known, (size_t)known_count * sizeof *objects);
    sort_found(objects, spare, found_count);
    scores->pictures[scores->count++] = (picture){objects, found_count, known_count};
  }
  const bool has_memory = objects && spare;
  free(spare);
  if (has_memory) return FV_OK;
  free(objects);
  return no_memory();
}

static int by_rank(const void *a, const void *b) {
  const fv__ranked *x = a, *y = b;
  if (x->score != y->score) return x->score < y->score ? 1 : -1;
  return (x->number > y->number) - (x->number < y->number);
}

void fv__rank(fv__ranked *list, int64_t count) { qsort(list, (size_t)count, sizeof *list, by_rank); }

/* ---- by class ---- */

static int32_t copy_class(fv_object *to, const fv_object *from, int32_t count, int32_t class) {
  int32_t copied = 0;
  for (int32_t i = 0; i < count; i++)
    if (from[i].class_index == class) to[copied++] = from[i];
  return copied;
}

/* `objects` has room for all of all pictures. */
static void gather(fv__class_pictures *gathered, fv_object *objects, const fv_average_precision *scores,
                   int32_t class) {
  gathered->picture_count = scores->count;
  gathered->found_count = gathered->most_known = gathered->most_found = 0;
  for (int64_t i = 0; i < scores->count; i++) {
    const picture *from = &scores->pictures[i];
    fv__class_in_picture *to = &gathered->pictures[i];
    to->found = objects;
    objects += to->found_count = copy_class(objects, from->objects, from->found_count, class);
    to->known = objects;
    objects += to->known_count = copy_class(objects, from->objects + from->found_count, from->known_count, class);
    gathered->found_count += to->found_count;
    if (to->known_count > gathered->most_known) gathered->most_known = to->known_count;
    if (to->found_count > gathered->most_found) gathered->most_found = to->found_count;
  }
}

static void count_class(fv_average_precision *scores, const fv__class_pictures *gathered, int32_t class) {
  scores->found[class] = gathered->found_count;
  scores->known[class] = 0;
  for (int64_t i = 0; i < gathered->picture_count; i++)
    for (int32_t k = 0; k < gathered->pictures[i].known_count; k++) {
      const fv_object *object = &gathered->pictures[i].known[k];
      scores->known[class] += !object->is_crowd && !object->is_difficult;
    }
}

enum { NUMBERS = sizeof(fv_precision_numbers) / sizeof(double) };

/* Number by number, over the classes that have it. */
static fv_precision_numbers mean_of(const fv_precision_numbers *numbers, int32_t count) {
  double sums[NUMBERS] = {0}, means[NUMBERS], row[NUMBERS];
  int32_t counts[NUMBERS] = {0};
  for (int32_t c = 0; c < count; c++) {
    memcpy(row, &numbers[c], sizeof row);
    for (int i = 0; i < NUMBERS; i++)
      if (!isnan(row[i])) sums[i] += row[i], counts[i]++;
  }
  for (int i = 0; i < NUMBERS; i++) means[i] = counts[i] ? sums[i] / counts[i] : (double)NAN;
  fv_precision_numbers mean;
  memcpy(&mean, means, sizeof mean);
  return mean;
}

static fv_status measure_class(fv_average_precision *scores, const fv__class_pictures *gathered, int32_t class) {
  double unknown[NUMBERS];
  for (int i = 0; i < NUMBERS; i++) unknown[i] = NAN;
  memcpy(&scores->numbers[class], unknown, sizeof unknown);
  count_class(scores, gathered, class);
  TRY(fv__measure_coco(&scores->numbers[class], gathered));
  return fv__measure_voc(&scores->numbers[class], gathered);
}

fv_status fv_average_precision_measure(fv_average_precision_report *report, fv_average_precision *scores) {
  int64_t total = 1;
  size_t bytes;
  for (int64_t i = 0; i < scores->count; i++)
    total += (int64_t)scores->pictures[i].found_count + scores->pictures[i].known_count;
  fv__class_pictures gathered = {calloc((size_t)scores->count + 1, sizeof *gathered.pictures), 0, 0, 0, 0};
  fv_object *objects = fv__size_bytes(&bytes, total, sizeof *objects) ? malloc(bytes) : NULL;
  fv_status status = gathered.pictures && objects ? FV_OK : no_memory();
  for (int32_t c = 0; c < scores->classes && !status; c++) {
    gather(&gathered, objects, scores, c);
    status = measure_class(scores, &gathered, c);
  }
  free(gathered.pictures);
  free(objects);
  if (status) return status;
  *report = (fv_average_precision_report){.pictures = scores->count,
                                          .mean = mean_of(scores->numbers, scores->classes),
                                          .class_count = scores->classes,
                                          .classes = scores->numbers,
                                          .known = scores->known,
                                          .found = scores->found};
  return FV_OK;
}
