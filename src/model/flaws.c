/* What of a file did not come into its model, kept for whoever shows it. */
#include "model/flaws.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "model/model.h"

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for what a model lacks"); }

fv__flaws *fv__flaws_create(void) {
  fv__flaws *flaws = calloc(1, sizeof *flaws);
  if (flaws)
    flaws->is_open = true;
  else
    (void)!no_memory();
  return flaws;
}

void fv__flaws_destroy(fv__flaws *flaws) {
  if (!flaws) return;
  fv__arena_clear(&flaws->arena);
  free(flaws->list);
  free(flaws);
}

/* NULL stays NULL. */
static bool copy(fv__flaws *flaws, const char **text) {
  if (*text) *text = fv__arena_text(&flaws->arena, *text);
  return *text != NULL;
}

fv_status fv__flaws_add(fv__flaws *flaws, fv_status status, const char *layer, const char *kind) {
  fv_flaw flaw = {.status = status, .layer = layer, .kind = kind, .sentence = fv_error_message()};
  if (!copy(flaws, &flaw.sentence) || (layer && !copy(flaws, &flaw.layer)) || (kind && !copy(flaws, &flaw.kind)))
    return no_memory();
  if (flaws->count == flaws->room) {
    const int32_t room = flaws->room ? 2 * flaws->room : 16;
    fv_flaw *list = reallocarray(flaws->list, (size_t)room, sizeof *list);
    if (!list) return no_memory();
    flaws->list = list;
    flaws->room = room;
  }
  flaws->list[flaws->count++] = flaw;
  return FV_OK;
}

fv_flaw *fv__flaws_find(const fv__flaws *flaws, const char *layer) {
  for (int32_t i = 0; flaws && i < flaws->count; i++)
    if (flaws->list[i].kind && !strcmp(flaws->list[i].layer, layer)) return &flaws->list[i];
  return NULL;
}

fv_status fv__flaws_reads(fv__flaws *flaws, fv_flaw *flaw, const char *source) {
  for (int32_t i = 0; i < flaw->source_count; i++)
    if (!strcmp(flaw->sources[i], source)) return FV_OK;
  const size_t count = (size_t)flaw->source_count;
  const char **sources = fv__arena_take(&flaws->arena, (count + 1) * sizeof *sources);
  if (!sources || !copy(flaws, &source)) return no_memory();
  if (count) memcpy(sources, flaw->sources, count * sizeof *sources);
  sources[count] = source;
  flaw->sources = sources;
  flaw->source_count++;
  return FV_OK;
}

/* ---- of a model */

void fv__model_take_flaws(fv_model *model, fv__flaws *flaws) {
  fv__flaws_destroy(model->flaws);
  model->flaws = flaws;
}

fv_status fv__model_open_flaws(fv_model *model) {
  if (!model->flaws && !(model->flaws = fv__flaws_create())) return FV_ERROR_MEMORY;
  model->flaws->is_open = true;
  return FV_OK;
}

void fv__model_close_flaws(fv_model *model) {
  if (model->flaws) model->flaws->is_open = false;
}

bool fv__model_forgives(const fv_model *model) { return model->flaws && model->flaws->is_open; }

/* A file may ask for weights of any size with few bytes: zeros take no memory, NaN do. */
enum { NUMBERS_MAX = 1 << 28 };

static int64_t count_of(const fv_model *model, int32_t weight) {
  const fv_weight_info info = fv_model_weight(model, weight);
  int64_t count;
  return fv_shape_elements(&count, &info.shape) ? NUMBERS_MAX : count;
}

static bool can_lose(const fv_model *model, const int32_t *weights, int32_t count) {
  int64_t sum = 0;
  for (int32_t i = 0; i < count && sum < NUMBERS_MAX; i++) sum += count_of(model, weights ? weights[i] : i);
  return sum < NUMBERS_MAX;
}

static void lose(fv_model *model, int32_t weight) {
  float *numbers = fv_model_weight_data(model, weight);
  for (int64_t i = 0, count = count_of(model, weight); i < count; i++) numbers[i] = NAN;
}

fv_status fv__model_forgive(fv_model *model, const char *layer, const int32_t *weights, int32_t count,
                            fv_status status) {
  if (!status || !fv__model_forgives(model) || status == FV_ERROR_MEMORY || status == FV_ERROR_IO) return status;
  const bool is_lost = status != FV_ERROR_NUMBERS;
  if (is_lost && !can_lose(model, weights, count)) return status;
  TRY(fv__flaws_add(model->flaws, status, layer, NULL));
  for (int32_t i = 0; i < count && is_lost; i++) lose(model, weights ? weights[i] : i);
  return FV_OK;
}

fv_status fv__model_forgive_all(fv_model *model, fv_status status) {
  return fv__model_forgive(model, NULL, NULL, fv_model_weight_count(model), status);
}

int32_t fv_model_flaw_count(const fv_model *model) { return model->flaws ? model->flaws->count : 0; }

fv_flaw fv_model_flaw(const fv_model *model, int32_t index) { return model->flaws->list[index]; }
