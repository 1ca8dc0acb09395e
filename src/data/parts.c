/* Parts of a set: splits, draws, samples by number. Each class is shuffled by (seed, class), so what happens to one
 * does not depend on the others. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/size.h"
#include "data/dataset.h"

/* Fisher and Yates, from the end. */
void fv__shuffle(int64_t *numbers, int64_t count, uint64_t state) {
  for (int64_t i = count - 1; i > 0; i--) {
    const uint64_t bits = fv__rng_bits(state, (uint64_t)(count - 1 - i));
    const uint64_t choices = (uint64_t)i + 1;
    /* The high 32 bits scaled where that is fine enough, else the remainder. */
    const int64_t j = choices <= UINT32_MAX ? (int64_t)((bits >> 32) * choices >> 32) : (int64_t)(bits % choices);
    const int64_t kept = numbers[i];
    numbers[i] = numbers[j];
    numbers[j] = kept;
  }
}

static fv_status take_numbers(int64_t **numbers, int64_t count) {
  size_t bytes;
  *numbers = NULL;
  if (fv__size_bytes(&bytes, count ? count : 1, sizeof **numbers)) *numbers = malloc(bytes);
  return *numbers ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for a list of %lld samples", (long long)count);
}

/* The set's samples, class by class, with where each class begins; one more at the end. */
typedef struct grouping {
  int64_t *samples, *starts;
} grouping;

static void free_grouping(grouping *g) {
  free(g->samples);
  free(g->starts);
}

static fv_status group(grouping *g, const fv_dataset *dataset) {
  const int32_t classes = dataset->store->class_count;
  *g = (grouping){NULL, NULL};
  TRY(take_numbers(&g->samples, dataset->count));
  fv_status status = take_numbers(&g->starts, classes + 2);
  if (status) {
    free_grouping(g);
    return status;
  }
  /* starts[c + 1] runs from the beginning of class c to its end, which is where the next begins. */
  g->starts[0] = g->starts[1] = 0;
  for (int32_t c = 0; c < classes; c++) g->starts[c + 2] = g->starts[c + 1] + dataset->class_samples[c];
  for (int64_t i = 0; i < dataset->count; i++) g->samples[g->starts[fv_dataset_label(dataset, i) + 1]++] = i;
  return FV_OK;
}

static void shuffle_classes(grouping *g, const fv_dataset *dataset, const char *what, uint64_t seed) {
  const uint64_t state = fv__rng_state(what, seed);
  for (int32_t c = 0; c < dataset->store->class_count; c++)
    fv__shuffle(g->samples + g->starts[c], g->starts[c + 1] - g->starts[c], fv__rng_bits(state, (uint64_t)c));
}

/* Those samples whose mark is `wanted`, in the set's order. */
static fv_status make_marked(fv_dataset **part, const fv_dataset *dataset, const bool *marks, bool wanted) {
  int64_t *samples, count = 0;
  TRY(take_numbers(&samples, dataset->count));
  for (int64_t i = 0; i < dataset->count; i++)
    if (marks[i] == wanted) samples[count++] = fv__dataset_place(dataset, i);
  return fv__dataset_make(part, dataset->store, samples, count);
}

/* ---- splits */

static int64_t share(int64_t samples, double part, bool first) {
  if (first) return (int64_t)((double)samples * part);
  int64_t count = (int64_t)floor((double)samples * part + 0.5);
  if (samples < 2) return 0;
  if (count < 1) count = 1;
  return count < samples ? count : samples - 1;
}

static fv_status make_both(fv_dataset **training, fv_dataset **validation, const fv_dataset *dataset, const bool *marks,
                           int64_t marked) {
  if (!marked || marked == dataset->count)
    return fail(FV_ERROR_INVALID, "a split of %lld samples would leave one side empty", (long long)dataset->count);
  TRY(make_marked(validation, dataset, marks, true));
  fv_status status = make_marked(training, dataset, marks, false);
  if (!status) return FV_OK;
  fv_dataset_destroy(*validation);
  *validation = NULL;
  return status;
}

fv_status fv_dataset_split(fv_dataset **training, fv_dataset **validation, const fv_dataset *dataset,
                           const fv_dataset_split_options *options) {
  *training = *validation = NULL;
  const fv_dataset_split_options given = options ? *options : (fv_dataset_split_options){0};
  const double part = given.validation == 0 ? 0.2 : given.validation;
  if (!(part > 0 && part < 1))
    return fail(FV_ERROR_INVALID, "the part for validation must lie between 0 and 1, not at %.10g", part);
  grouping g;
  TRY(group(&g, dataset));
  if (!given.first) shuffle_classes(&g, dataset, "split", given.seed);
  bool *marks = calloc((size_t)dataset->count, sizeof *marks);
  int64_t marked = 0;
  for (int32_t c = 0; marks && c < dataset->store->class_count; c++) {
    const int64_t count = share(dataset->class_samples[c], part, given.first);
    for (int64_t i = 0; i < count; i++) marks[g.samples[g.starts[c] + i]] = true;
    marked += count;
  }
  fv_status status = marks ? make_both(training, validation, dataset, marks, marked)
                           : fail(FV_ERROR_MEMORY, "no memory to split a data set");
  free(marks);
  free_grouping(&g);
  return status;
}

/* ---- draws */

fv_status fv_dataset_draw(fv_dataset **part, const fv_dataset *dataset, int64_t count, uint64_t seed) {
  *part = NULL;
  if (count < 1) return fail(FV_ERROR_INVALID, "expected at least 1 sample, not %lld", (long long)count);
  if (count > dataset->count) count = dataset->count;
  grouping g;
  TRY(group(&g, dataset));
  shuffle_classes(&g, dataset, "draw", seed);
  bool *marks = calloc((size_t)dataset->count, sizeof *marks);
  int64_t marked = 0;
  for (int64_t turn = 0; marks && marked < count; turn++)
    for (int32_t c = 0; c < dataset->store->class_count && marked < count; c++) {
      if (turn >= dataset->class_samples[c]) continue;
      marks[g.samples[g.starts[c] + turn]] = true;
      marked++;
    }
  fv_status status =
      marks ? make_marked(part, dataset, marks, true) : fail(FV_ERROR_MEMORY, "no memory for a part of a data set");
  free(marks);
  free_grouping(&g);
  return status;
}

fv_status fv_dataset_take(fv_dataset **part, const fv_dataset *dataset, const int64_t *samples, int64_t count) {
  *part = NULL;
  if (count < 1) return fail(FV_ERROR_INVALID, "expected at least 1 sample, not %lld", (long long)count);
  int64_t *taken;
  TRY(take_numbers(&taken, count));
  for (int64_t i = 0; i < count; i++) {
    if (samples[i] < 0 || samples[i] >= dataset->count) {
      free(taken);
      return fail(FV_ERROR_INVALID, "there is no sample %lld; the set has %lld", (long long)samples[i],
                  (long long)dataset->count);
    }
    taken[i] = fv__dataset_place(dataset, samples[i]);
  }
  return fv__dataset_make(part, dataset->store, taken, count);
}
